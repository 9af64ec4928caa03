//! `diff` and `pulse` where it is easy to say something else than git: attributes, line ends, submodules, renames, tables.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::diff::check;
use super::{Repository, path};

fn write(folder: &Path, name: &str, bytes: impl AsRef<[u8]>) {
    let file = folder.join(name);
    fs::create_dir_all(file.parent().expect("a folder")).expect("a file");
    fs::write(file, bytes).expect("a file");
}

fn lines(from: usize, to: usize) -> String {
    (from..to).map(|line| format!("{line} {}\n", line.wrapping_mul(2_654_435_761) % 1_000_003)).collect()
}

/// Files, lines, lines of the only worktree in `pulse`.
#[track_caller]
fn pulse(repository: &Repository) -> [u64; 3] {
    let pulse = repository.project.ask(json!({"type": "pulse"}), "pulse_report");
    let worktree = &pulse["worktrees"][0];
    assert!(worktree.get("diff_error").is_none(), "{worktree}");
    ["files_changed", "insertions", "deletions"].map(|key| worktree[key].as_u64().expect("a number"))
}

#[test]
fn files_that_are_binary_by_attribute() {
    let with = |what: &str, prepare: &dyn Fn(&Repository)| {
        check(
            what,
            |repository| {
                write(repository.root(), "a/a.txt", "1\n2\n");
                prepare(repository);
                repository.commit("with attributes");
            },
            // Of another length, so that nobody has to read it to know that it has changed.
            |_, folder| write(folder, "a/a.txt", "1\n33\n"),
        );
    };
    with("binary", &|repository| repository.write(".gitattributes", "*.txt binary\n"));
    with("-diff", &|repository| repository.write(".gitattributes", "*.txt -diff\n"));
    with("deeper", &|repository| repository.write("a/.gitattributes", "*.txt -diff\n"));
    with("info/attributes", &|repository| {
        fs::create_dir_all(repository.root().join(".git/info")).expect("a folder");
        repository.write(".git/info/attributes", "*.txt -diff\n");
    });
    with("a macro", &|repository| repository.write(".gitattributes", "[attr]data -diff\n*.txt data\n"));
    with("a driver", &|repository| {
        repository.git(&["config", "diff.data.binary", "true"]);
        repository.write(".gitattributes", "*.txt diff=data\n");
    });
    with("a file of the user's", &|repository| {
        let file = repository.project.sandbox.path("attributes");
        fs::write(&file, "*.txt -diff\n").expect("a file");
        repository.git(&["config", "core.attributesFile", &file.display().to_string()]);
    });
    with("heads of hunks", &|repository| repository.write(".gitattributes", "*.txt diff=python\n"));
}

#[test]
fn attributes_that_nobody_has_committed_count_too() {
    check(
        "untracked",
        |repository| {
            // Or it would be the only one that is untracked.
            repository.write(".git/info/exclude", ".pintle/\n.gitattributes\n");
        },
        |_, folder| {
            write(folder, ".gitattributes", "README -diff\n");
            write(folder, "README", "second\n");
        },
    );
}

#[test]
fn what_was_not_touched_has_not_changed() {
    let repository = Repository::new();
    write(repository.root(), "crlf", "1\r\n2\r\n3\r\n4\r\n5\r\n");
    repository.commit("line ends");
    repository.write(".gitattributes", "* text=auto\n");
    repository.commit("attributes");
    let worktree = repository.create("work");
    let folder = path(&worktree);
    // As new as the index, so that it is looked at.
    write(&folder, "crlf", "1\r\n2\r\n3\r\n4\r\n5\r\n");
    assert_eq!(pulse(&repository), [0, 0, 0]);
    assert_eq!(repository.diff(&worktree)["files_changed"], 0);
    write(&folder, "crlf", "1\r\n2\r\n3\r\n4\r\nfive\r\n");
    assert_eq!(pulse(&repository), [1, 1, 1]);
    assert_eq!(repository.diff(&worktree)["files_changed"], 1);
}

#[test]
fn a_file_in_another_encoding_that_was_only_touched() {
    let repository = Repository::new();
    repository.write(".gitattributes", "wide working-tree-encoding=UTF-16\n");
    let wide = |text: &str| {
        let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
        units.into_iter().flat_map(u16::to_le_bytes).collect::<Vec<u8>>()
    };
    write(repository.root(), "wide", wide("1\n2\n"));
    repository.commit("wide");
    let worktree = repository.create("work");
    let folder = path(&worktree);
    write(&folder, "wide", fs::read(folder.join("wide")).expect("a file"));
    assert_eq!(pulse(&repository), [0, 0, 0]);
    assert_eq!(repository.diff(&worktree)["files_changed"], 0);
    write(&folder, "wide", wide("1\n3\n"));
    assert_eq!(pulse(&repository), [1, 1, 1]);
    assert!(repository.diff(&worktree)["diff_output"].as_str().expect("text").contains("\n-2\n+3\n"));
}

/// An index that is made anew is locked meanwhile, and an agent that commits at that moment is refused.
#[test]
fn nothing_is_written_while_git_compares() {
    // One that libgit2 can open, and one that it cannot.
    for format in ["sha1", "sha256"] {
        let repository = Repository { project: crate::agents::project::Project::new() };
        repository.git(&["init", "--quiet", "--initial-branch", "main", &format!("--object-format={format}")]);
        repository.write(".git/info/exclude", ".pintle/\n");
        repository.write("README", "first\n");
        repository.write(".gitattributes", "* text=auto\n");
        repository.commit("first");
        let folder = path(&repository.create("work"));
        let index = repository.git_in(&folder, &["rev-parse", "--absolute-git-dir"]) + "/index";
        // What git would write there.
        fs::File::open(folder.join("README"))
            .and_then(|file| file.set_modified(std::time::SystemTime::UNIX_EPOCH))
            .expect("a file");
        let before = fs::read(&index).expect("a file");
        for stat in [false, true] {
            repository.project.ask(json!({"type": "diff", "stat": stat}), "diff_result");
        }
        assert_eq!(pulse(&repository), [0, 0, 0], "{format}");
        assert_eq!(fs::read(&index).expect("a file"), before, "{format}");
    }
}

#[test]
fn work_in_a_submodule() {
    let repository = Repository::new();
    let library = repository.project.sandbox.path("library");
    fs::create_dir(&library).expect("a folder");
    repository.git_in(&library, &["init", "--quiet"]);
    write(&library, "s", "1\n");
    repository.git_in(&library, &["add", "--all"]);
    repository.git_in(&library, &["commit", "--quiet", "--message", "first"]);
    let from = library.display().to_string();
    repository.git(&["-c", "protocol.file.allow=always", "submodule", "--quiet", "add", &from, "lib"]);
    repository.commit("with a submodule");
    let worktree = repository.create("work");
    let folder = path(&worktree);
    assert_eq!(repository.diff(&worktree)["files_changed"], 0);
    repository.git_in(&folder, &["-c", "protocol.file.allow=always", "submodule", "--quiet", "update", "--init"]);
    assert_eq!(pulse(&repository), [0, 0, 0]);
    write(&folder, "lib/s", "1\nwork\n");
    // Its commit is the same, so that git counts no lines.
    assert_eq!(pulse(&repository), [1, 0, 0], "at once, though nothing outside of it tells");
    assert!(repository.diff(&worktree)["diff_output"].as_str().expect("text").contains("-dirty\n"));
    write(&folder, "README", "second\n");
    assert_eq!(repository.diff(&worktree)["files_changed"], 2);
    repository.git_in(&folder.join("lib"), &["commit", "--quiet", "--all", "--message", "work"]);
    assert_eq!(repository.diff(&worktree)["files_changed"], 2);
}

#[test]
fn renames_are_those_that_git_finds() {
    let repository = Repository::new();
    // From hardly changed to hardly the same; also two that are the same, and one of which little is left anywhere.
    for number in 0..20 {
        write(repository.root(), &format!("old/{number}.rs"), lines(number * 1000, number * 1000 + 40));
    }
    for name in ["twin/a", "twin/b"] {
        write(repository.root(), name, lines(50_000, 50_030));
    }
    std::os::unix::fs::symlink("README", repository.root().join("link")).expect("a link");
    repository.commit("files");
    let worktree = repository.create("work");
    let folder = path(&worktree);
    for number in 0..20 {
        let kept = lines(number * 1000 + number + 10, number * 1000 + 40);
        let text =
            lines(number * 1000, number * 1000 + 1) + &lines(90_000 + number * 100, 90_010 + number * 101) + &kept;
        write(&folder, &format!("new/{number}.rs"), text);
        fs::remove_file(folder.join(format!("old/{number}.rs"))).expect("a file");
    }
    repository.git_in(&folder, &["mv", "link", "moved"]);
    repository.git_in(&folder, &["mv", "twin/b", "b"]);
    repository.git_in(&folder, &["mv", "twin/a", "twin/c"]);
    repository.git_in(&folder, &["add", "--all"]);
    let diff = repository.diff(&worktree);
    let text = diff["diff_output"].as_str().expect("text");
    let (renamed, gone) = (text.matches("\nrename from ").count(), text.matches("\ndeleted file mode").count());
    assert!(renamed > 8 && gone > 2, "both, or nothing is compared: {renamed} {gone}");
    assert!(text.contains("rename to moved") && text.contains("rename to b") && text.contains("rename to twin/c"));
}

#[test]
fn more_renames_than_are_compared_with_each_other() {
    let repository = Repository::new();
    for number in 0..1_100 {
        write(repository.root(), &format!("old/{number}"), format!("{number}\n"));
    }
    repository.commit("many");
    let worktree = repository.create("work");
    repository.git_in(&path(&worktree), &["mv", "old", "new"]);
    let diff = repository.diff(&worktree);
    assert_eq!([&diff["files_changed"], &diff["insertions"], &diff["deletions"]], [1_100, 0, 0]);
    assert_eq!(pulse(&repository), [1_100, 0, 0]);
}

#[test]
fn heads_of_hunks() {
    let named = |last: &str| -> String {
        let long = "x".repeat(79);
        (0..4).map(|number| format!("{long} {number}\n{}", " in it\n".repeat(10))).collect::<String>() + last
    };
    check(
        "cut behind a space",
        |repository| {
            repository.write("code", &named("end\n"));
            repository.commit("code");
        },
        |_, folder| write(folder, "code", named("END\n")),
    );
}

/// Of these no file tells: each is what the index remembers.
#[test]
fn what_was_committed_and_left_alone() {
    let folders = |repository: &Repository| {
        for name in ["A/x", "b/c/y", "d/z"] {
            write(repository.root(), name, "1\n");
        }
        repository.commit("folders");
    };
    let commit = |repository: &Repository, folder: &Path| {
        repository.git_in(folder, &["add", "--all"]);
        repository.git_in(folder, &["commit", "--quiet", "--message", "more"]);
    };
    for name in ["0", "A/0", "A.x", "b/c/z", "b/c.x", "d/zz/x", "e", "e/f"] {
        check(name, folders, |repository, folder| {
            write(folder, name, "1\n");
            commit(repository, folder);
        });
    }
    for name in ["A/x", "b/c/y", "README", "d/z"] {
        check(name, folders, |repository, folder| {
            fs::remove_file(folder.join(name)).expect("a file");
            commit(repository, folder);
        });
        check(name, folders, |repository, folder| {
            write(folder, name, "2\n");
            commit(repository, folder);
        });
    }
    check("a mode", folders, |repository, folder| {
        repository.git_in(folder, &["update-index", "--chmod=+x", "b/c/y"]);
        repository.git_in(folder, &["commit", "--quiet", "--message", "more"]);
        repository.git_in(folder, &["checkout", "--quiet", "--force", "HEAD"]);
    });
}

#[test]
fn names_that_are_quoted() {
    for name in ["with space", "größe", "quote\"d", "new\nline", "ends "] {
        check(
            name,
            |repository| {
                repository.write(name, "1\n");
                repository.commit("a name");
            },
            |_, folder| write(folder, name, "2\n"),
        );
    }
}

#[test]
fn ids_are_as_long_as_gits() {
    check(
        "as many objects as make one letter more",
        |repository| {
            let blobs: String = (0..17_000).map(|number| format!("blob\ndata 6\n{number:06}\n")).collect();
            let git = repository.project.sandbox.run("git", &["fast-import", "--quiet"]);
            git.stdin(blobs).current_dir(repository.root()).ok();
        },
        |_, folder| write(folder, "README", "second\n"),
    );
}

#[test]
fn files_without_content() {
    check(
        "they come and go",
        |repository| {
            repository.write("empty", "");
            repository.commit("empty");
        },
        |repository, folder| {
            fs::remove_file(folder.join("empty")).expect("a file");
            write(folder, "other", "");
            repository.git_in(folder, &["add", "--all"]);
        },
    );
    check(
        "one is new",
        |_| {},
        |repository, folder| {
            write(folder, "new", "");
            repository.git_in(folder, &["add", "new"]);
        },
    );
    check(
        "one is gone",
        |repository| {
            repository.write("empty", "");
            repository.commit("empty");
        },
        |_, folder| fs::remove_file(folder.join("empty")).expect("a file"),
    );
}

/// Bars that are drawn to scale, names that are folded, quoted or too long: [`check`] compares all of it with git's.
#[test]
fn tables() {
    let text = |number: usize| lines(number * 100_000, number * 100_000 + 40_000);
    check(
        "bars",
        |repository| {
            for (number, name) in ["copy.txt", "large", "gone"].into_iter().enumerate() {
                write(repository.root(), name, text(number));
            }
            repository.commit("large");
        },
        |_, folder| {
            write(folder, "copy.txt", text(0) + &lines(900_000, 900_300));
            write(folder, "large", text(5));
            fs::remove_file(folder.join("gone")).expect("a file");
        },
    );
    check(
        "names",
        |repository| {
            for name in ["m/f1", "a/deep/b/f2", "größe", "with\nbreak", "with\x1besc"] {
                write(repository.root(), name, lines(name.len() * 100, name.len() * 100 + 30));
            }
            write(repository.root(), &format!("{}/long", "folder".repeat(20)), "1\n");
            repository.commit("names");
        },
        |repository, folder| {
            repository.git_in(folder, &["mv", "m", "n"]);
            fs::create_dir_all(folder.join("a/other/b")).expect("a folder");
            repository.git_in(folder, &["mv", "a/deep/b/f2", "a/other/b/f2"]);
            for name in ["größe", "with\nbreak", "with\x1besc", &format!("{}/long", "folder".repeat(20))] {
                write(folder, name, "2\n");
            }
        },
    );
}

/// As if it had been added, for which git asks the attributes.
#[test]
fn lines_of_untracked_files_are_counted_as_git_would() {
    let repository = Repository::new();
    repository.write(".gitattributes", "*.csv -diff\n*.bin diff\n");
    repository.commit("attributes");
    let folder = path(&repository.create("work"));
    for name in ["a.csv", "a.bin", "b", "c/d.csv"] {
        write(&folder, name, "1\n2\n\0\n");
    }
    write(&folder, "text", "1\n2\n");
    let counted = pulse(&repository);
    repository.git_in(&folder, &["add", "--all"]);
    assert_eq!(counted, [5, 5, 0]);
    assert_eq!(pulse(&repository), counted);
    let other: Value = repository.project.ask(json!({"type": "diff"}), "diff_result");
    assert_eq!(other["diffs"][0]["insertions"], 5);
}
