//! Those who read an agent's output: who is attached, in what size, and what each still has to read.

use std::io;
use std::sync::Arc;

use super::Agent;
use crate::agent::size::Size;

/// The oldest offset that each reader still needs. A handful at most, so a list is the quickest.
#[derive(Debug, Default)]
pub(super) struct Claims {
    last: u64,
    offsets: Vec<(u64, u64)>,
}

impl Claims {
    fn set(&mut self, number: u64, offset: Option<u64>) {
        self.offsets.retain(|(other, _)| *other != number);
        self.offsets.extend(offset.map(|offset| (number, offset)));
    }

    fn lowest(&self) -> Option<u64> {
        self.offsets.iter().map(|(_, offset)| *offset).min()
    }
}

/// What a reader still has to read: as long as it holds this, the ring keeps it if there is any room.
pub struct Claim {
    agent: Arc<Agent>,
    number: u64,
}

impl Claim {
    /// It has read everything before `offset`.
    pub fn move_to(&self, offset: u64) {
        self.agent.set_claim(self.number, Some(offset));
    }

    /// It reads no more, or not fast enough to be waited for.
    pub fn release(&self) {
        self.agent.set_claim(self.number, None);
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        self.release();
    }
}

impl Agent {
    /// Columns and rows of its terminal.
    pub fn size(&self) -> Size {
        self.sizes().effective()
    }

    /// How many are attached.
    pub fn attached(&self) -> usize {
        self.sizes().attached()
    }

    /// Counts somebody as attached until the guard is dropped.
    pub fn attach(self: &Arc<Self>) -> AttachGuard {
        AttachGuard { number: self.sizes().attach(), agent: self.clone() }
    }

    /// Sets the terminal's size.
    pub fn resize(&self, size: Size) -> io::Result<()> {
        self.sizes().set(None, size);
        self.apply_size()
    }

    fn apply_size(&self) -> io::Result<()> {
        let (old, new) = (self.pty.size(), self.size());
        if old == new || self.exit().is_some() {
            return Ok(());
        }
        self.state().view.resize(&self.ring, old, new);
        self.pty.resize(new.0, new.1)
    }

    /// Keeps the output from `offset` on for somebody who reads it now.
    pub fn claim(self: &Arc<Self>, offset: u64) -> Claim {
        let mut claims = self.claims();
        claims.last += 1;
        let number = claims.last;
        drop(claims);
        self.set_claim(number, Some(offset));
        Claim { agent: self.clone(), number }
    }

    fn set_claim(&self, number: u64, offset: Option<u64>) {
        let mut claims = self.claims();
        claims.set(number, offset);
        // Inside the lock: two readers must not publish in another order than they counted.
        self.ring.want(claims.lowest());
    }
}

/// Counts its holder as attached to the agent.
pub struct AttachGuard {
    agent: Arc<Agent>,
    number: u64,
}

impl AttachGuard {
    /// The size that its holder has room for.
    pub fn resize(&self, size: Size) -> io::Result<()> {
        self.agent.sizes().set(Some(self.number), size);
        self.agent.apply_size()
    }
}

impl Drop for AttachGuard {
    fn drop(&mut self) {
        self.agent.sizes().detach(self.number);
        // A terminal that is gone needs no size.
        let _ = self.agent.apply_size();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_claim_counts() {
        let mut claims = Claims::default();
        assert_eq!(claims.lowest(), None);
        claims.set(1, Some(10));
        claims.set(2, Some(5));
        assert_eq!(claims.lowest(), Some(5));
        claims.set(2, Some(20));
        assert_eq!(claims.lowest(), Some(10));
        claims.set(1, None);
        claims.set(2, None);
        assert_eq!(claims.lowest(), None);
    }
}
