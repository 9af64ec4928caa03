//! git compares what the walk suspects, and looks at no other file.

use super::attributes::Attributes;
use super::given::Given;
use super::index::Read;
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
    pub index: &'a Read,
    pub found: &'a Found,
    pub staged: &'a [Staged],
    pub attributes: Attributes,
}

impl Suspects<'_> {
    /// Has git compare.
    pub fn compare(&self) -> Result<(Vec<u8>, Counts), NotQuick> {
        let Self { spec, found, staged, .. } = self;
        // How line ends are converted depends on what the index has.
        let may_be_narrow = staged.is_empty() || self.attributes == Attributes::None;
        let narrow = may_be_narrow.then(|| narrow(&spec.path, &self.index.entries, found, staged));
        match narrow.flatten() {
            Some(narrow) => Ok(by_git::compare(spec, self.want, None, Some(&Given::of(&narrow)?), &[])?),
            None => self.whole(),
        }
    }

    /// With a copy of the whole index, in which all others are marked as not to be looked at.
    fn whole(&self) -> Result<(Vec<u8>, Counts), NotQuick> {
        let Self { spec, want, base, index, found, .. } = self;
        let is_asked_for = |at| found.suspects.binary_search(&at).is_ok() || index.entries[at].mode == SUBMODULE;
        // One that is not there yet is empty for git too.
        let given = if index.entries.is_empty() { None } else { Some(Given::of(&index.marked(is_asked_for))?) };
        // It would look at all files in advance, marked or not.
        Ok(by_git::compare(spec, *want, Some(base), given.as_ref(), &["core.preloadIndex=false"])?)
    }
}
