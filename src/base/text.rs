//! Letters that are not letters.

/// Whether a character moves the cursor or turns the direction of the line instead of being shown: control characters, and those of
/// Unicode's bidirectional controls that reorder what stands around them. A name with them can look like another one.
pub fn is_unseen(c: char) -> bool {
    c.is_control() || turns(c)
}

/// Whether a character turns the direction of what stands behind it.
pub fn turns(c: char) -> bool {
    matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_and_what_is_not() {
        for unseen in ['\n', '\x1b', '\x7f', '\u{9b}', '\u{202a}', '\u{202e}', '\u{2066}', '\u{2069}'] {
            assert!(is_unseen(unseen), "{unseen:?}");
        }
        // Joiners and marks belong to words of some languages, and to emoji.
        for seen in ['a', ' ', 'é', '日', '\u{200d}', '\u{200f}', '\u{1f600}', 'ש'] {
            assert!(!is_unseen(seen), "{seen:?}");
        }
    }
}
