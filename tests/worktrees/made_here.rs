//! Repositories inside of a worktree with commits that no branch of a remote has: they keep it where somebody has made them there, and are in
//! nobody's way where they came with the repository.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::{Repository, path};

const LONG_AGO: &str = "2020-01-02T03:04:05Z";
const LATER: &str = "2025-01-02T03:04:05Z";
const LOCAL: [&str; 4] = ["-c", "protocol.file.allow=always", "submodule", "--quiet"];

impl Repository {
    fn git_at(&self, date: &str, folder: &Path, words: &[&str]) -> String {
        let git = self.project.sandbox.run("git", words).current_dir(folder);
        git.env("GIT_COMMITTER_DATE", date).ok().trim_end().to_owned()
    }

    /// A release beside all branches, as it is tagged commonly, made long ago.
    fn with_release() -> Self {
        let library = Self::new();
        library.git(&["checkout", "--quiet", "--detach"]);
        library.write("README", "released\n");
        library.git_at(LONG_AGO, library.root(), &["commit", "--quiet", "--all", "--message=release"]);
        library.git(&["tag", "v1"]);
        library.git(&["checkout", "--quiet", "main"]);
        library
    }

    #[track_caller]
    fn goes(&self, made: &Value) {
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
        let gone = self.project.ask(request, "delete_worktree_result");
        assert_eq!((&gone["directory_removed"], &gone["saved_ref"]), (&json!(true), &json!(null)), "{gone}");
    }
}

#[test]
fn tags_that_came_with_the_clone() {
    let (library, repository) = (Repository::with_release(), Repository::new());
    // The time of a commit says nothing where all is done within a second.
    library.git(&["checkout", "--quiet", "v1"]);
    library.git(&["commit", "--quiet", "--allow-empty", "--message=next"]);
    library.git(&["tag", "v2"]);
    library.git(&["checkout", "--quiet", "main"]);
    let from = library.root().to_str().expect("UTF-8");
    let over_a_wire = format!("file://{from}");
    let clones: [&[&str]; 5] = [
        &["clone", from],
        &["clone", &over_a_wire],
        &["clone", "--branch=v1", from],
        &["clone", "--branch=v2", "--depth=1", &over_a_wire],
        &["clone", "--branch=v2", "--single-branch", &over_a_wire],
    ];
    for words in clones {
        let made = repository.create("cloned");
        let inner = path(&made).join("inner");
        repository
            .git(&[&["-c", "advice.detachedHead=false"], words, &["--quiet", inner.to_str().expect("UTF-8")]].concat());
        for looked_at in ["v2", "HEAD"] {
            // Looking around is no work.
            let _ = repository.try_git(&inner, &["checkout", "--quiet", looked_at]);
        }
        repository.git_in(&inner, &["checkout", "--quiet", "-b", "at-a-tag"]);
        repository.goes(&made);
    }
    repository.has_none();
}

/// As its tag, or by its id alone; whether it is checked out or put away.
#[test]
fn submodules_at_what_no_branch_has() {
    let (library, repository) = (Repository::with_release(), Repository::new());
    let from = format!("file://{}", library.root().display());
    repository.git(&[&LOCAL[..], &["add", &from, "lib"]].concat());
    repository.git_in(&repository.root().join("lib"), &["checkout", "--quiet", "v1"]);
    repository.commit("a submodule");
    let made = repository.create("tagged");
    repository.git_in(&path(&made), &[&LOCAL[..], &["update", "--init"]].concat());
    repository.goes(&made);
    let made = repository.create("put-away");
    repository.git_in(&path(&made), &[&LOCAL[..], &["update", "--init"]].concat());
    repository.git_in(&path(&made), &["submodule", "--quiet", "deinit", "--force", "lib"]);
    repository.goes(&made);
    library.git(&["update-ref", "refs/hidden/v1", "v1"]);
    library.git(&["tag", "--delete", "v1"]);
    library.git(&["config", "uploadpack.allowAnySHA1InWant", "true"]);
    library.git(&["config", "uploadpack.hideRefs", "refs/hidden"]);
    let made = repository.create("fetched");
    repository.git_in(&path(&made), &[&LOCAL[..], &["update", "--init"]].concat());
    let inner = path(&made).join("lib");
    assert_eq!(fs::read_to_string(inner.join("README")).expect("it is there"), "released\n");
    assert_eq!(repository.git_in(&inner, &["tag"]), "");
    repository.goes(&made);
    repository.has_none();
}

/// However git was told, and whatever became of its logs. The release is there beside it each time.
#[test]
fn what_somebody_has_made() {
    let (library, repository) = (Repository::with_release(), Repository::new());
    let made = repository.create("nest");
    let inner = path(&made).join("inner");
    let git = |words: &[&str]| repository.git_in(&inner, words);
    let commit_at =
        |date: &str| repository.git_at(date, &inner, &["commit", "--quiet", "--allow-empty", "--message=x"]);
    // Beside all branches.
    let aside = |date: &str| {
        git(&["checkout", "--quiet", "--detach"]);
        commit_at(date);
        git(&["tag", "mine"]);
        git(&["checkout", "--quiet", "main"]);
    };
    let plain = |date: &str| repository.git_at(date, &inner, &["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x"]);
    let cases: [(&str, &dyn Fn()); 14] = [
        ("tagged", &|| aside(LATER)),
        ("tagged, as if it were old", &|| aside(LONG_AGO)),
        ("tagged without a log", &|| drop(git(&["tag", "mine", &plain(LATER)]))),
        ("tagged without a log in the same second", &|| drop(git(&["tag", "mine", &plain("2024-01-02T03:04:05Z")]))),
        ("checked out without a log", &|| drop(git(&["checkout", "--quiet", &plain(LATER)]))),
        ("the log is lost", &|| {
            aside(LONG_AGO);
            fs::remove_dir_all(inner.join(".git/logs")).expect("a folder");
        }),
        ("the log is old", &|| {
            aside(LONG_AGO);
            git(&["reflog", "expire", "--expire=now", "--all"]);
        }),
        ("a line of the log is lost", &|| {
            aside(LONG_AGO);
            git(&["reflog", "delete", "HEAD@{1}"]);
        }),
        ("no log is written", &|| {
            git(&["config", "core.logAllRefUpdates", "false"]);
            aside(LONG_AGO);
        }),
        ("a branch that began there", &|| {
            git(&["checkout", "--quiet", "--detach"]);
            commit_at(LONG_AGO);
            git(&["branch", "mine"]);
            git(&["checkout", "--quiet", "main"]);
        }),
        ("a branch without a word", &|| drop(git(&["update-ref", "refs/heads/mine", "v1"]))),
        ("a branch that is made longer", &|| {
            git(&["checkout", "--quiet", "-b", "mine", "v1"]);
            commit_at(LONG_AGO);
        }),
        ("a stash", &|| {
            fs::write(inner.join("README"), "precious\n").expect("a file");
            repository.git_at(LONG_AGO, &inner, &["stash", "--quiet"]);
        }),
        ("nobody is left to ask", &|| drop(git(&["remote", "remove", "origin"]))),
    ];
    let from = library.root().to_str().expect("UTF-8");
    for (what, make) in cases {
        repository.git(&["clone", "--quiet", from, inner.to_str().expect("UTF-8")]);
        make();
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
        let said = repository.project.refused(request, "INVALID_STATE");
        assert!(said.contains("inner, which has commits that no branch of a remote has"), "{what}: {said}");
        repository.stays(&made, "inner");
        fs::remove_dir_all(&inner).expect("a folder");
    }
    repository.goes(&made);
}
