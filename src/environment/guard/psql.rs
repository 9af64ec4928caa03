//! What psql is asked to do: statements in its words, a file, a session.

use super::sql;

/// Flags of psql that take a value, short and long.
const PSQL_SHORT: &str = "cdfFhLopPRTUv";
const PSQL_LONG: [&str; 14] = [
    "command",
    "dbname",
    "file",
    "field-separator",
    "host",
    "log-file",
    "output",
    "port",
    "pset",
    "record-separator",
    "table-attr",
    "username",
    "set",
    "variable",
];

/// Why this call changes things, if it does. psql reads its words as GNU getopt does: `-Atc SQL`, `-cSQL`, `--command=SQL`, `--comm SQL`.
pub(super) fn change(words: &[&str]) -> Option<String> {
    let (mut statements, mut words) = (Vec::new(), words.iter());
    let mut file = false;
    while let Some(word) = words.next() {
        if *word == "--" {
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            if ["list", "version", "help"].iter().any(|known| known.starts_with(name)) {
                return None;
            }
            let Some(known) = PSQL_LONG.iter().find(|known| known.starts_with(name)) else { continue };
            let value = value.or_else(|| words.next().copied()).unwrap_or_default();
            file |= *known == "file";
            statements.extend((*known == "command").then_some(value));
        } else if let Some(cluster) = word.strip_prefix('-') {
            if cluster.contains(['l', 'V', '?']) && !cluster.contains(|letter| PSQL_SHORT.contains(letter)) {
                return None;
            }
            let Some(at) = cluster.find(|letter| PSQL_SHORT.contains(letter)) else { continue };
            let attached = &cluster[at + 1..];
            let value = if attached.is_empty() { words.next().copied().unwrap_or_default() } else { attached };
            file |= cluster[at..].starts_with('f');
            statements.extend(cluster[at..].starts_with('c').then_some(value));
        }
    }
    if file {
        return Some("`psql -f` runs a file, which can change anything".to_owned());
    }
    if statements.is_empty() {
        return Some("`psql` without -c opens a session, which can change anything".to_owned());
    }
    let change = statements.into_iter().find_map(sql::change)?;
    Some(format!("`psql -c` with `{change}` changes things"))
}
