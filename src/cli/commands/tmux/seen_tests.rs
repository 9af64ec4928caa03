use proptest::prelude::*;

use super::*;

/// As tmux 3.3a answers, cut down to a few lines.
const ANSWER: &str = r##"3.3a
1 main
0 other one
==pintle==
@empty ''
@pintle_status left
@quoted 'a"b\\c'
status-format[0] "#[align=left] x"
status-right "a\"b\\c \$HOME ü ; \\"
update-environment
==pintle==
bind-key -T root   MouseDown1Pane select-pane -t = ; send-keys -M
bind-key    -T prefix n       next-window
bind-key    -T prefix \;      last-pane
bind-key -r -T prefix Up      if-shell "x" { select-pane -U } { display-message '~"\\' }
bind-key    -T prefix -       delete-buffer
==pintle==
C-b     Send the prefix key
n       Select "next" window
;       Move to the previously active pane
"##;

fn seen() -> Seen {
    Seen::read(ANSWER.as_bytes()).expect("a whole answer")
}

#[test]
fn options_sessions_and_version() {
    let seen = seen();
    assert_eq!((seen.version.as_str(), seen.sessions_without.as_slice()), ("3.3a", &["other one".to_owned()][..]));
    let check = |name: &str, expected: Option<&str>| assert_eq!(seen.option_text(name).as_deref(), expected, "{name}");
    check("@empty", Some(""));
    check("@missing", None);
    check("@pintle_status", Some("left"));
    check("@quoted", Some(r#"a"b\c"#));
    check("status-right", Some(r#"a"b\c $HOME ü ; \"#));
    check("update-environment", Some(""));
}

#[test]
fn bindings_as_they_can_be_read_again() {
    let seen = seen();
    let check = |key: &str, expected: &str| {
        let found = seen.binding(key).map(|binding| text(&binding.line));
        assert_eq!(found.as_deref(), Some(expected), "{key}");
    };
    check("n", r#"bind-key -N "Select \"next\" window" -T prefix n next-window"#);
    check(";", r#"bind-key -N "Move to the previously active pane" -T prefix \; last-pane"#);
    check("Up", r#"bind-key -r -T prefix Up if-shell "x" { select-pane -U } { display-message "\~\"\\" }"#);
    check("-", "bind-key -T prefix - delete-buffer");
    assert!(seen.binding("MouseDown1Pane").is_none(), "of another table");
}

#[test]
fn keys_by_their_other_names() {
    let mut seen = seen();
    for (key, unclear) in [("n", false), ("A", false), ("é", false), ("Up", false), ("C-n", true), ("PgUp", true)] {
        assert_eq!(seen.is_unclear(key), unclear, "{key}");
    }
    let up = b"bind-key -r -T prefix Up select-pane -U\n";
    let check = |printed: &[u8], complaint: Option<&str>, expected: Asked| {
        assert_eq!(Asked::read(printed, complaint.map(str::as_bytes)), expected);
    };
    check(up, None, Asked::Bound("Up".into()));
    check(b"", Some("unknown key: C-n"), Asked::Free);
    check(b"", Some("invalid key: Zz"), Asked::Unknown);
    check(b"", Some("table prefix doesn't exist"), Asked::Free);
    seen.asked.insert("up".into(), Asked::Bound("Up".into()));
    assert_eq!(seen.binding("up").map(|binding| binding.key.as_str()), Some("Up"));
}

#[test]
fn an_answer_that_was_cut_off_is_none() {
    assert_eq!(Seen::read(b""), None);
    let end = ANSWER.rfind("==pintle==").expect("a mark");
    assert_eq!(Seen::read(&ANSWER.as_bytes()[..end]), None);
    let without_notes = Seen::read(&ANSWER.as_bytes()[..end + MARK.len()]).expect("notes are not needed");
    assert_eq!(without_notes.bindings.len(), 4);
}

proptest! {
    #[test]
    fn any_answer_is_taken_apart(lines in prop::collection::vec(".{0,40}", 0..20)) {
        let answer = lines.join("\n").replace('é', MARK);
        let _ = Seen::read(answer.as_bytes());
        let _ = Seen::read(format!("{answer}\n{MARK}\n{answer}\n{MARK}\n{answer}\n{MARK}\n{answer}").as_bytes());
    }
}
