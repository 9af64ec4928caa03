//! `manifest.json`: the agents and worktrees of a project, for people and other programs to read too.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The whole file. Keys that are not known here survive a rewrite.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct Manifest {
    /// Layout of the file: [`VERSION`].
    pub version: u32,
    /// Absolute path of the project.
    pub project_root: String,
    /// Worktrees by id.
    #[serde(default)]
    pub worktrees: BTreeMap<String, WorktreeEntry>,
    /// Root agents by id; those of a worktree stand in its entry.
    #[serde(default)]
    pub agents: BTreeMap<String, AgentEntry>,
    /// Runs of swarms that are under way, by id. One that a daemon leaves here is finished by the next.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub swarm_runs: BTreeMap<String, SwarmRunEntry>,
    /// When the project was initialised.
    pub created_at: Timestamp,
    /// When the file was last written.
    pub updated_at: Timestamp,
    /// Everything else in the file.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// A run of a swarm that is under way: what a daemon has to know to go on with it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SwarmRunEntry {
    /// The swarm's name.
    pub swarm_name: String,
    /// What its prompts are filled with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, String>,
    /// The try in which all of its names were free, from 1.
    pub attempt: u32,
    /// Names of its worktrees; none for a swarm in the project's own folder.
    #[serde(default)]
    pub worktrees: Vec<String>,
    /// Names of the agents that are not started yet.
    #[serde(default)]
    pub left: BTreeSet<String>,
    /// How many daemons have ended while they made it.
    #[serde(default)]
    pub cut_off: u32,
}

/// A worktree of the project.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct WorktreeEntry {
    /// `wt-` and eight characters.
    pub id: String,
    /// The name it was asked for by.
    pub name: String,
    /// Absolute path.
    pub path: String,
    /// Its branch.
    pub branch: String,
    /// The branch it was made from.
    pub base_branch: Option<String>,
    /// `active` or what became of it.
    pub status: String,
    /// Its agents by id.
    #[serde(default)]
    pub agents: BTreeMap<String, AgentEntry>,
    /// When it was made.
    pub created_at: Timestamp,
    /// The run of a swarm that it was made in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm_run: Option<String>,
    /// The commit at which its branch was made for it, as long as it is not in use: the branch goes with it if it cannot be finished.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub made_at: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// What is remembered of an agent beyond its process: enough to show it, to resume it, and to say how it ended.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
#[serde(rename_all = "camelCase")]
pub struct AgentEntry {
    /// `ag-` and eight characters.
    pub id: String,
    /// The name people use.
    pub name: String,
    /// Name of its kind: `claude`, `terminal`, …
    pub agent_type: String,
    /// `streaming`, `waiting` or `broken` when last written; a living agent's is asked of its process.
    pub status: String,
    /// What it was told at the start.
    #[serde(default)]
    pub prompt: Option<String>,
    /// When it was started first.
    pub started_at: Timestamp,
    /// When it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub completed_at: Option<Timestamp>,
    /// How it ended: as is, or 128 + signal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// Its process.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    /// Start time of `pid` in clock ticks since boot, without which a pid is not believed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pid_start_time: Option<u64>,
    /// Session of the program, where its kind has such a thing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<String>,
    /// Whether it is suspended.
    #[serde(default)]
    pub suspended: bool,
    /// Since when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suspended_at: Option<Timestamp>,
    /// The command given in place of its kind's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub command: Option<String>,
    /// Whether it was started to plan only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub plan_mode: Option<bool>,
    /// Whether triggers leave it alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_trigger: Option<bool>,
    /// Whether its kind's launch arguments were left out, remembered for resume.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub no_auto: Option<bool>,
    /// Arguments that were added, remembered for resume.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub extra_args: Vec<String>,
    /// Variables that were set (or, with null, unset), remembered for resume.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vars: BTreeMap<String, Option<String>>,
    /// Name of its environment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub env: Option<String>,
    /// The last state of its prompt's delivery, when it did not arrive.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery_error: Option<String>,
    /// The run of a swarm that it was started in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub swarm_run: Option<String>,
    /// Everything else.
    #[serde(flatten)]
    pub extra: Map<String, Value>,
}

/// The layout of the file that is understood here.
pub const VERSION: u32 = 1;

impl Manifest {
    /// A manifest without agents.
    pub fn new(project_root: &str, now: Timestamp) -> Self {
        Self {
            version: VERSION,
            project_root: project_root.to_owned(),
            worktrees: BTreeMap::new(),
            agents: BTreeMap::new(),
            swarm_runs: BTreeMap::new(),
            created_at: now,
            updated_at: now,
            extra: Map::new(),
        }
    }

    /// Takes in what somebody else wrote into the file: their keys that are not known here, and entries that are not known here.
    /// Of everything else the daemon knows better, and an entry is not gone because a file lacks it: an editor that was opened
    /// before an agent was spawned must not make it vanish.
    pub fn take_in(&mut self, theirs: Self) {
        self.extra = theirs.extra;
        take_in_agents(&mut self.agents, theirs.agents);
        for (id, their) in theirs.worktrees {
            match self.worktrees.get_mut(&id) {
                Some(known) => {
                    known.extra = their.extra;
                    take_in_agents(&mut known.agents, their.agents);
                }
                None => drop(self.worktrees.insert(id, their)),
            }
        }
    }

    /// The worktrees as people count them: the oldest first, and of those that were made together `s-2` before `s-10`.
    pub fn worktrees_in_order(&self) -> Vec<&WorktreeEntry> {
        let mut all: Vec<&WorktreeEntry> = self.worktrees.values().collect();
        all.sort_by_key(|entry| (entry.created_at, entry.name.len(), &entry.name, &entry.id));
        all
    }

    /// Every agent with the id of its worktree, root agents first.
    pub fn all_agents(&self) -> impl Iterator<Item = (Option<&str>, &AgentEntry)> {
        self.agents.values().map(|agent| (None, agent)).chain(
            self.worktrees
                .values()
                .flat_map(|worktree| worktree.agents.values().map(move |agent| (Some(worktree.id.as_str()), agent))),
        )
    }

    /// The agent with this id, wherever it stands.
    pub fn agent(&self, id: &str) -> Option<&AgentEntry> {
        self.all_agents().find(|(_, agent)| agent.id == id).map(|(_, agent)| agent)
    }

    /// The agent with this id, to change.
    pub fn agent_mut(&mut self, id: &str) -> Option<&mut AgentEntry> {
        let of_worktrees = self.worktrees.values_mut().map(|worktree| &mut worktree.agents);
        std::iter::once(&mut self.agents).chain(of_worktrees).find_map(|agents| agents.get_mut(id))
    }

    /// Takes the agent out.
    pub fn remove_agent(&mut self, id: &str) -> Option<AgentEntry> {
        let of_worktrees = self.worktrees.values_mut().map(|worktree| &mut worktree.agents);
        std::iter::once(&mut self.agents).chain(of_worktrees).find_map(|agents| agents.remove(id))
    }
}

fn take_in_agents(known: &mut BTreeMap<String, AgentEntry>, theirs: BTreeMap<String, AgentEntry>) {
    for (id, their) in theirs {
        match known.get_mut(&id) {
            Some(entry) => entry.extra = their.extra,
            None => drop(known.insert(id, their)),
        }
    }
}

/// What the daemon leaves with the keeper about an agent, so that a daemon that is killed at any moment can be followed by one
/// that knows what was going on. It is a file in memory, and newer than the manifest wherever they differ.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq)]
pub struct Note {
    /// Absolute path of the agent's project.
    pub project_root: String,
    /// Its worktree, if it has one.
    #[serde(default)]
    pub worktree_id: Option<String>,
    /// Its entry as it was, or would have been, written.
    pub entry: AgentEntry,
    /// A prompt that has not been typed yet.
    #[serde(default)]
    pub prompt_to_type: Option<String>,
    /// What was being done to it and must be finished.
    #[serde(default)]
    pub ending: Option<Ending>,
    /// What its own hooks said last, as long as nobody has answered. A program says once that it waits for an answer, so a daemon
    /// that forgot it would never know again.
    #[serde(default)]
    pub report: Option<NotedReport>,
}

/// A report of an agent's hooks.
#[derive(Clone, Debug, Serialize, Deserialize, PartialEq, Eq)]
pub struct NotedReport {
    /// What it said, in the wire's word.
    pub state: NotedState,
    /// Its own words, if it gave any.
    #[serde(default)]
    pub message: Option<String>,
}

/// The wire's words for what hooks report.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum NotedState {
    /// It works.
    Working,
    /// It wants an answer.
    Blocked,
    /// It has nothing to do.
    Idle,
    /// It has finished.
    Done,
}

/// Why an agent is being ended.
#[derive(Clone, Copy, Debug, Serialize, Deserialize, PartialEq, Eq)]
#[serde(rename_all = "snake_case")]
pub enum Ending {
    /// `kill`: it leaves the manifest.
    Kill,
    /// `suspend`: it will be started again with its session.
    Suspend,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_keys_survive() {
        let text = r#"{"version":1,"projectRoot":"/p","worktrees":{},"agents":{"ag-1":{"id":"ag-1","name":"n","agentType":
            "claude","status":"broken","prompt":null,"startedAt":"2026-01-02T03:04:05Z","suspended":false,"theirs":[1]}},
            "createdAt":"2026-01-02T03:04:05Z","updatedAt":"2026-01-02T03:04:05Z","alien":{"a":1}}"#;
        let manifest: Manifest = serde_json::from_str(text).unwrap();
        let again = serde_json::to_value(&manifest).unwrap();
        assert_eq!(again["alien"]["a"], 1);
        assert_eq!(again["agents"]["ag-1"]["theirs"][0], 1);
        assert_eq!(again["agents"]["ag-1"]["startedAt"], "2026-01-02T03:04:05Z");
        assert!(again["agents"]["ag-1"].get("exitCode").is_none());
    }
}
