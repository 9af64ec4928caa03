//! Tests of edits.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// What the document says now is read by the library, as the store does.
fn set(before: &str, key: &str, value: &Value) -> Result<String, Uneditable> {
    let was: Map<String, Value> = yaml::parse(std::path::Path::new("x"), before).unwrap();
    set_keys(before, &[Change { key, before: was.get(key).unwrap_or(&Value::Null), after: value }])
}

#[track_caller]
fn check(before: &str, key: &str, value: Value, expected: &str) {
    assert_eq!(set(before, key, &value).unwrap(), expected);
}

#[track_caller]
fn lost(before: &str, key: &str, value: Value, line: usize, text: &str) {
    let comment = Comment { line, text: text.to_owned() };
    assert_eq!(set(before, key, &value), Err(Uneditable::Comment(comment)));
}

#[test]
fn one_key_changes_and_all_else_stays() {
    check("# mine\na: 1 # one\n\nb: 2\n", "a", json!(3), "# mine\na: 3 # one\n\nb: 2\n");
    check("a: '#x' # one\nb: 2\n", "a", json!("new"), "a: new # one\nb: 2\n");
    check("a: 1\nb: 2\n", "a", Value::Null, "b: 2\n");
    check("a: 1", "b", json!("x"), "a: 1\nb: x\n");
    check("", "b", json!("x"), "b: x\n");
    check("# only\n", "b", json!("x"), "# only\nb: x\n");
    check("a: |\n  one\n\n  # no comment\n# about b\nb: 2\n", "a", json!("x"), "a: x\n# about b\nb: 2\n");
    check("'a' : &x 1 # one\nb: 2\n", "a", json!(3), "a: 3 # one\nb: 2\n");
}

#[test]
fn a_comment_stays_where_its_value_was() {
    check("tags: [a, b]   # tags\nz: 1\n", "tags", json!(["c"]), "tags:   # tags\n- c\nz: 1\n");
    check("a: >- # folded\n  one\n  two\nz: 1\n", "a", json!("new"), "a: new # folded\nz: 1\n");
    check("a: x # why\nz: 1\n", "a", json!("b\nc\n"), "a: | # why\n  b\n  c\nz: 1\n");
    check("a:\n  x # why\nz: 1\n", "a", json!("v"), "a: v # why\nz: 1\n");
    // Nothing is said, and the comment is.
    check("a: x # why\nz: 1\n", "a", Value::Null, "a: # why\nz: 1\n");
    check("tags: [a] # why\n", "tags", Value::Null, "tags: # why\n");
}

#[test]
fn the_comments_of_an_entry_stay_with_it() {
    let before = "tags: # all\n  # why a\n  - a # first\n\n  # why b\n  - b\n# end\nz: 1\n";
    let turned = "tags: # all\n\n  # why b\n  - b\n  - c\n  # why a\n  - a # first\n# end\nz: 1\n";
    check(before, "tags", json!(["b", "c", "a"]), turned);
    lost(before, "tags", json!(["b"]), 2, "# why a");
    lost(before, "tags", Value::Null, 2, "# why a");
    let roster = "roster:\n# the best\n- agent_def: rev # r\n  # enough\n  quantity: 1\n- agent_def: old\nz: 1\n";
    let new = json!([{"agent_def": "rev", "quantity": 3, "role": "x"}, {"agent_def": "other", "quantity": 1}]);
    let expected = "roster:\n# the best\n- agent_def: rev # r\n  # enough\n  quantity: 3\n  role: x\n- agent_def: other\n  \
                        quantity: 1\nz: 1\n";
    check(roster, "roster", new, expected);
    lost(roster, "roster", json!([{"agent_def": "old"}]), 2, "# the best");
    let flow = "roster:\n# why\n- {agent_def: rev, quantity: 1} # r\n- {agent_def: old} # o\n";
    let new = json!([{"agent_def": "rev", "quantity": 2}, {"agent_def": "old"}]);
    let expected = "roster:\n# why\n- agent_def: rev # r\n  quantity: 2\n- {agent_def: old} # o\n";
    check(flow, "roster", new, expected);
}

#[test]
fn where_a_comment_would_be_lost_nothing_changes() {
    lost("a: 1\ntags: [x, # one\n  y]\n", "tags", json!(["z"]), 3 - 1, "# one");
    lost("a: [x,\n  # in\n  y] # all\n", "a", json!("z"), 2, "# in");
    lost("a: # one\n  x # two\n", "a", json!("z"), 2, "# two");
    lost("a:\n  # in\n  b: 1\n", "a", json!("z"), 2, "# in");
}

#[test]
fn maps_in_it_are_changed_key_by_key() {
    let before = "a:\n  # in\n  b: 1 # one\n  c: 2\nd: 3\n";
    check(before, "a", json!({"b": 4, "c": 2}), "a:\n  # in\n  b: 4 # one\n  c: 2\nd: 3\n");
    check(before, "a", json!({"b": 1, "x": 5}), "a:\n  # in\n  b: 1 # one\n  x: 5\nd: 3\n");
    check("a: {b: 1}\n", "a", json!({"b": 2}), "a:\n  b: 2\n");
}

#[test]
fn the_ends_of_lines_are_the_writers() {
    check("a: 1 # x\r\nb: 2\r\n", "a", json!("v"), "a: v # x\r\nb: 2\r\n");
    check("a: 1\r\n", "b", json!(["x", "v"]), "a: 1\r\nb:\r\n- x\r\n- v\r\n");
}

#[test]
fn what_is_no_map_by_lines_is_told() {
    assert_eq!(set("{a: 1}\n", "a", &json!(2)), Err(Uneditable::Layout));
    assert_eq!(first_comment("{a: 1} # x\n"), Some(Comment { line: 1, text: "# x".into() }));
}

#[test]
fn a_new_document_says_what_is_said() {
    let fields = json!({"name": "x", "tags": [], "icon": null, "command": "", "enabled": false, "quantity": 0});
    let Value::Object(fields) = fields else { panic!("a map") };
    assert_eq!(document(&fields), "name: x\nenabled: false\nquantity: 0\n");
}

proptest! {
    /// Whatever is in the file: no comment is lost, and nothing else is changed, or it says so.
    #[test]
    fn comments_are_never_lost(
        lines in prop::collection::vec("(a|b|c|- a|  - b|  d|- e): ?(x|1|\\[x\\]|>-|\\||)( # [xyz])?|  # [xyz]|# [xyz]|- x|  y|", 0..9),
        value in prop_oneof![Just(json!("new")), Just(json!(["x", "n"])), Just(json!({"a": "n"})), Just(Value::Null)],
    ) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let path = std::path::Path::new("x");
        let Ok(was) = yaml::parse::<Map<String, Value>>(path, &text) else { return Ok(()) };
        let change = Change { key: "a", before: was.get("a").unwrap_or(&Value::Null), after: &value };
        if let Ok(changed) = set_keys(&text, &[change]) {
            let count = |text: &str| Layout::of(text).map(|layout| layout.comments.len());
            prop_assert_eq!(count(&changed), count(&text), "{} -> {}", text, changed);
        }
    }
}
