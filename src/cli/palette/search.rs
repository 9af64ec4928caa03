//! The fuzzy search: which entries a line means, the best first, and which of their letters matched.

use nucleo_matcher::pattern::{Atom, AtomKind, CaseMatching, Normalization};
use nucleo_matcher::{Config, Matcher, Utf32Str};

use super::entry::Entry;

/// What a match in an entry's name counts for, against one in its other fields.
const NAME_COUNTS: u32 = 4;

/// Which field of an entry is a sentence. In a sentence nearly every word can be found scattered about, so there a word
/// must stand as it is.
const SENTENCE: usize = 3;

/// An entry that was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Found {
    /// Its place among the entries.
    pub at: usize,
    /// The matched characters (not bytes) of each field of [`Entry::fields`], ascending.
    pub marks: [Vec<u32>; 5],
}

/// Finds entries. Keeps the matcher's memory from one search to the next.
pub struct Search {
    matcher: Matcher,
}

impl Search {
    /// A search.
    pub fn new() -> Self {
        Self { matcher: Matcher::new(Config::DEFAULT) }
    }

    /// The entries that `line` means: those in which each of its words is found. All of them, in their order, for an empty
    /// line; entries that match alike keep their order.
    pub fn find(&mut self, line: &str, entries: &[Entry]) -> Vec<Found> {
        let words: Vec<[Atom; 2]> = line.split_whitespace().map(atoms).collect();
        let mut found: Vec<(u32, Found)> = entries
            .iter()
            .enumerate()
            .filter_map(|(at, entry)| {
                let mut found = Found { at, ..Found::default() };
                let scores = words.iter().map(|word| self.best_field(word, entry, &mut found.marks));
                Some((scores.sum::<Option<u32>>()?, found))
            })
            .collect();
        found.sort_by_key(|(score, _)| std::cmp::Reverse(*score));
        found
            .into_iter()
            .map(|(_, mut found)| {
                for marks in &mut found.marks {
                    marks.sort_unstable();
                    marks.dedup();
                }
                found
            })
            .collect()
    }

    /// Where in the entry a word is found best: adds its marks there and returns its score.
    fn best_field(&mut self, [fuzzy, as_it_is]: &[Atom; 2], entry: &Entry, marks: &mut [Vec<u32>; 5]) -> Option<u32> {
        let mut best: Option<(u32, usize, Vec<u32>)> = None;
        let mut characters = Vec::new();
        for (field, text) in entry.fields().into_iter().enumerate() {
            let atom = if field == SENTENCE { as_it_is } else { fuzzy };
            let mut matched = Vec::new();
            let Some(score) = atom.indices(by_characters(text, &mut characters), &mut self.matcher, &mut matched)
            else {
                continue;
            };
            let score = u32::from(score) * if field == 0 { NAME_COUNTS } else { 1 };
            if best.as_ref().is_none_or(|(other, ..)| score > *other) {
                best = Some((score, field, matched));
            }
        }
        let (score, field, matched) = best?;
        marks[field].extend(matched);
        Some(score)
    }
}

/// A word to be found scattered about, and the same as it is.
fn atoms(word: &str) -> [Atom; 2] {
    [AtomKind::Fuzzy, AtomKind::Substring]
        .map(|kind| Atom::new(word, CaseMatching::Smart, Normalization::Smart, kind, false))
}

/// By characters and not, as `Utf32Str::new` does, by what people see as one: the marks are to be places in a text.
fn by_characters<'a>(text: &'a str, characters: &'a mut Vec<char>) -> Utf32Str<'a> {
    if text.is_ascii() {
        return Utf32Str::Ascii(text.as_bytes());
    }
    characters.clear();
    characters.extend(text.chars());
    Utf32Str::Unicode(characters)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::entry::{Project, of_project};
    use super::*;
    use crate::cli::agents::sample;
    use crate::protocol::typed::reply::Activity;

    fn entries() -> Vec<Entry> {
        let mut tests = sample("ag-aaaa1111", "fix-tests", Activity::Working);
        tests.agent_type = "codex".to_owned();
        let docs = sample("ag-bbbb2222", "docs", Activity::Idle);
        let mut wide = sample("ag-cccc3333", "日本語-fix", Activity::Blocked);
        wide.because = "a question on its screen".to_owned();
        of_project(&Project { agents: vec![tests, docs, wide], kinds: vec!["claude".to_owned()], ..Project::default() })
    }

    fn found(line: &str) -> Vec<String> {
        let entries = entries();
        Search::new().find(line, &entries).iter().map(|found| entries[found.at].name.clone()).collect()
    }

    #[test]
    fn what_a_line_means() {
        fn check(line: &str, expected: &[&str]) {
            assert_eq!(found(line), expected, "{line:?}");
        }
        let all = ["日本語-fix", "docs", "fix-tests", "start claude", "suspend all agents", "reload settings"];
        check("", &all);
        check("  ", &all);
        check("fxt", &["fix-tests"]);
        check("FXT", &[]); // capitals are meant as such
        check("日fix", &["日本語-fix"]);
        check("codex", &["fix-tests"]);
        check("ag-bb", &["docs"]);
        check("blocked", &["日本語-fix"]);
        check("question", &["日本語-fix"]);
        check("fix codex", &["fix-tests"]);
        check("codex fix", &["fix-tests"]);
        check("qstn", &[]); // a sentence is not searched for scattered letters
        check("!^'$", &[]);
    }

    #[test]
    fn marks_are_characters_of_the_field_that_matched() {
        let entries = entries();
        let first = Search::new().find("日fx", &entries).remove(0);
        assert_eq!(first.marks, [vec![0, 4, 6], vec![], vec![], vec![], vec![]]);
        let first = Search::new().find("cdx tst", &entries).remove(0);
        assert_eq!(first.marks[0], [4, 6, 7]);
        assert_eq!(first.marks[2], [0, 2, 4]);
    }

    #[test]
    fn a_name_counts_more_than_a_reason() {
        let mut named = sample("ag-aaaa1111", "moves", Activity::Suspended);
        named.because = "rests".to_owned();
        let entries = of_project(&Project {
            agents: vec![sample("ag-bbbb2222", "other", Activity::Blocked), named],
            ..Project::default()
        });
        let found = Search::new().find("moves", &entries);
        let names: Vec<&str> = found.iter().map(|found| entries[found.at].name.as_str()).collect();
        assert_eq!(names, ["moves", "other"]);
    }

    proptest! {
        #[test]
        fn marks_lie_in_their_fields(line: String, name: String, because: String) {
            let mut agent = sample("ag-aaaa1111", &name, Activity::Idle);
            agent.because = because;
            let entries = of_project(&Project { agents: vec![agent], ..Project::default() });
            for found in Search::new().find(&line, &entries) {
                for (field, marks) in entries[found.at].fields().iter().zip(&found.marks) {
                    let length = field.chars().count();
                    prop_assert!(marks.iter().all(|mark| (*mark as usize) < length));
                }
            }
        }
    }
}
