//! What the project and the user keep to start from: agent defs, templates, swarms.

use super::desk::said;
use super::entry::{Kept, Start, What};
use super::event::Told;
use crate::client::{Client, ClientError, Ran};
use crate::protocol::typed::request::{ListAgentDefs, ListSwarmDefs, ListTemplates, RunSwarm, Spawn};

/// All of it, but for defs that do not want to be offered. What cannot be used is there with the reason: whoever looks for it is told.
pub fn of_project(client: &mut Client, root: &str) -> Result<Vec<Kept>, ClientError> {
    let project_root = || root.to_owned();
    let templates = client.ask(ListTemplates { project_root: project_root(), scope: None })?.templates;
    let defs = client.ask(ListAgentDefs { project_root: project_root(), scope: None })?.agent_defs;
    let swarms = client.ask(ListSwarmDefs { project_root: project_root(), scope: None })?.swarm_defs;
    let kept = |what, name: &str, variables: &[String], about: String, error: &Option<String>| {
        let start = Start { what, name: name.to_owned(), variables: variables.to_vec() };
        Kept { start, about, error: error.clone() }
    };
    let offered = defs.iter().filter(|def| def.error.is_some() || def.fields.available_in_command_dialog);
    let agents = offered
        .map(|def| kept(What::Agent, &def.fields.name, &def.placeholders, def.fields.tags.join(", "), &def.error));
    let prompts = templates.iter().map(|template| {
        let about = template.description.clone();
        kept(What::Template, &template.name, &template.variables, about, &template.error)
    });
    let crowds = swarms.iter().map(|swarm| {
        let roster = &swarm.fields.roster;
        let members: Vec<String> =
            roster.iter().map(|entry| format!("{} {}", entry.quantity, entry.agent_def)).collect();
        kept(What::Swarm, &swarm.fields.name, &swarm.placeholders, members.join(", "), &swarm.error)
    });
    Ok(agents.chain(prompts).chain(crowds).collect())
}

/// Starts it, with what its placeholders stand for.
pub fn start(
    client: &mut Client,
    project_root: String,
    start: Start,
    given: Vec<(String, String)>,
) -> Result<Told, ClientError> {
    if start.what == What::Swarm {
        let ran = client.ask(RunSwarm { project_root, swarm_name: start.name, vars: given.into_iter().collect() })?;
        return Ok(said(match ran {
            Ran::Whole(answer) => format!("{} agents run ({})", answer.spawned_agents.len(), answer.run_id),
            Ran::Partial(answer) => {
                format!("{} agents run ({}); {}", answer.spawned_agents.len(), answer.run_id, answer.error_message)
            }
        }));
    }
    let vars = given.into_iter().map(|(name, value)| (name, Some(value))).collect();
    let (agent_def, template) = match start.what {
        What::Agent => (Some(start.name), None),
        _ => (None, Some(start.name)),
    };
    let spawn = Spawn { project_root, root: true, agent_def, template, vars, ..Spawn::default() };
    client.ask(spawn).map(|answer| Told::Spawned(answer.agent_id))
}
