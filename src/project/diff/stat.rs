//! How much has changed, and lines of files that git does not know.

use std::fs::File;
use std::io::Read;
use std::ops::Add;
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

impl Add for Counts {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            files: self.files + other.files,
            insertions: self.insertions + other.insertions,
            deletions: self.deletions + other.deletions,
        }
    }
}

/// What attributes say of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    /// Nothing: what is in it decides.
    #[default]
    Unsaid,
    /// It has lines, whatever is in it.
    Text,
    /// It has none.
    Binary,
}

/// Lines of untracked files are counted in so many bytes of a worktree; a file that is beyond counts as a file only. A folder of data that
/// nobody has told git to ignore must not be read through for a number.
const MOST: u64 = 64 << 20;
/// Bytes read at a time.
const PIECE: usize = 64 << 10;

impl Counts {
    /// With the files that git does not know, as if they had been added, and what attributes say of them, as far as they do.
    pub fn with_untracked(self, folder: &Path, untracked: &[Vec<u8>], kinds: &[Kind]) -> Self {
        let mut left = MOST;
        let kinds = kinds.iter().copied().chain(std::iter::repeat(Kind::Unsaid));
        let lines = untracked.iter().zip(kinds).map(|(path, kind)| lines(&in_folder(folder, path), kind, &mut left));
        Self { files: self.files + untracked.len() as u64, insertions: self.insertions + lines.sum::<u64>(), ..self }
    }
}

/// What is in a patch. `None` where git counts otherwise than its patch has it: a file that becomes a link is two files there, a submodule
/// with work in it has no lines that are counted, and a conflict is no file.
pub fn of_patch(patch: &[u8]) -> Option<Counts> {
    let mut counts = Counts::default();
    // Lines of a hunk that are still to come, of the old and of the new file: what is in them may look like anything.
    let (mut old, mut new) = (0_u64, 0_u64);
    let mut file: &[u8] = b"";
    let mut at = 0;
    while at < patch.len() {
        let end = memchr::memchr(b'\n', &patch[at..]).map_or(patch.len(), |length| at + length);
        let line = &patch[at..end];
        at = end + 1;
        if line.get(1..).is_some_and(|text| text.starts_with(b"Subproject commit ")) {
            return None;
        }
        match line.first() {
            Some(b' ') if old > 0 && new > 0 => (old, new) = (old - 1, new - 1),
            Some(b'-') if old > 0 => (old, counts.deletions) = (old - 1, counts.deletions + 1),
            Some(b'+') if new > 0 => (new, counts.insertions) = (new - 1, counts.insertions + 1),
            // `\ No newline at end of file`
            Some(b'\\') => {}
            _ if old > 0 || new > 0 => return None,
            Some(b'@') => (old, new) = of_head(line)?,
            Some(b'*') => return None,
            Some(b'd') if line.starts_with(b"diff ") => {
                if line == file || !line.starts_with(b"diff --git ") {
                    return None;
                }
                (file, counts.files) = (line, counts.files + 1);
            }
            _ => {}
        }
    }
    (old == 0 && new == 0).then_some(counts)
}

/// How many lines of either file a hunk has, of which one is not said: `@@ -1,2 +3 @@ …`.
fn of_head(line: &[u8]) -> Option<(u64, u64)> {
    let text = line.strip_prefix(b"@@ -")?;
    let text = std::str::from_utf8(&text[..memchr::memmem::find(text, b" @@")?]).ok()?;
    let lines = |range: &str| range.split_once(',').map_or(Some(1), |(_, lines)| lines.parse().ok());
    let (old, new) = text.split_once(" +")?;
    Some((lines(old)?, lines(new)?))
}

/// Lines of a text file; 0 for anything else, as git counts them. What cannot be read has none.
fn lines(path: &Path, kind: Kind, left: &mut u64) -> u64 {
    let Ok(about) = path.symlink_metadata() else { return 0 };
    if kind == Kind::Binary {
        return 0;
    }
    if about.is_symlink() {
        // Its target, without a line break.
        return 1;
    }
    if !about.is_file() || *left == 0 {
        return 0;
    }
    // It may grow while it is read.
    let Ok(file) = File::open(path).map(|file| file.take(*left)) else { return 0 };
    let (lines, bytes) = lines_of(file, kind).unwrap_or_default();
    *left -= bytes;
    lines
}

/// Lines, and bytes that were read for them.
fn lines_of(mut file: impl Read, kind: Kind) -> std::io::Result<(u64, u64)> {
    /// Where git looks for a NUL.
    const HEAD: usize = 8000;
    let mut piece = Vec::with_capacity(PIECE);
    let (mut lines, mut bytes, mut last) = (0, 0, b'\n');
    loop {
        piece.clear();
        // As many as there are: a short piece would hide a NUL in the head.
        file.by_ref().take(PIECE as u64).read_to_end(&mut piece)?;
        let Some(end) = piece.last() else { return Ok((lines + u64::from(last != b'\n'), bytes)) };
        if bytes == 0 && kind == Kind::Unsaid && memchr::memchr(0, &piece[..piece.len().min(HEAD)]).is_some() {
            return Ok((0, piece.len() as u64));
        }
        lines += memchr::memchr_iter(b'\n', &piece).count() as u64;
        bytes += piece.len() as u64;
        last = *end;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_as_git_counts_them() {
        for (bytes, expected) in [(&b""[..], 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\0\nb\n", 0)] {
            assert_eq!(lines_of(bytes, Kind::Unsaid).unwrap(), (expected, bytes.len() as u64), "{bytes:?}");
        }
        assert_eq!(lines_of(&b"a\0\nb\n"[..], Kind::Text).unwrap().0, 2);
        let late = [vec![b'\n'; 3 * PIECE], vec![0, b'a']].concat();
        assert_eq!(lines_of(late.as_slice(), Kind::Unsaid).unwrap(), (3 * PIECE as u64 + 1, late.len() as u64));
    }

    #[test]
    fn counts_of_a_patch() {
        let check = |patch: &str, expected: Option<[u64; 3]>| {
            let expected = expected.map(|[files, insertions, deletions]| Counts { files, insertions, deletions });
            assert_eq!(of_patch(patch.as_bytes()), expected, "{patch}");
        };
        check("", Some([0, 0, 0]));
        let lines = "diff --git a/x b/x\nindex 1..2 100644\n--- a/x\n+++ b/x\n@@ -1,3 +1,2 @@ fn x()\n a\n--- a/y\n-@@ -1 +1 @@\n+++ b/y\n";
        check(lines, Some([1, 1, 2]));
        check(&format!("{lines}@@ -9 +9 @@\n-diff --git a/y b/y\n\\ No newline at end of file\n+b\n"), Some([1, 2, 3]));
        check(&format!("{lines}diff --git a/y b/y\nold mode 100644\nnew mode 100755\n"), Some([2, 1, 2]));
        check("diff --git a/x b/y\nsimilarity index 100%\nrename from x\nrename to y\n", Some([1, 0, 0]));
        check("diff --git a/x b/x\nindex 1..2 100644\nBinary files a/x and b/x differ\n", Some([1, 0, 0]));
        // A file that becomes a link; a submodule; a conflict; a patch that ends too early.
        check("diff --git a/x b/x\ndeleted file mode 100644\ndiff --git a/x b/x\nnew file mode 120000\n", None);
        check(
            "diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -1 +1 @@\n-Subproject commit 1\n+Subproject commit 1-dirty\n",
            None,
        );
        check("* Unmerged path x\n", None);
        check("diff --cc x\n", None);
        check("diff --git a/x b/x\n@@ -1 +1 @@\n-a\n", None);
    }

    #[test]
    fn what_is_too_much_counts_as_far_as_it_was_read() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a");
        std::fs::write(&file, "1\n2\n").unwrap();
        for (before, expected, after) in [(0, 0, 0), (2, 1, 0), (3, 2, 0), (5, 2, 1)] {
            let mut left = before;
            assert_eq!((lines(&file, Kind::Unsaid, &mut left), left), (expected, after), "{before}");
        }
        let counts = Counts { files: 1, insertions: 1, deletions: 1 };
        let untracked = [b"a".to_vec(), b"gone".to_vec(), b"inner/".to_vec()];
        let with = |kinds: &[Kind]| counts.with_untracked(folder.path(), &untracked, kinds);
        assert_eq!(with(&[]), Counts { files: 4, insertions: 3, deletions: 1 });
        assert_eq!(with(&[Kind::Binary]), Counts { files: 4, insertions: 1, deletions: 1 });
    }
}
