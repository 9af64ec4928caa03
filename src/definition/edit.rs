//! Changing keys at the top of a YAML document that a person wrote, and nothing else in it.
//!
//! No YAML library that is kept writes a document back with its comments. So pieces of the text are replaced, found by where the
//! parser says that everything stands. A comment goes with what it is about: one behind a value stays behind the new one, those above
//! and inside of an entry of a list stay as long as the entry does. Where one would be lost nothing is changed. Whoever calls this reads
//! what comes of it and believes it only if it is what was meant ([`super::store`]).

use std::ops::Range;

use serde_json::{Map, Value};

use crate::base::yaml::{self, Entry, Layout, Part, Shape};

/// A key that is to change.
#[derive(Clone, Copy, Debug)]
pub struct Change<'a> {
    /// The key.
    pub key: &'a str,
    /// What it says now, as it is understood; null: nothing.
    pub before: &'a Value,
    /// What it is to say; null: the key is left out.
    pub after: &'a Value,
}

/// A comment in a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Comment {
    /// Its line, from 1.
    pub line: usize,
    /// From its `#` on.
    pub text: String,
}

/// Why a document cannot be changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uneditable {
    /// This comment would be lost.
    Comment(Comment),
    /// It is laid out in a way that cannot be changed piece by piece.
    Layout,
}

/// The document with these keys changed. A key that is not there is added at the end.
pub fn set_keys(text: &str, changes: &[Change<'_>]) -> Result<String, Uneditable> {
    // The ends of lines are the writer's. A file with both kinds keeps those that it has.
    if text.contains('\n') && text.matches('\n').count() == text.matches("\r\n").count() {
        return Ok(set_keys(&text.replace("\r\n", "\n"), changes)?.replace('\n', "\r\n"));
    }
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
    let layout = Layout::of(&text).ok_or(Uneditable::Layout)?;
    let entries = match &layout.root {
        None => &[][..],
        Some(Part { shape: Shape::Map(entries), .. }) => entries,
        Some(_) => return Err(Uneditable::Layout),
    };
    let document = Document { text: &text, comments: &layout.comments };
    let edits = document.in_map(entries, changes, text.len())?;
    let changed = document.applied(0..text.len(), edits);
    document.check_comments(&changed)?;
    Ok(changed)
}

/// The first comment in a document.
pub fn first_comment(text: &str) -> Option<Comment> {
    Layout::of(text)?.comments.first().map(|comment| comment_at(text, comment))
}

fn comment_at(text: &str, comment: &Range<usize>) -> Comment {
    let line = text[..comment.start].matches('\n').count() + 1;
    Comment { line, text: text[comment.clone()].trim_end().to_owned() }
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

fn lines_of(key: &str, value: &Value) -> Vec<String> {
    if value.is_null() { Vec::new() } else { entry(key, value) }
}

/// A piece of the text, and what stands there instead.
type Edit = (Range<usize>, String);

/// A document whose lines all end.
struct Document<'a> {
    text: &'a str,
    comments: &'a [Range<usize>],
}

impl Document<'_> {
    /// The edits for changes in a map; new keys go to `end`, the beginning of a line or the end of one.
    fn in_map(&self, entries: &[Entry], changes: &[Change<'_>], end: usize) -> Result<Vec<Edit>, Uneditable> {
        let indent = entries.first().map_or_else(String::new, |first| self.indent(first.key.start));
        let (mut edits, mut added) = (Vec::new(), Vec::new());
        for change in changes {
            match entries.iter().find(|entry| entry.name == change.key) {
                Some(entry) => edits.extend(self.in_entry(entry, &indent, change)?),
                None => added.extend(lines_of(change.key, change.after)),
            }
        }
        if !added.is_empty() {
            let lines = added.iter().map(|line| format!("{indent}{line}\n"));
            edits.push((end..end, lines.collect()));
        }
        Ok(edits)
    }

    fn in_entry(&self, entry: &Entry, indent: &str, change: &Change<'_>) -> Result<Vec<Edit>, Uneditable> {
        match (&entry.value.shape, change.before, change.after) {
            (Shape::List(items), Value::Array(old), Value::Array(new))
                if items.len() == old.len() && !new.is_empty() =>
            {
                Ok(vec![self.in_list(entry, items, old, new)?])
            }
            (Shape::Map(inner), Value::Object(old), Value::Object(new)) if !new.is_empty() => {
                self.in_map(inner, &differences(old, new), self.line_end(entry.value.span.end))
            }
            _ => self.replaced(entry, indent, change).map(|edit| vec![edit]),
        }
    }

    /// The entry written anew. A comment on its first line, or behind its value, stays there.
    fn replaced(&self, entry: &Entry, indent: &str, change: &Change<'_>) -> Result<Edit, Uneditable> {
        let (start, value) = (entry.key.start, &entry.value.span);
        let (first, last) = (self.line_end(entry.key.end), self.line_end(value.end));
        let mut kept = None;
        for comment in self.comments_in(start..last) {
            let is_inside = value.contains(&comment.start) || comment.start >= first && comment.start < value.end;
            if is_inside || kept.is_some() {
                return Err(self.lost(comment));
            }
            kept = Some(comment);
        }
        let mut lines = lines_of(change.key, change.after);
        let Some(comment) = kept else {
            if !lines.is_empty() {
                return Ok((start..value.end, lines.join(&format!("\n{indent}"))));
            }
            // The first key of an entry of a list has its `-` on its line.
            return match self.text[self.line_start(start)..start].trim().is_empty() {
                true => Ok((self.line_start(start)..last, String::new())),
                false => Err(Uneditable::Layout),
            };
        };
        if lines.is_empty() {
            // A key without a value says nothing, and its comment stays.
            lines.push(format!("{}:", change.key));
        }
        let before = &self.text[..comment.start];
        let gap = &before[before.trim_end_matches([' ', '\t']).len()..];
        lines[0].push_str(gap);
        lines[0].push_str(&self.text[comment.clone()]);
        Ok((start..value.end.max(comment.end), lines.join(&format!("\n{indent}"))))
    }

    /// All entries of a list at once: those that stay as they were written, each with the comments above and in it.
    fn in_list(&self, entry: &Entry, items: &[Part], old: &[Value], new: &[Value]) -> Result<Edit, Uneditable> {
        let begin = self.line_end(entry.key.end);
        let mut regions = Vec::new();
        for item in items {
            let start = regions.last().map_or(begin, |region: &Range<usize>| region.end);
            regions.push(start..self.line_end(item.span.end));
        }
        let first = items.first().map_or(begin, |item| item.span.start);
        let indent = self.indent(self.text[..first].rfind('-').unwrap_or(first));
        let came_from = matched(old, new);
        if let Some(region) = (0..old.len())
            .filter(|at| !came_from.contains(&Some(*at)))
            .map(|at| regions[at].clone())
            .find(|region| self.comments_in(region.clone()).next().is_some())
        {
            return Err(self.comments_in(region).next().map_or(Uneditable::Layout, |comment| self.lost(comment)));
        }
        let mut list = String::new();
        for (value, from) in new.iter().zip(&came_from) {
            match (from, from.map(|at| &items[at].shape)) {
                (Some(at), Some(Shape::Map(entries))) => {
                    let (Value::Object(was), Value::Object(is)) = (&old[*at], value) else {
                        return Err(Uneditable::Layout);
                    };
                    let edits = self.in_map(entries, &differences(was, is), regions[*at].end)?;
                    list.push_str(&self.applied(regions[*at].clone(), edits));
                }
                (Some(at), _) if old[*at] == *value => list.push_str(&self.text[regions[*at].clone()]),
                (from, _) => {
                    let was = from.map(|at| (&regions[at], &items[at]));
                    list.push_str(&self.item(value, &indent, was));
                }
            }
        }
        Ok((begin..regions.last().map_or(begin, |last| last.end), list))
    }

    /// An entry of a list written anew. Where it `was` there before, the comments above and behind it stay.
    fn item(&self, value: &Value, indent: &str, was: Option<(&Range<usize>, &Part)>) -> String {
        let item = yaml::written(&Value::Array(vec![without_empty(value)]));
        let mut lines: Vec<String> = item.lines().map(|line| format!("{indent}{line}\n")).collect();
        let Some((region, part)) = was else { return lines.concat() };
        if let (Some(comment), Some(first)) = (self.comments_in(part.span.end..region.end).next(), lines.first_mut()) {
            *first = format!("{} {}\n", first.trim_end(), &self.text[comment.clone()]);
        }
        self.text[region.start..self.line_start(part.span.start)].to_owned() + &lines.concat()
    }

    /// A piece of the text with edits in it.
    fn applied(&self, range: Range<usize>, mut edits: Vec<Edit>) -> String {
        edits.sort_by_key(|(at, _)| (at.start, at.end));
        let (mut out, mut from) = (String::new(), range.start);
        for (at, new) in edits {
            out.push_str(&self.text[from..at.start]);
            out.push_str(&new);
            from = at.end;
        }
        out.push_str(&self.text[from..range.end]);
        out
    }

    /// The last word: whatever was replaced, each comment is still there.
    fn check_comments(&self, changed: &str) -> Result<(), Uneditable> {
        let layout = Layout::of(changed).ok_or(Uneditable::Layout)?;
        let mut left: Vec<&str> = layout.comments.into_iter().map(|comment| &changed[comment]).collect();
        for comment in self.comments {
            let at = left.iter().position(|text| *text == &self.text[comment.clone()]);
            left.swap_remove(at.ok_or_else(|| self.lost(comment))?);
        }
        Ok(())
    }

    fn comments_in(&self, range: Range<usize>) -> impl Iterator<Item = &Range<usize>> {
        self.comments.iter().filter(move |comment| range.contains(&comment.start))
    }

    fn lost(&self, comment: &Range<usize>) -> Uneditable {
        Uneditable::Comment(comment_at(self.text, comment))
    }

    fn line_start(&self, at: usize) -> usize {
        self.text[..at].rfind('\n').map_or(0, |newline| newline + 1)
    }

    /// Behind the newline of the line.
    fn line_end(&self, at: usize) -> usize {
        self.text[at..].find('\n').map_or(self.text.len(), |newline| at + newline + 1)
    }

    /// As much white space as there is in front of something, be it a `-` or not.
    fn indent(&self, at: usize) -> String {
        " ".repeat(self.text[self.line_start(at)..at].chars().count())
    }
}

/// The keys in which two maps differ.
fn differences<'a>(old: &'a Map<String, Value>, new: &'a Map<String, Value>) -> Vec<Change<'a>> {
    let keys = old.keys().chain(new.keys().filter(|key| !old.contains_key(*key)));
    let of = |map: &'a Map<String, Value>, key: &str| map.get(key).unwrap_or(&Value::Null);
    keys.map(|key| Change { key, before: of(old, key), after: of(new, key) })
        .filter(|change| change.before != change.after)
        .collect()
}

/// For each new entry of a list the old one that it is: one that says the same, else one that begins with the same.
fn matched(old: &[Value], new: &[Value]) -> Vec<Option<usize>> {
    let mut from = vec![None; new.len()];
    let begins = |value: &Value| {
        let Value::Object(keys) = value else { return None };
        keys.iter().find(|(_, value)| !is_empty(value)).map(|(key, value)| (key.clone(), value.clone()))
    };
    let same = |one: &Value, other: &Value| one == other;
    let alike = |one: &Value, other: &Value| begins(one).is_some_and(|first| begins(other) == Some(first));
    for is_it in [&same as &dyn Fn(&Value, &Value) -> bool, &alike] {
        for (at, value) in new.iter().enumerate().filter(|(at, _)| from[*at].is_none()).collect::<Vec<_>>() {
            from[at] = (0..old.len()).find(|other| !from.contains(&Some(*other)) && is_it(&old[*other], value));
        }
    }
    from
}

#[cfg(test)]
mod tests {
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
}
