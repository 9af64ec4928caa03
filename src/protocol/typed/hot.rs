//! The two lines that come by the megabyte, `output` and `input`, past serde.
//!
//! What is written here is byte for byte what serde writes for [`Output`](super::event::Output) and
//! [`Input`](super::request::Input) (tests compare them), without a `Vec` and a `String` a line and with the hex
//! written once into its place. Reading recognises that layout only; a line in another layout, from a client that
//! orders its keys differently, takes the ordinary way and yields the same.

use std::borrow::Cow;
use std::io::Write;

use super::event::Output;
use super::request::Input;
use crate::protocol::bytes;
use crate::protocol::parse::text;
use crate::protocol::reason::read_fields;
use crate::protocol::tag::Tags;

const OUTPUT: &[u8] = br#"{"type":"output","agent_id":"#;
const INPUT: &[u8] = br#"{"type":"input","agent_id":"#;
const OFFSET: &[u8] = br#","offset":"#;
const PAINT: &[u8] = br#","paint":true"#;
const SUBMIT: &[u8] = br#","submit":true"#;
const DATA: &[u8] = br#","data":""#;
const END: &[u8] = br#""}"#;

/// Appends an `output` line, newline included. `bytes` should be at most
/// [`OUTPUT_CHUNK`](crate::protocol::limits::OUTPUT_CHUNK).
pub fn encode_output(agent_id: &str, offset: u64, bytes: &[u8], out: &mut Vec<u8>) {
    output(agent_id, offset, b"", bytes, out);
}

/// Appends an `output` line whose bytes paint the screen as it was at `offset`.
pub fn encode_paint(agent_id: &str, offset: u64, bytes: &[u8], out: &mut Vec<u8>) {
    output(agent_id, offset, PAINT, bytes, out);
}

/// Appends an `input` line, newline included.
pub fn encode_input(agent_id: &str, submit: bool, bytes: &[u8], out: &mut Vec<u8>) {
    head(INPUT, agent_id, bytes.len(), out);
    out.extend_from_slice(if submit { SUBMIT } else { b"" });
    data(bytes, out);
}

fn output(agent_id: &str, offset: u64, paint: &[u8], bytes: &[u8], out: &mut Vec<u8>) {
    head(OUTPUT, agent_id, bytes.len(), out);
    out.extend_from_slice(OFFSET);
    let _ = write!(out, "{offset}"); // a Vec takes everything
    out.extend_from_slice(paint);
    data(bytes, out);
}

fn head(start: &[u8], agent_id: &str, bytes: usize, out: &mut Vec<u8>) {
    const AROUND: usize = 128; // everything but the hex, generously: one allocation a line at most
    out.reserve(AROUND + agent_id.len() + bytes * 2);
    out.extend_from_slice(start);
    let _ = serde_json::to_writer(&mut *out, agent_id); // escapes what ids never hold; a Vec takes everything
}

fn data(bytes: &[u8], out: &mut Vec<u8>) {
    out.extend_from_slice(DATA);
    bytes::encode(bytes, out);
    out.extend_from_slice(END);
    out.push(b'\n');
}

/// An `output` line without its bytes, which went into the caller's buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutputHead<'a> {
    /// The agent.
    pub agent_id: Cow<'a, str>,
    /// Number of the first byte.
    pub offset: u64,
    /// How many bytes were appended to the buffer.
    pub len: usize,
    /// The bytes paint the screen.
    pub paint: bool,
}

/// An `input` line without its bytes, which went into the caller's buffer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InputHead<'a> {
    /// The agent.
    pub agent_id: Cow<'a, str>,
    /// How many bytes were appended to the buffer.
    pub len: usize,
    /// The bytes are a message to be delivered whole.
    pub submit: bool,
}

/// Reads an `output` line and appends its bytes to `buffer`. `None`, and the buffer as it was, for every other
/// line: [`parse_line`](super::parse_line) says what that is.
pub fn parse_output<'a>(line: &'a [u8], buffer: &mut Vec<u8>) -> Option<OutputHead<'a>> {
    if let Some(head) = fast_output(line, buffer) {
        return Some(head);
    }
    let output: Output = slowly("output", line)?;
    buffer.extend_from_slice(&output.data.0);
    Some(OutputHead {
        agent_id: Cow::Owned(output.agent_id),
        offset: output.offset,
        len: output.data.0.len(),
        paint: output.paint == Some(true),
    })
}

/// Reads an `input` line and appends its bytes to `buffer`. `None`, and the buffer as it was, for every other
/// line: [`parse_request`](crate::protocol::parse_request) says what that is.
pub fn parse_input<'a>(line: &'a [u8], buffer: &mut Vec<u8>) -> Option<InputHead<'a>> {
    if let Some(head) = fast_input(line, buffer) {
        return Some(head);
    }
    let input: Input = slowly("input", line)?;
    buffer.extend_from_slice(&input.data.0);
    Some(InputHead { agent_id: Cow::Owned(input.agent_id), len: input.data.0.len(), submit: input.submit })
}

fn fast_output<'a>(line: &'a [u8], buffer: &mut Vec<u8>) -> Option<OutputHead<'a>> {
    let (agent_id, rest) = plain_string(line.strip_prefix(OUTPUT)?)?;
    let rest = rest.strip_prefix(OFFSET)?;
    let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let (number, rest) = rest.split_at(digits);
    let offset = std::str::from_utf8(number).ok()?.parse().ok()?;
    let (paint, rest) = flag(PAINT, rest);
    Some(OutputHead { agent_id, offset, len: hex(rest, buffer)?, paint })
}

fn fast_input<'a>(line: &'a [u8], buffer: &mut Vec<u8>) -> Option<InputHead<'a>> {
    let (agent_id, rest) = plain_string(line.strip_prefix(INPUT)?)?;
    let (submit, rest) = flag(SUBMIT, rest);
    Some(InputHead { agent_id, len: hex(rest, buffer)?, submit })
}

/// A JSON string without escapes, and what comes after it.
fn plain_string(rest: &[u8]) -> Option<(Cow<'_, str>, &[u8])> {
    let rest = rest.strip_prefix(b"\"")?;
    let end = memchr::memchr2(b'"', b'\\', rest)?;
    let (string, rest) = rest.split_at(end);
    let string = std::str::from_utf8(string).ok()?;
    let is_json = !string.bytes().any(|byte| byte.is_ascii_control());
    is_json.then_some((Cow::Borrowed(string), rest.strip_prefix(b"\"")?))
}

fn flag<'a>(name: &[u8], rest: &'a [u8]) -> (bool, &'a [u8]) {
    match rest.strip_prefix(name) {
        Some(rest) => (true, rest),
        None => (false, rest),
    }
}

/// The bytes of a line that ends with its data, and how many there are.
fn hex(rest: &[u8], buffer: &mut Vec<u8>) -> Option<usize> {
    let digits = rest.trim_ascii_end().strip_prefix(DATA)?.strip_suffix(END)?;
    bytes::decode(digits, buffer).ok()?;
    Some(digits.len() / 2)
}

/// The same line in any layout.
fn slowly<T: serde::de::DeserializeOwned>(name: &str, line: &[u8]) -> Option<T> {
    let json = text(line).ok()?;
    let tag = Tags::read(json).ok()?.typed?;
    if tag.name("type").ok()? != name {
        return None;
    }
    read_fields(name, json).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::protocol::bytes::HexBytes;
    use crate::protocol::encode;
    use crate::protocol::typed::{Request, StreamLine};

    fn check(line: &str, expected: Option<(&str, u64, &[u8], bool)>) {
        let mut buffer = b"kept".to_vec();
        let head = parse_output(line.as_bytes(), &mut buffer);
        let bytes = &buffer[4..];
        let read = head.map(|head| {
            assert_eq!(head.len, bytes.len(), "{line}");
            (head.agent_id.into_owned(), head.offset, bytes, head.paint)
        });
        let read = read.as_ref().map(|(id, offset, bytes, paint)| (id.as_str(), *offset, *bytes, *paint));
        assert_eq!(read, expected, "{line}");
        assert!(expected.is_some() || buffer == b"kept", "{line}");
    }

    #[test]
    fn reads_output_in_any_layout() {
        let esc: &[u8] = b"\x1b[A";
        let found = Some(("ag-1", 7, esc, false));
        check(r#"{"type":"output","agent_id":"ag-1","offset":7,"data":"1b5b41"}"#, found);
        check(r#"{"type":"output","agent_id":"ag-1","data":"1B5B41","offset":7}"#, found);
        check(r#" {"offset":7,"data":"1b5b41","agent_id":"\u0061g-1","type":"output","new":{}} "#, found);
        check(r#"{"type":"output","agent_id":"ag-1","offset":7,"paint":null,"data":"1b5b41"}"#, found);
        let paint = Some(("ag-1", 7, esc, true));
        check(r#"{"type":"output","agent_id":"ag-1","offset":7,"paint":true,"data":"1b5b41"}"#, paint);
    }

    #[test]
    fn other_lines_are_left_alone() {
        check(r#"{"type":"exited","agent_id":"ag-1","exit_code":0}"#, None);
        check(r#"{"type":"output","agent_id":"ag-1","offset":7,"data":"1b5"}"#, None);
        check(r#"{"type":"output","agent_id":"ag-1","offset":,"data":"1b"}"#, None);
        check(r#"{"type":"output","agent_id":"ag-1","offset":-1,"data":"1b"}"#, None);
        check(r#"{"type":"output","agent_id":"ag-1","offset":7,"data":"1b"#, None);
        check(r#"{"type":"output","agent_id":"ag-1","offset":99999999999999999999,"data":""}"#, None);
        check("", None);
    }

    proptest! {
        #[test]
        fn output_is_what_serde_writes(
            agent_id in ".{0,12}",
            offset: u64,
            paint: bool,
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut line = Vec::new();
            match paint {
                true => encode_paint(&agent_id, offset, &bytes, &mut line),
                false => encode_output(&agent_id, offset, &bytes, &mut line),
            }
            let mut buffer = Vec::new();
            let head = parse_output(&line, &mut buffer).unwrap();
            prop_assert_eq!(&buffer, &bytes);
            prop_assert_eq!((&*head.agent_id, head.offset, head.len, head.paint), (&*agent_id, offset, bytes.len(), paint));
            let mut by_serde = Vec::new();
            let output = Output { agent_id, offset, paint: paint.then_some(true), data: HexBytes(bytes) };
            encode(&StreamLine::from(output), &mut by_serde);
            prop_assert_eq!(line, by_serde);
        }

        #[test]
        fn input_is_what_serde_writes(
            agent_id in ".{0,12}",
            submit: bool,
            bytes in prop::collection::vec(any::<u8>(), 0..300),
        ) {
            let mut line = Vec::new();
            encode_input(&agent_id, submit, &bytes, &mut line);
            let mut buffer = Vec::new();
            let head = parse_input(&line, &mut buffer).unwrap();
            prop_assert_eq!(&buffer, &bytes);
            prop_assert_eq!((&*head.agent_id, head.len, head.submit), (&*agent_id, bytes.len(), submit));
            let mut by_serde = Vec::new();
            encode(&Request::from(Input { agent_id, submit, data: HexBytes(bytes) }), &mut by_serde);
            prop_assert_eq!(line, by_serde);
        }

        #[test]
        fn no_bytes_panic(line in prop::collection::vec(any::<u8>(), 0..100)) {
            let _ = parse_output(&[OUTPUT, &line].concat(), &mut Vec::new());
            let _ = parse_input(&[INPUT, &line].concat(), &mut Vec::new());
        }
    }
}
