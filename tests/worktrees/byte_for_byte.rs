//! What is saved comes back byte for byte, also where git itself would give back something else.

use std::fs;

use serde_json::json;

use super::{Repository, path};

/// Line ends that git makes others, filters that leave something out, files outside of a sparse checkout: what was there is there again.
#[test]
fn bytes_that_git_would_not_give_back() {
    let repository = Repository::new();
    fs::create_dir(repository.root().join("in")).expect("a folder");
    repository.write("in/a", "x\n");
    repository.write(".gitattributes", "*.txt text eol=lf\n*.nb filter=strip\nbig filter=lfs\n");
    repository.git(&["config", "filter.strip.clean", "sed /output/d"]);
    // One that git does give back needs no second copy.
    repository.git(&["config", "filter.lfs.clean", "tr a-z A-Z"]);
    repository.git(&["config", "filter.lfs.smudge", "tr A-Z a-z"]);
    repository.write("tracked.txt", "1\n2\n");
    repository.commit("files");
    let made = repository.create("odd");
    let folder = path(&made);
    repository.git_in(&folder, &["sparse-checkout", "set", "--cone", "in"]);
    fs::create_dir(folder.join("out")).expect("a folder");
    let files = [
        ("a.txt", "a\r\nb\n"),
        ("tracked.txt", "1\r\n3\r\n"),
        ("n.nb", "in\noutput\n"),
        ("big", "large\n"),
        ("out/new", "precious\n"),
    ];
    for (name, text) in files {
        fs::write(folder.join(name), text).expect("a file");
    }
    let before = repository.git_in(&folder, &["status", "--porcelain"]);
    let saved = repository.saved(&made);
    let bytes = repository.git(&["log", "-1", "--format=%(trailers:key=bytes,valueonly)%b", &saved]);
    let bytes = bytes.lines().find_map(|line| line.strip_prefix("bytes: ")).expect("some are kept");
    assert_eq!(repository.git(&["ls-tree", "-r", "--name-only", bytes]), "a.txt\nn.nb\ntracked.txt");
    repository.git(&["gc", "--quiet", "--prune=now"]);
    let back = path(&repository.back(&saved));
    for (name, text) in files {
        assert_eq!(
            fs::read_to_string(back.join(name)).unwrap_or_else(|error| panic!("{name}: {error}")),
            text,
            "{name}"
        );
    }
    assert_eq!(repository.git_in(&back, &["status", "--porcelain"]), before);
}

/// Where a checkout writes other line ends than those that are there, and git saves the file as it is.
#[test]
fn line_ends_that_a_checkout_would_change() {
    let repository = Repository::new();
    let made = repository.create("ends");
    repository.git(&["config", "core.autocrlf", "true"]);
    fs::write(path(&made).join("new"), "a\nb\n").expect("a file");
    let back = repository.back(&repository.saved(&made));
    assert_eq!(fs::read_to_string(path(&back).join("new")).expect("it is there"), "a\nb\n");
}

/// Changed only in what git does not commit: it says so, and what it would commit is what is there already.
#[test]
fn what_only_a_filter_leaves_out() {
    let repository = Repository::new();
    repository.git(&["config", "filter.strip.clean", "sed '/output/d'"]);
    repository.git(&["config", "filter.strip.smudge", "cat"]);
    repository.write(".gitattributes", "*.ipynb filter=strip\n");
    let names = ["n.ipynb", "hidden.ipynb", "as it was.ipynb"];
    names.iter().for_each(|name| repository.write(name, "code\n"));
    repository.commit("notebooks");
    let made = repository.create("trained");
    let folder = path(&made);
    let text = "code\noutput: 3 hours of training\n";
    fs::write(folder.join("n.ipynb"), text).expect("a file");
    repository.keeps(&made, "1 changed file (n.ipynb)");
    // What git was told not to look at is looked at in the same way.
    repository.git_in(&folder, &["update-index", "--assume-unchanged", "hidden.ipynb", "as it was.ipynb"]);
    fs::write(folder.join("hidden.ipynb"), text).expect("a file");
    repository.keeps(&made, "2 changed files (n.ipynb, hidden.ipynb)");
    let back = path(&repository.back(&repository.saved(&made)));
    for name in ["n.ipynb", "hidden.ipynb"] {
        assert_eq!(fs::read_to_string(back.join(name)).expect("it is there"), text, "{name}");
    }
    assert_eq!(fs::read_to_string(back.join("as it was.ipynb")).expect("it is there"), "code\n");
}

/// git would commit the same, whichever line ends are there.
#[test]
fn line_ends_of_a_file_that_git_has() {
    let repository = Repository::new();
    repository.write("tracked", "a\nb\n");
    repository.commit("tracked");
    repository.git(&["config", "core.autocrlf", "true"]);
    let made = repository.create("ends");
    let file = path(&made).join("tracked");
    assert_eq!(fs::read_to_string(&file).expect("it is there"), "a\r\nb\r\n");
    fs::write(&file, "a\nb\n").expect("a file");
    repository.keeps(&made, "1 changed file (tracked)");
    let back = path(&repository.back(&repository.saved(&made)));
    assert_eq!(fs::read_to_string(back.join("tracked")).expect("it is there"), "a\nb\n");
    let delete = json!({"type": "delete_worktree", "worktree_id": repository.worktrees()[0]["id"]});
    assert!(repository.project.refused(delete, "INVALID_STATE").contains("tracked"));
}
