//! Which part of a flood of plain text need not be rendered, because it scrolls away unseen.
//!
//! Rendering costs a hundred times what finding newlines costs (43 MB/s against gigabytes), and of a
//! long run of lines only the last screenful is ever seen. Exact, not approximate: what is left out
//! is proven to leave no trace, or nothing is left out.

use std::ops::Range;

use memchr::{memchr_iter, memchr3, memrchr_iter};

/// Shorter runs are simply rendered: making sure costs about as much as rendering 4 KiB.
const WORTH_IT: usize = 16 * 1024;

/// The range of `bytes` that can be left out on a screen of `rows` rows, if there is one.
///
/// Holds for a terminal that is outside of any sequence, scrolls its whole height and keeps no
/// history. Before the range the cursor has come to the bottom line, after it a whole screenful
/// follows, and both ends of the range lie behind CR LF, where the column is 0 whatever was before.
/// Within it there is nothing that outlives the lines it stands on: no escape sequence (7-bit or,
/// as U+0080 to U+009F, 8-bit) and no shift of the character set.
pub(super) fn unseen(bytes: &[u8], rows: usize) -> Option<Range<usize>> {
    if bytes.len() < WORTH_IT {
        return None;
    }
    let plain = &bytes[..plain_prefix(bytes)];
    if plain.len() < WORTH_IT {
        return None;
    }
    let after_crlf = |newline: &usize| newline.checked_sub(1).is_some_and(|at| plain[at] == b'\r');
    let start = memchr_iter(b'\n', plain).skip(rows).find(after_crlf)? + 1;
    let end = memrchr_iter(b'\n', plain).skip(rows).find(after_crlf)? + 1;
    Some(start..end).filter(|range| !range.is_empty())
}

/// Length of the text before the first byte that does more than to print or move to a new line.
fn plain_prefix(bytes: &[u8]) -> usize {
    let special = memchr3(0x1b, 0x0e, 0x0f, bytes).unwrap_or(bytes.len());
    let text = &bytes[..special];
    // 8-bit controls are C2 80 to C2 9F in UTF-8.
    let control = memchr_iter(0xc2, text).find(|at| matches!(text.get(at + 1), Some(0x80..=0x9f) | None));
    control.unwrap_or(special)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(bytes: &[u8], expected: Option<Range<usize>>) {
        assert_eq!(unseen(bytes, 2), expected);
    }

    #[test]
    fn all_but_a_screenful_at_each_end() {
        let lines = b"123456\r\n".repeat(4096);
        check(&lines, Some(24..lines.len() - 16));
        check(&lines[..WORTH_IT - 8], None);
        let bare = b"1234567\n".repeat(4096);
        check(&bare, None);
        check(&[&bare[..], &lines].concat(), Some(bare.len() + 8..bare.len() + lines.len() - 16));
        check(&b"x".repeat(WORTH_IT), None);
    }

    #[test]
    fn only_up_to_what_lasts() {
        let lines = b"123456\r\n".repeat(4096);
        for special in [&b"\x1b[31m"[..], b"\x0e", b"\x0f", b"\xc2\x9b31m"] {
            check(&[special, &lines].concat(), None);
            check(&[&lines, special, &lines].concat(), Some(24..lines.len() - 16));
        }
        let accents = "déjà ©\r\n".repeat(4096);
        assert!(unseen(accents.as_bytes(), 2).is_some());
    }
}
