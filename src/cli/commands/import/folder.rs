//! What lies in another tool's folder.

use std::fs::{DirEntry, Metadata};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::base::files::FileError;
use crate::cli::import::{Entry, Tree};

/// Larger than anything a person writes by hand.
const LARGEST: u64 = 1024 * 1024;

/// Files whose contents can matter.
const READ: [&str; 4] = ["yaml", "yml", "md", "json"];

/// Reads a folder and the folders in it; `None` if it does not exist. Nothing is read that is no file, or too large for settings: a
/// socket or a log may lie there as well.
pub fn read(folder: &Path) -> Result<Option<Tree>, FileError> {
    let mut tree = Tree::new();
    let Some(entries) = list(folder)? else { return Ok(None) };
    for entry in entries {
        let path = entry.path();
        let name = PathBuf::from(entry.file_name());
        let found = look(&path)?;
        if found == Entry::Folder {
            for inner in list(&path)?.unwrap_or_default() {
                tree.insert(name.join(inner.file_name()), look(&inner.path())?);
            }
        }
        tree.insert(name, found);
    }
    Ok(Some(tree))
}

fn list(folder: &Path) -> Result<Option<Vec<DirEntry>>, FileError> {
    match std::fs::read_dir(folder).and_then(Iterator::collect) {
        Ok(entries) => Ok(Some(entries)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::at(folder)(error)),
    }
}

/// Through links: many keep their settings in a repository and link to them.
fn look(path: &Path) -> Result<Entry, FileError> {
    match std::fs::metadata(path) {
        Ok(meta) => entry(path, &meta),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Entry::Unread("a link that leads nowhere")),
        Err(error) => Err(FileError::at(path)(error)),
    }
}

fn entry(path: &Path, meta: &Metadata) -> Result<Entry, FileError> {
    let can_matter = path.extension().is_some_and(|ending| READ.iter().any(|known| ending == *known));
    if meta.is_dir() {
        return Ok(Entry::Folder);
    }
    if !meta.is_file() || !can_matter {
        return Ok(Entry::Unread("it is no file with settings"));
    }
    if meta.len() > LARGEST {
        return Ok(Entry::Unread("it is larger than 1 MiB"));
    }
    let bytes = std::fs::read(path).map_err(FileError::at(path))?;
    // Nobody runs them, and nobody else writes to them.
    Ok(Entry::File { bytes, mode: meta.permissions().mode() & 0o644 })
}
