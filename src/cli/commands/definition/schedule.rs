//! `pintle schedule …`

use std::path::PathBuf;

use clap::ValueHint;
use clap_complete::CompletionCandidate;
use serde_json::Value;

use super::{Noun, Row, Scope, Verb, candidates_of, in_yaml, keys_of};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::table::Column;
use crate::daemon::check::Definition;
use crate::protocol::typed::reply::{ScheduleDetail, ScheduleList};
use crate::protocol::typed::request::{DeleteSchedule, GetSchedule, ListSchedules, SaveSchedule};

/// Schedules: what is to be done, and when
///
/// A schedule is a YAML file in .pintle/schedules, or in the schedules folder of your config folder. They are kept and checked, and the list says
/// when each is due; nothing runs them yet.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    verb: Verb<Schedule>,
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    super::run(context, &args.verb)
}

/// Schedules.
#[derive(Debug)]
pub struct Schedule;

/// What is saved.
#[derive(Debug, clap::Args)]
pub struct SaveArgs {
    /// Its name
    #[arg(value_name = "NAME")]
    name: String,
    /// Read the schedule, in YAML, from this file; `-` is standard input
    #[arg(long, short, value_name = "PATH", value_hint = ValueHint::FilePath)]
    file: PathBuf,
}

impl Noun for Schedule {
    const KIND: Definition = Definition::Schedule;
    const COLUMNS: &'static [Column] = &[Column::yielding("RECURRENCE", 10), Column::fixed("NEXT RUN")];
    const EXAMPLE: &'static str = include_str!("examples/schedule.yaml");
    type List = ListSchedules;
    type Get = GetSchedule;
    type Save = SaveSchedule;
    type Delete = DeleteSchedule;
    type SaveArgs = SaveArgs;

    fn list_in(project_root: String, scope: Option<Scope>) -> ListSchedules {
        ListSchedules { project_root, scope: scope.map(Scope::word) }
    }

    fn get(project_root: String, name: String, scope: Option<Scope>) -> GetSchedule {
        GetSchedule { project_root, name, scope: scope.map(Scope::word) }
    }

    /// It is whole in its file: what was there before does not matter.
    fn save(
        context: &Context,
        project_root: String,
        scope: Scope,
        args: &SaveArgs,
        _: Option<ScheduleDetail>,
    ) -> anyhow::Result<SaveSchedule> {
        let keys = keys_of::<Self>(context, &args.file, &args.name)?;
        let fields = crate::protocol::typed::definition::read(&Value::Object(keys))?;
        Ok(SaveSchedule { project_root, scope: scope.word(), fields })
    }

    fn name(args: &SaveArgs) -> &str {
        &args.name
    }

    fn delete(project_root: String, name: String, scope: Scope) -> DeleteSchedule {
        DeleteSchedule { project_root, name, scope: scope.word() }
    }

    fn rows(list: &ScheduleList) -> Vec<Row> {
        let row = |schedule: &ScheduleDetail| {
            let (def, fields) = (&schedule.defined, &schedule.defined.fields);
            Row {
                name: fields.name.clone(),
                scope: def.scope.clone(),
                path: def.path.clone(),
                error: def.error.clone(),
                warnings: def.warnings.clone(),
                cells: vec![fields.recurrence.clone(), schedule.next_run.map(|at| at.to_string()).unwrap_or_default()],
                about: if fields.enabled || def.error.is_some() { fields.target.clone() } else { "off".to_owned() },
            }
        };
        list.schedules.iter().map(row).collect()
    }

    fn warnings(detail: &ScheduleDetail) -> &[String] {
        &detail.defined.warnings
    }

    fn shown(detail: &ScheduleDetail) -> String {
        in_yaml(detail)
    }

    fn candidates() -> Vec<CompletionCandidate> {
        candidates_of::<Self>()
    }
}
