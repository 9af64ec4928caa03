//! Starting the keeper, which starts the daemon.

use std::fs::{File, OpenOptions};
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::ClientError;
use crate::base::files::FileError;
use crate::base::paths::Places;
use crate::base::undo;

/// What must not leak from the shell that happens to start the daemon into every agent of the user.
const NOT_INHERITED: [&str; 8] = [
    "TMUX",
    "TMUX_PANE",
    "PINTLE_AGENT_ID",
    "PINTLE_PROJECT_ROOT",
    "PINTLE_ENV",
    "PINTLE_PANE",
    "PINTLE_SHELL",
    undo::VARIABLE,
];

/// Starts `pintle __keeper`, which leaves our session by itself.
///
/// Its standard error is its own log from the first moment: what it cannot do before it has opened that log would
/// otherwise be said to nobody.
pub fn keeper(places: &Places) -> Result<Child, ClientError> {
    places.make()?;
    let log = log_file(places);
    let stderr = OpenOptions::new().create(true).append(true).open(&log).map_err(FileError::at(&log))?;
    let mut command = Command::new(program());
    command.arg("__keeper").current_dir("/").stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let told = std::env::var_os(undo::VARIABLE).unwrap_or_default();
    for (name, theirs) in undo::undo(&told, |name| std::env::var_os(name)) {
        match theirs {
            Some(theirs) => command.env(name, theirs),
            None => command.env_remove(name),
        };
    }
    for name in NOT_INHERITED {
        command.env_remove(name);
    }
    command.spawn().map_err(ClientError::Start)
}

/// Where the keeper writes.
pub fn log_file(places: &Places) -> PathBuf {
    places.log().join("keeper.log")
}

/// The last line that is not blank.
pub fn last_line(log: &Path) -> Option<String> {
    const ENOUGH: i64 = 4096; // a log grows for months; only its end is of interest
    let mut file = File::open(log).ok()?;
    if file.seek(SeekFrom::End(-ENOUGH)).is_err() {
        file.rewind().ok()?; // shorter than that
    }
    let mut end = Vec::new();
    file.read_to_end(&mut end).ok()?;
    let end = String::from_utf8_lossy(&end);
    end.lines().rev().map(str::trim).find(|line| !line.is_empty()).map(str::to_owned)
}

/// Our own program, also when the file was replaced or removed since we started.
fn program() -> PathBuf {
    std::env::current_exe().ok().filter(|path| path.exists()).unwrap_or_else(|| PathBuf::from("/proc/self/exe"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_line_of_a_log() {
        fn check(text: &str, expected: Option<&str>) {
            let temp = tempfile::tempdir().unwrap();
            let log = temp.path().join("log");
            std::fs::write(&log, text).unwrap();
            assert_eq!(last_line(&log).as_deref(), expected, "{text:?}");
        }
        check("", None);
        check("\n\n", None);
        check("one\ntwo\n\n", Some("two"));
        check(&format!("{}\nlast", "x".repeat(10_000)), Some("last"));
        assert_eq!(last_line(Path::new("/nonexistent")), None);
    }
}
