//! Our hooks among a person's, on real servers.

use super::super::{Handle, link, process};
use super::*;
use crate::tmux::private_server::{PrivateServer, eventually, unbound};

/// The hooks that are set, a line each.
fn hooks(server: &PrivateServer) -> Vec<String> {
    let listed = server.run(&["show-hooks", "-g"]) + &server.run(&["show-hooks", "-gw"]);
    listed.lines().filter(|line| line.contains(' ')).map(str::to_owned).collect()
}

/// How many are ours.
fn ours(server: &PrivateServer) -> usize {
    hooks(server).iter().filter(|line| line.contains("refresh-client -A ")).count()
}

fn all() -> usize {
    HOOKS.len() + 1
}

/// A client that was there and has its hooks set.
async fn opened(server: &PrivateServer) -> Handle {
    let handle = server.open().await;
    handle.call(vec![Command::repeatable(&tmux_interface::ListSessions::new().build())]).await.unwrap();
    assert_eq!(ours(server), all(), "{:#?}", hooks(server));
    handle
}

#[tokio::test]
async fn what_stands_in_our_slots_already_stays() {
    let server = PrivateServer::new();
    let theirs = |hook: &str, slot: u32| {
        server.run(&["set-hook", "-g", &format!("{hook}[{slot}]"), "set -g @theirs '} , #{y}'"])
    };
    theirs("window-layout-changed", 77);
    theirs("client-detached", 77);
    theirs("client-detached", 78);
    let before = hooks(&server);
    assert_eq!(before.len(), 3);
    let handle = opened(&server).await;
    let listed = hooks(&server);
    assert_eq!(listed.len(), all() + 3, "{listed:#?}");
    for place in ["window-layout-changed[78]", "client-detached[79]", "pane-died[77]"] {
        let at = |line: &&String| line.starts_with(&format!("{place} ")) && line.contains("refresh-client");
        assert!(listed.iter().any(|line| at(&line)), "{place}: {listed:#?}");
    }
    // Theirs goes, ours stays where it is: once is enough.
    server.run(&["set-hook", "-gu", "client-detached[77]"]);
    handle.hook().await.unwrap();
    handle.call(vec![Command::repeatable(&tmux_interface::ListSessions::new().build())]).await.unwrap();
    assert_eq!(ours(&server), all(), "{:#?}", hooks(&server));
    // A slot that was ours is somebody else's now.
    theirs("client-detached", 77);
    theirs("pane-died", 77);
    handle.close().await;
    let mut left = hooks(&server);
    left.retain(|line| !line.starts_with("pane-died[77] "));
    assert_eq!(left, before);
    assert_eq!(hooks(&server).len(), 4);
}

#[tokio::test]
async fn where_all_slots_are_taken_nothing_is_replaced() {
    let server = PrivateServer::new();
    for slot in SLOTS {
        server.run(&["set-hook", "-g", &format!("pane-exited[{slot}]"), "set -g @theirs yes"]);
    }
    let before = hooks(&server);
    let handle = server.open().await;
    handle.call(vec![Command::repeatable(&tmux_interface::ListSessions::new().build())]).await.unwrap();
    assert_eq!(ours(&server), all() - 1);
    handle.close().await;
    assert_eq!(hooks(&server), before);
}

/// As after a `kill -9` of everything: tmux's own cleaning was replaced by a person's hook.
async fn left_over(server: &PrivateServer) {
    let found = process::survey(&server.socket()).await.unwrap();
    let mut link = link::Link::connect(&found.server, unbound).await.unwrap();
    for command in install(&link.name).unwrap() {
        link.send(&command.line().unwrap());
    }
    let mut events = Vec::new();
    while ours(server) < all() {
        // Writes, and takes the answers.
        link.turn(&mut events).await;
    }
    server.run(&["set-hook", "-g", "client-detached", "set -g @theirs yes"]);
    link.abandon();
    eventually("the client is gone", || server.control_clients().is_empty().then_some(())).await;
    assert_eq!(ours(server), HOOKS.len());
}

#[tokio::test]
async fn hooks_without_a_client_say_nothing_and_take_themselves_out() {
    let server = PrivateServer::new();
    let person = PrivateServer::without_sessions();
    person.run(&["new-session", "-d", &format!("env -u TMUX tmux -S {} attach-session", server.socket())]);
    eventually("a person is attached", || {
        (!server.run(&["list-clients", "-F", "#{client_name}"]).is_empty()).then_some(())
    })
    .await;
    server.run(&["set-option", "-g", "display-time", "0"]);
    left_over(&server).await;
    server.run(&["split-window", "-d", "-t", "%0", "cat"]);
    let run = [SPLIT, "window-layout-changed"].map(|hook| format!("{hook}["));
    let is_out = || (!hooks(&server).iter().any(|line| run.iter().any(|hook| line.starts_with(hook)))).then_some(());
    eventually("those that were run are out", is_out).await;
    assert_eq!(ours(&server), HOOKS.len() - run.len());
    let screen = person.run(&["capture-pane", "-p"]);
    assert!(!screen.contains("client"), "{screen}");
    assert_eq!(server.run(&["show-messages"]).lines().filter(|line| line.contains("can't find client")).count(), 0);
}

#[tokio::test]
async fn the_next_client_takes_over_what_is_left() {
    let server = PrivateServer::new();
    left_over(&server).await;
    let handle = opened(&server).await;
    handle.close().await;
    assert_eq!(hooks(&server), ["client-detached[0] set-option -g @theirs yes"]);
}
