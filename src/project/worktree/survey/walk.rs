//! A walk through a worktree's folder with our own eyes.
//!
//! git says nothing of a folder that it may not read, does not look into that of a submodule which is not checked out, and empties what is
//! mounted there. Whatever cannot be seen here keeps the worktree. Every file is noted with its times, so that it can be said later whether
//! anybody has written since.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::ErrorKind;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use crate::project::worktree::WorktreeError;

/// What there is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Walk {
    /// Folders with a `.git` of their own.
    pub repositories: Vec<PathBuf>,
    /// All files but those of such a `.git`, by path, and what they look like from outside.
    pub files: BTreeMap<Vec<u8>, u64>,
}

/// Walks through all of a folder.
pub async fn walk(top: &Path) -> Result<Walk, WorktreeError> {
    let (top, folder) = (top.to_owned(), top.to_owned());
    let walked = tokio::task::spawn_blocking(move || {
        nothing_is_mounted(&top)?;
        let mut found = Walk::default();
        look(&top, Path::new(""), &mut found)?;
        Ok(found)
    });
    let lost =
        |error: tokio::task::JoinError| WorktreeError::File { path: folder, source: std::io::Error::other(error) };
    walked.await.map_err(lost)?
}

fn look(top: &Path, folder: &Path, found: &mut Walk) -> Result<(), WorktreeError> {
    let unseen = |path: &Path, source: std::io::Error| WorktreeError::Unseen { path: top.join(path), source };
    let entries = match std::fs::read_dir(top.join(folder)) {
        Ok(entries) => entries,
        // Gone since its name was read.
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(unseen(folder, error)),
    };
    for entry in entries {
        let entry = entry.map_err(|error| unseen(folder, error))?;
        let inner = folder.join(entry.file_name());
        if entry.file_name() == ".git" {
            if !folder.as_os_str().is_empty() {
                found.repositories.push(folder.to_owned());
            }
            continue;
        }
        let file = match entry.metadata() {
            Ok(file) => file,
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            Err(error) => return Err(unseen(&inner, error)),
        };
        if file.is_dir() {
            look(top, &inner, found)?;
            continue;
        }
        let mut hasher = DefaultHasher::new();
        let times = (file.mtime(), file.mtime_nsec(), file.ctime(), file.ctime_nsec());
        (file.ino(), file.mode(), file.size(), times).hash(&mut hasher);
        found.files.insert(inner.into_os_string().into_vec(), hasher.finish());
    }
    Ok(())
}

/// A folder with something mounted in it cannot be removed without emptying that. By the kernel's list: a folder that is mounted from the same
/// disk has the same device.
fn nothing_is_mounted(top: &Path) -> Result<(), WorktreeError> {
    let top = std::fs::canonicalize(top).map_err(|source| WorktreeError::Unseen { path: top.to_owned(), source })?;
    let mounts = std::fs::read("/proc/self/mountinfo").unwrap_or_default();
    let points = mounts.split(|byte| *byte == b'\n').filter_map(|line| line.split(|byte| *byte == b' ').nth(4));
    let mut points = points.map(|point| PathBuf::from(OsString::from_vec(unescaped(point))));
    match points.find(|point| *point != top && point.starts_with(&top)) {
        Some(path) => Err(WorktreeError::Mounted(path)),
        None => Ok(()),
    }
}

/// The kernel writes blanks, tabs, line breaks and `\` as three octal digits.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, others)) = rest.split_first() {
        let octal = others.get(..3).filter(|_| *first == b'\\').and_then(|digits| std::str::from_utf8(digits).ok());
        match octal.and_then(|digits| u8::from_str_radix(digits, 8).ok()) {
            Some(byte) => {
                bytes.push(byte);
                rest = &others[3..];
            }
            None => {
                bytes.push(*first);
                rest = others;
            }
        }
    }
    bytes
}

impl Walk {
    /// Files below a folder.
    pub fn below(&self, folder: &[u8]) -> impl Iterator<Item = &Vec<u8>> {
        let start = [folder, b"/"].concat();
        let of_it = start.clone();
        self.files.range(start..).map(|(path, _)| path).take_while(move |path| path.starts_with(&of_it))
    }

    /// Paths that are other than they were, or are there only now or only then.
    pub fn differences(&self, now: &Self) -> Vec<Vec<u8>> {
        let changed = self.files.iter().filter(|(path, look)| now.files.get(*path) != Some(look)).map(|(path, _)| path);
        let new = now.files.keys().filter(|path| !self.files.contains_key(*path));
        changed.chain(new).cloned().collect()
    }
}

/// For git, which takes bytes.
pub fn as_path(bytes: &[u8]) -> &Path {
    Path::new(std::ffi::OsStr::from_bytes(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_escapes() {
        assert_eq!(unescaped(br"/a\040b\134c\x"), br"/a b\c\x");
    }

    #[tokio::test]
    async fn what_is_there_and_what_is_other_than_it_was() {
        let top = tempfile::tempdir().unwrap();
        let at = |path: &str| top.path().join(path);
        for folder in ["lib/.git", "lib/src", "lib-2"] {
            std::fs::create_dir_all(at(folder)).unwrap();
        }
        for file in [".git", "a", "lib/.git/HEAD", "lib/src/b", "lib-2/c"] {
            std::fs::write(at(file), "x").unwrap();
        }
        let before = walk(top.path()).await.unwrap();
        assert_eq!(before.repositories, [Path::new("lib")]);
        assert_eq!(before.below(b"lib").collect::<Vec<_>>(), [b"lib/src/b"]);
        assert!(before.differences(&walk(top.path()).await.unwrap()).is_empty());
        std::fs::remove_file(at("a")).unwrap();
        std::os::unix::fs::symlink("nowhere", at("new")).unwrap();
        assert_eq!(before.differences(&walk(top.path()).await.unwrap()), [b"a".to_vec(), b"new".to_vec()]);
    }
}
