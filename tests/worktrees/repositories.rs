//! Repositories of every kind: worktrees are made and deleted in them, or a clear error says why not, and nothing is left over.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Repository, path};
use crate::agents::project::Project;
use crate::support::mount::Mount;

impl Repository {
    fn delete_with(&self, worktree: &Value, force: bool) -> Value {
        let request = json!({"type": "delete_worktree", "worktree_id": worktree["id"], "force": force});
        self.project.ask(request, "delete_worktree_result")
    }

    /// A worktree is made, worked in, kept for that, and goes.
    #[track_caller]
    fn serves(&self) {
        let made = self.create("one");
        assert_eq!(self.git_in(&path(&made), &["status", "--porcelain"]), "");
        fs::write(path(&made).join("work"), "x\n").expect("a file");
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
        assert!(self.project.refused(request, "INVALID_STATE").contains("work"));
        let gone = self.delete_with(&made, true);
        assert_eq!((&gone["directory_removed"], &gone["branch_deleted"]), (&json!(true), &json!(true)), "{gone}");
        let check = self.project.ask(json!({"type": "check_worktrees"}), "worktree_check");
        assert_eq!((&check["count"], &check["orphans"]), (&json!(0), &json!([])));
    }
}

/// A project in another folder than the repository that it is made from, with git words that make it.
fn made_from(folder: &str, make: impl Fn(&Repository, &Path)) -> (Repository, Repository) {
    let source = Repository::new();
    let sandbox = crate::support::Sandbox::new();
    let at = sandbox.path(folder);
    make(&source, &at);
    let project = Project::at(sandbox, &at);
    (source, Repository { project })
}

#[test]
fn bare_ones_and_worktrees_of_somebodys_own() {
    let clone = |source: &Repository, at: &Path| {
        source.git(&[
            "clone",
            "--quiet",
            "--bare",
            source.root().to_str().expect("UTF-8"),
            at.to_str().expect("UTF-8"),
        ]);
    };
    let (_source, bare) = made_from("bare.git", clone);
    bare.serves();
    let add = |source: &Repository, at: &Path| {
        source.git(&["worktree", "add", "--quiet", "-b", "mine", at.to_str().expect("UTF-8")]);
    };
    let (source, linked) = made_from("a linked one", add);
    linked.serves();
    assert_eq!(linked.create("two")["baseBranch"], "mine");
    assert_eq!(source.git(&["status", "--porcelain"]), "");
}

#[test]
fn paths_with_blanks_and_letters_of_all_kinds() {
    let clone = |source: &Repository, at: &Path| {
        source.git(&["clone", "--quiet", source.root().to_str().expect("UTF-8"), at.to_str().expect("UTF-8")]);
    };
    let (_source, odd) = made_from("größer 'und' \"mehr\" $HOME ☃", clone);
    odd.serves();
}

/// git leaves submodules empty in a new worktree, and so do we; a command under `setup` fills them. With everything in them on a remote
/// they are in nobody's way.
#[test]
fn submodules() {
    let library = Repository::new();
    let repository = Repository::new();
    let from = library.root().to_str().expect("UTF-8");
    repository.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, "lib"]);
    repository.commit("a submodule");
    repository.serves();
    repository.project.configure("setup: ['git -c protocol.file.allow=always submodule --quiet update --init']\n");
    repository.serves();
    let made = repository.create("deep");
    let inner = path(&made).join("lib");
    assert!(inner.join("README").exists());
    fs::write(inner.join("README"), "changed\n").expect("a file");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
    assert!(repository.project.refused(request.clone(), "INVALID_STATE").contains("lib"));
    repository.git_in(&inner, &["commit", "--quiet", "--all", "--message", "only there"]);
    assert!(repository.project.refused(request, "INVALID_STATE").contains("cannot be saved"));
    repository.git_in(&inner, &["push", "--quiet", "origin", "HEAD:refs/heads/pushed"]);
    repository.delete_with(&made, true);
    repository.has_none();
}

/// A sparse checkout is the same in a new worktree; what lies outside of it is saved too.
#[test]
fn sparse_checkouts() {
    let repository = Repository::new();
    for name in ["in/a", "out/b"] {
        fs::create_dir_all(repository.root().join(name).parent().expect("a folder")).expect("a folder");
        repository.write(name, "x\n");
    }
    repository.commit("two folders");
    repository.git(&["sparse-checkout", "set", "--cone", "in"]);
    let made = repository.create("sparse");
    assert!(path(&made).join("in/a").exists() && !path(&made).join("out").exists());
    fs::create_dir(path(&made).join("out")).expect("a folder");
    fs::write(path(&made).join("out/c"), "work\n").expect("a file");
    let gone = repository.delete_with(&made, true);
    let saved = gone["saved_ref"].as_str().expect("a ref");
    assert_eq!(repository.git(&["show", &format!("{saved}:out/c")]), "work");
    assert_eq!(repository.git(&["show", &format!("{saved}:out/b")]), "x", "what is not checked out is not gone");
}

/// Somebody else's git holds locks: what they do not concern goes on, the rest says so and leaves nothing.
#[test]
fn another_git_is_at_it() {
    let repository = Repository::new();
    fs::write(repository.root().join(".git/index.lock"), "").expect("a file");
    repository.serves();
    let made = repository.create("inner");
    fs::write(path(&made).join("work"), "x\n").expect("a file");
    let own = repository.git_in(&path(&made), &["rev-parse", "--absolute-git-dir"]);
    fs::write(Path::new(&own).join("index.lock"), "").expect("a file");
    assert!(repository.delete_with(&made, true)["saved_ref"].is_string());
    fs::create_dir_all(repository.root().join(".git/refs/heads/pintle")).expect("a folder");
    let lock = repository.root().join(".git/refs/heads/pintle/held.lock");
    fs::write(&lock, "").expect("a file");
    let said = repository.refused(json!({"name": "held"}), "GIT_ERROR");
    assert!(said.contains("held") && said.contains("lock"), "{said}");
    repository.has_none();
    fs::remove_file(&lock).expect("a file");
    let made = repository.create("held");
    fs::write(&lock, "").expect("a file");
    let gone = repository.delete_with(&made, false);
    assert_eq!((&gone["branch_deleted"], &gone["directory_removed"]), (&json!(false), &json!(true)));
    assert!(gone["errors"][0].as_str().is_some_and(|error| error.contains("pintle/held stays")), "{gone}");
    fs::remove_file(&lock).expect("a file");
    repository.has_none();
}

/// Bytes that no compression makes fewer.
fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(length).collect()
}

/// The disk is full in the middle of a checkout, and while work is saved: nothing is left over, nothing is lost.
#[test]
fn a_full_disk() {
    let repository = Repository::new();
    repository.write("small", &"x".repeat(100_000));
    repository.write("zlarge", &"y".repeat(2_000_000));
    repository.commit("large");
    let folder = repository.project.file("worktrees");
    fs::create_dir_all(&folder).expect("a folder");
    let Some(mount) = Mount::over(&repository.project.sandbox, &folder, "1m") else { return };
    let said = repository.refused(json!({"name": "one"}), "GIT_ERROR");
    assert!(said.contains("zlarge") && said.contains("KiB are left"), "{said}");
    repository.has_none();
    assert_eq!(repository.branches(), ["main"]);
    drop(mount);
    let made = repository.create("one");
    fs::write(path(&made).join("work"), noise(3_000_000)).expect("a file");
    // No object can be written any more.
    let objects = repository.root().join(".git/objects");
    let store = repository.project.sandbox.path("store");
    repository.git(&[
        "clone",
        "--quiet",
        "--bare",
        repository.root().to_str().expect("UTF-8"),
        store.to_str().expect("UTF-8"),
    ]);
    let mount = Mount::over(&repository.project.sandbox, &objects, "64k").expect("as before");
    fs::create_dir(objects.join("info")).expect("a folder");
    fs::write(objects.join("info/alternates"), format!("{}\n", store.join("objects").display())).expect("a file");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
    let said = repository.project.refused(request, "GIT_ERROR");
    assert!(said.contains("unable to write") || said.contains("No space left"), "{said}");
    assert_eq!(fs::metadata(path(&made).join("work")).expect("it is there").len(), 3_000_000);
    assert_eq!(repository.worktrees()[0]["status"], "active");
    drop(mount);
    repository.delete_with(&made, true);
    repository.has_none();
}

/// What is only looked at is not written down.
#[test]
fn a_full_disk_and_a_worktree_without_work() {
    let repository = Repository::new();
    let folder = repository.root().join(".git/worktrees");
    fs::create_dir_all(&folder).expect("a folder");
    let Some(mount) = Mount::over(&repository.project.sandbox, &folder, "64k") else { return };
    let made = repository.create("clean");
    // As long as before, and newer: git would write down that it is the same.
    fs::write(path(&made).join("README"), "first\n").expect("a file");
    while fs::write(folder.join("full"), noise(65536)).is_ok() {}
    let gone = repository.delete_with(&made, false);
    assert_eq!((&gone["directory_removed"], &gone["branch_deleted"]), (&json!(true), &json!(true)), "{gone}");
    drop(mount);
}
