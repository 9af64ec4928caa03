//! Repositories inside of a worktree with commits that no branch of a remote has: they keep it where somebody has made them there, and are in
//! nobody's way where they came with the repository.

use std::fs;
use std::path::{Path, PathBuf};

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

/// What it is, and how it comes about.
type Case<'a> = (&'a str, &'a dyn Fn(&Nest));

/// A clone of a library with a release, in a worktree.
struct Nest {
    library: Repository,
    repository: Repository,
    made: Value,
    inner: PathBuf,
}

impl Nest {
    fn new() -> Self {
        let (library, repository) = (Repository::with_release(), Repository::new());
        let made = repository.create("nest");
        let inner = path(&made).join("inner");
        Self { library, repository, made, inner }
    }

    fn git(&self, words: &[&str]) -> String {
        self.repository.git_in(&self.inner, words)
    }

    fn commit_at(&self, date: &str) {
        self.repository.git_at(date, &self.inner, &["commit", "--quiet", "--allow-empty", "--message=x"]);
    }

    /// Beside all branches.
    fn aside(&self, date: &str) {
        self.git(&["checkout", "--quiet", "--detach"]);
        self.commit_at(date);
        self.git(&["tag", "mine"]);
        self.git(&["checkout", "--quiet", "main"]);
    }

    /// A commit of which git writes no log.
    fn plain(&self, date: &str) -> String {
        self.repository.git_at(date, &self.inner, &["commit-tree", "HEAD^{tree}", "-p", "HEAD", "-m", "x"])
    }

    /// Each in a clone of its own, which keeps the worktree then.
    fn all_stay(&self, cases: &[Case<'_>]) {
        let (from, to) = (self.library.root().to_str().expect("UTF-8"), self.inner.to_str().expect("UTF-8"));
        for (what, make) in cases {
            self.repository.git(&["clone", "--quiet", from, to]);
            make(self);
            let request = json!({"type": "delete_worktree", "worktree_id": self.made["id"], "force": true});
            let said = self.repository.project.refused(request, "INVALID_STATE");
            assert!(said.contains("inner, which has commits that no branch of a remote has"), "{what}: {said}");
            self.repository.stays(&self.made, "inner");
            fs::remove_dir_all(&self.inner).expect("a folder");
        }
        self.repository.goes(&self.made);
    }
}

/// However git was told, with the release beside it each time.
#[test]
fn what_somebody_has_made() {
    Nest::new().all_stay(&[
        ("tagged", &|nest| nest.aside(LATER)),
        ("tagged, as if it were old", &|nest| nest.aside(LONG_AGO)),
        ("a branch that began there", &|nest| {
            nest.git(&["checkout", "--quiet", "--detach"]);
            nest.commit_at(LONG_AGO);
            nest.git(&["branch", "mine"]);
            nest.git(&["checkout", "--quiet", "main"]);
        }),
        ("a branch that is made longer", &|nest| {
            nest.git(&["checkout", "--quiet", "-b", "mine", "v1"]);
            nest.commit_at(LONG_AGO);
        }),
        ("a stash", &|nest| {
            fs::write(nest.inner.join("README"), "precious\n").expect("a file");
            nest.repository.git_at(LONG_AGO, &nest.inner, &["stash", "--quiet"]);
        }),
        ("nobody is left to ask", &|nest| drop(nest.git(&["remote", "remove", "origin"]))),
    ]);
}

/// Whatever became of its logs.
#[test]
fn what_no_log_tells() {
    const THEN: &str = "2024-01-02T03:04:05Z";
    Nest::new().all_stay(&[
        ("tagged", &|nest| drop(nest.git(&["tag", "mine", &nest.plain(LATER)]))),
        ("tagged in the second of the clone", &|nest| drop(nest.git(&["tag", "mine", &nest.plain(THEN)]))),
        ("checked out", &|nest| drop(nest.git(&["checkout", "--quiet", &nest.plain(LATER)]))),
        ("a branch", &|nest| drop(nest.git(&["update-ref", "refs/heads/mine", "v1"]))),
        ("the log is lost", &|nest| {
            nest.aside(LONG_AGO);
            fs::remove_dir_all(nest.inner.join(".git/logs")).expect("a folder");
        }),
        ("the log is old", &|nest| {
            nest.aside(LONG_AGO);
            nest.git(&["reflog", "expire", "--expire=now", "--all"]);
        }),
        ("a line of the log is lost", &|nest| {
            nest.aside(LONG_AGO);
            nest.git(&["reflog", "delete", "HEAD@{1}"]);
        }),
        ("no log is written", &|nest| {
            nest.git(&["config", "core.logAllRefUpdates", "false"]);
            nest.aside(LONG_AGO);
        }),
    ]);
}

/// What is pushed there goes with it. A checkout inside is another matter: it keeps the worktree itself.
#[test]
fn remotes_that_go_with_it() {
    let repository = Repository::new();
    fs::write(repository.root().join(".git/info/exclude"), ".pintle/\nbuild/\n").expect("a file");
    let made = repository.create("nest");
    let (folder, inner) = (path(&made), path(&made).join("inner"));
    repository.git_in(&folder, &["init", "--quiet", "--bare", "build/b.git"]);
    repository.clone_into(&inner);
    let git = |words: &[&str]| repository.git_in(&inner, words);
    git(&["remote", "add", "near", "../build/b.git"]);
    repository.commit_in(&inner, "only inside");
    git(&["push", "--quiet", "near", "HEAD:refs/heads/x"]);
    repository.stays(&made, "inner, which has commits");
    git(&["reset", "--quiet", "--hard", "origin/main"]);
    repository.stays(&made, "inner, which has commits");
    git(&["push", "--quiet", "origin", "near/x:refs/heads/x"]);
    repository.git_in(&folder, &["clone", "--quiet", "inner", "second"]);
    // The project may have such a remote too.
    repository.commit_in(&folder, "pushed nearby");
    let near = folder.join("build/b.git");
    repository.git(&["remote", "add", "near", near.to_str().expect("UTF-8")]);
    repository.git(&["push", "--quiet", "near", "pintle/nest:refs/heads/y"]);
    repository.keeps(&made, "pushed nearby");
    repository.git(&["branch", "kept", "pintle/nest"]);
    repository.goes(&made);
}
