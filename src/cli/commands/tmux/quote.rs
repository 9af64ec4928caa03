//! Words as tmux writes them, and words as tmux reads them. The two are not quite the same, which is why this file exists.
//!
//! What `show-options` and `list-keys` print is one line a thing, each word in `"…"`, `'…'` or bare, with C escapes. A parser that reads
//! such a line as tmux's own configuration does is wrong in one case: tmux escapes a backslash inside of `'…'` too, but does not take
//! the escape away there when it reads. So text goes through [`unescape`] on its way in, and a line that is to be read by tmux again goes
//! through [`readable`].

use std::ffi::OsString;
use std::os::unix::ffi::OsStringExt;

/// The words of a line as they stand there, quotes and all.
pub fn words(line: &[u8]) -> Vec<&[u8]> {
    let mut words = Vec::new();
    let mut rest = line.trim_ascii_start();
    while !rest.is_empty() {
        let (word, behind) = rest.split_at(length(rest));
        words.push(word);
        rest = behind.trim_ascii_start();
    }
    words
}

/// How long the word at the head of `text` is. Never nothing, where `text` does not begin with a blank.
fn length(text: &[u8]) -> usize {
    let mut quote = None;
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        match (quote, byte) {
            (None, b' ') => break,
            // A line of tmux's has an apostrophe between double quotes only, so the next one ends it, escaped or not.
            (None | Some(b'"'), b'\\') => at += 1,
            (None, b'"' | b'\'') => quote = Some(byte),
            (Some(open), close) if open == close => quote = None,
            _ => {}
        }
        at += 1;
    }
    at.min(text.len())
}

/// What a word printed by tmux means.
pub fn unescape(word: &[u8]) -> Vec<u8> {
    let inner = match word {
        [b'"', inner @ .., b'"'] | [b'\'', inner @ .., b'\''] => inner,
        bare => bare,
    };
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((&byte, behind)) = rest.split_first() {
        rest = behind;
        match (byte, behind) {
            (b'\\', [a @ b'0'..=b'3', b @ b'0'..=b'7', c @ b'0'..=b'7', ..]) => {
                out.push((a - b'0') << 6 | (b - b'0') << 3 | (c - b'0'));
                rest = &behind[3..];
            }
            (b'\\', [escaped, ..]) => {
                out.push(control(*escaped).unwrap_or(*escaped));
                rest = &behind[1..];
            }
            _ => out.push(byte),
        }
    }
    out
}

/// The control character that a letter behind a backslash stands for.
fn control(letter: u8) -> Option<u8> {
    let found = match letter {
        b'a' => 0x07,
        b'b' => 0x08,
        b'e' => 0x1b,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b's' => b' ',
        b't' => b'\t',
        b'v' => 0x0b,
        _ => return None,
    };
    Some(found)
}

/// A word as tmux reads it, whatever is in it.
pub fn quote(text: &[u8]) -> Vec<u8> {
    let mut out = vec![b'"'];
    for (at, &byte) in text.iter().enumerate() {
        match byte {
            b'"' | b'\\' | b'$' => out.extend([b'\\', byte]),
            // Somebody's home, at the head of a word even between quotes.
            b'~' if at == 0 => out.extend([b'\\', byte]),
            0..0x20 | 0x7f => out.extend(format!("\\{byte:03o}").into_bytes()),
            _ => out.push(byte),
        }
    }
    out.push(b'"');
    out
}

/// A line that tmux printed, so that tmux reads it as what it was.
pub fn readable(words: &[&[u8]]) -> Vec<u8> {
    let words = words.iter().map(|word| match word {
        [b'\'', inner @ .., b'\''] if inner.contains(&b'\\') => quote(&unescape(word)),
        word => word.to_vec(),
    });
    words.collect::<Vec<_>>().join(&b' ')
}

/// An argument on tmux's own command line, where one that ends in `;` would end the command.
pub fn argument(text: &[u8]) -> OsString {
    let mut text = text.to_vec();
    if text.ends_with(b";") {
        text.insert(text.len() - 1, b'\\');
    }
    OsString::from_vec(text)
}

/// Text in which tmux is to find no format of its own: neither `#{…}` nor, where it asks for the time, `%H`.
pub fn no_format(text: &str, time: bool) -> String {
    let text = text.replace('#', "##");
    if time { text.replace('%', "%%") } else { text }
}

#[cfg(test)]
#[path = "quote_tests.rs"]
mod tests;
