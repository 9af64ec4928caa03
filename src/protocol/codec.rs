//! Bytes to lines, with a limit.
//!
//! Rejected: `tokio_util::codec::LinesCodec`. Over its limit it goes on reading to the newline in order to resume
//! there, and it copies every line into a `String`. Here the connection ends instead: a client that sends such a line
//! is broken, and what follows its first mebibyte is not worth reading.

use std::io;

use tokio_util::bytes::{Buf, Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::limits;

/// A connection that once sent a longer line than this gives the memory back when the line has been handled.
const KEPT: usize = 64 * 1024;

/// What the decoder yields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A line without its newline, and without the `\r` before it. Never blank.
    Line(Bytes),
    /// The line is over the limit. Nothing comes after it.
    TooLong,
}

/// Splits a byte stream at newlines.
///
/// Holds at most the limit and one read: it is asked after each read, and gives up as soon as a line cannot end
/// within the limit any more. What was searched once is not searched again, so that a line that trickles in byte
/// by byte costs as much as one that comes at once.
#[derive(Debug)]
pub struct LineCodec {
    limit: usize,
    /// How much of the buffer is known to hold no newline.
    searched: usize,
    ended: bool,
}

impl LineCodec {
    /// For the daemon: lines of at most [`limits::LINE_MAX`] bytes.
    pub fn for_requests() -> Self {
        Self::with_limit(limits::LINE_MAX)
    }

    /// For a client: lines of at most [`limits::REPLY_LINE_MAX`] bytes.
    pub fn for_replies() -> Self {
        Self::with_limit(limits::REPLY_LINE_MAX)
    }

    /// Lines of at most `limit` bytes without their line end.
    pub fn with_limit(limit: usize) -> Self {
        Self { limit, searched: 0, ended: false }
    }

    /// Takes the next line out of `buffer`, blank or not.
    fn next_line(&mut self, buffer: &mut BytesMut) -> Option<Frame> {
        // The line end is no part of the line, so that one more byte is allowed while it may still be a `\r`.
        let reach = buffer.len().min(self.limit + 2);
        let newline = memchr::memchr(b'\n', &buffer[self.searched..reach]);
        if let Some(offset) = newline {
            let mut line = buffer.split_to(self.searched + offset);
            buffer.advance(1);
            self.searched = 0;
            if buffer.is_empty() && line.len() > KEPT {
                *buffer = BytesMut::new();
            }
            if line.last() == Some(&b'\r') {
                line.truncate(line.len() - 1);
            }
            return Some(match line.len() > self.limit {
                true => self.give_up(buffer),
                false => Frame::Line(line.freeze()),
            });
        }
        self.searched = reach;
        let may_still_end = reach <= self.limit || (reach == self.limit + 1 && buffer[self.limit] == b'\r');
        (!may_still_end).then(|| self.give_up(buffer))
    }

    fn give_up(&mut self, buffer: &mut BytesMut) -> Frame {
        self.ended = true;
        // Not `clear`: that would keep the mebibyte until the connection is closed.
        *buffer = BytesMut::new();
        Frame::TooLong
    }
}

impl Decoder for LineCodec {
    type Item = Frame;
    type Error = io::Error;

    fn decode(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Frame>> {
        if self.ended {
            buffer.clear();
            return Ok(None);
        }
        while let Some(frame) = self.next_line(buffer) {
            match frame {
                Frame::Line(line) if line.trim_ascii().is_empty() => {}
                frame => return Ok(Some(frame)),
            }
        }
        Ok(None)
    }

    /// A last line without newline counts: `printf '{"type":"health"}' | nc -NU …` is a client too. A request cut
    /// off by a dying client cannot pass for a whole one, since an object ends with its brace.
    fn decode_eof(&mut self, buffer: &mut BytesMut) -> io::Result<Option<Frame>> {
        let frame = self.decode(buffer)?;
        if frame.is_some() || buffer.is_empty() {
            return Ok(frame);
        }
        buffer.extend_from_slice(b"\n");
        self.decode(buffer)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Feeds `chunks` as reads of a socket would come, then the end of the stream.
    fn read(limit: usize, chunks: &[&[u8]]) -> Vec<Frame> {
        let mut codec = LineCodec::with_limit(limit);
        let mut buffer = BytesMut::new();
        let mut frames = Vec::new();
        for chunk in chunks {
            buffer.extend_from_slice(chunk);
            while let Some(frame) = codec.decode(&mut buffer).unwrap() {
                frames.push(frame);
            }
        }
        while let Some(frame) = codec.decode_eof(&mut buffer).unwrap() {
            frames.push(frame);
        }
        assert!(buffer.is_empty());
        frames
    }

    /// `!` stands for a line that was too long.
    fn check(limit: usize, input: &str, expected: &[&str]) {
        let frames: Vec<Frame> = expected
            .iter()
            .map(|&line| match line {
                "!" => Frame::TooLong,
                line => Frame::Line(Bytes::copy_from_slice(line.as_bytes())),
            })
            .collect();
        assert_eq!(read(limit, &[input.as_bytes()]), frames, "{input:?}");
        let bytes: Vec<&[u8]> = input.as_bytes().chunks(1).collect();
        assert_eq!(read(limit, &bytes), frames, "{input:?} byte by byte");
    }

    #[test]
    fn splits_lines() {
        check(9, "", &[]);
        check(9, "a\nb\n", &["a", "b"]);
        check(9, "a\r\nb\r\r\n", &["a", "b\r"]);
        check(9, "\n\r\n  \n\ta\n\n", &["\ta"]);
        check(9, "a\nlast", &["a", "last"]);
        check(9, "a\n \r", &["a"]);
    }

    #[test]
    fn stops_at_the_limit() {
        check(4, "1234\n", &["1234"]);
        check(4, "1234\r\n", &["1234"]);
        check(4, "1234", &["1234"]);
        check(4, "12345\nnext\n", &["!"]);
        check(4, "12345\r\n", &["!"]);
        check(4, "1234\r5\n", &["!"]);
        check(4, "a\n12345", &["a", "!"]);
    }

    #[test]
    fn gives_up_before_the_newline_and_forgets_the_line() {
        let mut codec = LineCodec::for_requests();
        let mut buffer = BytesMut::from(vec![b'x'; limits::LINE_MAX].as_slice());
        assert_eq!(codec.decode(&mut buffer).unwrap(), None);
        buffer.extend_from_slice(b"x");
        assert_eq!(codec.decode(&mut buffer).unwrap(), Some(Frame::TooLong));
        assert_eq!(buffer.capacity(), 0);
        buffer.extend_from_slice(b"\n{\"type\":\"health\"}\n");
        assert_eq!(codec.decode(&mut buffer).unwrap(), None);
        assert!(buffer.is_empty());
    }

    #[test]
    fn a_line_that_trickles_in_is_searched_once() {
        let mut codec = LineCodec::for_requests();
        let mut buffer = BytesMut::new();
        for length in 1..=1000 {
            buffer.extend_from_slice(b"x");
            assert_eq!(codec.decode(&mut buffer).unwrap(), None);
            assert_eq!(codec.searched, length);
        }
    }

    #[test]
    fn a_long_line_does_not_keep_its_memory() {
        let mut codec = LineCodec::for_requests();
        let mut buffer = BytesMut::from(vec![b'x'; 2 * KEPT].as_slice());
        buffer.extend_from_slice(b"\n");
        assert!(codec.decode(&mut buffer).unwrap().is_some());
        assert_eq!(buffer.capacity(), 0);
    }

    proptest! {
        #[test]
        fn chunks_do_not_matter(
            input in prop::collection::vec(prop::sample::select(b"ab\r\n ".to_vec()), 0..80),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
            limit in 0..12usize,
        ) {
            let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut.index(input.len() + 1)).collect();
            cuts.extend([0, input.len()]);
            cuts.sort_unstable();
            let chunks: Vec<&[u8]> = cuts.windows(2).map(|pair| &input[pair[0]..pair[1]]).collect();
            prop_assert_eq!(read(limit, &chunks), read(limit, &[&input]));
        }
    }
}
