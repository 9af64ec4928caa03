//! `pintle swarm …`

mod progress;
mod run;
pub mod runs;

use clap::Subcommand;
use clap_complete::{ArgValueCandidates, CompletionCandidate};

use super::{Noun, Row, Scope, Verb, candidates_of, in_yaml, variables};
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::table::Column;
use crate::daemon::check::Definition;
use crate::protocol::typed::definition::{RosterEntry, SwarmDefFields};
use crate::protocol::typed::reply::{SwarmDefDetail, SwarmDefList};
use crate::protocol::typed::request::{DeleteSwarmDef, GetSwarmDef, ListSwarmDefs, SaveSwarmDef};

/// Swarms: worktrees that are made together, each with the same agents in it
///
/// A swarm is a YAML file in .pintle/swarms, or in the swarms folder of your config folder; who is in it is said by agent defs. `pintle swarm run
/// NAME` starts it.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with swarms.
#[derive(Debug, Subcommand)]
pub enum Command {
    #[command(flatten)]
    Verb(Verb<Swarm>),
    Run(run::Args),
    /// List the runs of swarms of which anything is left
    Runs,
    Undo(run::UndoArgs),
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    match &args.command {
        Command::Verb(verb) => super::run(context, verb),
        Command::Run(args) => run::run(context, args),
        Command::Runs => runs::run(context),
        Command::Undo(args) => run::undo(context, args),
    }
}

/// Swarm defs.
#[derive(Debug)]
pub struct Swarm;

/// What is saved.
#[derive(Debug, clap::Args)]
pub struct SaveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// How many worktrees; 0: its agents run in the project's own folder [default: 1]
    #[arg(long, value_name = "COUNT")]
    worktree_count: Option<u64>,
    /// What they are called, with {index} for the number [default: NAME-{index}]
    #[arg(long, value_name = "TEXT")]
    worktree_template: Option<String>,
    /// An agent def in each, how many of it, and what they do; once for each. What was there before is replaced
    #[arg(long, value_name = "DEF[:COUNT[:ROLE]]", value_parser = member, add = ArgValueCandidates::new(complete::agent_defs))]
    roster: Vec<RosterEntry>,
    /// Whether each gets a terminal as well
    #[arg(long, value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    include_terminal: Option<bool>,
}

/// `reviewer`, `reviewer:2` or `reviewer:2:looks at tests`. A name may have a `:` in it: the count is the first number between two, or
/// nothing, and whoever has such a name says how many.
fn member(text: &str) -> Result<RosterEntry, String> {
    let split = text.match_indices(':').find_map(|(at, _)| {
        let (count, role) = text[at + 1..].split_once(':').unwrap_or((&text[at + 1..], ""));
        let quantity = if count.is_empty() { 1 } else { count.parse().ok()? };
        Some((&text[..at], quantity, role))
    });
    let (agent_def, quantity, role) = match (split, text.split_once(':')) {
        (Some(split), _) => split,
        (None, None) => (text, 1, ""),
        (None, Some((_, count))) => {
            return Err(format!(
                "`{count}` is no number of agents; for a name with a `:` in it say how many: {text}:1"
            ));
        }
    };
    match agent_def.is_empty() {
        true => Err("an agent def is missing".to_owned()),
        false => Ok(RosterEntry { agent_def: agent_def.to_owned(), quantity, role: role.to_owned() }),
    }
}

impl Noun for Swarm {
    const KIND: Definition = Definition::Swarm;
    const COLUMNS: &'static [Column] = &[Column::fixed("WORKTREES"), Column::fixed("AGENTS")];
    const EXAMPLE: &'static str = include_str!("examples/swarm.yaml");
    type List = ListSwarmDefs;
    type Get = GetSwarmDef;
    type Save = SaveSwarmDef;
    type Delete = DeleteSwarmDef;
    type SaveArgs = SaveArgs;

    fn list_in(project_root: String, scope: Option<Scope>) -> ListSwarmDefs {
        ListSwarmDefs { project_root, scope: scope.map(Scope::word) }
    }

    fn get(project_root: String, name: String, scope: Option<Scope>) -> GetSwarmDef {
        GetSwarmDef { project_root, name, scope: scope.map(Scope::word) }
    }

    fn save(
        _: &Context,
        project_root: String,
        scope: Scope,
        args: &SaveArgs,
        known: Option<SwarmDefDetail>,
    ) -> anyhow::Result<SaveSwarmDef> {
        let usual = SwarmDefFields { worktree_count: 1, ..SwarmDefFields::default() };
        let known = known.map_or(usual, |known| known.fields);
        let fields = SwarmDefFields {
            name: args.name.clone(),
            worktree_count: args.worktree_count.unwrap_or(known.worktree_count),
            worktree_template: args.worktree_template.clone().unwrap_or(known.worktree_template),
            roster: if args.roster.is_empty() { known.roster } else { args.roster.clone() },
            include_terminal: args.include_terminal.unwrap_or(known.include_terminal),
        };
        Ok(SaveSwarmDef { project_root, scope: scope.word(), fields })
    }

    fn name(args: &SaveArgs) -> &str {
        &args.name
    }

    fn delete(project_root: String, name: String, scope: Scope) -> DeleteSwarmDef {
        DeleteSwarmDef { project_root, name, scope: scope.word() }
    }

    fn rows(list: &SwarmDefList) -> Vec<Row> {
        let row = |def: &SwarmDefDetail| {
            let fields = &def.fields;
            let in_each =
                fields.roster.iter().map(|entry| entry.quantity).sum::<u64>() + u64::from(fields.include_terminal);
            let members = fields.roster.iter().map(|entry| format!("{} {}", entry.quantity, entry.agent_def));
            let cell = |number: u64| if def.error.is_some() { String::new() } else { number.to_string() };
            Row {
                name: fields.name.clone(),
                scope: def.scope.clone(),
                path: def.path.clone(),
                error: def.error.clone(),
                warnings: def.warnings.clone(),
                cells: vec![cell(fields.worktree_count), cell(in_each * fields.worktree_count.max(1))],
                about: members.collect::<Vec<_>>().join(", "),
            }
        };
        list.swarm_defs.iter().map(row).collect()
    }

    fn warnings(detail: &SwarmDefDetail) -> &[String] {
        &detail.warnings
    }

    fn shown(detail: &SwarmDefDetail) -> String {
        in_yaml(detail) + &variables(&detail.placeholders)
    }

    fn candidates() -> Vec<CompletionCandidate> {
        candidates_of::<Self>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn members_of_a_roster() {
        #[track_caller]
        fn check(text: &str, agent_def: &str, quantity: u64, role: &str) {
            let expected = RosterEntry { agent_def: agent_def.to_owned(), quantity, role: role.to_owned() };
            assert_eq!(member(text), Ok(expected), "{text}");
        }
        check("rev", "rev", 1, "");
        check("rev:2", "rev", 2, "");
        check("rev:2:at 10:30", "rev", 2, "at 10:30");
        check("rev::looks", "rev", 1, "looks");
        check("x:y:1", "x:y", 1, "");
        check("x:y:2:looks", "x:y", 2, "looks");
        check("x:y:", "x:y", 1, "");
        assert_eq!(member(":2"), Err("an agent def is missing".to_owned()));
        let said = "`two` is no number of agents; for a name with a `:` in it say how many: rev:two:1";
        assert_eq!(member("rev:two"), Err(said.to_owned()));
    }
}
