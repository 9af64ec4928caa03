//! No room for the manifest: an error that names it, the old file intact, a spawn taken back.

use rustix::process::{Pid, Resource, Rlimit, prlimit};
use serde_json::{Value, json};

use crate::agents::project::Project;
use crate::support::mount::Mount;
use crate::support::{Sandbox, fake_agent, process};

/// Everything that writes the manifest is refused, and nothing is different afterwards.
#[track_caller]
fn nothing_can_be_written(project: &Project, id: &str, with_spawn: bool) {
    let file = project.file("manifest.json");
    let before = std::fs::read(&file).expect("a manifest");
    let agent = project.agent(id);
    let check = |request: Value| {
        let message = project.refused(request, "IO_ERROR");
        assert!(message.contains(file.to_str().expect("UTF-8")), "the path is named: {message}");
    };
    check(json!({"type": "rename", "agent_id": id, "name": "x".repeat(100)}));
    let suspend = json!({"type": "suspend", "project_root": project.root(), "target": {"agent": id}});
    check(suspend);
    let stat = process::stat(project.pid(id)).expect("it runs");
    assert!(stat.state != 'T' && project.agent(id)["activity"] != "suspended", "it is left alone: {stat:?}");
    if with_spawn {
        let command = fake_agent(&["children", "orphan", "1", "then", "hang"]);
        check(json!({"type": "spawn", "root": true, "command": command}));
    }
    assert_eq!(std::fs::read(&file).expect("a manifest"), before, "the old file is intact");
    assert_eq!(project.agent(id)["name"], agent["name"], "and in memory it is the same");
    assert_eq!(project.agents().len(), 1);
    let keeper = project.sandbox.keeper().expect("a keeper");
    let mut children = process::children(keeper);
    children.sort_unstable();
    let mut expected = [project.sandbox.daemon(), project.pid(id)];
    expected.sort_unstable();
    assert_eq!(children, expected, "the spawn is taken back");
}

/// With room again, everything works.
#[track_caller]
fn everything_can_be_written(project: &Project, id: &str) {
    project.ask(json!({"type": "rename", "agent_id": id, "name": "named"}), "rename_result");
    let other = project.spawn(&["hang"]);
    assert_eq!(project.entry(id)["name"], "named");
    assert_eq!(project.kill(&other)["exit_codes"][&other], 143);
    project.is_consistent();
    let told = project.client().call(json!({"cmd": "notify_list"}));
    assert_eq!(told["notifications"], json!([]), "of an agent that never was nothing is told");
}

#[test]
fn a_limit_of_file_size() {
    // The shell's disregard for the signal is inherited: what is left is the error.
    let sandbox = Sandbox::new();
    let start = "trap '' XFSZ; exec \"$0\" daemon start";
    sandbox.run("sh", &["-c", start, crate::support::pintle().to_str().expect("UTF-8")]).ok();
    let project = Project::within(sandbox);
    let id = project.spawn(&["hang"]);
    // A manifest that is larger than anything else the daemon writes.
    let mut manifest = project.manifest();
    manifest["padding"] = "p".repeat(256 << 10).into();
    std::fs::write(project.file("manifest.json"), manifest.to_string()).expect("our own file");
    project.crash();
    let limit = |bytes: Option<u64>| {
        let daemon = Pid::from_raw(project.sandbox.daemon().cast_signed());
        prlimit(daemon, Resource::Fsize, Rlimit { current: bytes, maximum: None }).expect("a limit for our own daemon");
    };
    limit(Some(128 << 10));
    // A spawn asks the file system whether there is room, which knows nothing of this limit.
    nothing_can_be_written(&project, &id, false);
    limit(None);
    everything_can_be_written(&project, &id);
    assert_eq!(project.manifest()["padding"].as_str().map(str::len), Some(256 << 10));
}

#[test]
fn a_full_file_system() {
    let sandbox = Sandbox::new();
    let folder = sandbox.path("project/.pintle");
    std::fs::create_dir_all(&folder).expect("a folder");
    let Some(_mount) = Mount::over(&sandbox, &folder, "64k") else { return };
    let project = Project::within(sandbox);
    let id = project.spawn(&["hang"]);
    let ballast = project.file("ballast");
    // As much as there is room for; that it ends in an error is what it is for.
    let _ = std::fs::write(&ballast, vec![0; 1 << 20]);
    nothing_can_be_written(&project, &id, true);
    std::fs::remove_file(&ballast).expect("our own file");
    everything_can_be_written(&project, &id);
}
