//! Definitions as the wire shows them. A file that cannot be used is shown by its name, with what is wrong with it.

use jiff::Timestamp;

use crate::base::yaml::YamlError;
use crate::daemon::definitions::around::Around;
use crate::definition::agent_def::AgentDef;
use crate::definition::schedule_def::{self, ScheduleDef};
use crate::definition::swarm_def::SwarmDef;
use crate::definition::template::Template;
use crate::definition::trigger_def::{Step, TriggerDef};
use crate::definition::{Broken, Definition, Found};
use crate::protocol::typed::definition as wire;
use crate::protocol::typed::reply::{
    AgentDefDetail, Defined, ScheduleDetail, SwarmDefDetail, TemplateDetail, TemplateInfo, TriggerDetail,
};
use crate::schedule::recurrence;

/// An entry of a list, with what is known around it.
pub type Listed<T> = Result<(Found<T>, Around), Broken>;

fn path<T>(found: &Found<T>) -> String {
    found.path.to_string_lossy().into_owned()
}

fn lines(warnings: &[YamlError]) -> Vec<String> {
    warnings.iter().map(ToString::to_string).collect()
}

fn defined<T: Definition, F: Default>(
    entry: Listed<T>,
    fields: impl FnOnce(T) -> F,
    named: impl FnOnce(String) -> F,
) -> Defined<F> {
    match entry {
        Ok((found, around)) => Defined {
            warnings: lines(&around.warnings),
            placeholders: around.placeholders,
            path: path(&found),
            scope: found.scope.as_str().to_owned(),
            fields: fields(found.definition),
            error: None,
        },
        Err(broken) => Defined {
            path: broken.error.path.to_string_lossy().into_owned(),
            scope: broken.scope.as_str().to_owned(),
            fields: named(broken.name),
            error: Some(broken.error.to_string()),
            placeholders: Vec::new(),
            warnings: Vec::new(),
        },
    }
}

/// A template in a list.
pub fn template_info(entry: Listed<Template>) -> TemplateInfo {
    let shown = defined(entry, template_fields, |name| wire::TemplateFields { name, ..Default::default() });
    let wire::TemplateFields { name, description, agent, command, .. } = shown.fields;
    let (variables, source, path, error) = (shown.placeholders, shown.scope, shown.path, shown.error);
    let warnings = shown.warnings;
    TemplateInfo { name, description, agent, command, source, variables, path, error, warnings }
}

/// A template with its body.
pub fn template_detail(found: Found<Template>, around: Around) -> TemplateDetail {
    TemplateDetail {
        variables: around.placeholders,
        path: path(&found),
        source: found.scope.as_str().to_owned(),
        warnings: lines(&around.warnings),
        fields: template_fields(found.definition),
    }
}

fn template_fields(template: Template) -> wire::TemplateFields {
    let Template { name, description, agent, command, body } = template;
    wire::TemplateFields { name, description, agent, body, command }
}

/// An agent def.
pub fn agent_def(entry: Listed<AgentDef>) -> AgentDefDetail {
    let fields = |def: AgentDef| wire::AgentDefFields {
        name: def.name,
        agent_type: def.agent_type,
        template: def.template,
        inline_prompt: def.inline_prompt,
        tags: def.tags,
        available_in_command_dialog: def.available_in_command_dialog,
        icon: def.icon,
        command: def.command,
        env: def.env,
    };
    defined(entry, fields, |name| wire::AgentDefFields { name, ..Default::default() })
}

/// A swarm def.
pub fn swarm_def(entry: Listed<SwarmDef>) -> SwarmDefDetail {
    let fields = |def: SwarmDef| wire::SwarmDefFields {
        name: def.name,
        worktree_count: def.worktree_count,
        worktree_template: def.worktree_template,
        roster: def
            .roster
            .into_iter()
            .map(|entry| wire::RosterEntry { agent_def: entry.agent_def, role: entry.role, quantity: entry.quantity })
            .collect(),
        include_terminal: def.include_terminal,
    };
    defined(entry, fields, |name| wire::SwarmDefFields { name, ..Default::default() })
}

/// A trigger.
pub fn trigger(entry: Listed<TriggerDef>) -> TriggerDetail {
    let gate = |gate: crate::definition::trigger_def::Gate| wire::Gate { run: gate.run, expect_exit: gate.expect_exit };
    let step =
        |step: Step| wire::Step { inject: step.inject, gate: step.gate.map(gate), max_retries: step.max_retries };
    let fields = |def: TriggerDef| wire::TriggerFields {
        name: def.name,
        description: def.description,
        on: def.on.as_str().to_owned(),
        sequence: def.sequence.into_iter().map(step).collect(),
        variables: def.variables,
        auto: def.auto,
    };
    defined(entry, fields, |name| wire::TriggerFields { name, ..Default::default() })
}

/// A schedule, in the project at this root unless its file names another.
pub fn schedule(entry: Listed<ScheduleDef>, root: &str, now: Timestamp) -> ScheduleDetail {
    let def = entry.as_ref().ok().map(|(found, _)| &found.definition);
    let next_run = def.and_then(|def| recurrence::next_run(def, now));
    let created_at = def.and_then(|def| def.created_at);
    let last_run = def.and_then(|def| def.last_run);
    let project_root = def.and_then(|def| def.project_root.clone()).unwrap_or_else(|| root.to_owned());
    let named = |name| wire::ScheduleFields { name, ..Default::default() };
    ScheduleDetail { defined: defined(entry, schedule_fields, named), next_run, project_root, created_at, last_run }
}

fn schedule_fields(def: ScheduleDef) -> wire::ScheduleFields {
    wire::ScheduleFields {
        name: def.name,
        enabled: def.enabled,
        recurrence: def.recurrence.as_str().to_owned(),
        start_at: def.start_at,
        trigger: schedule_trigger(def.trigger),
        target: def.target,
        root: def.root,
        agent_name: def.agent_name,
        time_zone: def.time_zone,
        overlap: def.overlap.as_str().to_owned(),
    }
}

fn schedule_trigger(trigger: schedule_def::ScheduleTrigger) -> wire::ScheduleTrigger {
    use schedule_def::ScheduleTrigger as Def;
    match trigger {
        Def::AgentDef { name } => wire::ScheduleTrigger::AgentDef { name },
        Def::SwarmDef { name, vars } => wire::ScheduleTrigger::SwarmDef { name, vars },
        Def::InlinePrompt { prompt, agent } => wire::ScheduleTrigger::InlinePrompt { prompt, agent },
        Def::Send { agent_id, text } => wire::ScheduleTrigger::Send { agent_id, text },
    }
}
