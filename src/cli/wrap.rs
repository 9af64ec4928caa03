//! Text in lines that fit.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A text in lines of at most so many columns, broken between words, and within one that is longer than a line (a path); what does not
/// fit into `most` lines makes the last one longer.
pub fn wrapped(text: &str, columns: u16, most: u16) -> Vec<String> {
    let mut lines: Vec<String> = vec![String::new()];
    let whole = |word: &&str| word.width() <= usize::from(columns);
    for word in text.split_whitespace().flat_map(|word| if whole(&word) { vec![word] } else { pieces(word, columns) }) {
        let more = lines.len() < usize::from(most);
        match lines.last_mut() {
            Some(last) if last.is_empty() => last.push_str(word),
            Some(last) if !more || last.width() + 1 + word.width() <= usize::from(columns) => {
                last.push(' ');
                last.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// A word in pieces of at most so many columns.
fn pieces(word: &str, columns: u16) -> Vec<&str> {
    let (mut pieces, mut begin, mut width) = (Vec::new(), 0, 0);
    for (at, c) in word.char_indices() {
        let wide = c.width().unwrap_or_default();
        if width + wide > usize::from(columns) && at > begin {
            pieces.push(&word[begin..at]);
            (begin, width) = (at, 0);
        }
        width += wide;
    }
    pieces.push(&word[begin..]);
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_between_words_and_within_long_ones() {
        fn check(text: &str, columns: u16, most: u16, expected: &[&str]) {
            assert_eq!(wrapped(text, columns, most), expected, "{text:?}");
        }
        check("", 5, 3, &[""]);
        check("one two  three", 7, 3, &["one two", "three"]);
        check("a /long/path", 5, 4, &["a", "/long", "/path"]);
        check("ＡＢ Ｃ", 4, 3, &["ＡＢ", "Ｃ"]);
        check("one two three", 5, 2, &["one", "two three"]);
    }
}
