//! Templates, agent defs, swarm defs, schedules and triggers. What is saved goes to the store as the keys of a file, since it is
//! checked as the file that it becomes; what is shown is converted one by one.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::daemon::convert::definition as convert;
use crate::daemon::definitions::around::{Around, Known, Surrounded};
use crate::daemon::definitions::{folders, scope_of};
use crate::daemon::services::Services;
use crate::definition::agent_def::AgentDef;
use crate::definition::schedule_def::ScheduleDef;
use crate::definition::swarm_def::SwarmDef;
use crate::definition::template::Template;
use crate::definition::trigger_def::TriggerDef;
use crate::definition::{Definition, DefinitionError, Found, Scope, Store};
use crate::protocol::typed::reply::{
    AgentDefDetail, AgentDefList, Done, ScheduleDetail, ScheduleList, SwarmDefDetail, SwarmDefList, TemplateDetail,
    TemplateList, TriggerDetail, TriggerList,
};
use crate::protocol::typed::request::{
    DeleteAgentDef, DeleteSchedule, DeleteSwarmDef, DeleteTemplate, DeleteTrigger, GetAgentDef, GetSchedule,
    GetSwarmDef, GetTemplate, GetTrigger, ListAgentDefs, ListSchedules, ListSwarmDefs, ListTemplates, ListTriggers,
    SaveAgentDef, SaveSchedule, SaveSwarmDef, SaveTemplate, SaveTrigger,
};
use crate::protocol::{Code, WireError};

fn list<T: Surrounded, W>(
    services: &Services,
    root: &str,
    scope: Option<&str>,
    shown: impl Fn(convert::Listed<T>) -> W,
) -> Result<Vec<W>, WireError> {
    let project = services.projects.open(root)?;
    let (folders, known) = (folders(services, &project), Known::of(services, &project));
    let store = Store::new(&folders);
    let all = match scope.map(scope_of).transpose()? {
        None => store.list()?,
        Some(scope) => store.list_in(scope)?,
    };
    Ok(all.into_iter().map(|entry| shown(entry.map(|found| with_around(found, &known)))).collect())
}

fn get<T: Surrounded>(
    services: &Services,
    root: &str,
    name: &str,
    scope: Option<&str>,
) -> Result<(Found<T>, Around), WireError> {
    let project = services.projects.open(root)?;
    let folders = folders(services, &project);
    let store = Store::new(&folders);
    let found = match scope.map(scope_of).transpose()? {
        None => store.get(name)?,
        Some(scope) => store.get_in(scope, name)?.ok_or_else(|| missing::<T>(scope, name))?,
    };
    Ok(with_around(found, &Known::of(services, &project)))
}

fn with_around<T: Surrounded>(found: Found<T>, known: &Known) -> (Found<T>, Around) {
    let around = Around::of(&found, known);
    (found, around)
}

fn missing<T: Definition>(scope: Scope, name: &str) -> WireError {
    DefinitionError::NotIn { noun: T::NOUN, name: name.to_owned(), scope: scope.as_str() }.into()
}

async fn save<T: Definition>(
    services: &Services,
    root: &str,
    scope: &str,
    fields: Map<String, Value>,
) -> Result<Done, WireError> {
    let (project, scope) = (services.projects.open(root)?, scope_of(scope)?);
    let folders = folders(services, &project);
    // Until it is on the disk, which takes its time, others are served.
    let saved = tokio::task::spawn_blocking(move || Store::<T>::new(&folders).save(scope, fields)).await;
    saved.map_err(|error| WireError::new(Code::InternalError, error.to_string()))??;
    Ok(Done {})
}

async fn delete<T: Definition>(services: &Services, root: &str, scope: &str, name: String) -> Result<Done, WireError> {
    let (project, scope) = (services.projects.open(root)?, scope_of(scope)?);
    let folders = folders(services, &project);
    let deleted = tokio::task::spawn_blocking(move || Store::<T>::new(&folders).delete(scope, &name)).await;
    deleted.map_err(|error| WireError::new(Code::InternalError, error.to_string()))??;
    Ok(Done {})
}

/// The fields of a request by the keys of a file, which are the same.
fn keys(fields: serde_json::Result<Value>) -> Map<String, Value> {
    match fields {
        Ok(Value::Object(keys)) => keys,
        other => unreachable!("what came as JSON is a map of plain values, not {other:?}"),
    }
}

/// `list_templates`
pub fn list_templates(services: &Services, request: &ListTemplates) -> Result<TemplateList, WireError> {
    let (root, scope) = (&request.project_root, request.scope.as_deref());
    Ok(TemplateList { templates: list(services, root, scope, convert::template_info)? })
}

/// `get_template`
pub fn get_template(services: &Services, request: &GetTemplate) -> Result<TemplateDetail, WireError> {
    let (found, around) = get(services, &request.project_root, &request.name, request.scope.as_deref())?;
    Ok(convert::template_detail(found, around))
}

/// `save_template`
pub async fn save_template(services: &Arc<Services>, request: SaveTemplate) -> Result<Done, WireError> {
    let fields = keys(serde_json::to_value(&request.fields));
    save::<Template>(services, &request.project_root, &request.scope, fields).await
}

/// `delete_template`
pub async fn delete_template(services: &Arc<Services>, request: DeleteTemplate) -> Result<Done, WireError> {
    delete::<Template>(services, &request.project_root, &request.scope, request.name).await
}

/// `list_agent_defs`
pub async fn list_agent_defs(services: &Arc<Services>, request: &ListAgentDefs) -> Result<AgentDefList, WireError> {
    // By the environments of this moment; where somebody writes them without end, by those before.
    let _ = services.catch_up(None).await;
    let (root, scope) = (&request.project_root, request.scope.as_deref());
    Ok(AgentDefList { agent_defs: list(services, root, scope, convert::agent_def)? })
}

/// `get_agent_def`
pub async fn get_agent_def(services: &Arc<Services>, request: &GetAgentDef) -> Result<AgentDefDetail, WireError> {
    // As above.
    let _ = services.catch_up(None).await;
    let found = get(services, &request.project_root, &request.name, request.scope.as_deref())?;
    Ok(convert::agent_def(Ok(found)))
}

/// `save_agent_def`
pub async fn save_agent_def(services: &Arc<Services>, request: SaveAgentDef) -> Result<Done, WireError> {
    let fields = keys(serde_json::to_value(&request.fields));
    save::<AgentDef>(services, &request.project_root, &request.scope, fields).await
}

/// `delete_agent_def`
pub async fn delete_agent_def(services: &Arc<Services>, request: DeleteAgentDef) -> Result<Done, WireError> {
    delete::<AgentDef>(services, &request.project_root, &request.scope, request.name).await
}

/// `list_swarm_defs`
pub fn list_swarm_defs(services: &Services, request: &ListSwarmDefs) -> Result<SwarmDefList, WireError> {
    let (root, scope) = (&request.project_root, request.scope.as_deref());
    Ok(SwarmDefList { swarm_defs: list(services, root, scope, convert::swarm_def)? })
}

/// `get_swarm_def`
pub fn get_swarm_def(services: &Services, request: &GetSwarmDef) -> Result<SwarmDefDetail, WireError> {
    let found = get(services, &request.project_root, &request.name, request.scope.as_deref())?;
    Ok(convert::swarm_def(Ok(found)))
}

/// `save_swarm_def`
pub async fn save_swarm_def(services: &Arc<Services>, request: SaveSwarmDef) -> Result<Done, WireError> {
    let fields = keys(serde_json::to_value(&request.fields));
    save::<SwarmDef>(services, &request.project_root, &request.scope, fields).await
}

/// `delete_swarm_def`
pub async fn delete_swarm_def(services: &Arc<Services>, request: DeleteSwarmDef) -> Result<Done, WireError> {
    delete::<SwarmDef>(services, &request.project_root, &request.scope, request.name).await
}

/// `list_schedules`
pub fn list_schedules(services: &Services, request: &ListSchedules) -> Result<ScheduleList, WireError> {
    let (root, now) = (services.projects.open(&request.project_root)?.root_text(), services.clock.now());
    let shown = |entry| convert::schedule(entry, &root, now);
    Ok(ScheduleList { schedules: list(services, &request.project_root, request.scope.as_deref(), shown)? })
}

/// `get_schedule`
pub fn get_schedule(services: &Services, request: &GetSchedule) -> Result<ScheduleDetail, WireError> {
    let root = services.projects.open(&request.project_root)?.root_text();
    let found = get(services, &request.project_root, &request.name, request.scope.as_deref())?;
    Ok(convert::schedule(Ok(found), &root, services.clock.now()))
}

/// `save_schedule`: a new one is told when it was made and, where its file does not stand in its project, which that is.
pub async fn save_schedule(services: &Arc<Services>, request: SaveSchedule) -> Result<Done, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let (scope, mut fields) = (scope_of(&request.scope)?, keys(serde_json::to_value(&request.fields)));
    let known = Store::<ScheduleDef>::new(&folders(services, &project)).get_in(scope, &request.fields.name)?;
    if known.is_none() {
        let now = services.clock.now().round(jiff::Unit::Second).unwrap_or_default();
        fields.insert("created_at".to_owned(), json!(now));
        if scope == Scope::Global {
            fields.insert("project_root".to_owned(), json!(project.root_text()));
        }
    }
    save::<ScheduleDef>(services, &request.project_root, &request.scope, fields).await
}

/// `delete_schedule`
pub async fn delete_schedule(services: &Arc<Services>, request: DeleteSchedule) -> Result<Done, WireError> {
    delete::<ScheduleDef>(services, &request.project_root, &request.scope, request.name).await
}

/// `list_triggers`
pub fn list_triggers(services: &Services, request: &ListTriggers) -> Result<TriggerList, WireError> {
    Ok(TriggerList { triggers: list(services, &request.project_root, request.scope.as_deref(), convert::trigger)? })
}

/// `get_trigger`
pub fn get_trigger(services: &Services, request: &GetTrigger) -> Result<TriggerDetail, WireError> {
    Ok(convert::trigger(Ok(get(services, &request.project_root, &request.name, request.scope.as_deref())?)))
}

/// `save_trigger`
pub async fn save_trigger(services: &Arc<Services>, request: SaveTrigger) -> Result<Done, WireError> {
    let fields = keys(serde_json::to_value(&request.fields));
    save::<TriggerDef>(services, &request.project_root, &request.scope, fields).await
}

/// `delete_trigger`
pub async fn delete_trigger(services: &Arc<Services>, request: DeleteTrigger) -> Result<Done, WireError> {
    delete::<TriggerDef>(services, &request.project_root, &request.scope, request.name).await
}
