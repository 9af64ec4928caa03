use proptest::prelude::*;

use super::*;

fn keys(input: &[u8]) -> Vec<Key> {
    Keyboard::new().take(input)
}

#[test]
fn bytes_to_keys() {
    fn check(input: &str, expected: &[Key]) {
        assert_eq!(keys(input.as_bytes()), expected, "{input:?}");
    }
    check("", &[]);
    check("aé日", &[Key::Char('a'), Key::Char('é'), Key::Char('日')]);
    check("\r", &[Key::Enter]);
    check("\x7f\x08", &[Key::Backspace, Key::Backspace]);
    check("\x03\x0e", &[Key::Ctrl('c'), Key::Ctrl('n')]);
    check("\x1a", &[Key::Ctrl('z')]);
    check("\x1b", &[Key::Escape]);
    check("\x1b\x1b", &[Key::Escape, Key::Escape]);
    check("a\x1b", &[Key::Char('a'), Key::Escape]);
    check("\x1b[A\x1b[B", &[Key::Up, Key::Down]);
    check("\x1bOA\x1bOB", &[Key::Up, Key::Down]);
    check("\x1b[1;5A", &[Key::Up]);
    check("\x1b[5~\x1b[6~", &[Key::PageUp, Key::PageDown]);
    check("\x1b[H\x1b[F\x1b[1~\x1b[4~", &[Key::Home, Key::End, Key::Home, Key::End]);
    check("\x1bx", &[]); // Alt and a letter
    check("\x1b[15~\x1b[C", &[]);
    check("\x1bOPx", &[Key::Char('P'), Key::Char('x')]);
}

#[test]
fn what_is_pasted_presses_no_key() {
    let pasted = keys(b"\x1b[200~a\rb\x03\x1b[A\x1b[201~\r");
    let typed: String = "a b ".into();
    let expected: Vec<Key> = typed.chars().map(Key::Char).chain([Key::Enter]).collect();
    assert_eq!(pasted, expected);
    let mut keyboard = Keyboard::new();
    assert_eq!(keyboard.take(b"\x1b[200~x\x1b"), [Key::Char('x')]);
    assert_eq!(keyboard.take(b"[201~\x1b"), [Key::Escape]);
}

/// vte 0.15 alone would lose the Enter.
#[test]
fn a_character_that_is_cut_takes_nothing_with_it() {
    let mut keyboard = Keyboard::new();
    assert_eq!(keyboard.take(b"\xc2"), []);
    assert_eq!(keyboard.take(b"\xae\r\xce"), [Key::Char('®'), Key::Enter]);
    assert_eq!(keyboard.take(b"\x8e"), [Key::Char('Ύ')]);
}

proptest! {
    #[test]
    fn any_bytes_are_taken(input: Vec<u8>) {
        keys(&input);
    }

    /// But for an ESC, which at the end of a read is a key.
    #[test]
    fn it_does_not_matter_where_a_read_ends(input in "(\\PC|\x1b\\[[0-9]{0,3}[A-H~]|[\r\x03\x7f]){0,20}", at: prop::sample::Index) {
        let input = input.as_bytes();
        let at = at.index(input.len() + 1);
        prop_assume!(at == 0 || input[at - 1] != 0x1b);
        let mut keyboard = Keyboard::new();
        let mut cut = keyboard.take(&input[..at]);
        cut.extend(keyboard.take(&input[at..]));
        prop_assert_eq!(cut, keys(input));
    }
}
