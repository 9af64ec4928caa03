//! What the palette lists: the project's agents, and a few commands.

use std::cmp::Reverse;

use crate::cli::agents::word;
use crate::cli::output::one_line;
use crate::protocol::typed::reply::{Activity, Agent, Status};

/// Most agents spawn in well under this many characters; a longer text is no name, and nobody reads to its end here.
const LONGEST: usize = 300;

/// One line of the list. Its texts are fit to be shown: one line each, nothing in them that a terminal would obey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What it stands for.
    pub target: Target,
    /// An agent's name, or what a command does.
    pub name: String,
    /// What an agent is doing.
    pub activity: Option<Activity>,
    /// An agent's kind; empty for a command.
    pub kind: String,
    /// Why an agent has its activity, or what a command is good for.
    pub because: String,
    /// It is suspended.
    pub suspended: bool,
    /// Its process has ended, and it does not rest to be resumed.
    pub ended: bool,
}

/// What an entry stands for. Whoever looks at an agent keeps looking at it when the list is sorted anew.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// The agent with this id.
    Agent(String),
    /// A command.
    Command(Command),
}

/// What can be done that is about no agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make a project of the folder.
    Init,
    /// Start an agent of this kind.
    Spawn(String),
    /// Start what is kept.
    Start(Start),
    /// Suspend all agents.
    SuspendAll,
    /// Let this environment hold in the pane.
    SetEnv(String),
    /// Read the settings again.
    Reload,
}

/// Something that is kept to be started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Start {
    /// What it is.
    pub what: What,
    /// Its name.
    pub name: String,
    /// The placeholders of its prompts.
    pub variables: Vec<String>,
}

/// What is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// An agent def.
    Agent,
    /// A template.
    Template,
    /// A swarm def.
    Swarm,
}

/// Something that is kept, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// It.
    pub start: Start,
    /// What is said of it.
    pub about: String,
}

impl Kept {
    fn entry(&self) -> Entry {
        let (word, usual) = match self.start.what {
            What::Agent => ("agent", "a new agent of this def"),
            What::Template => ("template", "a new agent with this prompt"),
            What::Swarm => ("swarm", "worktrees and agents that start together"),
        };
        let about = if self.about.is_empty() { usual } else { &self.about };
        Entry::command(Command::Start(self.start.clone()), format!("{word} {}", shown(&self.start.name)), shown(about))
    }
}

impl Entry {
    /// An agent's id.
    pub fn agent(&self) -> Option<&str> {
        match &self.target {
            Target::Agent(id) => Some(id),
            Target::Command(_) => None,
        }
    }

    /// What can be searched for, the most telling first.
    pub fn fields(&self) -> [&str; 5] {
        let activity = self.activity.map(word).unwrap_or_default();
        [&self.name, activity, &self.kind, &self.because, self.agent().unwrap_or_default()]
    }

    fn of(agent: &Agent) -> Self {
        Self {
            target: Target::Agent(agent.id.clone()),
            name: shown(&agent.name),
            activity: Some(agent.activity),
            kind: shown(&agent.agent_type),
            because: shown(&agent.because),
            suspended: agent.suspended,
            ended: has_ended(agent),
        }
    }

    fn command(command: Command, name: impl Into<String>, because: impl Into<String>) -> Self {
        let (target, kind) = (Target::Command(command), String::new());
        Self {
            target,
            name: name.into(),
            activity: None,
            kind,
            because: because.into(),
            suspended: false,
            ended: false,
        }
    }
}

fn shown(text: &str) -> String {
    one_line(text).chars().take(LONGEST).collect()
}

/// The entries of a project: its agents, those that want a person first, then commands.
///
/// `kinds` are those that can be spawned, the project's default first. `envs` are the environments that the pane can have, each with what
/// is said of it. `kept` is what can be started besides.
pub fn of_project(agents: &[Agent], kinds: &[String], envs: &[(String, String)], kept: &[Kept]) -> Vec<Entry> {
    let mut sorted: Vec<&Agent> = agents.iter().collect();
    sorted.sort_by_cached_key(|agent| (urgency(agent.activity), agent.name.clone(), Reverse(agent.started_at)));
    let resting = |agent: &Agent| agent.suspended || agent.status == Status::Broken;
    let suspend_all = agents.iter().any(|agent| !resting(agent)).then(|| {
        Entry::command(Command::SuspendAll, "suspend all agents", "they rest until they are resumed, one by one")
    });
    let spawn = kinds.iter().map(|kind| {
        let name = shown(kind);
        Entry::command(Command::Spawn(kind.clone()), format!("start {name}"), "a new agent in the project's own folder")
    });
    let reload =
        Entry::command(Command::Reload, "reload settings", "reads config files again, and says what is wrong in them");
    // Nobody has to look past those that have ended to find what can be done.
    let (ended, live): (Vec<&Agent>, Vec<&Agent>) = sorted.into_iter().partition(|agent| has_ended(agent));
    let envs = envs.iter().map(|(name, description)| {
        let because = if description.is_empty() { "for this pane" } else { description };
        Entry::command(Command::SetEnv(name.clone()), format!("environment {}", shown(name)), shown(because))
    });
    let commands = spawn.chain(kept.iter().map(Kept::entry)).chain(envs).chain(suspend_all).chain([reload]);
    live.into_iter().map(Entry::of).chain(commands).chain(ended.into_iter().map(Entry::of)).collect()
}

/// The entries of a folder that is no project yet.
pub fn of_folder(folder: &str) -> Vec<Entry> {
    let because = format!("{} is no project yet; this makes a .pintle/ in it", shown(folder));
    vec![Entry::command(Command::Init, "make this folder a project", because)]
}

fn has_ended(agent: &Agent) -> bool {
    agent.status == Status::Broken && !agent.suspended
}

/// How soon a person is wanted: the smallest first.
fn urgency(activity: Activity) -> u8 {
    match activity {
        Activity::Blocked => 0,
        Activity::Stuck => 1,
        Activity::Failed => 2,
        Activity::Idle => 3,
        Activity::Done => 4,
        Activity::Working => 5,
        Activity::Starting => 6,
        Activity::Suspended => 7,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::agents::sample;

    fn names(agents: &[Agent], kinds: &[&str]) -> Vec<String> {
        let kinds: Vec<String> = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        of_project(agents, &kinds, &[], &[]).into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn environments_stand_among_the_commands() {
        let envs = [("dev".to_owned(), String::new()), ("pr\u{202e}od".to_owned(), "customers".to_owned())];
        let entries = of_project(&[], &["claude".to_owned()], &envs, &[]);
        let shown: Vec<(&str, &str)> = entries.iter().map(|entry| (&*entry.name, &*entry.because)).collect();
        assert_eq!(shown[1..3], [("environment dev", "for this pane"), ("environment prod", "customers")]);
        assert_eq!(entries[2].target, Target::Command(Command::SetEnv("pr\u{202e}od".to_owned())));
    }

    #[test]
    fn what_is_kept_stands_behind_the_kinds() {
        let kept = |what, name: &str| {
            let start = Start { what, name: name.to_owned(), variables: Vec::new() };
            Kept { start, about: String::new() }
        };
        let kept = [kept(What::Agent, "reviewer"), kept(What::Template, "fix"), kept(What::Swarm, "crowd")];
        let envs = [("dev".to_owned(), String::new())];
        let entries = of_project(&[], &["claude".to_owned()], &envs, &kept);
        let names: Vec<&str> = entries.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names[..5], ["start claude", "agent reviewer", "template fix", "swarm crowd", "environment dev"]);
        assert_eq!(entries[3].target, Target::Command(Command::Start(kept[2].start.clone())));
    }

    #[test]
    fn who_wants_an_answer_comes_first_and_commands_last() {
        let agents = [
            sample("ag-aaaa1111", "worker", Activity::Working),
            sample("ag-bbbb2222", "zebra", Activity::Blocked),
            sample("ag-cccc3333", "idler", Activity::Idle),
            sample("ag-dddd4444", "apple", Activity::Blocked),
        ];
        let expected = [
            "apple",
            "zebra",
            "idler",
            "worker",
            "start claude",
            "start codex",
            "suspend all agents",
            "reload settings",
        ];
        assert_eq!(names(&agents, &["claude", "codex"]), expected);
    }

    #[test]
    fn without_agents_the_first_thing_is_to_start_one() {
        assert_eq!(names(&[], &["claude"]), ["start claude", "reload settings"]);
        let ended = [sample("ag-aaaa1111", "old", Activity::Done)];
        assert_eq!(names(&ended, &[]), ["reload settings", "old"]);
    }

    #[test]
    fn who_has_ended_comes_last() {
        let agents = [
            sample("ag-aaaa1111", "failed", Activity::Failed),
            sample("ag-bbbb2222", "done", Activity::Done),
            sample("ag-cccc3333", "worker", Activity::Working),
            sample("ag-dddd4444", "resting", Activity::Suspended),
        ];
        assert_eq!(
            names(&agents, &[]),
            ["worker", "resting", "suspend all agents", "reload settings", "failed", "done"]
        );
    }

    #[test]
    fn names_are_fit_to_be_shown() {
        let agent = sample("ag-aaaa1111", &format!("\x1b[31m\u{202e}evil\n{}", "x".repeat(1000)), Activity::Idle);
        let entry = of_project(&[agent], &[], &[], &[]).remove(0);
        assert!(entry.name.starts_with("[31mevil x"), "{}", entry.name);
        assert_eq!(entry.name.chars().count(), LONGEST);
    }
}
