//! `docs/protocol.md` against the code: every name stands in it, every example line is what the code reads.

use pintle::protocol::{self, Code, cmd, typed};

const PAGE: &str = include_str!("../docs/protocol.md");

/// Names that begin a row of a table.
fn rows() -> Vec<&'static str> {
    PAGE.lines().filter_map(|line| line.strip_prefix("| `")?.split('`').next()).collect()
}

#[test]
fn every_name_has_a_row() {
    let rows = rows();
    let codes = Code::ALL.map(Code::as_str);
    let tables: [&[&str]; 5] =
        [typed::request::NAMES, typed::event::NAMES, typed::event::KINDS, cmd::request::NAMES, &codes];
    for name in tables.concat() {
        assert!(rows.contains(&name), "no row for `{name}`");
    }
    for name in typed::reply::NAMES.iter().filter(|name| **name != "error") {
        assert!(PAGE.contains(&format!("`{name}`")), "`{name}` is not mentioned");
    }
}

#[test]
fn every_example_is_what_the_code_reads() {
    for line in PAGE.lines() {
        if let Some(line) = line.strip_prefix("→ ")
            && let Err(rejected) = protocol::parse_request(line.as_bytes())
        {
            let mut answer = Vec::new();
            rejected.encode(&mut answer);
            let answer = String::from_utf8(answer).unwrap();
            assert!(PAGE.contains(&format!("→ {line}\n← {answer}")), "{line}: {answer}");
        }
        if let Some(line) = line.strip_prefix("← ") {
            let line = line.as_bytes();
            assert!(
                typed::parse_line(line).is_ok() || line.starts_with(b"{\"ok\":"),
                "{}",
                String::from_utf8_lossy(line)
            );
            if line.starts_with(b"{\"ok\":true") {
                assert!(!matches!(cmd::parse_reply(line), Ok(cmd::Reply::Done(_)) | Err(_)));
            }
        }
    }
}
