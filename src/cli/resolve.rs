//! Which agent a person means: an id, the beginning of one, or a name.

use std::collections::BTreeSet;

use super::context::Context;
use crate::base::near::near;
use crate::client::{Client, ClientError};
use crate::protocol::typed::reply::{Agent, Killed, Status, StatusReport, Worktree};
use crate::protocol::typed::request;
use crate::protocol::{Code, WireError};

/// What every id of an agent begins with.
const ID: &str = "ag-";
/// What every id of a worktree begins with.
const WORKTREE_ID: &str = "wt-";

/// An agent that was found, as far as a command needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its name, or its id where the name cannot be known.
    pub name: String,
}

/// Finds the agent that `word` means in the current project.
///
/// A whole id that the project does not know is passed on as it is: `pintle attach ag-…` in a pane must work in
/// whatever folder the pane happens to be, and the daemon knows the agents of all projects.
pub fn agent(context: &Context, client: &mut Client, word: &str) -> anyhow::Result<Found> {
    find(context, client, word, |word, report| {
        choose(word, &report.agents).map_err(|error| match last_killed(word, &report.killed) {
            Some(Killed { id, .. }) => {
                error.with_hint(format!("it was killed; `pintle logs {id}` prints its last output"))
            }
            None => error,
        })
    })
}

/// The same for those who only look at what an agent has printed: one that was just killed is found too, where no other is meant.
pub fn agent_or_killed(context: &Context, client: &mut Client, word: &str) -> anyhow::Result<Found> {
    find(context, client, word, |word, report| {
        match (choose(word, &report.agents), last_killed(word, &report.killed)) {
            (Err(error), Some(killed)) if error.code == Code::AgentNotFound => Ok(killed.into()),
            (chosen, _) => chosen,
        }
    })
}

fn find(
    context: &Context,
    client: &mut Client,
    word: &str,
    choose: impl FnOnce(&str, &StatusReport) -> Result<Found, WireError>,
) -> anyhow::Result<Found> {
    let root = context.project_root()?;
    let as_it_is = || Found { id: word.to_owned(), name: word.to_owned() };
    let report = match client.ask(request::Status { project_root: root, agent_id: None }) {
        Ok(report) => report,
        Err(ClientError::Refused(_)) if is_whole_id(word) => return Ok(as_it_is()),
        Err(error) => return Err(error.into()),
    };
    match choose(word, &report) {
        Ok(found) => Ok(found),
        Err(_) if is_whole_id(word) => Ok(as_it_is()),
        Err(error) => Err(error.into()),
    }
}

/// Finds the worktree that `word` means in the current project: its id, the beginning of one, or its name.
pub fn worktree(context: &Context, client: &mut Client, word: &str) -> anyhow::Result<Worktree> {
    let report = client.ask(request::Status { project_root: context.project_root()?, agent_id: None })?;
    let named = |worktree: &&Worktree| worktree.id == word || worktree.name == word;
    let begun = |worktree: &&Worktree| word.len() > WORKTREE_ID.len() && worktree.id.starts_with(word);
    let worktrees = &report.worktrees;
    let found: Vec<&Worktree> = match worktrees.iter().find(named) {
        Some(found) => vec![found],
        None => worktrees.iter().filter(begun).collect(),
    };
    match found.as_slice() {
        [one] => Ok((*one).clone()),
        [] => {
            let names: BTreeSet<&str> = worktrees.iter().map(|worktree| worktree.name.as_str()).collect();
            let error = WireError::new(Code::WorktreeNotFound, format!("no worktree `{word}` in this project"));
            Err(match near(word, names).as_slice() {
                [] => error.with_hint("`pintle worktree list` shows them"),
                near => error.with_hint(format!("did you mean: {}?", near.join(", "))),
            }
            .into())
        }
        several => {
            let ids: Vec<String> =
                several.iter().map(|worktree| format!("{} ({})", worktree.id, worktree.name)).collect();
            Err(WireError::new(Code::InvalidArgument, format!("`{word}` begins several ids: {}", ids.join(", ")))
                .into())
        }
    }
}

impl From<&Killed> for Found {
    fn from(killed: &Killed) -> Self {
        Self { id: killed.id.clone(), name: killed.name.clone() }
    }
}

/// Of those that `word` names or whose id it begins, the one that was started last.
fn last_killed<'a>(word: &str, killed: &'a [Killed]) -> Option<&'a Killed> {
    let is_meant = |killed: &&Killed| killed.name == word || (is_beginning(word) && killed.id.starts_with(word));
    killed.iter().rev().find(is_meant)
}

/// `ag-` and eight more.
fn is_whole_id(word: &str) -> bool {
    let rest = word.strip_prefix(ID).unwrap_or_default();
    rest.len() == 8 && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
}

/// The one agent among `agents` that `word` means.
///
/// An id comes before a name and a name before the beginning of an id. Where several agents bear the name, the one that
/// is alive is meant: whoever starts `fix` again after it has ended means the new one. The beginning of an id must have
/// its `ag-`, so that no slip in a name passes for one.
fn choose(word: &str, agents: &[Agent]) -> Result<Found, WireError> {
    let found = |agent: &Agent| Found { id: agent.id.clone(), name: agent.name.clone() };
    if let Some(agent) = agents.iter().find(|agent| agent.id == word) {
        return Ok(found(agent));
    }
    let named: Vec<&Agent> = agents.iter().filter(|agent| agent.name == word).collect();
    let alive: Vec<&Agent> = named.iter().copied().filter(|agent| agent.status != Status::Broken).collect();
    let begun = || agents.iter().filter(|agent| is_beginning(word) && agent.id.starts_with(word)).collect();
    let meant: Vec<&Agent> = match (named.len(), alive.len()) {
        (0, _) => begun(),
        (_, 0) => named,
        _ => alive,
    };
    match meant.as_slice() {
        [one] => Ok(found(one)),
        [] => Err(unknown(word, agents)),
        several => Err(ambiguous(word, several)),
    }
}

fn is_beginning(word: &str) -> bool {
    word.len() > ID.len() && word.starts_with(ID)
}

fn unknown(word: &str, agents: &[Agent]) -> WireError {
    let error = WireError::new(Code::AgentNotFound, format!("no agent `{word}` in this project"));
    let names: BTreeSet<&str> = agents.iter().flat_map(|agent| [agent.name.as_str(), agent.id.as_str()]).collect();
    match near(word, names).as_slice() {
        [] if agents.is_empty() => error.with_hint("it has none; `pintle spawn` starts one"),
        [] => error.with_hint("`pintle status` lists its agents"),
        close => error.with_hint(format!("did you mean: {}?", close.join(", "))),
    }
}

fn ambiguous(word: &str, agents: &[&Agent]) -> WireError {
    let list: Vec<String> = agents.iter().map(|agent| format!("{} ({})", agent.id, agent.name)).collect();
    WireError::new(Code::InvalidArgument, format!("`{word}` may be {} agents", agents.len()))
        .with_hint(format!("name one by its id: {}", list.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::agents::sample;
    use crate::protocol::typed::reply::Activity;

    fn agents() -> Vec<Agent> {
        vec![
            sample("ag-aaaa1111", "fix", Activity::Done),
            sample("ag-aaab2222", "fix", Activity::Working),
            sample("ag-bbbb3333", "twin", Activity::Idle),
            sample("ag-bbbc4444", "twin", Activity::Idle),
            sample("ag-cccc5555", "ag-aaaa1111", Activity::Idle),
        ]
    }

    #[test]
    fn of_those_that_were_killed_the_last_is_meant() {
        let killed = |id: &str, name: &str| Killed { id: id.into(), name: name.into() };
        let all = [killed("ag-aaaa1111", "fix"), killed("ag-bbbb2222", "fix"), killed("ag-cccc3333", "ag-aaaa")];
        let check = |word: &str, expected: Option<&str>| {
            assert_eq!(last_killed(word, &all).map(|killed| killed.id.as_str()), expected, "{word}");
        };
        check("fix", Some("ag-bbbb2222"));
        check("ag-bb", Some("ag-bbbb2222"));
        check("ag-", None);
        check("other", None);
    }

    #[test]
    fn ids_names_and_beginnings() {
        fn check(word: &str, expected: &str) {
            let agents = agents();
            assert_eq!(choose(word, &agents).unwrap().id, expected, "{word}");
        }
        check("ag-aaaa1111", "ag-aaaa1111"); // an id beats a name, even one that looks like it
        check("ag-aaaa", "ag-aaaa1111");
        check("ag-c", "ag-cccc5555");
        check("fix", "ag-aaab2222"); // the living one
    }

    #[test]
    fn what_means_nobody_or_several() {
        fn check(word: &str, code: Code, message: &str, hint: &str) {
            let agents = agents();
            let error = choose(word, &agents).unwrap_err();
            assert_eq!((error.code, error.message.as_str()), (code, message), "{word}");
            assert_eq!(error.hint.as_deref(), Some(hint), "{word}");
        }
        let gone = Code::AgentNotFound;
        check("fox", gone, "no agent `fox` in this project", "did you mean: fix?");
        check(
            "nothing-like-it",
            gone,
            "no agent `nothing-like-it` in this project",
            "`pintle status` lists its agents",
        );
        check("ag-", gone, "no agent `ag-` in this project", "`pintle status` lists its agents");
        check("aaaa", gone, "no agent `aaaa` in this project", "`pintle status` lists its agents");
        let twins = "name one by its id: ag-bbbb3333 (twin), ag-bbbc4444 (twin)";
        check("twin", Code::InvalidArgument, "`twin` may be 2 agents", twins);
        check("ag-bbb", Code::InvalidArgument, "`ag-bbb` may be 2 agents", twins);
        let error = choose("x", &[]).unwrap_err();
        assert_eq!(error.hint.unwrap(), "it has none; `pintle spawn` starts one");
    }

    #[test]
    fn whole_ids() {
        assert!(is_whole_id("ag-0a1b2c3d"));
        for word in ["ag-0a1b2c3", "ag-0a1b2c3d4", "ag-0A1b2c3d", "wt-0a1b2c3d", "0a1b2c3d", ""] {
            assert!(!is_whole_id(word), "{word}");
        }
    }
}
