//! Whether it is a person who asks, for what only a person may do.

use rustix::process::{Pid, getppid};

use crate::base::process::Stat;
use crate::daemon::services::Services;

/// Processes between a person's shell and whatever it has started, at most: nobody gets past an agent by being far below it.
const ANCESTORS: usize = 1024;

impl Services {
    /// Whether a process that asks for something is a person's. Otherwise whose it is, as far as that can be seen; in doubt it is not.
    pub fn is_a_persons(&self, peer: Option<i32>) -> Result<(), String> {
        let agents = self.agents.all();
        let own = std::process::id().cast_signed();
        let keeper = getppid().map_or(0, Pid::as_raw_pid);
        let mut next = peer.ok_or("a process's that cannot be seen from here")?;
        for _ in 0..ANCESTORS {
            if let Some(agent) = agents.iter().find(|agent| agent.process.pid == next) {
                return Err(format!("agent {}'s", agent.id));
            }
            // Whoever asks and is gone at once could be anybody.
            let parent = Stat::read(next).ok_or("a process's that has ended")?.parent;
            // Orphans of agents fall to the keeper, which starts nobody else.
            if parent == keeper && next != own {
                return Err("an agent's".to_owned());
            }
            if parent <= 1 {
                return Ok(());
            }
            next = parent;
        }
        Err("a process's far below any shell".to_owned())
    }
}
