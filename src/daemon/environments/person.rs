//! Whether it is a person who asks, for what only a person may do.

use rustix::process::{Pid, getppid};

use crate::base::process::Stat;
use crate::daemon::services::Services;

/// Processes between a person's shell and whatever it has started, at most: nobody gets past an agent by being far below it.
const ANCESTORS: usize = 1024;

/// Whose a process is.
enum Whose {
    Person,
    /// This agent's; `None` where it has ended, and left an orphan.
    Agent(Option<String>),
    /// Nobody can say, for this reason.
    Unseen(&'static str),
}

impl Services {
    /// Whether a process that asks for something is a person's. Otherwise whose it is, as far as that can be seen; in doubt it is not.
    pub fn is_a_persons(&self, peer: Option<i32>) -> Result<(), String> {
        match self.whose(peer) {
            Whose::Person => Ok(()),
            Whose::Agent(Some(id)) => Err(format!("agent {id}'s")),
            Whose::Agent(None) => Err("an agent's".to_owned()),
            Whose::Unseen(why) => Err(why.to_owned()),
        }
    }

    /// The agent that a process is of, also where it does not say so: its id, or that it is an agent's. Where that cannot be seen it is
    /// taken for a person's, who may well sit in a container.
    pub fn agent_above(&self, peer: Option<i32>) -> Option<String> {
        match self.whose(peer) {
            Whose::Agent(id) => Some(id.unwrap_or_else(|| "unknown".to_owned())),
            Whose::Person | Whose::Unseen(_) => None,
        }
    }

    fn whose(&self, peer: Option<i32>) -> Whose {
        let agents = self.agents.all();
        let own = std::process::id().cast_signed();
        let keeper = getppid().map_or(0, Pid::as_raw_pid);
        let Some(mut next) = peer else { return Whose::Unseen("a process's that cannot be seen from here") };
        for _ in 0..ANCESTORS {
            if let Some(agent) = agents.iter().find(|agent| agent.process.pid == next) {
                return Whose::Agent(Some(agent.id.clone()));
            }
            // Whoever asks and is gone at once could be anybody.
            let Some(stat) = Stat::read(next) else { return Whose::Unseen("a process's that has ended") };
            // Orphans of agents fall to the keeper, which starts nobody else.
            if stat.parent == keeper && next != own {
                return Whose::Agent(None);
            }
            if stat.parent <= 1 {
                return Whose::Person;
            }
            next = stat.parent;
        }
        Whose::Unseen("a process's far below any shell")
    }
}
