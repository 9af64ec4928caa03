//! Tests of `process.rs`.

use std::os::unix::net::UnixListener;

use super::*;
use crate::tmux::private_server::PrivateServer;

/// What is asked for and comes back, with a process that keeps the pipes open as an old server does.
#[tokio::test]
async fn what_is_printed_is_waited_for_and_the_pipes_end_is_not() {
    let mut command = process::Command::new("sh");
    let script =
        "sleep 60 & echo $!; i=0; while [ $i -lt 9000 ]; do echo 0123456789; i=$((i+1)); done; echo why >&2; exit 3";
    command.args(["-c", script]);
    let (status, printed) = timeout(PATIENCE * 5, output(command)).await.expect("it ends with the shell").unwrap();
    let (sleeper, lines) = std::str::from_utf8(&printed.stdout).unwrap().split_once('\n').unwrap();
    let sleeper = rustix::process::Pid::from_raw(sleeper.parse().unwrap()).unwrap();
    rustix::process::kill_process(sleeper, rustix::process::Signal::KILL).unwrap();
    assert_eq!((status.code(), lines.len(), &printed.stderr[..]), (Some(3), 9000 * 11, &b"why\n"[..]));
}

#[tokio::test]
async fn a_server_of_another_version_is_not_gone() {
    let place = PrivateServer::without_sessions();
    let socket = place.socket();
    let asked = survey(&socket).await;
    assert!(matches!(asked, Err(TmuxError::ServerGone(_))), "{asked:?}");
    // It ends every connection, as 3.8 ends that of a 3.3a.
    let listener = UnixListener::bind(socket.path()).unwrap();
    std::thread::spawn(move || listener.incoming().for_each(drop));
    let asked = survey(&socket).await.unwrap_err();
    assert!(matches!(&asked, TmuxError::Foreign { server: None, own: Some(_), .. }), "{asked:?}");
    assert!(asked.to_string().contains("(version unknown)"), "{asked}");
    // A program in one of its panes.
    let tmux = format!("{socket},1,0");
    let mut pane = std::process::Command::new("sleep");
    let mut pane = pane.arg("60").env("TMUX", tmux).env("TERM_PROGRAM_VERSION", "9.9b").spawn().unwrap();
    let asked = survey(&socket).await.unwrap_err();
    pane.kill().unwrap();
    pane.wait().unwrap();
    assert!(asked.to_string().contains("(version 9.9b)"), "{asked}");
}
