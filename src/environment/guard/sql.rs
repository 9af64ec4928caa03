//! Whether SQL only looks. No parser: it reads words outside of texts and comments, and in doubt says that something changes.

/// Words a statement that only looks begins with.
const READERS: [&str; 13] = [
    "select", "show", "explain", "table", "values", "with", "begin", "start", "commit", "rollback", "end", "set",
    "reset",
];
/// Words that change something wherever they stand, functions among them.
const WRITERS: [&str; 32] = [
    "alter",
    "call",
    "copy",
    "create",
    "dblink",
    "dblink_exec",
    "delete",
    "do",
    "drop",
    "grant",
    "insert",
    "into",
    "lo_export",
    "lo_import",
    "lo_unlink",
    "lock",
    "merge",
    "nextval",
    "pg_cancel_backend",
    "pg_promote",
    "pg_reload_conf",
    "pg_rotate_logfile",
    "pg_switch_wal",
    "pg_terminate_backend",
    "reassign",
    "refresh",
    "reindex",
    "revoke",
    "setval",
    "truncate",
    "update",
    "vacuum",
];
/// psql's own commands that only show or set how something is shown; `\d` stands for all that begin so.
const SHOWING: [&str; 18] = [
    "a",
    "c",
    "conninfo",
    "echo",
    "encoding",
    "errverbose",
    "h",
    "l",
    "list",
    "lo_list",
    "pset",
    "q",
    "sf",
    "sv",
    "t",
    "timing",
    "x",
    "z",
];

/// The word that changes something, if there is one.
pub(super) fn change(sql: &str) -> Option<String> {
    let mut rest = sql;
    let mut at_start = true;
    while let Some(first) = rest.chars().next() {
        let behind = &rest[first.len_utf8()..];
        match first {
            ';' => (at_start, rest) = (true, behind),
            '\\' => {
                let (word, left) = split_word(behind);
                // The rest of the line is its arguments, up to another command; what is in backquotes a shell runs.
                let (arguments, left) = left.split_at(left.find(['\\', '\n']).unwrap_or(left.len()));
                let shows = word.starts_with('d') || SHOWING.contains(&word);
                if !shows || arguments.contains('`') {
                    return Some(format!("\\{word}"));
                }
                (at_start, rest) = (true, left);
            }
            _ if first.is_alphabetic() || first == '_' => {
                let (word, left) = split_word(rest);
                let lower = word.to_ascii_lowercase();
                if (at_start && !READERS.contains(&lower.as_str())) || WRITERS.contains(&lower.as_str()) {
                    return Some(lower);
                }
                at_start = false;
                // In `E'…'` a backslash protects the quote behind it.
                rest = if lower == "e" && left.starts_with('\'') { skip_escaped(&left[1..])? } else { left };
            }
            _ => match skip_quoted(rest) {
                Skipped::Nothing => rest = behind,
                Skipped::To(left) => rest = left,
                Skipped::Open => return Some("an open quote".to_owned()),
            },
        }
    }
    None
}

fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && letter != '_').unwrap_or(text.len());
    text.split_at(end)
}

fn skip_escaped(text: &str) -> Option<&str> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '\'' => return Some(&text[at + 1..]),
            _ => {}
        }
    }
    // Open to the end: there is nothing behind it.
    Some("")
}

enum Skipped<'a> {
    Nothing,
    To(&'a str),
    /// It is never closed: what would be in it is not known.
    Open,
}

fn skip_quoted(text: &str) -> Skipped<'_> {
    let behind = |open: usize, close: &str| match text[open..].find(close) {
        Some(at) => Skipped::To(&text[open + at + close.len()..]),
        None => Skipped::Open,
    };
    if text.starts_with("--") {
        return Skipped::To(text.find('\n').map_or("", |at| &text[at..]));
    }
    if text.starts_with("/*") {
        return skip_comment(text);
    }
    match text.as_bytes().first() {
        // A doubled quote is the end of one text and the start of the next.
        Some(b'\'') => behind(1, "'"),
        Some(b'"') => behind(1, "\""),
        Some(b'$') => {
            let Some(end) = text[1..].find('$').map(|at| at + 2) else { return Skipped::Nothing };
            let tag = &text[..end];
            let is_tag = tag[1..end - 1].chars().all(|letter| letter.is_alphanumeric() || letter == '_');
            if is_tag { behind(end, tag) } else { Skipped::Nothing }
        }
        _ => Skipped::Nothing,
    }
}

/// Comments of SQL nest.
fn skip_comment(text: &str) -> Skipped<'_> {
    let (mut depth, mut at) = (0usize, 0);
    loop {
        let Some(next) = text[at..].find(['/', '*']).map(|found| at + found) else { return Skipped::Open };
        match text.get(next..next + 2) {
            Some("/*") => (depth, at) = (depth + 1, next + 2),
            Some("*/") => (depth, at) = (depth - 1, next + 2),
            _ => at = next + 1,
        }
        if depth == 0 {
            return Skipped::To(&text[at..]);
        }
    }
}
