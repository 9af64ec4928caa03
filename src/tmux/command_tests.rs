//! Tests of `command.rs`: what a hostile text becomes, in words and in a real tmux.

use proptest::prelude::*;
use tmux_interface::{DisplayMessage, SendKeys, SetOption};

use super::*;
use crate::tmux::client::{Answer, batch};
use crate::tmux::pane::quoted_text;
use crate::tmux::private_server::PrivateServer;

/// Everything that means something to tmux, to a shell, or to a terminal.
#[rustfmt::skip] // One a line would be two screens.
const HOSTILE: [&str; 57] = [
    "", " ", ";", ";;", "a;", "a\\;", "\\", "\\\\", "a ; kill-server", "; kill-server", "\\;", "'", "\"", "a'b\"c",
    "#(touch pwned)", "#{pid}", "#{@x}", "##", "#[fg=red]", "$HOME", "${HOME}", "~", "~root", "a~", "`id`", "$(id)",
    "-l", "--", "-", "{", "}", "{ kill-server }", "%if", "%1", "%%", "%endif", "#", "# comment", "a=b", "A=b",
    "a\nb", "\n", "a\n\nkill-server\n", "\r", "a\r\nb", "\t", "\x1b[31m", "\x1b", "\x7f", "\x01\x02", "a\\nb",
    "\\033", "é☃😀", "\u{202e}x", "\u{fffd}", "%begin 1 2 1", "%end 1 2 1",
];

fn hostile() -> Vec<Vec<u8>> {
    let mut texts: Vec<Vec<u8>> = HOSTILE.iter().map(|text| text.as_bytes().to_vec()).collect();
    texts.extend([b"\xff".to_vec(), b"a\xc3".to_vec(), b"\x80\xfe\xff;".to_vec(), (1..=255).collect()]);
    texts
}

fn set(value: &[u8]) -> Command {
    Command::repeatable(&SetOption::new().pane().target_pane("%0").build()).word("--").word("@x").word(value)
}

fn get() -> Command {
    Command::repeatable(&DisplayMessage::new().print().target_pane("%0").message("#{q:@x}").build())
}

#[track_caller]
fn value(answer: &Answer) -> Vec<u8> {
    let Answer::Done(text) = answer else { panic!("{answer:?}") };
    quoted_text(text.strip_suffix(b"\n").unwrap())
}

#[tokio::test]
async fn a_control_client_carries_every_byte() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let condition = format!("#{{==:#{{pane_id}},{}}}", PaneId(0));
    for text in hostile() {
        let plain = handle.call(vec![set(&text), get()]).await.unwrap();
        assert_eq!(plain[0], Answer::Done(vec![]), "{:?}", text.escape_ascii().to_string());
        assert_eq!(value(&plain[1]).escape_ascii().to_string(), text.escape_ascii().to_string());
        let other = [b"x", &text[..]].concat();
        let guarded = handle.call(vec![set(&other).only_if(PaneId(0), &condition), get()]).await.unwrap();
        assert_eq!(guarded[0], Answer::Done(vec![]), "{:?}", other.escape_ascii().to_string());
        assert_eq!(value(&guarded[1]).escape_ascii().to_string(), other.escape_ascii().to_string());
    }
    let long = "a;\\\"'~ ".repeat(100_000 / 7).into_bytes();
    let answers = handle.call(vec![set(&long), get()]).await.unwrap();
    assert!(value(&answers[1]) == long, "100 kB");
    assert_eq!(server.panes().len(), 1);
}

#[tokio::test]
async fn a_process_carries_every_byte() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    for text in hostile() {
        let plain = batch::run(handle.server(), &[set(&text), get()]).await.unwrap();
        assert_eq!(plain[0].as_ref().unwrap(), &Answer::Done(vec![]), "{:?}", text.escape_ascii().to_string());
        assert_eq!(value(plain[1].as_ref().unwrap()).escape_ascii().to_string(), text.escape_ascii().to_string());
        // And as a process takes the bare words.
        let words = set(&text).arguments().unwrap();
        let output = server.command(&[]).args(words).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        let answers = handle.call(vec![get()]).await.unwrap();
        assert_eq!(value(&answers[0]).escape_ascii().to_string(), text.escape_ascii().to_string());
    }
    assert!(!std::path::Path::new("pwned").exists());
}

#[tokio::test]
async fn what_cannot_be_carried_is_an_error_that_says_so() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let error = handle.call(vec![set(b"a\0b")]).await.unwrap_err();
    assert!(matches!(&error, TmuxError::Nul(name) if name == "set-option"), "{error}");
    let answers =
        batch::run(handle.server(), &[get(), set(b"a\0b"), get(), set(&[b'x'; 20_000]), get()]).await.unwrap();
    assert!(matches!(&answers[1], Err(TmuxError::Nul(_))));
    assert!(matches!(&answers[3], Err(TmuxError::TooLong { bytes, .. }) if *bytes > 20_000));
    assert!(answers.iter().step_by(2).all(Result::is_ok), "{answers:?}");
}

#[tokio::test]
async fn doubled_signs_are_shown_as_text() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    for text in ["#(touch pwned)", "#{pid}", "a # b", "##", "100 #{", "#,#}", "x"] {
        let shown = DisplayMessage::new().print().message(format_text(text)).build();
        let answers = handle.call(vec![Command::repeatable(&shown)]).await.unwrap();
        assert_eq!(answers, [Answer::Done(format!("{text}\n").into_bytes())], "{text}");
    }
}

#[tokio::test]
async fn what_is_typed_arrives() {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let typed = "a;b #{pid} $HOME ~ 'x' \"y\" \\ é☃ %1 {;";
    let keys = SendKeys::new().disable_lookup().target_pane("%0").build();
    handle.call(vec![Command::once(&keys).word("--").word(typed)]).await.unwrap();
    crate::tmux::private_server::eventually("cat's terminal echoes", || {
        server.run(&["capture-pane", "-p", "-t", "%0"]).starts_with(&format!("{typed}\n")).then_some(())
    })
    .await;
}

#[test]
fn lines_are_quoted_where_they_must_be() {
    #[track_caller]
    fn check(word: &str, line: &str) {
        let mut quoted = Vec::new();
        quote(word.as_bytes(), &mut quoted);
        assert_eq!(String::from_utf8(quoted).unwrap(), line);
    }
    check("plain-word_1", "plain-word_1");
    check("", r#""""#);
    check("%3", r#""%3""#);
    check("a b;", r#""a b;""#);
    check("\"\\$~\n", r#""\"\\\$\176\012""#);
    check("é", r#""é""#);
}

#[test]
fn arguments_do_not_end_commands() {
    for (word, expected) in [("a", "a"), (";", "\\;"), ("a;", "a\\;"), ("a\\;", "a\\\\;"), (";a", ";a"), ("", "")] {
        assert_eq!(argument(word.as_bytes()), expected.as_bytes());
    }
}

proptest! {
    #[test]
    fn a_line_is_one_line_without_a_byte_that_acts(words in prop::collection::vec(prop::collection::vec(1..=255_u8, 0..20), 0..5)) {
        let command = words.iter().fold(get(), |command, word| command.word(word.clone()));
        let line = command.line().unwrap();
        let (end, start) = line.split_last().unwrap();
        prop_assert_eq!(*end, b'\n');
        prop_assert!(!start.iter().any(|byte| *byte < b' ' || *byte == 0xff));
        // Read back by the rules of tmux's own parser.
        prop_assert_eq!(unquote(start), command.words);
    }
}

/// What tmux reads from a line: the reverse of `quote`, written from its grammar.
fn unquote(line: &[u8]) -> Vec<Vec<u8>> {
    let (mut words, mut word, mut quoted, mut bytes) = (Vec::new(), Vec::new(), false, line.iter().copied());
    while let Some(byte) = bytes.next() {
        match byte {
            b'"' => quoted = !quoted,
            b' ' if !quoted => words.push(std::mem::take(&mut word)),
            b'\\' => match bytes.next().unwrap() {
                high @ b'0'..=b'3' => {
                    let mut digit = || bytes.next().unwrap() - b'0';
                    word.push((high - b'0') << 6 | digit() << 3 | digit());
                }
                escaped => word.push(escaped),
            },
            _ => word.push(byte),
        }
    }
    words.push(word);
    words
}
