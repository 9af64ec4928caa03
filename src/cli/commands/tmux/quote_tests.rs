use proptest::prelude::*;

use super::*;

#[test]
fn lines_of_tmux_fall_into_words() {
    #[track_caller]
    fn check(line: &str, expected: &[&str]) {
        let words: Vec<String> =
            words(line.as_bytes()).into_iter().map(|word| String::from_utf8(word.to_vec()).unwrap()).collect();
        assert_eq!(words, expected, "{line}");
    }
    check("", &[]);
    check("  a   b ", &["a", "b"]);
    check(r#"@x "a b" c"#, &["@x", r#""a b""#, "c"]);
    check(r#""a \" b" '"\\ ' \" \; ''"#, &[r#""a \" b""#, r#"'"\\ '"#, r#"\""#, r"\;", "''"]);
    check(r#"{ if-shell "x" { a ; b } }"#, &["{", "if-shell", r#""x""#, "{", "a", ";", "b", "}", "}"]);
    check("\"never closed", &["\"never closed"]);
    check("a\\", &["a\\"]);
}

/// The left column is what tmux 3.3a prints for the right one.
#[test]
fn words_of_tmux_mean() {
    #[track_caller]
    fn check(printed: &str, expected: &[u8]) {
        assert_eq!(unescape(printed.as_bytes()), expected, "{printed}");
    }
    check("''", b"");
    check("plain", b"plain");
    check(r#""a\"b\\c \$HOME""#, br#"a"b\c $HOME"#);
    check(r#"'a"b\\c'"#, br#"a"b\c"#);
    check(r"\~/foo", b"~/foo");
    check(r"\;", b";");
    check(r#""a\nb\tc\033[1m\377""#, b"a\nb\tc\x1b[1m\xff");
    check("ü", "ü".as_bytes());
    check("\"", b"\"");
    check("\\", b"\\");
}

#[test]
fn what_tmux_reads_otherwise_than_it_writes_is_written_anew() {
    #[track_caller]
    fn check(line: &str, expected: &str) {
        assert_eq!(String::from_utf8(readable(&words(line.as_bytes()))).unwrap(), expected, "{line}");
    }
    check(r#"bind-key    -T prefix \" run "a\\b" { x ; y }"#, r#"bind-key -T prefix \" run "a\\b" { x ; y }"#);
    check(r#"bind-key -T prefix x display '~"\\n'"#, r#"bind-key -T prefix x display "\~\"\\n""#);
    check(r#"bind-key -T prefix x display '"' '~'"#, r#"bind-key -T prefix x display '"' '~'"#);
}

#[test]
fn arguments() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(argument(text.as_bytes()), OsString::from(expected), "{text}");
    }
    check("", "");
    check("a;b", "a;b");
    check(";", r"\;");
    check("a;", r"a\;");
    check(r"a\;", r"a\\;");
    check("a; ", "a; ");
}

#[test]
fn formats() {
    assert_eq!(no_format("#{pid} %H #", false), "##{pid} %H ##");
    assert_eq!(no_format("#{pid} %H", true), "##{pid} %%H");
}

proptest! {
    #[test]
    fn what_is_quoted_is_one_word_and_comes_back(text: Vec<u8>) {
        let quoted = quote(&text);
        prop_assert_eq!(words(&quoted), [quoted.as_slice()]);
        prop_assert_eq!(unescape(&quoted), text);
    }

    #[test]
    fn any_line_is_taken_apart(line: Vec<u8>) {
        let words = words(&line);
        prop_assert!(words.iter().all(|word| !word.is_empty()));
        words.into_iter().for_each(|word| drop(unescape(word)));
    }
}
