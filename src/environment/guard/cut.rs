//! A call cut at its verb, in each way in which it can be read.

use crate::environment::tool::{Tool, Word};

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

    /// The same of switches, which a tool takes with a value as well: `-migrate-state=true`. Off is only what is known for it.
    pub fn has_switch(&self, flags: &[&str]) -> bool {
        self.rest.iter().any(|word| match word.split_once('=') {
            Some((flag, value)) => flags.contains(&flag) && !value.eq_ignore_ascii_case("false") && value != "0",
            None => flags.contains(word),
        })
    }

    /// All words up to the first one behind the verb that is no flag.
    pub fn up_to_a_word(&self) -> &'a [&'a str] {
        let flags = self.behind.iter().take_while(|word| word.starts_with('-')).count();
        &self.words[..self.words.len() - self.behind.len() + flags]
    }

    /// Whether one of these flags was given, and not as the value of the one in front of it: that is in `switches`, which take none.
    pub fn has_own(&self, flags: &[&str], switches: &[&str]) -> bool {
        let is_own = |at: usize| {
            at == 0
                || !self.rest[at - 1].starts_with('-')
                || self.rest[at - 1].contains('=')
                || switches.contains(&self.rest[at - 1])
        };
        self.rest.iter().enumerate().any(|(at, word)| flags.contains(word) && is_own(at))
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

/// Flags behind a verb that take no value, of kubectl, helm and compose. None that takes one in any of them where it changes things.
const SWITCHES: [&str; 52] = [
    "-A",
    "-R",
    "-d",
    "-i",
    "-it",
    "-ojson",
    "-oyaml",
    "-q",
    "--all",
    "--all-namespaces",
    "--allow-missing-template-keys",
    "--atomic",
    "--build",
    "--cleanup-on-fail",
    "--create-namespace",
    "--debug",
    "--delete-emptydir-data",
    "--dependency-update",
    "--detach",
    "--devel",
    "--disable-eviction",
    "--disable-openapi-validation",
    "--enable-dns",
    "--force",
    "--force-conflicts",
    "--force-recreate",
    "--generate-name",
    "--ignore-daemonsets",
    "--ignore-not-found",
    "--install",
    "--keep-history",
    "--local",
    "--no-deps",
    "--no-hooks",
    "--no-recreate",
    "--now",
    "--overwrite",
    "--pass-credentials",
    "--prune",
    "--quiet",
    "--recursive",
    "--remove-orphans",
    "--replace",
    "--reset-values",
    "--reuse-values",
    "--save-config",
    "--server-side",
    "--show-managed-fields",
    "--skip-crds",
    "--stdin",
    "--tty",
    "--wait",
];

/// `--dry-run` in any of its forms; the last one counts. Not where it may be the value of the flag in front of it (`-l --dry-run`), and not
/// with a value that nobody knows: a tool may take it for no.
pub(super) fn is_dry(tool: &Tool, words: &[&str]) -> bool {
    let own = words.iter().position(|word| *word == "--").map_or(words, |end| &words[..end]);
    let takes_none = |flag: &str| {
        flag.contains('=') || SWITCHES.contains(&flag) || matches!(tool.word(flag), Word::Verb | Word::Alone)
    };
    let is_own = |at: usize| at == 0 || takes_none(own[at - 1]);
    let mut dry = false;
    for (at, word) in own.iter().enumerate() {
        dry = match word.strip_prefix("--dry-run") {
            Some("" | "=client" | "=server" | "=true") => is_own(at),
            Some(rest) if rest.starts_with('=') => false,
            _ => dry,
        };
    }
    dry
}
