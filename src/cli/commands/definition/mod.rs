//! `pintle template|agent|swarm|schedule|trigger …`: the same five verbs for each kind of definition.
//!
//! What is different of a kind is in its [`Noun`], one file each; what is done is here and in [`edit`], once for all.

pub mod agent;
mod edit;
pub mod schedule;
pub mod swarm;
pub mod template;
pub mod trigger;

use std::fmt::Debug;
use std::io::Read;
use std::marker::PhantomData;
use std::path::Path;

use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use clap_complete::{ArgValueCandidates, CompletionCandidate};
use serde_json::{Map, Value};

use crate::base::yaml::written;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Usage, remark};
use crate::cli::output::{one_line, visible};
use crate::cli::style::Paint;
use crate::cli::table::{Cell, Column, render};
use crate::client::{Ask, Client, ClientError};
use crate::daemon::check::Definition;
use crate::protocol::Code;
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::Done;

/// A kind of definition on the command line.
pub trait Noun: Debug + Sized + 'static {
    /// What it is.
    const KIND: Definition;
    /// What stands between its name and what is said about it in a list.
    const COLUMNS: &'static [Column];
    /// A new file, with examples.
    const EXAMPLE: &'static str;
    /// `list_…`
    type List: Ask<Answer: Into<Reply> + Clone>;
    /// `get_…`
    type Get: Ask<Answer: Into<Reply> + Clone> + Clone;
    /// `save_…`
    type Save: Ask<Answer = Done>;
    /// `delete_…`
    type Delete: Ask<Answer = Done>;
    /// The arguments of `save`.
    type SaveArgs: clap::Args + Debug;

    /// Asks for all that hold.
    fn list(project_root: String) -> Self::List {
        Self::list_in(project_root, None)
    }
    /// Asks for all of a scope, those too that are hidden.
    fn list_in(project_root: String, scope: Option<Scope>) -> Self::List;
    /// Asks for one, of a scope if one is named.
    fn get(project_root: String, name: String, scope: Option<Scope>) -> Self::Get;
    /// Saves one, as it is to be: `known` is as it is.
    fn save(
        context: &Context,
        project_root: String,
        scope: Scope,
        args: &Self::SaveArgs,
        known: Option<<Self::Get as Ask>::Answer>,
    ) -> anyhow::Result<Self::Save>;
    /// The name in such arguments.
    fn name(args: &Self::SaveArgs) -> &str;
    /// Deletes one.
    fn delete(project_root: String, name: String, scope: Scope) -> Self::Delete;
    /// What a list says.
    fn rows(list: &<Self::List as Ask>::Answer) -> Vec<Row>;
    /// What has no effect in it, or names what is not there.
    fn warnings(detail: &<Self::Get as Ask>::Answer) -> &[String];
    /// One, for people.
    fn shown(detail: &<Self::Get as Ask>::Answer) -> String;
    /// What Tab offers.
    fn candidates() -> Vec<CompletionCandidate>;
}

/// One line of a list.
#[derive(Debug, Clone, Default)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// `local` or `global`.
    pub scope: String,
    /// Its file.
    pub path: String,
    /// Why its file cannot be used.
    pub error: Option<String>,
    /// What has no effect in it, or names what is not there.
    pub warnings: Vec<String>,
    /// What stands in the kind's own columns.
    pub cells: Vec<String>,
    /// What is said about it.
    pub about: String,
}

/// Where a definition is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Scope {
    /// With the project, in .pintle; it hides a global one of the same name
    Local,
    /// In your config folder, for all projects
    Global,
}

impl Scope {
    /// Its word on the wire.
    pub fn word(self) -> String {
        match self {
            Self::Local => "local".to_owned(),
            Self::Global => "global".to_owned(),
        }
    }
}

/// What can be done with every kind of definition.
#[derive(Debug, Subcommand)]
pub enum Verb<N: Noun> {
    /// List them, also those whose file has a mistake in it
    #[command(visible_alias = "ls")]
    List {
        /// Only those of this scope, also those that are hidden by one of the project's
        #[arg(long, value_name = "SCOPE")]
        scope: Option<Scope>,
    },
    /// Show one
    Show {
        #[command(flatten)]
        named: Named<N>,
        /// Which one, where there are two of the name [default: the local one]
        #[arg(long, value_name = "SCOPE")]
        scope: Option<Scope>,
    },
    /// Make one, or change what is said here of one that is there
    Save {
        /// Where it is to be [default: local]
        #[arg(long, value_name = "SCOPE")]
        scope: Option<Scope>,
        #[command(flatten)]
        args: N::SaveArgs,
    },
    /// Open its file in your editor, and check it before it counts
    ///
    /// The editor is $VISUAL, else $EDITOR, else vi. Where there is none of this name yet, it begins with an example. What cannot be used
    /// does not replace what was there: it is kept in a file beside it, and the next `edit` goes on with that.
    Edit {
        #[command(flatten)]
        named: Named<N>,
        /// Which one, or where a new one is to be [default: where it is, else local]
        #[arg(long, value_name = "SCOPE")]
        scope: Option<Scope>,
    },
    /// Delete one
    #[command(visible_alias = "rm")]
    Delete {
        #[command(flatten)]
        named: Named<N>,
        /// Which one. A global one is deleted for all projects [default: local]
        #[arg(long, value_name = "SCOPE")]
        scope: Option<Scope>,
    },
}

/// A definition's name.
#[derive(Debug, clap::Args)]
pub struct Named<N: Noun> {
    /// Its name
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(N::candidates))]
    name: String,
    #[arg(skip)]
    noun: PhantomData<N>,
}

/// Does it.
pub fn run<N: Noun>(context: &Context, verb: &Verb<N>) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let root = context.project_root()?;
    match verb {
        Verb::List { scope } => list::<N>(context, &mut client, root, *scope),
        Verb::Show { named, scope } => {
            let detail = client.ask(N::get(root, named.name.clone(), *scope))?;
            context.output.answer(&detail, |detail| N::shown(detail))?;
            warned::<N>(context, &detail);
            Ok(Exit::Done)
        }
        Verb::Save { scope, args } => {
            let scope = scope.unwrap_or(Scope::Local);
            // Of this scope: a local one of the same name hides the global one, and has nothing to say in it.
            let get = N::get(root.clone(), N::name(args).to_owned(), Some(scope));
            let known = match client.ask(get.clone()) {
                Ok(known) => Some(known),
                Err(ClientError::Refused(error)) if error.code == Code::NotFound => None,
                Err(error) => return Err(error.into()),
            };
            let done = client.ask(N::save(context, root, scope, args, known)?)?;
            context.output.answer(&done, |_| String::new())?;
            told::<N>(context, &mut client, get);
            Ok(Exit::Done)
        }
        Verb::Edit { named, scope } => edit::edit::<N>(context, &mut client, &root, &named.name, *scope),
        Verb::Delete { named, scope } => {
            // Never one of all projects because the project has none, be it that it had one a moment ago.
            let scope = scope.unwrap_or(Scope::Local);
            let done = client.ask(N::delete(root, named.name.clone(), scope))?;
            context.output.answer(&done, |_| String::new())?;
            Ok(Exit::Done)
        }
    }
}

/// What has no effect in one, on standard error; in JSON it is in the answer.
fn warned<N: Noun>(context: &Context, detail: &<N::Get as Ask>::Answer) {
    if !context.output.is_json() {
        N::warnings(detail).iter().for_each(|warning| remark(&visible(warning), context.color));
    }
}

/// The same of one that was just saved, and can be mended. That somebody else has deleted it meanwhile is no matter of this.
fn told<N: Noun>(context: &Context, client: &mut Client, get: N::Get) {
    if let Ok(saved) = client.ask(get) {
        warned::<N>(context, &saved);
    }
}

/// The placeholders of prompts, as a comment below YAML.
fn variables(names: &[String]) -> String {
    if names.is_empty() { String::new() } else { format!("# variables: {}\n", names.join(", ")) }
}

fn list<N: Noun>(context: &Context, client: &mut Client, root: String, scope: Option<Scope>) -> anyhow::Result<Exit> {
    let answer = client.ask(N::list_in(root, scope))?;
    context.output.answer(&answer, |answer| match N::rows(answer).as_slice() {
        [] => none::<N>(scope),
        rows => table::<N>(rows, context.output.columns(), context.output.paint()),
    })?;
    Ok(Exit::Done)
}

fn none<N: Noun>(scope: Option<Scope>) -> String {
    let (word, of_scope) = (N::KIND.as_str(), scope.map_or_else(String::new, |scope| scope.word() + " "));
    let there = if scope == Some(Scope::Global) { " --scope global" } else { "" };
    format!("no {of_scope}{word}s; `pintle {word} edit NAME{there}` makes one")
}

fn table<N: Noun>(rows: &[Row], width: Option<u16>, paint: Paint) -> String {
    let columns =
        [&[Column::yielding("NAME", 12)], N::COLUMNS, &[Column::fixed("SCOPE"), Column::yielding("ABOUT", 12)]];
    let columns = columns.concat();
    let cells = |row: &Row| -> Vec<Cell> {
        let own = (0..N::COLUMNS.len()).map(|at| Cell::from(one_line(row.cells.get(at).map_or("", String::as_str))));
        let about = match &row.error {
            Some(_) => Cell::styled("cannot be used", owo_colors::Style::new().red()),
            None => one_line(&row.about).into(),
        };
        std::iter::once(one_line(&row.name).into()).chain(own).chain([row.scope.as_str().into(), about]).collect()
    };
    let mut text = render(&columns, &rows.iter().map(cells).collect::<Vec<_>>(), width, paint);
    // Whole, and below: a place in a file that is cut short is of no use.
    for error in rows.iter().filter_map(|row| row.error.as_ref()) {
        text.push_str(&format!("{} {}\n", paint.error("error:"), visible(error)));
    }
    for warning in rows.iter().flat_map(|row| &row.warnings) {
        text.push_str(&format!("{} {}\n", paint.warning("warning:"), visible(warning)));
    }
    text
}

/// The line of a list about this one, of a scope if one is named.
fn row<N: Noun>(client: &mut Client, root: &str, name: &str, scope: Option<Scope>) -> anyhow::Result<Option<Row>> {
    let answer = client.ask(N::list_in(root.to_owned(), scope))?;
    Ok(N::rows(&answer).into_iter().find(|row| row.name == name))
}

/// A definition that is written in YAML, for people: its file and what it says.
fn in_yaml<T: Into<Reply> + Clone>(detail: &T) -> String {
    let reply: Reply = detail.clone().into();
    let Ok(Value::Object(mut keys)) = serde_json::to_value(&reply) else { return String::new() };
    let mut take = |key: &str| keys.remove(key).and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default();
    let (path, scope) = (take("path"), take("scope"));
    for ours in ["type", "placeholders", "warnings"] {
        keys.remove(ours);
    }
    keys.retain(|_, value| {
        !value.is_null() && *value != Value::String(String::new()) && *value != Value::Array(Vec::new())
    });
    format!("# {} ({scope})\n{}", visible(&path), written(&Value::Object(keys)))
}

/// The text of a file, or of standard input for `-`.
fn text_of(path: &Path) -> anyhow::Result<String> {
    if path != Path::new("-") {
        return std::fs::read_to_string(path).with_context(|| path.display().to_string());
    }
    let mut text = String::new();
    std::io::stdin().read_to_string(&mut text).context("standard input")?;
    Ok(text)
}

/// The keys of a whole definition in YAML, with this name. It is read like any file of its kind, so that a mistake is told with its place.
fn keys_of<N: Noun>(context: &Context, path: &Path, name: &str) -> anyhow::Result<Map<String, Value>> {
    let shown = if path == Path::new("-") { Path::new("standard input") } else { path };
    let (keys, more) = N::KIND.keys(shown, &text_of(path)?, name)?;
    if !context.output.is_json() {
        more.iter().for_each(|lost| remark(&visible(&lost.to_string()), context.color));
    }
    match keys.get("name").and_then(Value::as_str) {
        Some(other) if other != name => {
            let said = format!("{}: this is `{other}`, and `{name}` was asked for", shown.display());
            Err(Usage::new(said).with_hint("give the same name in both places").into())
        }
        _ => Ok(keys),
    }
}

/// One of a kind for which Tab asks: the names in an answer, with what is said about each.
fn candidates_of<N: Noun>() -> Vec<CompletionCandidate> {
    crate::cli::complete::definitions::<N>()
}
