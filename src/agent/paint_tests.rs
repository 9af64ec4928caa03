//! Tests of `paint.rs`: what was painted is read back with a second screen.

use proptest::prelude::*;

use crate::agent::screen::Screen;
use crate::agent::signal::Signals;

const SIZE: (u16, u16) = (12, 5);

fn shown(input: &[u8]) -> (Screen, Signals) {
    let (mut screen, mut signals) = (Screen::new(SIZE.0, SIZE.1), Signals::default());
    screen.feed(input);
    signals.feed(input);
    (screen, signals)
}

/// All that is to be seen of a screen, the hidden primary one included.
fn picture(screen: &Screen) -> String {
    let lines = |s: avt::Screen<'_>| format!("{:?}", s.visible_lines().map(|l| l.cells().to_vec()).collect::<Vec<_>>());
    let terminal = &screen.terminal;
    let primary = lines(terminal.primary_screen());
    format!("{:?} {} {} {primary}", terminal.cursor(), screen.is_alternate(), lines(terminal.screen()))
}

/// Paints `input` on a terminal that `before` was written to, lets both go on with `after`.
fn check(before: &[u8], input: &[u8], after: &[u8]) {
    let (mut screen, mut signals) = shown(input);
    let painted = screen.paint(signals.modes());
    let (mut real, mut real_signals) = shown(before);
    real.feed(&painted);
    real_signals.feed(&painted);
    assert_eq!(picture(&real), picture(&screen));
    assert_eq!(real_signals.modes(), signals.modes());
    for (screen, signals) in [(&mut screen, &mut signals), (&mut real, &mut real_signals)] {
        screen.feed(after);
        signals.feed(after);
    }
    assert_eq!(picture(&real), picture(&screen), "after {:?}", String::from_utf8_lossy(after));
    assert_eq!(real_signals.modes(), signals.modes());
}

#[test]
fn pictures_and_what_follows() {
    check(b"", b"", b"x");
    check(b"", b"one\r\ntwo", b"\r\nthree");
    check(b"junk\x1b[41m\x1b[2;3r\x1b[?6h", b"one", b"x");
    check(b"", b"0123456789abcd", b"e\x1b[Hf");
    check(b"", b"0123456789ab", b"pending wrap");
    check(b"", b"\x1b[31;1mred", b"still red");
    check(b"", b"\x1b[2;4r\x1b[4;1H", b"a\nb\nc\nd");
    check(b"", "漢字e\u{301}xy".as_bytes(), b"z");
    check(b"", b"\x1b[3g\x1b[1;4H\x1bH\r", b"\tx");
    check(b"", b"\x1b[3;3H\x1b7\x1b[H", b"\x1b8x");
    check(b"", b"\x1b(0", b"qqq");
    check(b"", b"\x1b[?25l\x1b[4mx", b"y");
}

#[test]
fn a_del_in_the_picture_is_painted_as_a_blank() {
    let (screen, signals) = shown(b"a\x7fb");
    assert!(!screen.paint(signals.modes()).contains(&0x7f));
}

#[test]
fn alternate_screens() {
    check(b"", b"shell\r\n$ \x1b[?1049h\x1b[Hvim", b"x\x1b[?1049lback");
    check(b"", b"$ \x1b[?1049h", b"\x1b[?1049lback");
    check(b"\x1b[?1049h\x1b[41mold", b"shell", b"x");
    check(b"old\x1b[?1049hold", b"a\x1b[?1049hb", b"c\x1b[?1049ld");
}

#[test]
fn modes_follow() {
    let modes = b"\x1b[?2004h\x1b[?1002;1006h\x1b[?1004h\x1b=\x1b[>5u\x1b[>4;2m\x1b[5 q\x1b[?1h";
    check(b"", modes, b"");
    check(modes, b"", b"");
    check(modes, b"\x1b[>1u\x1b[?1049h\x1b[>3u\x1b[>7u", b"\x1b[<u\x1b[?1049l");
    check(b"", b"\x1b[?2026hhalf", b" a frame\x1b[?2026l");
}

#[test]
fn goes_on_in_the_middle_of_a_sequence_or_character() {
    check(b"", b"\x1b[3", b"1mred");
    check(b"", b"\x1b[", b"1;3Hx");
    check(b"", b"\x1b", b"[31mred");
    check(b"", b"\x1b]0;ti", b"tle\x07x");
    check(b"", b"\x1bPq123", b"456\x1b\\x");
    check(b"", &"漢".as_bytes()[..2], &"漢x".as_bytes()[2..]);
}

#[test]
fn lines_that_belong_together_stay_together() {
    let (screen, signals) = shown(b"0123456789abcd\r\nx");
    let (mut real, _) = shown(b"");
    real.feed(&screen.paint(signals.modes()));
    real.resize(20, 5);
    assert_eq!(real.text(), "0123456789abcd\nx");
}

#[test]
fn never_erases_all_or_resets_the_terminal() {
    let (screen, signals) = shown(b"\x1b[?1049htext\x1b[31m");
    let painted = String::from_utf8(screen.paint(signals.modes())).unwrap();
    for forbidden in ["\x1bc", "\x1b[2J", "\x1b[J", "\x1b[!p", "\u{9b}", "\n"] {
        assert!(!painted.contains(forbidden), "{forbidden:?}");
    }
}

fn program() -> impl Strategy<Value = Vec<u8>> {
    let tokens = prop::sample::select(vec![
        "a",
        "bc ",
        "0123456789abcdef",
        "漢",
        "é",
        "✓",
        "e\u{301}",
        "\r\n",
        "\n",
        "\r",
        "\t",
        "\x08",
        "\x1b[31m",
        "\x1b[1;44m",
        "\x1b[m",
        "\x1b[22;39m",
        "\x1b[38;5;99m",
        "\x1b[2;3H",
        "\x1b[5;12H",
        "\x1b[H",
        "\x1b[2J",
        "\x1b[K",
        "\x1b[2;4r",
        "\x1b[r",
        "\x1b[?6h",
        "\x1b[?6l",
        "\x1b[?7l",
        "\x1b[?7h",
        "\x1b[4h",
        "\x1b[4l",
        "\x1b[20h",
        "\x1b(0",
        "\x1b(B",
        "\x0e",
        "\x0f",
        "\x1b[L",
        "\x1b[M",
        "\x1b[3P",
        "\x1b[2@",
        "\x1b[?25l",
        "\x1b[?25h",
        "\x1b[?1h",
        "\x1b[3g",
        "\x1bH",
        "\x1bM",
        "\x1b[?2004h",
        "\x1b[?1000h",
        "\x1b[>1u",
    ]);
    prop::collection::vec(tokens, 0..40).prop_map(|tokens| tokens.concat().into_bytes())
}

proptest! {
    #[test]
    fn any_primary_screen(input in program(), after in program()) {
        check(b"", &input, &after);
    }

    #[test]
    fn any_alternate_screen(shell in program(), input in program(), after in program()) {
        check(b"", &[&shell[..], b"\x1b[?1049h\x1b[m", &input].concat(), &after);
    }

    #[test]
    fn on_a_terminal_in_any_state(before in program(), alternate: bool, input in program()) {
        let enter: &[u8] = if alternate { b"\x1b[?1049h" } else { b"" };
        check(&[&before[..], enter, &before].concat(), &input, b"");
    }

    #[test]
    fn what_is_left_out_of_a_flood_is_not_missed(
        before in program(), alternate: bool, cut in 0..20_usize, line in "[a-z漢é\t ]{0,30}", after in program(),
    ) {
        let enter: &[u8] = if alternate { b"\x1b[?1049h" } else { b"" };
        let before = [enter, &before, &b"\x1b[31m\x1b]0;title\x07"[..cut.min(15)]].concat();
        let flood: String = (0..4000).map(|n| format!("{n} {line}\r\n")).collect();
        let (mut whole, mut by_lines) = (shown(&before).0, shown(&before).0);
        whole.feed(&[flood.as_bytes(), &after].concat());
        flood.as_bytes().chunks(1000).chain([&after[..]]).for_each(|piece| by_lines.feed(piece));
        prop_assert_eq!(whole.terminal.dump(), by_lines.terminal.dump());
    }
}
