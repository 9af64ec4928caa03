//! Counted, known, and known no more: every way in which something can change.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use super::*;

struct Repository {
    folder: tempfile::TempDir,
    pulses: Pulses,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap(), pulses: Pulses::default() };
        repository.git(&["init", "--quiet", "--initial-branch", "main"]);
        for name in ["one", "two", "a/b/deep"] {
            let path = repository.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "1\n2\n3\n").unwrap();
        }
        repository.commit();
        repository
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn git(&self, words: &[&str]) {
        let output = Command::new("git").current_dir(self.path()).args(words).output().unwrap();
        assert!(output.status.success(), "{words:?}: {output:?}");
    }

    fn commit(&self) {
        self.git(&["add", "--all"]);
        self.git(&["-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "x"]);
    }

    fn spec(&self) -> DiffSpec {
        DiffSpec { path: self.path().to_owned(), base: Some("main".to_owned()) }
    }

    /// Files, lines, lines, untracked; in the end they are known.
    #[track_caller]
    fn is(&self, expected: (u64, u64, u64, u64)) {
        assert_eq!(self.pulses.known(&self.spec()), None, "what changed was not noticed");
        // Where git has just written, what is counted is not believed for long.
        let later = Timestamp::MAX;
        let pulse = self.pulses.count(&self.spec(), 2, later).unwrap();
        let Pulse { counts, untracked } = pulse;
        assert_eq!((counts.files, counts.insertions, counts.deletions, untracked), expected);
        assert_eq!(self.pulses.known(&self.spec()), Some(pulse), "nothing has changed");
    }
}

#[test]
fn every_change_is_noticed() {
    let repository = Repository::new();
    let path = repository.path();
    repository.is((0, 0, 0, 0));
    fs::write(path.join("one"), "1\n2\n4\n").unwrap();
    repository.is((1, 1, 1, 0));
    // As long as it was, a moment later: the index and HEAD know nothing of it.
    fs::write(path.join("one"), "1\n5\n4\n").unwrap();
    repository.is((1, 2, 2, 0));
    fs::remove_file(path.join("a/b/deep")).unwrap();
    repository.is((2, 2, 5, 0));
    fs::set_permissions(path.join("two"), fs::Permissions::from_mode(0o755)).unwrap();
    repository.is((3, 2, 5, 0));
    fs::create_dir_all(path.join("new/deeper")).unwrap();
    repository.is((3, 2, 5, 0));
    fs::write(path.join("new/deeper/file"), "a\nb").unwrap();
    repository.is((4, 4, 5, 1));
    fs::write(path.join("new/deeper/file"), "a\nb\nc\n").unwrap();
    repository.is((4, 5, 5, 1));
    fs::write(path.join(".gitignore"), "/new/\n").unwrap();
    repository.is((4, 3, 5, 1));
    fs::write(path.join(".git/info/exclude"), ".gitignore\n").unwrap();
    repository.is((3, 2, 5, 0));
    fs::rename(path.join("one"), path.join("three")).unwrap();
    repository.is((4, 3, 6, 1));
    repository.git(&["add", "three"]);
    fs::rename(path.join("three"), path.join("one")).unwrap();
    repository.is((3, 2, 5, 0));
    repository.commit();
    repository.is((0, 0, 0, 0));
}

#[test]
fn what_git_does_elsewhere_is_noticed() {
    let repository = Repository::new();
    let path = repository.path();
    repository.git(&["checkout", "--quiet", "-b", "topic"]);
    fs::write(path.join("one"), "1\n").unwrap();
    repository.is((1, 0, 2, 0));
    repository.commit();
    repository.is((1, 0, 2, 0));
    // The base goes on to where we are.
    repository.git(&["update-ref", "refs/heads/main", "topic"]);
    repository.is((0, 0, 0, 0));
    repository.git(&["pack-refs", "--all"]);
    repository.is((0, 0, 0, 0));
    repository.git(&["update-ref", "refs/heads/main", "topic~1"]);
    repository.is((1, 0, 2, 0));
    repository.git(&["config", "core.fileMode", "false"]);
    repository.is((1, 0, 2, 0));
}

#[test]
fn a_file_with_another_name_is_looked_at() {
    let repository = Repository::new();
    let elsewhere = tempfile::tempdir_in(repository.path().parent().unwrap()).unwrap();
    let other = elsewhere.path().join("other");
    fs::hard_link(repository.path().join("two"), &other).unwrap();
    repository.is((0, 0, 0, 0));
    fs::write(&other, "1\n2\n3\n4\n").unwrap();
    repository.is((1, 1, 0, 0));
    fs::write(repository.path().join("new"), "1\n").unwrap();
    fs::remove_file(&other).unwrap();
    fs::hard_link(repository.path().join("new"), &other).unwrap();
    repository.is((2, 2, 0, 1));
    fs::write(&other, "1\n2\n").unwrap();
    repository.is((2, 3, 0, 1));
}

#[test]
fn what_git_compares_is_counted_once_too() {
    let repository = Repository::new();
    let path = repository.path();
    fs::write(path.join(".gitattributes"), "* text=auto\n").unwrap();
    repository.commit();
    repository.is((0, 0, 0, 0));
    fs::write(path.join("one"), "1\n2\n4\n").unwrap();
    repository.is((1, 1, 1, 0));
    fs::write(path.join(".git/info/attributes"), "one -diff\n").unwrap();
    repository.is((1, 0, 0, 0));
    fs::write(path.join("new"), "1\n").unwrap();
    repository.is((2, 1, 0, 1));
    fs::write(path.join(".git/info/attributes"), "one -diff\nnew -diff\n").unwrap();
    repository.is((2, 0, 0, 1));
}

#[test]
fn what_a_program_makes_of_files_is_asked_each_time() {
    let repository = Repository::new();
    fs::write(repository.path().join(".gitattributes"), "one filter=up\n").unwrap();
    repository.commit();
    // Of files that nobody has touched no program is asked.
    repository.is((0, 0, 0, 0));
    repository.git(&["config", "filter.up.clean", "tr a-z A-Z"]);
    fs::write(repository.path().join("one"), "a\n").unwrap();
    let counted = repository.pulses.count(&repository.spec(), 1, Timestamp::MAX).unwrap();
    assert_eq!((counted.counts.files, counted.counts.insertions), (1, 1));
    assert_eq!(repository.pulses.known(&repository.spec()), None);
}

#[test]
fn ignored_files_are_no_change() {
    let repository = Repository::new();
    fs::write(repository.path().join(".gitignore"), "target/\n*.log\n").unwrap();
    fs::create_dir(repository.path().join("target")).unwrap();
    repository.is((1, 2, 0, 1));
    for number in 0..100 {
        fs::write(repository.path().join(format!("target/{number}")), "x").unwrap();
    }
    assert!(repository.pulses.known(&repository.spec()).is_some(), "what is ignored is not even watched");
}

#[test]
fn more_changes_than_the_kernel_keeps_are_noticed() {
    let repository = Repository::new();
    repository.is((0, 0, 0, 0));
    for number in 0..20_000 {
        fs::write(repository.path().join("a/b/new"), number.to_string()).unwrap();
        fs::remove_file(repository.path().join("a/b/new")).unwrap();
    }
    fs::write(repository.path().join("one"), "").unwrap();
    repository.is((1, 0, 3, 0));
    repository.pulses.forget();
    repository.is((1, 0, 3, 0));
}

#[test]
fn what_git_has_just_written_is_not_believed() {
    let repository = Repository::new();
    repository.pulses.count(&repository.spec(), 1, Timestamp::UNIX_EPOCH).unwrap();
    assert_eq!(repository.pulses.known(&repository.spec()), None);
}

#[test]
fn a_change_while_it_is_counted_is_not_lost() {
    let repository = Repository::new();
    let round = repository.pulses.watch.begin(repository.path());
    let folder = fs::File::open(repository.path()).unwrap();
    super::super::diff::Follow::folder(&round, std::os::fd::AsFd::as_fd(&folder));
    fs::write(repository.path().join("one"), "").unwrap();
    assert_eq!(round.end(), None);
    // One that began earlier knows nothing of what the later one saw.
    let earlier = repository.pulses.watch.begin(repository.path());
    let later = repository.pulses.watch.begin(repository.path());
    assert_eq!(earlier.end(), None);
    assert_eq!(later.end(), Some(Vec::new()));
}
