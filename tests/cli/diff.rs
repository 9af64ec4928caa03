//! `diff` and `pulse`, as a person meets them.

use std::fs;

use serde_json::Value;

use crate::cli::Desk;
use crate::support::Tmux;

impl Desk {
    /// A repository with a worktree called `work`, in which a line has changed and a file is new; its folder.
    fn worktree(&self) -> String {
        let git = |words: &[&str]| self.sandbox.run("git", words).current_dir(&self.root).ok();
        git(&["init", "--quiet", "--initial-branch", "main"]);
        fs::write(self.root.join(".git/info/exclude"), ".pintle/\n").expect("a file");
        fs::write(self.root.join("file"), "first\n").expect("a file");
        git(&["add", "--all"]);
        git(&["commit", "--quiet", "--message", "first"]);
        self.pintle(&["worktree", "create", "work"]).ok();
        let report = self.json(&["worktree", "list"]);
        let folder = report["worktrees"][0]["path"].as_str().expect("a path").to_owned();
        fs::write(format!("{folder}/file"), "second\n").expect("a file");
        fs::write(format!("{folder}/new"), "1\n2\n").expect("a file");
        folder
    }
}

#[test]
fn a_diff_can_be_read_and_applied() {
    let desk = Desk::new();
    assert!(desk.pintle(&["diff"]).ok().contains("no worktrees"));
    let folder = desk.worktree();
    let text = desk.pintle(&["diff", "work"]).ok();
    assert!(text.contains("work on pintle/work from main: 1 file changed, +1 -1, 1 untracked\n"), "{text}");
    assert!(text.contains("\n-first\n+second\n") && text.contains("\nuntracked new\n"), "{text}");
    assert!(!text.contains('\x1b'), "{text}");
    assert_eq!(desk.pintle(&["diff"]).ok(), text, "there is only one");
    fs::write(desk.root.join("patch"), &text).expect("a file");
    desk.sandbox.run("git", &["apply", "patch"]).current_dir(&desk.root).ok();
    assert_eq!(fs::read_to_string(desk.root.join("file")).expect("a file"), "second\n");
    assert!(desk.pintle(&["diff", "--stat"]).ok().contains("\n file | 2 +-\n"));
    let json = desk.json(&["diff", "work"]);
    assert_eq!((&json["type"], &json["diffs"][0]["untracked"][0]), (&Value::from("diff_result"), &Value::from("new")));
    assert!(desk.pintle(&["diff", "--color", "always"]).ok().contains("\x1b[31m-first\x1b[0m\n"));
    desk.pintle(&["diff", "nope"]).fails(4);
    fs::remove_dir_all(folder).expect("a file");
    desk.pintle(&["diff", "work"]).fails(1);
    desk.pintle(&["diff"]).fails(1);
}

#[test]
fn a_patch_with_carriage_returns_can_be_applied() {
    let desk = Desk::new();
    let folder = desk.worktree();
    // The line that is new is one with a carriage return and one without.
    fs::write(format!("{folder}/file"), "second\r\nthird\n").expect("a file");
    let text = desk.pintle(&["diff", "work"]).ok();
    let git = desk.sandbox.run("git", &["diff"]).current_dir(&folder).ok();
    assert!(git.contains("+second\r\n") && text.contains(&git), "{text:?}");
    fs::write(desk.root.join("patch"), &text).expect("a file");
    desk.sandbox.run("git", &["apply", "patch"]).current_dir(&desk.root).ok();
    assert_eq!(fs::read(desk.root.join("file")).expect("a file"), b"second\r\nthird\n");
}

#[test]
fn on_a_terminal_it_goes_through_the_pager() {
    let desk = Desk::new();
    desk.worktree();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    let pintle = crate::support::pintle().display().to_string();
    let mut runs = 0;
    let mut run = |pager: &str, expected: &str| {
        runs += 1;
        tmux.type_line(&pane, &format!("clear; {pager} {pintle} diff work; echo do''ne-{runs}"));
        let shown = tmux.shows(&pane, &format!("done-{runs}"));
        assert!(shown.contains(expected), "{pager}: {shown}");
    };
    let numbers = "'sed -n s/^.*file.changed/paged/p'";
    run(&format!("PINTLE_PAGER={numbers} GIT_PAGER=false"), "paged, +1 -1");
    run(&format!("GIT_PAGER={numbers} PAGER=false"), "paged, +1 -1");
    run(&format!("PAGER={numbers}"), "paged, +1 -1");
    run("PINTLE_PAGER=cat", "+second");
    run("PINTLE_PAGER=no-such-pager", "+second");
    run("PINTLE_PAGER=no-such-pager", "the pager `no-such-pager` could not be run");
    // One that has seen enough.
    run("PINTLE_PAGER='head -n 1'", "1 file changed");
    desk.sandbox
        .run("git", &["config", "core.pager", "sed -n s/^.*file.changed/configured/p"])
        .current_dir(&desk.root)
        .ok();
    run("PAGER=false", "configured, +1 -1");
}

#[test]
fn a_pulse_fits_a_small_terminal() {
    let desk = Desk::new();
    assert!(desk.pintle(&["pulse"]).ok().contains("no agents and no worktrees"));
    desk.worktree();
    desk.spawn("an-agent-with-a-name-that-is-long", &["listen"]);
    desk.pintle(&["spawn", "--worktree", "work", "--name", "inside", "--command", "sleep 60"]).ok();
    let table = desk.pintle(&["pulse"]).ok();
    let lines: Vec<&str> = table.lines().collect();
    assert!(lines[1].starts_with("an-agent-with-a-name-that-is-long  "), "{table}");
    assert!(lines[2].starts_with("work/ ") && lines[2].contains("2 files +3 -1"), "{table}");
    assert!(lines[3].starts_with("  inside "), "{table}");
    let json = desk.json(&["pulse"]);
    assert_eq!(json["worktrees"][0]["files_changed"], 2);
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    tmux.type_line(&pane, &format!("clear; {} pulse; echo do''ne", crate::support::pintle().display()));
    let shown = tmux.shows(&pane, "done");
    assert_eq!(shown.lines().position(|line| line.starts_with("done")), Some(4), "one line each:\n{shown}");
}
