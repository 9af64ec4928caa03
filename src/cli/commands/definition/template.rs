//! `pintle template …`

use std::path::PathBuf;

use clap::ValueHint;
use clap_complete::CompletionCandidate;

use super::{Noun, Row, Scope, Verb, candidates_of, text_of};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::cli::output::{one_line, visible};
use crate::cli::table::Column;
use crate::daemon::check::Definition;
use crate::protocol::typed::definition::TemplateFields;
use crate::protocol::typed::reply::{TemplateDetail, TemplateList};
use crate::protocol::typed::request::{DeleteTemplate, GetTemplate, ListTemplates, SaveTemplate};

/// Templates: prompts with placeholders {{NAME}}, kept to start agents with
///
/// A template is a Markdown file in .pintle/templates, or in the templates folder of your config folder. `pintle spawn --template NAME --var
/// KEY=VALUE` starts an agent with it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb<Template>,
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    super::run(context, &args.verb)
}

/// Templates.
#[derive(Debug)]
pub struct Template;

/// What is saved.
#[derive(Debug, clap::Args)]
pub struct SaveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Read the prompt from this file; `-` is standard input
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// What it is for
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// The kind of agent it is written for
    #[arg(long, short, value_name = "KIND")]
    agent: Option<String>,
    /// A command line to run in place of the kind's own, as it stands: no prompt reaches it
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    command: Option<String>,
}

impl Noun for Template {
    const KIND: Definition = Definition::Template;
    const COLUMNS: &'static [Column] = &[Column::yielding("AGENT", 8), Column::yielding("VARIABLES", 12)];
    const EXAMPLE: &'static str = include_str!("examples/template.md");
    type List = ListTemplates;
    type Get = GetTemplate;
    type Save = SaveTemplate;
    type Delete = DeleteTemplate;
    type SaveArgs = SaveArgs;

    fn list_in(project_root: String, scope: Option<Scope>) -> ListTemplates {
        ListTemplates { project_root, scope: scope.map(Scope::word) }
    }

    fn get(project_root: String, name: String, scope: Option<Scope>) -> GetTemplate {
        GetTemplate { project_root, name, scope: scope.map(Scope::word) }
    }

    fn save(
        _: &Context,
        project_root: String,
        scope: Scope,
        args: &SaveArgs,
        known: Option<TemplateDetail>,
    ) -> anyhow::Result<SaveTemplate> {
        let known = known.map(|known| known.fields);
        let body = match (&args.file, &known) {
            (Some(file), _) => text_of(file)?,
            (None, Some(known)) => known.body.clone(),
            (None, None) => {
                let usage = Usage::new("a new template needs a prompt");
                return Err(usage.with_hint("give it with --file PATH, or with --file - from standard input").into());
            }
        };
        let known = known.unwrap_or_default();
        let fields = TemplateFields {
            name: args.name.clone(),
            description: args.description.clone().unwrap_or(known.description),
            agent: args.agent.clone().unwrap_or(known.agent),
            body,
            command: args.command.clone().or(known.command),
        };
        Ok(SaveTemplate { project_root, scope: scope.word(), fields })
    }

    fn name(args: &SaveArgs) -> &str {
        &args.name
    }

    fn delete(project_root: String, name: String, scope: Scope) -> DeleteTemplate {
        DeleteTemplate { project_root, name, scope: scope.word() }
    }

    fn rows(list: &TemplateList) -> Vec<Row> {
        let row = |template: &crate::protocol::typed::reply::TemplateInfo| Row {
            name: template.name.clone(),
            scope: template.source.clone(),
            path: template.path.clone(),
            error: template.error.clone(),
            warnings: template.warnings.clone(),
            cells: vec![template.agent.clone(), template.variables.join(", ")],
            about: template.description.clone(),
        };
        list.templates.iter().map(row).collect()
    }

    fn warnings(detail: &TemplateDetail) -> &[String] {
        &detail.warnings
    }

    fn shown(detail: &TemplateDetail) -> String {
        let fields = &detail.fields;
        let mut text = format!("{}  ({})\n", visible(&detail.path), detail.source);
        let command = fields.command.clone().unwrap_or_default();
        let said = [
            ("about", &fields.description),
            ("agent", &fields.agent),
            ("command", &command),
            ("variables", &detail.variables.join(", ")),
        ];
        for (what, value) in said.iter().filter(|(_, value)| !value.is_empty()) {
            text.push_str(&format!("{what:<10} {}\n", one_line(value)));
        }
        // A prompt has lines, and nothing in it may move the cursor.
        let body: Vec<String> = fields.body.lines().map(visible).collect();
        text + "\n" + &body.join("\n")
    }

    fn candidates() -> Vec<CompletionCandidate> {
        candidates_of::<Self>()
    }
}
