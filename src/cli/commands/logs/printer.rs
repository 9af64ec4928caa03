//! Output of an agent on our own, in the form that was asked for.

use std::io;

use crate::cli::output::Output;
use crate::cli::plain::Plain;

/// Prints bytes as text, or as they are.
pub struct Printer<'a> {
    output: &'a Output,
    plain: Option<Plain>,
}

impl<'a> Printer<'a> {
    /// Text keeps its colours where there are colours, unless it is to be plain.
    pub fn new(output: &'a Output, raw: bool, plain: bool) -> Self {
        let colors = output.paint().is_on() && !plain;
        Self { output, plain: (!raw).then(|| Plain::new(colors)) }
    }

    /// `cut`: there was more before. Text then begins with a whole line, since a sequence may be cut too.
    pub fn print(&mut self, bytes: &[u8], cut: bool) -> io::Result<()> {
        match &mut self.plain {
            None => self.output.bytes(bytes),
            Some(plain) => self.output.bytes(plain.take(if cut { from_first_line(bytes) } else { bytes }).as_bytes()),
        }
    }
}

fn from_first_line(bytes: &[u8]) -> &[u8] {
    match memchr::memchr(b'\n', bytes) {
        Some(newline) if newline + 1 < bytes.len() => &bytes[newline + 1..],
        _ => bytes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cut_text_begins_with_a_line() {
        assert_eq!(from_first_line(b"2m rest\nwhole\n"), b"whole\n");
        assert_eq!(from_first_line(b"no newline"), b"no newline");
        assert_eq!(from_first_line(b"one line\n"), b"one line\n");
    }
}
