//! `delete_worktree` and `restore_worktree`: nothing that is nowhere else is lost, whatever happens on the way.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::{Value, json};

use super::{Repository, path};
use crate::support::{PATIENCE, Points, eventually, process};

impl Repository {
    #[track_caller]
    fn delete(&self, worktree: &Value, more: Value) -> Value {
        self.project.ask(deletion(worktree, more), "delete_worktree_result")
    }

    #[track_caller]
    fn kept(&self, worktree: &Value, more: Value) -> String {
        let said = self.project.refused(deletion(worktree, more), "INVALID_STATE");
        assert!(path(worktree).join("README").exists(), "{said}");
        assert_eq!(self.worktrees().iter().filter(|known| known["id"] == worktree["id"]).count(), 1);
        said
    }

    #[track_caller]
    fn survey(&self, worktree: &Value) -> Value {
        let request = json!({"type": "survey_worktrees", "worktree_id": worktree["id"]});
        self.project.ask(request, "worktree_surveys")["surveys"][0].clone()
    }

    #[track_caller]
    fn restore(&self, saved: &Value) -> Value {
        let restored = self.project.ask(json!({"type": "restore_worktree", "saved": saved}), "create_worktree_result");
        let found = self.worktrees().into_iter().find(|known| known["id"] == restored["worktree_id"]);
        found.expect("it is in the list")
    }
}

fn deletion(worktree: &Value, mut more: Value) -> Value {
    more["type"] = "delete_worktree".into();
    more["worktree_id"] = worktree["id"].clone();
    more
}

fn write(worktree: &Value, name: &str, text: &str) {
    let file = path(worktree).join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    fs::write(file, text).expect("a file");
}

fn read(worktree: &Value, name: &str) -> String {
    fs::read_to_string(path(worktree).join(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
}

#[test]
fn one_with_nothing_of_its_own_goes_with_its_branch() {
    let repository = Repository::new();
    let made = repository.create("done");
    write(&made, "ignored.log", "nobody asks for it\n");
    fs::write(repository.root().join(".git/info/exclude"), ".pintle/\n*.log\n").expect("a file");
    assert_eq!(repository.survey(&made)["would_lose"], false);
    let gone = repository.delete(&made, json!({}));
    let expected = json!({"type": "delete_worktree_result", "worktree_id": made["id"], "killed_agents": [],
        "branch_deleted": true, "remote_deleted": false, "directory_removed": true, "saved_ref": null});
    assert_eq!(gone, expected);
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    let said = repository.project.refused(deletion(&made, json!({})), "WORKTREE_NOT_FOUND");
    assert!(said.contains(made["id"].as_str().expect("an id")), "{said}");
}

/// Everything at once: each is named, nothing goes without force, and with force all of it comes back.
#[test]
fn work_of_every_kind_is_named_saved_and_restored() {
    let repository = Repository::new();
    repository.write("kept", "kept\n");
    repository.write("moved", "moved\nfar\naway\n");
    repository.commit("more");
    let made = repository.create("busy");
    let folder = path(&made);
    write(&made, "committed", "by the agent\n");
    repository.git_in(&folder, &["add", "committed"]);
    repository.git_in(&folder, &["commit", "--quiet", "--message", "only here"]);
    write(&made, "README", "changed\n");
    write(&made, "staged", "first\n");
    repository.git_in(&folder, &["add", "staged"]);
    write(&made, "staged", "first\nsecond\n");
    write(&made, "odd \"name\"\n/new file", "untracked\n");
    repository.git_in(&folder, &["mv", "moved", "renamed"]);
    fs::remove_file(folder.join("kept")).expect("a file");
    fs::set_permissions(folder.join("staged"), fs::Permissions::from_mode(0o755)).expect("a file");
    let before = repository.git_in(&folder, &["status", "--porcelain", "--untracked-files=all"]);
    let said = repository.kept(&made, json!({}));
    for part in ["4 changed files", "README", "1 untracked file", "1 commit that nothing else has", "only here"] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let survey = repository.survey(&made);
    assert_eq!((&survey["would_lose"], &survey["is_there"]), (&json!(true), &json!(true)));
    assert_eq!(survey["untracked"], json!(["odd \"name\"\n/new file"]));
    assert_eq!(repository.git(&["for-each-ref", "refs/pintle"]), "", "nothing is saved as long as nothing goes");
    let gone = repository.delete(&made, json!({"force": true}));
    let id = made["id"].as_str().expect("an id");
    assert_eq!(gone["saved_ref"], format!("refs/pintle/saved/{id}"));
    assert_eq!((&gone["branch_deleted"], &gone["directory_removed"]), (&json!(true), &json!(true)));
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    // It is no branch, and git's own cleaning leaves it alone.
    repository.git(&["reflog", "expire", "--expire=now", "--all"]);
    repository.git(&["gc", "--quiet", "--prune=now"]);
    let saved = &repository.list_saved()[0];
    assert_eq!((&saved["worktree_id"], &saved["worktree_name"]), (&made["id"], &json!("busy")));
    assert_eq!((&saved["branch"], &saved["saved_ref"]), (&json!("pintle/busy"), &gone["saved_ref"]));
    let back = repository.restore(&json!(id));
    assert_eq!(
        (&back["name"], &back["branch"], &back["baseBranch"]),
        (&made["name"], &made["branch"], &made["baseBranch"])
    );
    let now = repository.git_in(&path(&back), &["status", "--porcelain", "--untracked-files=all"]);
    assert_eq!(now, before);
    assert!(!repository.git_in(&path(&back), &["diff", "--cached", "--", "staged"]).contains("+first\n+second"));
    assert_eq!(read(&back, "staged"), "first\nsecond\n");
    assert_eq!(read(&back, "odd \"name\"\n/new file"), "untracked\n");
    assert_eq!(repository.git_in(&path(&back), &["log", "-1", "--format=%s"]), "only here");
    // Deleted again it is saved beside the first, which is still there.
    let again = repository.delete(&back, json!({"force": true}));
    assert_ne!(again["saved_ref"], gone["saved_ref"]);
    assert_eq!(repository.git(&["for-each-ref", "refs/pintle"]).lines().count(), 2);
}

/// A commit is not lost that a remote has, another branch, or a tag; it is lost where only the remote's branch has it and that goes too.
#[test]
fn commits_that_something_else_has() {
    let repository = Repository::new();
    let remote = repository.project.sandbox.path("remote.git");
    let remote = remote.to_str().expect("UTF-8");
    repository.git(&["init", "--quiet", "--bare", remote]);
    repository.git(&["remote", "add", "origin", remote]);
    let work = |name: &str| {
        let made = repository.create(name);
        write(&made, "work", name);
        repository.git_in(&path(&made), &["add", "--all"]);
        repository.git_in(&path(&made), &["commit", "--quiet", "--message", name]);
        made
    };
    let there = |branch: &str| repository.try_git(Path::new(remote), &["rev-parse", "--verify", branch]).success();
    let pushed = work("pushed");
    repository.kept(&pushed, json!({}));
    repository.git_in(&path(&pushed), &["push", "--quiet", "origin", "HEAD"]);
    let said = repository.kept(&pushed, json!({"delete_remote": true}));
    assert!(said.contains("1 commit"), "{said}");
    let gone = repository.delete(&pushed, json!({}));
    assert_eq!((&gone["saved_ref"], &gone["remote_deleted"]), (&Value::Null, &json!(false)));
    assert!(there("pintle/pushed"));
    let merged = work("merged");
    repository.git_in(&path(&merged), &["push", "--quiet", "origin", "HEAD"]);
    repository.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "pintle/merged"]);
    let gone = repository.delete(&merged, json!({"delete_remote": true}));
    assert_eq!((&gone["remote_deleted"], &gone["branch_deleted"]), (&json!(true), &json!(true)), "{gone}");
    assert!(!there("pintle/merged"));
    // What somebody has pushed there since is theirs.
    let shared = work("shared");
    repository.git_in(&path(&shared), &["push", "--quiet", "origin", "HEAD"]);
    repository.git(&["merge", "--quiet", "--no-ff", "--message", "merge", "pintle/shared"]);
    let theirs = repository.git(&["commit-tree", "main^{tree}", "-p", "pintle/shared", "-m", "theirs"]);
    repository.git(&["push", "--quiet", remote, &format!("{theirs}:refs/heads/pintle/shared")]);
    let gone = repository.delete(&shared, json!({"delete_remote": true}));
    assert_eq!((&gone["remote_deleted"], &gone["directory_removed"]), (&json!(false), &json!(true)));
    assert!(gone["errors"][0].as_str().is_some_and(|error| error.contains("remote")), "{gone}");
    assert!(there("pintle/shared"));
    // And one that does not answer is not waited for.
    let silent = work("silent");
    repository.git(&["tag", "kept", "pintle/silent"]);
    repository.git(&["update-ref", "refs/remotes/origin/pintle/silent", "pintle/silent"]);
    repository.git(&["remote", "set-url", "origin", "/nonexistent/repository"]);
    let gone = repository.delete(&silent, json!({"delete_remote": true}));
    assert_eq!((&gone["remote_deleted"], &gone["directory_removed"]), (&json!(false), &json!(true)), "{gone}");
}

#[test]
fn its_agents_are_killed_and_what_they_write_at_their_end_counts() {
    let repository = Repository::new();
    let made = repository.create("inhabited");
    let spawn = |command: &str| {
        let request = json!({"type": "spawn", "worktree": made["id"], "command": command});
        repository.project.ask(request, "spawn_result")["agent_id"].as_str().expect("an id").to_owned()
    };
    let quiet = spawn("sleep 1000");
    // It leaves a file when it is told to end.
    let last = spawn("sh -c 'trap \"echo note > last; exit 0\" TERM; echo ready; while :; do sleep 0.1; done'");
    repository.project.says(&last, "ready");
    let said = repository.kept(&made, json!({}));
    assert!(said.contains("last") && said.contains("its agents have ended"), "{said}");
    let known = repository.worktrees();
    assert_eq!((&known[0]["status"], &known[0]["agents"]), (&json!("active"), &json!({})));
    let again = spawn("sleep 1000");
    let gone = repository.delete(&made, json!({"force": true}));
    assert_eq!(gone["killed_agents"], json!([again]));
    for id in [&quiet, &again] {
        assert!(
            repository.project.ask(json!({"type": "status"}), "status_report")["agents"]
                .as_array()
                .expect("a list")
                .iter()
                .all(|agent| agent["id"] != id.as_str())
        );
    }
    assert_eq!(read(&repository.restore(&json!(made["id"])), "last"), "note\n");
}

/// What was brought along is the project's, and is not asked for; what was changed in it is work.
#[test]
fn files_that_the_project_has_too() {
    let repository = Repository::new();
    repository.write("README", "first\n");
    let made = repository.create("own");
    repository.write("local.cfg", "a\n");
    write(&made, "local.cfg", "a\n");
    std::os::unix::fs::symlink(repository.root().join("local.cfg"), path(&made).join("linked.cfg")).expect("a link");
    assert_eq!(repository.survey(&made)["untracked"], json!(["linked.cfg"]), "it leads somewhere else than its name");
    fs::remove_file(path(&made).join("linked.cfg")).expect("a link");
    assert_eq!(repository.survey(&made)["would_lose"], false);
    write(&made, "local.cfg", "b\n");
    assert_eq!(repository.survey(&made)["untracked"], json!(["local.cfg"]));
}

/// A repository inside of it cannot be saved, so it keeps it there; one that has everything on a remote does not.
#[test]
fn repositories_inside() {
    let repository = Repository::new();
    let made = repository.create("nested");
    let inner = path(&made).join("inner");
    repository.git(&["init", "--quiet", inner.to_str().expect("UTF-8")]);
    fs::write(inner.join("file"), "work\n").expect("a file");
    for force in [false, true] {
        let said = repository.kept(&made, json!({"force": force}));
        assert!(said.contains("inner") && said.contains("cannot be saved"), "{said}");
    }
    repository.git_in(&inner, &["add", "--all"]);
    repository.git_in(&inner, &["commit", "--quiet", "--message", "x"]);
    repository.kept(&made, json!({"force": true}));
    let remote = repository.project.sandbox.path("inner.git");
    repository.git(&["init", "--quiet", "--bare", remote.to_str().expect("UTF-8")]);
    repository.git_in(&inner, &["remote", "add", "origin", remote.to_str().expect("UTF-8")]);
    repository.git_in(&inner, &["push", "--quiet", "origin", "HEAD"]);
    assert_eq!(repository.survey(&made)["repositories"], json!([]));
    repository.delete(&made, json!({}));
    repository.has_none();
}

#[test]
fn where_the_folder_or_its_git_is_gone() {
    let repository = Repository::new();
    let made = repository.create("removed");
    fs::remove_dir_all(path(&made)).expect("a folder");
    assert_eq!(repository.survey(&made)["is_there"], false);
    repository.delete(&made, json!({}));
    repository.has_none();
    // git writes anew what leads to it. It never speaks of the project in its place.
    let made = repository.create("beheaded");
    write(&made, "work", "x\n");
    fs::remove_file(path(&made).join(".git")).expect("a file");
    let said = repository.kept(&made, json!({}));
    assert!(said.contains("1 untracked file (work)"), "{said}");
    // Where it cannot, nothing is removed, with force either.
    fs::remove_file(path(&made).join(".git")).expect("a file");
    repository.git(&["worktree", "prune"]);
    for force in [false, true] {
        let said = repository.kept(&made, json!({"force": force}));
        assert!(said.contains("no checkout any more"), "{said}");
    }
    fs::remove_dir_all(path(&made)).expect("a folder");
    repository.delete(&made, json!({}));
    repository.has_none();
}

#[test]
fn another_branch_a_detached_head_and_a_lock() {
    let repository = Repository::new();
    let made = repository.create("wanders");
    let folder = path(&made);
    repository.git_in(&folder, &["checkout", "--quiet", "-b", "mine"]);
    repository.git_in(&folder, &["commit", "--quiet", "--allow-empty", "--message", "on mine"]);
    assert_eq!(repository.survey(&made)["would_lose"], false, "that branch stays");
    repository.git_in(&folder, &["checkout", "--quiet", "--detach"]);
    repository.git_in(&folder, &["commit", "--quiet", "--allow-empty", "--message", "on none"]);
    let said = repository.kept(&made, json!({}));
    assert!(said.contains("on none") && !said.contains("on mine"), "{said}");
    repository.git(&["worktree", "lock", "--reason", "on a stick", folder.to_str().expect("UTF-8")]);
    let gone = repository.delete(&made, json!({"force": true}));
    assert_eq!(repository.branches(), ["main", "mine"]);
    let back = repository.restore(&made["id"]);
    assert_eq!(repository.git_in(&path(&back), &["log", "-1", "--format=%s"]), "on none");
    assert!(gone["saved_ref"].is_string());
    let locked = repository.create("locked");
    repository.git(&["worktree", "lock", "--reason", "on a stick", path(&locked).to_str().expect("UTF-8")]);
    assert!(repository.kept(&locked, json!({})).contains("on a stick"));
    repository.delete(&locked, json!({"force": true}));
}

/// What somebody else owns in it stays, and so does its entry, until it can be removed.
#[test]
fn a_folder_that_cannot_be_removed() {
    let repository = Repository::new();
    let made = repository.create("stuck");
    repository.write("README", "x\n");
    // Closed folders, as caches of packages have them, are opened.
    fs::write(repository.root().join(".git/info/exclude"), ".pintle/\ncache/\n").expect("a file");
    write(&made, "cache/deep/file", "x");
    fs::set_permissions(path(&made).join("cache/deep"), fs::Permissions::from_mode(0o555)).expect("a folder");
    // A flag that root cannot pass either, where the file system knows it.
    let file = path(&made).join("cache/deep/file");
    let chattr = |flag: &str, file: &Path| {
        repository.project.sandbox.run("chattr", &[flag, file.to_str().expect("UTF-8")]).finish().success()
    };
    // One that cannot even be put away is in use as before.
    if chattr("+i", &path(&made)) {
        let said = repository.project.refused(deletion(&made, json!({})), "IO_ERROR");
        assert!(chattr("-i", &path(&made)) && said.contains("cannot be removed"), "{said}");
        assert_eq!(repository.worktrees()[0]["status"], "active");
        assert!(path(&made).join("README").exists());
    }
    let is_closed = chattr("+i", &file);
    let gone = repository.delete(&made, json!({}));
    if is_closed {
        assert_eq!(gone["directory_removed"], false);
        let said = gone["errors"][0].as_str().expect("why");
        assert!(said.contains("cache/deep/file") && said.contains("tries again"), "{said}");
        assert_eq!(repository.worktrees()[0]["status"], "removing");
        let request = json!({"type": "spawn", "worktree": made["id"], "command": "true"});
        assert!(repository.project.refused(request, "INVALID_STATE").contains("being deleted"));
        // It is put away by then: what is written at its old place is something else.
        assert!(!path(&made).exists());
        assert!(chattr("-i", &path(&made).with_extension("removing").join("cache/deep/file")));
        assert_eq!(repository.delete(&made, json!({}))["branch_deleted"], true);
    }
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
}

/// Wherever the daemon is killed: before its work is safe the worktree is whole and in use again, after it nothing of it is left.
#[test]
fn a_daemon_that_is_killed_on_the_way() {
    for (point, is_there) in [
        ("delete_worktree.noted", true),
        ("delete_worktree.saved", true),
        ("delete_worktree.removing", false),
        ("delete_worktree.removed", false),
    ] {
        let repository = Repository::new();
        let points = Points::new(&repository.project.sandbox);
        let made = repository.create("cut-off");
        write(&made, "work", "precious\n");
        points.arm(point);
        let mut client = repository.project.client();
        client.send(&repository.project.request(deletion(&made, json!({"force": true}))));
        process::kill(points.reached(point, PATIENCE));
        eventually("it is whole, or gone", PATIENCE, || {
            let known = repository.worktrees();
            let whole = known.len() == 1 && known[0]["status"] == "active";
            (if is_there { whole } else { known.is_empty() }).then_some(())
        });
        if is_there {
            assert_eq!(read(&made, "work"), "precious\n", "{point}");
            // Whoever sets it right may be at it for a moment still, and says so.
            eventually("it is deleted", PATIENCE, || {
                let request = repository.project.request(deletion(&made, json!({"force": true})));
                (repository.project.client().call(request)["type"] == "delete_worktree_result").then_some(())
            });
        }
        repository.has_none();
        let check = repository.project.ask(json!({"type": "check_worktrees"}), "worktree_check");
        assert_eq!((&check["orphans"], &check["unfinished"]), (&json!([]), &json!([])), "{point}");
        let newest = repository.list_saved()[0]["saved_ref"].clone();
        assert_eq!(read(&repository.restore(&newest), "work"), "precious\n", "{point}");
    }
}

#[test]
fn by_the_command_line() {
    let repository = Repository::new();
    let pintle = |words: &[&str]| repository.project.sandbox.pintle(words).current_dir(repository.root());
    let [clean, busy] = ["clean", "busy"].map(|name| repository.create(name));
    write(&busy, "work", "x\n");
    // What git ignores does not count, but nobody should be surprised.
    fs::write(repository.root().join(".git/info/exclude"), ".pintle/\n*.log\nbuilt/\n").expect("a file");
    repository.write("same.log", "as in the project\n");
    write(&clean, "same.log", "as in the project\n");
    write(&clean, "other.log", "x\n");
    write(&clean, "built/deep/file", "x\n");
    let said = pintle(&["worktree", "delete", "--dry-run", "clean"]).ok();
    assert!(said.contains("nothing would be lost\n  goes with it, since git ignores it: built/ other.log\n"), "{said}");
    let looked = pintle(&["worktree", "delete", "-n", "busy"]).finish();
    assert_eq!(looked.status.code(), Some(1), "{looked}");
    assert!(looked.stdout.contains("untracked: work"), "{looked}");
    let said = pintle(&["worktree", "delete", "busy"]).fails(1);
    assert!(said.contains("1 untracked file (work)") && said.contains("--force"), "{said}");
    // Without a terminal nobody is asked, and nothing goes.
    let said = pintle(&["worktree", "prune"]).fails(2);
    assert!(said.contains("--yes"), "{said}");
    let said = pintle(&["worktree", "prune", "--dry-run"]).ok();
    assert!(said.contains("These stay:\nbusy") && said.contains("These go:\nclean"), "{said}");
    assert_eq!(repository.worktrees().len(), 2);
    pintle(&["worktree", "prune", "--yes"]).ok();
    assert!(path(&busy).exists() && !path(&clean).exists());
    assert!(pintle(&["worktree", "restore"]).ok().contains("nothing is saved"));
    let said = pintle(&["worktree", "delete", "--force", "busy"]).ok();
    let id = busy["id"].as_str().expect("an id");
    assert!(said.contains(&format!("pintle worktree restore {id}")), "{said}");
    let said = pintle(&["worktree", "restore"]).ok();
    assert!(said.contains(id) && said.contains("busy"), "{said}");
    let said = pintle(&["worktree", "restore", "nope"]).fails(4);
    assert!(said.contains("nothing is saved under `nope`"), "{said}");
    repository.create("busy");
    pintle(&["worktree", "restore", id]).fails(1);
    let said = pintle(&["worktree", "restore", id, "--name", "again"]).ok();
    assert!(said.contains("again on pintle/again from main"), "{said}");
    let back = repository.worktrees().into_iter().find(|known| known["name"] == "again").expect("it is back");
    assert_eq!(read(&back, "work"), "x\n");
}

/// What is left over is found; where nothing is, the doctor says so.
#[test]
fn the_doctor_knows_what_is_left_over() {
    let repository = Repository::new();
    let doctor = || repository.project.sandbox.pintle(&["doctor"]).current_dir(repository.root()).finish().stdout;
    let says = |part: &str| {
        let said = doctor();
        let lines: Vec<&str> = said.lines().filter(|line| line.contains("worktrees")).collect();
        assert!(lines.iter().any(|line| line.contains(part)), "{part}: {said}");
    };
    says("none, and nothing left over");
    let made = repository.create("one");
    says("1, and nothing left over");
    fs::remove_dir_all(path(&made)).expect("a folder");
    says(&format!("their folders are gone: {}", made["id"].as_str().expect("an id")));
    repository.delete(&made, json!({}));
    let left = repository.project.file("worktrees/wt-leftover");
    fs::create_dir_all(&left).expect("a folder");
    says("folders that no worktree has");
    fs::remove_dir(&left).expect("a folder");
    repository.git(&["worktree", "add", "--quiet", "--detach", left.to_str().expect("UTF-8")]);
    fs::remove_dir_all(&left).expect("a folder");
    says("folders that no worktree has");
    repository.git(&["worktree", "prune"]);
    says("none, and nothing left over");
}

/// git lets a branch be in one place only, and somebody is there.
#[test]
fn branches_that_somebody_has_checked_out() {
    let repository = Repository::new();
    let theirs = repository.project.sandbox.path("theirs");
    let check_out = |branch: &str, at: &Path| {
        repository.git(&["worktree", "add", "--quiet", "-B", branch, at.to_str().expect("UTF-8")]);
    };
    check_out("pintle/taken", &theirs);
    let said = repository.refused(json!({"name": "taken"}), "SPAWN_FAILED");
    assert!(said.contains(&format!("`pintle/taken` is checked out in {};", theirs.display())), "{said}");
    fs::remove_dir_all(&theirs).expect("a folder");
    let said = repository.refused(json!({"name": "taken"}), "SPAWN_FAILED");
    assert!(said.contains("which is gone; `git worktree prune`"), "{said}");
    repository.git(&["worktree", "prune"]);
    let made = repository.create("back");
    write(&made, "work", "precious\n");
    let saved =
        repository.project.ask(deletion(&made, json!({"force": true})), "delete_worktree_result")["saved_ref"].clone();
    check_out("pintle/back", &theirs);
    let request = repository.project.request(json!({"type": "restore_worktree", "saved": saved}));
    let said = repository.project.client().call(request);
    assert_eq!(said["code"], "SPAWN_FAILED", "{said}");
    assert!(said["message"].as_str().is_some_and(|said| said.contains("is checked out in")), "{said}");
    assert!(said["hint"].as_str().is_some_and(|hint| hint.contains("--name")), "{said}");
    let request = json!({"type": "restore_worktree", "saved": saved, "name": "other"});
    repository.project.ask(request, "create_worktree_result");
    assert_eq!(fs::read_to_string(path(&repository.worktrees()[0]).join("work")).expect("it is there"), "precious\n");
}
