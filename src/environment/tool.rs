//! What is known of the tools: where their verbs can stand, and which names a flag has.

mod known;

pub(super) use known::{AWS, COMPOSE, DOCKER, GIT, HELM, KUBECTL, TERRAFORM, TOOLS};

/// Most places at which a verb is looked for. A call with more of them has more flags that nobody knows than any that was meant.
const PLACES_MAX: usize = 16;

/// A tool whose words are understood.
#[derive(Debug)]
pub(super) struct Tool {
    /// Its names: of itself, and of those that take the same words.
    pub names: &'static [&'static str],
    /// Flags in front of the verb that take the next word as their value.
    pub value_flags: &'static [&'static str],
    /// Flags in front of the verb that take none.
    pub switches: &'static [&'static str],
    /// Flags with two names.
    pub same_flags: &'static [[&'static str; 2]],
}

/// One of which nothing is known.
pub(super) const UNKNOWN: Tool = Tool { names: &[], value_flags: &[], switches: &[], same_flags: &[] };

/// The tool of this name.
pub(super) fn tool(name: &str) -> Option<&'static Tool> {
    TOOLS.into_iter().find(|tool| tool.names.contains(&name))
}

/// What a word in front of a verb is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    /// The verb.
    Verb,
    /// A flag with its value in it, one that takes none, or nothing at all.
    Alone,
    /// A flag whose value is the next word.
    WithNext,
    /// A flag that nobody knows: the next word is its value, or is not.
    Perhaps,
}

impl Tool {
    /// Where the verb can stand in these words, in their order. Behind a flag that is not known that is the next word and the one after
    /// it, since tools differ, and one tool from version to version. `None` where there are too many such places to look at.
    pub fn possible_verbs(&self, words: &[&str]) -> Option<Vec<usize>> {
        let mut found = Vec::new();
        // Whether a flag or the verb can begin at this word, and at the next.
        let (mut here, mut next) = (true, false);
        for (at, word) in words.iter().enumerate() {
            let mut after = false;
            if here {
                match self.word(word) {
                    Word::Verb if found.len() == PLACES_MAX => return None,
                    Word::Verb => found.push(at),
                    Word::Alone => next = true,
                    Word::WithNext => after = true,
                    Word::Perhaps => (next, after) = (true, true),
                }
            } else if !next {
                break;
            }
            (here, next) = (next, after);
        }
        Some(found)
    }

    /// What this word is in front of the verb, and, as far as the flags are the same there, behind it.
    pub fn word(&self, word: &str) -> Word {
        // Some tools pass over an empty word and over a bare `--`, and go on to look for their verb.
        if word.is_empty() || word == "--" {
            return Word::Alone;
        }
        if !word.starts_with('-') {
            return Word::Verb;
        }
        // `-nweb`
        let attached = || word.get(..2).is_some_and(|short| short != "--" && self.value_flags.contains(&short));
        if self.value_flags.contains(&word) {
            Word::WithNext
        } else if word.contains('=') || self.switches.contains(&word) || attached() {
            Word::Alone
        } else {
            Word::Perhaps
        }
    }

    /// How many of these words stand in front of the verb, a flag that is not known being taken for one without a value: flags and
    /// their values. All of them if there is no verb.
    pub fn before_verb(&self, words: &[&str]) -> usize {
        let mut at = 0;
        while let Some(word) = words.get(at).filter(|word| word.starts_with('-') && **word != "--") {
            at += if self.value_flags.contains(word) { 2 } else { 1 };
        }
        at.min(words.len())
    }

    /// The other name of a flag.
    pub fn other_name(&self, flag: &str) -> Option<&'static str> {
        self.same_flags.iter().find_map(|[one, other]| match flag {
            _ if flag == *one => Some(*other),
            _ if flag == *other => Some(*one),
            _ => None,
        })
    }
}

/// Whether a word is this flag: itself, with a value behind `=`, or with one right behind a short one (`-nweb`).
pub(super) fn is_flag(word: &[u8], flag: &str) -> bool {
    let Some(rest) = word.strip_prefix(flag.as_bytes()) else { return false };
    let short = flag.len() == 2 && flag != "--";
    rest.is_empty() || rest[0] == b'=' || short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_verb_stands_where_any_reading_has_it() {
        #[track_caller]
        fn check(tool: &Tool, line: &str, verbs: &[&str]) {
            let words: Vec<&str> = line.split(' ').collect();
            let found: Vec<&str> = tool.possible_verbs(&words).unwrap().into_iter().map(|at| words[at]).collect();
            assert_eq!(found, verbs, "{line}");
        }
        check(&KUBECTL, "delete pod", &["delete"]);
        check(&KUBECTL, "-n prod get pods", &["get"]);
        check(&KUBECTL, "-nprod -v=6 --insecure-skip-tls-verify get pods", &["get"]);
        check(&KUBECTL, "-l app=web delete pods", &["app=web", "delete"]);
        check(&KUBECTL, "-x -y a b c", &["a", "b"]);
        check(&KUBECTL, "-x=1 delete pods", &["delete"]);
        check(&KUBECTL, "-n -- delete", &["delete"]);
        check(&KUBECTL, "--context prod -- delete", &["delete"]);
        check(&KUBECTL, "-x -- delete pods", &["delete"]);
        check(&KUBECTL, " apply x", &["apply"]);
        check(&KUBECTL, "-n", &[]);
        check(&KUBECTL, "-x", &[]);
        check(&UNKNOWN, "-j 4 deploy", &["4", "deploy"]);
        let many = "-x a ".repeat(PLACES_MAX);
        let words: Vec<&str> = many.split_whitespace().collect();
        assert_eq!(UNKNOWN.possible_verbs(&words).map(|verbs| verbs.len()), Some(PLACES_MAX));
        assert_eq!(UNKNOWN.possible_verbs(&[words, vec!["-x", "a"]].concat()), None);
    }

    #[test]
    fn flags_in_front_of_the_verb_are_passed_over() {
        #[track_caller]
        fn check(tool: &Tool, line: &str, verb: Option<&str>) {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words.get(tool.before_verb(&words)).copied(), verb, "{line}");
        }
        check(&KUBECTL, "-n x delete pod", Some("delete"));
        check(&KUBECTL, "--namespace=x -v=6 --insecure-skip-tls-verify delete", Some("delete"));
        check(&KUBECTL, "-nx delete", Some("delete"));
        check(&KUBECTL, "-n", None);
        check(&TERRAFORM, "-chdir=x apply", Some("apply"));
        check(&DOCKER, "-H x -D rm", Some("rm"));
        check(&GIT, "-C x -c a=b --no-pager push", Some("push"));
        check(&AWS, "", None);
    }

    #[test]
    fn a_flag_has_several_spellings() {
        #[track_caller]
        fn check(word: &str, flag: &str, expected: bool) {
            assert_eq!(is_flag(word.as_bytes(), flag), expected, "{word} {flag}");
        }
        check("--context", "--context", true);
        check("--context=x", "--context", true);
        check("--contexts", "--context", false);
        check("-n", "-n", true);
        check("-nx", "-n", true);
        check("-n=x", "-n", true);
        check("-m", "-n", false);
        check("-chdir=x", "-chdir", true);
        check("-chdirx", "-chdir", false);
        check("n", "-n", false);
        assert_eq!(KUBECTL.other_name("-n"), Some("--namespace"));
        assert_eq!(KUBECTL.other_name("--namespace"), Some("-n"));
        assert_eq!(KUBECTL.other_name("--context"), None);
    }
}
