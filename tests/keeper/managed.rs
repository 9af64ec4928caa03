//! `--managed`: everything ends when the parent does.

use serde_json::json;

use crate::agents::project::Project;
use crate::support::{Client, PATIENCE, Sandbox, eventually, pintle, process};

#[test]
fn it_ends_with_its_parent() {
    let sandbox = Sandbox::new();
    // A shell that waits is the parent, as an editor or a service would be.
    let script = "\"$0\" daemon run --managed & wait";
    let mut parent = sandbox.command("sh").args(["-c", script]).arg(pintle()).spawn().expect("a shell");
    eventually("it listens", PATIENCE, || Client::try_connect(&sandbox.socket()).ok());
    let project = Project::within(sandbox);
    let id = project.spawn(&["hang"]);
    let pid = project.pid(&id);
    assert_eq!(process::stat(project.sandbox.keeper().expect("a keeper")).map(|stat| stat.parent), Some(parent.id()));
    parent.kill().and_then(|()| parent.wait()).expect("our own child");
    eventually("nothing is left", PATIENCE, || project.sandbox.processes().is_empty().then_some(()));
    assert!(!process::alive(pid) && !project.sandbox.socket().exists());
    // In order: it is written down how the agent ended.
    assert_eq!(project.entry(&id)["exitCode"], json!(143));
}
