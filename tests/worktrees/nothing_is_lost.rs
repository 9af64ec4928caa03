//! Work that is easy to overlook: no worktree is deleted over it, and with force all of it is saved or stays.

use std::fs;
use std::path::Path;
use std::time::Duration;

use serde_json::{Value, json};

use super::{Repository, path};

impl Repository {
    /// Refused without force, for this.
    #[track_caller]
    pub(super) fn keeps(&self, made: &Value, part: &str) {
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
        let said = self.project.refused(request, "INVALID_STATE");
        assert!(said.contains(part), "{part}: {said}");
        assert!(path(made).exists());
    }

    /// With force too.
    #[track_caller]
    pub(super) fn keeps_always(&self, made: &Value, part: &str) {
        self.keeps(made, part);
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
        let said = self.project.refused(request, "INVALID_STATE");
        assert!(said.contains(part) && path(made).exists(), "{said}");
    }

    #[track_caller]
    pub(super) fn saved(&self, made: &Value) -> String {
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
        let gone = self.project.ask(request, "delete_worktree_result");
        gone["saved_ref"].as_str().unwrap_or_else(|| panic!("{gone}")).to_owned()
    }

    #[track_caller]
    pub(super) fn back(&self, saved: &str) -> Value {
        let made = self.project.ask(json!({"type": "restore_worktree", "saved": saved}), "create_worktree_result");
        self.worktrees().into_iter().find(|known| known["id"] == made["worktree_id"]).expect("it is back")
    }

    pub(super) fn commit_in(&self, folder: &Path, subject: &str) -> String {
        self.git_in(folder, &["commit", "--quiet", "--allow-empty", "--message", subject]);
        self.git_in(folder, &["rev-parse", "HEAD"])
    }

    fn is_on_a_ref(&self, commit: &str) -> bool {
        !self.git(&["for-each-ref", "--contains", commit, "refs/heads", "refs/pintle"]).is_empty()
    }
}

#[test]
fn files_that_git_was_told_not_to_look_at() {
    let repository = Repository::new();
    repository.write("other", "first\n");
    repository.commit("other");
    let made = repository.create("hidden");
    let folder = path(&made);
    for (flag, file) in [("--assume-unchanged", "README"), ("--skip-worktree", "other")] {
        repository.git_in(&folder, &["update-index", flag, file]);
        fs::write(folder.join(file), "precious\n").expect("a file");
        repository.keeps(&made, file);
    }
    let saved = repository.saved(&made);
    for file in ["README", "other"] {
        assert_eq!(repository.git(&["show", &format!("{saved}:{file}")]), "precious");
    }
}

/// What only a stash, or what the project's own folder has checked out without a branch, has is on its way out too.
#[test]
fn commits_that_nothing_lasting_has() {
    let repository = Repository::new();
    let made = repository.create("stashed");
    let folder = path(&made);
    repository.commit_in(&folder, "only stashed");
    fs::write(folder.join("README"), "x\n").expect("a file");
    repository.git_in(&folder, &["stash", "--quiet"]);
    repository.keeps(&made, "only stashed");
    let looked_at = repository.create("looked-at");
    repository.commit_in(&path(&looked_at), "only looked at");
    repository.git(&["checkout", "--quiet", "--detach", "pintle/looked-at"]);
    repository.keeps(&looked_at, "only looked at");
}

#[test]
fn two_that_count_on_each_other() {
    let repository = Repository::new();
    let one = repository.create("one");
    let commit = repository.commit_in(&path(&one), "shared");
    let two = repository.create_with(json!({"name": "two", "base": "pintle/one"}));
    let answers = std::thread::scope(|scope| {
        let deletions = [&one, &two].map(|made| {
            let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
            let (mut client, request) = (repository.project.client(), repository.project.request(request));
            scope.spawn(move || client.call(request))
        });
        deletions.map(|deletion| deletion.join().expect("an answer"))
    });
    let refused = answers.iter().find_map(|answer| answer["message"].as_str()).expect("one is refused");
    assert!(refused.ends_with("shared)"), "there were no agents that could have ended: {refused}");
    assert!(repository.is_on_a_ref(&commit), "one of them stays");
    assert_eq!(repository.worktrees().len(), 1);
}

#[test]
fn what_is_begun_and_not_ended() {
    let repository = Repository::new();
    let made = repository.create("merging");
    let folder = path(&made);
    repository.git(&["checkout", "--quiet", "-b", "side"]);
    repository.write("README", "theirs\n");
    repository.commit("theirs");
    repository.git(&["checkout", "--quiet", "main"]);
    fs::write(folder.join("README"), "ours\n").expect("a file");
    repository.git_in(&folder, &["commit", "--quiet", "--all", "--message", "ours"]);
    assert!(!repository.try_git(&folder, &["merge", "--quiet", "side"]).success());
    repository.keeps_always(&made, "a merge that is not ended");
    repository.git_in(&folder, &["merge", "--abort"]);
    repository.git_in(&folder, &["update-ref", "refs/worktree/mine", "HEAD"]);
    repository.keeps_always(&made, "refs/worktree/mine");
    repository.git_in(&folder, &["update-ref", "-d", "refs/worktree/mine"]);
    repository.saved(&made);
}

#[test]
fn repositories_in_places_where_git_does_not_look() {
    let repository = Repository::new();
    fs::create_dir(repository.root().join("src")).expect("a folder");
    repository.write("src/a", "x\n");
    repository.commit("src");
    let made = repository.create("one");
    let inner = path(&made).join("src");
    repository.git(&["init", "--quiet", inner.to_str().expect("UTF-8")]);
    repository.git_in(&inner, &["add", "--all"]);
    repository.commit_in(&inner, "inner");
    repository.keeps_always(&made, "src");
    fs::remove_dir_all(inner.join(".git")).expect("a folder");
    // A tag may never have been pushed.
    let tagged = path(&made).join("tagged");
    repository.git(&["init", "--quiet", tagged.to_str().expect("UTF-8")]);
    repository.commit_in(&tagged, "tagged");
    repository.git_in(&tagged, &["tag", "v1"]);
    repository.keeps_always(&made, "tagged");
    fs::remove_dir_all(&tagged).expect("a folder");
    // One in the place of the worktree's own.
    let other = repository.create("other");
    fs::remove_file(path(&other).join(".git")).expect("a file");
    repository.git(&["init", "--quiet", path(&other).to_str().expect("UTF-8")]);
    repository.keeps_always(&other, "no checkout any more");
}

/// Whatever stands in the manifest: the project itself is not removed, nor what a link of the project's leads to.
#[test]
fn what_is_the_projects_own() {
    let repository = Repository::new();
    let made = repository.create("linked");
    fs::create_dir(path(&made).join("reports")).expect("a folder");
    fs::write(path(&made).join("reports/one"), "precious\n").expect("a file");
    std::os::unix::fs::symlink(path(&made).join("reports"), repository.root().join("reports")).expect("a link");
    repository.keeps(&made, "reports/one");
    let mut manifest = repository.project.manifest();
    let mut entry = made.clone();
    let fields = json!({"id": "wt-byhand00", "name": "hand", "path": repository.root(), "branch": "main"});
    for (key, value) in fields.as_object().expect("fields") {
        entry[key] = value.clone();
    }
    manifest["worktrees"]["wt-byhand00"] = entry.clone();
    fs::write(repository.project.file("manifest.json"), manifest.to_string()).expect("a file");
    repository.keeps_always(&entry, "no checkout any more");
    assert!(repository.root().join("README").exists());
}

#[test]
fn folders_that_are_not_where_they_were() {
    let repository = Repository::new();
    let made = repository.create("gone");
    repository.git_in(&path(&made), &["checkout", "--quiet", "--detach"]);
    let commit = repository.commit_in(&path(&made), "detached");
    fs::remove_dir_all(path(&made)).expect("a folder");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
    let said = repository.project.refused(request, "INVALID_STATE");
    assert!(said.contains("detached"), "{said}");
    repository.saved(&made);
    assert!(repository.is_on_a_ref(&commit));
    // A worktree of somebody's own whose disk is off outlives one of ours that cannot be made.
    let (stick, away) = (repository.project.sandbox.path("stick"), repository.project.sandbox.path("away"));
    let theirs = stick.join("mine");
    repository.git(&["worktree", "add", "--quiet", "--detach", theirs.to_str().expect("UTF-8")]);
    fs::rename(&stick, &away).expect("a folder");
    let lock = repository.root().join(".git/refs/heads/pintle/taken.lock");
    fs::create_dir_all(lock.parent().expect("a folder")).expect("a folder");
    fs::write(lock, "").expect("a file");
    repository.refused(json!({"name": "taken"}), "GIT_ERROR");
    fs::rename(&away, &stick).expect("a folder");
    assert_eq!(repository.git_in(&theirs, &["status", "--porcelain"]), "");
}

/// Its disk may only be off: whoever locked it has said so.
#[test]
fn a_locked_one_whose_folder_is_away() {
    let repository = Repository::new();
    let made = repository.create("abroad");
    let folder = path(&made);
    repository.git_in(&folder, &["checkout", "--quiet", "--detach"]);
    repository.commit_in(&folder, "only there");
    repository.git(&["worktree", "lock", "--reason", "on a stick", folder.to_str().expect("UTF-8")]);
    let away = folder.with_extension("away");
    fs::rename(&folder, &away).expect("it is taken away");
    let refused = |force: bool| {
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": force});
        repository.project.refused(request, "INVALID_STATE")
    };
    assert!(refused(false).contains("only there"));
    fs::rename(&away, &folder).expect("it is back");
    repository.git_in(&folder, &["checkout", "--quiet", "pintle/abroad"]);
    fs::rename(&folder, &away).expect("it is taken away");
    assert!(refused(false).contains("locked: on a stick"));
}

/// Its repository is in the worktree's own folder of git's still, with whatever was never pushed.
#[test]
fn a_submodule_that_is_not_checked_out_any_more() {
    let (library, repository) = (Repository::new(), Repository::new());
    let from = library.root().to_str().expect("UTF-8");
    let local = ["-c", "protocol.file.allow=always", "submodule", "--quiet"];
    repository.git(&[&local[..], &["add", from, "lib"]].concat());
    repository.commit("a submodule");
    let made = repository.create("deep");
    let folder = path(&made);
    repository.git_in(&folder, &[&local[..], &["update", "--init"]].concat());
    repository.commit_in(&folder.join("lib"), "only in the submodule");
    repository.git_in(&folder, &["submodule", "--quiet", "deinit", "--force", "lib"]);
    repository.keeps_always(&made, "the submodule lib, which is not checked out");
}

/// What is checked out is told by git's folders: one submodule is called what another one's path is.
#[test]
fn a_submodule_with_the_name_of_anothers_path() {
    let (library, repository) = (Repository::new(), Repository::new());
    let from = library.root().to_str().expect("UTF-8");
    let local = ["-c", "protocol.file.allow=always", "submodule", "--quiet"];
    repository.git(&[&local[..], &["add", "--name", "lib", from, "vendor/lib"]].concat());
    repository.git(&[&local[..], &["add", "--name", "lib2", from, "lib"]].concat());
    repository.commit("submodules");
    let made = repository.create("named");
    let folder = path(&made);
    repository.git_in(&folder, &[&local[..], &["update", "--init"]].concat());
    repository.commit_in(&folder.join("vendor/lib"), "only in the submodule");
    repository.git_in(&folder, &["submodule", "--quiet", "deinit", "--force", "vendor/lib"]);
    repository.keeps_always(&made, "the submodule lib, which is not checked out");
    repository.git_in(&folder, &[&local[..], &["update", "--init"]].concat());
    repository.git_in(&folder.join("vendor/lib"), &["branch", "mine", "HEAD@{1}"]);
    let said =
        repository.project.refused(json!({"type": "delete_worktree", "worktree_id": made["id"]}), "INVALID_STATE");
    assert!(said.contains("vendor/lib, which has") && !said.contains("not checked out"), "{said}");
}

/// git trusts size and time only of a file that is older than its index; the copy that is saved from must be as old as the index itself.
#[test]
fn a_file_that_is_written_in_the_moment_of_the_index() {
    let repository = Repository::new();
    // What a test cannot set back would give it away.
    repository.git(&["config", "core.trustctime", "false"]);
    let made = repository.create("racy");
    let folder = path(&made);
    let (file, index) =
        (folder.join("README"), repository.git_in(&folder, &["rev-parse", "--absolute-git-dir"]) + "/index");
    // All of it was long ago, for whoever looks at seconds only.
    let then = std::time::SystemTime::UNIX_EPOCH + Duration::from_secs(1_700_000_000);
    let date = |path: &Path| fs::File::options().write(true).open(path).and_then(|file| file.set_modified(then));
    date(&file).expect("its time");
    repository.git_in(&folder, &["update-index", "--refresh"]);
    // As long as before, and as old: only what is in it is different.
    fs::write(&file, "FIRST\n").expect("a file");
    date(&file).expect("its time");
    date(Path::new(&index)).expect("its time");
    // `git status` would set it right in the index itself, if that were not locked.
    fs::write(index + ".lock", "").expect("a file");
    let saved = repository.saved(&made);
    assert_eq!(repository.git(&["show", &format!("{saved}:README")]), "FIRST");
}

/// A project that is moved takes its worktrees along.
#[test]
fn a_project_that_is_moved() {
    let repository = Repository::new();
    let made = repository.create("one");
    fs::write(path(&made).join("work"), "x\n").expect("a file");
    repository.project.sandbox.stop();
    let moved = repository.project.sandbox.path("moved");
    fs::rename(repository.root(), &moved).expect("a folder");
    repository.project.sandbox.start();
    let ask = |mut request: Value| {
        request["project_root"] = moved.to_str().expect("UTF-8").into();
        repository.project.client().call(request)
    };
    let check = ask(json!({"type": "check_worktrees"}));
    assert_eq!((&check["gone"], &check["orphans"]), (&json!([]), &json!([])), "{check}");
    let survey = ask(json!({"type": "survey_worktrees"}));
    assert_eq!(survey["surveys"][0]["untracked"], json!(["work"]), "{survey}");
    let refused = ask(json!({"type": "delete_worktree", "worktree_id": made["id"]}));
    assert_eq!(refused["code"], "INVALID_STATE", "{refused}");
}

#[test]
fn what_is_restored_is_as_it_was() {
    let repository = Repository::new();
    let made = repository.create("staged");
    let folder = path(&made);
    fs::write(folder.join("README"), "x\n").expect("a file");
    fs::write(folder.join("new"), "n\n").expect("a file");
    repository.git_in(&folder, &["add", "--all"]);
    let before = repository.git_in(&folder, &["status", "--porcelain"]);
    let back = repository.back(&repository.saved(&made));
    assert_eq!(repository.git_in(&path(&back), &["status", "--porcelain"]), before);
    // A branch that it was not on any more.
    let made = repository.create("behind");
    let folder = path(&made);
    let first = repository.commit_in(&folder, "c1");
    let second = repository.commit_in(&folder, "c2");
    repository.git_in(&folder, &["checkout", "--quiet", "--detach", &first]);
    let back = repository.back(&repository.saved(&made));
    assert_eq!(repository.git(&["rev-parse", "pintle/behind"]), second);
    assert_eq!(repository.git_in(&path(&back), &["rev-parse", "HEAD"]), first);
}

/// What a colleague has pushed to the remote's branch goes only where somebody else has it.
#[test]
fn commits_of_others_on_the_remote() {
    let repository = Repository::new();
    let remote = repository.project.sandbox.path("remote.git");
    let remote = remote.to_str().expect("UTF-8");
    repository.git(&["init", "--quiet", "--bare", remote]);
    repository.git(&["remote", "add", "origin", remote]);
    let made = repository.create("shared");
    repository.git_in(&path(&made), &["push", "--quiet", "origin", "HEAD"]);
    let theirs = repository.git(&["commit-tree", "main^{tree}", "-p", "pintle/shared", "-m", "colleague"]);
    repository.git(&["push", "--quiet", remote, &format!("{theirs}:refs/heads/pintle/shared")]);
    repository.git(&["fetch", "--quiet", "origin"]);
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "delete_remote": true});
    let said = repository.project.refused(request, "INVALID_STATE");
    assert!(said.contains("colleague"), "{said}");
}

/// It is on a branch that has no commit yet, with something staged or with nothing.
#[test]
fn a_branch_without_a_commit() {
    let repository = Repository::new();
    for (name, is_staged) in [("staged", true), ("empty", false)] {
        let made = repository.create(name);
        let folder = path(&made);
        repository.git_in(&folder, &["checkout", "--quiet", "--orphan", "fresh"]);
        if !is_staged {
            repository.git_in(&folder, &["rm", "--quiet", "-rf", "."]);
        }
        fs::write(folder.join("new"), "x\n").expect("a file");
        let before = repository.git_in(&folder, &["status", "--porcelain", "--branch"]);
        let saved = repository.saved(&made);
        let back = path(&repository.back(&saved));
        assert_eq!(repository.git_in(&back, &["status", "--porcelain", "--branch"]), before);
        assert_eq!(repository.git_in(&back, &["symbolic-ref", "HEAD"]), "refs/heads/fresh");
        assert!(repository.branches().contains(&format!("pintle/{name}")));
        // One who is on it is enough.
        let request = json!({"type": "restore_worktree", "saved": saved, "name": "second"});
        let second = repository.project.ask(request, "create_worktree_result")["worktree_id"].clone();
        let second = repository.worktrees().into_iter().find(|known| known["id"] == second).expect("it is there");
        assert_eq!(repository.git_in(&path(&second), &["symbolic-ref", "HEAD"]), "refs/heads/pintle/second");
        repository.saved(&second);
        fs::remove_dir_all(&back).expect("a folder");
        repository.git(&["worktree", "prune"]);
    }
}

/// On another branch than its own, and under another prefix by now.
#[test]
fn branches_are_as_they_were() {
    let repository = Repository::new();
    let made = repository.create("elsewhere");
    let folder = path(&made);
    repository.git_in(&folder, &["branch", "--move", "mine"]);
    repository.commit_in(&folder, "c");
    fs::write(folder.join("work"), "x\n").expect("a file");
    let saved = repository.saved(&made);
    let own = repository.create("own");
    fs::write(path(&own).join("work"), "x\n").expect("a file");
    let own = repository.saved(&own);
    repository.project.configure("branch_prefix: ann/\n");
    let back = repository.back(&saved);
    assert_eq!(repository.git_in(&path(&back), &["symbolic-ref", "HEAD"]), "refs/heads/mine");
    assert_eq!(repository.branches(), ["main", "mine"]);
    let back = repository.back(&own);
    assert_eq!(repository.git_in(&path(&back), &["symbolic-ref", "HEAD"]), "refs/heads/pintle/own");
}
