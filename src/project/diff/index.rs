//! git's index, read.
//!
//! By ourselves, since libgit2 checks the sum of the whole file, which takes longer than all that is done with it here, and does not tell of
//! the trees that git remembers in it: a folder that is whole is one comparison then. Versions 2 and 3, of which nearly all are; the rest
//! (4, split, sparse) is left to git.

use std::collections::HashMap;
use std::ops::Range;
use std::path::Path;

use git2::Oid;

use super::quick::NotQuick;

/// What is in front of the first entry.
const HEAD: usize = 12;
/// The times at the beginning of an entry.
const TIMES: usize = 16;
/// What is in front of an entry's name; its last two bytes are flags.
pub const FIXED: usize = 62;
/// The length of an object's name.
pub const NAME: usize = 20;
/// The longest name that flags can say the length of.
pub const MOST: u16 = 0xfff;
/// Another two bytes of flags follow.
pub const EXTENDED: u16 = 0x4000;
/// Among those: `git add --intent-to-add`.
pub const INTENT_TO_ADD: u16 = 1 << 13;
/// The same: the file was left out of the checkout.
const SKIP_WORKTREE: u16 = 1 << 14;
/// git takes the file for unchanged and does not look at it.
const ASSUME_VALID: u16 = 0x8000;
/// Bits that say which side of a conflict an entry is.
const STAGE: u16 = 0x3000;

/// What an index holds. Its entries are read where they stand: to make an object of each took as long as all that is asked of them.
pub struct Index {
    /// All of it, as it is written.
    bytes: Vec<u8>,
    /// Where each entry begins.
    starts: Vec<usize>,
    /// The tree that all of them make, as far as git remembers.
    pub tree: Remembered,
    /// Some of them are in conflict.
    pub has_conflicts: bool,
}

/// An entry of an index.
#[derive(Clone, Copy)]
pub struct Entry<'a>(&'a [u8]);

impl<'a> Entry<'a> {
    /// A whole one: [`parse`] has looked.
    fn number(self, field: usize) -> u32 {
        number(self.0, field * 4).unwrap_or_default()
    }

    /// When its file's status was changed, in seconds and nanoseconds.
    pub fn changed(self) -> (u32, u32) {
        (self.number(0), self.number(1))
    }

    /// When its file was written, in seconds and nanoseconds.
    pub fn modified(self) -> (u32, u32) {
        (self.number(2), self.number(3))
    }

    pub fn inode(self) -> u32 {
        self.number(5)
    }

    /// Its kind, and for a file whether it can be executed.
    pub fn mode(self) -> u32 {
        self.number(6)
    }

    /// User and group.
    pub fn owner(self) -> (u32, u32) {
        (self.number(7), self.number(8))
    }

    /// Bytes.
    pub fn size(self) -> u32 {
        self.number(9)
    }

    /// What is in it.
    pub fn id(self) -> &'a [u8] {
        &self.0[40..40 + NAME]
    }

    /// git takes the file for unchanged and does not look at it.
    pub fn is_assumed(self) -> bool {
        self.flags() & ASSUME_VALID != 0
    }

    /// Whether git was told not to look at the file: it is taken for unchanged, also where it is not there.
    pub fn is_left_alone(self) -> bool {
        self.is_assumed() || self.more_flags() & SKIP_WORKTREE != 0
    }

    /// `git add --intent-to-add`.
    pub fn is_intent_to_add(self) -> bool {
        self.more_flags() & INTENT_TO_ADD != 0
    }

    /// Relative to the worktree.
    pub fn path(self) -> &'a [u8] {
        let name = &self.0[self.fixed()..];
        &name[..length(self.flags(), name).unwrap_or_default()]
    }

    fn flags(self) -> u16 {
        short(self.0, FIXED - 2).unwrap_or_default()
    }

    fn more_flags(self) -> u16 {
        if self.flags() & EXTENDED == 0 { 0 } else { short(self.0, FIXED).unwrap_or_default() }
    }

    fn fixed(self) -> usize {
        if self.flags() & EXTENDED == 0 { FIXED } else { FIXED + 2 }
    }
}

impl Index {
    /// How many entries there are.
    pub fn len(&self) -> usize {
        self.starts.len()
    }

    /// One of them, by its position in the order of their paths.
    pub fn entry(&self, at: usize) -> Entry<'_> {
        let end = self.starts.get(at + 1).copied().unwrap_or(self.bytes.len());
        Entry(&self.bytes[self.starts[at]..end])
    }

    /// All of them.
    pub fn entries(&self) -> impl Iterator<Item = Entry<'_>> {
        (0..self.len()).map(|at| self.entry(at))
    }

    /// Those at the beginning of a range that are below a folder, whose path ends with `/`.
    pub fn below(&self, range: Range<usize>, folder: &[u8]) -> Range<usize> {
        let end = self.starts[range.clone()].partition_point(|start| self.at(*start).path().starts_with(folder));
        range.start..range.start + end
    }

    fn at(&self, start: usize) -> Entry<'_> {
        Entry(&self.bytes[start..])
    }

    /// The same index with a mark for git at each entry: it is to look at the file of those asked for whatever it remembers of them, and
    /// at no other's. The sum at its end is not made anew, since git does not check it.
    pub fn marked(&self, is_asked_for: impl Fn(usize) -> bool) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        for (at, start) in self.starts.iter().enumerate() {
            if is_asked_for(at) {
                bytes[*start..start + TIMES].fill(0);
            } else {
                bytes[start + FIXED - 2] |= (ASSUME_VALID >> 8) as u8;
            }
        }
        bytes
    }
}

/// A folder as git remembers it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Remembered {
    /// The tree that it is. `None`: something in it has changed since.
    pub id: Option<Oid>,
    /// Folders in it.
    pub folders: HashMap<Vec<u8>, Remembered>,
}

/// Reads an index. One that is not there is empty.
pub fn read(file: &Path) -> Result<Index, NotQuick> {
    match std::fs::read(file) {
        Ok(bytes) => parse(bytes).unwrap_or(Err(NotQuick::Special("an index of another kind"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Index { bytes: Vec::new(), starts: Vec::new(), tree: Remembered::default(), has_conflicts: false })
        }
        Err(error) => Err(error.into()),
    }
}

/// `None` where it ends too early.
fn parse(bytes: Vec<u8>) -> Option<Result<Index, NotQuick>> {
    let other = Some(Err(NotQuick::Special("an index of another kind")));
    let (version, count) = (number(&bytes, 4)?, number(&bytes, 8)? as usize);
    if !bytes.starts_with(b"DIRC") || !matches!(version, 2 | 3) {
        return other;
    }
    let body = bytes.get(..bytes.len().checked_sub(NAME)?)?;
    let mut starts = Vec::with_capacity(count.min(body.len() / FIXED));
    let (mut at, mut has_conflicts) = (HEAD, false);
    for _ in 0..count {
        let flags = short(body, at.checked_add(FIXED - 2)?)?;
        let fixed = if flags & EXTENDED == 0 { FIXED } else { FIXED + 2 };
        has_conflicts |= flags & STAGE != 0;
        starts.push(at);
        at += filled_up(fixed + length(flags, body.get(at + fixed..)?)?);
    }
    let mut tree = Remembered::default();
    while at < body.len() {
        let (name, length) = (body.get(at..at + 4)?, number(body, at + 4)? as usize);
        let content = body.get(at + 8..(at + 8).checked_add(length)?)?;
        match name {
            b"TREE" => tree = remembered(&mut &*content)?.1,
            // A small letter: not to be read by those who do not know it.
            [b'a'..=b'z', ..] => return other,
            _ => {}
        }
        at += 8 + length;
    }
    Some(Ok(Index { bytes, starts, tree, has_conflicts }))
}

/// How long a name is. One that is longer than its flags can say ends with a NUL, as all do.
fn length(flags: u16, name: &[u8]) -> Option<usize> {
    match usize::from(flags & MOST) {
        length if length < usize::from(MOST) => (name.len() > length).then_some(length),
        _ => memchr::memchr(0, name),
    }
}

/// One NUL at least, and as many as make eight.
pub fn filled_up(length: usize) -> usize {
    (length + 8) & !7
}

/// A folder and those in it: name, NUL, how many entries (-1: not known), how many folders, the tree.
fn remembered(bytes: &mut &[u8]) -> Option<(Vec<u8>, Remembered)> {
    let mut until = |end: u8| {
        let length = memchr::memchr(end, bytes)?;
        let (word, rest) = bytes.split_at(length);
        *bytes = &rest[1..];
        Some(word.to_vec())
    };
    let (name, count, folders) = (until(0)?, until(b' ')?, until(b'\n')?);
    let folders: usize = std::str::from_utf8(&folders).ok()?.parse().ok()?;
    let mut tree = Remembered::default();
    if !count.starts_with(b"-") {
        let (id, rest) = bytes.split_at_checked(NAME)?;
        (tree.id, *bytes) = (Some(Oid::from_bytes(id).ok()?), rest);
    }
    for _ in 0..folders {
        let (name, folder) = remembered(bytes)?;
        tree.folders.insert(name, folder);
    }
    Some((name, tree))
}

fn short(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::diff::git_in;

    #[test]
    fn it_is_what_libgit2_reads() {
        let folder = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| git_in(folder.path(), words);
        git(&["init", "--quiet"]);
        let file = folder.path().join(".git/index");
        assert_eq!(read(&file).unwrap().len(), 0);
        for name in ["a", "b/c", "b/d/e", &format!("long/{}", "x".repeat(200)), "1234567", "12345678"] {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, name).unwrap();
        }
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "x"]);
        git(&["update-index", "--skip-worktree", "a"]);
        let check = |remembered: &[bool]| {
            let (ours, theirs) = (read(&file).unwrap(), git2::Index::open(&file).unwrap());
            assert_eq!(ours.len(), theirs.len());
            for (ours, theirs) in ours.entries().zip(theirs.iter()) {
                assert_eq!((ours.path(), ours.id(), ours.mode()), (&*theirs.path, theirs.id.as_bytes(), theirs.mode));
                let time = |time: git2::IndexTime| (time.seconds().cast_unsigned(), time.nanoseconds());
                assert_eq!((ours.modified(), ours.changed()), (time(theirs.mtime), time(theirs.ctime)));
                assert_eq!((ours.inode(), ours.size()), (theirs.ino, theirs.file_size));
                assert_eq!(ours.owner(), (theirs.uid, theirs.gid));
                assert_eq!(ours.is_left_alone(), theirs.flags_extended & (1 << 14) != 0);
                assert_eq!((ours.is_assumed(), ours.is_intent_to_add()), (false, false));
            }
            let below = |range: Range<usize>, folder: &str| ours.below(range, folder.as_bytes());
            assert_eq!([below(3..6, "b/"), below(4..6, "b/d/"), below(3..3, "b/")], [3..5, 4..5, 3..3]);
            let folder = |name: &str| ours.tree.folders.get(name.as_bytes()).is_some_and(|tree| tree.id.is_some());
            assert_eq!([ours.tree.id.is_some(), folder("b"), folder("long")], remembered);
        };
        // What was only marked is not the tree any more for git.
        check(&[false, true, true]);
        std::fs::write(folder.path().join("b/c"), "other").unwrap();
        // Nothing but this one: others that are as new as the index would be added once more.
        git(&["add", "b/c"]);
        check(&[false, false, true]);
        git(&["update-index", "--index-version", "4"]);
        assert!(matches!(read(&file), Err(NotQuick::Special(_))));
    }

    #[test]
    fn half_of_one_is_none() {
        let folder = tempfile::tempdir().unwrap();
        for text in [&b""[..], b"DIRC", b"DIRC\0\0\0\x02\0\0\0\x09aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"] {
            std::fs::write(folder.path().join("index"), text).unwrap();
            assert!(read(&folder.path().join("index")).is_err(), "{text:?}");
        }
    }
}
