//! `diff`: against what git itself says, on repositories of every kind.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::{Repository, path};

impl Repository {
    fn diffs(&self, request: Value) -> Vec<Value> {
        let mut request = request;
        request["type"] = "diff".into();
        self.project.ask(request, "diff_result")["diffs"].as_array().expect("a list").clone()
    }

    /// The only diff, which is also what git says: the patch, the table, the counts, and those of `pulse`.
    #[track_caller]
    pub fn diff(&self, worktree: &Value) -> Value {
        let mut diffs = self.diffs(json!({"worktree_id": worktree["id"]}));
        let diff = diffs.remove(0);
        assert!(diffs.is_empty() && diff.get("error").is_none(), "{diff}");
        let base = worktree["baseBranch"].as_str().unwrap_or("HEAD");
        let git =
            |words: &[&str]| self.git_in(&path(worktree), &[&["diff", "--merge-base"], words, &[base, "--"]].concat());
        let text = |value: &Value| value.as_str().expect("text").trim_end().to_owned();
        assert_eq!(text(&diff["diff_output"]), git(&["--no-color"]), "git");
        let stat = self.diffs(json!({"worktree_id": worktree["id"], "stat": true})).remove(0);
        let line = git(&["--shortstat"]);
        let number = |word: &str| {
            let part = line.split(',').find(|part| part.contains(word));
            part.map_or(0, |part| part.split_whitespace().next().expect("a word").parse::<u64>().expect("a number"))
        };
        for diff in [&diff, &stat] {
            assert_eq!(diff["files_changed"], number("file"), "{diff}");
            assert_eq!(
                (&diff["insertions"], &diff["deletions"]),
                (&json!(number("insertion")), &json!(number("deletion")))
            );
        }
        assert_eq!(text(&stat["diff_output"]), git(&["--no-color", "--stat=80"]), "git");
        let others = self.try_git(&path(worktree), &["ls-files", "--others", "--exclude-standard", "-z"]);
        let others: Vec<&str> = others.stdout.split_terminator('\0').collect();
        if others.iter().all(|name| !name.contains('\u{fffd}')) {
            assert_eq!(diff["untracked"], json!(others));
        }
        let pulse = self.project.ask(json!({"type": "pulse"}), "pulse_report");
        let pulses = pulse["worktrees"].as_array().expect("a list").iter();
        let pulse = pulses.into_iter().find(|pulse| pulse["worktree_id"] == worktree["id"]).expect("a pulse");
        assert_eq!(pulse["files_changed"], number("file") + others.len() as u64, "{pulse}");
        assert_eq!(pulse["deletions"], number("deletion"), "{pulse}");
        diff
    }
}

/// A worktree in which everything has happened that happens to files.
fn changed(repository: &Repository) -> Value {
    let lines: String = (0..40).map(|line| format!("line {line}\n")).collect();
    for name in ["committed", "staged", "unstaged", "deleted", "renamed", "mode", "both ways", "größe", "a/b/deep"] {
        let file = repository.root().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a file");
        fs::write(file, format!("{name}\n{lines}")).expect("a file");
    }
    repository.write("binary", "\0\x01\x02");
    repository.write("link-to", "x");
    repository.write(".gitignore", "ignored/\n*.log\n");
    repository.commit("second");
    let worktree = repository.create("work");
    let folder = path(&worktree);
    let write = |name: &str, text: &str| fs::write(folder.join(name), text).expect("a file");
    let edit = |name: &str| {
        write(name, &fs::read_to_string(folder.join(name)).expect("a file").replace("line 20\n", "LINE\n"));
    };
    edit("committed");
    write("new and committed", "1\n2\n");
    repository.git_in(&folder, &["mv", "renamed", "a/other-name"]);
    repository.git_in(&folder, &["add", "--all"]);
    repository.git_in(&folder, &["commit", "--quiet", "--message", "work"]);
    edit("staged");
    edit("both ways");
    write("new and staged", "without a line break");
    repository.git_in(&folder, &["add", "--all"]);
    edit("unstaged");
    edit("a/b/deep");
    edit("größe");
    repository.git_in(&folder, &["show", "HEAD:both ways"]);
    write("both ways", &format!("{}\n", repository.git_in(&folder, &["show", "HEAD:both ways"])));
    write("binary", "\0\x03");
    fs::remove_file(folder.join("deleted")).expect("a file");
    fs::remove_file(folder.join("link-to")).expect("a file");
    std::os::unix::fs::symlink("committed", folder.join("link-to")).expect("a file");
    repository.git_in(&folder, &["config", "core.fileMode", "true"]);
    use std::os::unix::fs::PermissionsExt as _;
    fs::set_permissions(folder.join("mode"), fs::Permissions::from_mode(0o755)).expect("a file");
    fs::create_dir_all(folder.join("ignored/inside")).expect("a file");
    fs::create_dir_all(folder.join("new/inside")).expect("a file");
    for name in ["ignored/inside/x", "new/inside/x", "new/x.log", "top", "a/b/beside"] {
        write(name, "1\n");
    }
    worktree
}

#[test]
fn committed_staged_and_neither_together() {
    let repository = Repository::new();
    let worktree = changed(&repository);
    // What has happened to the base since is none of the worktree's business.
    repository.write("README", "elsewhere\n");
    repository.commit("elsewhere");
    let diff = repository.diff(&worktree);
    assert_eq!(diff["untracked"], json!(["a/b/beside", "new/inside/x", "top"]));
    assert_eq!(
        (&diff["worktree_name"], &diff["branch"], &diff["base_branch"]),
        (&json!("work"), &json!("pintle/work"), &json!("main"))
    );
    let text = diff["diff_output"].as_str().expect("text");
    for line in
        ["rename to a/other-name", "Binary files a/binary and b/binary differ", "new mode 100755", "deleted file"]
    {
        assert!(text.contains(line), "{line}: {text}");
    }
    assert!(!text.contains("both ways") && !text.contains("elsewhere"), "{text}");
    assert_eq!(repository.git_in(&path(&worktree), &["status", "--porcelain", "--", "committed"]), "");
}

#[test]
fn nothing_is_nothing() {
    let repository = Repository::new();
    let worktree = repository.create("work");
    let diff = repository.diff(&worktree);
    assert_eq!((&diff["diff_output"], &diff["files_changed"], &diff["untracked"]), (&json!(""), &json!(0), &json!([])));
    // Touched, and as long as it was; the index is left as it is, since somebody may be about to use it.
    let folder = path(&worktree);
    let index = repository.git_in(&folder, &["rev-parse", "--absolute-git-dir"]) + "/index";
    let before = fs::read(&index).expect("a file");
    fs::write(folder.join("README"), "first\n").expect("a file");
    // Without asking git as well, which would refresh it.
    let touched = repository.diffs(json!({}));
    assert_eq!((&touched[0]["files_changed"], &touched[0]["diff_output"]), (&json!(0), &json!("")));
    assert_eq!(fs::read(&index).expect("a file"), before);
    fs::write(folder.join("README"), "FIRST\n").expect("a file");
    assert_eq!(repository.diff(&worktree)["insertions"], 1);
}

#[test]
fn bytes_that_are_no_text() {
    let repository = Repository::new();
    repository.write("latin", "");
    let worktree = repository.create("work");
    let folder = path(&worktree);
    fs::write(folder.join("latin"), b"caf\xe9\n").expect("a file");
    fs::write(folder.join(std::ffi::OsStr::from_bytes(b"caf\xe9 \"x\"")), "x").expect("a file");
    repository.git_in(&folder, &["add", "--intent-to-add", "latin"]);
    let diff = repository.diffs(json!({"worktree_id": worktree["id"]})).remove(0);
    assert!(diff["diff_output"].as_str().expect("text").contains("+caf\u{fffd}\n"), "{diff}");
    assert_eq!(diff["untracked"], json!([r#""caf\351 \"x\"""#]));
}

#[test]
fn one_that_cannot_be_compared_stands_beside_those_that_can() {
    let repository = Repository::new();
    let (good, bad, gone) = (repository.create("good"), repository.create("bad"), repository.create("gone"));
    fs::write(path(&good).join("README"), "second\n").expect("a file");
    fs::write(repository.root().join(".git/worktrees").join(bad["id"].as_str().expect("text")).join("HEAD"), "junk")
        .expect("a file");
    fs::remove_dir_all(path(&gone)).expect("a file");
    let diffs = repository.diffs(json!({}));
    let names: Vec<&Value> = diffs.iter().map(|diff| &diff["worktree_name"]).collect();
    assert_eq!(names, ["good", "bad", "gone"]);
    assert_eq!((diffs[0].get("error"), &diffs[0]["files_changed"]), (None, &json!(1)));
    assert!(diffs[1]["error"].as_str().expect("text").contains("git"), "{}", diffs[1]);
    assert!(diffs[2]["error"].as_str().expect("text").contains("gone"), "{}", diffs[2]);
    repository.project.refused(json!({"type": "diff", "worktree_id": "wt-nothere1"}), "WORKTREE_NOT_FOUND");
}

#[test]
fn a_base_that_is_gone_is_named() {
    let repository = Repository::new();
    repository.git(&["branch", "topic"]);
    let worktree = repository.create_with(json!({"name": "a", "base": "topic"}));
    repository.git(&["branch", "-D", "topic"]);
    let diff = repository.diffs(json!({"worktree_id": worktree["id"]})).remove(0);
    assert!(diff["error"].as_str().expect("text").contains("no branch, tag or commit `topic` any more"), "{diff}");
    repository.git(&["checkout", "--quiet", "--orphan", "topic"]);
    repository.git(&["commit", "--quiet", "--message", "another root"]);
    let diff = repository.diffs(json!({"worktree_id": worktree["id"]})).remove(0);
    assert!(diff["error"].as_str().expect("text").contains("no commit in common"), "{diff}");
    let orphan = path(&worktree);
    repository.git_in(&orphan, &["checkout", "--quiet", "--orphan", "nothing-yet"]);
    let diff = repository.diffs(json!({"worktree_id": worktree["id"]})).remove(0);
    assert!(diff["error"].as_str().expect("text").contains("nothing has been committed"), "{diff}");
}

#[test]
fn without_a_base_it_is_compared_with_its_own_head() {
    let repository = Repository::new();
    let worktree = repository.create("work");
    // As in the manifests of others.
    let id = worktree["id"].as_str().expect("an id").to_owned();
    repository.project.sandbox.stop();
    repository.edit_manifest(|manifest| manifest["worktrees"][&id]["baseBranch"] = Value::Null);
    repository.project.sandbox.start();
    let worktree = repository.worktrees().remove(0);
    fs::write(path(&worktree).join("README"), "second\n").expect("a file");
    assert_eq!(repository.diff(&worktree)["base_branch"], Value::Null);
    repository.git_in(&path(&worktree), &["commit", "--quiet", "--all", "--message", "x"]);
    assert_eq!(repository.diff(&worktree)["files_changed"], 0);
}

/// Something has changed, and it is what git says.
#[track_caller]
pub fn compare(what: &str, prepare: impl FnOnce(&Repository), change: impl FnOnce(&Repository, &Path)) -> Value {
    let repository = Repository::new();
    prepare(&repository);
    let worktree = repository.create("work");
    let folder: PathBuf = path(&worktree);
    change(&repository, &folder);
    fs::write(folder.join("untracked"), "x\n").expect("a file");
    let diff = repository.diff(&worktree);
    assert_ne!(diff["files_changed"], 0, "{what}");
    diff
}

/// The same, and nothing is untracked but one file.
#[track_caller]
pub fn check(what: &str, prepare: impl FnOnce(&Repository), change: impl FnOnce(&Repository, &Path)) {
    assert_eq!(compare(what, prepare, change)["untracked"], json!(["untracked"]), "{what}");
}

fn edit(_: &Repository, folder: &Path) {
    fs::write(folder.join("README"), "second\n").expect("a file");
}

/// What libgit2 does not do as git does.
#[test]
fn filters_line_ends_and_conflicts() {
    check(
        "a filter",
        |repository| {
            repository.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
            repository.git(&["config", "filter.up.smudge", "cat"]);
            repository.write(".gitattributes", "README filter=up\n");
            repository.commit("filtered");
        },
        edit,
    );
    check(
        "line ends",
        |repository| drop(repository.git(&["config", "core.autocrlf", "true"])),
        |_, folder| {
            fs::write(folder.join("README"), "first\r\nsecond\r\n").expect("a file");
        },
    );
    check(
        "a conflict",
        |_| {},
        |repository, folder| {
            edit(repository, folder);
            repository.git_in(folder, &["commit", "--quiet", "--all", "--message", "theirs"]);
            repository.write("README", "ours\n");
            repository.commit("ours");
            assert!(!repository.try_git(folder, &["merge", "main"]).success());
        },
    );
}

/// What libgit2 does not read as git does.
#[test]
fn indexes_that_only_git_can_read() {
    check(
        "a sparse checkout",
        |repository| {
            fs::create_dir_all(repository.root().join("a/b")).expect("a file");
            repository.write("a/b/c", "x\n");
            repository.commit("more");
        },
        |repository, folder| {
            repository.git_in(folder, &["sparse-checkout", "set", "--sparse-index", "nothing"]);
            edit(repository, folder);
        },
    );
    check(
        "a file that a sparse checkout has left out, and that is there",
        |repository| {
            fs::create_dir_all(repository.root().join("a/b")).expect("a file");
            repository.write("a/b/c", "x\n");
            repository.commit("more");
        },
        |repository, folder| {
            repository.git_in(folder, &["sparse-checkout", "set", "--no-sparse-index", "nothing"]);
            fs::create_dir_all(folder.join("a/b")).expect("a file");
            fs::write(folder.join("a/b/c"), "y\n").expect("a file");
        },
    );
    check(
        "meant to be added",
        |_| {},
        |repository, folder| {
            fs::write(folder.join("new"), "1\n2\n").expect("a file");
            repository.git_in(folder, &["add", "--intent-to-add", "new"]);
        },
    );
    check(
        "a split index",
        |_| {},
        |repository, folder| {
            repository.git_in(folder, &["update-index", "--split-index"]);
            edit(repository, folder);
        },
    );
}

#[test]
fn repositories_that_libgit2_cannot_open() {
    for format in ["--ref-format=reftable", "--object-format=sha256"] {
        let repository = Repository { project: crate::agents::project::Project::new() };
        // A git before 2.45 (Debian 12 has 2.39) has no reftables.
        if format.contains("reftable")
            && !repository.project.sandbox.run("git", &["init", "-h"]).finish().stdout.contains("--ref-format")
        {
            continue;
        }
        repository.git(&["init", "--quiet", "--initial-branch", "main", format]);
        repository.write(".git/info/exclude", ".pintle/\n");
        repository.write("README", "first\n");
        repository.commit("first");
        let worktree = repository.create("work");
        let folder = path(&worktree);
        fs::write(folder.join("README"), "second\n").expect("a file");
        fs::write(folder.join("untracked"), "1\n").expect("a file");
        let diff = repository.diff(&worktree);
        assert_eq!((&diff["files_changed"], &diff["untracked"]), (&json!(1), &json!(["untracked"])), "{format}");
        let pulse = repository.project.ask(json!({"type": "pulse"}), "pulse_report");
        assert_eq!(pulse["worktrees"][0]["files_changed"], 2, "{format}: {pulse}");
    }
}

#[test]
fn what_people_configure_for_their_eyes_changes_nothing() {
    let repository = Repository::new();
    for (key, value) in
        [("diff.noprefix", "true"), ("diff.external", "false"), ("color.ui", "always"), ("diff.context", "0")]
    {
        repository.git(&["config", key, value]);
    }
    let worktree = repository.create("work");
    fs::write(path(&worktree).join("README"), "second\n").expect("a file");
    let diff = repository.diffs(json!({"worktree_id": worktree["id"]})).remove(0);
    assert!(diff["diff_output"].as_str().expect("text").starts_with("diff --git a/README b/README\n"), "{diff}");
}

#[test]
fn folders_files_and_repositories_in_each_others_place() {
    let repository = Repository::new();
    for name in ["file", "folder/inside", "inner/x"] {
        let file = repository.root().join(name);
        fs::create_dir_all(file.parent().expect("a folder")).expect("a file");
        fs::write(file, "1\n").expect("a file");
    }
    repository.commit("more");
    let worktree = repository.create("work");
    let folder = path(&worktree);
    fs::remove_file(folder.join("file")).expect("a file");
    fs::create_dir(folder.join("file")).expect("a file");
    fs::write(folder.join("file/inside"), "2\n").expect("a file");
    fs::remove_dir_all(folder.join("folder")).expect("a file");
    fs::write(folder.join("folder"), "2\n").expect("a file");
    fs::remove_dir_all(folder.join("inner")).expect("a file");
    std::os::unix::fs::symlink("folder", folder.join("inner")).expect("a file");
    fs::create_dir(folder.join("repository")).expect("a file");
    repository.git_in(&folder.join("repository"), &["init", "--quiet"]);
    fs::write(folder.join("repository/x"), "").expect("a file");
    let diff = repository.diff(&worktree);
    assert_eq!(diff["deletions"], 3, "{diff}");
    assert_eq!(diff["untracked"], json!(["file/inside", "folder", "inner", "repository/"]));
}

/// A filter that waits stands for a disk that does.
#[test]
fn while_one_is_compared_others_are_served() {
    let repository = Repository::new();
    let gate = repository.project.sandbox.path("gate");
    repository.project.sandbox.run("mkfifo", &[&gate]).ok();
    repository.write(".gitattributes", "README filter=slow\n");
    repository.commit("slow");
    let worktree = repository.create("work");
    // Only the first time: git asks it as often as it likes.
    let (gate_text, began) = (gate.display(), repository.project.sandbox.path("began"));
    let wait =
        format!("if mkdir '{}' 2> /dev/null; then cat '{gate_text}' > /dev/null; fi; tr a-z A-Z", began.display());
    repository.git(&["config", "filter.slow.clean", &wait]);
    fs::write(path(&worktree).join("README"), "second\n").expect("a file");
    let mut asking = repository.project.client();
    asking.send(&repository.project.request(json!({"type": "diff"})));
    // Its reader is there: git has begun.
    let gate = fs::OpenOptions::new().write(true).open(&gate).expect("a filter that waits");
    repository.project.ask(json!({"type": "health"}), "health_report");
    assert_eq!(repository.worktrees().len(), 1);
    drop(gate);
    let answer = asking.recv();
    assert!(answer["diffs"][0]["diff_output"].as_str().expect("text").contains("+SECOND"), "{answer}");
}

#[test]
fn a_huge_diff_arrives_whole() {
    let repository = Repository::new();
    let worktree = repository.create("work");
    let text: String = (0..400_000).map(|line| format!("a line of some length with its number {line}\n")).collect();
    fs::write(path(&worktree).join("README"), &text).expect("a file");
    let most = || {
        let status =
            fs::read_to_string(format!("/proc/{}/status", repository.project.sandbox.daemon())).expect("a file");
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).expect("the most it had");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") << 10
    };
    let before = most();
    let diff = repository.diffs(json!({"worktree_id": worktree["id"]})).remove(0);
    // The text, and the line that it is sent in; nothing else is as large.
    let grown = most() - before;
    assert!(grown < text.len() / 2 * 5, "{grown} for {}", text.len());
    assert_eq!(diff["insertions"], 400_000);
    let lines = diff["diff_output"].as_str().expect("text").lines().count();
    assert_eq!(lines, 400_000 + 6, "a head, and the line that was there");
}
