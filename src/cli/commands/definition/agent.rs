//! `pintle agent …`

use std::path::PathBuf;

use clap::{ArgGroup, ValueHint};
use clap_complete::{ArgValueCandidates, CompletionCandidate};

use super::{Noun, Row, Scope, Verb, candidates_of, in_yaml, text_of, variables};
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::cli::table::Column;
use crate::daemon::check::Definition;
use crate::protocol::typed::definition::AgentDefFields;
use crate::protocol::typed::reply::{AgentDefDetail, AgentDefList};
use crate::protocol::typed::request::{DeleteAgentDef, GetAgentDef, ListAgentDefs, SaveAgentDef};

/// Agent defs: agents that you start again and again, by a name
///
/// These are definitions; the agents that run are listed by `pintle status`. A def is a YAML file in .pintle/agents, or in the agents folder of
/// your config folder. `pintle spawn --def NAME` starts an agent of it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb<Agent>,
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    super::run(context, &args.verb)
}

/// Agent defs.
#[derive(Debug)]
pub struct Agent;

/// What is saved.
#[derive(Debug, clap::Args)]
#[command(group = ArgGroup::new("its_prompt").args(["prompt", "file"]))]
pub struct SaveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// The kind of agent: claude, codex, opencode, terminal, or one of your config
    #[arg(long, short = 'a', value_name = "KIND", alias = "agent", add = ArgValueCandidates::new(complete::kinds))]
    agent_type: Option<String>,
    /// The template of its prompt; it wins over a prompt of its own
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::templates))]
    template: Option<String>,
    /// Its prompt
    #[arg(long, value_name = "TEXT", alias = "inline-prompt")]
    prompt: Option<String>,
    /// Read its prompt from this file; `-` is standard input
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// A word to find it by; once for each. What was there before is replaced
    #[arg(long = "tag", value_name = "WORD")]
    tags: Vec<String>,
    /// Whether it is offered where you choose what to start
    #[arg(long, value_name = "BOOL")]
    available_in_command_dialog: Option<bool>,
    /// A sign for it
    #[arg(long, value_name = "SIGN")]
    icon: Option<String>,
    /// A command line to run in place of the kind's own, as it stands: no prompt reaches it
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    command: Option<String>,
    /// The environment it runs in
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    env: Option<String>,
}

impl Noun for Agent {
    const KIND: Definition = Definition::Agent;
    const COLUMNS: &'static [Column] =
        &[Column::yielding("TYPE", 8), Column::yielding("TEMPLATE", 10), Column::yielding("ENV", 6)];
    const EXAMPLE: &'static str = include_str!("examples/agent.yaml");
    type List = ListAgentDefs;
    type Get = GetAgentDef;
    type Save = SaveAgentDef;
    type Delete = DeleteAgentDef;
    type SaveArgs = SaveArgs;

    fn list_in(project_root: String, scope: Option<Scope>) -> ListAgentDefs {
        ListAgentDefs { project_root, scope: scope.map(Scope::word) }
    }

    fn get(project_root: String, name: String, scope: Option<Scope>) -> GetAgentDef {
        GetAgentDef { project_root, name, scope: scope.map(Scope::word) }
    }

    fn save(
        _: &Context,
        project_root: String,
        scope: Scope,
        args: &SaveArgs,
        known: Option<AgentDefDetail>,
    ) -> anyhow::Result<SaveAgentDef> {
        let usual = AgentDefFields { available_in_command_dialog: true, ..AgentDefFields::default() };
        let known = known.map_or(usual, |known| known.fields);
        let agent_type = args.agent_type.clone().unwrap_or(known.agent_type);
        if agent_type.is_empty() {
            return Err(Usage::new("a new agent def needs a kind of agent")
                .with_hint("give it with --agent-type")
                .into());
        }
        let prompt = match &args.file {
            Some(file) => Some(text_of(file)?),
            None => args.prompt.clone(),
        };
        let fields = AgentDefFields {
            name: args.name.clone(),
            agent_type,
            template: args.template.clone().or(known.template),
            inline_prompt: prompt.or(known.inline_prompt),
            tags: if args.tags.is_empty() { known.tags } else { args.tags.clone() },
            available_in_command_dialog: args.available_in_command_dialog.unwrap_or(known.available_in_command_dialog),
            icon: args.icon.clone().or(known.icon),
            command: args.command.clone().or(known.command),
            env: args.env.clone().or(known.env),
        };
        Ok(SaveAgentDef { project_root, scope: scope.word(), fields })
    }

    fn name(args: &SaveArgs) -> &str {
        &args.name
    }

    fn delete(project_root: String, name: String, scope: Scope) -> DeleteAgentDef {
        DeleteAgentDef { project_root, name, scope: scope.word() }
    }

    fn rows(list: &AgentDefList) -> Vec<Row> {
        let row = |def: &AgentDefDetail| Row {
            name: def.fields.name.clone(),
            scope: def.scope.clone(),
            path: def.path.clone(),
            error: def.error.clone(),
            warnings: def.warnings.clone(),
            cells: vec![
                def.fields.agent_type.clone(),
                def.fields.template.clone().unwrap_or_default(),
                def.fields.env.clone().unwrap_or_default(),
            ],
            about: match &def.fields.inline_prompt {
                Some(prompt) if def.fields.template.is_none() => prompt.clone(),
                _ => def.fields.tags.join(", "),
            },
        };
        list.agent_defs.iter().map(row).collect()
    }

    fn warnings(detail: &AgentDefDetail) -> &[String] {
        &detail.warnings
    }

    fn shown(detail: &AgentDefDetail) -> String {
        in_yaml(detail) + &variables(&detail.placeholders)
    }

    fn candidates() -> Vec<CompletionCandidate> {
        candidates_of::<Self>()
    }
}
