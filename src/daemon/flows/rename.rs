//! `rename`.

use crate::base::text::is_unseen;
use crate::daemon::error::no_agent;
use crate::daemon::services::Services;
use crate::protocol::typed::reply::RenameResult;
use crate::protocol::typed::request::Rename;
use crate::protocol::{Code, WireError};

/// Gives an agent another name.
pub async fn rename(services: &Services, request: Rename) -> Result<RenameResult, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let name = request.name.trim().to_owned();
    check_name(&name)?;
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

/// What a person can read and type, on one line.
pub fn check_name(name: &str) -> Result<(), WireError> {
    const LONGEST: usize = 200;
    if name.is_empty() || name.chars().any(is_unseen) || name.chars().count() > LONGEST {
        let text = format!(
            "a name has 1 to {LONGEST} letters and no control characters, nor such as turn the direction of a line"
        );
        return Err(WireError::new(Code::InvalidArgument, text));
    }
    Ok(())
}
