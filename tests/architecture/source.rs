//! One source file as the rules see it: which module it is, which paths it names, which of it is only for tests.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::tokens::{Token, tokens};

/// A path that the file names, as far as it can be known without compiling.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// From the root: `crate`, room, … for our own; the crate's name, … for others. `*` for a glob.
    pub path: Vec<String>,
    pub line: usize,
    pub in_test: bool,
}

/// A file of `src`.
pub struct Source {
    /// Below `src`, as it is shown.
    pub file: String,
    pub text: String,
    pub tokens: Vec<Token>,
    /// For each token: whether it is compiled for tests only.
    pub in_test: Vec<bool>,
    pub paths: Vec<Named>,
    /// Modules of tests only that are files of their own, from the root.
    pub test_modules: Vec<Vec<String>>,
}

impl Source {
    /// Reads a source. `file` is its path below `src`.
    pub fn new(file: &str, text: &str) -> Self {
        let tokens = tokens(text);
        let (in_test, declared) = test_parts(&tokens);
        let test_modules = declared.iter().map(|declared| declared.module(file)).collect();
        let mut walk = Walk::new(module_of(file), &tokens, &in_test);
        walk.run();
        let paths = walk.resolved();
        Self { file: file.to_owned(), text: text.to_owned(), tokens, in_test, paths, test_modules }
    }

    /// The top-level module the file belongs to: a room, `main` or `lib`.
    pub fn room(&self) -> &str {
        let first = self.file.split('/').next().unwrap_or_default();
        first.strip_suffix(".rs").unwrap_or(first)
    }

    /// Takes all of it for tests: it is the body of a `#[cfg(test)] mod name;`.
    pub fn mark_as_test(&mut self) {
        self.in_test.fill(true);
        self.paths.iter_mut().for_each(|named| named.in_test = true);
    }
}

/// `agent/pty.rs` is the module `agent::pty`; `agent/mod.rs` is `agent`; `lib.rs` and `main.rs` are the root.
pub fn module_of(file: &str) -> Vec<String> {
    let path = Path::new(file).with_extension("");
    let mut module: Vec<String> = path.iter().map(|part| part.to_string_lossy().into_owned()).collect();
    let last = module.last().map(String::as_str);
    if last == Some("mod") || (module.len() == 1 && matches!(last, Some("lib" | "main"))) {
        module.pop();
    }
    module
}

/// `#[cfg(test)] mod name;`, with the file that `#[path = "…"]` names.
struct Declared {
    name: String,
    path: Option<String>,
}

impl Declared {
    /// The module as its file's place says it, which is what [`module_of`] gives for that file.
    fn module(&self, declared_in: &str) -> Vec<String> {
        match (&self.path, Path::new(declared_in).parent()) {
            (Some(path), Some(folder)) => module_of(&folder.join(path).to_string_lossy()),
            _ => [module_of(declared_in).as_slice(), std::slice::from_ref(&self.name)].concat(),
        }
    }
}

/// Which tokens stand under `#[cfg(test)]`, and the modules in other files that do.
fn test_parts(tokens: &[Token]) -> (Vec<bool>, Vec<Declared>) {
    let mut in_test = vec![false; tokens.len()];
    let mut modules = Vec::new();
    let texts: Vec<&str> = tokens.iter().map(|token| token.text.as_str()).collect();
    if texts.windows(7).any(|window| window == ["#", "!", "[", "cfg", "(", "test", ")"]) {
        in_test.fill(true);
    }
    for start in 0..texts.len() {
        let rest = &texts[start..];
        if !(rest.starts_with(&["#", "[", "cfg", "(", "test", ")", "]"])
            || rest.starts_with(&["#", "[", "cfg", "(", "all", "(", "test", ","]))
        {
            continue;
        }
        let end = end_of_item(&texts, start);
        in_test[start..end].fill(true);
        let item = &texts[start..end];
        if let Some(declared) = item.windows(3).find(|window| window[0] == "mod" && window[2] == ";") {
            let path = item.windows(3).find(|window| window[..2] == ["path", "="]);
            let path = path.map(|window| window[2].trim_start_matches('"').to_owned());
            modules.push(Declared { name: declared[1].to_owned(), path });
        }
    }
    (in_test, modules)
}

/// Where the item that begins (with its attributes) at `start` ends: after its `;` or its closing brace.
fn end_of_item(texts: &[&str], start: usize) -> usize {
    let mut depth = 0;
    for (at, text) in texts.iter().enumerate().skip(start) {
        match *text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(*text, "}" | ";") {
            return at + 1;
        }
    }
    texts.len()
}

/// Goes through the tokens and collects paths.
struct Walk<'a> {
    tokens: &'a [Token],
    in_test: &'a [bool],
    at: usize,
    module: Vec<String>,
    /// Inline modules that are open, with the brace depth at which each closes.
    open: Vec<usize>,
    depth: usize,
    found: Vec<Named>,
    /// What `use` made known under a single name.
    imports: BTreeMap<String, BTreeSet<Vec<String>>>,
}

impl<'a> Walk<'a> {
    fn new(module: Vec<String>, tokens: &'a [Token], in_test: &'a [bool]) -> Self {
        let (open, found, imports) = (Vec::new(), Vec::new(), BTreeMap::new());
        Self { tokens, in_test, at: 0, module, open, depth: 0, found, imports }
    }

    fn run(&mut self) {
        while self.at < self.tokens.len() {
            match self.text(0) {
                // `mod name {` goes one module deeper; `mod name;` is another file.
                "mod" if self.text(2) == "{" => {
                    self.module.push(self.text(1).to_owned());
                    self.open.push(self.depth);
                    self.depth += 1;
                    self.at += 3;
                }
                "{" => {
                    self.depth += 1;
                    self.at += 1;
                }
                "}" => {
                    self.depth = self.depth.saturating_sub(1);
                    if self.open.last() == Some(&self.depth) {
                        self.open.pop();
                        self.module.pop();
                    }
                    self.at += 1;
                }
                // `impl Trait + use<'a>` is no import.
                "use" if self.text(1) != "<" => {
                    self.at += 1;
                    self.use_tree(&[]);
                }
                _ if self.tokens[self.at].is_word() => self.path_in_code(),
                _ => self.at += 1,
            }
        }
    }

    /// What follows `use`, or stands in its braces.
    fn use_tree(&mut self, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let start = self.at;
        loop {
            match self.text(0) {
                "::" => self.at += 1,
                "{" => {
                    self.at += 1;
                    while !matches!(self.text(0), "}" | "") {
                        self.use_tree(&path);
                        if self.text(0) == "," {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "as" => {
                    let name = self.text(1).to_owned();
                    self.at += 2;
                    return self.import(start, path, Some(name));
                }
                "," | "}" | ";" | "" => return self.import(start, path, None),
                word => {
                    path.push(word.to_owned());
                    self.at += 1;
                }
            }
        }
    }

    fn import(&mut self, start: usize, mut path: Vec<String>, name: Option<String>) {
        if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
            path.pop();
        }
        let path = self.absolute(path);
        if let Some(name) = name.or_else(|| path.last().cloned()) {
            self.imports.entry(name).or_default().insert(path.clone());
        }
        self.found_at(start.min(self.tokens.len() - 1), path);
    }

    /// `a::b::c` in code. A single word is none, but for a crate's name after `extern crate`.
    fn path_in_code(&mut self) {
        let start = self.at;
        let continues = start > 0 && self.tokens[start - 1].is("::") && start > 1 && {
            let before = &self.tokens[start - 2];
            before.is_word() || before.is(">")
        };
        let mut path = vec![self.text(0).to_owned()];
        self.at += 1;
        while self.text(0) == "::" && self.tokens.get(self.at + 1).is_some_and(Token::is_word) {
            path.push(self.text(1).to_owned());
            self.at += 2;
        }
        if path.len() > 1 && !continues {
            let path = self.absolute(path);
            self.found_at(start, path);
        }
    }

    /// The path from the root, where that can be seen from its first word.
    fn absolute(&self, path: Vec<String>) -> Vec<String> {
        let mut base = self.module.clone();
        let mut rest = path.as_slice();
        match rest.first().map(String::as_str) {
            Some("crate" | "pintle") => {
                base.clear();
                rest = &rest[1..];
            }
            Some("self") => rest = &rest[1..],
            Some("super") => {
                while rest.first().is_some_and(|word| word == "super") {
                    base.pop();
                    rest = &rest[1..];
                }
            }
            _ => return path,
        }
        std::iter::once("crate".to_owned()).chain(base).chain(rest.iter().cloned()).collect()
    }

    fn found_at(&mut self, token: usize, path: Vec<String>) {
        self.found.push(Named { path, line: self.tokens[token].line, in_test: self.in_test[token] });
    }

    /// The paths, with first words that `use` made known replaced by what they stand for.
    fn resolved(mut self) -> Vec<Named> {
        let known = |path: &[String]| -> Option<Vec<String>> {
            // Two imports of one name, in two modules of the file: left as it is written.
            let imports = self.imports.get(path.first()?)?;
            let import = imports.first().filter(|_| imports.len() == 1)?;
            Some(import.iter().chain(&path[1..]).cloned().collect())
        };
        for named in &mut self.found {
            if named.path.first().is_some_and(|first| first != "crate") && named.path.len() > 1 {
                named.path = known(&named.path).unwrap_or_else(|| named.path.clone());
            }
        }
        self.found
    }

    fn text(&self, ahead: usize) -> &'a str {
        self.tokens.get(self.at + ahead).map_or("", |token| token.text.as_str())
    }
}
