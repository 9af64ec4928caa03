//! Rules of a kind of agent on its rendered screen: what its own words say about what it does.
//!
//! Rules are data of the kind (built-in or the user's), so that nothing about one program stands in
//! code. They see text, not bytes: a phrase that was drawn in pieces or scrolled away is judged as a
//! person would see it. `regex` takes linear time, so no rule and no screen can make this slow.

use std::sync::{Arc, Mutex, PoisonError};

use regex::{Regex, RegexBuilder};

use crate::agent::status::Activity;

/// Largest compiled size of one rule, in bytes; the default of the library would allow 10 MiB.
const RULE_BYTES: usize = 256 * 1024;

/// A rule as it stands in the configuration.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSpec {
    /// Regular expression; `^` and `$` match at each line.
    pub pattern: String,
    /// What the agent does when the pattern matches: `working`, `blocked`, `idle` or `done`.
    pub activity: Activity,
    /// The reason to show, in a few words, such as "it shows a permission menu".
    pub because: String,
    /// Look at so many lines at the end of the screen only; `None` is the whole screen.
    pub last_lines: Option<usize>,
}

/// What a rule says about a screen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What the agent does.
    pub activity: Activity,
    /// The reason to show.
    pub because: String,
}

/// A rule that cannot be used. Rules are counted from 1, as a person counts them in a file.
#[derive(Debug, thiserror::Error)]
pub enum RuleError {
    /// The pattern is not a regular expression, or too large a one.
    #[error("status rule {number}: pattern `{pattern}`: {}", in_a_line(source))]
    Pattern {
        /// Which rule, from 1.
        number: usize,
        /// Its pattern.
        pattern: String,
        /// What is wrong with it.
        source: Box<regex::Error>,
    },
    /// A screen cannot show this: the daemon knows it better.
    #[error(
        "status rule {number}: pattern `{pattern}`: a screen cannot say `{}`; \
         use working, blocked, idle or done", .activity.as_str()
    )]
    Activity {
        /// Which rule, from 1.
        number: usize,
        /// Its pattern.
        pattern: String,
        /// The activity it claims.
        activity: Activity,
    },
}

impl RuleError {
    /// The pattern of the rule that cannot be used.
    pub fn pattern(&self) -> &str {
        match self {
            RuleError::Pattern { pattern, .. } | RuleError::Activity { pattern, .. } => pattern,
        }
    }
}

/// The library draws the pattern again, with a mark under the place; its last line says what is wrong.
fn in_a_line(error: &regex::Error) -> String {
    let text = error.to_string();
    let last = text.lines().last().unwrap_or_default();
    last.strip_prefix("error: ").unwrap_or(last).to_owned()
}

/// Compiled rules of one kind, in the order in which they are tried.
#[derive(Clone, Debug, Default)]
pub struct Rules(Arc<[Rule]>);

/// Rules that were compiled before. A kind's take up to a hundred KiB and a millisecond; its agents share them.
#[derive(Debug, Default)]
pub struct Compiled(Mutex<Vec<(Vec<RuleSpec>, Rules)>>);

impl Compiled {
    /// More sets than a person has kinds. The oldest leaves first.
    const MOST: usize = 32;

    /// The rules, compiled now or before.
    pub fn get(&self, specs: &[RuleSpec]) -> Result<Rules, RuleError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, rules)) = known.iter().find(|(compiled, _)| compiled == specs) {
            return Ok(rules.clone());
        }
        let rules = Rules::compile(specs)?;
        if known.len() == Self::MOST {
            known.remove(0);
        }
        known.push((specs.to_vec(), rules.clone()));
        Ok(rules)
    }
}

#[derive(Clone, Debug)]
struct Rule {
    regex: Regex,
    last_lines: Option<usize>,
    verdict: Verdict,
}

impl Rules {
    /// Compiles rules; the error names the first that cannot be used.
    pub fn compile(specs: &[RuleSpec]) -> Result<Self, RuleError> {
        let numbered = specs.iter().zip(1..);
        let rules: Result<_, _> = numbered.map(|(spec, n)| Rule::compile(spec, n)).collect();
        rules.map(Self)
    }

    /// What the first rule that matches says. `screen_text` is the visible text, lines joined by
    /// newlines, without blank lines at the end.
    pub fn judge(&self, screen_text: &str) -> Option<Verdict> {
        let matching = self.0.iter().find(|rule| {
            let part = match rule.last_lines {
                Some(lines) => last_lines(screen_text, lines),
                None => screen_text,
            };
            rule.regex.is_match(part)
        });
        matching.map(|rule| rule.verdict.clone())
    }
}

impl Rule {
    fn compile(spec: &RuleSpec, number: usize) -> Result<Self, RuleError> {
        use Activity::*;
        if !matches!(spec.activity, Working | Blocked | Idle | Done) {
            return Err(RuleError::Activity { number, pattern: spec.pattern.clone(), activity: spec.activity });
        }
        let regex =
            RegexBuilder::new(&spec.pattern).multi_line(true).size_limit(RULE_BYTES).build().map_err(|source| {
                RuleError::Pattern { number, pattern: spec.pattern.clone(), source: Box::new(source) }
            })?;
        Ok(Self {
            regex,
            last_lines: spec.last_lines,
            verdict: Verdict { activity: spec.activity, because: spec.because.clone() },
        })
    }
}

/// The last so many lines, blank ones included.
fn last_lines(text: &str, lines: usize) -> &str {
    if lines == 0 {
        return "";
    }
    let start = text.rmatch_indices('\n').nth(lines - 1);
    start.map_or(text, |(newline, _)| &text[newline + 1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(pattern: &str, activity: Activity, last_lines: Option<usize>) -> RuleSpec {
        RuleSpec { pattern: pattern.into(), activity, because: format!("it shows {pattern}"), last_lines }
    }

    fn check(specs: &[RuleSpec], screen: &str, expected: Option<Activity>) {
        let verdict = Rules::compile(specs).unwrap().judge(screen);
        assert_eq!(verdict.map(|verdict| verdict.activity), expected, "{screen:?}");
    }

    #[test]
    fn the_first_rule_that_matches_wins() {
        let specs = [spec("yes/no", Activity::Blocked, None), spec("busy", Activity::Working, None)];
        check(&specs, "busy yes/no", Some(Activity::Blocked));
        check(&specs, "busy", Some(Activity::Working));
        check(&specs, "nothing", None);
        check(&[], "busy", None);
    }

    #[test]
    fn anchors_are_those_of_lines() {
        check(&[spec("^ok$", Activity::Done, None)], "a\nok\nb", Some(Activity::Done));
        check(&[spec("^ok$", Activity::Done, None)], "not ok", None);
        check(&[spec("a.b", Activity::Done, None)], "a\nb", None);
    }

    #[test]
    fn only_the_last_lines_where_the_rule_says_so() {
        let check = |lines: usize, expected: Option<Activity>| {
            check(&[spec("x", Activity::Idle, Some(lines))], "x\n\ny", expected);
        };
        check(0, None);
        check(1, None);
        check(2, None);
        check(3, Some(Activity::Idle));
        check(99, Some(Activity::Idle));
    }

    #[test]
    fn the_reason_comes_along() {
        let rules = Rules::compile(&[spec("x", Activity::Idle, None)]).unwrap();
        assert_eq!(rules.judge("x").unwrap().because, "it shows x");
    }

    #[test]
    fn errors_name_the_rule() {
        let check = |bad: RuleSpec, expected: &str| {
            let error = Rules::compile(&[spec("fine", Activity::Idle, None), bad]).unwrap_err();
            let message = error.to_string();
            assert!(message.starts_with(expected), "{message}");
        };
        check(spec("(", Activity::Idle, None), "status rule 2: pattern `(`: unclosed group");
        check(spec(r"\w{9999}", Activity::Idle, None), r"status rule 2: pattern `\w{9999}`: ");
        check(spec("x", Activity::Suspended, None), "status rule 2: pattern `x`: a screen cannot say `suspended`; use");
    }
}
