//! Files that git was told not to look at.

use std::ffi::OsString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use super::text;
use super::walk::as_path;
use crate::project::worktree::git::{GitError, ask, list};

/// Files that git was told not to look at (`--assume-unchanged`, `--skip-worktree`), and that are different all the same.
pub(super) async fn hidden(path: &Path) -> Result<Vec<Vec<u8>>, GitError> {
    let mut changed = Vec::new();
    for (name, id) in flagged(path).await? {
        let file = as_path(&name);
        let is_same = match std::fs::read_link(path.join(file)) {
            Ok(target) => {
                list(path, &["cat-file", "blob", &id]).await.is_ok_and(|old| old == target.as_os_str().as_bytes())
            }
            Err(_) if path.join(file).is_file() => {
                let words =
                    ["hash-object".as_ref(), "--path".as_ref(), file.as_os_str(), "--".as_ref(), file.as_os_str()];
                ask(path, &words).await?.as_deref() == Some(id.as_str()) && is_given_back(path, file, &id).await
            }
            // In a sparse checkout that is as it should be; a folder in its place is untracked.
            Err(_) => true,
        };
        if !is_same {
            changed.push(name);
        }
    }
    Ok(changed)
}

/// Whether a checkout would write what is there: a filter may leave something out of what git would commit.
async fn is_given_back(path: &Path, file: &Path, id: &str) -> bool {
    let mut named = OsString::from("--path=");
    named.push(file);
    let words = ["cat-file".as_ref(), "--filters".as_ref(), named.as_os_str(), id.as_ref()];
    // What git cannot say is looked at by somebody.
    list(path, &words).await.is_ok_and(|written| std::fs::read(path.join(file)).is_ok_and(|bytes| bytes == written))
}

/// These files, each with what the index has of it.
pub async fn flagged(path: &Path) -> Result<Vec<(Vec<u8>, String)>, GitError> {
    let said = list(path, &["ls-files", "-v", "--stage", "-z"]).await?;
    let entry = |entry: &[u8]| {
        let (tag, rest) = (*entry.first()?, entry.get(2..)?);
        let tab = rest.iter().position(|byte| *byte == b'\t')?;
        let id = rest[..tab].split(|byte| *byte == b' ').nth(1)?;
        (tag.is_ascii_lowercase() || tag == b'S').then(|| (rest[tab + 1..].to_vec(), text(id)))
    };
    Ok(said.split(|byte| *byte == 0).filter_map(entry).collect())
}
