//! A value in a file together with the way to it, so that whatever is wrong with it can be told in one line.

use std::path::Path;

use super::{Node, Place, Placed, Value, YamlError, suggestion};
use crate::base::near::near;

/// A value of a document and the way to it: `envs.prod.vars.A`.
#[derive(Clone, Debug)]
pub struct Spot<'a> {
    path: &'a Path,
    key: String,
    node: &'a Node,
}

impl<'a> Spot<'a> {
    /// A whole document.
    pub fn root(path: &'a Path, node: &'a Node) -> Self {
        Self { path, key: String::new(), node }
    }

    /// Where it stands.
    pub fn at(&self) -> Place {
        self.node.at
    }

    /// Whether it is nothing: no value, `null` or `~`.
    pub fn is_null(&self) -> bool {
        matches!(self.node.value, Value::Null)
    }

    /// The value of a key, `None` when it is absent or null.
    pub fn get(&self, key: &str) -> Option<Self> {
        Some(self.below(key, self.node.get(key)?))
    }

    fn below(&self, key: &str, node: &'a Node) -> Self {
        let key = if self.key.is_empty() { key.to_owned() } else { format!("{}.{key}", self.key) };
        Self { path: self.path, key, node }
    }

    /// The scalar it is.
    pub fn text(&self) -> Result<&'a str, YamlError> {
        let text = self.node.scalar().ok_or_else(|| self.expected("a text"))?;
        // No argument, no variable and no file name can hold it.
        if text.contains('\0') { Err(self.wrong("it holds a NUL character")) } else { Ok(text) }
    }

    /// The map it is; a null one is empty.
    pub fn map(&self) -> Result<Vec<(&'a Placed<String>, Self)>, YamlError> {
        match &self.node.value {
            Value::Null => Ok(Vec::new()),
            Value::Map(entries) => Ok(entries.iter().map(|(key, node)| (key, self.below(&key.value, node))).collect()),
            _ => Err(self.expected("a map")),
        }
    }

    /// The list it is; a null one is empty.
    pub fn list(&self) -> Result<Vec<Self>, YamlError> {
        match &self.node.value {
            Value::Null => Ok(Vec::new()),
            Value::List(items) => {
                let item = |(number, node)| Self { path: self.path, key: format!("{}[{number}]", self.key), node };
                Ok(items.iter().enumerate().map(item).collect())
            }
            _ => Err(self.expected("a list")),
        }
    }

    /// The list it is, or the one text that stands for a list of one.
    pub fn texts(&self) -> Result<Vec<&'a str>, YamlError> {
        if self.is_scalar() { Ok(vec![self.text()?]) } else { self.list()?.iter().map(Self::text).collect() }
    }

    /// Whether it is a text, a number or a boolean.
    pub fn is_scalar(&self) -> bool {
        matches!(self.node.value, Value::Scalar(_))
    }

    /// Whether it is a list.
    pub fn is_list(&self) -> bool {
        matches!(self.node.value, Value::List(_))
    }

    /// Whether it is a map.
    pub fn is_map(&self) -> bool {
        matches!(self.node.value, Value::Map(_))
    }

    /// The boolean it is, in YAML's words and in those that people mean as such.
    pub fn flag(&self) -> Result<bool, YamlError> {
        let text = self.text()?;
        match text.to_ascii_lowercase().as_str() {
            "true" | "yes" | "on" => Ok(true),
            "false" | "no" | "off" => Ok(false),
            _ => Err(self.wrong(format!("`{text}` is neither true nor false"))),
        }
    }

    /// One of a few words, as what it stands for.
    pub fn word<T: Copy>(&self, words: &[(&'static str, T)]) -> Result<T, YamlError> {
        let text = self.text()?;
        words.iter().find(|(word, _)| *word == text).map(|(_, value)| *value).ok_or_else(|| {
            let known = suggestion(text, words.iter().map(|(word, _)| *word));
            self.wrong(format!("unknown word `{text}`; {known}"))
        })
    }

    /// What is wrong with it.
    pub fn wrong(&self, reason: impl std::fmt::Display) -> YamlError {
        self.wrong_at(self.node.at, reason)
    }

    /// What is wrong with something in it, whose own place is known.
    pub fn wrong_at(&self, at: Place, reason: impl std::fmt::Display) -> YamlError {
        let reason = if self.key.is_empty() { reason.to_string() } else { format!("{}: {reason}", self.key) };
        YamlError { path: self.path.to_owned(), at, reason }
    }

    fn expected(&self, what: &str) -> YamlError {
        let is = match &self.node.value {
            Value::Null => "null",
            Value::Scalar(_) => "a text",
            Value::List(_) => "a list",
            Value::Map(_) => "a map",
        };
        self.wrong(format!("this is {is}, but has to be {what}"))
    }

    /// The keys of a map that have no effect in it.
    pub fn unknown_keys(&self, known: &[&str]) -> Vec<YamlError> {
        let strangers = self.node.entries().iter().filter(|(key, _)| !known.contains(&key.value.as_str()));
        let told = |(key, node): &'a (Placed<String>, Node)| {
            let hint = suggestion(&key.value, known.iter().copied());
            self.below(&key.value, node).wrong_at(key.at, format!("unknown key, without effect; {hint}"))
        };
        strangers.map(told).collect()
    }

    /// What is wrong with a map that lacks a key, or has nothing behind it, and which of its keys may have been meant.
    pub fn lacks(&self, key: &str, what: &str) -> YamlError {
        let entries = self.node.entries();
        let meant = entries.iter().find(|(other, _)| !near(&other.value, [key]).is_empty());
        match entries.iter().find(|(own, _)| own.value == key).or(meant) {
            Some((own, _)) if own.value == key => {
                self.wrong_at(own.at, format!("`{key}` is missing{what}: nothing stands behind it"))
            }
            Some((other, _)) => {
                self.wrong_at(other.at, format!("`{key}` is missing{what}; is it what `{}` means?", other.value))
            }
            None => self.wrong(format!("`{key}` is missing{what}")),
        }
    }

    /// A warning about a free key that may have been meant as one of `known`.
    pub fn slip(&self, key: &Placed<String>, known: &[&str]) -> Option<YamlError> {
        let close = *near(&key.value, known.iter().copied()).first()?;
        Some(self.wrong_at(key.at, format!("a key of your own; did you mean `{close}`?")))
    }
}
