//! `pintle env set|get|clear`

use std::io::{IsTerminal, Write};

use clap_complete::ArgValueCandidates;

use crate::cli::commands::pane::here;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::warn;
use crate::cli::output::one_line;
use crate::protocol::cmd::reply::Reply;
use crate::protocol::cmd::request::{ClearEnv, ClearPaneEnv, EnvScope, GetPaneEnv, ListPanes, SetEnv, SetPaneEnv};

/// How far it reaches: exactly one of these, or none.
#[derive(Debug, Clone, Default, clap::Args)]
#[group(multiple = false)]
pub struct Reach {
    /// In this pane [default: the one we are in]
    #[arg(long, value_name = "PANE", num_args = 0..=1, default_missing_value = "", add = ArgValueCandidates::new(complete::panes))]
    pane: Option<String>,
    /// In every pane of the window we are in that has none of its own
    #[arg(long)]
    window: bool,
    /// In every pane of the session we are in whose window has none either
    #[arg(long)]
    session: bool,
    /// For the project we are in: `env:` of its config.yaml
    #[arg(long = "for-project")]
    for_project: bool,
    /// Wherever nothing else is set
    #[arg(long, short = 'g')]
    global: bool,
}

/// Where an environment is set.
enum Place {
    Pane(String, Option<String>, EnvScope),
    Project,
    Global,
}

impl Reach {
    /// Without a word it is the pane we are in, and outside of tmux everywhere.
    fn place(&self) -> anyhow::Result<Place> {
        let scope = match (self.window, self.session) {
            (true, _) => EnvScope::Window,
            (_, true) => EnvScope::Session,
            _ => EnvScope::Pane,
        };
        if self.for_project {
            return Ok(Place::Project);
        }
        let named = self.pane.as_deref().filter(|pane| !pane.is_empty());
        let wants_pane = self.pane.is_some() || scope != EnvScope::Pane;
        if self.global || (!wants_pane && crate::cli::show::pane().is_err()) {
            return Ok(Place::Global);
        }
        let (pane, tmux) = here(named)?;
        Ok(Place::Pane(pane, tmux, scope))
    }
}

/// Set the environment: of the pane we are in, or farther
///
/// Shells with pintle's hooks apply it at their next prompt; a command that is typed at a prompt that waits already runs in it too.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The environment
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    name: String,
    #[command(flatten)]
    reach: Reach,
}

/// Sets it.
pub fn set(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let (line, said) = match args.reach.place()? {
        Place::Global => {
            let (_, line) = client.ask_cmd(SetEnv { value: args.name.clone() })?;
            (line, format!("{} holds wherever nothing else is set", args.name))
        }
        Place::Project => {
            // Only a name that is there goes into the file.
            let (reply, _) = client.ask_cmd(crate::protocol::cmd::request::ListEnvs { reveal: false })?;
            let known = matches!(&reply, Reply::ListEnvs(list) if list.envs.iter().any(|env| env.name == args.name));
            if !known {
                // The daemon has the better words for it.
                client.ask_cmd(crate::protocol::cmd::request::ExplainEnv {
                    context: crate::protocol::cmd::request::Context {
                        env: Some(args.name.clone()),
                        ..Default::default()
                    },
                })?;
            }
            let root = context.project_root()?;
            let file = super::super::config::project_file(&root);
            crate::cli::commands::config::set_project_env(&file, Some(&args.name))?;
            let (_, line) = client.ask_cmd(crate::protocol::cmd::request::Reload {})?;
            (line, format!("{} holds in {root}: it stands in {}", args.name, file.display()))
        }
        Place::Pane(pane, tmux, scope) => {
            warn_of_synchronized(context, &pane, tmux.as_deref());
            let request = SetPaneEnv { pane: pane.clone(), env: args.name.clone(), scope, tmux };
            let (_, line) = client.ask_cmd(request)?;
            let reach = match scope {
                EnvScope::Pane => format!("pane {pane}"),
                EnvScope::Window => "this window".to_owned(),
                EnvScope::Session => "this session".to_owned(),
            };
            (line, format!("{} holds in {reach}", args.name))
        }
    };
    match context.output.is_json() {
        true => context.output.line(&line)?,
        false if std::io::stdout().is_terminal() => context.output.text(&said)?,
        false => {}
    }
    Ok(Exit::Done)
}

/// What is typed into one of them is typed into all, whatever environment each of them has.
fn warn_of_synchronized(context: &Context, pane: &str, tmux: Option<&str>) {
    let request = ListPanes { tmux: tmux.map(str::to_owned) };
    let Ok((Reply::ListPanes(list), _)) = context.client_of_running().ask_cmd(request) else { return };
    let Some(own) = list.panes.iter().find(|other| other.pane == pane) else { return };
    let others: Vec<String> = list
        .panes
        .iter()
        .filter(|other| own.synchronized && other.window == own.window && other.tmux == own.tmux && other.pane != pane)
        .map(|other| format!("{} ({})", other.pane, other.env.as_deref().map_or("none".to_owned(), one_line)))
        .collect();
    if !others.is_empty() {
        let message = format!("what is typed in {pane} is typed in {} too (synchronize-panes)", others.join(", "));
        warn(&message, "tmux set-option -w synchronize-panes off", context.color);
    }
}

/// Print the environment that holds
#[derive(Debug, clap::Args)]
pub struct GetArgs {
    /// In this pane [default: the one we are in]
    #[arg(long, value_name = "PANE", add = ArgValueCandidates::new(complete::panes))]
    pane: Option<String>,
    /// The global one, wherever we are
    #[arg(long, short = 'g', conflicts_with = "pane")]
    global: bool,
}

/// Prints it. Where there is none it prints nothing and ends with 1, as `test` does.
pub fn get(context: &Context, args: &GetArgs) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let (env, line) = match &args.pane {
        Some(pane) => {
            let (reply, line) = client.ask_cmd(GetPaneEnv { pane: pane.clone(), tmux: crate::cli::show::server() })?;
            let Reply::GetPaneEnv(answer) = reply else { anyhow::bail!("the daemon's answer is not understood") };
            (answer.env, line)
        }
        None => {
            let place = if args.global { Default::default() } else { super::list::here()? };
            let (reply, line) = client.ask_cmd(crate::protocol::cmd::request::ExplainEnv { context: place })?;
            let Reply::ExplainEnv(answer) = reply else { anyhow::bail!("the daemon's answer is not understood") };
            (answer.env, line)
        }
    };
    if context.output.is_json() {
        context.output.line(&line)?;
    } else if let Some(env) = &env {
        writeln!(std::io::stdout(), "{}", one_line(env))?;
    }
    Ok(if env.is_some() { Exit::Done } else { Exit::Failed })
}

/// Take the environment away: what is set farther out holds again
#[derive(Debug, clap::Args)]
pub struct ClearArgs {
    #[command(flatten)]
    reach: Reach,
}

/// Takes it away.
pub fn clear(context: &Context, args: &ClearArgs) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let (line, said) = match args.reach.place()? {
        Place::Global => (client.ask_cmd(ClearEnv {})?.1, "nothing holds where nothing else is set".to_owned()),
        Place::Project => {
            let root = context.project_root()?;
            let file = super::super::config::project_file(&root);
            crate::cli::commands::config::set_project_env(&file, None)?;
            (
                client.ask_cmd(crate::protocol::cmd::request::Reload {})?.1,
                format!("{root} has no environment of its own"),
            )
        }
        Place::Pane(pane, tmux, scope) => {
            let (reply, line) = client.ask_cmd(ClearPaneEnv { pane, scope, tmux })?;
            let cleared = matches!(reply, Reply::ClearPaneEnv(answer) if answer.cleared);
            (line, if cleared { "it is taken away" } else { "there was none" }.to_owned())
        }
    };
    match context.output.is_json() {
        true => context.output.line(&line)?,
        false => context.output.text(&said)?,
    }
    Ok(Exit::Done)
}
