//! Worktrees on real repositories.

mod byte_for_byte;
mod create_worktree;
mod delete_worktree;
mod diff;
mod diff_is_gits;
mod diff_suspects;
mod finish_swarm;
mod hard_ground;
mod kept_in_git;
mod made_here;
mod nothing_is_lost;
mod pulse;
mod repositories;
mod run_swarm;
mod set_up;
mod spawn;
mod subscribe_status;
mod unseen;

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::invocation::Finished;

/// A project that is a repository with a commit on `main`.
struct Repository {
    project: Project,
}

impl Repository {
    fn new() -> Self {
        let repository = Self::without_commit();
        repository.write("README", "first\n");
        repository.commit("first");
        repository
    }

    fn without_commit() -> Self {
        Self::within(Project::new())
    }

    /// A repository without a commit.
    fn within(project: Project) -> Self {
        let repository = Self { project };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        // Made before it was a repository.
        std::fs::write(repository.root().join(".git/info/exclude"), ".pintle/\n").expect("a file");
        repository
    }

    fn root(&self) -> &Path {
        self.project.folder()
    }

    fn write(&self, name: &str, text: &str) {
        std::fs::write(self.root().join(name), text).expect("a file");
    }

    fn commit(&self, message: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", message]);
    }

    /// What git prints in the project.
    #[track_caller]
    fn git(&self, words: &[&str]) -> String {
        self.git_in(self.root(), words)
    }

    #[track_caller]
    fn git_in(&self, folder: &Path, words: &[&str]) -> String {
        let ran = self.try_git(folder, words);
        assert!(ran.success(), "git {words:?}: {ran}");
        ran.stdout.trim_end().to_owned()
    }

    fn try_git(&self, folder: &Path, words: &[&str]) -> Finished {
        self.project.sandbox.run("git", words).current_dir(folder).finish()
    }

    /// Makes a worktree; what the project says of it then.
    #[track_caller]
    fn create(&self, name: &str) -> Value {
        self.create_with(json!({"name": name}))
    }

    #[track_caller]
    fn create_with(&self, mut request: Value) -> Value {
        request["type"] = "create_worktree".into();
        let id = self.project.ask(request, "create_worktree_result")["worktree_id"].clone();
        let found = self.worktrees().into_iter().find(|worktree| worktree["id"] == id);
        found.unwrap_or_else(|| panic!("{id} is not in the status"))
    }

    #[track_caller]
    fn refused(&self, mut request: Value, code: &str) -> String {
        request["type"] = "create_worktree".into();
        self.project.refused(request, code)
    }

    fn worktrees(&self) -> Vec<Value> {
        let report = self.project.ask(json!({"type": "status"}), "status_report");
        report["worktrees"].as_array().expect("a list").clone()
    }

    /// Nothing is there but the project itself: no folder, nothing that git or the manifest knows.
    #[track_caller]
    fn has_none(&self) {
        assert_eq!(self.worktrees(), Vec::<Value>::new());
        assert_eq!(self.project.manifest()["worktrees"], json!({}));
        let folder = std::fs::read_dir(self.project.file("worktrees"));
        let left: Vec<_> = folder.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
        assert_eq!(left, Vec::<PathBuf>::new());
        assert_eq!(self.git(&["worktree", "list"]).lines().count(), 1);
    }

    /// Writes it over, as somebody's editor would.
    fn edit_manifest(&self, edit: impl FnOnce(&mut Value)) {
        let mut manifest = self.project.manifest();
        edit(&mut manifest);
        std::fs::write(self.project.file("manifest.json"), manifest.to_string()).expect("a file");
    }

    /// What is saved.
    #[track_caller]
    fn list_saved(&self) -> Vec<Value> {
        let list = self.project.ask(json!({"type": "list_saved_worktrees"}), "saved_worktree_list");
        list["saved"].as_array().expect("a list").clone()
    }

    fn branches(&self) -> Vec<String> {
        self.git(&["for-each-ref", "--format=%(refname:short)", "refs/heads"]).lines().map(str::to_owned).collect()
    }
}

fn path(worktree: &Value) -> PathBuf {
    worktree["path"].as_str().expect("a path").into()
}
