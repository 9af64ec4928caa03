//! Who is on the way into a worktree: while an agent is being started there it is not deleted, and while it is being deleted none is
//! started there. Only for as long as this process lives; what it leaves unfinished stands in the manifest.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// The doors of a project's worktrees, by id.
#[derive(Debug, Default)]
pub struct Doors {
    /// How many are on their way in; 0: closed.
    entering: Mutex<HashMap<String, usize>>,
}

/// Somebody is on the way in, until this is dropped.
#[derive(Debug)]
pub struct Entered(Arc<Doors>, String);

/// Nobody gets in, until this is dropped.
#[derive(Debug)]
pub struct Closed(Arc<Doors>, String);

impl Doors {
    /// Goes in. `None`: it is closed.
    pub fn enter(self: &Arc<Self>, id: &str) -> Option<Entered> {
        let mut entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        let count = entering.get(id).copied();
        if count == Some(0) {
            return None;
        }
        entering.insert(id.to_owned(), count.unwrap_or(0) + 1);
        Some(Entered(self.clone(), id.to_owned()))
    }

    /// Closes it. `None`: somebody is on the way in, or has closed it.
    pub fn close(self: &Arc<Self>, id: &str) -> Option<Closed> {
        let mut entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        if entering.contains_key(id) {
            return None;
        }
        entering.insert(id.to_owned(), 0);
        Some(Closed(self.clone(), id.to_owned()))
    }

    fn leave(&self, id: &str) {
        let mut entering = self.entering.lock().unwrap_or_else(PoisonError::into_inner);
        match entering.get_mut(id) {
            Some(count) if *count > 1 => *count -= 1,
            _ => drop(entering.remove(id)),
        }
    }
}

impl Drop for Entered {
    fn drop(&mut self) {
        self.0.leave(&self.1);
    }
}

impl Drop for Closed {
    fn drop(&mut self) {
        self.0.leave(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_enters_what_is_closed_and_nobody_closes_what_is_entered() {
        let doors = Arc::new(Doors::default());
        let (one, two) = (doors.enter("a").unwrap(), doors.enter("a").unwrap());
        assert!(doors.close("a").is_none() && doors.close("b").is_some());
        drop(one);
        assert!(doors.close("a").is_none());
        drop(two);
        let closed = doors.close("a").unwrap();
        assert!(doors.enter("a").is_none() && doors.close("a").is_none() && doors.enter("b").is_some());
        drop(closed);
        assert!(doors.enter("a").is_some());
    }
}
