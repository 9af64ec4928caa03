//! `create_worktree`: made whole or not at all, on repositories of every kind, and no branch is lost by it.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use super::{Repository, path};
use crate::agents::project::Project;
use crate::support::{PATIENCE, Points, eventually, process};

#[test]
fn it_is_a_checkout_with_a_branch_of_its_own() {
    let repository = Repository::new();
    repository.write("README", "changed and not committed\n");
    let made = repository.create("Fix the  Login/Form!");
    assert_eq!(made["name"], "fix-the-login-form");
    assert_eq!((&made["branch"], &made["baseBranch"]), (&json!("pintle/fix-the-login-form"), &json!("main")));
    assert_eq!((&made["status"], &made["agents"]), (&json!("active"), &json!({})));
    let folder = path(&made);
    assert_eq!(folder.parent(), Some(repository.project.file("worktrees").as_path()));
    assert_eq!(fs::read_to_string(folder.join("README")).expect("its file"), "first\n");
    assert_eq!(repository.git_in(&folder, &["status", "--porcelain", "--branch"]), "## pintle/fix-the-login-form");
    assert_eq!(repository.git(&["status", "--porcelain"]), " M README", "the project's own folder is as it was");
    let id = made["id"].as_str().expect("an id");
    assert_eq!(repository.project.manifest()["worktrees"][id]["branch"], made["branch"], "on disk");
    repository.project.crash();
    assert_eq!(repository.worktrees(), [made]);
}

#[test]
fn it_starts_where_it_is_told_to() {
    let repository = Repository::new();
    repository.git(&["tag", "v1"]);
    repository.write("README", "second\n");
    repository.commit("second");
    repository.git(&["branch", "topic", "v1"]);
    let at = |made: &Value| repository.git_in(&path(made), &["log", "-1", "--format=%s"]);
    let tagged = repository.create_with(json!({"name": "a", "base": "v1"}));
    assert_eq!((at(&tagged), &tagged["baseBranch"]), ("first".to_owned(), &json!("v1")));
    assert_eq!(at(&repository.create_with(json!({"name": "b", "base": "topic"}))), "first");
    assert_eq!(at(&repository.create("c")), "second");
    repository.git(&["checkout", "--quiet", "--detach", "v1"]);
    let detached = repository.create("d");
    let first = repository.git(&["rev-parse", "v1"]);
    assert_eq!((at(&detached), &detached["baseBranch"]), ("first".to_owned(), &json!(first)));
    repository.git(&["checkout", "--quiet", "main"]);
    // What means something else in another place or at another time is what it means here and now.
    for (base, is) in
        [("HEAD", "main"), ("@", "main"), ("HEAD~1", &first), ("heads/topic", "heads/topic"), (&first, &first)]
    {
        let made = repository.create_with(json!({"name": format!("w-{}", repository.worktrees().len()), "base": base}));
        assert_eq!(made["baseBranch"], is, "{base}");
        repository.git_in(&path(&made), &["commit", "--quiet", "--allow-empty", "--message", "x"]);
    }
    for base in ["nope", "-x", "--all", "main..topic", "HEAD:README", ""] {
        let said = repository.refused(json!({"name": "e", "base": base}), "INVALID_ARGUMENT");
        assert!(said.contains(&format!("`{base}`")), "{said}");
    }
    assert_eq!(repository.worktrees().len(), 9);
}

#[test]
fn names_are_checked() {
    let repository = Repository::new();
    for name in ["", "  ", "日本", "---"] {
        assert!(repository.refused(json!({"name": name}), "INVALID_ARGUMENT").contains("cannot be a worktree's name"));
    }
    repository.refused(json!({"name": "x".repeat(101)}), "INVALID_ARGUMENT");
    repository.create("a");
    let said = repository.refused(json!({"name": "A "}), "INVALID_ARGUMENT");
    assert!(said.contains("has a worktree called `a`"), "{said}");
    assert_eq!(repository.worktrees().len(), 1);
}

/// Merged or where the base is: used again. With work of its own: left alone.
#[test]
fn a_branch_that_is_there() {
    let repository = Repository::new();
    repository.git(&["branch", "pintle/same"]);
    repository.git(&["branch", "pintle/merged"]);
    let tree = repository.git(&["rev-parse", "main^{tree}"]);
    let work = repository.git(&["commit-tree", &tree, "-p", "main", "-m", "work"]);
    repository.git(&["branch", "pintle/work", &work]);
    repository.create("same");
    repository.write("README", "second\n");
    repository.commit("second");
    let merged = repository.create("merged");
    assert_eq!(fs::read_to_string(path(&merged).join("README")).expect("its file"), "second\n");
    let said = repository.refused(json!({"name": "work"}), "SPAWN_FAILED");
    assert!(said.contains("`pintle/work` exists and has a commit that `main` does not have"), "{said}");
    assert_eq!(repository.git(&["rev-parse", "pintle/work"]), work);
    // One that somebody works on elsewhere is theirs.
    repository.git(&["branch", "pintle/taken"]);
    let elsewhere = repository.project.sandbox.path("elsewhere");
    repository.git(&["worktree", "add", "--quiet", elsewhere.to_str().expect("UTF-8"), "pintle/taken"]);
    let said = repository.refused(json!({"name": "taken"}), "SPAWN_FAILED");
    assert!(said.contains("checked out") && said.contains("elsewhere"), "{said}");
    assert!(elsewhere.join("README").exists());
    assert_eq!(repository.branches(), ["main", "pintle/merged", "pintle/same", "pintle/taken", "pintle/work"]);
}

#[test]
fn two_who_ask_for_one_name_at_once() {
    let repository = Repository::new();
    let replies: Vec<Value> = std::thread::scope(|scope| {
        let ask = || {
            let mut client = repository.project.client();
            let request = repository.project.request(json!({"type": "create_worktree", "name": "one"}));
            scope.spawn(move || client.call(request))
        };
        let asked: Vec<_> = (0..8).map(|_| ask()).collect();
        asked.into_iter().map(|asked| asked.join().expect("an answer")).collect()
    });
    let made = replies.iter().filter(|reply| reply["type"] == "create_worktree_result").count();
    assert_eq!(made, 1, "{replies:?}");
    assert!(replies.iter().all(|reply| reply["type"] != "error" || reply["code"] == "INVALID_ARGUMENT"), "{replies:?}");
    assert_eq!(repository.worktrees().len(), 1);
    // Many of different names at once are no trouble, though git locks its own files.
    std::thread::scope(|scope| {
        for number in 0..6 {
            let repository = &repository;
            scope.spawn(move || repository.create(&format!("many {number}")));
        }
    });
    assert_eq!(repository.worktrees().len(), 7);
}

#[test]
fn folders_that_are_no_repository_or_hold_nothing() {
    let project = Project::new();
    let request = json!({"type": "create_worktree", "name": "a"});
    assert!(project.refused(request, "INVALID_STATE").contains("not in a git repository"));
    let repository = Repository::without_commit();
    assert!(repository.refused(json!({"name": "a"}), "INVALID_STATE").contains("nothing has been committed yet"));
    repository.has_none();
}

/// libgit2 opens neither; git does.
#[test]
fn repositories_of_other_kinds() {
    for kind in ["--object-format=sha256", "--ref-format=reftable"] {
        let made = Project::new();
        let folder = made.sandbox.path("other");
        let words = ["init", "--quiet", "--initial-branch=main", kind, folder.to_str().expect("UTF-8")];
        // An older git knows only one kind.
        if !made.sandbox.run("git", &words).finish().success() {
            continue;
        }
        let pintle = |words: &[&str]| made.sandbox.pintle(words).current_dir(&folder);
        made.sandbox.run("git", &["commit", "--quiet", "--allow-empty", "--message=first"]).current_dir(&folder).ok();
        pintle(&["init"]).ok();
        let exclude = fs::read_to_string(folder.join(".git/info/exclude")).expect("a file");
        assert!(exclude.contains(".pintle/"), "{kind}: {exclude}");
        assert!(pintle(&["worktree", "create", "one"]).ok().contains("pintle/one"));
        assert!(pintle(&["pulse"]).ok().contains("one/"));
        pintle(&["worktree", "delete", "one"]).ok();
    }
}

/// A checkout that fails on its way, by a filter that refuses one file.
#[test]
fn what_cannot_be_made_leaves_nothing() {
    let repository = Repository::new();
    repository.write(".gitattributes", "*.big filter=big\n");
    repository.write("a.big", "content\n");
    repository.git(&["config", "filter.big.clean", "cat"]);
    repository.commit("big");
    repository.git(&["config", "filter.big.smudge", "echo no room >&2; false"]);
    repository.git(&["config", "filter.big.required", "true"]);
    repository.git(&["branch", "pintle/old"]);
    for name in ["new", "old"] {
        let said = repository.refused(json!({"name": name}), "GIT_ERROR");
        assert!(said.contains("a.big"), "{said}");
        repository.has_none();
    }
    assert_eq!(repository.branches(), ["main", "pintle/old"], "the one that was there stays");
    repository.git(&["config", "filter.big.smudge", "sed s/content/filtered/"]);
    let hook = repository.root().join(".git/hooks/post-checkout");
    for (body, told) in [("echo not here; exit 3", "git checkout --force: not here"), ("exit 3", "and said nothing")] {
        fs::write(&hook, format!("#!/bin/sh\n{body}\n")).expect("a hook");
        fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("it may run");
        let said = repository.refused(json!({"name": "new"}), "GIT_ERROR");
        assert!(said.contains(told), "{said}");
        repository.has_none();
    }
    fs::remove_file(&hook).expect("a hook");
    let made = repository.create("new");
    assert_eq!(fs::read_to_string(path(&made).join("a.big")).expect("its file"), "filtered\n", "filters run");
}

#[test]
fn hooks_and_sparse_checkouts_are_gits_own() {
    let repository = Repository::new();
    fs::create_dir(repository.root().join("docs")).expect("a folder");
    repository.write("docs/page", "page\n");
    repository.commit("docs");
    let hook = repository.root().join(".git/hooks/post-checkout");
    fs::write(&hook, "#!/bin/sh\ntouch hook-ran\n").expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a mode");
    let made = path(&repository.create("all"));
    assert!(made.join("hook-ran").exists() && made.join("docs/page").exists());
    repository.git(&["sparse-checkout", "set", "--cone", "nothing"]);
    let made = path(&repository.create("sparse"));
    assert!(made.join("README").exists() && !made.join("docs").exists());
}

/// Killed at every step: the next daemon takes it back, and the name is free again.
#[test]
fn a_daemon_that_is_killed_on_the_way() {
    for point in ["create_worktree.noted", "worktree.added", "worktree.made"] {
        let repository = Repository::new();
        let points = Points::new(&repository.project.sandbox);
        points.arm(point);
        let mut client = repository.project.client();
        client.send(&repository.project.request(json!({"type": "create_worktree", "name": "one"})));
        process::kill(points.reached(point, PATIENCE));
        eventually("it is taken back", Duration::from_secs(10), || repository.worktrees().is_empty().then_some(()));
        eventually("on disk too", PATIENCE, || (repository.project.manifest()["worktrees"] == json!({})).then_some(()));
        repository.has_none();
        assert_eq!(repository.branches(), ["main"]);
        repository.create("one");
    }
}

/// git and what it has started, as that has written it down.
fn at_work(file: &Path) -> Option<[u32; 2]> {
    let text = fs::read_to_string(file).ok()?;
    let (git, started) = text.trim().split_once(' ')?;
    let at_work = [git.parse().ok()?, started.parse().ok()?];
    assert!(at_work.iter().all(|pid| process::alive(*pid)), "{text}");
    Some(at_work)
}

/// In the middle of what git notes of it: the next daemon ends that git, which would make the worktree after it has been taken back.
#[test]
fn a_daemon_that_is_killed_while_git_is_told() {
    let repository = Repository::new();
    let (pid, gate) = (repository.project.sandbox.path("git-pid"), repository.project.sandbox.path("gate"));
    repository.project.sandbox.run("mkfifo", &[&gate]).ok();
    let hook = repository.root().join(".git/hooks/reference-transaction");
    let waits = format!("#!/bin/sh\necho $PPID $$ > '{}'; read line < '{}'\n", pid.display(), gate.display());
    fs::write(&hook, waits).expect("a hook");
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).expect("a hook that runs");
    repository.project.client().send(&repository.project.request(json!({"type": "create_worktree", "name": "one"})));
    let at_work = eventually("git is told", PATIENCE, || at_work(&pid));
    fs::remove_file(&hook).expect("it hangs no other git");
    process::kill(repository.project.sandbox.daemon());
    eventually("it is taken back", PATIENCE, || repository.worktrees().is_empty().then_some(()));
    eventually("on disk too", PATIENCE, || (repository.project.manifest()["worktrees"] == json!({})).then_some(()));
    assert_eq!(at_work.map(process::alive), [false; 2], "nobody makes it any more");
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    repository.create("one");
}

/// In the middle of the checkout: git ends with the daemon, and writes nothing any more into what the next one removes.
#[test]
fn a_daemon_that_is_killed_while_git_checks_out() {
    let repository = Repository::new();
    repository.write(".gitattributes", "*.slow filter=slow\n");
    repository.write("a", "is there before it\n");
    repository.write("a.slow", "content\n");
    repository.git(&["config", "filter.slow.clean", "cat"]);
    repository.commit("slow");
    let (pid, gate) = (repository.project.sandbox.path("git-pid"), repository.project.sandbox.path("gate"));
    repository.project.sandbox.run("mkfifo", &[&gate]).ok();
    let smudge = format!("echo $PPID $$ > '{}'; read line < '{}'; cat", pid.display(), gate.display());
    repository.git(&["config", "filter.slow.smudge", &smudge]);
    repository.project.client().send(&repository.project.request(json!({"type": "create_worktree", "name": "one"})));
    let at_work = eventually("git checks out", PATIENCE, || at_work(&pid));
    process::kill(repository.project.sandbox.daemon());
    let live = || at_work.iter().filter(|pid| process::alive(**pid)).count();
    eventually("git and its filter have ended", PATIENCE, || (live() == 0).then_some(()));
    eventually("it is taken back", PATIENCE, || repository.worktrees().is_empty().then_some(()));
    eventually("on disk too", PATIENCE, || (repository.project.manifest()["worktrees"] == json!({})).then_some(()));
    assert_eq!(repository.list_saved(), Vec::<Value>::new(), "what git has written is nobody's work");
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    repository.git(&["config", "filter.slow.smudge", "cat"]);
    repository.create("one");
}

#[test]
fn by_the_command_line() {
    let repository = Repository::new();
    let pintle = |words: &[&str]| repository.project.sandbox.pintle(words).current_dir(repository.root());
    assert_eq!(pintle(&["worktree", "list"]).ok(), "no worktrees; `pintle worktree create NAME` makes one\n");
    let said = pintle(&["worktree", "create", "Fix Login", "--base", "main"]).ok();
    let made = &repository.worktrees()[0];
    assert!(
        said.contains("fix-login on pintle/fix-login from main")
            && said.contains(made["path"].as_str().expect("a path"))
    );
    let listed = pintle(&["worktree", "list"]).ok();
    assert!(listed.contains(made["id"].as_str().expect("an id")) && listed.contains("pintle/fix-login"), "{listed}");
    let said = pintle(&["worktree", "create", "fix login"]).fails(1);
    assert!(said.contains("has a worktree called `fix-login`"), "{said}");
    // From inside a worktree it is the same project.
    let inside = repository.project.sandbox.pintle(&["worktree", "list"]).current_dir(path(made)).ok();
    assert_eq!(inside, listed);
}

/// A worktree whose daemon was killed while it was made and somebody worked in it.
fn killed_over(point: &str, work: impl FnOnce(&Repository, &Path)) -> (Repository, PathBuf) {
    let repository = Repository::new();
    let points = Points::new(&repository.project.sandbox);
    points.arm(point);
    repository.project.client().send(&repository.project.request(json!({"type": "create_worktree", "name": "one"})));
    let daemon = points.reached(point, PATIENCE);
    let folder =
        fs::read_dir(repository.project.file("worktrees")).expect("a folder").flatten().next().expect("one").path();
    work(&repository, &folder);
    process::kill(daemon);
    (repository, folder)
}

#[test]
fn files_that_somebody_has_written_into_one_are_saved_before_it_is_taken_back() {
    // Before the checkout, and after it.
    for point in ["worktree.added", "worktree.made"] {
        let (repository, folder) =
            killed_over(point, |_, folder| fs::write(folder.join("mine"), point).expect("written"));
        eventually("it is taken back", PATIENCE, || repository.worktrees().is_empty().then_some(()));
        eventually("on disk too", PATIENCE, || (repository.project.manifest()["worktrees"] == json!({})).then_some(()));
        repository.has_none();
        assert_eq!(repository.branches(), ["main"]);
        let saved = repository.list_saved();
        assert_eq!(saved[0]["worktree_id"], *folder.file_name().expect("its id").to_string_lossy());
        let file = format!("{}:mine", saved[0]["saved_ref"].as_str().expect("a ref"));
        assert_eq!(repository.git(&["show", &file]), point);
    }
}

#[test]
fn one_with_commits_is_not_taken_back() {
    let (repository, folder) = killed_over("worktree.made", |repository, folder| {
        repository.git_in(folder, &["commit", "--quiet", "--allow-empty", "--message", "mine"]);
    });
    let active = || repository.worktrees().first().is_some_and(|known| known["status"] == "active").then_some(());
    eventually("it stays", PATIENCE, active);
    assert_eq!(repository.git_in(&folder, &["log", "-1", "--format=%s"]), "mine");
}

/// Whoever asked for it is gone: it is made all the same, and in use.
#[test]
fn a_client_that_goes_away() {
    let repository = Repository::new();
    let points = Points::new(&repository.project.sandbox);
    let asked = [
        ("worktree.added", json!({"type": "create_worktree", "name": "one"})),
        ("worktree.made", json!({"type": "spawn", "command": "sleep 1000"})),
    ];
    for (point, request) in asked {
        points.arm(point);
        let mut client = repository.project.client();
        client.send(&repository.project.request(request));
        points.reached(point, PATIENCE);
        drop(client);
        points.release(point);
    }
    eventually("both are in use", PATIENCE, || {
        let known = repository.worktrees();
        (known.len() == 2 && known.iter().all(|known| known["status"] == "active")).then_some(())
    });
    assert_eq!(repository.project.agents().len(), 1);
}

/// A merged branch is moved up only from where it was seen: what somebody pushes to it meanwhile stays.
#[test]
fn a_branch_that_moves_while_its_worktree_is_made() {
    let repository = Repository::new();
    repository.git(&["branch", "pintle/one"]);
    repository.write("README", "second\n");
    repository.commit("second");
    let points = Points::new(&repository.project.sandbox);
    points.arm("create_worktree.planned");
    let mut client = repository.project.client();
    client.send(&repository.project.request(json!({"type": "create_worktree", "name": "one"})));
    points.reached("create_worktree.planned", PATIENCE);
    let tree = repository.git(&["rev-parse", "HEAD^{tree}"]);
    let pushed = repository.git(&["commit-tree", &tree, "-p", "pintle/one", "-m", "pushed"]);
    repository.git(&["update-ref", "refs/heads/pintle/one", &pushed]);
    points.release("create_worktree.planned");
    assert!(client.recv_error("GIT_ERROR").contains("pintle/one"));
    assert_eq!(repository.git(&["rev-parse", "pintle/one"]), pushed);
    repository.has_none();
}
