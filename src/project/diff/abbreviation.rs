//! How many letters of an id git prints.

use std::fs::{self, File};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

/// git's least.
const LEAST: u32 = 7;

/// So many that, with as many objects as there are in packs, two whose first letters are the same are not to be expected. libgit2 prints
/// always the same number. Where two are the same nevertheless git prints one letter more, for which all objects would have to be looked at.
pub fn length(objects: &Path) -> u16 {
    let others = fs::read_to_string(objects.join("info/alternates")).unwrap_or_default();
    let others = others.lines().map(|line| objects.join(line));
    let count = others.chain([objects.to_owned()]).flat_map(packs).filter_map(|pack| count(&pack)).map(u64::from).sum();
    of(count)
}

fn of(count: u64) -> u16 {
    let bits = count.checked_ilog2().map_or(0, |highest| highest + 1);
    bits.div_ceil(2).max(LEAST) as u16
}

fn packs(objects: PathBuf) -> Vec<PathBuf> {
    let found = fs::read_dir(objects.join("pack")).into_iter().flatten().flatten().map(|entry| entry.path());
    found.filter(|path| path.extension().is_some_and(|end| end == "idx")).collect()
}

/// How many objects are in a pack, by its index: 256 sums, of which the last is all; in newer ones behind a mark and a version.
fn count(pack: &Path) -> Option<u32> {
    const MARK: [u8; 4] = [0xff, b't', b'O', b'c'];
    let file = File::open(pack).ok()?;
    let word = |at: u64| {
        let mut word = [0; 4];
        file.read_exact_at(&mut word, at).ok().map(|()| word)
    };
    let before = if word(0)? == MARK { 8 } else { 0 };
    word(before + 255 * 4).map(u32::from_be_bytes)
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    #[test]
    fn as_many_as_git_prints() {
        for (count, expected) in
            [(0, 7), (1, 7), ((1 << 14) - 1, 7), (1 << 14, 8), ((1 << 16) - 1, 8), (1 << 16, 9), (7_000_000, 12)]
        {
            assert_eq!(of(count), expected, "{count}");
        }
    }

    #[test]
    fn packs_are_counted() {
        let folder = tempfile::tempdir().unwrap();
        let git = |words: &[&str]| {
            let identity = ["-c", "user.name=a", "-c", "user.email=a@b"];
            let output = Command::new("git").current_dir(folder.path()).args(identity).args(words).output().unwrap();
            assert!(output.status.success(), "{words:?}: {output:?}");
        };
        git(&["init", "--quiet"]);
        fs::write(folder.path().join("a"), "a").unwrap();
        git(&["add", "a"]);
        git(&["commit", "--quiet", "--message", "x"]);
        for version in ["1", "2"] {
            git(&["-c", &format!("pack.indexVersion={version}"), "repack", "-a", "-d", "-f", "--quiet"]);
            let found = packs(folder.path().join(".git/objects"));
            assert_eq!(found.iter().map(|pack| count(pack)).collect::<Vec<_>>(), [Some(3)], "commit, tree and file");
        }
    }
}
