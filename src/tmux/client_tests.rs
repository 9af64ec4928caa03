//! Tests of the control client against real servers.

use rustix::process::{Pid, Signal, kill_process};
use tmux_interface::{DisplayMessage, ListSessions, SetOption, SplitWindow, WaitFor};

use super::*;
use crate::base::process::Identity;
use crate::tmux::private_server::{PATIENCE as PATIENCE_OF_TESTS, PrivateServer, eventually, unbound};

fn print(text: impl Into<String>) -> Command {
    Command::repeatable(&DisplayMessage::new().print().message(text.into()).build())
}

fn set(value: &str) -> Command {
    Command::repeatable(&SetOption::new().global().option("@x").value(value.to_owned()).build())
}

fn done(text: impl Into<String>) -> Answer {
    Answer::Done(text.into().into_bytes())
}

fn split(target: &str) -> Command {
    Command::once(&SplitWindow::new().detached().target_pane(target.to_owned()).shell_command("cat").build())
}

/// The hooks that are set, with their slots and commands.
fn hooks(server: &PrivateServer) -> Vec<String> {
    let listed = server.run(&["show-hooks", "-g"]) + &server.run(&["show-hooks", "-gw"]);
    listed.lines().filter(|line| line.contains(' ')).map(str::to_owned).collect()
}

/// Takes away the control client's process without its knowing.
fn signal(pid: i32, signal: Signal) {
    kill_process(Pid::from_raw(pid).unwrap(), signal).unwrap();
}

async fn one_client(server: &PrivateServer) -> i32 {
    eventually("there is one control client", || match server.control_clients()[..] {
        [pid] => Some(pid),
        _ => None,
    })
    .await
}

async fn hooks_gone(server: &PrivateServer) {
    eventually("the hooks are taken out", || hooks(server).is_empty().then_some(())).await;
}

async fn clients_gone(server: &PrivateServer) {
    eventually("no control client is left", || server.control_clients().is_empty().then_some(())).await;
}

#[tokio::test]
async fn answers_come_in_order_and_refusals_with_them() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let sessions = Command::repeatable(&ListSessions::new().format("#S").build());
    let answers = handle.call(vec![print("a"), split("%99"), print("b"), set("1"), sessions]).await.unwrap();
    let refused = Answer::Refused(b"can't find pane: %99\n".to_vec());
    assert_eq!(answers, [done("a\n"), refused, done("b\n"), done(""), done("main\n")]);
    assert_eq!(server.control_clients().len(), 1);
    assert_eq!(server.run(&["list-sessions", "-F", "#S"]), "main\n");
}

#[tokio::test]
async fn many_calls_at_once_get_their_own_answers() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let calls = (0..1000).map(|number| {
        let handle = handle.clone();
        tokio::spawn(async move { (number, handle.call(vec![print(number.to_string()), set("x")]).await.unwrap()) })
    });
    for call in calls.collect::<Vec<_>>() {
        let (number, answers) = call.await.unwrap();
        assert_eq!(answers, [done(format!("{number}\n")), done("")]);
    }
}

#[tokio::test]
async fn hooks_of_the_user_do_not_shift_answers() {
    let server = PrivateServer::new();
    for hook in ["after-set-option", "after-display-message", "after-list-sessions"] {
        server.run(&[
            "set-hook",
            "-g",
            hook,
            "display-message -p hook ; if-shell -F 1 'list-keys' ; run-shell -C 'list-panes'",
        ]);
        server.run(&["set-hook", "-ga", hook, "list-panes -t nowhere"]);
    }
    let handle = server.open().await;
    for number in 0..50 {
        let guarded = print(format!("g{number}")).only_if("%0".parse().unwrap(), "1");
        let answers = handle.call(vec![set("1"), print(format!("{number}")), guarded]).await.unwrap();
        assert_eq!(answers, [done(""), done(format!("{number}\n")), done(format!("g{number}\n"))]);
    }
}

#[tokio::test]
async fn a_condition_is_asked_with_the_command() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let guarded = |pane: &str, condition: &str| print("done").only_if(pane.parse().unwrap(), condition);
    let commands = vec![guarded("%0", "1"), guarded("%0", "0"), guarded("%99", "#{==:#{pane_id},%99}"), print("z")];
    let expected = [done("done\n"), Answer::Stale, Answer::Stale, done("z\n")];
    assert_eq!(handle.call(commands.clone()).await.unwrap(), expected);
    let batched = batch::run(handle.server(), &commands).await.unwrap();
    assert_eq!(batched.into_iter().map(Result::unwrap).collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_process_answers_as_the_client_does() {
    let server = PrivateServer::new();
    server.run(&["split-window", "-d", "-t", "%0", "printf '\\033[31mred\\033[0m \\n  x\\n'; cat"]);
    let handle = server.open().await;
    let capture =
        Command::repeatable(&tmux_interface::CapturePane::new().stdout().escape_sequences().target_pane("%1").build());
    let unknown = Command::repeatable(&tmux_interface::TmuxCommand::with_name("no-such-command"));
    let mut commands = vec![print("a"), split("%99"), capture, unknown.clone(), print("b")];
    commands.extend((0..300).map(|number| print(format!("{number}"))));
    commands.extend([unknown.only_if("%0".parse().unwrap(), "1"), print("end")]);
    let trimmed = |answer: Answer| match answer {
        Answer::Refused(text) => {
            Answer::Refused(text.trim_ascii().strip_prefix(b"parse error: ").unwrap_or(text.trim_ascii()).to_vec())
        }
        answer => answer,
    };
    let by_client = handle.call(commands.clone()).await.unwrap().into_iter().map(trimmed).collect::<Vec<_>>();
    let by_process = batch::run(handle.server(), &commands).await.unwrap();
    let by_process = by_process.into_iter().map(|answer| trimmed(answer.unwrap())).collect::<Vec<_>>();
    assert_eq!(by_client, by_process);
}

#[tokio::test]
async fn a_closed_connection_leaves_nothing() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    handle.call(vec![print("a")]).await.unwrap();
    assert_eq!(server.control_clients().len(), 1);
    handle.close().await;
    assert!(server.control_clients().is_empty());
    assert_eq!(hooks(&server), [""; 0]);
    assert!(matches!(handle.call(vec![print("a")]).await, Err(TmuxError::Closed)));
    assert!(matches!(handle.watch().await, Err(TmuxError::Closed)));
    // And when the last handle is dropped.
    let handle = server.open().await;
    one_client(&server).await;
    drop(handle);
    clients_gone(&server).await;
    hooks_gone(&server).await;
}

#[tokio::test]
async fn a_daemon_that_is_killed_leaves_nothing() {
    let server = PrivateServer::new();
    let found = process::survey(&server.socket()).await.unwrap();
    let link = link::Link::connect(&found.server, unbound).await.unwrap();
    let handle = server.open().await;
    handle.call(vec![print("hooks are in")]).await.unwrap();
    // What the kernel does for a process that is killed: its ends of the pipes are closed, and no more.
    let clients = server.control_clients();
    assert_eq!(clients.len(), 2);
    let pids: Vec<Identity> = clients.into_iter().map(|pid| Identity::of(pid).unwrap()).collect();
    let begun = tokio::time::Instant::now();
    link.abandon();
    eventually("the client left by itself", || {
        (pids.iter().filter(|client| client.is_alive()).count() == 1).then_some(())
    })
    .await;
    assert!(begun.elapsed() < Duration::from_secs(1), "{:?}", begun.elapsed());
}

/// A person who is attached sees nothing of it, also when it goes while panes come and go.
#[tokio::test]
async fn a_client_that_ends_amid_changes_leaves_nothing() {
    let server = PrivateServer::new();
    let person = PrivateServer::without_sessions();
    person.run(&["new-session", "-d", &format!("env -u TMUX tmux -S {} attach-session", server.socket())]);
    eventually("a person is attached", || {
        let clients = server.run(&["list-clients", "-F", "#{client_name}"]);
        (!clients.is_empty()).then_some(())
    })
    .await;
    server.run(&["set-option", "-g", "display-time", "0"]);
    for _ in 0..5 {
        let handle = server.open().await;
        handle.call(vec![print("hooks are in")]).await.unwrap();
        let client = one_client(&server).await;
        let splits = ["true"; 6].map(|program| server.command(&["split-window", "-d", "-t", "%0", program]).spawn());
        signal(client, Signal::KILL);
        for split in splits {
            split.unwrap().wait().unwrap();
        }
        hooks_gone(&server).await;
        let screen = person.run(&["capture-pane", "-p"]);
        assert!(!screen.contains("client-"), "{screen}");
    }
}

#[tokio::test]
async fn a_client_that_is_killed_is_replaced_and_calls_go_on() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let mut changes = handle.watch().await.unwrap();
    changes.mark_unchanged();
    let first = one_client(&server).await;
    signal(first, Signal::KILL);
    for number in 0..200 {
        assert_eq!(handle.call(vec![print(format!("{number}"))]).await.unwrap(), [done(format!("{number}\n"))]);
    }
    let second = eventually("another client", || server.control_clients().into_iter().find(|pid| *pid != first)).await;
    changes.changed().await.unwrap();
    assert_eq!(one_client(&server).await, second);
    let hooks = server.run(&["show-hooks", "-gw"]);
    assert!(!hooks.contains(&format!("client-{first}")), "{hooks}");
}

/// A client's commands are carried out one behind the other, so one that waits for ever stops all that follow.
#[tokio::test]
async fn a_client_that_hangs_is_replaced_and_nothing_is_done_twice() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let first = one_client(&server).await;
    let begun = tokio::time::Instant::now();
    let hang = Command::once(&WaitFor::new().channel("never").build());
    let (hung, read, typed) = tokio::join!(
        handle.call(vec![hang]),
        handle.call(vec![print("a")]),
        handle.call(vec![print("b"), split("%0"), print("c")]),
    );
    // Its reply is not what it waits for.
    assert_eq!(hung.unwrap(), [done("")]);
    assert_eq!(read.unwrap(), [done("a\n")]);
    assert!(matches!(typed, Err(TmuxError::Unanswered(name)) if name == "split-window"));
    let took = begun.elapsed();
    assert!((PATIENCE..PATIENCE * 3).contains(&took), "{took:?}");
    assert_eq!(handle.call(vec![print("c"), split("%0")]).await.unwrap(), [done("c\n"), done("")]);
    assert_eq!(server.panes().len(), 2);
    let _watch = handle.watch().await.unwrap();
    eventually("another client", || matches!(server.control_clients()[..], [pid] if pid != first).then_some(())).await;
}

/// It looks the same as a client that hangs; nothing is lost or done twice.
#[tokio::test]
async fn a_hook_that_takes_long_delays_its_own_client_only() {
    let server = PrivateServer::new();
    server.run(&["set-hook", "-g", "after-split-window", "run-shell 'sleep 60'"]);
    let handle = server.open().await;
    let first = one_client(&server).await;
    let begun = tokio::time::Instant::now();
    assert_eq!(handle.call(vec![split("%0"), print("a")]).await.unwrap(), [done(""), done("a\n")]);
    let took = begun.elapsed();
    assert!((PATIENCE..PATIENCE * 3).contains(&took), "{took:?}");
    assert_eq!(handle.call(vec![print("b")]).await.unwrap(), [done("b\n")]);
    assert_eq!(server.panes().len(), 2);
    let _watch = handle.watch().await.unwrap();
    eventually("another client", || matches!(server.control_clients()[..], [pid] if pid != first).then_some(())).await;
}

#[tokio::test]
async fn a_server_that_hangs_is_said_to_and_comes_back() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    handle.call(vec![print("a")]).await.unwrap();
    let pid: i32 = server.format("main", "#{pid}").parse().unwrap();
    signal(pid, Signal::STOP);
    let (read, typed) = tokio::join!(handle.call(vec![print("a")]), handle.call(vec![split("%0")]));
    signal(pid, Signal::CONT);
    assert!(matches!(read, Err(TmuxError::Silent(_))), "{read:?}");
    assert!(matches!(typed, Err(TmuxError::Unanswered(_))), "{typed:?}");
    assert_eq!(handle.call(vec![print("b")]).await.unwrap(), [done("b\n")]);
}

#[tokio::test]
async fn nobody_comes_back_for_nobody() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    signal(one_client(&server).await, Signal::KILL);
    clients_gone(&server).await;
    // Longer than the first pause: nobody asked, nobody watches.
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(server.control_clients().is_empty());
    let watch = handle.watch().await.unwrap();
    one_client(&server).await;
    drop(watch);
}

#[tokio::test]
async fn a_session_that_is_closed_is_left_for_another() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let _changes = handle.watch().await.unwrap();
    server.run(&["new-session", "-d", "-s", "other", "cat"]);
    server.run(&["kill-session", "-t", "=main"]);
    let session = eventually("a client at the other session", || {
        let sessions = server.run(&["list-clients", "-F", "#{session_name}"]);
        (sessions.trim() == "other").then_some(sessions)
    });
    session.await;
    assert_eq!(handle.call(vec![print("#{client_session}")]).await.unwrap(), [done("other\n")]);
}

#[tokio::test]
async fn a_server_that_is_gone_is_gone_also_when_another_comes() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let mut changes = handle.watch().await.unwrap();
    server.run(&["kill-server"]);
    eventually("the channel closes", || {
        use std::task::{Context, Poll, Waker};
        let changed = std::pin::pin!(changes.changed());
        match changed.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(Err(_)) => Some(()),
            Poll::Ready(Ok(())) | Poll::Pending => None,
        }
    })
    .await;
    assert!(matches!(handle.call(vec![print("a")]).await, Err(TmuxError::ServerGone(_))));
    eventually("a new server can be started", || {
        server.command(&["new-session", "-d", "cat"]).status().unwrap().success().then_some(())
    })
    .await;
    assert!(matches!(handle.call(vec![print("a")]).await, Err(TmuxError::ServerGone(_))));
    let batched = batch::run(handle.server(), &[split("%0")]).await;
    assert!(matches!(batched, Err(TmuxError::ServerGone(_))), "{batched:?}");
    assert_eq!(server.panes().len(), 1);
    assert_ne!(server.open().await.server(), handle.server());
}

#[tokio::test]
async fn nobody_is_started_where_nobody_is() {
    let server = PrivateServer::without_sessions();
    let opened = Handle::open(&server.socket(), unbound).await;
    assert!(matches!(opened, Err(TmuxError::ServerGone(_))), "{opened:?}");
    assert!(!server.socket().path().exists());
}

/// What is seen of other sessions too, where control mode alone says nothing.
#[tokio::test]
async fn changes_anywhere_are_told() {
    let server = PrivateServer::new();
    server.run(&["new-session", "-d", "-s", "other", "-x", "80", "-y", "24", "cat"]);
    let handle = server.open().await;
    handle.call(vec![print("hooks are in")]).await.unwrap();
    let mut changes = handle.watch().await.unwrap();
    let happenings: [&[&str]; 11] = [
        &["split-window", "-d", "-t", "other", "cat"],
        &["select-pane", "-t", "other:.1"],
        &["resize-pane", "-t", "other:.1", "-y", "5"],
        &["swap-pane", "-s", "other:.0", "-t", "other:.1"],
        &["resize-pane", "-Z", "-t", "other:.0"],
        &["kill-pane", "-t", "other:.1"],
        &["new-window", "-t", "other", "cat"],
        &["rename-window", "-t", "other", "name"],
        &["split-window", "-d", "-t", "other", "true"],
        &["break-pane", "-d", "-s", "main:.0", "-t", "other:9"],
        &["rename-session", "-t", "other", "third"],
    ];
    for happening in happenings {
        settle(&handle, &mut changes).await;
        if server.command(&["has-session", "-t", "=main"]).status().unwrap().success() || happening[0] != "break-pane" {
            server.run(happening);
        }
        let told = tokio::time::timeout(PATIENCE_OF_TESTS, changes.changed()).await;
        assert!(told.is_ok_and(|told| told.is_ok()), "nothing was told of {happening:?}");
    }
}

/// Waits until what happened before has been told: answers and notifications come in their order.
async fn settle(handle: &Handle, changes: &mut watch::Receiver<u64>) {
    loop {
        changes.mark_unchanged();
        // Hooks run after what they are hooks of; two round trips let them.
        for _ in 0..2 {
            handle.call(vec![print("settled")]).await.unwrap();
        }
        if !changes.has_changed().unwrap() {
            return;
        }
    }
}

/// Neither we nor tmux wake up for it. That nothing happens can only be seen by looking for a while.
#[tokio::test]
async fn an_idle_connection_wakes_nobody() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let _watch = handle.watch().await.unwrap();
    handle.call(vec![print("a")]).await.unwrap();
    let pids = [one_client(&server).await, server.format("main", "#{pid}").parse().unwrap()];
    let wake_ups = |pid: &i32| {
        let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
        status.lines().find(|line| line.starts_with("voluntary_ctxt_switches")).unwrap().to_owned()
    };
    // What is still going on because of the questions themselves.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let before = pids.each_ref().map(wake_ups);
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(pids.each_ref().map(wake_ups), before);
}
