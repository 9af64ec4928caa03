//! Files whose bytes git would not give back: line ends that it makes others, filters that leave something out. What git saves of them is what
//! it would commit; beside that stands what was there, byte for byte.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::trees::Copied;
use crate::project::worktree::WorktreeError;
use crate::project::worktree::git::{ask, git, git_with_index, list};

/// A file in a tree.
struct Entry {
    mode: String,
    id: String,
    path: Vec<u8>,
}

impl Entry {
    fn is_file(&self) -> bool {
        self.mode.starts_with("100")
    }

    fn path(&self) -> &Path {
        Path::new(OsStr::from_bytes(&self.path))
    }
}

/// The tree of those among the files of `tree` that are new or other than in `head`, or that are changed for whoever looks at the folder
/// (`named`: what is changed may be just what a filter leaves out); `None`: git gives all of them back.
pub(super) async fn kept(
    path: &Path,
    folder: &Path,
    head: &str,
    tree: &str,
    named: &[Vec<u8>],
) -> Result<Option<String>, WorktreeError> {
    let index = Copied::empty(folder);
    let mut is_any = false;
    let mut files = changed(path, head, tree).await?;
    let known: BTreeSet<Vec<u8>> = files.iter().map(|entry| entry.path.clone()).collect();
    let others: BTreeSet<&Vec<u8>> = named.iter().filter(|name| !known.contains(*name)).collect();
    if !others.is_empty() {
        files.extend(all(path, tree).await?.into_iter().filter(|entry| others.contains(&entry.path)));
    }
    files.retain(Entry::is_file);
    let converted = converted(path, &files).await?;
    for entry in files {
        if is_given_back(path, &entry, converted.contains(&entry.path)).await? {
            continue;
        }
        let words = [
            "-c".as_ref(),
            "core.fsync=all".as_ref(),
            "-c".as_ref(),
            "core.fsyncMethod=batch".as_ref(),
            "hash-object".as_ref(),
            "-w".as_ref(),
            "--no-filters".as_ref(),
            "--".as_ref(),
            entry.path().as_os_str(),
        ];
        let id = git(path, &words).await?;
        let mut named = OsString::from(format!("{},{id},", entry.mode));
        named.push(entry.path());
        let words = ["update-index".as_ref(), "--add".as_ref(), "--cacheinfo".as_ref(), named.as_os_str()];
        git_with_index(path, &index.path, &words).await?;
        is_any = true;
    }
    if !is_any {
        return Ok(None);
    }
    Ok(Some(git_with_index(path, &index.path, &["-c", "core.fsync=all", "write-tree"]).await?))
}

/// Files that a checkout may write other than they are saved. git makes line ends others on this system only where it is told to.
async fn converted(path: &Path, files: &[Entry]) -> Result<BTreeSet<Vec<u8>>, WorktreeError> {
    const AT_ONCE: usize = 500;
    const ATTRIBUTES: [&str; 4] = ["eol", "filter", "ident", "working-tree-encoding"];
    let said =
        |key: &'static str| async move { ask(path, &["config", "--get", key]).await.map(Option::unwrap_or_default) };
    if said("core.autocrlf").await? == "true" || said("core.eol").await? == "crlf" {
        return Ok(files.iter().map(|entry| entry.path.clone()).collect());
    }
    let mut found = BTreeSet::new();
    for files in files.chunks(AT_ONCE) {
        let words = ["check-attr", "-z"].iter().chain(&ATTRIBUTES).chain(&["--"]).map(OsStr::new);
        let words: Vec<&OsStr> = words.chain(files.iter().map(|entry| entry.path().as_os_str())).collect();
        let said = list(path, &words).await?;
        let fields: Vec<&[u8]> = said.split(|byte| *byte == 0).collect();
        // Path, attribute, value.
        let set =
            fields.chunks_exact(3).filter(|fields| ![b"unspecified".as_slice(), b"unset", b"lf"].contains(&fields[2]));
        found.extend(set.map(|fields| fields[0].to_vec()));
    }
    Ok(found)
}

/// Whether a checkout of what git has saved would be the same.
async fn is_given_back(path: &Path, entry: &Entry, is_converted: bool) -> Result<bool, WorktreeError> {
    let (file, id) = (path.join(entry.path()), entry.id.clone());
    let named = file.clone();
    let read = tokio::task::spawn_blocking(move || {
        let bytes = std::fs::read(&file)?;
        // Most files are saved as they are, and then nobody needs to be asked. In a repository of the other kind of ids everybody is.
        let is_saved = git2::Oid::hash_object(git2::ObjectType::Blob, &bytes).is_ok_and(|is| is.to_string() == id);
        Ok((!is_saved || is_converted).then_some(bytes))
    });
    match read.await.unwrap_or_else(|error| Err(io::Error::other(error))) {
        Ok(None) => Ok(true),
        Ok(Some(bytes)) => Ok(smudged(path, entry).await? == bytes),
        Err(source) => Err(WorktreeError::File { path: named, source }),
    }
}

/// What a checkout would write.
async fn smudged(path: &Path, entry: &Entry) -> Result<Vec<u8>, WorktreeError> {
    let mut named = OsString::from("--path=");
    named.push(entry.path());
    Ok(list(path, &["cat-file".as_ref(), "--filters".as_ref(), named.as_os_str(), entry.id.as_ref()]).await?)
}

async fn changed(path: &Path, from: &str, to: &str) -> Result<Vec<Entry>, WorktreeError> {
    let said = list(path, &["diff-tree", "-r", "-z", "--no-renames", "--diff-filter=AMT", from, to]).await?;
    let mut fields = said.split(|byte| *byte == 0);
    let mut found = Vec::new();
    while let (Some(about), Some(path)) = (fields.next(), fields.next()) {
        // `:100644 100755 ID ID M`
        let about = String::from_utf8_lossy(about);
        let mut words = about.split(' ');
        if let (Some(mode), Some(id)) = (words.nth(1), words.nth(1)) {
            found.push(Entry { mode: mode.to_owned(), id: id.to_owned(), path: path.to_vec() });
        }
    }
    Ok(found)
}

/// Writes what a checkout of `commit` has left out because it lies outside of a sparse checkout, though it was there.
pub(super) async fn bring_outside(path: &Path, head: &str, commit: &str) -> Result<(), WorktreeError> {
    for entry in changed(path, head, commit).await? {
        if entry.is_file() && path.join(entry.path()).symlink_metadata().is_err() {
            let bytes = smudged(path, &entry).await?;
            write(path, &entry, &bytes)?;
        }
    }
    Ok(())
}

/// Writes them as they were.
pub(super) async fn bring_back(path: &Path, tree: &str) -> Result<(), WorktreeError> {
    for entry in all(path, tree).await? {
        let bytes = list(path, &["cat-file", "blob", &entry.id]).await?;
        write(path, &entry, &bytes)?;
    }
    Ok(())
}

/// Everything in a tree.
async fn all(path: &Path, tree: &str) -> Result<Vec<Entry>, WorktreeError> {
    let said = list(path, &["ls-tree", "-r", "-z", "--full-tree", tree]).await?;
    let read = |entry: &[u8]| {
        // `100644 blob ID\tPATH`
        let tab = entry.iter().position(|byte| *byte == b'\t')?;
        let about = String::from_utf8_lossy(&entry[..tab]);
        let mut words = about.split(' ');
        let (mode, id) = (words.next()?.to_owned(), words.nth(1)?.to_owned());
        Some(Entry { mode, id, path: entry[tab + 1..].to_vec() })
    };
    Ok(said.split(|byte| *byte == 0).filter_map(read).collect())
}

fn write(path: &Path, entry: &Entry, bytes: &[u8]) -> Result<(), WorktreeError> {
    let file = path.join(entry.path());
    let written = file.parent().map_or(Ok(()), std::fs::create_dir_all).and_then(|()| {
        match std::fs::remove_file(&file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => std::fs::write(&file, bytes)?,
        }
        let mode = std::fs::metadata(&file)?.permissions().mode();
        let executable = if entry.mode == "100755" { (mode & 0o444) >> 2 } else { 0 };
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode | executable))
    });
    written.map_err(|source| WorktreeError::File { path: file, source })
}
