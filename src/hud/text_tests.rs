//! Tests of `text.rs`.

use proptest::prelude::*;
use unicode_width::UnicodeWidthChar;

use super::*;

#[track_caller]
fn check(text: &str, cells: usize, expected: &str) {
    assert_eq!(plain(text, cells), expected, "{text:?} in {cells}");
}

#[test]
fn what_fits_stays_as_it_is() {
    check("", 10, "");
    check("fix the tests", 20, "fix the tests");
    check("#(touch pwned) #[fg=red] %H", 40, "#(touch pwned) #[fg=red] %H");
    check("日本語", 6, "日本語");
    check("e\u{301}te\u{301}", 3, "e\u{301}te\u{301}");
    check("👨\u{200d}👩\u{200d}👧", 6, "👨\u{200d}👩\u{200d}👧");
    check("  two  words  ", 20, "two  words");
}

#[test]
fn breaks_and_control_characters_become_one_blank() {
    check("one\r\ntwo\n\n\nthree\n", 40, "one two three");
    check("a\tb\u{7}c\u{85}d\u{2028}e", 40, "a b c d e");
    check("\x1b[31mred\x1b]0;title\x07", 40, "[31mred ]0;title");
    check("\0\n\x1b", 40, "");
}

#[test]
fn what_reorders_or_hides_is_left_out() {
    check("main\u{202e}gnp.exe", 40, "maingnp.exe");
    check("\u{200b}a\u{2060}b\u{ad}\u{feff}", 40, "ab");
    // An accent at the start would settle on whatever stands before the text.
    check("\u{301}\u{301} a", 40, "a");
    check(&format!("a{}b", "\u{301}".repeat(50)), 40, &format!("a{}b", "\u{301}".repeat(4)));
}

#[test]
fn what_is_too_wide_ends_with_an_ellipsis() {
    check("abcdef", 6, "abcdef");
    check("abcdefg", 6, "abcde…");
    check("abcd efg", 6, "abcd…");
    check("日本語", 5, "日本…");
    check("日本語", 4, "日…");
    check("abc", 1, "…");
    check("abc", 0, "");
    check("abcde\u{301}", 5, "abcde\u{301}");
}

#[test]
fn around_other_text_blanks_stay() {
    assert_eq!(verbatim(" <", 8), " <");
    assert_eq!(verbatim("\n>", 8), " >");
}

proptest! {
    #[test]
    fn every_text_becomes_one_line_of_its_width(text in any::<String>(), cells in 0..30_usize) {
        let line = plain(&text, cells);
        prop_assert!(line.chars().map(|c| c.width().unwrap_or(99)).sum::<usize>() <= cells, "{line:?}");
        prop_assert!(!line.chars().any(|c| is_break(c) || is_hidden(c)), "{line:?}");
        prop_assert!(line.chars().count() <= cells * (MARKS + 1));
        prop_assert_eq!(line.trim(), &line);
        prop_assert_eq!(plain(&line, cells), line);
    }
}
