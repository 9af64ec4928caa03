//! Whether SQL only looks. No parser: it reads words outside of texts and comments, and in doubt says that something changes.
//!
//! A function can do anything, and its name does not tell: what is called has to be known. What cannot be seen in the statement (a view
//! that calls such a function, an operator) is believed.

/// Words a statement that only looks begins with.
const READERS: [&str; 13] = [
    "select", "show", "explain", "table", "values", "with", "begin", "start", "commit", "rollback", "end", "set",
    "reset",
];
/// Words that change something wherever they stand.
const WRITERS: [&str; 22] = [
    "alter", "call", "copy", "create", "delete", "do", "drop", "execute", "grant", "insert", "into", "lock", "merge",
    "prepared", "reassign", "refresh", "reindex", "revoke", "share", "truncate", "update", "vacuum",
];
/// Words in front of a parenthesis that call nothing, in order.
const KEYWORDS: [&str; 60] = [
    "all",
    "and",
    "any",
    "array",
    "as",
    "between",
    "bigint",
    "bit",
    "bool",
    "by",
    "case",
    "char",
    "character",
    "cube",
    "date",
    "decimal",
    "distinct",
    "else",
    "except",
    "exists",
    "explain",
    "filter",
    "float",
    "from",
    "group",
    "grouping",
    "having",
    "ilike",
    "in",
    "int",
    "integer",
    "intersect",
    "interval",
    "is",
    "join",
    "lateral",
    "like",
    "limit",
    "materialized",
    "not",
    "numeric",
    "offset",
    "on",
    "or",
    "over",
    "partition",
    "rollup",
    "row",
    "rows",
    "select",
    "sets",
    "some",
    "text",
    "then",
    "union",
    "using",
    "values",
    "varchar",
    "when",
    "where",
];
/// Functions that compute from what they are given, or tell something, in order.
const FUNCTIONS: [&str; 78] = [
    "abs",
    "age",
    "array_agg",
    "array_length",
    "array_to_string",
    "avg",
    "bool_and",
    "bool_or",
    "btrim",
    "cardinality",
    "cast",
    "ceil",
    "ceiling",
    "char_length",
    "coalesce",
    "concat",
    "concat_ws",
    "count",
    "current_database",
    "current_schema",
    "current_setting",
    "date_part",
    "date_trunc",
    "dense_rank",
    "every",
    "exp",
    "extract",
    "first_value",
    "floor",
    "format",
    "format_type",
    "generate_series",
    "greatest",
    "initcap",
    "json_agg",
    "jsonb_agg",
    "lag",
    "last_value",
    "lead",
    "least",
    "left",
    "length",
    "ln",
    "lower",
    "lpad",
    "ltrim",
    "max",
    "md5",
    "min",
    "mod",
    "now",
    "nullif",
    "obj_description",
    "octet_length",
    "pg_database_size",
    "pg_get_indexdef",
    "pg_get_viewdef",
    "pg_relation_size",
    "pg_size_pretty",
    "pg_table_size",
    "pg_total_relation_size",
    "position",
    "power",
    "rank",
    "regexp_replace",
    "replace",
    "right",
    "round",
    "row_number",
    "rtrim",
    "split_part",
    "string_agg",
    "substring",
    "sum",
    "to_char",
    "trim",
    "upper",
    "version",
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

/// The word that changes something, or the function that may, if there is one.
pub(super) fn change(sql: &str) -> Option<String> {
    let mut rest = sql;
    let mut at_start = true;
    // What a parenthesis would call if it came next, and whether the name goes on behind a dot.
    let (mut name, mut dotted) = (None::<String>, false);
    while !rest.is_empty() {
        let (token, left) = token(rest);
        rest = left;
        match token {
            Token::Blank => {}
            Token::End => (at_start, name, dotted) = (true, None, false),
            Token::Command { word, shows: false } => return Some(format!("\\{word}")),
            Token::Command { .. } => (at_start, name, dotted) = (true, None, false),
            Token::Word(word) => {
                let word = word.to_ascii_lowercase();
                if (at_start && !READERS.contains(&word.as_str())) || WRITERS.contains(&word.as_str()) {
                    return Some(word);
                }
                at_start = false;
                name = Some(match name.filter(|_| dotted) {
                    Some(before) => format!("{before}.{word}"),
                    None => word,
                });
                dotted = false;
            }
            Token::Sign('(') => match name.take() {
                Some(name) if !is_known(&name) => return Some(format!("{name}()")),
                _ => dotted = false,
            },
            Token::Sign('.') => dotted = name.is_some(),
            Token::Name(quoted) => (name, dotted) = (Some(quoted.to_owned()), false),
            Token::Text | Token::Sign(_) => (name, dotted) = (None, false),
            Token::Open => return Some("an open quote".to_owned()),
        }
    }
    None
}

/// Whether a name in front of a parenthesis calls nothing, or what only computes.
fn is_known(name: &str) -> bool {
    let own = name.strip_prefix("pg_catalog.").unwrap_or(name);
    FUNCTIONS.contains(&own) || KEYWORDS.contains(&name)
}

/// What stands next in a statement.
enum Token<'a> {
    /// Blanks and comments.
    Blank,
    /// The statement's end.
    End,
    /// One of psql's own commands, and whether it only shows.
    Command {
        word: &'a str,
        shows: bool,
    },
    /// A word that is not quoted.
    Word(&'a str),
    /// A name in quotes.
    Name(&'a str),
    /// A text.
    Text,
    /// A text, a name or a comment that is never closed: what would be in it is not known.
    Open,
    Sign(char),
}

/// What stands next, and what is behind it.
fn token(text: &str) -> (Token<'_>, &str) {
    let first = text.chars().next().unwrap_or_default();
    let behind = text.get(first.len_utf8()..).unwrap_or_default();
    match first {
        ';' => (Token::End, behind),
        '\\' => {
            let (word, left) = split_word(behind);
            // The rest of the line is its arguments, up to another command; what is in backquotes a shell runs.
            let (arguments, left) = left.split_at(left.find(['\\', '\n']).unwrap_or(left.len()));
            let shows = (word.starts_with('d') || SHOWING.contains(&word)) && !arguments.contains('`');
            (Token::Command { word, shows }, left)
        }
        _ if first.is_whitespace() => (Token::Blank, behind),
        _ if first.is_alphabetic() || first == '_' => match split_word(text) {
            ("e" | "E", left) if left.starts_with('\'') => {
                skip_escaped(&left[1..]).map_or((Token::Open, ""), |left| (Token::Text, left))
            }
            (word, left) => (Token::Word(word), left),
        },
        _ => match skip_quoted(text) {
            Skipped::Nothing => (Token::Sign(first), behind),
            Skipped::To(left) if first == '"' => (Token::Name(&text[..text.len() - left.len()]), left),
            Skipped::To(left) if ['\'', '$'].contains(&first) => (Token::Text, left),
            Skipped::To(left) => (Token::Blank, left),
            Skipped::Open => (Token::Open, ""),
        },
    }
}

/// A word, in which a `$` may stand but not in front.
fn split_word(text: &str) -> (&str, &str) {
    let end = text.find(|letter: char| !letter.is_alphanumeric() && !"_$".contains(letter)).unwrap_or(text.len());
    text.split_at(end)
}

/// What is behind a text in which a backslash protects the quote behind it.
fn skip_escaped(text: &str) -> Option<&str> {
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => drop(letters.next()),
            '\'' => return Some(&text[at + 1..]),
            _ => {}
        }
    }
    None
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
