//! Rules of Axium that would do something else in pintle.
//!
//! Axium puts the values of an environment into `prefix` and takes what comes out apart into words. pintle takes it apart first, so
//! that no value can become two words by accident. Where a value is meant to be several words (`aws-vault exec prod --`) or none, the
//! rule is written anew, one for each environment, with the words as they are. A word `NAME=value` in front is a variable to a shell
//! and a program that does not exist to everybody else; it becomes a rule that sets the variable.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use super::mend::{commented, end, indent, is_item};
use crate::base::yaml::Node;
use crate::environment::envs::Envs;
use crate::environment::template::{Template, Values};

/// What has become of the rules.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Rewritten {
    /// The file.
    pub text: String,
    /// Each rule that was written anew, in words.
    pub changes: Vec<String>,
    /// What will be different all the same, a line each.
    pub notes: Vec<String>,
    /// The first words of what is put in front of commands.
    pub programs: BTreeSet<String>,
}

/// A rule that puts words in front of a command.
struct Rule<'a> {
    line: u64,
    command: &'a str,
    prefix: &'a str,
    template: Template,
    /// Whether nothing else stands in it.
    is_plain: bool,
}

/// Writes the rules of a `prefixes.yaml` anew where they need it. `text` is one that pintle reads.
pub fn rewrite(text: &str, document: &Node, envs: &Envs) -> Rewritten {
    let mut out = Rewritten::default();
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mut seen: BTreeMap<&str, u64> = BTreeMap::new();
    let rules: Vec<Rule<'_>> = items(document).iter().filter_map(rule).collect();
    for rule in &rules {
        if let Some(first) = seen.insert(rule.command, rule.line) {
            let (line, command) = (rule.line, rule.command);
            out.notes.push(format!("line {line}: line {first} has a rule for `{command}` too; pintle applies both"));
        }
        if rule.command == rule.prefix.split_whitespace().next().unwrap_or_default() {
            out.notes.push(format!(
                "line {}: `prefix` begins with the command itself, which is then called twice; `strategy: args_prepend` puts words behind it",
                rule.line
            ));
        }
        out.rule(&mut lines, rule, envs);
    }
    out.text = lines.concat();
    out
}

/// The rules of a document, which is a list or has one.
pub fn items(document: &Node) -> &[Node] {
    document.get("prefixes").unwrap_or(document).items()
}

fn rule(item: &Node) -> Option<Rule<'_>> {
    let prefix = item.get("prefix")?.scalar()?;
    Some(Rule {
        line: item.at.line()?,
        command: item.get("command")?.scalar()?,
        prefix,
        template: Template::parse(prefix).ok()?,
        is_plain: item.entries().iter().all(|(key, _)| matches!(key.value.as_str(), "command" | "prefix" | "strategy")),
    })
}

/// Words in front of a command, and the environments in which they stand there: all of them if none is named.
type Fronts = Vec<(Vec<String>, Vec<String>)>;

impl Rewritten {
    fn rule(&mut self, lines: &mut [String], rule: &Rule<'_>, envs: &Envs) {
        let fronts = fronts(rule, envs);
        for (words, _) in &fronts {
            self.programs.extend(words.iter().find(|word| assignment(word).is_none()).cloned());
        }
        let lacking = lacking(&rule.template, envs);
        if !lacking.is_empty() {
            let (line, command, prefix) = (rule.line, rule.command, rule.prefix);
            let names = lacking.join(", ");
            self.notes.push(format!(
                "line {line}: `{prefix}` has no value in {names}; pintle refuses to run `{command}` there rather than without it"
            ));
        }
        let as_it_is = !needs_words(rule, envs);
        if as_it_is && rule.prefix.split_whitespace().next().is_none_or(|word| assignment(word).is_none()) {
            return;
        }
        let fronts = if as_it_is {
            vec![(split(rule.prefix), Vec::new())]
        } else {
            // Where a value is missing the rule stays as it was, and refuses.
            let refusing = (split(rule.prefix), lacking.into_iter().map(str::to_owned).collect::<Vec<_>>());
            escaped(fronts).into_iter().chain(Some(refusing).filter(|(_, envs)| !envs.is_empty())).collect()
        };
        if !rule.is_plain || !rule.template.is_of_environment() || !put(lines, rule, &fronts) {
            self.notes.push(format!(
                "line {}: pintle takes `prefix` apart into words before it puts values in; see that it still does what it did",
                rule.line
            ));
            return;
        }
        let what = if as_it_is { "sets the variable by itself" } else { "is a rule for each environment" };
        self.changes.push(format!("line {}: the rule for `{}` {what}", rule.line, rule.command));
    }
}

/// The words that Axium came to in each environment; environments with the same words stand together. Those without are left out.
fn fronts(rule: &Rule<'_>, envs: &Envs) -> Fronts {
    let mut fronts: Fronts = Vec::new();
    let fixed = rule.template.keys().next().is_none() && rule.template.is_of_environment();
    if fixed && !rule.prefix.contains(['$', '{']) {
        return vec![(split(rule.prefix), Vec::new())];
    }
    for env in envs.iter() {
        let values = Values { env: Some(env), ..Values::default() };
        let Ok(text) = rule.template.expand(&values) else { continue };
        let words = split(&String::from_utf8_lossy(&text));
        if words.is_empty() {
            continue;
        }
        match fronts.iter_mut().find(|(known, _)| *known == words) {
            Some((_, names)) => names.push(env.name.clone()),
            None => fronts.push((words, vec![env.name.clone()])),
        }
    }
    fronts
}

/// The environments in which a key of the rule has no value.
fn lacking<'a>(template: &Template, envs: &'a Envs) -> Vec<&'a str> {
    let lacks = |name: &&str| {
        let env = envs.get(name);
        template.keys().any(|(key, has_default)| !has_default && env.is_some_and(|env| env.value(key).is_none()))
    };
    envs.names().filter(lacks).collect()
}

/// Whether a value in it is no word or several, or has letters in it that a shell does not take as they are.
fn needs_words(rule: &Rule<'_>, envs: &Envs) -> bool {
    let is_word = |value: &str| split(value) == [value];
    let mut values = envs.iter().flat_map(|env| rule.template.keys().filter_map(|(key, _)| env.value(key)));
    values.any(|value| !is_word(value))
}

/// As a shell does, but that a `#` begins no comment: words of a value must not be lost, and with all of them the rule. At blanks, where
/// a quote is not closed.
fn split(text: &str) -> Vec<String> {
    let mut plain = String::with_capacity(text.len());
    let (mut quote, mut before) = (None, ' ');
    for letter in text.chars() {
        match (quote, letter) {
            (None, '#') if before.is_ascii_whitespace() => plain.push('\\'),
            // Behind a backslash a quote is none, but for one in single quotes.
            (None, '\'' | '"') if before != '\\' => quote = Some(letter),
            (Some(open), _) if open == letter && (open == '\'' || before != '\\') => quote = None,
            _ => {}
        }
        plain.push(letter);
        // The second of two backslashes hides nothing.
        before = if before == '\\' && letter == '\\' { ' ' } else { letter };
    }
    shell_words::split(&plain).unwrap_or_else(|_| text.split_whitespace().map(str::to_owned).collect())
}

/// Words as templates that stand for themselves.
fn escaped(fronts: Fronts) -> Fronts {
    let word = |word: String| word.replace('$', "$$").replace("{{", "{{{{");
    fronts.into_iter().map(|(words, envs)| (words.into_iter().map(word).collect(), envs)).collect()
}

/// `NAME=value` as a shell has it.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|letter| letter.is_ascii_alphabetic() || letter == '_');
    let rest = letters.all(|letter| letter.is_ascii_alphanumeric() || letter == '_');
    (first && rest).then_some((name, value))
}

/// Puts the new rules behind the old one, which becomes a comment. Says whether that could be done: in flow style it cannot.
fn put(lines: &mut [String], rule: &Rule<'_>, fronts: &Fronts) -> bool {
    let first = rule.line as usize;
    let (Some(head), Some(last)) = (lines.get(first - 1), end(lines, first)) else { return false };
    if !is_item(head) {
        return false;
    }
    let indent = " ".repeat(indent(head));
    for line in &mut lines[first - 1..last] {
        *line = commented(line);
    }
    let mut new = String::new();
    for (words, envs) in fronts {
        let when = if envs.is_empty() { String::new() } else { format!("{indent}  when: {{env: {}}}\n", json!(envs)) };
        let set = words.iter().map_while(|word| assignment(word));
        let vars: serde_json::Map<String, Json> = set.map(|(name, value)| (name.to_owned(), value.into())).collect();
        let rest = &words[words.iter().take_while(|word| assignment(word).is_some()).count()..];
        let command = json!(rule.command);
        if !vars.is_empty() {
            let vars = Json::Object(vars);
            new.push_str(&format!(
                "{indent}- command: {command}\n{indent}  strategy: env_vars\n{indent}  vars: {vars}\n{when}"
            ));
        }
        if !rest.is_empty() {
            new.push_str(&format!("{indent}- command: {command}\n{indent}  prefix: {}\n{when}", json!(rest)));
        }
    }
    let end = &mut lines[last - 1];
    if !end.ends_with('\n') {
        end.push('\n');
    }
    end.push_str(&new);
    true
}

#[cfg(test)]
#[path = "prefix_tests.rs"]
mod tests;
