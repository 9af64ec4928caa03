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

/// An agent that was found, as far as a command needs it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Its id.
    pub id: String,
    /// Its name, or its id where the name cannot be known.
    pub name: String,
    /// It is suspended, and its process is stopped where it stands.
    pub stopped: bool,
}

/// Finds the agent that `word` means in the current project.
///
/// A whole id that the project does not know is passed on as it is: `pintle attach ag-…` in a pane must work in
/// whatever folder the pane happens to be, and the daemon knows the agents of all projects.
pub fn agent(context: &Context, client: &mut Client, word: &str) -> anyhow::Result<Found> {
    find(context, client, word, |word, report| {
        choose(word, &report.agents).map(Found::from).map_err(|error| match last_killed(word, &report.killed) {
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
        match (choose(word, &report.agents).map(Found::from), last_killed(word, &report.killed)) {
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
    let as_it_is = || Found { id: word.to_owned(), name: word.to_owned(), stopped: false };
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
    Ok(choose(word, &report.worktrees)?.clone())
}

impl From<&Agent> for Found {
    fn from(agent: &Agent) -> Self {
        Self { id: agent.id.clone(), name: agent.name.clone(), stopped: agent.suspended && agent.pid.is_some() }
    }
}

impl From<&Killed> for Found {
    fn from(killed: &Killed) -> Self {
        Self { id: killed.id.clone(), name: killed.name.clone(), stopped: false }
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

/// What people name by an id or a name.
trait Named {
    /// What every id begins with.
    const ID: &'static str;
    /// The word for one.
    const WHAT: &'static str;
    /// The word for several.
    const SEVERAL: &'static str;
    /// The code of an error about one that does not exist.
    const UNKNOWN: Code;
    /// What to do where there is none at all.
    const NONE: &'static str;
    /// What lists them.
    const LIST: &'static str;

    fn id(&self) -> &str;
    fn name(&self) -> &str;

    /// Of several with one name, those that are meant first.
    fn is_alive(&self) -> bool {
        true
    }
}

impl Named for Agent {
    const ID: &'static str = ID;
    const WHAT: &'static str = "agent";
    const SEVERAL: &'static str = "agents";
    const UNKNOWN: Code = Code::AgentNotFound;
    const NONE: &'static str = "it has none; `pintle spawn` starts one";
    const LIST: &'static str = "`pintle status` lists its agents";

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn is_alive(&self) -> bool {
        self.status != Status::Broken
    }
}

impl Named for Worktree {
    const ID: &'static str = "wt-";
    const WHAT: &'static str = "worktree";
    const SEVERAL: &'static str = "worktrees";
    const UNKNOWN: Code = Code::WorktreeNotFound;
    const NONE: &'static str = "it has none; `pintle worktree create` makes one";
    const LIST: &'static str = "`pintle worktree list` shows them";

    fn id(&self) -> &str {
        &self.id
    }

    fn name(&self) -> &str {
        &self.name
    }
}

/// The one among `all` that `word` means.
///
/// An id comes before a name and a name before the beginning of an id. Where several agents bear the name, the one that
/// is alive is meant: whoever starts `fix` again after it has ended means the new one. The beginning of an id must have
/// its `ag-` (or `wt-`), so that no slip in a name passes for one.
fn choose<'a, T: Named>(word: &str, all: &'a [T]) -> Result<&'a T, WireError> {
    if let Some(one) = all.iter().find(|one| one.id() == word) {
        return Ok(one);
    }
    let named: Vec<&T> = all.iter().filter(|one| one.name() == word).collect();
    let alive: Vec<&T> = named.iter().copied().filter(|one| one.is_alive()).collect();
    let is_beginning = word.len() > T::ID.len() && word.starts_with(T::ID);
    let begun = || all.iter().filter(|one| is_beginning && one.id().starts_with(word)).collect();
    let meant: Vec<&T> = match (named.len(), alive.len()) {
        (0, _) => begun(),
        (_, 0) => named,
        _ => alive,
    };
    match meant.as_slice() {
        [one] => Ok(one),
        [] => Err(unknown(word, all)),
        several => Err(ambiguous(word, several)),
    }
}

fn is_beginning(word: &str) -> bool {
    word.len() > ID.len() && word.starts_with(ID)
}

fn unknown<T: Named>(word: &str, all: &[T]) -> WireError {
    let error = WireError::new(T::UNKNOWN, format!("no {} `{word}` in this project", T::WHAT));
    let names: BTreeSet<&str> = all.iter().flat_map(|one| [one.name(), one.id()]).collect();
    match near(word, names).as_slice() {
        [] if all.is_empty() => error.with_hint(T::NONE),
        [] => error.with_hint(T::LIST),
        close => error.with_hint(format!("did you mean: {}?", close.join(", "))),
    }
}

fn ambiguous<T: Named>(word: &str, several: &[&T]) -> WireError {
    let list: Vec<String> = several.iter().map(|one| format!("{} ({})", one.id(), one.name())).collect();
    WireError::new(Code::InvalidArgument, format!("`{word}` may be {} {}", several.len(), T::SEVERAL))
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
        let error = choose::<Agent>("x", &[]).unwrap_err();
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
