//! What of the line is to be written to tmux, and when.
//!
//! Any option that is written, even one that nobody shows, makes tmux draw every client anew. So a text is written only if tmux
//! does not hold it already, everything of one moment is written together, and there is a gap of a quarter of a second between two
//! such batches. Nothing queues up in that time: only the newest wish is kept, and what was wished in between is never written.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Time between two batches: four a second, evenly. To let four through at once and then wait for a second would also be four a
/// second, but would hold the fifth change up four times as long.
pub const GAP: Duration = Duration::from_millis(250);

/// Where a text is held.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Target<K> {
    /// The server's global option, which every pane without its own shows.
    Global,
    /// A pane's own option.
    Pane(K),
}

/// One option to set, or to unset if `text` is `None`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write<K> {
    /// Which option.
    pub target: Target<K>,
    /// Its new value.
    pub text: Option<Arc<str>>,
}

/// What everybody is to see.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<K> {
    /// For every pane that is not named. `None`: the option is not to exist, as when the daemon takes leave.
    pub global: Option<Arc<str>>,
    /// For these panes.
    pub panes: BTreeMap<K, Arc<str>>,
}

impl<K> Default for Wanted<K> {
    /// No option is to exist.
    fn default() -> Self {
        Self { global: None, panes: BTreeMap::new() }
    }
}

/// What one tmux server holds, and what it should. `K` tells its panes apart. Its size is that of the panes that exist; see
/// [`Push::follow`]. Which options there may be is never forgotten while the server lives: an option that nobody knows of is one that
/// nobody takes away, and its pane shows what was true once.
#[derive(Clone, Debug)]
pub struct Push<K> {
    /// Options that may be set, and to what; `None` where that is not known.
    held: BTreeMap<Target<K>, Option<Arc<str>>>,
    wanted: Wanted<K>,
    last: Option<Instant>,
}

impl<K> Default for Push<K> {
    /// A server that has none of our options, and is to have none.
    fn default() -> Self {
        Self { held: BTreeMap::new(), wanted: Wanted::default(), last: None }
    }
}

impl<K: Ord + Clone> Push<K> {
    /// What the server holds there is not known: an earlier daemon has written, or a write was not answered. It is written or unset
    /// with the next batch.
    pub fn doubt(&mut self, target: Target<K>) {
        self.held.insert(target, None);
    }

    /// Takes a new wish, and returns what to write at once; see [`Push::due`].
    #[must_use = "what is returned counts as written"]
    pub fn changed(&mut self, now: Instant, wanted: Wanted<K>) -> Vec<Write<K>> {
        self.wanted = wanted;
        self.due(now)
    }

    /// What to write at `now`: everything that differs, or nothing, if the last batch is less than [`GAP`] ago. It counts as
    /// written from then on.
    #[must_use = "what is returned counts as written"]
    pub fn due(&mut self, now: Instant) -> Vec<Write<K>> {
        if self.last.is_some_and(|last| now.saturating_duration_since(last) < GAP) {
            return Vec::new();
        }
        let writes: Vec<Write<K>> = self.differences().collect();
        if !writes.is_empty() {
            self.last = Some(now);
        }
        self.keep(&writes);
        writes
    }

    /// The last wish of all, and what to write for it at once: whoever leaves has no later batch to keep a gap to.
    #[must_use = "what is returned counts as written"]
    pub fn leave(&mut self, wanted: Wanted<K>) -> Vec<Write<K>> {
        self.wanted = wanted;
        let writes: Vec<Write<K>> = self.differences().collect();
        self.keep(&writes);
        writes
    }

    fn keep(&mut self, writes: &[Write<K>]) {
        for Write { target, text } in writes.iter().cloned() {
            match text {
                Some(text) => self.held.insert(target, Some(text)),
                None => self.held.remove(&target),
            };
        }
    }

    /// When to call [`Push::due`]; `None` while tmux holds what it should. At or before `now` if there is no reason to wait.
    pub fn next_deadline(&self, now: Instant) -> Option<Instant> {
        self.differences().next().map(|_| self.last.map_or(now, |last| last + GAP))
    }

    /// The panes as they are now: what each of those that were there is called, or nothing if it is gone, and its option with it. A
    /// pane in which something else was started keeps its options under another name.
    pub fn follow(&mut self, now: impl Fn(&K) -> Option<K>) {
        let follow = |target: Target<K>| match target {
            Target::Global => Some(Target::Global),
            Target::Pane(pane) => now(&pane).map(Target::Pane),
        };
        let held = std::mem::take(&mut self.held);
        self.held = held.into_iter().filter_map(|(target, text)| Some((follow(target)?, text))).collect();
        self.wanted.panes.retain(|pane, _| now(pane).as_ref() == Some(pane));
    }

    /// Options whose value is not what it should be. A pane that is to show what all show needs no option of its own.
    fn differences(&self) -> impl Iterator<Item = Write<K>> + '_ {
        let global = &self.wanted.global;
        let wanted = self.wanted.panes.iter().filter(move |(_, text)| global.as_ref() != Some(*text));
        let wanted = wanted.map(|(pane, text)| (Target::Pane(pane.clone()), text));
        let wanted = global.iter().map(|text| (Target::Global, text)).chain(wanted);
        let set = wanted
            .filter(|(target, text)| self.held.get(target).and_then(Option::as_ref) != Some(*text))
            .map(|(target, text)| Write { target, text: Some(Arc::clone(text)) });
        let unset = self.held.keys().filter(|target| self.has_none(target));
        set.chain(unset.map(|target| Write { target: target.clone(), text: None }))
    }

    /// The option is not to exist.
    fn has_none(&self, target: &Target<K>) -> bool {
        match target {
            Target::Global => self.wanted.global.is_none(),
            Target::Pane(pane) => {
                self.wanted.panes.get(pane).is_none_or(|text| self.wanted.global.as_ref() == Some(text))
            }
        }
    }
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
