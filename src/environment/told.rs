//! What shells are told and say, one line each: the files of the runtime folder as text.
//!
//! The daemon writes them; shells and, where there is no daemon, `pintle run` read them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::base::files::{FileError, read_if_there};

/// `HASH NAME`: which environment holds, and what of it has to be applied.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Told {
    /// Of the script that says what it means.
    pub hash: String,
    /// Its name; `None` where none holds.
    pub name: Option<String>,
}

impl Told {
    /// Reads a line.
    pub fn parse(line: &str) -> Self {
        let (hash, name) = line.split_once(' ').unwrap_or((line, ""));
        Self { hash: hash.to_owned(), name: Some(name.to_owned()).filter(|name| !name.is_empty()) }
    }
}

impl std::fmt::Display for Told {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.hash, self.name.as_deref().unwrap_or_default())
    }
}

/// Everything that shells are told to hold somewhere: where, in words, and the environment's name. Of panes and agents that have one
/// of their own, of projects, and everywhere else.
pub fn everywhere(folder: &Path) -> Result<Vec<(String, String)>, FileError> {
    let mut found = Vec::new();
    let text = read_if_there(&folder.join("default"))?.unwrap_or_default();
    for line in String::from_utf8_lossy(&text).lines() {
        let (told, place) = match line.split_once('\t') {
            Some((told, root)) => (told, format!("in {root}")),
            None => (line, "globally".to_owned()),
        };
        found.extend(Told::parse(told).name.map(|name| (place, name)));
    }
    for kind in ["pane", "agent"] {
        let entries = std::fs::read_dir(folder.join(kind)).into_iter().flatten().flatten();
        let mut files: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
        files.sort_unstable();
        for file in files {
            // Gone since it was listed.
            let Some(text) = read_if_there(&file)? else { continue };
            let id = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let place = match id.split_once('-') {
                Some((server, pane)) if kind == "pane" => format!("in pane %{pane} of tmux server {server}"),
                _ => format!("for {kind} {id}"),
            };
            let told = Told::parse(String::from_utf8_lossy(&text).trim_end_matches('\n'));
            found.extend(told.name.map(|name| (place, name)));
        }
    }
    Ok(found)
}

/// Where somebody asks from, without a daemon that knows more.
#[derive(Clone, Debug, Default)]
pub struct Asker {
    /// `PINTLE_AGENT_ID`.
    pub agent: Option<String>,
    /// `PID-NUMBER` of the pane, from `TMUX` and `TMUX_PANE`.
    pub pane: Option<String>,
    /// `PID-NUMBER` of the session where there is no pane: in a popup.
    pub session: Option<String>,
    /// The folder, as the kernel names it.
    pub cwd: Option<PathBuf>,
}

impl Asker {
    /// The pane's key: of `TMUX` (`SOCKET,PID,SESSION`, where the socket may have commas) and `TMUX_PANE` (`%NUMBER`).
    pub fn pane_key(tmux: &str, pane: &str) -> Option<String> {
        let mut parts = tmux.rsplitn(3, ',');
        let (_, pid) = (parts.next()?, parts.next()?);
        let number = pane.strip_prefix('%')?;
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        (digits(pid) && digits(number)).then(|| format!("{pid}-{number}"))
    }

    /// The session's key, of `TMUX` alone. None for what tmux starts in no session.
    pub fn session_key(tmux: &str) -> Option<String> {
        let session = tmux.rsplit(',').next()?;
        Self::pane_key(tmux, &format!("%{session}"))
    }

    /// The `HASH` that the shell in that pane has applied, as far as it has said so.
    pub fn applied(&self, folder: &Path) -> Result<Option<String>, FileError> {
        let Some(pane) = &self.pane else { return Ok(None) };
        let said = read_if_there(&folder.join("ack").join(pane))?;
        Ok(said.map(|said| String::from_utf8_lossy(&said).trim().to_owned()))
    }

    /// Whether the agent lives, as far as shells are told: `None` without one.
    pub fn is_living(&self, folder: &Path) -> Result<Option<bool>, FileError> {
        let Some(agent) = &self.agent else { return Ok(None) };
        Ok(Some(line(folder, "agent", agent)?.is_some()))
    }

    /// The root of the innermost project that the folder is in, of those that shells are told of.
    pub fn project(&self, folder: &Path) -> Result<Option<PathBuf>, FileError> {
        let text = read_if_there(&folder.join("default"))?.unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        Ok(self.project_in(text.lines()).map(|(_, root)| PathBuf::from(root)))
    }

    /// The line of that project: what is told, and its root. The longest root stands first.
    fn project_in<'a>(&self, mut lines: std::str::Lines<'a>) -> Option<(&'a str, &'a str)> {
        let inside = |root: &str| self.cwd.as_deref().is_some_and(|cwd| cwd.starts_with(root));
        lines.find_map(|line| line.split_once('\t').filter(|(_, root)| inside(root)))
    }

    /// Whether the pane is newer than what a daemon has seen of its server, so that nobody has said yet what it inherits. On a server on
    /// which nothing is chosen there is nothing to inherit.
    pub fn is_unseen(&self, folder: &Path) -> Result<bool, FileError> {
        let Some((server, number)) = self.pane.as_ref().and_then(|pane| pane.split_once('-')) else { return Ok(false) };
        let newest = Seen::of(folder, server)?.map(|seen| seen.newest);
        Ok(newest.zip(number.parse().ok()).is_some_and(|(newest, number): (u32, u32)| number > newest))
    }

    /// Whether the pane is somewhere else, `@WINDOW $SESSION`, than where a daemon has seen it, so that the environment of another window or
    /// session may hold there.
    pub fn is_moved(&self, folder: &Path, place: &str) -> Result<bool, FileError> {
        let Some((server, number)) = self.pane.as_ref().and_then(|pane| pane.split_once('-')) else { return Ok(false) };
        let Some(seen) = Seen::of(folder, server)? else { return Ok(false) };
        let was = number.parse().ok().and_then(|number: u32| seen.places.get(&number));
        Ok(was.is_some_and(|was| was != place))
    }

    /// What holds there, and on which rung. `None` when nothing was ever told: no daemon has run since the machine was started.
    pub fn look(&self, folder: &Path) -> Result<Option<(Told, &'static str)>, FileError> {
        // An agent is in no pane, in whichever it is shown, unless it has started a tmux: what is chosen there is meant.
        let own = [("pane", &self.pane), ("agent", &self.agent), ("session", &self.session)];
        for (kind, file) in own.into_iter().filter_map(|(kind, file)| Some((kind, file.as_ref()?))) {
            // An agent that has none of its own is told an empty line.
            if let Some(line) = line(folder, kind, file)?.filter(|line| !line.is_empty()) {
                return Ok(Some((Told::parse(&line), kind)));
            }
        }
        let Some(text) = read_if_there(&folder.join("default"))? else { return Ok(None) };
        let text = String::from_utf8_lossy(&text).into_owned();
        let mut lines = text.lines();
        let global = (Told::parse(lines.next().unwrap_or_default()), "global");
        // The innermost project decides, also where it names nothing: then the global one holds.
        let named = self.project_in(lines).filter(|(told, _)| !told.is_empty());
        Ok(Some(named.map_or(global, |(told, _)| (Told::parse(told), "project"))))
    }
}

/// What a daemon has seen of a tmux server on which something is chosen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen {
    /// The highest number of a pane.
    pub newest: u32,
    /// Where each pane was, `@WINDOW $SESSION`, by its number. Empty where no window and no session has an environment: then it makes no
    /// difference.
    pub places: BTreeMap<u32, String>,
}

impl Seen {
    /// Reads it. `None` where nothing is chosen there.
    pub fn of(folder: &Path, server: &str) -> Result<Option<Self>, FileError> {
        let Some(text) = line(folder, "seen", server)? else { return Ok(None) };
        let mut lines = text.lines();
        let Some(newest) = lines.next().and_then(|line| line.parse().ok()) else { return Ok(None) };
        let place = |line: &str| {
            let (number, place) = line.split_once(' ')?;
            Some((number.parse().ok()?, place.to_owned()))
        };
        Ok(Some(Self { newest, places: lines.filter_map(place).collect() }))
    }
}

impl std::fmt::Display for Seen {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.newest)?;
        self.places.iter().try_for_each(|(number, place)| write!(f, "\n{number} {place}"))
    }
}

/// What is told of a pane or an agent.
fn line(folder: &Path, kind: &str, file: &str) -> Result<Option<String>, FileError> {
    if file.contains('/') {
        return Ok(None);
    }
    let text = read_if_there(&folder.join(kind).join(file))?;
    Ok(text.map(|text| String::from_utf8_lossy(&text).trim_end_matches('\n').to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pane_is_named_by_its_server_and_number() {
        let check = |tmux, pane, expected: Option<&str>| assert_eq!(Asker::pane_key(tmux, pane).as_deref(), expected);
        check("/tmp/tmux-0/default,4711,0", "%3", Some("4711-3"));
        check("/tmp/a,b,4711,0", "%3", Some("4711-3"));
        check("/tmp/x", "%3", None);
        check("/tmp/x,1,0", "3", None);
        check("/tmp/x,../1,0", "%3", None);
        assert_eq!(Asker::session_key("/tmp/a,b,4711,12").as_deref(), Some("4711-12"));
        assert_eq!(Asker::session_key("/tmp/a,4711,-1"), None);
    }

    #[test]
    fn where_panes_were_seen() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join("seen")).unwrap();
        let write = |seen: &Seen| std::fs::write(temp.path().join("seen/12"), format!("{seen}\n")).unwrap();
        let asker = |pane: &str| Asker { pane: Some(pane.into()), ..Asker::default() };
        let moved = |pane, place| asker(pane).is_moved(temp.path(), place).unwrap();
        let unseen = |pane| asker(pane).is_unseen(temp.path()).unwrap();
        assert!(!moved("12-3", "@1 $0") && !unseen("12-3"), "nothing is chosen");
        let seen = Seen { newest: 3, places: [(2, "@1 $0".to_owned()), (3, "@4 $0".to_owned())].into() };
        write(&seen);
        assert_eq!(Seen::of(temp.path(), "12").unwrap(), Some(seen));
        assert!(!moved("12-3", "@4 $0") && moved("12-3", "@1 $0") && moved("12-2", "@1 $1") && !moved("13-3", "@1 $0"));
        assert!(unseen("12-4") && !unseen("12-3"));
        write(&Seen { newest: 3, ..Seen::default() });
        assert!(!moved("12-3", "@1 $0") && unseen("12-4"));
    }

    #[test]
    fn what_holds_anywhere() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path();
        assert_eq!(everywhere(folder).unwrap(), []);
        std::fs::write(folder.join("default"), "aa global\nbb inner\t/p/q\n\t/p/q r\n").unwrap();
        for (kind, file, text) in [("pane", "12-3", "cc dev\n"), ("pane", "12-4", "dd \n"), ("agent", "ag-1", "ee x\n")]
        {
            std::fs::create_dir_all(folder.join(kind)).unwrap();
            std::fs::write(folder.join(kind).join(file), text).unwrap();
        }
        let found = everywhere(folder).unwrap();
        let found: Vec<(&str, &str)> = found.iter().map(|(place, name)| (place.as_str(), name.as_str())).collect();
        let pane = "in pane %3 of tmux server 12";
        assert_eq!(found, [("globally", "global"), ("in /p/q", "inner"), (pane, "dev"), ("for agent ag-1", "x")]);
    }

    #[test]
    fn the_nearest_is_believed() {
        let temp = tempfile::tempdir().unwrap();
        let folder = temp.path();
        let mut asker = Asker { pane: Some("1-2".into()), cwd: Some("/p/q/sub".into()), ..Asker::default() };
        let look =
            |asker: &Asker| asker.look(folder).unwrap().map(|(told, rung)| (told.name.unwrap_or_default(), rung));
        assert_eq!(look(&asker), None);
        std::fs::write(folder.join("default"), "aa global\nbb inner\t/p/q\ncc outer\t/p\n").unwrap();
        for kind in ["agent", "pane"] {
            std::fs::create_dir(folder.join(kind)).unwrap();
        }
        assert_eq!(look(&asker), Some(("inner".into(), "project")));
        std::fs::write(folder.join("default"), "aa global\n\t/p/q\ncc outer\t/p\n").unwrap();
        assert_eq!(look(&asker), Some(("global".into(), "global")), "the innermost names none");
        std::fs::write(folder.join("default"), "aa global\nbb inner\t/p/q\ncc outer\t/p\n").unwrap();
        std::fs::write(folder.join("pane/1-2"), "dd own\n").unwrap();
        assert_eq!(look(&asker), Some(("own".into(), "pane")));
        std::fs::write(folder.join("agent/ag-1"), "ee its\n").unwrap();
        asker.agent = Some("ag-1".into());
        let living = |asker: &Asker| asker.is_living(folder).unwrap();
        assert_eq!(look(&asker), Some(("own".into(), "pane")), "in a tmux that it has started");
        assert_eq!(living(&asker), Some(true));
        let pane = asker.pane.take();
        assert_eq!(look(&asker), Some(("its".into(), "agent")));
        std::fs::write(folder.join("agent/ag-1"), "\n").unwrap();
        assert_eq!((look(&asker), living(&asker)), (Some(("inner".into(), "project")), Some(true)), "it has none");
        std::fs::remove_file(folder.join("agent/ag-1")).unwrap();
        assert_eq!((look(&asker), living(&asker)), (Some(("inner".into(), "project")), Some(false)));
        asker.agent = None;
        assert_eq!(living(&asker), None);
        asker.pane = pane;
        assert_eq!(asker.applied(folder).unwrap(), None);
        std::fs::create_dir(folder.join("ack")).unwrap();
        std::fs::write(folder.join("ack/1-2"), "dd\n").unwrap();
        assert_eq!(asker.applied(folder).unwrap().as_deref(), Some("dd"));
        asker = Asker { cwd: Some("/pq".into()), ..Asker::default() };
        assert_eq!(look(&asker), Some(("global".into(), "global")));
        std::fs::write(folder.join("default"), "aa \n").unwrap();
        assert_eq!(look(&asker), Some((String::new(), "global")));
        assert_eq!(Told::parse("aa own").to_string(), "aa own");
    }
}
