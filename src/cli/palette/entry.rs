//! What the palette lists: the project's agents and worktrees, and a few commands.

use std::cmp::Reverse;

use crate::cli::agents::{urgency, word};
use crate::cli::output::one_line;
use crate::protocol::typed::reply::{Activity, Agent, Status, Worktree};

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
    /// The worktree with this id.
    Worktree(String),
    /// A command.
    Command(Command),
}

/// What can be done that is about no agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Make a project of the folder.
    Init,
    /// Start an agent of this kind in the worktree with this id, or in the project's own folder.
    Spawn(String, Option<String>),
    /// Open a shell in this folder.
    Shell(String),
    /// Show what has changed in the worktree with this id.
    Diff(String),
    /// Start what is kept.
    Start(Start),
    /// Say why what is kept cannot be started.
    Unusable(String),
    /// Suspend all agents.
    SuspendAll,
    /// Let all agents that are suspended go on.
    ResumeAll,
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
    /// Why it cannot be started: its file has a mistake.
    pub error: Option<String>,
}

impl Kept {
    fn entry(&self) -> Entry {
        let (word, usual) = match self.start.what {
            What::Agent => ("agent", "a new agent of this def"),
            What::Template => ("template", "a new agent with this prompt"),
            What::Swarm => ("swarm", "worktrees and agents that start together"),
        };
        let name = format!("{word} {}", shown(&self.start.name));
        if let Some(error) = &self.error {
            return Entry::command(Command::Unusable(error.clone()), name, shown(&format!("cannot be used: {error}")));
        }
        let about = if self.about.is_empty() { usual } else { &self.about };
        Entry::command(Command::Start(self.start.clone()), name, shown(about))
    }
}

impl Entry {
    /// An agent's id.
    pub fn agent(&self) -> Option<&str> {
        match &self.target {
            Target::Agent(id) => Some(id),
            Target::Worktree(_) | Target::Command(_) => None,
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

    fn worktree(worktree: &Worktree, agents: &[Agent]) -> Self {
        let many = agents.iter().filter(|agent| agent.worktree_id.as_ref() == Some(&worktree.id)).count();
        let many = match many {
            0 => "no agents in it".to_owned(),
            1 => "1 agent in it".to_owned(),
            several => format!("{several} agents in it"),
        };
        let (name, because) =
            (format!("worktree {}", shown(&worktree.name)), format!("{many}, on {}", worktree.branch));
        Self::plain(Target::Worktree(worktree.id.clone()), name, shown(&because))
    }

    fn command(command: Command, name: impl Into<String>, because: impl Into<String>) -> Self {
        Self::plain(Target::Command(command), name, because)
    }

    fn plain(target: Target, name: impl Into<String>, because: impl Into<String>) -> Self {
        Self {
            target,
            name: name.into(),
            activity: None,
            kind: String::new(),
            because: because.into(),
            suspended: false,
            ended: false,
        }
    }
}

fn shown(text: &str) -> String {
    one_line(text).chars().take(LONGEST).collect()
}

/// What is known of a project.
#[derive(Debug, Clone, Default)]
pub struct Project {
    /// Its agents.
    pub agents: Vec<Agent>,
    /// Its worktrees.
    pub worktrees: Vec<Worktree>,
    /// The kinds that can be spawned, the project's default first.
    pub kinds: Vec<String>,
    /// The environments that the pane can have, each with what is said of it.
    pub envs: Vec<(String, String)>,
    /// What can be started besides.
    pub kept: Vec<Kept>,
}

impl Project {
    /// A worktree that is in use, by its id.
    pub fn worktree(&self, id: &str) -> Option<&Worktree> {
        self.active().find(|worktree| worktree.id == id)
    }

    /// One that is being made or deleted is nothing to do anything in.
    fn active(&self) -> impl Iterator<Item = &Worktree> {
        self.worktrees.iter().filter(|worktree| worktree.status == "active")
    }
}

/// The entries of a project: its agents, those that want a person first, then worktrees and commands.
pub fn of_project(project: &Project) -> Vec<Entry> {
    let agents = &project.agents;
    let resting = |agent: &Agent| agent.suspended || agent.status == Status::Broken;
    let suspend_all = agents
        .iter()
        .any(|agent| !resting(agent))
        .then(|| Entry::command(Command::SuspendAll, "suspend all agents", "they rest until they are resumed"));
    let resume_all = agents.iter().any(|agent| agent.suspended).then(|| {
        Entry::command(Command::ResumeAll, "resume all agents", "those that are suspended, one after another")
    });
    let reload =
        Entry::command(Command::Reload, "reload settings", "reads config files again, and says what is wrong in them");
    // Nobody has to look past those that have ended to find what can be done.
    let (live, ended) = sorted(agents.iter());
    let envs = project.envs.iter().map(|(name, description)| {
        let because = if description.is_empty() { "for this pane" } else { description };
        Entry::command(Command::SetEnv(name.clone()), format!("environment {}", shown(name)), shown(because))
    });
    let worktrees = project.active().map(|worktree| Entry::worktree(worktree, agents));
    // One that cannot be started is there to be missed by nobody, and in nobody's way.
    let (usable, unusable) = project.kept.iter().partition::<Vec<&Kept>, _>(|kept| kept.error.is_none());
    let commands = spawn(project, None, "a new agent in the project's own folder")
        .chain(usable.into_iter().map(Kept::entry))
        .chain(worktrees)
        .chain(envs)
        .chain(suspend_all)
        .chain(resume_all)
        .chain([reload])
        .chain(unusable.into_iter().map(Kept::entry));
    live.into_iter().map(Entry::of).chain(commands).chain(ended.into_iter().map(Entry::of)).collect()
}

/// What can be done in a worktree, and the agents in it.
pub fn of_worktree(project: &Project, worktree: &Worktree) -> Vec<Entry> {
    let shell = Entry::command(Command::Shell(worktree.path.clone()), "open a shell", "a new pane in its folder");
    let diff = Entry::command(Command::Diff(worktree.id.clone()), "show its diff", "what has changed since its base");
    let (live, ended) = sorted(project.agents.iter().filter(|agent| agent.worktree_id.as_ref() == Some(&worktree.id)));
    spawn(project, Some(&worktree.id), "a new agent in this worktree")
        .chain([shell, diff])
        .chain(live.into_iter().chain(ended).map(Entry::of))
        .collect()
}

fn spawn<'a>(project: &'a Project, worktree: Option<&'a String>, because: &'a str) -> impl Iterator<Item = Entry> + 'a {
    project.kinds.iter().map(move |kind| {
        let command = Command::Spawn(kind.clone(), worktree.cloned());
        Entry::command(command, format!("start {}", shown(kind)), because)
    })
}

/// Those that live, who wants a person first, and those that have ended.
fn sorted<'a>(agents: impl Iterator<Item = &'a Agent>) -> (Vec<&'a Agent>, Vec<&'a Agent>) {
    let mut sorted: Vec<&Agent> = agents.collect();
    sorted.sort_by_cached_key(|agent| (urgency(agent.activity), agent.name.clone(), Reverse(agent.started_at)));
    sorted.into_iter().partition(|agent| !has_ended(agent))
}

/// The entries of a folder that is no project yet.
pub fn of_folder(folder: &str) -> Vec<Entry> {
    let because = format!("{} is no project yet; this makes a .pintle/ in it", shown(folder));
    vec![Entry::command(Command::Init, "make this folder a project", because)]
}

fn has_ended(agent: &Agent) -> bool {
    agent.status == Status::Broken && !agent.suspended
}

#[cfg(test)]
pub use tests::worktree;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::agents::sample;

    /// A worktree for tests.
    pub fn worktree(name: &str) -> Worktree {
        Worktree {
            id: format!("wt-{name}"),
            name: name.to_owned(),
            path: format!("/p/{name}"),
            branch: format!("pintle/{name}"),
            base_branch: None,
            status: "active".to_owned(),
            agents: Default::default(),
            created_at: jiff::Timestamp::UNIX_EPOCH,
            swarm_run: None,
        }
    }

    fn names(agents: &[Agent], kinds: &[&str]) -> Vec<String> {
        let kinds = kinds.iter().map(|kind| (*kind).to_owned()).collect();
        let project = Project { agents: agents.to_vec(), kinds, ..Project::default() };
        of_project(&project).into_iter().map(|entry| entry.name).collect()
    }

    #[test]
    fn environments_stand_among_the_commands() {
        let envs = vec![("dev".to_owned(), String::new()), ("pr\u{202e}od".to_owned(), "customers".to_owned())];
        let entries = of_project(&Project { kinds: vec!["claude".to_owned()], envs, ..Project::default() });
        let shown: Vec<(&str, &str)> = entries.iter().map(|entry| (&*entry.name, &*entry.because)).collect();
        assert_eq!(shown[1..3], [("environment dev", "for this pane"), ("environment prod", "customers")]);
        assert_eq!(entries[2].target, Target::Command(Command::SetEnv("pr\u{202e}od".to_owned())));
    }

    #[test]
    fn what_is_kept_stands_behind_the_kinds() {
        let kept = |what, name: &str| {
            let start = Start { what, name: name.to_owned(), variables: Vec::new() };
            Kept { start, about: String::new(), error: None }
        };
        let mut kept = vec![kept(What::Agent, "reviewer"), kept(What::Template, "fix"), kept(What::Swarm, "crowd")];
        let broken = Kept { error: Some("line 2: no".to_owned()), ..kept[1].clone() };
        kept.insert(0, broken);
        let project = Project {
            kinds: vec!["claude".to_owned()],
            envs: vec![("dev".to_owned(), String::new())],
            kept: kept.clone(),
            worktrees: vec![worktree("work-1")],
            ..Project::default()
        };
        let entries = of_project(&project);
        let names: Vec<&str> = entries.iter().map(|entry| &*entry.name).collect();
        let expected =
            ["start claude", "agent reviewer", "template fix", "swarm crowd", "worktree work-1", "environment dev"];
        assert_eq!(names[..6], expected);
        assert_eq!(entries[3].target, Target::Command(Command::Start(kept[3].start.clone())));
        let last = entries.last().unwrap();
        assert_eq!((&*last.name, &*last.because), ("template fix", "cannot be used: line 2: no"));
        assert_eq!(last.target, Target::Command(Command::Unusable("line 2: no".to_owned())));
    }

    #[test]
    fn a_worktree_offers_what_can_be_done_there() {
        let mut inside = sample("ag-aaaa1111", "inside", Activity::Idle);
        inside.worktree_id = Some("wt-work-1".to_owned());
        let mut deleted = worktree("gone");
        deleted.status = "deleting".to_owned();
        let project = Project {
            agents: vec![inside, sample("ag-bbbb2222", "outside", Activity::Idle)],
            worktrees: vec![worktree("work-1"), deleted],
            kinds: vec!["codex".to_owned(), "claude".to_owned()],
            ..Project::default()
        };
        let entries = of_project(&project);
        let listed: Vec<&Entry> = entries.iter().filter(|entry| matches!(entry.target, Target::Worktree(_))).collect();
        assert_eq!(listed.len(), 1, "one that is being deleted is none: {listed:?}");
        assert_eq!((&*listed[0].name, &*listed[0].because), ("worktree work-1", "1 agent in it, on pintle/work-1"));
        assert!(project.worktree("wt-gone").is_none());
        let inside = of_worktree(&project, project.worktree("wt-work-1").unwrap());
        let names: Vec<&str> = inside.iter().map(|entry| &*entry.name).collect();
        assert_eq!(names, ["start codex", "start claude", "open a shell", "show its diff", "inside"]);
        let spawn = Command::Spawn("codex".to_owned(), Some("wt-work-1".to_owned()));
        assert_eq!(inside[0].target, Target::Command(spawn));
        assert_eq!(inside[2].target, Target::Command(Command::Shell("/p/work-1".to_owned())));
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
        let entry = of_project(&Project { agents: vec![agent], ..Project::default() }).remove(0);
        assert!(entry.name.starts_with("[31mevil x"), "{}", entry.name);
        assert_eq!(entry.name.chars().count(), LONGEST);
    }
}
