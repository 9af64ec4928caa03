//! `pintle trigger …`

use std::path::PathBuf;

use clap::ValueHint;
use clap_complete::CompletionCandidate;
use serde_json::Value;

use super::{Noun, Row, Scope, Verb, candidates_of, in_yaml, keys_of};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::table::Column;
use crate::daemon::check::Definition;
use crate::protocol::typed::reply::{TriggerDetail, TriggerList};
use crate::protocol::typed::request::{DeleteTrigger, GetTrigger, ListTriggers, SaveTrigger};

/// Triggers: what is to happen when something has happened
///
/// A trigger is a YAML file in .pintle/triggers, or in the triggers folder of your config folder. They are kept and checked; nothing sets them
/// off yet.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb<Trigger>,
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    super::run(context, &args.verb)
}

/// Triggers.
#[derive(Debug)]
pub struct Trigger;

/// What is saved.
#[derive(Debug, clap::Args)]
pub struct SaveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Read the trigger, in YAML, from this file; `-` is standard input
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

impl Noun for Trigger {
    const KIND: Definition = Definition::Trigger;
    const COLUMNS: &'static [Column] = &[Column::yielding("ON", 10), Column::fixed("STEPS")];
    const EXAMPLE: &'static str = include_str!("examples/trigger.yaml");
    type List = ListTriggers;
    type Get = GetTrigger;
    type Save = SaveTrigger;
    type Delete = DeleteTrigger;
    type SaveArgs = SaveArgs;

    fn list_in(project_root: String, scope: Option<Scope>) -> ListTriggers {
        ListTriggers { project_root, scope: scope.map(Scope::word) }
    }

    fn get(project_root: String, name: String, scope: Option<Scope>) -> GetTrigger {
        GetTrigger { project_root, name, scope: scope.map(Scope::word) }
    }

    /// It is whole in its file: what was there before does not matter.
    fn save(
        context: &Context,
        project_root: String,
        scope: Scope,
        args: &SaveArgs,
        _: Option<TriggerDetail>,
    ) -> anyhow::Result<SaveTrigger> {
        let keys = keys_of::<Self>(context, &args.file, &args.name)?;
        let fields = crate::protocol::typed::definition::read(&Value::Object(keys))?;
        Ok(SaveTrigger { project_root, scope: scope.word(), fields })
    }

    fn name(args: &SaveArgs) -> &str {
        &args.name
    }

    fn delete(project_root: String, name: String, scope: Scope) -> DeleteTrigger {
        DeleteTrigger { project_root, name, scope: scope.word() }
    }

    fn rows(list: &TriggerList) -> Vec<Row> {
        let row = |trigger: &TriggerDetail| {
            let fields = &trigger.fields;
            let steps = if trigger.error.is_some() { String::new() } else { fields.sequence.len().to_string() };
            Row {
                name: fields.name.clone(),
                scope: trigger.scope.clone(),
                path: trigger.path.clone(),
                error: trigger.error.clone(),
                warnings: trigger.warnings.clone(),
                cells: vec![fields.on.clone(), steps],
                about: fields.description.clone().unwrap_or_default(),
            }
        };
        list.triggers.iter().map(row).collect()
    }

    fn warnings(detail: &TriggerDetail) -> &[String] {
        &detail.warnings
    }

    fn shown(detail: &TriggerDetail) -> String {
        in_yaml(detail)
    }

    fn candidates() -> Vec<CompletionCandidate> {
        candidates_of::<Self>()
    }
}
