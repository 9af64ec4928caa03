//! The daemon's death between a prompt and the command.

use super::{Live, kubectl};
use crate::shell::ALL;
use crate::support::process;

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
