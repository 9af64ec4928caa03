//! Tests of `screen.rs`.

use proptest::prelude::*;

use super::*;

fn shown(cols: u16, rows: u16, input: impl AsRef<[u8]>) -> Screen {
    let mut screen = Screen::new(cols, rows);
    screen.feed(input.as_ref());
    screen
}

#[test]
fn a_screen_can_move_between_threads() {
    fn check<T: Send>() {}
    check::<Screen>();
}

#[test]
fn text_is_what_a_person_sees() {
    let check = |input: &str, expected: &str| {
        assert_eq!(shown(10, 4, input).text(), expected, "{input:?}");
    };
    check("", "");
    check("  \r\n \r\n", "");
    check("one  \r\n\r\ntwo \r\n", "one\n\ntwo");
    check("0123456789ab", "0123456789\nab");
    check("1\r\n2\r\n3\r\n4\r\n5", "2\n3\n4\n5");
    check("primary\x1b[?1049h\x1b[Hvim", "vim");
    check("\x1b[2;3Hx\x1b[41m   ", "\n  x");
    check("漢字 x", "漢字 x");
    check("\x1b[8;500;500tsame size", "same size");
}

#[test]
fn bytes_that_are_not_utf8() {
    let check = |input: &[u8], expected: &str| {
        assert_eq!(shown(10, 2, input).text(), expected, "{input:?}");
    };
    check(b"a\xffb", "a\u{fffd}b");
    check(b"\xe2\x9c", "");
    check(b"\xe2\x9cx", "\u{fffd}x");
    check(b"\xe2\xe2\x9c\x93", "\u{fffd}✓");
    check(b"\xc0\x80", "\u{fffd}\u{fffd}");
}

#[test]
fn cursor_and_size() {
    let check = |input: &str, row: u16, col: u16, visible: bool| {
        let expected = Cursor { row, col, visible };
        assert_eq!(shown(5, 3, input).cursor(), expected, "{input:?}");
    };
    check("", 0, 0, true);
    check("ab\r\nc", 1, 1, true);
    check("abcde", 0, 4, true);
    check("\x1b[9;9H\x1b[?25l", 2, 4, false);
    let mut screen = shown(5, 3, "abcde");
    screen.resize(3, 9);
    assert_eq!((screen.size(), screen.text().as_str()), ((3, 9), "abc\nde"));
    screen.resize(0, 0);
    assert_eq!(screen.size(), (1, 1));
    assert_eq!(Screen::new(0, 0).size(), (1, 1));
    assert!(shown(5, 3, "\x1b[?1h").application_cursor_keys());
    assert!(shown(5, 3, "\x1b[?1049h").is_alternate());
}

#[test]
fn captured_lines() {
    let mut screen = Screen::with_history(10, 4, 100);
    screen.feed(b"a\r\nb\r\nc\r\nd\r\ne\r\nf\r\n");
    let check = |start: Option<i64>, end: Option<i64>, expected: &str| {
        assert_eq!(screen.capture(start, end, false), expected, "{start:?} {end:?}");
    };
    check(None, None, "d\ne\nf");
    check(Some(-1), None, "f");
    check(Some(-2), Some(-1), "e\nf");
    check(Some(-4), Some(-3), "c\nd");
    check(Some(-99), None, "a\nb\nc\nd\ne\nf");
    check(Some(-99), Some(-6), "a");
    check(None, Some(-2), "d\ne");
    check(Some(0), Some(0), "d");
    check(Some(1), Some(99), "e\nf");
    check(Some(-1), Some(-2), "");
    check(Some(50), None, "");
    check(Some(i64::MIN), Some(i64::MAX), "a\nb\nc\nd\ne\nf");
    check(Some(i64::MAX), Some(i64::MIN), "");
}

#[test]
fn captured_colours_are_minimal_and_end_with_the_line() {
    let check = |input: &str, expected: &str| {
        let captured = shown(20, 3, input).capture(None, None, true);
        assert_eq!(captured, expected, "{input:?}");
    };
    check("plain", "plain");
    check("\x1b[31mred\r\nred", "\x1b[31mred\x1b[m\n\x1b[31mred\x1b[m");
    check("\x1b[1ma\x1b[31mb", "\x1b[1ma\x1b[31mb\x1b[m");
    check("\x1b[1;31ma\x1b[22mb", "\x1b[1;31ma\x1b[;31mb\x1b[m");
    check("\x1b[1ma\x1b[0mb", "\x1b[1ma\x1b[mb");
    check("\x1b[38;5;200ma", "\x1b[38;5;200ma\x1b[m");
    check("\x1b[48;2;1;2;3ma", "\x1b[48;2;1;2;3ma\x1b[m");
    check("\x1b[91;107ma", "\x1b[91;107ma\x1b[m");
    check("\x1b[44m  \x1b[0m  ", "\x1b[44m  \x1b[m");
    check("\x1b[3;4;5;7;9m漢", "\x1b[3;4;5;7;9m漢\x1b[m");
}

#[test]
fn spinners_clocks_and_counters_are_no_movement() {
    let check = |before: &str, after: &str, same: bool| {
        let (a, b) = (shown(60, 3, before), shown(60, 3, after));
        assert_eq!(a.fingerprint() == b.fingerprint(), same, "{before:?} {after:?}");
    };
    check("⠋ building", "⠙ building", true);
    check("| building", "/ building", true);
    check("✻ Thinking… (9s · esc to interrupt)", "✽ Thinking… (10s · esc to interrupt)", true);
    check("* Thinking.", "· Thinking...", true);
    check("   9 %", "  10 %", true);
    check("● Bash(ls)", "  Bash(ls)", true);
    check("\x1b[31mred", "\x1b[32mred", true);
    check("text\x1b[?25l", "text\x1b[H", true);
    check("one", "two", false);
    check("###", "####", false);
    check("a\r\nb", "ab", false);
}

proptest! {
    #[test]
    fn cuts_make_no_difference(
        bytes in prop::collection::vec(prop_oneof![any::<u8>(), prop::sample::select("\x1b[;?1hm漢é".as_bytes().to_vec())], 0..200),
        cut in 1_usize..7,
    ) {
        let whole = shown(12, 5, &bytes);
        let mut cut_up = Screen::new(12, 5);
        bytes.chunks(cut).for_each(|piece| cut_up.feed(piece));
        prop_assert_eq!(whole.terminal.dump(), cut_up.terminal.dump());
        prop_assert_eq!(whole.partial, cut_up.partial);
    }

    #[test]
    fn replacement_is_that_of_the_standard_library(bytes in prop::collection::vec(0x20_u8..=255, 0..40)) {
        // A letter at the end, so that nothing is left to be completed.
        let bytes = [&bytes[..], b"x"].concat();
        let mut by_library = Screen::new(200, 1);
        by_library.terminal.feed(&*String::from_utf8_lossy(&bytes));
        prop_assert_eq!(shown(200, 1, &bytes).terminal.dump(), by_library.terminal.dump());
    }
}
