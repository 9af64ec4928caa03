//! Templates: a prompt with placeholders. A Markdown file, with what is said about it in front as YAML between two lines `---`.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::{Captures, Regex};
use serde::Serialize;
use serde_json::{Map, Value};

use super::edit::{self, Change, Uneditable};
use super::read;
use super::store::Definition;
use crate::base::yaml::{Node, Place, Spot, YamlError};

/// A template.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// The kind of agent it is written for; empty: any.
    pub agent: String,
    /// A command line to run in place of the kind's own.
    pub command: Option<String>,
    /// The prompt.
    pub body: String,
}

impl Definition for Template {
    const NOUN: &'static str = "template";
    const FOLDER: &'static str = "templates";
    const ENDINGS: &'static [&'static str] = &[".md"];

    fn of(document: &Spot<'_>, stem: &str) -> Result<Self, YamlError> {
        document.map()?;
        Ok(Self {
            name: read::name_or(document, stem)?,
            description: read::text(document, "description")?.unwrap_or_default(),
            agent: read::text(document, "agent")?.unwrap_or_default(),
            command: read::text(document, "command")?,
            body: String::new(),
        })
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn read(path: &Path, text: &str, stem: &str) -> Result<Self, YamlError> {
        let (front, body) = split(path, text)?;
        let document = Node::parse(path, front)?;
        let document = Spot::root(path, &document);
        let template = Self::of(&document, stem)?;
        // Nobody can type it, and no argument can hold it.
        if let Some(nul) = body.find('\0') {
            let at = Place::behind(&text.as_bytes()[..text.len() - body.len() + nul]);
            return Err(document.wrong_at(at, "body: it holds a NUL character"));
        }
        // Blank lines in front of it are the writer's layout.
        let blank = body.split_inclusive('\n').take_while(|line| line.trim().is_empty()).map(str::len).sum();
        Ok(Self { body: body[blank..].to_owned(), ..template })
    }

    fn written(fields: &Map<String, Value>) -> String {
        let mut fields = fields.clone();
        let body = fields.remove("body").unwrap_or_default();
        format!("---\n{}---\n{}", edit::document(&fields), body.as_str().unwrap_or_default())
    }

    fn changed(text: &str, changes: &[Change<'_>]) -> Result<String, Uneditable> {
        let (front, body) = split(Path::new(""), text).map_err(|_| Uneditable::Layout)?;
        let (bodies, keys): (Vec<Change<'_>>, Vec<Change<'_>>) =
            changes.iter().partition(|change| change.key == "body");
        let new = match bodies.first() {
            Some(change) => change.after.as_str().unwrap_or_default(),
            None => body,
        };
        let changed = if keys.is_empty() { front.to_owned() } else { edit::set_keys(front, &keys)? };
        Ok(match (front.is_empty(), changed.is_empty()) {
            (true, true) => new.to_owned(),
            (true, false) => format!("---\n{changed}---\n{new}"),
            (false, _) => changed + &text[front.len()..text.len() - body.len()] + new,
        })
    }

    fn slips(&self, document: &Spot<'_>) -> Vec<YamlError> {
        // Of its body no place is known.
        slips_in(&self.body).into_iter().map(|slip| document.wrong_at(Default::default(), slip)).collect()
    }

    fn yaml_of(text: &str) -> &str {
        split(Path::new(""), text).map_or("", |(front, _)| front)
    }
}

/// What stands between the two lines `---`, with the first of them (so that lines are counted right), and what follows.
fn split<'a>(path: &Path, text: &'a str) -> Result<(&'a str, &'a str), YamlError> {
    let mut end = 0;
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let is_fence = line.trim_end() == "---";
        if number == 0 && !is_fence {
            return Ok(("", text));
        }
        if number > 0 && is_fence {
            return Ok((&text[..end], &text[end + line.len()..]));
        }
        end += line.len();
    }
    if text.is_empty() {
        return Ok(("", ""));
    }
    let reason = "the front matter that begins on line 1 has no end: a line `---` is missing behind it".to_owned();
    Err(YamlError { path: path.to_owned(), at: Default::default(), reason })
}

static PLACEHOLDER: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\$?)\{\{([ \t]*)([A-Za-z_][A-Za-z0-9_]*)[ \t]*\}\}").expect("a pattern of ours"));

/// What somebody may have meant as a placeholder. Other languages of templates have signs in theirs (`{{#if}}`, `{{x | y}}`).
static MEANT: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(\$?)\{\{[ \t]*([A-Za-z0-9_][A-Za-z0-9_.\- ]*)\}\}").expect("a pattern of ours"));

/// The name in a placeholder that was found. `${{ X }}` is one of the programs that build software.
fn name_in<'a>(found: &Captures<'a>) -> Option<&'a str> {
    let is_foreign = !found[1].is_empty() && !found[2].is_empty();
    found.get(3).map(|name| name.as_str()).filter(|_| !is_foreign)
}

/// What looks like a placeholder in a text and is none, each with what to do about it.
pub fn slips_in(text: &str) -> Vec<String> {
    let meant = MEANT.captures_iter(text).filter(|found| found[1].is_empty() && !PLACEHOLDER.is_match(&found[0]));
    let mut told: Vec<String> = Vec::new();
    for found in meant {
        let slip = format!("`{}` is no placeholder and stays as it is: a name has letters, digits and `_`", &found[0]);
        if !told.contains(&slip) {
            told.push(slip);
        }
    }
    told
}

/// The names of the placeholders `{{NAME}}` (or `{{ NAME }}`) in a text, in their order, each once.
pub fn variables(text: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for name in PLACEHOLDER.captures_iter(text).filter_map(|found| name_in(&found)) {
        if !names.iter().any(|known| known == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// The text with every placeholder filled in, or the names of all those for which there is no value. What is filled in is not looked
/// at again: a value may hold `{{X}}` itself.
pub fn fill(text: &str, values: &BTreeMap<String, String>) -> Result<String, Vec<String>> {
    let missing: Vec<String> = variables(text).into_iter().filter(|name| !values.contains_key(name)).collect();
    if !missing.is_empty() {
        return Err(missing);
    }
    let value = |found: &Captures<'_>| match name_in(found) {
        Some(name) => format!("{}{}", &found[1], values.get(name).map_or("", String::as_str)),
        None => found[0].to_owned(),
    };
    Ok(PLACEHOLDER.replace_all(text, value).into_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn template(text: &str) -> Result<Template, YamlError> {
        Template::read(Path::new("t.md"), text, "t")
    }

    #[test]
    fn front_matter_is_read_where_there_is_some() {
        let read =
            template("---\nname: review\ndescription: d # why\nagent: codex\n---\n\n  Review {{BRANCH}}.\n").unwrap();
        let expected = Template {
            name: "review".into(),
            description: "d".into(),
            agent: "codex".into(),
            command: None,
            body: "  Review {{BRANCH}}.\n".into(),
        };
        assert_eq!(read, expected);
        let plain = template("# Do it\n---\nnow\n").unwrap();
        assert_eq!((plain.name.as_str(), plain.body.as_str()), ("t", "# Do it\n---\nnow\n"));
        assert_eq!(template("").unwrap().body, "");
        assert_eq!(template("---\r\nname: x\r\n---\r\nbody").unwrap().name, "x");
        assert_eq!(template("---\n---").unwrap().body, "");
    }

    #[test]
    fn mistakes_are_told_with_their_line() {
        let told = |text: &str| template(text).unwrap_err().to_string();
        assert!(told("---\nname: [x]\n---\n").starts_with("t.md: line 2, column 7: name: this is a list"));
        assert!(told("---\nname: ../x\n---\n").contains("line 2") && told("---\nname: ../x\n---\n").contains("../x"));
        assert!(told("---\nname: x\nbody\n").contains("a line `---` is missing"));
        assert!(told("---\n- x\n---\n").contains("has to be a map"));
        assert_eq!(told("---\nname: x\n---\nä\n\nä\0"), "t.md: line 6, column 2: body: it holds a NUL character");
    }

    #[test]
    fn a_change_leaves_what_it_does_not_mean() {
        let changed = |before: &str, key: &str, new: &str| {
            let change = Change { key, before: &json!("old"), after: &json!(new) };
            Template::changed(before, &[change]).unwrap()
        };
        let before = "---\n# mine\nname: t\ndescription: old # why\n---\n# Title\nBody.\n";
        assert_eq!(changed(before, "description", "new"), before.replace("old", "new"));
        assert_eq!(changed(before, "body", "new"), "---\n# mine\nname: t\ndescription: old # why\n---\nnew");
        assert_eq!(changed("Body.\n", "body", "new"), "new");
        assert_eq!(changed("Body.\n", "agent", "new"), "---\nagent: new\n---\nBody.\n");
        assert_eq!(changed("---\n---", "agent", "new"), "---\nagent: new\n---");
        let windows = before.replace('\n', "\r\n");
        assert_eq!(changed(&windows, "description", "new"), windows.replace("old", "new"));
    }

    #[test]
    fn placeholders() {
        let text = "{{A}} {{b_2}} {{A}} ${{ secrets.X }} {{ A }} {{1}} {{}} {A} ${{ X }} {{#if C}}";
        assert_eq!(variables(text), ["A", "b_2"]);
        assert_eq!(
            slips_in(text),
            ["`{{1}}` is no placeholder and stays as it is: a name has letters, digits and `_`"]
        );
        assert_eq!(slips_in("{{ C-D }} {{ C-D }}").len(), 1);
        let values =
            |of: &[(&str, &str)]| of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        assert_eq!(fill(text, &BTreeMap::new()), Err(vec!["A".to_owned(), "b_2".to_owned()]));
        let spaced = fill("{{ A }}-${{A}}-${{ A }}-{{A\t}}", &values(&[("A", "x")]));
        assert_eq!(spaced.unwrap(), "x-$x-${{ A }}-x");
        let filled = fill("{{A}}-{{B}}", &values(&[("A", "{{B}} $1"), ("B", "x"), ("C", "unused")]));
        assert_eq!(filled.unwrap(), "{{B}} $1-x");
    }
}
