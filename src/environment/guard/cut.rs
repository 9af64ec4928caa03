//! A call cut at its verb, in each way in which it can be read.

use crate::environment::tool::Tool;

/// One reading of a call.
#[derive(Clone, Copy)]
pub(super) struct Cut<'a> {
    /// All of its words.
    pub words: &'a [&'a str],
    /// The verb.
    pub verb: &'a str,
    /// What stands behind the verb and is for the tool itself: not behind a bare `--`.
    pub rest: &'a [&'a str],
    /// All that stands behind the verb.
    pub behind: &'a [&'a str],
}

impl<'a> Cut<'a> {
    /// What `judge` finds in any reading of the call. The strictest holds: a question too many is cheap, one that is missing is not.
    pub fn any(tool: &Tool, words: &'a [&'a str], judge: impl Fn(Self) -> Option<String>) -> Option<String> {
        // Where there are too many places for a verb it is not known, and taken to change things.
        let Some(verbs) = tool.possible_verbs(words) else { return Some("…".to_owned()) };
        verbs.into_iter().find_map(|at| {
            let behind = &words[at + 1..];
            let end = behind.iter().position(|word| *word == "--").unwrap_or(behind.len());
            judge(Self { words, verb: words[at], rest: &behind[..end], behind })
        })
    }

    /// The same of the words behind the verb, where another verb is to be: flags can stand in front of it too.
    pub fn inner(&self, tool: &Tool, judge: impl Fn(Self) -> Option<String>) -> Option<String> {
        Self::any(tool, self.behind, judge)
    }

    /// Both verbs, if in any reading one of these is the second.
    pub fn followed_by(&self, tool: &Tool, seconds: &[&str]) -> Option<String> {
        self.inner(tool, |inner| seconds.contains(&inner.verb).then(|| self.two(inner.verb)))
    }

    /// Whether one of these flags was given.
    pub fn has(&self, flags: &[&str]) -> bool {
        self.rest.iter().any(|word| flags.contains(word))
    }

    /// It asks for help. Only as the last word, and not where that could be the value of a flag.
    pub fn asks_help(&self) -> bool {
        match self.rest {
            [.., before, last] => is_help(last) && (!before.starts_with('-') || before.contains('=')),
            [last] => is_help(last),
            [] => false,
        }
    }

    /// The verb and what is behind it.
    pub fn two(&self, second: &str) -> String {
        format!("{} {second}", self.verb)
    }
}

/// Whether a word asks for help.
pub(super) fn is_help(word: &str) -> bool {
    ["--help", "-help", "-h"].contains(&word)
}

/// `--dry-run` in any of its forms; the last one counts.
pub(super) fn is_dry(words: &[&str]) -> bool {
    let own = words.iter().take_while(|word| **word != "--");
    let value = |word: &&str| match word.strip_prefix("--dry-run") {
        Some("") => Some(true),
        Some(value) => Some(!matches!(value.strip_prefix('=')?, "none" | "false")),
        None => None,
    };
    own.filter_map(value).last().unwrap_or(false)
}
