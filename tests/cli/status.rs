//! `status`, and which agent is meant.

use crate::cli::Desk;
use crate::support::Tmux;

#[test]
fn agents_in_a_table() {
    let desk = Desk::new();
    assert!(desk.pintle(&["status"]).ok().contains("no agents"));
    let id = desk.spawn("listener", &["listen"]);
    let table = desk.pintle(&["status"]).ok();
    let mut lines = table.lines();
    assert!(lines.next().is_some_and(|head| head.starts_with("ID ") && head.contains("BECAUSE")), "{table}");
    assert!(lines.next().is_some_and(|line| line.starts_with(&format!("{id}  listener"))), "{table}");
    assert!(!table.contains('\x1b'), "{table}");
}

#[test]
fn by_name_by_id_and_by_the_beginning_of_an_id() {
    let desk = Desk::new();
    let id = desk.spawn("listener", &["listen"]);
    for word in ["listener", &id, &id[..6]] {
        assert_eq!(desk.json(&["status", word])["id"], id.as_str(), "{word}");
    }
    desk.pintle(&["rename", "listener", "hearer"]).ok();
    assert_eq!(desk.json(&["status", "hearer"])["id"], id.as_str());
    desk.pintle(&["status", "listener"]).fails(4);
}

#[test]
fn an_id_is_enough_outside_of_its_project() {
    let desk = Desk::new();
    let id = desk.spawn("printer", &["print", "hello", "then", "listen"]);
    desk.pintle(&["wait", &id, "--match", "hello"]).ok();
    assert!(desk.sandbox.pintle(&["capture", &id]).ok().starts_with("hello"));
    desk.sandbox.pintle(&["capture", "printer"]).fails(4);
    let root = desk.root.to_str().expect("UTF-8");
    assert!(desk.sandbox.pintle(&["capture", "printer", "--project", root]).ok().starts_with("hello"));
}

#[test]
fn eighty_columns_are_enough() {
    let desk = Desk::new();
    desk.spawn("an-agent-with-a-name-that-is-long", &["listen"]);
    let tmux = Tmux::new(&desk.sandbox);
    let pane = tmux.panes().remove(0);
    let (folder, pintle) = (desk.root.display(), crate::support::pintle().display());
    tmux.type_line(&pane, &format!("clear; cd {folder}; {pintle} status; echo do''ne"));
    let shown = tmux.shows(&pane, "done");
    let from = shown.lines().position(|line| line.starts_with("ID ")).expect("the table's head");
    assert!(shown.lines().nth(from + 1).is_some_and(|line| line.starts_with("ag-")), "{shown}");
    assert!(shown.lines().nth(from + 2).is_some_and(|line| line.starts_with("done")), "one line an agent:\n{shown}");
}
