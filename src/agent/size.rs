//! How large an agent's terminal is when several people look at it: the smallest of them wins, as in tmux.

use std::collections::BTreeMap;

/// Columns and rows.
pub type Size = (u16, u16);

/// The size an agent was given, and those of whoever is attached to it.
#[derive(Debug)]
pub struct Sizes {
    own: Size,
    attached: BTreeMap<u64, Option<Size>>,
    next: u64,
}

impl Sizes {
    /// Nobody is attached.
    pub fn new(own: Size) -> Self {
        Self { own, attached: BTreeMap::new(), next: 0 }
    }

    /// Somebody attaches, without a size until they say so. Returns the number to name them by.
    pub fn attach(&mut self) -> u64 {
        self.next += 1;
        self.attached.insert(self.next, None);
        self.next
    }

    /// Somebody detaches.
    pub fn detach(&mut self, who: u64) {
        self.attached.remove(&who);
    }

    /// Sets the size of one who is attached, or, with `None`, the agent's own.
    pub fn set(&mut self, who: Option<u64>, size: Size) {
        match who.and_then(|who| self.attached.get_mut(&who)) {
            Some(slot) => *slot = Some(size),
            None => self.own = size,
        }
    }

    /// How many are attached.
    pub fn attached(&self) -> usize {
        self.attached.len()
    }

    /// The size the terminal should have. When the last one with a size leaves, the terminal keeps theirs: growing and shrinking
    /// a program that nobody sees only makes it redraw.
    pub fn effective(&mut self) -> Size {
        let sizes = || self.attached.values().flatten();
        if let (Some(cols), Some(rows)) = (sizes().map(|size| size.0).min(), sizes().map(|size| size.1).min()) {
            self.own = (cols, rows);
        }
        self.own
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_smallest_attached_wins_and_the_last_is_kept() {
        let mut sizes = Sizes::new((80, 24));
        let (a, b) = (sizes.attach(), sizes.attach());
        assert_eq!(sizes.effective(), (80, 24), "nobody has said a size");
        sizes.set(Some(a), (200, 20));
        sizes.set(Some(b), (100, 50));
        assert_eq!(sizes.effective(), (100, 20));
        sizes.detach(b);
        assert_eq!(sizes.effective(), (200, 20));
        sizes.detach(a);
        assert_eq!(sizes.effective(), (200, 20));
        sizes.set(None, (90, 30));
        assert_eq!(sizes.effective(), (90, 30));
    }
}
