//! What shells read: files of the runtime folder, so that a prompt asks nobody.
//!
//! | file | what it says |
//! |---|---|
//! | `default` | the global environment, and behind it `HASH NAME` and root of each project, without the first where it names none |
//! | `pane/PID-N` | the environment of pane `%N` of the tmux server with that process, where it is its own |
//! | `session/PID-N` | the environment of all panes of session `$N`, for what is in none of them (a popup); `?` where they have not one |
//! | `seen/PID` | the highest number of a pane that was seen there, if something is chosen on that server. tmux gives none twice, so a higher one is new, and nobody has said yet what it inherits. Where a window or a session has an environment, behind it `N @WINDOW $SESSION` for each pane: one that is elsewhere has been moved |
//! | `agent/ID` | the environment of an agent that lives; an empty line where it has none of its own |
//! | `env/HASH.sh`, `env/HASH.fish` | what an environment means; the name is the content's |
//! | `ack/PID-N` | written by the shell in that pane: the `HASH` that it has applied |
//!
//! The first word of each line is a `HASH`, behind a blank the environment's name. A shell that has applied this `HASH` has nothing to do.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use crate::base::files::{FileError, make_folder, read_if_there, write_volatile};
use crate::base::paths::Places;
use crate::environment::script::Script;
use crate::environment::told::{Seen, Told};
use crate::tmux::server::PaneKey;

/// Folders in which a file that nobody wants any more is removed.
const OURS: [&str; 4] = ["pane", "session", "seen", "agent"];

/// What is to be told: which environment holds where, by name; the empty name is none.
#[derive(Debug, Default)]
pub struct Wanted {
    /// The meaning of each name that is used below.
    pub scripts: BTreeMap<String, Script>,
    /// The global environment.
    pub global: String,
    /// Roots of all projects and the environments that they name, the longest first. In one that names none the global one holds,
    /// whatever the project around it says.
    pub projects: Vec<(PathBuf, Option<String>)>,
    /// Panes that have one of their own.
    pub panes: BTreeMap<String, String>,
    /// Sessions whose panes have one of their own, or different ones.
    pub sessions: BTreeMap<String, String>,
    /// What was seen of each tmux server on which something is chosen.
    pub seen: BTreeMap<u32, Seen>,
    /// Processes of tmux servers of which is not known yet which panes they have: what their shells were told holds.
    pub unseen: BTreeSet<u32>,
    /// Agents that live, each with its own if it has one.
    pub agents: BTreeMap<String, Option<String>>,
}

/// The name of a pane's file.
pub fn pane_file(pane: &PaneKey) -> String {
    format!("{}-{}", pane.server.pid, pane.pane.0)
}

fn seen_file(server: u32) -> PathBuf {
    Path::new("seen").join(server.to_string())
}

/// The folder, and what it holds.
#[derive(Debug)]
pub struct Shells {
    folder: PathBuf,
    written: BTreeMap<PathBuf, Vec<u8>>,
}

impl Shells {
    /// Nothing is known to be written yet.
    pub fn new(places: &Places) -> Self {
        Self { folder: places.shell(), written: BTreeMap::new() }
    }

    /// Believes nothing to be written any more: the folder may be another one.
    pub fn forget_written(&mut self) {
        self.written.clear();
    }

    /// Writes what is different, and removes what holds no more. What an environment means comes first: a shell must find it when it is
    /// told its name.
    pub fn write(&mut self, wanted: &Wanted) -> Result<(), FileError> {
        for folder in OURS.into_iter().chain(["env", "ack"]) {
            make_folder(&self.folder.join(folder))?;
        }
        let files = files(wanted);
        for (path, bytes) in &files {
            if self.written.get(path) != Some(bytes) {
                write_volatile(&self.folder.join(path), bytes, 0o600)?;
                self.written.insert(path.clone(), bytes.clone());
            }
        }
        let kept: BTreeSet<&PathBuf> = files.iter().map(|(path, _)| path).collect();
        for folder in OURS {
            let Ok(entries) = std::fs::read_dir(self.folder.join(folder)) else { continue };
            for entry in entries.flatten() {
                let path = Path::new(folder).join(entry.file_name());
                if !kept.contains(&path) && !is_unseen(&entry.file_name(), &wanted.unseen) {
                    // Somebody else may have removed it.
                    let _ = std::fs::remove_file(self.folder.join(&path));
                    self.written.remove(&path);
                }
            }
        }
        Ok(())
    }

    /// Removes meanings that nobody is told any more. Not at every change: a shell may be about to read one.
    pub fn sweep(&self, wanted: &Wanted) {
        if !wanted.unseen.is_empty() {
            return;
        }
        let Ok(entries) = std::fs::read_dir(self.folder.join("env")) else { return };
        for entry in entries.flatten() {
            if !self.written.contains_key(&Path::new("env").join(entry.file_name())) {
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// Removes what shells have said in panes whose server and number are not wanted any more.
    pub fn forget_applied(&self, is_gone: impl Fn(u32, u32) -> bool) {
        let Ok(entries) = std::fs::read_dir(self.folder.join("ack")) else { return };
        for entry in entries.flatten() {
            let name = entry.file_name();
            let of = name.to_str().and_then(|name| name.split_once('-'));
            let of = of.and_then(|(server, pane)| Some((server.parse().ok()?, pane.parse().ok()?)));
            if of.is_some_and(|(server, pane)| is_gone(server, pane)) {
                // Somebody else may have removed it.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }

    /// The meaning of what a pane with an environment of its own was told; `None` for one without.
    pub fn wanted(&self, pane: &PaneKey) -> Option<String> {
        let line = self.written.get(&Path::new("pane").join(pane_file(pane)))?;
        let hash = line.split(|byte| *byte == b' ').next()?;
        Some(String::from_utf8_lossy(hash).into_owned())
    }

    /// The newest pane that an earlier daemon has seen on the server with this process; `None` where nothing was chosen.
    pub fn seen(&self, server: u32) -> Option<u32> {
        Some(Seen::of(&self.folder, &server.to_string()).ok()??.newest)
    }

    /// What the shell in a pane has said that it has applied.
    pub fn applied(&self, pane: &PaneKey) -> Option<String> {
        let said = read_if_there(&self.folder.join("ack").join(pane_file(pane))).ok()??;
        Some(String::from_utf8_lossy(&said).trim().to_owned())
    }
}

/// Whether it is the file of a pane of one of these servers.
fn is_unseen(file: &OsStr, unseen: &BTreeSet<u32>) -> bool {
    let pid = file.to_str().and_then(|file| file.split('-').next()?.parse().ok());
    pid.is_some_and(|pid| unseen.contains(&pid))
}

/// The files, in the order in which they are written.
fn files(wanted: &Wanted) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for script in wanted.scripts.values() {
        files.push((PathBuf::from(format!("env/{}.sh", script.hash)), script.sh.clone().into_bytes()));
        files.push((PathBuf::from(format!("env/{}.fish", script.hash)), script.fish.clone().into_bytes()));
    }
    let line = |name: &str| {
        let hash = wanted.scripts.get(name).map(|script| script.hash.clone()).unwrap_or_default();
        Told { hash, name: Some(name.to_owned()).filter(|name| !name.is_empty()) }.to_string()
    };
    let mut default = line(&wanted.global).into_bytes();
    default.push(b'\n');
    // A root with a line break in it is no line: shells go without it, and `pintle run` knows it all the same.
    let is_line = |root: &Path| !root.as_os_str().as_bytes().contains(&b'\n');
    for (root, name) in wanted.projects.iter().filter(|(root, _)| is_line(root)) {
        default.extend(name.as_deref().map(line).unwrap_or_default().bytes());
        default.push(b'\t');
        default.extend(root.as_os_str().as_bytes());
        default.push(b'\n');
    }
    files.push((PathBuf::from("default"), default));
    let panes = wanted.panes.iter().map(|(pane, name)| ("pane", pane, line(name)));
    let agents =
        wanted.agents.iter().map(|(agent, name)| ("agent", agent, name.as_deref().map(line).unwrap_or_default()));
    let sessions = wanted.sessions.iter().map(|(session, name)| ("session", session, line(name)));
    for (folder, file, line) in panes.chain(agents).chain(sessions) {
        files.push((Path::new(folder).join(OsStr::new(file)), format!("{line}\n").into_bytes()));
    }
    // Last: a pane that was seen has been told by then.
    files.extend(wanted.seen.iter().map(|(pid, seen)| (seen_file(*pid), format!("{seen}\n").into_bytes())));
    files
}
