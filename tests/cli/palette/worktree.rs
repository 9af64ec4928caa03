//! Worktrees in the palette, and what can be done in them.

use super::{is_left, palette};
use crate::cli::{Desk, is_a_shell_again};
use crate::support::{PATIENCE, Tmux, eventually, pintle};

/// A desk with a worktree `work-1` in which a file has been changed, and where it is.
fn changed_worktree() -> (Desk, String) {
    let desk = Desk::new();
    let git = |args: &[&str]| desk.sandbox.run("git", args).current_dir(&desk.root).ok();
    git(&["init", "-q", "-b", "main"]);
    std::fs::write(desk.root.join("a"), "1\n").expect("a file");
    git(&["add", "a"]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "first"]);
    desk.pintle(&["worktree", "create", "work-1"]).ok();
    let report = desk.json(&["status"]);
    let path = report["worktrees"][0]["path"].as_str().expect("a path").to_owned();
    std::fs::write(std::path::Path::new(&path).join("a"), "changed here\n").expect("a file");
    (desk, path)
}

/// Opens the palette and in it that worktree.
fn open_worktree(tmux: &Tmux<'_>, pane: &str) {
    palette(tmux, pane, "");
    tmux.shows(pane, "find:");
    tmux.send_keys(pane, &["-l", "work-1"]);
    tmux.shows(pane, "> worktree work-1");
    tmux.send_keys(pane, &["Enter"]);
    tmux.shows(pane, "in work-1:");
}

#[test]
fn a_diff_stays_until_it_is_left_with_every_pager() {
    let (desk, _) = changed_worktree();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    // One that ends with the text, one that is not there, and a `less` that is told otherwise.
    for (pager, key) in [("head -n 20", "Enter"), ("no-such-pager", "Enter"), ("less -F", "C-c")] {
        tmux.type_line(&pane, &format!("clear; export PINTLE_PAGER='{pager}'"));
        open_worktree(&tmux, &pane);
        tmux.send_keys(&pane, &["d", "i", "f", "f"]);
        tmux.shows(&pane, "> show its diff");
        tmux.send_keys(&pane, &["Enter"]);
        let shown = tmux.shows(&pane, "Enter goes back");
        assert!(shown.contains("+changed here") && !shown.contains("ended-with-0\n"), "{pager}: {shown}");
        tmux.send_keys(&pane, &[key]);
        match key {
            "Enter" => is_left(&tmux, &pane, 0),
            // The shell gives up its line, too.
            _ => drop(is_a_shell_again(&tmux, &pane)),
        }
    }
}

#[test]
fn a_worktree_offers_what_can_be_done_in_it() {
    let (desk, path) = changed_worktree();
    let tmux = Tmux::new(&desk.sandbox);
    let pane = desk.shell(&tmux);
    let open = || open_worktree(&tmux, &pane);
    // Its diff, which stays until it is left, be it ever so short.
    open();
    let shown = tmux.shows(&pane, "Esc back");
    assert!(shown.contains("> start claude") && shown.contains("open a shell"), "{shown}");
    tmux.send_keys(&pane, &["d", "i", "f", "f"]);
    tmux.shows(&pane, "> show its diff");
    tmux.send_keys(&pane, &["Enter"]);
    let shown = tmux.shows(&pane, "+changed here");
    assert!(!shown.contains("ended-with"), "{shown}");
    tmux.send_keys(&pane, &["q"]);
    is_left(&tmux, &pane, 0);
    // A shell in its folder, in the environment of the pane.
    std::fs::write(desk.sandbox.path("config/pintle/envs.yaml"), "envs: {lab: {}}\n").expect("a file");
    desk.pintle(&["daemon", "reload"]).ok();
    tmux.type_line(&pane, &format!("clear; {} env set lab; echo set-$?", pintle().display()));
    tmux.shows(&pane, "set-0\n");
    tmux.type_line(&pane, "clear");
    open();
    tmux.send_keys(&pane, &["s", "h", "e", "l", "l"]);
    tmux.shows(&pane, "> open a shell");
    tmux.send_keys(&pane, &["Enter"]);
    let below = eventually("a second pane", PATIENCE, || tmux.panes().into_iter().nth(1));
    tmux.shows(&pane, "ended-with-0\n");
    assert_eq!(tmux.format(&below, "#{pane_active}"), "1", "whoever opens a shell is in it");
    tmux.type_line(&below, "clear; basename $PWD");
    let id = path.rsplit('/').next().expect("a name");
    tmux.shows(&below, &format!("{id}\n"));
    tmux.type_line(&below, &format!("clear; {} env get", pintle().display()));
    tmux.shows(&below, "lab\n");
    // An agent in it.
    tmux.type_line(&pane, "clear");
    open();
    tmux.send_keys(&pane, &["-l", "start terminal"]);
    tmux.shows(&pane, "> start terminal");
    tmux.send_keys(&pane, &["Enter"]);
    tmux.shows(&pane, "asked to do");
    tmux.send_keys(&pane, &["Enter"]);
    eventually("an agent in the worktree", PATIENCE, || {
        let report = desk.json(&["status"]);
        (report["agents"][0]["worktree_id"] == report["worktrees"][0]["id"]).then_some(())
    });
}
