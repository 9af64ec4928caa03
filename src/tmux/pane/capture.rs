//! What a pane shows, by lines that are counted from the last one that is not blank. The cutting is pure.

use std::num::NonZeroU32;

use tmux_interface::CapturePane;

use super::super::client::Handle;
use super::super::command::Command;
use super::super::error::TmuxError;
use super::super::server::PaneKey;

/// Which lines, counted backwards from the last one that is not blank: 1 is that one, 10 the tenth from the end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The first of them. None: the first one on the screen; the history is left out.
    pub from: Option<NonZeroU32>,
    /// The last of them, included. None: the last one that is not blank.
    pub to: Option<NonZeroU32>,
}

/// Whether colours and attributes come along.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// Text only.
    Plain,
    /// As escape sequences (SGR); what was switched on in lines that were left out is switched on in front.
    Ansi,
}

/// The lines, each ended by `\n`. Fewer than asked for where the pane has fewer; none of a blank pane.
pub async fn capture(handle: &Handle, key: &PaneKey, lines: Lines, style: Style) -> Result<Vec<u8>, TmuxError> {
    let history = lines.from.map(|from| format!("-{from}"));
    let text = super::checked(handle, key, command(key, history, style)).await?;
    let cut = cut(&text, lines);
    if cut.complete {
        return Ok(cut.text);
    }
    let text = super::checked(handle, key, command(key, Some("-".to_owned()), style)).await?;
    Ok(self::cut(&text, lines).text)
}

fn command(key: &PaneKey, start: Option<String>, style: Style) -> Command {
    let mut capture = CapturePane::new().stdout().target_pane(key.pane.to_string());
    if let Some(start) = start {
        capture = capture.start_line(start);
    }
    if style == Style::Ansi {
        capture = capture.escape_sequences();
    }
    Command::repeatable(&capture.build())
}

struct Cut {
    text: Vec<u8>,
    /// False when blank lines at the end were in the way, and more of the history is needed than was captured.
    complete: bool,
}

fn cut(text: &[u8], lines: Lines) -> Cut {
    let all: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let count = all.iter().rposition(|line| !is_blank(line)).map_or(0, |last| last + 1);
    let back = |number: NonZeroU32| usize::try_from(number.get()).unwrap_or(usize::MAX);
    let wanted = lines.from.map_or(0, back);
    let first = lines.from.map_or(0, |from| count.saturating_sub(back(from)));
    let end = lines.to.map_or(count, |to| (count + 1).saturating_sub(back(to)));
    let mut text = if first < end { styles(&all[..first]) } else { Vec::new() };
    text.extend(all.get(first..end).unwrap_or_default().concat());
    // As many lines as were asked for, or fewer than the history was asked for: there are no more.
    Cut { text, complete: count >= wanted || all.len() < wanted }
}

/// Nothing but spaces and styles.
fn is_blank(line: &[u8]) -> bool {
    let mut rest = line;
    while let Some((&byte, after)) = rest.split_first() {
        rest = match byte {
            b' ' | b'\n' => after,
            _ => match style(rest) {
                Some(style) => &rest[style.len()..],
                None => return false,
            },
        };
    }
    true
}

/// The style sequence that `text` begins with.
fn style(text: &[u8]) -> Option<&[u8]> {
    let rest = text.strip_prefix(b"\x1b[")?;
    let length = rest.iter().position(|byte| !matches!(byte, b'0'..=b'9' | b';' | b':'))?;
    (rest[length] == b'm').then(|| &text[..length + 3])
}

/// What these lines leave switched on: their styles, from the last reset on.
fn styles(lines: &[&[u8]]) -> Vec<u8> {
    let mut left = Vec::new();
    for line in lines {
        for (at, _) in line.iter().enumerate().filter(|(_, byte)| **byte == 0x1b) {
            match style(&line[at..]) {
                Some(b"\x1b[0m" | b"\x1b[m") => left.clear(),
                Some(style) => left.extend_from_slice(style),
                None => {}
            }
        }
    }
    left
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, from: u32, to: u32, expected: &str) {
        let lines = Lines { from: NonZeroU32::new(from), to: NonZeroU32::new(to) };
        assert_eq!(String::from_utf8(cut(text.as_bytes(), lines).text).unwrap(), expected);
    }

    #[test]
    fn lines_are_counted_from_the_last_that_is_not_blank() {
        let text = "a\nb\n\nc\n  \n\n";
        check(text, 0, 0, "a\nb\n\nc\n");
        check(text, 1, 0, "c\n");
        check(text, 3, 2, "b\n\n");
        check(text, 9, 0, "a\nb\n\nc\n");
        check(text, 0, 4, "a\n");
        check(text, 0, 5, "");
        check(text, 2, 3, "");
        check("\n \n", 0, 0, "");
        check("", 3, 1, "");
    }

    #[test]
    fn styles_of_lines_that_are_left_out_come_along() {
        check("\x1b[31mred\nstill\n\x1b[0m\n", 1, 0, "\x1b[31mstill\n");
        check("\x1b[31mred\x1b[0m\x1b[1m\nbold\n\x1b[0m  \x1b[m\n", 1, 0, "\x1b[1mbold\n");
    }

    #[test]
    fn it_is_said_when_the_history_may_have_more() {
        let complete = |text: &str| cut(text.as_bytes(), Lines { from: NonZeroU32::new(3), to: None }).complete;
        assert!(complete("a\nb\nc\n"));
        assert!(complete("a\n\n"));
        assert!(!complete("a\nb\n\n\n"));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(text in prop::collection::vec(prop_oneof![Just(b'\n'), Just(b' '), Just(0x1b), any::<u8>()], 0..60), from: u32, to: u32) {
            let cut = cut(&text, Lines { from: NonZeroU32::new(from), to: NonZeroU32::new(to % 4) });
            prop_assert!(cut.text.len() <= text.len());
        }
    }
}
