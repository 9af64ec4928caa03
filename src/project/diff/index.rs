//! git's index, read.
//!
//! By ourselves, since libgit2 checks the sum of the whole file, which takes longer than all that is done with it here, and does not tell of
//! the trees that git remembers in it: a folder that is whole is one comparison then. Versions 2 and 3, of which nearly all are; the rest
//! (4, split, sparse) is left to git.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use git2::{IndexEntry, IndexTime, Oid};

use super::quick::NotQuick;

/// What is in front of the first entry.
const HEAD: usize = 12;
/// The times at the beginning of an entry.
const TIMES: usize = 16;
/// What is in front of an entry's name; its last two bytes are flags.
const FIXED: usize = 62;
/// The length of an object's name.
const NAME: usize = 20;
/// git takes the file for unchanged and does not look at it.
pub const ASSUME_VALID: u16 = 0x8000;
/// Among the other two bytes of flags: `git add --intent-to-add`.
pub const INTENT_TO_ADD: u16 = 1 << 13;
/// Those two bytes follow.
const EXTENDED: u16 = 0x4000;
/// Bits that say which side of a conflict an entry is.
const STAGE: u16 = 0x3000;

/// What an index holds.
pub struct Read {
    /// All of it, as it is written.
    bytes: Vec<u8>,
    /// In its order.
    pub entries: Vec<IndexEntry>,
    /// The tree that all of them make, as far as git remembers.
    pub tree: Remembered,
    /// Some of them are in conflict.
    pub has_conflicts: bool,
}

impl Read {
    /// The same index with a mark for git at each entry: it is to look at the file of those asked for whatever it remembers of them, and
    /// at no other's. The sum at its end is not made anew, since git does not check it.
    pub fn marked(&self, is_asked_for: impl Fn(usize) -> bool) -> Vec<u8> {
        let mut bytes = self.bytes.clone();
        let mut start = HEAD;
        for (at, entry) in self.entries.iter().enumerate() {
            if is_asked_for(at) {
                bytes[start..start + TIMES].fill(0);
            } else {
                bytes[start + FIXED - 2] |= (ASSUME_VALID >> 8) as u8;
            }
            let fixed = if entry.flags & EXTENDED == 0 { FIXED } else { FIXED + 2 };
            start += filled_up(fixed + entry.path.len());
        }
        bytes
    }
}

/// An entry to be written.
#[derive(Clone, Copy, Debug)]
pub struct New {
    /// Of a file or a link.
    pub mode: u32,
    /// What is in it. `None`: it is only meant to be added, as `git add --intent-to-add` writes it.
    pub id: Option<Oid>,
}

/// An index of these entries, by their paths. It remembers nothing of their files, so that git looks into each.
pub fn written(entries: &BTreeMap<&[u8], New>) -> Vec<u8> {
    /// The id of a file without content, which such entries have.
    const EMPTY: &[u8; NAME] = b"\xe6\x9d\xe2\x9b\xb2\xd1\xd6\x43\x4b\x8b\x29\xae\x77\x5a\xd8\xc2\xe4\x8c\x53\x91";
    let mut bytes = b"DIRC\0\0\0\x03".to_vec();
    bytes.extend((entries.len() as u32).to_be_bytes());
    for (path, New { mode, id }) in entries {
        let start = bytes.len();
        // Times, device and inode; user, group and size behind the mode.
        bytes.extend([0; 24]);
        bytes.extend(mode.to_be_bytes());
        bytes.extend([0; 12]);
        bytes.extend(id.as_ref().map_or(EMPTY.as_slice(), Oid::as_bytes));
        let length = path.len().min(0xfff) as u16;
        match id {
            Some(_) => bytes.extend(length.to_be_bytes()),
            None => bytes.extend([length | EXTENDED, INTENT_TO_ADD].map(u16::to_be_bytes).concat()),
        }
        bytes.extend_from_slice(path);
        bytes.resize(start + filled_up(bytes.len() - start), 0);
    }
    // In place of the sum, which git does not check.
    bytes.extend([0; NAME]);
    bytes
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
pub fn read(file: &Path) -> Result<Read, NotQuick> {
    match std::fs::read(file) {
        Ok(bytes) => parse(bytes).unwrap_or(Err(NotQuick::Special("an index of another kind"))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            Ok(Read { bytes: Vec::new(), entries: Vec::new(), tree: Remembered::default(), has_conflicts: false })
        }
        Err(error) => Err(error.into()),
    }
}

/// `None` where it ends too early.
fn parse(bytes: Vec<u8>) -> Option<Result<Read, NotQuick>> {
    let other = Some(Err(NotQuick::Special("an index of another kind")));
    let (version, count) = (number(&bytes, 4)?, number(&bytes, 8)? as usize);
    if !bytes.starts_with(b"DIRC") || !matches!(version, 2 | 3) {
        return other;
    }
    let body = bytes.get(..bytes.len().checked_sub(NAME)?)?;
    let mut entries = Vec::with_capacity(count.min(body.len() / FIXED));
    let (mut at, mut has_conflicts) = (HEAD, false);
    for _ in 0..count {
        let (entry, length) = entry(body.get(at..)?)?;
        has_conflicts |= entry.flags & STAGE != 0;
        entries.push(entry);
        at += length;
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
    Some(Ok(Read { bytes, entries, tree, has_conflicts }))
}

/// One entry, and how long it is with what fills it up.
fn entry(bytes: &[u8]) -> Option<(IndexEntry, usize)> {
    let field = |at: usize| number(bytes, at * 4);
    let flags = u16::from_be_bytes(bytes.get(60..FIXED)?.try_into().ok()?);
    let (flags_extended, start) = match flags & EXTENDED {
        0 => (0, FIXED),
        _ => (u16::from_be_bytes(bytes.get(FIXED..FIXED + 2)?.try_into().ok()?), FIXED + 2),
    };
    // Longer names than the flags can hold end with a NUL all the same.
    let length = memchr::memchr(0, bytes.get(start..)?)?;
    let entry = IndexEntry {
        ctime: IndexTime::new(field(0)?.cast_signed(), field(1)?),
        mtime: IndexTime::new(field(2)?.cast_signed(), field(3)?),
        dev: field(4)?,
        ino: field(5)?,
        mode: field(6)?,
        uid: field(7)?,
        gid: field(8)?,
        file_size: field(9)?,
        id: Oid::from_bytes(bytes.get(40..60)?).ok()?,
        flags,
        flags_extended,
        path: bytes.get(start..start + length)?.to_vec(),
    };
    Some((entry, filled_up(start + length)))
}

/// One NUL at least, and as many as make eight.
fn filled_up(length: usize) -> usize {
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

fn number(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn it_is_what_libgit2_reads() {
        let folder = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| {
            let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
            let output = Command::new("git").current_dir(folder.path()).args(identity).args(words).output().unwrap();
            assert!(output.status.success(), "{words:?}: {output:?}");
        };
        git(&["init", "--quiet"]);
        let file = folder.path().join(".git/index");
        assert!(read(&file).unwrap().entries.is_empty());
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
            assert_eq!(ours.entries.len(), theirs.len());
            for (ours, theirs) in ours.entries.iter().zip(theirs.iter()) {
                assert_eq!((&ours.path, ours.id, ours.mode), (&theirs.path, theirs.id, theirs.mode));
                assert_eq!((ours.mtime, ours.ctime, ours.file_size), (theirs.mtime, theirs.ctime, theirs.file_size));
                assert_eq!((ours.ino, ours.uid, ours.gid), (theirs.ino, theirs.uid, theirs.gid));
                assert_eq!(ours.flags_extended & (1 << 14), theirs.flags_extended & (1 << 14));
            }
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
