//! The runtime folder goes while the keeper lives (systemd removes it at a person's last logout), or something in it does: it is made
//! anew, agents and connections are as they were, and no second keeper serves the same state.

use std::fs::{self, File, TryLockError};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;

use rustix::process::Signal;
use serde_json::json;

use crate::agents::project::Project;
use crate::support::mount::Mount;
use crate::support::{Client, PATIENCE, Sandbox, eventually, process};

/// Who keeps and who serves, and an agent.
struct Household {
    project: Project,
    agent: String,
    agent_pid: u32,
    keeper: u32,
    daemon: u32,
    connection: Client,
}

impl Household {
    fn new() -> Self {
        Self::within(Sandbox::new())
    }

    fn within(sandbox: Sandbox) -> Self {
        let project = Project::within(sandbox);
        let agent = project.spawn(&["print", "ready", "then", "listen"]);
        project.says(&agent, "ready");
        let agent_pid = project.pid(&agent);
        let (keeper, daemon) = (project.sandbox.keeper().expect("a keeper"), project.sandbox.daemon());
        let connection = project.client();
        Self { project, agent, agent_pid, keeper, daemon, connection }
    }

    fn sandbox(&self) -> &Sandbox {
        &self.project.sandbox
    }

    fn run(&self) -> std::path::PathBuf {
        self.sandbox().path("run")
    }

    /// Waits until everything is there again, and checks that it is the same.
    #[track_caller]
    fn is_back(&mut self) {
        let sandbox = self.sandbox();
        let folder = sandbox.path("run/pintle");
        eventually("all of it is there again", PATIENCE, || {
            Client::try_connect(&sandbox.socket()).ok()?;
            (sandbox.keeper() == Some(self.keeper) && is_held(&folder.join("daemon.lock"))).then_some(())
        });
        assert_eq!(fs::metadata(&folder).expect("a folder").permissions().mode() & 0o777, 0o700);
        assert_eq!(fs::metadata(sandbox.socket()).expect("a socket").permissions().mode() & 0o777, 0o600);
        let shim = folder.join("shims/pintle");
        eventually("agents find `pintle`", PATIENCE, || {
            (shim.exists() && folder.join("shell/default").exists()).then_some(())
        });
        assert_eq!((sandbox.daemon(), self.project.pid(&self.agent)), (self.daemon, self.agent_pid));
        self.project.types(&self.agent, "still here");
        self.project.says(&self.agent, "still here");
        self.connection.expect_usable();
        self.are_all();
    }

    /// Nothing goes on: what was made anew is not made again.
    #[track_caller]
    fn is_quiet(&self) {
        let (mut last, mut looks) = (None, 0);
        eventually("the daemon is quiet", PATIENCE, || {
            let now = process::voluntary_switches(self.daemon);
            looks = if now == last { looks + 1 } else { 0 };
            last = now;
            // They are 50 ms apart by then.
            (looks >= 10).then_some(())
        });
    }

    /// No process but these.
    #[track_caller]
    fn are_all(&self) {
        let mut expected = [self.keeper, self.daemon, self.agent_pid];
        expected.sort_unstable();
        eventually("nobody else runs", PATIENCE, || {
            let mut found = self.sandbox().processes();
            found.sort_unstable();
            (found == expected).then_some(())
        });
    }
}

/// Whether somebody holds the lock in this file.
fn is_held(path: &Path) -> bool {
    File::open(path).is_ok_and(|file| matches!(file.try_lock(), Err(TryLockError::WouldBlock)))
}

/// Removes a folder in one go, as far as anybody else can see, and what was in it.
fn take_away(folder: &Path) {
    let aside = folder.with_extension("gone");
    fs::rename(folder, &aside).expect("our own folder");
    fs::remove_dir_all(&aside).expect("our own folder");
}

/// Makes an empty one for its owner alone.
fn make(folder: &Path) {
    fs::create_dir(folder).expect("a folder");
    fs::set_permissions(folder, fs::Permissions::from_mode(0o700)).expect("our own folder");
}

#[test]
fn a_folder_that_is_removed_is_made_anew() {
    let mut household = Household::new();
    let folder = household.sandbox().path("run/pintle");
    let mut attached = household.project.attach(&household.agent);
    attached.read_text("ready");
    take_away(&folder);
    household.is_back();
    attached.read_text("still here");
    // File by file: who removes it does not find new ones in it, unless it takes long.
    eventually("an empty folder in the end", PATIENCE, || fs::remove_dir_all(&folder).ok());
    household.is_back();
    // The same with another one in its place at once.
    take_away(&folder);
    make(&folder);
    household.is_back();
    household.is_quiet();
    household.sandbox().stop();
}

/// Somebody else's folder is not used, whoever puts it there; nor is what is no folder.
#[test]
fn what_stands_in_its_place_is_left_alone() {
    let mut household = Household::new();
    let folder = household.sandbox().path("run/pintle");
    let others = household.sandbox().path("others");
    make(&others);
    let log = || household.sandbox().log_tail().matches("nobody can reach the daemon").count();
    process::stop(household.daemon);
    take_away(&folder);
    std::os::unix::fs::symlink(&others, &folder).expect("a link");
    process::signal(household.daemon, Signal::CONT);
    eventually("it is said", PATIENCE, || (log() == 1).then_some(()));
    household.connection.expect_usable();
    assert_eq!(fs::read_dir(&others).expect("a folder").count(), 0);
    fs::remove_file(&folder).expect("our own link");
    household.is_back();
    let log = || household.sandbox().log_tail().matches("nobody can reach the daemon").count();
    process::stop(household.daemon);
    take_away(&folder);
    fs::write(&folder, "mine").expect("a file");
    process::signal(household.daemon, Signal::CONT);
    eventually("it is said again", PATIENCE, || (log() == 2).then_some(()));
    assert_eq!(fs::read(&folder).expect("a file"), b"mine");
    fs::remove_file(&folder).expect("our own file");
    household.is_back();
    household.sandbox().stop();
}

#[test]
fn a_logout_and_the_next_login() {
    let mut household = Household::new();
    let run = household.run();
    take_away(&run);
    make(&run);
    household.is_back();
    // And one that comes much later. Nobody makes it in the system's place.
    take_away(&run);
    let log = || household.sandbox().log_tail();
    eventually("it is said", PATIENCE, || log().contains("agents go on, and are reached again").then_some(()));
    assert!(!run.exists());
    household.connection.expect_usable();
    make(&run);
    household.is_back();
    // Another daemon in between: it begins without a folder.
    process::stop(household.daemon);
    take_away(&run);
    let told = || household.sandbox().log_tail().matches("agents go on, and are reached again").count();
    let before = told();
    process::kill(household.daemon);
    eventually("the next one says it too", PATIENCE, || (told() > before).then_some(()));
    assert!(!run.exists());
    make(&run);
    household.connection =
        eventually("it is back", PATIENCE, || Client::try_connect(&household.sandbox().socket()).ok());
    household.daemon = household.sandbox().daemon();
    household.is_back();
    household.sandbox().stop();
}

/// As systemd does it: the folder's content is removed, it is unmounted, and at the next login another one is mounted there.
#[test]
fn a_folder_that_is_mounted() {
    let sandbox = Sandbox::new();
    let run = sandbox.path("run");
    let Some(mount) = Mount::over(&sandbox, &run, "1m") else { return };
    let mut household = Household::within(sandbox);
    drop(mount);
    household.is_back();
    let Some(_mount) = Mount::over(household.sandbox(), &run, "1m") else { return };
    household.is_back();
    household.sandbox().stop();
}

#[test]
fn each_thing_in_it_is_made_anew() {
    let mut household = Household::new();
    let folder = household.sandbox().path("run/pintle");
    for file in ["daemon.sock", "daemon.lock", "daemon.pid"] {
        fs::remove_file(folder.join(file)).expect("a file of the keeper's");
        household.is_back();
    }
    for below in ["shims", "shell", "kube"] {
        take_away(&folder.join(below));
        household.is_back();
        eventually("it is there again", PATIENCE, || folder.join(below).is_dir().then_some(()));
    }
    // Another file in the socket's place, which nobody listens on.
    fs::remove_file(folder.join("daemon.sock")).expect("a socket");
    drop(std::os::unix::net::UnixListener::bind(folder.join("daemon.sock")).expect("a socket"));
    household.is_back();
    household.sandbox().stop();
}

#[test]
fn a_socket_elsewhere_that_went_with_it_too() {
    let mut household = Household::new();
    let other = household.run().join("other/other.sock");
    let config = household.sandbox().path("config/pintle");
    fs::create_dir_all(&config).expect("a folder");
    fs::write(config.join("config.yaml"), format!("listen: [{}]\n", other.display())).expect("a file");
    assert_eq!(household.project.client().call(json!({"cmd": "reload"}))["warnings"], json!([]));
    Client::connect(&other).expect_usable();
    let run = household.run();
    take_away(&run);
    make(&run);
    household.is_back();
    eventually("it is there too", PATIENCE, || Client::try_connect(&other).ok()).expect_usable();
    // One that is gone alone is made anew by `reload`.
    fs::remove_file(&other).expect("a socket");
    assert_eq!(household.project.client().call(json!({"cmd": "reload"}))["warnings"], json!([]));
    Client::connect(&other).expect_usable();
    household.sandbox().stop();
    assert!(!other.exists());
}

/// While nothing is made anew yet, whoever starts a keeper is told whose the state is, and no second one serves.
#[test]
fn a_second_keeper_never_serves_the_same_state() {
    let mut household = Household::new();
    process::stop(household.daemon);
    take_away(&household.sandbox().path("run/pintle"));
    let keeper = household.keeper;
    let said = household.sandbox().pintle(&["daemon", "run"]).ok();
    assert!(said.contains("runs already") && said.contains(&format!("pid {keeper}")), "{said}");
    let said = household.sandbox().pintle(&["health"]).fails(3);
    assert!(said.contains(&format!("`kill {keeper}` ends it and its agents")), "{said}");
    let said = household.sandbox().pintle(&["doctor"]).finish().stdout;
    let lock = household.sandbox().path("state/pintle/daemon.lock");
    assert!(said.contains(&format!("a keeper holds {}", lock.display())), "{said}");
    household.are_all();
    process::signal(household.daemon, Signal::CONT);
    // A client that comes now waits until the socket is there.
    household.sandbox().pintle(&["health"]).ok();
    household.is_back();
    household.sandbox().stop();
}

#[test]
fn nor_does_one_with_another_runtime_folder() {
    let household = Household::new();
    let other = household.sandbox().path("other");
    make(&other);
    let keeper = household.keeper;
    let pintle = |words: &[&str]| household.sandbox().pintle(words).env("XDG_RUNTIME_DIR", &other);
    for said in [pintle(&["daemon", "run"]).fails(1), pintle(&["health"]).fails(3)] {
        let socket = household.sandbox().socket();
        for part in [format!("pid {keeper}"), format!("PINTLE_SOCKET={}", socket.display()), format!("`kill {keeper}`")]
        {
            assert!(said.contains(&part), "{part}: {said}");
        }
    }
    // What is said is true.
    pintle(&["health"]).env("PINTLE_SOCKET", household.sandbox().socket()).ok();
    household.are_all();
    // Once that one has ended, it may.
    household.sandbox().stop();
    pintle(&["health"]).ok();
    pintle(&["daemon", "stop"]).ok();
}

/// Somebody with another state folder is quicker in the new runtime folder: neither takes anything from the other.
#[test]
fn what_another_keeper_has_made_is_left_to_it() {
    let mut household = Household::new();
    let folder = household.sandbox().path("run/pintle");
    let other = household.sandbox().path("other");
    make(&other);
    let pintle =
        |household: &Household, words: &[&str]| household.sandbox().pintle(words).env("XDG_STATE_HOME", &other);
    let begin = |household: &Household| {
        process::stop(household.daemon);
        take_away(&folder);
        pintle(household, &["health"]).ok();
        process::signal(household.daemon, Signal::CONT);
        household.sandbox().keeper().expect("another keeper")
    };
    let theirs = begin(&household);
    assert_ne!(theirs, household.keeper);
    let log = || household.sandbox().log_tail();
    eventually("the first one says so", PATIENCE, || log().contains("another keeper has it").then_some(()));
    assert_eq!(household.sandbox().keeper(), Some(theirs));
    // It goes on there once the other one has ended.
    pintle(&household, &["daemon", "stop"]).ok();
    household.is_back();
    // And it ends without removing what is not its own. That their daemon would make it anew is no excuse.
    let theirs = begin(&household);
    let files = || {
        ["daemon.sock", "daemon.pid", "daemon.lock"].map(|name| {
            let meta = fs::metadata(folder.join(name)).expect("a file of the other keeper's");
            (name, meta.ino(), meta.modified().expect("a time"))
        })
    };
    let before = files();
    process::signal(household.keeper, Signal::TERM);
    eventually("the first one is gone", PATIENCE, || (!process::alive(household.keeper)).then_some(()));
    assert_eq!(files(), before);
    assert_eq!(household.sandbox().keeper(), Some(theirs));
    pintle(&household, &["health"]).ok();
    pintle(&household, &["daemon", "stop"]).ok();
}
