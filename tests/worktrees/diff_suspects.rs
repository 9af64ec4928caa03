//! `diff` and `pulse` where git is given what may differ and nothing else, and where folders are not read once more.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::diff::compare;
use super::{Repository, path};
use crate::agents::project::Project;
use crate::support::{Sandbox, eventually};

const MOMENT: Duration = Duration::from_secs(10);

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a file");
    fs::write(file, text).expect("a file");
}

fn files(repository: &Repository) {
    for name in ["a", "b/c", "b/d", "e/f/g"] {
        write(repository.root(), name, "1\n2\n3\n");
    }
    repository.commit("files");
}

type Git<'a> = &'a dyn Fn(&[&str]);

/// A file that goes while git looks at it, say: all is compared once more, in another way.
#[test]
fn a_git_that_refuses_what_it_is_given() {
    let mut sandbox = Sandbox::new();
    let (bin, refused) = (sandbox.path("bin"), sandbox.path("refused"));
    let path_before = std::env::var("PATH").expect("a PATH in UTF-8");
    fs::create_dir_all(&bin).expect("a folder");
    let git = format!(
        "#!/bin/sh\nif [ -n \"$GIT_INDEX_FILE\" ] && mkdir '{}' 2>/dev/null; then\n echo 'fatal: refused' >&2\n exit 128\nfi\n\
         PATH='{path_before}' exec git \"$@\"\n",
        refused.display()
    );
    fs::write(bin.join("git"), git).expect("a program");
    fs::set_permissions(bin.join("git"), fs::Permissions::from_mode(0o755)).expect("our own file");
    sandbox.set("PATH", format!("{}:{path_before}", bin.display()));
    let repository = Repository::within(Project::within(sandbox));
    files(&repository);
    let made = repository.create("work");
    rewrite(&path(&made), "a");
    assert!(!refused.exists());
    let diff = repository.project.ask(json!({"type": "diff"}), "diff_result")["diffs"][0].clone();
    assert!(refused.exists(), "it was asked with an index of its own");
    let expected = repository.git_in(&path(&made), &["diff", "--no-color", "main"]);
    assert_eq!(
        (&diff["files_changed"], diff["diff_output"].as_str()),
        (&json!(1), Some(format!("{expected}\n").as_str()))
    );
}

/// It is what git says.
#[track_caller]
fn check(what: &str, change: impl FnOnce(Git<'_>, &Path)) {
    compare(what, files, |repository, folder| {
        change(&|words: &[&str]| drop(repository.git_in(folder, words)), folder);
    });
}

fn rewrite(folder: &Path, name: &str) {
    write(folder, name, "1\n2\n4\n5\n");
}

#[test]
fn what_was_added() {
    check("added and gone", |git, folder| {
        write(folder, "new", "1\n");
        git(&["add", "new"]);
        fs::remove_file(folder.join("new")).expect("a file");
        rewrite(folder, "a");
    });
    check("added, and a folder by now", |git, folder| {
        write(folder, "new", "1\n");
        git(&["add", "new"]);
        fs::remove_file(folder.join("new")).expect("a file");
        write(folder, "new/inside", "1\n");
        rewrite(folder, "a");
    });
    check("added and changed", |git, folder| {
        write(folder, "new", "1\n");
        git(&["add", "new"]);
        write(folder, "new", "2\n");
    });
}

#[test]
fn what_was_committed() {
    check("committed and gone", |git, folder| {
        rewrite(folder, "b/c");
        git(&["commit", "--quiet", "--all", "--message", "x"]);
        fs::remove_file(folder.join("b/c")).expect("a file");
    });
    check("committed, and as it was", |git, folder| {
        rewrite(folder, "b/c");
        git(&["commit", "--quiet", "--all", "--message", "x"]);
        write(folder, "b/c", "1\n2\n3\n");
        rewrite(folder, "a");
    });
}

#[test]
fn what_git_is_told_to_leave() {
    check("not git's any more, and there", |git, folder| {
        git(&["rm", "--quiet", "--cached", "b/c"]);
        rewrite(folder, "b/d");
    });
    check("not git's any more, and gone", |git, folder| {
        git(&["rm", "--quiet", "b/c"]);
        rewrite(folder, "b/d");
    });
    check("to be added", |git, folder| {
        write(folder, "new", "1\n");
        git(&["add", "--intent-to-add", "new"]);
        rewrite(folder, "a");
    });
    check("committed and not to be looked at", |git, folder| {
        rewrite(folder, "b/c");
        git(&["commit", "--quiet", "--all", "--message", "x"]);
        git(&["update-index", "--assume-unchanged", "b/c"]);
        rewrite(folder, "a");
        write(folder, "b/c", "other\n");
    });
}

#[test]
fn modes() {
    check("a mode that only the index has", |git, folder| {
        git(&["config", "core.fileMode", "false"]);
        git(&["update-index", "--chmod=+x", "b/c"]);
        rewrite(folder, "b/c");
    });
    check("a mode that only the file has", |git, folder| {
        git(&["config", "core.fileMode", "false"]);
        rewrite(folder, "b/c");
        git(&["commit", "--quiet", "--all", "--message", "x"]);
        fs::set_permissions(folder.join("b/c"), fs::Permissions::from_mode(0o755)).expect("a file");
    });
}

#[test]
fn one_thing_in_anothers_place() {
    check("a file in a folder's place", |git, folder| {
        fs::remove_dir_all(folder.join("e")).expect("a folder");
        write(folder, "e", "1\n");
        git(&["add", "--all"]);
        rewrite(folder, "a");
    });
    check("a folder in a file's place", |git, folder| {
        fs::remove_file(folder.join("a")).expect("a file");
        write(folder, "a/inside", "1\n");
        git(&["add", "--all"]);
        rewrite(folder, "b/c");
    });
    // What is behind the link has the same names and looks as the index remembers it.
    check("a link to the folder in its place", |_, folder| {
        fs::rename(folder.join("b"), folder.join("moved")).expect("a folder");
        symlink("moved", folder.join("b")).expect("a link");
    });
    check("a link to the folder in its place, added", |git, folder| {
        fs::rename(folder.join("e/f"), folder.join("e/moved")).expect("a folder");
        symlink("moved", folder.join("e/f")).expect("a link");
        git(&["add", "e/moved"]);
    });
    check("renamed, changed and moved on", |git, folder| {
        git(&["mv", "b/c", "b/other"]);
        git(&["commit", "--quiet", "--all", "--message", "x"]);
        fs::rename(folder.join("b/other"), folder.join("b/once-more")).expect("a file");
        git(&["add", "--all"]);
        write(folder, "b/once-more", "1\n2\n3\n4\n");
    });
}

/// More than one git is worth starting for.
#[test]
fn many_files_are_compared_side_by_side() {
    let many = |repository: &Repository| {
        for number in 0..500 {
            write(repository.root(), &format!("part{}/{number}", number % 7), &"line\n".repeat(number % 50));
        }
        repository.commit("many");
    };
    let change = |folder: &Path| {
        for number in (0..500).filter(|number| number % 9 != 0) {
            write(folder, &format!("part{}/{number}", number % 7), &format!("{number}\n").repeat(number % 40));
        }
    };
    compare("changed", many, |_, folder| change(folder));
    compare("some gone", many, |_, folder| {
        change(folder);
        fs::remove_dir_all(folder.join("part3")).expect("a folder");
    });
    // All of it in one, or nobody would see that they have been renamed.
    compare("some renamed", many, |repository, folder| {
        change(folder);
        fs::rename(folder.join("part0"), folder.join("z")).expect("a folder");
        repository.git_in(folder, &["add", "--all"]);
    });
}

#[test]
fn a_new_file_is_seen_at_once_however_often_it_is_asked() {
    let repository = Repository::new();
    files(&repository);
    let worktree = repository.create("work");
    let folder = path(&worktree);
    let untracked = || repository.diff(&worktree)["untracked"].clone();
    let is_old = || {
        let age = |path: &Path| path.metadata().and_then(|about| about.modified()).expect("a time").elapsed();
        let own = repository.git_in(&folder, &["rev-parse", "--absolute-git-dir"]);
        let all = [folder.clone(), folder.join("b"), folder.join("e/f"), Path::new(own.trim()).join("index")];
        all.iter().all(|path| age(path).is_ok_and(|age| age.as_millis() > 100))
    };
    // Remembered is only what has been as it is for a moment.
    let wait = || eventually("folders and index are a moment old", MOMENT, || is_old().then_some(()));
    for at_once in [true, false] {
        let check = |expected: serde_json::Value| {
            if at_once {
                assert_eq!(untracked(), expected, "at once");
            }
            wait();
            assert_eq!(untracked(), expected, "a moment later");
            assert_eq!(untracked(), expected, "remembered");
        };
        check(json!([]));
        write(&folder, "b/new", "");
        check(json!(["b/new"]));
        fs::rename(folder.join("b/new"), folder.join("b/newer")).expect("a file");
        check(json!(["b/newer"]));
        // Nothing in the folder changes: the index does.
        repository.git_in(&folder, &["add", "b/newer"]);
        check(json!([]));
        repository.git_in(&folder, &["rm", "--quiet", "--cached", "b/newer", "b/c"]);
        check(json!(["b/c", "b/newer"]));
        fs::remove_file(folder.join("b/newer")).expect("a file");
        repository.git_in(&folder, &["reset", "--quiet"]);
        check(json!([]));
        // A folder that is another one by now.
        fs::rename(folder.join("e/f"), folder.join("aside")).expect("a folder");
        write(&folder, "e/f/other", "");
        check(json!(["aside/g", "e/f/other"]));
        fs::remove_dir_all(folder.join("e/f")).expect("a folder");
        fs::rename(folder.join("aside"), folder.join("e/f")).expect("a folder");
        check(json!([]));
    }
}
