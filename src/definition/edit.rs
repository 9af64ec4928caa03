//! Changing keys at the top of a YAML document that a person wrote, and nothing else in it.
//!
//! No YAML library that is kept writes a document back with its comments. So lines are replaced; whoever calls this reads what comes
//! of it and believes it only if it is what was meant ([`super::store`]).

use std::ops::Range;

use serde_json::{Map, Value};

use crate::base::yaml;

/// The document with these keys set, or with `None` removed. A key that is not there is added at the end.
pub fn set_keys(text: &str, changes: &[(&str, Option<&Value>)]) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for (key, value) in changes {
        let new = value.map(|value| entry(key, value)).unwrap_or_default();
        match find(&lines, key) {
            Some(at) => {
                let old = block(&lines, at);
                let new = with_comment(&lines[old.clone()], new);
                lines.splice(old, new);
            }
            None => lines.extend(new),
        }
    }
    lines.into_iter().map(|line| line + "\n").collect()
}

/// A document with these keys. What is empty is left out: that is what its absence means.
pub fn document(fields: &Map<String, Value>) -> String {
    let said = fields.iter().filter(|(_, value)| !is_empty(value));
    said.flat_map(|(key, value)| entry(key, value)).map(|line| line + "\n").collect()
}

/// Whether a value says nothing.
pub fn is_empty(value: &Value) -> bool {
    match value {
        Value::Null => true,
        Value::String(text) => text.is_empty(),
        Value::Array(items) => items.is_empty(),
        Value::Object(entries) => entries.is_empty(),
        Value::Bool(_) | Value::Number(_) => false,
    }
}

fn entry(key: &str, value: &Value) -> Vec<String> {
    let map = Value::Object(Map::from_iter([(key.to_owned(), without_empty(value))]));
    yaml::written(&map).lines().map(str::to_owned).collect()
}

fn without_empty(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(without_empty).collect(),
        Value::Object(entries) => {
            let said = entries.iter().filter(|(_, value)| !value.is_null());
            Value::Object(said.map(|(key, value)| (key.clone(), without_empty(value))).collect())
        }
        other => other.clone(),
    }
}

/// The line on which a key at the top begins.
fn find(lines: &[String], key: &str) -> Option<usize> {
    lines.iter().position(|line| {
        let named = line.split_once(':').map(|(name, _)| name.trim_end());
        named.is_some_and(|name| name == key || name == format!("\"{key}\"") || name == format!("'{key}'"))
    })
}

/// The lines of the key at `at`: with what is indented further or, as lists may, begins with `-` below it.
fn block(lines: &[String], at: usize) -> Range<usize> {
    let is_blank = |line: &str| line.trim().is_empty() || line.starts_with('#');
    let is_inner = |line: &str| line.starts_with([' ', '\t', '-']) && !line.starts_with("---");
    let inner = (at + 1..lines.len()).take_while(|index| is_blank(&lines[*index]) || is_inner(&lines[*index]));
    let last = inner.filter(|index| !is_blank(&lines[*index])).last();
    at..last.map_or(at + 1, |last| last + 1)
}

/// A comment behind a value on one line stays behind the new one.
fn with_comment(old: &[String], mut new: Vec<String>) -> Vec<String> {
    if let ([line], [replaced]) = (old, new.as_mut_slice())
        && let Some(comment) = comment_of(line)
    {
        *replaced = format!("{replaced} {comment}");
    }
    new
}

fn comment_of(line: &str) -> Option<&str> {
    let (_, value) = line.split_once(':')?;
    let value = value.trim_start();
    let rest = match value.chars().next()? {
        '#' => return Some(value),
        quote @ ('"' | '\'') => value[1..].split_once(quote)?.1,
        _ => value,
    };
    rest.find(" #").map(|at| &rest[at + 1..])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(before: &str, key: &str, value: Value, expected: &str) {
        let value = Some(value).filter(|value| !value.is_null());
        assert_eq!(set_keys(before, &[(key, value.as_ref())]), expected);
    }

    #[test]
    fn one_key_changes_and_all_else_stays() {
        check("# mine\na: 1 # one\n\nb: 2\n", "a", json!(3), "# mine\na: 3 # one\n\nb: 2\n");
        check("a: '#x' # one\nb: 2\n", "a", json!("new"), "a: new # one\nb: 2\n");
        check("a: 1\nb: 2\n", "a", Value::Null, "b: 2\n");
        check("a: 1", "b", json!("x"), "a: 1\nb: x\n");
        check("a: |\n  one\n\n  # no comment\n# about b\nb: 2\n", "a", json!("x"), "a: x\n# about b\nb: 2\n");
    }

    #[test]
    fn lists_and_maps_are_replaced_whole() {
        let roster = json!([{"agent_def": "x", "quantity": 2}]);
        let expected = "roster:\n- agent_def: x\n  quantity: 2\n# end\nz: 1\n";
        check("roster:\n- agent_def: y\n# in\n- agent_def: z\n# end\nz: 1\n", "roster", roster, expected);
        check("a:\n  b: 1\n  c: 2\nd: 3\n", "a", json!({"b": 4}), "a:\n  b: 4\nd: 3\n");
    }

    #[test]
    fn a_new_document_says_what_is_said() {
        let fields = json!({"name": "x", "tags": [], "icon": null, "command": "", "enabled": false, "quantity": 0});
        let Value::Object(fields) = fields else { panic!("a map") };
        assert_eq!(document(&fields), "name: x\nenabled: false\nquantity: 0\n");
    }
}
