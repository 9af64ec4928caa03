//! Tests of `parser.rs`: what real servers say, and what holds for every input.

use proptest::prelude::*;

use super::*;

fn parse(bytes: &[u8]) -> Vec<Event> {
    let mut events = Vec::new();
    Parser::default().feed(bytes, &mut events);
    events
}

fn reply(number: u64, ours: bool, done: bool, text: &str) -> Event {
    Event::Reply(Reply { number, ours, done, text: text.into(), cut: false })
}

#[track_caller]
fn check(line: &str, expected: Notification) {
    assert_eq!(parse(format!("{line}\n").as_bytes()), [Event::Notification(expected)]);
}

#[test]
fn replies_and_what_happens_between_them() {
    let said = b"\x1bP1000p%begin 1700000000 100 0\n%end 1700000000 100 0\n%session-changed $0 main\n\
        %begin 1700000001 105 1\n%0: [80x24]\n\n%window-add @7\n%end 1700000001 104 1\n%end 1700000001 105 1\n\
        %begin 1700000001 106 1\r\nno such pane: %99\r\n%error 1700000001 106 1\r\n%sessions-changed\n";
    let changed = Notification::SessionChanged { session: b"$0".into(), name: b"main".into() };
    let expected = [
        reply(100, false, true, ""),
        Event::Notification(changed),
        reply(105, true, true, "%0: [80x24]\n\n%window-add @7\n%end 1700000001 104 1\n"),
        reply(106, true, false, "no such pane: %99\r\n"),
        Event::Notification(Notification::SessionsChanged),
    ];
    assert_eq!(parse(said), expected);
}

#[test]
fn notifications() {
    let layout = "b25f,80x24,0,0{40x24,0,0,0,39x24,41,0,1}";
    check(
        &format!("%layout-change @3 {layout} {layout} *"),
        Notification::LayoutChange { window: b"@3".into(), layout: layout.into() },
    );
    check("%window-add @4", Notification::WindowAdd(b"@4".into()));
    check("%unlinked-window-close @5", Notification::WindowClose(b"@5".into()));
    let changed = Notification::WindowPaneChanged { window: b"@1".into(), pane: b"%2".into() };
    check("%window-pane-changed @1 %2", changed);
    let changed = Notification::SessionChanged { session: b"$1".into(), name: b"two words".into() };
    check("%session-changed $1 two words", changed);
    check("%exit", Notification::Exit(None));
    check("%exit server exited", Notification::Exit(Some(b"server exited".into())));
    check("%config-error /x:1: no", Notification::ConfigError(b"/x:1: no".into()));
    check("%pause %3", Notification::Other { name: b"pause".into(), rest: b"%3".into() });
    // No reply without a number that can be matched.
    check("%begin now", Notification::Other { name: b"begin".into(), rest: b"now".into() });
    assert_eq!(parse(b"not tmux\n%\n\n"), []);
}

#[test]
fn what_is_too_long_is_cut_and_what_follows_is_not() {
    let mut said = b"%begin 1 2 1\n".to_vec();
    said.extend(b"x".repeat(LONGEST_REPLY + 10));
    said.extend(b"\n%end 1 2 1\n%window-add ");
    said.extend(b"y".repeat(LONGEST_LINE + 10));
    said.extend(b"\n%begin 1 3 1\nshort\n%end 1 3 1\n");
    let events = parse(&said);
    let [Event::Reply(long), Event::Notification(Notification::WindowAdd(name)), short] = &events[..] else {
        panic!("{} events", events.len());
    };
    assert!(long.cut && long.text.is_empty());
    assert_eq!(name.len(), LONGEST_LINE - "%window-add ".len());
    assert_eq!(*short, reply(3, true, true, "short\n"));
}

/// Lines as tmux says them, mixed with what it never says.
fn said() -> impl Strategy<Value = Vec<u8>> {
    let line = prop_oneof![
        4 => (0..3_u64, 0..2_u8).prop_map(|(number, flags)| format!("%begin 1 {number} {flags}").into_bytes()),
        4 => (0..3_u64, 0..2_u8).prop_map(|(number, flags)| format!("%end 1 {number} {flags}").into_bytes()),
        1 => (0..3_u64).prop_map(|number| format!("%error 1 {number} 1").into_bytes()),
        2 => "%[a-z-]{0,14}( [@%$][0-9])?".prop_map(String::into_bytes),
        2 => prop::collection::vec(any::<u8>(), 0..20),
    ];
    prop::collection::vec(line, 0..20).prop_map(|lines| lines.join(&b'\n'))
}

proptest! {
    #[test]
    fn pieces_make_no_difference(said in said(), cuts in prop::collection::vec(0..400_usize, 0..8)) {
        let mut cuts: Vec<usize> = cuts.into_iter().map(|at| at.min(said.len())).collect();
        cuts.sort_unstable();
        let (mut parser, mut events, mut from) = (Parser::default(), Vec::new(), 0);
        for at in cuts.into_iter().chain([said.len()]) {
            parser.feed(&said[from..at], &mut events);
            from = at;
        }
        prop_assert_eq!(events, parse(&said));
    }

    #[test]
    fn a_reply_is_given_as_it_is(lines in prop::collection::vec("[^\n]{0,30}", 0..10)) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        prop_assume!(!lines.iter().any(|line| line.starts_with("%end 7 8 1") || line.starts_with("%error 7 8 1")));
        let said = format!("%begin 7 8 1\n{text}%end 7 8 1\n");
        prop_assert_eq!(parse(said.as_bytes()), [reply(8, true, true, &text)]);
    }
}
