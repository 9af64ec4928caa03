//! `rename`.

use crate::daemon::error::no_agent;
use crate::daemon::services::Services;
use crate::protocol::typed::reply::RenameResult;
use crate::protocol::typed::request::Rename;
use crate::protocol::{Code, WireError};

/// Gives an agent another name.
pub async fn rename(services: &Services, request: Rename) -> Result<RenameResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let name = request.name.trim().to_owned();
    if name.is_empty() || name.chars().any(char::is_control) {
        return Err(WireError::new(Code::InvalidArgument, "a name has at least one letter and no control characters"));
    }
    let (id, new_name) = (request.agent_id.clone(), name.clone());
    let found =
        project.store.change(move |manifest| manifest.agent_mut(&id).map(|entry| entry.name = new_name)).await?;
    if found.is_none() {
        return Err(no_agent(&request.agent_id));
    }
    services.change_note(&request.agent_id, |note| note.entry.name.clone_from(&name));
    services.tell(&project.root, None);
    Ok(RenameResult { agent_id: request.agent_id, name })
}
