//! Text from outside (titles, branches, messages) on one line of a known width.
//!
//! Nothing is refused in here: a name that cannot be shown as it is must not hide the rest of the line. What a terminal would act
//! on, or what would reorder or hide its neighbours, is made plain; every other character stays.

use unicode_width::UnicodeWidthChar;

/// Stands for what was cut off.
const ELLIPSIS: char = '…';
/// Characters without a width of their own (accents, joiners) that one visible character may carry. Emoji need two, Vietnamese
/// two, Hebrew with cantillation three; towers of fifty are made to break screens.
const MARKS: usize = 4;

/// `text` without blanks at its ends, in at most `cells` columns of a terminal. Control characters and line breaks, one or more,
/// become one blank. What is too wide ends with `…`, within the limit.
pub fn plain(text: &str, cells: usize) -> String {
    let nothing = |c: char| is_break(c) || c.is_whitespace() || is_hidden(c) || width(c) == 0;
    let mut line = verbatim(text.trim_start_matches(nothing), cells);
    line.truncate(line.trim_end().len());
    line
}

/// The same, but blanks at the ends stay: for what a person chose to put around other text.
pub fn verbatim(text: &str, cells: usize) -> String {
    // What almost every text is, and what is looked at with every change of an agent.
    if text.len() <= cells && text.bytes().all(|byte| (b' '..=b'~').contains(&byte)) {
        return text.to_owned();
    }
    let mut line = String::new();
    // `fits` is where the line ends if `…` has to follow.
    let (mut used, mut fits, mut marks, mut broken) = (0, 0, MARKS, false);
    for c in text.chars().filter(|c| !is_hidden(*c)) {
        let was_broken = std::mem::replace(&mut broken, is_break(c));
        if broken && was_broken {
            continue;
        }
        let c = if broken { ' ' } else { c };
        let width = width(c);
        if width == 0 {
            marks += 1;
            if marks > MARKS {
                continue;
            }
        } else {
            marks = 0;
        }
        used += width;
        if used > cells {
            line.truncate(fits);
            line.truncate(line.trim_end().len());
            line.extend((cells > 0).then_some(ELLIPSIS));
            return line;
        }
        line.push(c);
        if used < cells {
            fits = line.len();
        }
    }
    line
}

/// Columns. Zero for what joins the character before it.
fn width(c: char) -> usize {
    c.width().unwrap_or(0)
}

/// Ends a line, or makes a terminal do something. The two separators are no control characters, but some programs break there.
fn is_break(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}

/// Shows nothing, or changes the order in which its neighbours are shown: a branch named with one could pose as another, or turn
/// the rest of the line around. The joiners U+200C and U+200D stay, since scripts and emoji need them.
fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
        | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
