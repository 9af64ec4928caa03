//! Test points, with a shell in the daemon's part.

use crate::support::{PATIENCE, Points, Sandbox, eventually, process};

/// What the daemon does at a point, step for step.
const DAEMON: &str = r#"
    hit=$PINTLE_TEST_POINTS/here.hit go=$PINTLE_TEST_POINTS/here.go
    [ -p "$hit" ] || { echo passed > passed; exit; }
    exec 3> "$hit"; rm "$hit"; echo $$ >&3; exec 3>&-
    cat "$go"; rm -f "$go"; echo went > went
"#;

#[test]
fn a_point_stops_one_process_once() {
    let sandbox = Sandbox::new();
    let points = Points::new(&sandbox);
    points.arm("here");
    let mut stopped = sandbox.command("sh").args(["-c", DAEMON]).spawn().expect("a shell");
    assert_eq!(points.reached("here", PATIENCE), stopped.id());
    sandbox.run("sh", &["-c", DAEMON]).ok();
    assert!(sandbox.path("home/passed").exists(), "the second one is not stopped");
    assert!(!sandbox.path("home/went").exists(), "the first one still is");
    points.release("here");
    assert!(stopped.wait().expect("our own child").success());
    assert!(sandbox.path("home/went").exists());
}

#[test]
fn a_forgotten_point_holds_nobody() {
    let sandbox = Sandbox::new();
    let points = Points::new(&sandbox);
    points.arm("here");
    let mut stopped = sandbox.command("sh").args(["-c", DAEMON]).spawn().expect("a shell");
    points.reached("here", PATIENCE);
    drop(points);
    eventually("the process has gone on", PATIENCE, || (!process::alive(stopped.id())).then_some(()));
    stopped.wait().expect("our own child");
}
