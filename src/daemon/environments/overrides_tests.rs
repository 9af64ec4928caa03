use std::time::Duration;

use super::*;
use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::project::state::{Kept, StateFile};
use crate::tmux::server::{PaneId, SessionId, Socket, WindowId};

fn server(pid: u32) -> ServerId {
    ServerId { socket: Socket::new("/tmp/s").unwrap(), pid, start_time: u64::from(pid) }
}

/// Pane `%id` of window `@id / 10` in session `$0`.
pub fn pane(id: u32, pid: u32, active: bool) -> Pane {
    Pane {
        key: PaneKey { server: server(1), pane: PaneId(id), pane_pid: pid },
        session: SessionId(0),
        session_name: "main".to_owned(),
        window: WindowId(id / 10),
        window_index: 0,
        window_name: String::new(),
        active,
        dead: false,
        in_mode: false,
        synchronized: false,
        cols: 80,
        rows: 24,
        cwd: None,
        title: String::new(),
        command: None,
        agent: None,
        env: None,
        grid: None,
        split_from: Vec::new(),
        visible: false,
        focused: false,
    }
}

pub fn snapshot(panes: &[Pane]) -> Snapshot {
    let mut snapshot = Snapshot::default();
    snapshot.panes = panes.to_vec();
    snapshot
}

struct Stage {
    environments: Arc<Environments>,
    _folder: tempfile::TempDir,
}

impl Stage {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let (state, _) = Kept::<StateFile>::load(folder.path().join("state.json"));
        let places = Places::in_folder(folder.path());
        Self { environments: Environments::new(places, state, Clock::System), _folder: folder }
    }

    fn follow(&self, before: &Snapshot, now: &Snapshot) -> bool {
        self.environments.follow(&server(1), before, now, |_| Level::Free)
    }

    fn of(&self, pane: &Pane) -> [Option<String>; 3] {
        let set = self.environments.overrides(pane);
        [set.pane, set.window, set.session]
    }
}

fn some(names: [&str; 3]) -> [Option<String>; 3] {
    names.map(|name| Some(name.to_owned()).filter(|name| !name.is_empty()))
}

#[test]
fn each_reaches_as_far_as_it_says() {
    let stage = Stage::new();
    let (one, beside, elsewhere) = (pane(1, 11, true), pane(2, 12, false), pane(10, 20, true));
    assert_eq!(stage.environments.set_override(&one, Scope::Pane, Some("a")), None);
    assert_eq!(stage.environments.set_override(&one, Scope::Window, Some("b")), None);
    assert_eq!(stage.environments.set_override(&one, Scope::Session, Some("c")), None);
    assert_eq!(stage.of(&one), some(["a", "b", "c"]));
    assert_eq!(stage.of(&beside), some(["", "b", "c"]));
    assert_eq!(stage.of(&elsewhere), some(["", "", "c"]));
    assert_eq!(stage.environments.set_override(&one, Scope::Pane, Some("d")).as_deref(), Some("a"));
    assert_eq!(stage.environments.set_override(&one, Scope::Pane, None).as_deref(), Some("d"));
    assert_eq!(stage.environments.set_override(&one, Scope::Pane, None), None);
    // The same id in another life of the server is another pane; with another process it is the same one.
    stage.environments.set_override(&one, Scope::Pane, Some("a"));
    let mut other = one.clone();
    other.key.server = server(2);
    assert_eq!(stage.of(&other), some(["", "", ""]));
    assert_eq!(stage.of(&pane(1, 99, true)), some(["a", "b", "c"]));
}

#[test]
fn what_is_gone_takes_it_along_and_what_is_split_inherits_it() {
    let stage = Stage::new();
    let (one, beside) = (pane(1, 11, true), pane(2, 12, false));
    stage.environments.set_override(&one, Scope::Pane, Some("prod"));
    stage.environments.arm(&one.key, "prod", Timestamp::UNIX_EPOCH + Duration::from_secs(60));
    let before = snapshot(&[one.clone(), beside.clone()]);
    assert!(!stage.follow(&before, &before));
    // A new window is nobody's child.
    let (mut child, window) = (pane(3, 13, true), pane(20, 14, true));
    child.split_from = vec![one.key.pane];
    let after = snapshot(&[one.clone(), beside.clone(), child.clone(), window.clone()]);
    assert!(stage.follow(&before, &after));
    assert_eq!(stage.of(&child), some(["prod", "", ""]));
    assert_eq!((stage.of(&beside), stage.of(&window)), (some(["", "", ""]), some(["", "", ""])));
    let armed = |pane: &Pane| stage.environments.armed_until(&pane.key, "prod", Timestamp::UNIX_EPOCH).is_some();
    assert!(armed(&one) && !armed(&child), "a lifted guard is not inherited");
    let fewer = snapshot(&[beside.clone(), child.clone()]);
    assert!(stage.follow(&after, &fewer));
    assert_eq!((stage.of(&one), stage.of(&child)), (some(["", "", ""]), some(["prod", "", ""])));
    assert!(!armed(&one));
}

/// tmux gives no pane's id twice while it runs, so whoever goes on in the pane goes on in its environment; but nobody has lifted
/// anything for the new process.
#[test]
fn a_respawned_pane_keeps_its_environment_and_not_what_was_lifted() {
    let stage = Stage::new();
    let (old, new) = (pane(1, 11, true), pane(1, 99, true));
    stage.environments.set_override(&old, Scope::Pane, Some("prod"));
    stage.environments.arm(&old.key, "prod", Timestamp::UNIX_EPOCH + Duration::from_secs(60));
    let armed = |pane: &Pane| stage.environments.armed_until(&pane.key, "prod", Timestamp::UNIX_EPOCH).is_some();
    assert_eq!(stage.of(&new), some(["prod", "", ""]), "before it was looked at");
    assert!(armed(&old) && !armed(&new));
    let (before, after) = (snapshot(std::slice::from_ref(&old)), snapshot(std::slice::from_ref(&new)));
    assert!(stage.follow(&before, &after));
    assert_eq!(stage.of(&new), some(["prod", "", ""]));
    assert!(!armed(&old) && !armed(&new));
    assert!(!stage.follow(&after, &after));
    assert_eq!(stage.environments.set_override(&new, Scope::Pane, None).as_deref(), Some("prod"), "one entry, not two");
    assert_eq!(stage.of(&old), some(["", "", ""]));
}

#[test]
fn servers_that_are_gone_are_forgotten_and_guards_come_back_by_themselves() {
    let stage = Stage::new();
    let one = pane(1, 11, true);
    stage.environments.set_override(&one, Scope::Pane, Some("prod"));
    stage.environments.forget_dead_servers(None, |pid| pid == 1);
    assert_eq!(stage.of(&one), some(["prod", "", ""]));
    // Its successor listens at the same socket.
    stage.environments.forget_dead_servers(Some(&server(2)), |_| true);
    assert_eq!(stage.of(&one), some(["", "", ""]));
    let (now, until) = (Timestamp::UNIX_EPOCH, Timestamp::UNIX_EPOCH + Duration::from_secs(60));
    stage.environments.arm(&one.key, "prod", until);
    stage.environments.arm(&one.key, "stage", until);
    assert_eq!(stage.environments.next_disarmed(now), Some(until));
    assert_eq!(stage.environments.armed_until(&one.key, "prod", until), None);
    assert_eq!(stage.environments.next_disarmed(until), None);
    let back = stage.environments.disarm(Some(&one.key), Some("prod"), now);
    assert_eq!(back, [("%1".to_owned(), "prod".to_owned())]);
    assert_eq!(stage.environments.armed_until(&one.key, "stage", now), Some(until));
    assert_eq!(stage.environments.disarm(None, None, until), [], "what is back already was not put back");
}
