//! All agents that the keeper has, by id.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::actor::Agent;
use super::changes::Changes;

/// The agents, and who wants to hear of their changes.
#[derive(Default)]
pub struct Registry {
    agents: Mutex<HashMap<String, Arc<Agent>>>,
    changes: Arc<Changes>,
}

impl Registry {
    /// Where agents tell of changes.
    pub fn changes(&self) -> &Arc<Changes> {
        &self.changes
    }

    /// Adds an agent, in place of an ended one with the same id.
    pub fn insert(&self, agent: Arc<Agent>) {
        self.agents().insert(agent.id.clone(), agent);
    }

    /// The agent with this id.
    pub fn get(&self, id: &str) -> Option<Arc<Agent>> {
        self.agents().get(id).cloned()
    }

    /// Forgets an agent. Readers that have it may finish reading.
    pub fn remove(&self, id: &str) -> Option<Arc<Agent>> {
        self.agents().remove(id)
    }

    /// All of them, in no order.
    pub fn all(&self) -> Vec<Arc<Agent>> {
        self.agents().values().cloned().collect()
    }

    /// How many have a living process.
    pub fn live(&self) -> usize {
        self.agents().values().filter(|agent| agent.exit().is_none()).count()
    }

    fn agents(&self) -> MutexGuard<'_, HashMap<String, Arc<Agent>>> {
        self.agents.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
