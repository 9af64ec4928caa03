//! A sandbox shuts the world out and leaves nothing in it.

use crate::support::{Sandbox, process};

#[test]
fn programs_see_nothing_of_the_machine() {
    let sandbox = Sandbox::new();
    let environment = sandbox.run("env", &[] as &[&str]).ok();
    let home = format!("HOME={}", sandbox.path("home").display());
    assert!(environment.lines().any(|line| line == home), "{environment}");
    for name in ["TMUX", "TMUX_PANE", "PINTLE_SOCKET", "SSH_AUTH_SOCK", "XDG_DATA_DIRS"] {
        assert!(!environment.lines().any(|line| line.starts_with(&format!("{name}="))), "{environment}");
    }
    let socket = sandbox.socket();
    assert!(socket.as_os_str().len() < 80, "{}: room is needed for names of a test's own", socket.display());
}

#[test]
fn a_project_is_the_same_at_every_run() {
    let commit = |sandbox: &Sandbox| {
        let project = sandbox.project();
        sandbox.run("git", &["rev-parse", "HEAD"]).current_dir(project).ok()
    };
    assert_eq!(commit(&Sandbox::new()), commit(&Sandbox::new()));
}

#[test]
fn nothing_outlives_it() {
    let sandbox = Sandbox::new();
    let root = sandbox.root().to_owned();
    let mut child =
        sandbox.command("sh").args(["-c", "trap '' TERM HUP; sleep 60 & sleep 60"]).spawn().expect("a shell");
    drop(sandbox);
    child.wait().expect("our own child");
    assert_eq!(process::with_environment_naming(&root), [] as [u32; 0]);
    assert!(!root.exists());
}
