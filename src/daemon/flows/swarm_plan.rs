//! Who is in a swarm, and what everybody is called. Pure.

use std::collections::BTreeMap;

use crate::definition::swarm_def::SwarmDef;
use crate::project::manifest::Manifest;
use crate::project::worktree::normalised;

/// More agents in one run are a slip of the finger.
pub const MOST: u64 = 256;

/// One worktree with its agents; without worktrees, the project's own folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// The worktree's name.
    pub name: String,
    /// Its agents' names: those of the roster in its order, then the terminal.
    pub agents: Vec<String>,
}

/// How many agents there are in all.
pub fn size(def: &SwarmDef) -> u64 {
    let in_each = def.roster.iter().map(|entry| entry.quantity).sum::<u64>() + u64::from(def.include_terminal);
    in_each * def.worktree_count.max(1)
}

/// What everybody is called in the `attempt`th try, from 1: from the second on, every name ends with its number.
pub fn groups(def: &SwarmDef, attempt: u32) -> Vec<Group> {
    let suffix = if attempt > 1 { format!("-{attempt}") } else { String::new() };
    (0..def.worktree_count.max(1)).map(|index| group(def, index, &suffix)).collect()
}

/// Names of the worktrees that are made for these.
pub fn worktrees(def: &SwarmDef, groups: &[Group]) -> Vec<String> {
    match def.worktree_count {
        0 => Vec::new(),
        _ => groups.iter().map(|group| group.name.clone()).collect(),
    }
}

fn group(def: &SwarmDef, index: u64, suffix: &str) -> Group {
    let swarm = &def.name;
    let name = match def.worktree_template.as_str() {
        "" => format!("{swarm}-{index}{suffix}"),
        template => format!("{}{suffix}", template.replace("{index}", &index.to_string())),
    };
    let name = normalised(&name).unwrap_or(name);
    let mut counted: BTreeMap<&str, u64> = BTreeMap::new();
    let mut agents = Vec::new();
    for entry in &def.roster {
        for _ in 0..entry.quantity {
            // A def that stands in the roster twice goes on counting.
            let count = counted.entry(&entry.agent_def).or_default();
            *count += 1;
            agents.push(format!("{swarm}-{}-{index}-{count}{suffix}", entry.agent_def));
        }
    }
    // Whoever looks at the worktree finds the one who leads in it by its name.
    if let Some(first) = agents.first_mut() {
        first.clone_from(&name);
    }
    agents.extend(def.include_terminal.then(|| format!("{swarm}-terminal-{index}{suffix}")));
    Group { name, agents }
}

/// The first try with names of which none is taken: by the project's worktrees and agents, by other runs that are under way, or by branches
/// that hold somebody's work.
pub fn free(def: &SwarmDef, manifest: &Manifest, branches: &[String]) -> (u32, Vec<Group>) {
    let worktree_taken =
        |name: &String| branches.contains(name) || manifest.worktrees.values().any(|worktree| worktree.name == *name);
    let agent_taken = |name: &String| {
        manifest.swarm_runs.values().any(|run| run.left.contains(name))
            || manifest.all_agents().any(|(_, agent)| agent.name == *name)
    };
    let is_free = |group: &Group| {
        (def.worktree_count == 0 || !worktree_taken(&group.name)) && !group.agents.iter().any(agent_taken)
    };
    let mut attempts = (1..).map(|attempt| (attempt, groups(def, attempt)));
    attempts.find(|(_, groups)| groups.iter().all(is_free)).unwrap_or_default()
}

/// How many worktrees are made at once where no file says: a checkout is git's work and the disk's, two for each core, and each may
/// take a quarter of a gigabyte.
pub fn usual_parallel(cores: usize, free_mib: Option<u64>) -> usize {
    let by_memory = free_mib.map_or(16, |free| usize::try_from(free / 256).unwrap_or(16));
    (cores * 2).min(by_memory).clamp(1, 16)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::definition::swarm_def::RosterEntry;
    use crate::project::manifest::SwarmRunEntry;

    fn swarm(worktree_count: u64, worktree_template: &str, include_terminal: bool) -> SwarmDef {
        let entry =
            |agent_def: &str, quantity| RosterEntry { agent_def: agent_def.into(), role: String::new(), quantity };
        SwarmDef {
            name: "s".into(),
            worktree_count,
            worktree_template: worktree_template.into(),
            roster: vec![entry("a", 2), entry("b", 1), entry("a", 1)],
            include_terminal,
        }
    }

    fn shown(groups: &[Group]) -> Vec<String> {
        groups.iter().map(|group| format!("{}: {}", group.name, group.agents.join(" "))).collect()
    }

    #[test]
    fn names() {
        let two = swarm(2, "", true);
        let expected =
            ["s-0: s-0 s-a-0-2 s-b-0-1 s-a-0-3 s-terminal-0", "s-1: s-1 s-a-1-2 s-b-1-1 s-a-1-3 s-terminal-1"];
        assert_eq!(shown(&groups(&two, 1)), expected);
        assert_eq!(
            shown(&groups(&swarm(1, "", true), 3)),
            ["s-0-3: s-0-3 s-a-0-2-3 s-b-0-1-3 s-a-0-3-3 s-terminal-0-3"]
        );
        assert_eq!(
            shown(&groups(&swarm(1, "Fix {index}!", false), 2)),
            ["fix-0-2: fix-0-2 s-a-0-2-2 s-b-0-1-2 s-a-0-3-2"]
        );
        assert_eq!(size(&two), 10);
        assert_eq!(groups(&swarm(0, "", false), 1).len(), 1);
        assert_eq!(size(&swarm(0, "", true)), 5);
    }

    #[test]
    fn what_is_taken_makes_all_names_others() {
        let mut manifest = Manifest::new("/p", jiff::Timestamp::UNIX_EPOCH);
        let two = swarm(2, "", false);
        let free = |manifest: &Manifest, branches: &[String]| {
            let (attempt, groups) = free(&two, manifest, branches);
            (attempt, groups[1].name.clone())
        };
        assert_eq!(free(&manifest, &[]), (1, "s-1".into()));
        assert_eq!(free(&manifest, &["s-1".to_owned()]), (2, "s-1-2".into()));
        let run = SwarmRunEntry { left: ["s-b-1-1-2".to_owned()].into(), ..SwarmRunEntry::default() };
        manifest.swarm_runs.insert("run-1".into(), run);
        assert_eq!(free(&manifest, &["s-1".to_owned()]), (3, "s-1-3".into()));
        assert_eq!(free(&manifest, &[]), (1, "s-1".into()));
    }

    #[test]
    fn how_many_at_once() {
        assert_eq!(usual_parallel(2, None), 4);
        assert_eq!(usual_parallel(2, Some(600)), 2);
        assert_eq!(usual_parallel(2, Some(10)), 1);
        assert_eq!(usual_parallel(64, Some(100_000)), 16);
    }
}
