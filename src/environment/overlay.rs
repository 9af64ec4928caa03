//! The overlay of an environment as a file, and what `KUBECONFIG` becomes with it.

use std::ffi::{OsStr, OsString};
use std::fs::Permissions;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::envs::KubeContext;
use super::kube::{KubeError, closed, needs_users_files, overlay};
use super::script::content_hash;
use crate::base::files::{FileError, read_if_there, write_volatile};

const MODE: u32 = 0o400;
/// What a command is told whose overlay is closed because somebody has written into it.
const ALTERED: &str =
    "pintle's file in front of your kubeconfig was altered; your next command through pintle makes it anew";

/// Why an overlay cannot say what it should.
#[derive(Debug, thiserror::Error)]
pub enum OverlayError {
    /// The user's files do not have what it needs.
    #[error(transparent)]
    Kube(#[from] KubeError),
    /// One of the user's files cannot be read.
    #[error(transparent)]
    File(#[from] FileError),
}

/// An overlay that is written.
#[derive(Debug)]
pub struct Placed {
    /// Its file.
    pub path: PathBuf,
    /// Why it names no cluster: whatever reads it refuses. Everything else can run, also what makes the context (`aws eks
    /// update-kubeconfig`); to refuse every command in that environment was the alternative.
    pub closed: Option<OverlayError>,
    /// Somebody had written into the file, and it is set back.
    pub set_back: bool,
}

/// The files of the user's own `KUBECONFIG`: its value, or `~/.kube/config` where it is unset or empty. What an earlier overlay in
/// `folder` has put in front is not the user's.
fn users(kubeconfig: Option<&OsStr>, home: &Path, folder: &Path) -> Vec<PathBuf> {
    let named: Vec<PathBuf> = kubeconfig
        .map(|value| value.as_bytes().split(|byte| *byte == b':').filter(|path| !path.is_empty()))
        .into_iter()
        .flatten()
        .map(|path| PathBuf::from(OsStr::from_bytes(path)))
        .filter(|path| !path.starts_with(folder))
        .collect();
    if named.is_empty() { vec![home.join(".kube/config")] } else { named }
}

/// Writes the overlay into `folder`, named after its content. One that cannot be written is an error: nothing must run without it.
pub fn place(kube: &KubeContext, folder: &Path, kubeconfig: Option<&OsStr>, home: &Path) -> Result<Placed, FileError> {
    let (text, closed) = match text(kube, folder, kubeconfig, home) {
        Ok(text) => (text, None),
        Err(error) => (closed(&error.to_string()), Some(error)),
    };
    let path = folder.join(format!("{}.yaml", content_hash(text.as_bytes())));
    let set_back = write(&path, text.as_bytes())?;
    Ok(Placed { path, closed, set_back })
}

/// `kubectl config use-context` writes into the first file, which every pane of the environment reads: so nobody may write it. Root may
/// all the same ([`altered`]). One that cannot even be read is replaced as well: the folder is ours. Returns whether one was replaced that
/// somebody had written into.
fn write(path: &Path, bytes: &[u8]) -> Result<bool, FileError> {
    let was_altered = match std::fs::read(path) {
        Ok(found) if found == bytes => return Ok(false),
        Ok(found) => found != closed(ALTERED).as_bytes(),
        Err(error) => error.kind() != std::io::ErrorKind::NotFound,
    };
    // A file that is replaced keeps its mode.
    let _ = std::fs::set_permissions(path, Permissions::from_mode(MODE));
    write_volatile(path, bytes, MODE)?;
    Ok(was_altered)
}

/// The overlays in `folder` that do not say what they are named after: somebody has written into them, which only root can.
pub fn altered(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    let overlays = entries.filter(|path| path.extension().is_some_and(|extension| extension == "yaml"));
    let is_altered = |path: &PathBuf| {
        let bytes = std::fs::read(path).unwrap_or_default();
        path.file_stem() != Some(OsStr::new(&content_hash(&bytes))) && bytes != closed(ALTERED).as_bytes()
    };
    overlays.filter(is_altered).collect()
}

/// Makes an overlay of which nobody knows any more what it said let nothing through. Whoever has it placed anew opens it.
pub fn close(path: &Path) -> Result<(), FileError> {
    write(path, closed(ALTERED).as_bytes()).map(drop)
}

fn text(kube: &KubeContext, folder: &Path, kubeconfig: Option<&OsStr>, home: &Path) -> Result<String, OverlayError> {
    let mut read = Vec::new();
    if needs_users_files(kube) {
        for path in users(kubeconfig, home, folder) {
            if let Some(bytes) = read_if_there(&path)? {
                read.push((path, bytes));
            }
        }
    }
    let read: Vec<(&Path, &[u8])> = read.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice())).collect();
    Ok(overlay(kube, &read)?)
}

/// `KUBECONFIG` with the overlay in front.
pub fn variable(overlay: &Path, kubeconfig: Option<&OsStr>, home: &Path) -> OsString {
    let folder = overlay.parent().unwrap_or(Path::new("/"));
    let mut value = overlay.as_os_str().as_bytes().to_vec();
    for path in users(kubeconfig, home, folder) {
        value.push(b':');
        value.extend(path.as_os_str().as_bytes());
    }
    OsString::from_vec(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_users_files_stay_behind_it() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("kube");
        let kube = KubeContext { context: "prod".to_owned(), namespace: None };
        let path = place(&kube, &folder, None, temp.path()).unwrap().path;
        assert!(std::fs::read_to_string(&path).unwrap().contains("prod"));
        let value = |kubeconfig: Option<&str>| {
            variable(&path, kubeconfig.map(OsStr::new), Path::new("/h")).into_string().unwrap()
        };
        let own = path.display();
        assert_eq!(value(None), format!("{own}:/h/.kube/config"));
        assert_eq!(value(Some("")), format!("{own}:/h/.kube/config"));
        assert_eq!(value(Some("/a:/b")), format!("{own}:/a:/b"));
        // Applied a second time, in a shell that was started from one in which it is in force.
        assert_eq!(value(Some(&value(Some("/a")))), format!("{own}:/a"));
        // Nobody can write it; root can, and whoever puts another file there.
        let mode = || std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(), altered(&folder)), (0o400, vec![]));
        std::fs::remove_file(&path).unwrap();
        std::fs::write(&path, "current-context: other").unwrap();
        assert_eq!(altered(&folder), vec![path.clone()]);
        assert!(place(&kube, &folder, None, temp.path()).unwrap().set_back);
        assert!(!place(&kube, &folder, None, temp.path()).unwrap().set_back);
        assert!(std::fs::read_to_string(&path).unwrap().contains("prod"));
        assert_eq!((mode(), altered(&folder)), (0o400, vec![]));
        close(&path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("altered"));
        assert_eq!(altered(&folder), Vec::<PathBuf>::new());
    }

    #[test]
    fn what_cannot_be_said_lets_nothing_through() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path().join("kube");
        let kube = KubeContext { context: "prod".to_owned(), namespace: Some("shop".to_owned()) };
        let file = temp.path().join("config");
        let check = |expected: Option<&str>| {
            let placed = place(&kube, &folder, Some(file.as_os_str()), temp.path()).unwrap();
            let text = std::fs::read_to_string(&placed.path).unwrap();
            let value: serde_json::Value = serde_json::from_str(&text).unwrap();
            let current = value["current-context"].as_str().unwrap().to_owned();
            match expected {
                None => assert_eq!((current.as_str(), placed.closed.is_none()), ("prod", true)),
                Some(part) => {
                    assert!(current.contains(part) && value["contexts"].is_null(), "{text}");
                    assert_eq!(placed.closed.map(|error| error.to_string()), Some(current));
                }
            }
        };
        check(Some("no context `prod` in any kubeconfig"));
        std::fs::write(&file, "contexts: [{name: prd, context: {}}]").unwrap();
        check(Some("did you mean: prd?"));
        std::fs::write(&file, "contexts: [").unwrap();
        check(Some("line 1"));
        std::fs::write(&file, "contexts: [{name: prod, context: {cluster: c}}]").unwrap();
        check(None);
        // A folder, which root cannot read either.
        std::fs::remove_file(&file).unwrap();
        std::fs::create_dir(&file).unwrap();
        check(Some(file.to_str().unwrap()));
        std::fs::remove_dir_all(&folder).unwrap();
        std::fs::write(&folder, "").unwrap();
        assert!(place(&kube, &folder, None, temp.path()).is_err(), "without a file nothing runs");
    }
}
