//! Tests of `signal.rs`, beside it so that the code stays on a few screens.

use proptest::prelude::*;

use super::*;

fn fed(bytes: &[u8]) -> Signals {
    let mut signals = Signals::default();
    signals.feed(bytes);
    signals
}

#[test]
fn titles() {
    let check = |input: &str, expected: Option<&str>| {
        assert_eq!(fed(input.as_bytes()).title(), expected, "{input:?}");
    };
    check("no title", None);
    check("\x1b]0;vim\x07", Some("vim"));
    check("\x1b]2;vim\x1b\\", Some("vim"));
    check("\x1b]1;icon\x07", None);
    check("\x1b]0;a;b; c\x07", Some("a;b; c"));
    check("\x1b]0;a\u{9b}31mb\u{202e}c\x07", Some("a31mbc"));
    check("\x1b]0;old\x07\x1b]0;\x07", None);
    check("\x1b]0;⠂ thinking\x07", Some("⠂ thinking"));
    check("\x1b]0;cut\x18", Some("cut"));
}

#[test]
fn a_long_title_is_cut_and_stays_text() {
    let input = format!("\x1b]0;{}\x07", "é".repeat(100_000));
    let title = fed(input.as_bytes()).title().map(str::to_owned);
    assert_eq!(title, Some("é".repeat(TEXT_CHARS)));
}

#[test]
fn progress_bars() {
    let check = |input: &str, expected: Option<(ProgressState, Option<u8>)>| {
        let progress = fed(input.as_bytes()).progress();
        assert_eq!(progress.map(|p| (p.state, p.percent)), expected, "{input:?}");
    };
    check("\x1b]9;4;1;40\x07", Some((ProgressState::Normal, Some(40))));
    check("\x1b]9;4;1;400\x07", Some((ProgressState::Normal, Some(100))));
    check("\x1b]9;4;3\x1b\\", Some((ProgressState::Indeterminate, None)));
    check("\x1b]9;4;3;\x1b\\", Some((ProgressState::Indeterminate, None)));
    check("\x1b]9;4;2;5\x07", Some((ProgressState::Error, Some(5))));
    check("\x1b]9;4;4\x07", Some((ProgressState::Paused, None)));
    check("\x1b]9;4;1;40\x07\x1b]9;4;0;\x07", None);
    check("\x1b]9;4;1;40\x07\x1b]9;4\x07", None);
    check("\x1b]9;4;1;40\x07\x1bc", None);
}

#[test]
fn notifications() {
    let check = |input: &str, expected: Option<&str>| {
        let taken = fed(input.as_bytes()).take_notification();
        assert_eq!(taken.as_deref(), expected, "{input:?}");
    };
    check("\x1b]9;done\x07", Some("done"));
    check("\x1b]9;4;1;40\x07", None);
    check("\x1b]9;9;/tmp\x07", None);
    check("\x1b]9;42\x07", Some("42"));
    check("\x1b]777;notify;Title;body\x07", Some("Title;body"));
    check("\x1b]777;precmd\x07", None);
    check("\x1b]9;one\x07\x1b]9;\x07", Some("one"));
    check("\x1b]9;one\x07\x1b]9;two\x07", Some("two"));
    let mut signals = fed(b"\x1b]9;done\x07");
    signals.take_notification();
    assert_eq!(signals.take_notification(), None);
}

#[test]
fn prompt_marks() {
    let check = |input: &str, expected: Option<PromptMark>| {
        assert_eq!(fed(input.as_bytes()).prompt(), expected, "{input:?}");
    };
    check("$ ", None);
    check("\x1b]133;A\x07", Some(PromptMark::Prompt));
    check("\x1b]133;A;cl=m;aid=7\x07$ \x1b]133;B\x07", Some(PromptMark::Input));
    check("\x1b]133;C\x1b\\", Some(PromptMark::Running));
    check("\x1b]133;D\x07", Some(PromptMark::Finished { exit: None }));
    check("\x1b]133;D;130\x07", Some(PromptMark::Finished { exit: Some(130) }));
    check("\x1b]133;X\x07", None);
}

#[test]
fn bells() {
    let check = |input: &str, expected: u64| {
        assert_eq!(fed(input.as_bytes()).bells(), expected, "{input:?}");
    };
    check("\x07 \x07", 2);
    check("\x1b]0;title\x07", 0);
    check("\x1b]0;title\x07\x07", 1);
    check("\x1b[3\x071m", 1);
    check("\x1bPq\x07\x1b\\\x07", 1);
    check("\x1b[:1m\x07", 1);
}

#[test]
fn modes_from_sequences() {
    let check = |input: &str, expected: &str| {
        let mut out = Vec::new();
        fed(input.as_bytes()).modes().write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{input:?}");
    };
    check("\x1b[?2004;1004h", "\x1b[?1004h\x1b[?2004h");
    check("\x1b[2004h", "");
    check("\x1b=", "\x1b=");
    check("\x1b=\x1b[!p", "");
    check("\x1b[5 q", "\x1b[5 q");
    check("\x1b[5 q\x1b[ q", "");
    check("\x1b[300 q", "");
    check("\x1b[>4;2m", "\x1b[>4;2m");
    check("\x1b[>4;2m\x1b[>4m", "");
    check("\x1b[>4;2m\x1b[>4n", "");
    check("\x1b[?1000;1006h\x1bc", "");
    check("\x1b[?2004h\x1b(0\x1b[31m", "\x1b[?2004h");
}

#[test]
fn keyboard_flags_from_sequences() {
    let check = |input: &str, expected: u8| {
        let flags = fed(input.as_bytes()).modes().keyboard_flags();
        assert_eq!(flags, expected, "{input:?}");
    };
    check("\x1b[>7u", 7);
    check("\x1b[>7u\x1b[<u", 0);
    check("\x1b[>1u\x1b[>7u\x1b[<1u", 1);
    check("\x1b[=5u\x1b[=2;2u", 7);
    check("\x1b[u", 0);
    check("\x1b[?u", 0);
}

#[test]
fn says_whether_something_changed() {
    let mut signals = Signals::default();
    assert!(!signals.feed(b"text \x1b[31m red"));
    assert!(signals.feed(b"\x1b[?2004h"));
    assert!(!signals.feed(b"\x1b[?2004h"));
    assert!(!signals.feed(b"\x1b[?2026h frame \x1b[?2026l"));
    assert!(!signals.feed(b"\x1b]0;ti"));
    assert!(signals.feed(b"tle\x07"));
    assert!(!signals.feed(b"\x1b]0;title\x07"));
    assert!(signals.feed(b"\x07"));
}

#[test]
fn endless_strings_take_no_memory_and_end_like_others() {
    for start in ["\x1b]0;", "\x1bPq", "\x1b_", "\x1b["] {
        let mut signals = fed(start.as_bytes());
        for _ in 0..1000 {
            signals.feed(&[b'1'; 4096]);
        }
        signals.feed(b"\x1b\\\x1b[?2004h");
        assert!(signals.modes().bracketed_paste, "{start:?}");
    }
    let size = size_of::<Signals>();
    assert!((OSC_BYTES..3 * OSC_BYTES).contains(&size), "vte must be built without its feature `std`: {size}");
}

/// Pieces of terminal output in which sequences meet, nest and break off.
fn output() -> impl Strategy<Value = Vec<u8>> {
    let known = prop::sample::select(vec![
        &b"text"[..],
        b"\x1b",
        b"\x1b[",
        b"?2004",
        b"h",
        b"l",
        b"\x1b]",
        b"0;title",
        b"\x07",
        b"\x1b\\",
        b"9;4;1;5",
        b"133;A",
        b"\x18",
        b"\x1bPq",
        b":",
        b";",
        b"\x9c",
        b"\xe2\x9c\x93",
        b"\xe2\x9c",
        b"\xf0\x9f",
        b"\n",
        b"\x1b[?1000h",
        b"\x1b[>1u",
        b"\x1b[<u",
        b"\x1bc",
        b"\x1b[:3m",
        b"\x1b[?1049h",
    ]);
    let known = known.prop_map(<[u8]>::to_vec);
    let any = prop::collection::vec(any::<u8>(), 0..6);
    prop::collection::vec(prop_oneof![4 => known, 1 => any], 0..60).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_fast_path_agrees_with_the_parser_alone(bytes in output()) {
        let mut alone = Seen { escaped: true, ..Seen::default() };
        Parser::<OSC_BYTES>::default().advance(&mut alone, &bytes);
        let mut gated = fed(&bytes).seen;
        (gated.escaped, alone.escaped) = (false, false);
        prop_assert_eq!(gated, alone);
    }

    #[test]
    fn cuts_make_no_difference(bytes in output(), cuts in prop::collection::vec(1_usize..9, 1..40)) {
        let whole = fed(&bytes).seen;
        let mut signals = Signals::default();
        let (mut rest, mut cuts, mut changed) = (&bytes[..], cuts.into_iter().cycle(), false);
        while !rest.is_empty() {
            let (piece, later) = rest.split_at(cuts.next().unwrap_or(1).min(rest.len()));
            changed |= signals.feed(piece);
            rest = later;
        }
        let mut cut = signals.seen;
        prop_assert_eq!(changed, whole.changed);
        // A malformed sequence is noticed to be over by the next text, which may be a cut later.
        (cut.changed, cut.escaped) = (whole.changed, whole.escaped);
        prop_assert_eq!(cut, whole);
    }

    #[test]
    fn any_bytes_do_not_panic(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        fed(&bytes);
    }
}
