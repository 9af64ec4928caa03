//! What a new worktree gets besides its checkout: `env_files`, `copy`, `link`, `setup`, a branch with another prefix.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;

use serde_json::json;

use super::{Repository, path};
use crate::support::{PATIENCE, eventually, process};

fn with(config: &str) -> Repository {
    let repository = Repository::new();
    repository.project.configure(config);
    repository
}

#[test]
fn files_are_copied_and_linked() {
    let repository = with(concat!(
        "envFiles: [.env, none.env, /etc/hostname]\n",
        "copy: ['conf/*.local', README, caches]\n",
        "link: [modules]\nbranchPrefix: ann/\n"
    ));
    for name in ["conf/a.local", "conf/b.other", "caches/deep/x", "modules/m"] {
        fs::create_dir_all(repository.root().join(name).parent().expect("a folder")).expect("a folder");
        repository.write(name, name);
    }
    repository.write(".env", "KEY=from the file\n");
    fs::set_permissions(repository.root().join(".env"), fs::Permissions::from_mode(0o600)).expect("a mode");
    repository.write("README", "changed here\n");
    let made = repository.create("one");
    let folder = path(&made);
    let read = |name: &str| fs::read_to_string(folder.join(name)).ok();
    assert_eq!(made["branch"], "ann/one");
    assert_eq!(read(".env").as_deref(), Some("KEY=from the file\n"));
    assert_eq!(fs::metadata(folder.join(".env")).expect("a file").permissions().mode() & 0o777, 0o600);
    assert_eq!((read("conf/a.local").as_deref(), read("conf/b.other")), (Some("conf/a.local"), None));
    assert_eq!(read("caches/deep/x").as_deref(), Some("caches/deep/x"));
    assert_eq!(fs::read_link(folder.join("modules")).expect("a link"), repository.root().join("modules"));
    assert_eq!(read("README").as_deref(), Some("first\n"), "git's own files are the checkout's");
    // All of it is the project's, so nothing would be lost.
    repository.project.ask(json!({"type": "delete_worktree", "worktree_id": made["id"]}), "delete_worktree_result");
    assert!(repository.root().join("modules/m").exists());
    repository.has_none();
}

#[test]
fn commands_set_it_up_before_anybody_works_there() {
    let repository = with("setup:\n- echo $KEY > made; echo $PINTLE_AGENT_ID >> made\n- pwd >> made\n");
    repository.write(".env", "KEY=from the file\n");
    let request = json!({"type": "spawn", "name": "one", "command": "sh -c 'cat made; sleep 1000'"});
    let id = repository.project.ask(request, "spawn_result")["agent_id"].as_str().expect("an id").to_owned();
    let made = path(&repository.worktrees()[0]);
    let said = repository.project.says(&id, made.to_str().expect("UTF-8"));
    assert!(said.contains("from the file"), "{said}");
    assert_eq!(
        fs::read_to_string(made.join("made")).expect("a file"),
        format!("from the file\n\n{}\n", made.display())
    );
}

#[test]
fn one_that_fails_leaves_nothing() {
    let repository = with("setup: ['true', 'echo looking; echo no such tool >&2; exit 3', 'touch ../../../never']\n");
    let said = repository.refused(json!({"name": "one"}), "SPAWN_FAILED");
    for part in ["exit 3", "looking", "no such tool", "exit status: 3"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    assert!(!repository.root().join("never").exists());
    // Nor does an agent that was to work there.
    let request = json!({"type": "spawn", "name": "one", "command": "sleep 1000"});
    repository.project.refused(request, "SPAWN_FAILED");
    repository.has_none();
    for (config, part) in [
        ("copy: [../secret]\n", "line 1, column 8: copy: `../secret` has to be a path inside the project"),
        ("branch_prefix: 'a b/'\n", "no branch can begin with `a b/`"),
        ("link: ['a[']\n", "link: `a[`"),
    ] {
        repository.project.configure(config);
        let said = repository.refused(json!({"name": "one"}), "CONFIG_ERROR");
        assert!(said.contains(part), "{said}");
    }
    repository.project.configure("setup: []\n");
    repository.create("one");
}

/// Somebody may have begun to work there while it was set up.
#[test]
fn what_lies_in_one_that_fails_is_saved() {
    let repository = with("setup: ['echo precious > work; false']\n");
    let said = repository.refused(json!({"name": "one"}), "SPAWN_FAILED");
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    let saved = repository.list_saved();
    let saved = saved[0]["saved_ref"].as_str().expect("it is saved");
    let id = saved.rsplit('/').next().expect("an id");
    assert!(said.contains(&format!("what lay there is saved: `pintle worktree restore {id}`")), "{said}");
    assert_eq!(repository.git(&["show", &format!("{saved}:work")]), "precious");
}

/// What it leaves running in the background is no reason to wait, and does not outlive it.
#[test]
fn what_a_command_leaves_running_is_ended() {
    let repository = with("setup: ['sleep 1000 & echo $! > ../../../pid']\n");
    repository.create("one");
    let pid = fs::read_to_string(repository.root().join("pid")).expect("its pid");
    let pid: u32 = pid.trim().parse().expect("a pid");
    eventually("it has ended", PATIENCE, || (!process::alive(pid)).then_some(()));
}

/// Killed while it is being set up: the commands end with the daemon, all that they have started with the next one, which takes the worktree
/// back.
#[test]
fn a_daemon_that_is_killed_meanwhile() {
    let writes = "exec 2> /dev/null; while sleep 0.01; do echo still > here; done";
    // One in the command's session, and one of its own that does not want to end.
    let started = format!(
        "({writes}) & echo $! >> ../../../pids; setsid sh -c 'trap \"\" TERM; echo $$ >> ../../../pids; {writes}' &"
    );
    let repository = with(&format!("setup: [{}]\n", json!(format!("{started} echo $$ >> ../../../pids; sleep 1000"))));
    let request = repository.project.request(json!({"type": "create_worktree", "name": "one"}));
    repository.project.client().send(&request);
    let pids = || {
        let pids = fs::read_to_string(repository.root().join("pids")).ok()?;
        let pids: Vec<u32> = pids.lines().filter_map(|line| line.parse().ok()).collect();
        (pids.len() == 3).then_some(pids)
    };
    let pids = eventually("it is being set up", PATIENCE, pids);
    process::kill(repository.project.sandbox.daemon());
    let live = || pids.iter().filter(|pid| process::alive(**pid)).count();
    eventually("the commands have ended", PATIENCE, || (live() == 0).then_some(()));
    eventually("it is taken back", PATIENCE, || repository.worktrees().is_empty().then_some(()));
    eventually("on disk too", PATIENCE, || (repository.project.manifest()["worktrees"] == json!({})).then_some(()));
    repository.has_none();
}
