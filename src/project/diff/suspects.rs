//! git compares what the walk suspects, and looks at no other file.

use super::attributes::Attributes;
use super::given::Given;
use super::index::Index;
use super::narrow::narrow;
use super::quick::NotQuick;
use super::staged::Staged;
use super::walk::{Found, SUBMODULE};
use super::{Counts, DiffSpec, Want, by_git};

/// What is to be compared.
pub struct Suspects<'a> {
    pub spec: &'a DiffSpec,
    pub want: Want,
    /// The id of the commit to compare with.
    pub base: &'a str,
    pub index: &'a Index,
    pub found: &'a Found,
    pub staged: &'a [Staged],
    pub attributes: Attributes,
}

impl Suspects<'_> {
    /// Has git compare, in as many processes as there may be threads where that is faster.
    pub fn compare(&self, threads: usize) -> Result<(Vec<u8>, Counts), NotQuick> {
        let Self { spec, found, staged, .. } = self;
        // How line ends are converted depends on what the index has.
        let may_be_narrow = staged.is_empty() || self.attributes == Attributes::None;
        let narrow = may_be_narrow.then(|| narrow(&spec.path, self.index, found, staged));
        match narrow.flatten() {
            // How wide a table is depends on all of its lines.
            Some(narrow) => self.parts(&narrow.written(if self.want == Want::Stat { 1 } else { threads })),
            None => self.whole(),
        }
    }

    /// With indexes of a part of the suspects each.
    fn parts(&self, indexes: &[Vec<u8>]) -> Result<(Vec<u8>, Counts), NotQuick> {
        let compare = |index: &Vec<u8>| -> Result<_, NotQuick> {
            Ok(by_git::compare(self.spec, self.want, None, Some(&Given::of(index)?), &[])?)
        };
        let Some((first, others)) = indexes.split_first() else { return Ok(<_>::default()) };
        std::thread::scope(|scope| {
            let others: Vec<_> = others.iter().map(|index| scope.spawn(move || compare(index))).collect();
            let (mut text, mut counts) = compare(first)?;
            for other in others {
                let (more, other) = other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))?;
                text.extend(more);
                counts = counts + other;
            }
            Ok((text, counts))
        })
    }

    /// With a copy of the whole index, in which all others are marked as not to be looked at.
    fn whole(&self) -> Result<(Vec<u8>, Counts), NotQuick> {
        let Self { spec, want, base, index, found, .. } = self;
        let is_asked_for = |at| found.suspects.binary_search(&at).is_ok() || index.entry(at).mode() == SUBMODULE;
        // One that is not there yet is empty for git too.
        let given = if index.len() == 0 { None } else { Some(Given::of(&index.marked(is_asked_for))?) };
        // It would look at all files in advance, marked or not.
        Ok(by_git::compare(spec, *want, Some(base), given.as_ref(), &["core.preloadIndex=false"])?)
    }
}
