//! The daemon's death between a prompt and the command.

use serde_json::json;

use super::{Live, kubectl};
use crate::agents::project::Project;
use crate::shell::ALL;
use crate::support::{Sandbox, process};

#[test]
fn killed_or_stopped_the_command_becomes_the_same() {
    let live = Live::new();
    let tmux = live.tmux();
    let mut shells: Vec<_> = ALL.into_iter().map(|kind| live.shell(&tmux, kind)).collect();
    for shell in &mut shells {
        live.pintle_in(&tmux, &shell.id, &["env", "set", "prod"]).ok();
        assert_eq!(shell.line("kubectl get"), [kubectl("prod", "get")], "{shell}");
        process::kill(live.sandbox().daemon());
        assert_eq!(shell.line("kubectl get"), [kubectl("prod", "get")], "killed: {shell}");
    }
    live.sandbox().pintle(&["daemon", "stop"]).ok();
    for shell in &mut shells {
        assert_eq!(shell.line("kubectl get"), [kubectl("prod", "get")], "stopped: {shell}");
        assert_eq!(shell.line("aws x"), ["aws x in prod as prod"], "{shell}");
    }
    assert!(live.sandbox().keeper().is_none(), "no command has started it");
    // A shell that is started now has the hooks all the same.
    let mut late = live.shell(&tmux, ALL[0]);
    assert_eq!(late.line("kubectl get"), ["kubectl get in none as nobody"], "{late}");
    assert!(live.sandbox().keeper().is_none(), "nor has a shell");
}

/// Whoever starts the daemon may stand at a prompt where `prod` holds: agents do not get its variables for that.
#[test]
fn a_daemon_has_nothing_of_the_prompt_it_was_started_at() {
    let mut sandbox = Sandbox::new();
    sandbox.set("AWS_PROFILE", "prod");
    sandbox.set("KUBECONFIG", "/over.yaml:/mine");
    sandbox.set("PINTLE_UNDO", "AWS_PROFILE=prod\u{1f}-\u{1e}KUBECONFIG=/over.yaml:/mine\u{1f}+/mine\u{1e}");
    sandbox.set("PINTLE_ENV", "prod");
    sandbox.set("PINTLE_SHELL", "bash/1/4711");
    let project = Project::within(sandbox);
    let said = "${AWS_PROFILE-none} $KUBECONFIG ${PINTLE_ENV-none} ${PINTLE_UNDO-none} ${PINTLE_SHELL-none}";
    let id = project.spawn_with(json!({"command": format!("echo \"said {said}\"; sleep 60")}));
    project.says(&id, "said none /mine none none none");
}
