//! What git does not see, or not from where one stands: it keeps a worktree all the same.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Repository, path};
use crate::support::mount::Mount;
use crate::support::{PATIENCE, Points, eventually};

impl Repository {
    /// Refused with and without force, for this, and all of it is there.
    #[track_caller]
    pub(super) fn stays(&self, made: &Value, part: &str) {
        for force in [false, true] {
            let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": force});
            let said = self.project.refused(request, "INVALID_STATE");
            assert!(said.contains(part), "{part}: {said}");
        }
        assert!(self.worktrees().iter().any(|known| known["id"] == made["id"] && known["status"] == "active"));
    }

    /// A repository of somebody else's in a folder of a worktree, with a commit that its remote has.
    pub(super) fn clone_into(&self, folder: &Path) {
        let from = self.project.sandbox.path("origin");
        if !from.exists() {
            let origin = from.to_str().expect("UTF-8");
            self.git(&["clone", "--quiet", "--bare", ".", origin]);
        }
        let words = ["clone", "--quiet", from.to_str().expect("UTF-8"), folder.to_str().expect("UTF-8")];
        self.git(&words);
    }

    fn commit_inside(&self, folder: &Path) {
        self.git_in(folder, &["commit", "--quiet", "--allow-empty", "--message", "only here"]);
    }

    fn git_folder(&self, made: &Value) -> PathBuf {
        self.git_in(&path(made), &["rev-parse", "--absolute-git-dir"]).into()
    }
}

/// In the folder of a submodule that is not checked out, which is how git leaves every one of them in a new worktree.
#[test]
fn files_where_git_keeps_a_submodule() {
    let (library, repository) = (Repository::new(), Repository::new());
    let from = library.root().to_str().expect("UTF-8");
    repository.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", from, "lib"]);
    repository.commit("a submodule");
    let made = repository.create("empty");
    fs::write(path(&made).join("lib/notes"), "precious\n").expect("a file");
    repository.stays(&made, "lib/notes");
    fs::remove_file(path(&made).join("lib/notes")).expect("a file");
    repository.project.ask(json!({"type": "delete_worktree", "worktree_id": made["id"]}), "delete_worktree_result");
}

/// Whoever may read everything is not kept out.
#[test]
fn folders_that_cannot_be_read() {
    let repository = Repository::new();
    let made = repository.create("closed");
    for folder in [path(&made), path(&made).join("new")] {
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join("work"), "precious\n").expect("a file");
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o000)).expect("its mode");
        if fs::read_dir(&folder).is_err() {
            repository.stays(&made, "cannot be looked at");
        }
        fs::set_permissions(&folder, fs::Permissions::from_mode(0o755)).expect("its mode");
        assert_eq!(fs::read_to_string(folder.join("work")).expect("it is there"), "precious\n");
    }
    // As for everybody: a name that the system does not take any more.
    let deep = format!(
        "cd {}; for i in $(seq 30); do mkdir -p {1}; cd {1}; done; echo x > work",
        path(&made).display(),
        "d".repeat(200)
    );
    assert!(repository.project.sandbox.run("sh", &["-c", &deep]).finish().success());
    repository.stays(&made, "cannot be looked at");
    let away = format!("rm -rf {}/d*", path(&made).display());
    assert!(repository.project.sandbox.run("sh", &["-c", &away]).finish().success());
}

/// What is mounted in it is not its own, and removing the folder would empty that, ignored or not.
#[test]
fn something_that_is_mounted_in_it() {
    let repository = Repository::new();
    fs::write(repository.root().join(".git/info/exclude"), ".pintle/\ndata/\n").expect("a file");
    let made = repository.create("mounted");
    let data = path(&made).join("data");
    fs::create_dir(&data).expect("a folder");
    let Some(mount) = Mount::over(&repository.project.sandbox, &data, "64k") else { return };
    fs::write(data.join("theirs"), "precious\n").expect("a file");
    repository.stays(&made, "something is mounted there");
    assert_eq!(fs::read_to_string(data.join("theirs")).expect("it is there"), "precious\n");
    drop(mount);
    repository.project.ask(json!({"type": "delete_worktree", "worktree_id": made["id"]}), "delete_worktree_result");
}

#[test]
fn links_that_git_was_told_not_to_look_at() {
    let repository = Repository::new();
    symlink("README", repository.root().join("link")).expect("a link");
    repository.commit("a link");
    let made = repository.create("linked");
    repository.git_in(&path(&made), &["update-index", "--skip-worktree", "link"]);
    fs::remove_file(path(&made).join("link")).expect("a link");
    symlink("elsewhere", path(&made).join("link")).expect("a link");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
    let gone = repository.project.ask(request, "delete_worktree_result");
    let saved = gone["saved_ref"].as_str().unwrap_or_else(|| panic!("nothing is saved: {gone}"));
    assert_eq!(repository.git(&["show", &format!("{saved}:link")]), "elsewhere");
}

/// Whatever of theirs nobody has pushed, wherever git keeps it, and whatever makes git itself stumble.
#[test]
fn repositories_inside() {
    let repository = Repository::new();
    let made = repository.create("nest");
    let inner = path(&made).join("inner");
    let git = |words: &[&str]| repository.git_in(&inner, words);
    let write = |name: &str| fs::write(inner.join(name), "precious\n").expect("a file");
    let cases: [(&str, &dyn Fn()); 10] = [
        ("inner, which has commits", &|| repository.commit_inside(&inner)),
        ("inner, which has commits", &|| {
            // On a branch that is not checked out, in a repository whose HEAD is no commit.
            repository.commit_inside(&inner);
            git(&["checkout", "--quiet", "--orphan", "new"]);
            git(&["rm", "--quiet", "-rf", "."]);
        }),
        ("inner, which has commits", &|| {
            write("HEAD");
            git(&["add", "--all"]);
            repository.commit_inside(&inner);
        }),
        ("inner, which has commits", &|| {
            repository.commit_inside(&inner);
            git(&["update-ref", "refs/pintle/saved/x", "HEAD"]);
            git(&["reset", "--quiet", "--hard", "HEAD~"]);
        }),
        ("inner, which has commits", &|| {
            // In FETCH_HEAD as well, though no remote has it.
            git(&["checkout", "--quiet", "-b", "mine"]);
            repository.commit_inside(&inner);
            git(&["fetch", "--quiet", ".", "mine:other"]);
        }),
        ("inner, which has commits", &|| fs::write(inner.join(".git/refs/heads/broken"), "x").expect("a file")),
        ("inner, which has changes that git was told", &|| {
            git(&["update-index", "--assume-unchanged", "README"]);
            write("README");
        }),
        ("inner, which has worktrees", &|| {
            let elsewhere = repository.project.sandbox.path("elsewhere");
            git(&["worktree", "add", "--quiet", "--detach", elsewhere.to_str().expect("UTF-8")]);
        }),
        ("inner, which cannot be looked at", &|| fs::write(inner.join(".git/HEAD"), "").expect("a file")),
        ("inner, which a rebase", &|| fs::create_dir(inner.join(".git/rebase-merge")).expect("a folder")),
    ];
    for (said, make) in cases {
        repository.clone_into(&inner);
        make();
        repository.stays(&made, said);
        fs::remove_dir_all(&inner).expect("a folder");
    }
    // With nothing in it, or all of it on a remote, it is in nobody's way, and is not what is saved.
    repository.clone_into(&inner);
    repository.git_in(&path(&made), &["init", "--quiet", "empty"]);
    fs::write(path(&made).join("work"), "x\n").expect("a file");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
    let gone = repository.project.ask(request, "delete_worktree_result");
    let saved = gone["saved_ref"].as_str().unwrap_or_else(|| panic!("nothing is saved: {gone}"));
    assert_eq!(repository.git(&["ls-tree", "--name-only", saved]), "README\nwork");
}

/// A repository inside of which this one tracks files as well: those are ours, and saved as such.
#[test]
fn files_of_ours_in_a_repository_inside() {
    let repository = Repository::new();
    fs::create_dir(repository.root().join("vendored")).expect("a folder");
    repository.write("vendored/config", "old\n");
    repository.write("private", "old\n");
    repository.commit("vendored");
    let made = repository.create("vendor");
    let folder = path(&made);
    repository.clone_into(&repository.project.sandbox.path("clone"));
    fs::rename(repository.project.sandbox.path("clone/.git"), folder.join("vendored/.git")).expect("a folder");
    repository.git_in(&folder.join("vendored"), &["checkout", "--quiet", "HEAD", "--", "."]);
    fs::write(folder.join("vendored/.git/info/exclude"), "config\nnotes\nprivate\nvendored/\n").expect("a file");
    for name in ["vendored/config", "vendored/notes"] {
        fs::write(folder.join(name), "precious\n").expect("a file");
    }
    // Taken out of git, and ignored since.
    repository.git_in(&folder, &["rm", "--quiet", "--cached", "private"]);
    fs::write(folder.join(".gitignore"), "private\n").expect("a file");
    fs::write(folder.join("private"), "mine\n").expect("a file");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
    let gone = repository.project.ask(request, "delete_worktree_result");
    let saved = gone["saved_ref"].as_str().unwrap_or_else(|| panic!("nothing is saved: {gone}"));
    for (file, text) in [("vendored/config", "precious"), ("vendored/notes", "precious"), ("private", "mine")] {
        assert_eq!(repository.git(&["show", &format!("{saved}:{file}")]), text, "{file}");
    }
}

/// What came from a remote is nobody's work, however little of it was fetched, and wherever its folder is.
#[test]
fn submodules_that_are_shallow_or_away() {
    let (library, repository) = (Repository::new(), Repository::new());
    let from = format!("file://{}", library.root().display());
    let local = ["-c", "protocol.file.allow=always", "submodule", "--quiet"];
    repository.git(&[&local[..], &["add", &from, "lib"]].concat());
    repository.commit("a submodule");
    library.git(&["commit", "--quiet", "--allow-empty", "--message=newer"]);
    let create = |name: &str| {
        let made = repository.create(name);
        let folder = path(&made);
        repository.git_in(&folder, &[&local[..], &["update", "--init", "--depth=1"]].concat());
        made
    };
    let delete = |made: &Value| {
        let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
        repository.project.ask(request, "delete_worktree_result")
    };
    delete(&create("whole"));
    let away = create("away");
    fs::remove_dir_all(path(&away)).expect("a folder");
    delete(&away);
    let removed = create("removed");
    fs::remove_dir_all(path(&removed).join("lib")).expect("a folder");
    fs::create_dir(path(&removed).join("lib")).expect("a folder");
    delete(&removed);
    repository.has_none();
}

/// A checkout that some repository knows is nobody's rubbish, whoever ignores the folder that it lies in.
#[test]
fn worktrees_inside_of_a_worktree() {
    let repository = Repository::new();
    fs::write(repository.root().join(".git/info/exclude"), ".pintle/\n.worktrees/\n").expect("a file");
    let made = repository.create("outer");
    let folder = path(&made);
    repository.git_in(&folder, &["worktree", "add", "--quiet", "--detach", ".worktrees/x"]);
    repository.stays(&made, ".worktrees/x, a worktree of its own");
    repository.git_in(&folder, &["worktree", "remove", ".worktrees/x"]);
    repository.project.ask(json!({"type": "delete_worktree", "worktree_id": made["id"]}), "delete_worktree_result");
}

/// Its files are gone, but not all that git keeps of it.
#[test]
fn what_git_keeps_of_one_that_is_away() {
    let repository = Repository::new();
    let away = |made: &Value| fs::remove_dir_all(path(made)).expect("a folder");
    let made = repository.create("own-ref");
    repository.commit_inside(&path(&made));
    repository.git_in(&path(&made), &["update-ref", "refs/worktree/mine", "HEAD"]);
    away(&made);
    repository.stays(&made, "refs/worktree/mine");
    let made = repository.create("staged");
    fs::write(path(&made).join("staged"), "precious\n").expect("a file");
    repository.git_in(&path(&made), &["add", "--all"]);
    away(&made);
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
    let said = repository.project.refused(request, "INVALID_STATE");
    assert!(said.contains("1 changed file (staged)"), "{said}");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "force": true});
    let gone = repository.project.ask(request, "delete_worktree_result");
    repository.git(&["gc", "--quiet", "--prune=now"]);
    let back = repository
        .project
        .ask(json!({"type": "restore_worktree", "saved": gone["saved_ref"]}), "create_worktree_result");
    let back = repository.worktrees().into_iter().find(|known| known["id"] == back["worktree_id"]).expect("it is back");
    assert_eq!(repository.git_in(&path(&back), &["status", "--porcelain"]), "A  staged");
    // One that was moved in git's own way is somewhere else, with all that is in it.
    let made = repository.create("moved");
    let moved = repository.project.sandbox.path("moved-away");
    repository.git(&["worktree", "move", path(&made).to_str().expect("UTF-8"), moved.to_str().expect("UTF-8")]);
    repository.stays(&made, "was moved to");
}

/// Conflicts, and what a merge has put aside.
#[test]
fn what_is_neither_here_nor_there() {
    let repository = Repository::new();
    let made = repository.create("conflict");
    let folder = path(&made);
    fs::write(folder.join("README"), "theirs\n").expect("a file");
    repository.git_in(&folder, &["stash", "--quiet"]);
    fs::write(folder.join("README"), "ours\n").expect("a file");
    repository.git_in(&folder, &["commit", "--quiet", "--all", "--message", "ours"]);
    assert!(!repository.try_git(&folder, &["stash", "pop"]).success());
    repository.stays(&made, "a conflict in README");
    repository.git_in(&folder, &["checkout", "--ours", "README"]);
    repository.git_in(&folder, &["add", "README"]);
    fs::write(repository.git_folder(&made).join("MERGE_AUTOSTASH"), "x").expect("a file");
    repository.stays(&made, "a merge that has put changes aside");
}

/// A ref that only leads to another has nothing itself, and what it leads to is not its own.
#[test]
fn symbolic_refs() {
    let repository = Repository::new();
    let made = repository.create("other");
    repository.commit_inside(&path(&made));
    repository.git(&["symbolic-ref", "refs/heads/alias", "refs/heads/pintle/other"]);
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
    assert!(repository.project.refused(request, "INVALID_STATE").contains("only here"));
    let made = repository.create("leads");
    repository.git(&["branch", "feature"]);
    repository.git(&["symbolic-ref", "refs/heads/pintle/leads", "refs/heads/feature"]);
    repository.project.ask(json!({"type": "delete_worktree", "worktree_id": made["id"]}), "delete_worktree_result");
    assert!(repository.branches().contains(&"feature".to_owned()));
}

/// What is written after the look, and before the folder is put away.
#[test]
fn what_is_written_while_it_goes() {
    for (file, is_refused) in [("README", true), ("new", true), ("ignored.log", false)] {
        let repository = Repository::new();
        let points = Points::new(&repository.project.sandbox);
        fs::write(repository.root().join(".git/info/exclude"), ".pintle/\n*.log\n").expect("a file");
        let made = repository.create("going");
        points.arm("delete_worktree.saved");
        let mut client = repository.project.client();
        client.send(&repository.project.request(json!({"type": "delete_worktree", "worktree_id": made["id"]})));
        points.reached("delete_worktree.saved", PATIENCE);
        fs::write(path(&made).join(file), "precious\n").expect("a file");
        points.release("delete_worktree.saved");
        let said = client.recv();
        if is_refused {
            assert!(
                said["message"].as_str().expect("words").contains(&format!("is being written to: {file}")),
                "{said}"
            );
            assert_eq!(fs::read_to_string(path(&made).join(file)).expect("it is there"), "precious\n");
        } else {
            assert_eq!(said["directory_removed"], true, "{said}");
        }
    }
}

/// Only an agent's own death may end it: who prunes has looked before.
#[test]
fn an_agent_that_somebody_has_started_meanwhile() {
    let repository = Repository::new();
    let made = repository.create("lively");
    let spawn = json!({"type": "spawn", "worktree": made["id"], "command": "sleep 1000"});
    repository.project.ask(spawn, "spawn_result");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"], "spare_agents": true});
    assert!(repository.project.refused(request, "INVALID_STATE").contains("agents live in"));
    assert_eq!(repository.project.agents().len(), 1);
}

/// Its folder could not be removed, somebody has put it back and works there again: it is looked at like any other, by the next daemon too.
#[test]
fn one_that_was_put_back_by_hand() {
    let repository = Repository::new();
    let made = repository.create("back");
    let id = made["id"].as_str().expect("an id").to_owned();
    repository.project.sandbox.stop();
    let removing = |manifest: &mut Value| manifest["worktrees"][&id]["status"] = "removing".into();
    repository.edit_manifest(removing);
    fs::write(path(&made).join("work"), "precious\n").expect("a file");
    repository.project.sandbox.start();
    // As long as the new daemon sees to it, it is refused for that.
    eventually("it is in use, and looked at", PATIENCE, || {
        let request = json!({"type": "delete_worktree", "worktree_id": id});
        repository.project.refused(request, "INVALID_STATE").contains("1 untracked file (work)").then_some(())
    });
}

/// Put away by hand, as the daemon does it: nobody has said that it may go.
#[test]
fn one_that_somebody_has_put_away() {
    let repository = Repository::new();
    let made = repository.create("aside");
    fs::write(path(&made).join("work"), "precious\n").expect("a file");
    let mut away = path(&made).into_os_string();
    away.push(".removing");
    fs::rename(path(&made), &away).expect("it is put away");
    let request = json!({"type": "delete_worktree", "worktree_id": made["id"]});
    assert!(repository.project.refused(request.clone(), "INVALID_STATE").contains("1 untracked file (work)"));
    assert!(path(&made).join("work").exists());
    fs::remove_dir_all(path(&made)).expect("a folder");
    fs::create_dir(&away).expect("a folder");
    fs::write(Path::new(&away).join("theirs"), "x\n").expect("a file");
    assert!(repository.project.refused(request, "IO_ERROR").contains("is in the way"));
    assert!(Path::new(&away).join("theirs").exists());
}

/// The daemon was killed when the folder was put away and that was not noted yet, and something has appeared in its place.
#[test]
fn one_that_was_put_away_and_has_something_in_its_place() {
    let repository = Repository::new();
    let made = repository.create("away");
    let id = made["id"].as_str().expect("an id").to_owned();
    fs::write(path(&made).join("work"), "precious\n").expect("a file");
    repository.project.sandbox.stop();
    repository.edit_manifest(|manifest| manifest["worktrees"][&id]["status"] = "deleting".into());
    let mut away = path(&made).into_os_string();
    away.push(".removing");
    fs::rename(path(&made), &away).expect("it is put away");
    fs::create_dir(path(&made)).expect("a folder");
    fs::write(path(&made).join("new"), "x\n").expect("a file");
    repository.project.sandbox.start();
    let back = || fs::read_to_string(path(&made).join("work")).is_ok().then_some(());
    eventually("it is back", PATIENCE, back);
    let active = || repository.worktrees().iter().any(|known| known["status"] == "active").then_some(());
    eventually("it is in use", PATIENCE, active);
    // What was in its place is somebody's, and the doctor tells of it.
    assert!(Path::new(&away).join("new").exists());
    let check = repository.project.ask(json!({"type": "check_worktrees"}), "worktree_check");
    assert_eq!(check["orphans"], json!([away.to_str().expect("UTF-8")]), "{check}");
}
