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
#[path = "edit_tests.rs"]
mod tests;
