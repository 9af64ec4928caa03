//! Copies of the files that people write, as they were when they could be read last: for a daemon that starts while one of them is
//! broken. Without them a crash in the middle of somebody's edit would let commands run as if there were no rules.

use std::path::{Path, PathBuf};

use crate::base::files::{FileError, read_if_there, write_volatile};
use crate::base::paths::copy_in;

/// Where the copies are. The default keeps none, for whoever only looks at the files.
#[derive(Debug, Default)]
pub struct Copies {
    folder: Option<PathBuf>,
}

impl Copies {
    /// In this folder, which is made when the first is written.
    pub fn new(folder: PathBuf) -> Self {
        Self { folder: Some(folder) }
    }

    /// Keeps what a file says now; `None`: it is not there, and neither is its copy from now on. A disk that refuses is told of in the
    /// log: the file itself has been read.
    pub fn keep(&self, file: &Path, bytes: Option<&[u8]>) {
        let Some(copy) = self.copy_of(file) else { return };
        let kept = read_if_there(&copy).and_then(|before| match bytes {
            Some(bytes) if before.as_deref() == Some(bytes) => Ok(()),
            // For nobody else to read: environments may hold secrets.
            Some(bytes) => write_volatile(&copy, bytes, 0o600).map(drop),
            None if before.is_some() => std::fs::remove_file(&copy).map_err(FileError::at(&copy)),
            None => Ok(()),
        });
        if let Err(error) = kept {
            tracing::warn!(%error, "the daemon that is started next cannot fall back to what {} says", file.display());
        }
    }

    /// What a file said when it could be read last.
    pub fn of(&self, file: &Path) -> Option<Vec<u8>> {
        read_if_there(&self.copy_of(file)?).ok().flatten()
    }

    /// Whether there is a copy: of a file that was there and could be read, and that was not seen to be gone since.
    pub fn has(&self, file: &Path) -> bool {
        self.copy_of(file).is_some_and(|copy| copy.exists())
    }

    fn copy_of(&self, file: &Path) -> Option<PathBuf> {
        copy_in(self.folder.as_ref()?, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_file_said_last_is_kept_until_it_is_gone() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("kept");
        let copies = Copies::new(folder.clone());
        let [one, other] = ["/a/config.yaml", "/b/config.yaml"].map(Path::new);
        copies.keep(one, Some(b"one"));
        copies.keep(other, Some(b"other"));
        copies.keep(other, Some(b"another"));
        assert_eq!((copies.of(one).unwrap(), copies.of(other).unwrap()), (b"one".to_vec(), b"another".to_vec()));
        copies.keep(one, None);
        copies.keep(one, None);
        let again = Copies::new(folder);
        assert_eq!((again.of(one), again.of(other)), (None, Some(b"another".to_vec())));
    }
}
