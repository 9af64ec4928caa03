//! Puts new files where they belong, and never over one that is there already.

use std::ffi::OsString;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::base::files::{FileError, make_folder, read_if_there, write_atomic};

/// What becomes of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is new.
    Written,
    /// It takes the place of another one, which is kept under this name.
    Replaced(PathBuf),
    /// It stands there already, word for word.
    Same,
    /// Another one stands there.
    Taken,
}

/// How a file is put in its place.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Only say what would happen.
    pub dry_run: bool,
    /// Replace what stands there.
    pub force: bool,
}

/// Writes a file, and says what became of it. Its folder is made if it is missing.
pub fn put(path: &Path, bytes: &[u8], mode: u32, manner: Manner) -> Result<Fate, FileError> {
    let old = read_if_there(path)?;
    let fate = match &old {
        None => Fate::Written,
        Some(old) if old == bytes => return Ok(Fate::Same),
        Some(_) if !manner.force => return Ok(Fate::Taken),
        Some(_) => Fate::Replaced(backup(path)),
    };
    if manner.dry_run {
        return Ok(fate);
    }
    if let Some(folder) = path.parent() {
        make_folder(folder)?;
    }
    // The old text is safe under its second name before the first one changes hands.
    if let (Some(old), Fate::Replaced(kept)) = (&old, &fate) {
        let meta = std::fs::metadata(path).map_err(FileError::at(path))?;
        write_atomic(kept, old, meta.permissions().mode() & 0o777)?;
    }
    write_atomic(path, bytes, mode)?;
    Ok(fate)
}

/// A name for the old file that no other has: `x.yaml.bak`, else `x.yaml.bak2` and so on.
fn backup(path: &Path) -> PathBuf {
    let name = |number: usize| {
        let mut name = OsString::from(path);
        name.push(if number == 1 { ".bak".to_owned() } else { format!(".bak{number}") });
        PathBuf::from(name)
    };
    let mut number = 1;
    while name(number).symlink_metadata().is_ok() {
        number += 1;
    }
    name(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_lost() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("a/b.yaml");
        let text = || std::fs::read_to_string(&path).unwrap();
        let (gentle, force) = (Manner { dry_run: false, force: false }, Manner { dry_run: false, force: true });
        let dry = Manner { dry_run: true, force: true };
        assert_eq!(put(&path, b"1", 0o600, dry).unwrap(), Fate::Written);
        assert!(!temp.path().join("a").exists());
        assert_eq!(put(&path, b"1", 0o600, gentle).unwrap(), Fate::Written);
        assert_eq!(put(&path, b"1", 0o600, force).unwrap(), Fate::Same);
        assert_eq!(put(&path, b"2", 0o600, gentle).unwrap(), Fate::Taken);
        let kept = |ending: &str| temp.path().join(format!("a/b.yaml.{ending}"));
        assert_eq!(put(&path, b"2", 0o600, dry).unwrap(), Fate::Replaced(kept("bak")));
        assert_eq!((text().as_str(), kept("bak").exists()), ("1", false));
        assert_eq!(put(&path, b"2", 0o644, force).unwrap(), Fate::Replaced(kept("bak")));
        assert_eq!(std::fs::metadata(kept("bak")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(put(&path, b"3", 0o600, force).unwrap(), Fate::Replaced(kept("bak2")));
        assert_eq!(text(), "3");
        assert_eq!(std::fs::read_to_string(kept("bak")).unwrap(), "1");
        assert_eq!(std::fs::read_to_string(kept("bak2")).unwrap(), "2");
    }
}
