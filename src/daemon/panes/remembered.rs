//! Which windows show agents, kept on the disk: a tmux server that is restarted has lost them, and `restore_panes` makes them again.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use crate::project::state::{Kept, PanesFile, ServerEntry, WindowEntry};
use crate::tmux::server::{ServerId, Socket};

/// How long windows that are lost can be made again. Who has not missed them in a month does not.
const KEPT_FOR: SignedDuration = SignedDuration::from_hours(30 * 24);
/// Servers that are gone whose windows can be made again, at most; those that were lost last. Scripts make servers by the dozen.
const GONE_AT_MOST: usize = 32;

/// What is remembered of every server.
pub struct Remembered(Arc<Kept<PanesFile>>);

impl Remembered {
    /// Reads the file. What is wrong with it comes along; nothing is remembered then.
    pub fn load(path: PathBuf) -> (Self, Option<String>) {
        let (file, warning) = Kept::load(path);
        (Self(file), warning)
    }

    /// The servers that are not known to be gone: socket and process.
    pub fn servers(&self) -> Vec<(String, u32)> {
        let servers = |file: &PanesFile| file.servers.iter().map(|(name, entry)| (name.clone(), entry.pid)).collect();
        let servers: Vec<(String, u32)> = self.0.read(servers);
        servers.into_iter().filter(|(_, pid)| *pid != 0).collect()
    }

    /// Nobody listens at the sockets of these servers any more. What they showed is lost, and can be made again for a month.
    pub fn gone(&self, servers: &BTreeSet<(String, u32)>, now: Timestamp) {
        let mut file = self.0.read(PanesFile::clone);
        forget(&mut file, servers, now);
        if self.0.read(|before| *before != file) {
            self.0.change(|before| *before = file);
        }
    }

    /// A server was opened. If it is another one than before, what the one before showed is lost.
    pub fn opened(&self, server: &ServerId, now: Timestamp) {
        let name = server.socket.to_string();
        if self.0.read(|file| file.servers.get(&name).is_some_and(|entry| is_of(entry, server))) {
            return;
        }
        self.0.change(|file| {
            let entry = file.servers.entry(name).or_default();
            (entry.pid, entry.start_time) = (server.pid, server.start_time);
            lose(entry, now);
        });
    }

    /// What a server shows now.
    pub fn update(&self, server: &ServerId, windows: Vec<WindowEntry>) {
        let name = server.socket.to_string();
        // A look that was on its way when the server was replaced tells of panes that are gone.
        let is_news = |entry: &ServerEntry| is_of(entry, server) && entry.windows != windows;
        if self.0.read(|file| file.servers.get(&name).is_some_and(is_news)) {
            self.0.change(|file| file.servers.entry(name).or_default().windows = windows);
        }
    }

    /// Windows of an earlier server at this socket.
    pub fn lost(&self, socket: &Socket) -> Vec<WindowEntry> {
        self.0.read(|file| file.servers.get(&socket.to_string()).map(|entry| entry.lost.clone()).unwrap_or_default())
    }

    /// They were made again; these could not be.
    pub fn found(&self, socket: &Socket, still_lost: Vec<WindowEntry>) {
        let name = socket.to_string();
        self.0.change(|file| {
            let entry = file.servers.entry(name).or_default();
            entry.lost_since = entry.lost_since.filter(|_| !still_lost.is_empty());
            entry.lost = still_lost;
        });
    }
}

/// What the server showed is lost. What was lost before it is older, and not missed any more.
fn lose(entry: &mut ServerEntry, now: Timestamp) {
    let windows = std::mem::take(&mut entry.windows);
    if !windows.is_empty() {
        (entry.lost, entry.lost_since) = (windows, Some(now));
    }
}

/// Notes that these servers are gone, and drops what nobody will ask for. Pure.
fn forget(file: &mut PanesFile, gone: &BTreeSet<(String, u32)>, now: Timestamp) {
    for (name, entry) in &mut file.servers {
        // Another one may have come since somebody looked.
        if gone.contains(&(name.clone(), entry.pid)) {
            (entry.pid, entry.start_time) = (0, 0);
            lose(entry, now);
        }
        if entry.lost.is_empty() {
            entry.lost_since = None;
            continue;
        }
        // A file of an earlier version does not say, and a clock may have been set back.
        let since = entry.lost_since.filter(|since| *since <= now).unwrap_or(now);
        entry.lost_since = Some(since);
        if now.duration_since(since) > KEPT_FOR {
            (entry.lost, entry.lost_since) = (Vec::new(), None);
        }
    }
    file.servers.retain(|_, entry| entry.pid != 0 || !entry.lost.is_empty());
    let mut gone: Vec<_> = file.servers.iter().filter(|(_, entry)| entry.pid == 0).collect();
    gone.sort_by_key(|(_, entry)| std::cmp::Reverse(entry.lost_since));
    let too_many: Vec<String> = gone.into_iter().skip(GONE_AT_MOST).map(|(name, _)| name.clone()).collect();
    file.servers.retain(|name, _| !too_many.contains(name));
}

fn is_of(entry: &ServerEntry, server: &ServerId) -> bool {
    (entry.pid, entry.start_time) == (server.pid, server.start_time)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(days: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH + SignedDuration::from_hours(24 * days)
    }

    fn entry(pid: u32, windows: usize, lost: usize, lost_since: Option<Timestamp>) -> ServerEntry {
        let windows_of = |count| vec![WindowEntry::default(); count];
        ServerEntry { pid, start_time: pid.into(), windows: windows_of(windows), lost: windows_of(lost), lost_since }
    }

    #[track_caller]
    fn check(before: ServerEntry, gone: bool, expected: Option<ServerEntry>) {
        let mut file = PanesFile { servers: [("/s".to_owned(), before)].into() };
        let gone = gone.then(|| ("/s".to_owned(), 7)).into_iter().collect();
        forget(&mut file, &gone, at(40));
        assert_eq!(file.servers.remove("/s"), expected);
    }

    #[test]
    fn what_can_be_made_again_is_kept_for_a_month() {
        // A server that lives keeps what it shows.
        check(entry(7, 2, 0, None), false, Some(entry(7, 2, 0, None)));
        check(entry(7, 0, 0, None), false, Some(entry(7, 0, 0, None)));
        // One that is gone has lost it now; one that showed nothing is not worth a word.
        check(entry(7, 2, 0, None), true, Some(entry(0, 0, 2, Some(at(40)))));
        check(entry(7, 0, 0, None), true, None);
        check(entry(7, 0, 1, Some(at(20))), true, Some(entry(0, 0, 1, Some(at(20)))));
        check(entry(7, 2, 1, Some(at(1))), true, Some(entry(0, 0, 2, Some(at(40)))));
        check(entry(8, 2, 0, None), true, Some(entry(8, 2, 0, None)));
        // Time passes, whether a server is there or not.
        check(entry(0, 0, 1, Some(at(10))), false, Some(entry(0, 0, 1, Some(at(10)))));
        check(entry(0, 0, 1, Some(at(9))), false, None);
        check(entry(7, 1, 1, Some(at(9))), false, Some(entry(7, 1, 0, None)));
        // Written by an earlier version, or under a clock that was wrong.
        check(entry(0, 0, 1, None), false, Some(entry(0, 0, 1, Some(at(40)))));
        check(entry(0, 0, 1, Some(at(50))), false, Some(entry(0, 0, 1, Some(at(40)))));
    }

    #[test]
    fn of_many_servers_the_last_ones_are_kept() {
        let gone = (0..100).map(|number| (format!("/gone{number:02}"), entry(0, 0, 1, Some(at(20 + number % 50)))));
        let live = (1..100).map(|number| (format!("/live{number:02}"), entry(number, 1, 0, None)));
        let mut file = PanesFile { servers: gone.chain(live).collect() };
        forget(&mut file, &BTreeSet::new(), at(69));
        assert_eq!(file.servers.values().filter(|entry| entry.pid != 0).count(), 99);
        let kept: Vec<_> = file.servers.values().filter(|entry| entry.pid == 0).collect();
        assert_eq!(kept.len(), GONE_AT_MOST);
        assert!(kept.iter().all(|entry| entry.lost_since >= Some(at(69 - 16))), "{kept:?}");
    }
}
