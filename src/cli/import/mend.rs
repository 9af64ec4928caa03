//! Comments out the parts of a file that our own parser refuses, so that the rest of it can be used.
//!
//! A part stays in the file as a comment, on its own lines: the numbers in messages hold for the old file and the new one, and what
//! was meant can still be read.

use std::path::Path;

use crate::base::yaml::{Node, YamlError};

/// A part that was commented out. Lines count from 1.
#[derive(Debug, PartialEq, Eq)]
pub struct Cut {
    /// Its first line.
    pub first: usize,
    /// Its last line.
    pub last: usize,
    /// What the parser said of it.
    pub why: String,
}

/// Cuts in one file. Each reads the file anew, and one with more mistakes is no file of this kind.
const MOST: usize = 200;

/// Comments parts out until `check` finds nothing more. `starts` names the lines of a document at which a part may begin: what is cut is
/// the last of them before the mistake and what is indented below it, or an earlier one if that leaves no document. The error is the
/// one that could not be cut out.
pub fn mend(
    text: &str,
    starts: fn(&Node) -> Vec<u64>,
    check: impl Fn(&str) -> Result<(), YamlError>,
) -> Result<(String, Vec<Cut>), YamlError> {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mut cuts: Vec<Cut> = Vec::new();
    // Every round comments out one line at least.
    while let Err(error) = check(&lines.concat()) {
        let made = if cuts.len() < MOST { cut(&mut lines, starts, &error) } else { None };
        let Some((first, last)) = made else { return Err(error) };
        // A part in it that was cut before is why it cannot be used.
        let inside = cuts.iter().position(|cut| first <= cut.first && cut.last <= last);
        let why = inside.map_or(error.reason, |at| cuts[at].why.clone());
        cuts.retain(|cut| cut.first < first || last < cut.last);
        cuts.push(Cut { first, last, why });
    }
    cuts.sort_by_key(|cut| cut.first);
    Ok((lines.concat(), cuts))
}

/// Cuts the part with the mistake out; returns its lines.
fn cut(lines: &mut Vec<String>, starts: fn(&Node) -> Vec<u64>, error: &YamlError) -> Option<(usize, usize)> {
    let wrong = error.at.line()?;
    let document = Node::parse(Path::new(""), &lines.concat()).ok()?;
    let mut starts = starts(&document);
    starts.retain(|line| *line <= wrong);
    starts.sort_unstable();
    for first in starts.into_iter().rev().map(|line| line as usize) {
        let last = end(lines, first)?;
        // In flow style a part begins before the mistake and ends before it as well.
        if last < wrong as usize {
            continue;
        }
        let mut shorter = lines.clone();
        for line in &mut shorter[first - 1..last] {
            *line = commented(line);
        }
        if Node::parse(Path::new(""), &shorter.concat()).is_ok() {
            *lines = shorter;
            return Some((first, last));
        }
    }
    None
}

/// The last line of what begins on line `first`: all that is indented below it, and a key's list beside it.
pub fn end(lines: &[String], first: usize) -> Option<usize> {
    let head = lines.get(first.checked_sub(1)?)?;
    let (indent, is_item) = (indent(head), is_item(head));
    let mut last = first;
    for (at, line) in lines.iter().enumerate().skip(first) {
        if is_empty(line) {
            continue;
        }
        let deeper = self::indent(line) > indent;
        let own_list = !is_item && self::indent(line) == indent && self::is_item(line);
        if !deeper && !own_list {
            break;
        }
        last = at + 1;
    }
    Some(last)
}

/// The line as a comment; one that says nothing stays as it is.
pub fn commented(line: &str) -> String {
    if is_empty(line) { line.to_owned() } else { format!("# {line}") }
}

/// Columns in front of what a line says.
pub fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

/// Whether an item of a list begins on the line.
pub fn is_item(line: &str) -> bool {
    let line = line.trim();
    line == "-" || line.starts_with("- ")
}

fn is_empty(line: &str) -> bool {
    let line = line.trim();
    line.is_empty() || line.starts_with('#')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every key of the first two levels may be cut, and nothing may be called `bad`.
    fn starts(document: &Node) -> Vec<u64> {
        let inner = document.entries().iter().flat_map(|(_, node)| node.entries());
        document.entries().iter().chain(inner).filter_map(|(key, _)| key.at.line()).collect()
    }

    fn check(text: &str) -> Result<(), YamlError> {
        fn look(node: &Node) -> Result<(), YamlError> {
            for (key, value) in node.entries() {
                if key.value == "bad" {
                    return Err(YamlError { path: "x".into(), at: key.at, reason: "it is bad".into() });
                }
                look(value)?;
            }
            node.items().iter().try_for_each(look)
        }
        look(&Node::parse(Path::new("x"), text)?)
    }

    #[track_caller]
    fn mended(text: &str, expected: &str, cuts: &[(usize, usize)]) {
        let (text, found) = mend(text, starts, check).unwrap();
        assert_eq!(text, expected);
        assert_eq!(found.iter().map(|cut| (cut.first, cut.last)).collect::<Vec<_>>(), cuts);
    }

    #[test]
    fn what_is_wrong_becomes_a_comment() {
        mended("a: 1\n", "a: 1\n", &[]);
        mended("a: 1\nbad: 2\nc: 3", "a: 1\n# bad: 2\nc: 3", &[(2, 2)]);
        mended(
            "a:\n  bad:\n    x: 1\n\n    # why\n    y: 2\n\n# c\n  c: 3\n",
            "a:\n#   bad:\n#     x: 1\n\n    # why\n#     y: 2\n\n# c\n  c: 3\n",
            &[(2, 6)],
        );
        // A list may stand beside its key.
        mended("bad:\n- 1\n- 2\na: 1\n", "# bad:\n# - 1\n# - 2\na: 1\n", &[(1, 3)]);
        mended("a: 1\r\nbad: 2\r\n", "a: 1\r\n# bad: 2\r\n", &[(2, 2)]);
        // Nothing but the whole can be cut out of a line.
        mended("a: {c: 1, bad: 2}\nb: 1\n", "# a: {c: 1, bad: 2}\nb: 1\n", &[(1, 1)]);
        mended("a: {c: 1,\n  bad: 2}\nb: 1\n", "# a: {c: 1,\n#   bad: 2}\nb: 1\n", &[(1, 2)]);
        mended("a:\n  b:\n    bad: 2\n  c: 1\n", "a:\n#   b:\n#     bad: 2\n  c: 1\n", &[(2, 3)]);
    }

    #[test]
    fn what_is_no_document_cannot_be_mended() {
        assert!(mend("a: [\n", starts, check).is_err());
        assert!(mend("- bad: 1\n", starts, check).unwrap_err().reason.contains("bad"));
    }

    proptest! {
        #[test]
        fn lines_stay_where_they_are(text in "((a|b|bad|- c|# d)(: )?[ a1]{0,2}\n( ){0,4}){0,12}") {
            if let Ok((mended, _)) = mend(&text, starts, check) {
                prop_assert!(check(&mended).is_ok());
                prop_assert_eq!(mended.lines().count(), text.lines().count());
                for (new, old) in mended.lines().zip(text.lines()) {
                    prop_assert_eq!(new.strip_prefix("# ").filter(|rest| *rest == old).unwrap_or(new), old);
                }
            }
        }

        #[test]
        fn no_text_breaks_it(text in "[ -~\n\té:&*<\\[{}\"'-]{0,80}") {
            let _ = mend(&text, starts, check);
        }
    }
}
