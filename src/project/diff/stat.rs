//! How much has changed, and lines of files that git does not know.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use super::in_folder;

/// How much has changed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Files.
    pub files: u64,
    /// Lines that are new.
    pub insertions: u64,
    /// Lines that are gone.
    pub deletions: u64,
}

/// Lines of untracked files are counted up to so many bytes in a worktree; what is beyond counts as files only. A folder of data that nobody
/// has told git to ignore must not be read through for a number.
const MOST: u64 = 64 << 20;

impl Counts {
    /// With the files that git does not know, as if they had been added.
    pub fn with_untracked(self, folder: &Path, untracked: &[Vec<u8>]) -> Self {
        let mut left = MOST;
        let lines: u64 = untracked.iter().map(|path| lines(&in_folder(folder, path), &mut left)).sum();
        Self { files: self.files + untracked.len() as u64, insertions: self.insertions + lines, ..self }
    }
}

/// Lines of a text file; 0 for anything else, as git counts them. What cannot be read has none.
fn lines(path: &Path, left: &mut u64) -> u64 {
    let Ok(about) = path.symlink_metadata() else { return 0 };
    if about.is_symlink() {
        // Its target, without a line break.
        return 1;
    }
    if !about.is_file() || about.len() > *left {
        return 0;
    }
    let mut bytes = Vec::new();
    // It may grow while it is read.
    if File::open(path).and_then(|file| file.take(*left).read_to_end(&mut bytes)).is_err() {
        return 0;
    }
    *left -= (bytes.len() as u64).min(*left);
    lines_of(&bytes)
}

fn lines_of(bytes: &[u8]) -> u64 {
    /// Where git looks for a NUL.
    const HEAD: usize = 8000;
    if memchr::memchr(0, &bytes[..bytes.len().min(HEAD)]).is_some() {
        return 0;
    }
    let unfinished = bytes.last().is_some_and(|last| *last != b'\n');
    memchr::memchr_iter(b'\n', bytes).count() as u64 + u64::from(unfinished)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_git_counts_them() {
        for (bytes, expected) in [(&b""[..], 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\0\nb\n", 0)] {
            assert_eq!(lines_of(bytes), expected, "{bytes:?}");
        }
    }

    #[test]
    fn what_is_too_much_counts_as_files() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "1\n2\n").unwrap();
        let mut left = 3;
        assert_eq!((lines(&folder.path().join("a"), &mut left), left), (0, 3));
        left = 5;
        assert_eq!((lines(&folder.path().join("a"), &mut left), left), (2, 1));
        let counts = Counts { files: 1, insertions: 1, deletions: 1 };
        let with = counts.with_untracked(folder.path(), &[b"a".to_vec(), b"gone".to_vec(), b"inner/".to_vec()]);
        assert_eq!(with, Counts { files: 4, insertions: 3, deletions: 1 });
    }
}
