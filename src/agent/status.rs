//! Whether an agent works, waits or has ended, and how that is known: one pure function.
//!
//! Nothing polls. Whoever calls [`judge`] calls it again when something it observed has changed, and
//! otherwise after [`Judgement::recheck_in`], the moment at which time alone may change the answer.
//! For an agent that waits that is never.
//!
//! The order of belief: what the system knows for certain, then
//! what the agent says through its hooks, then what its terminal says, then what its screen looks
//! like, and only then silence, which every guess has to start from when nobody says anything.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::agent::rule::Verdict;
use crate::agent::signal::{Progress, ProgressState, PromptMark};

/// A program that has shown nothing is starting for so long, and no longer.
pub const START: Duration = Duration::from_millis(1800);
/// A screen that has not moved for so long waits, if nothing says otherwise.
pub const STILL: Duration = Duration::from_secs(30);
/// An agent that says it works, while screen and CPU stand still for so long, is stuck.
pub const STUCK: Duration = Duration::from_secs(5 * 60);
/// A program that rings and then shows nothing new for so long rang for somebody.
pub const RANG: Duration = Duration::from_secs(1);
/// Most characters of a message from a hook that are shown.
const MESSAGE_CHARS: usize = 80;

/// The three statuses that every client understands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    /// Alive and working.
    Streaming,
    /// Alive, and wants input, is idle or suspended.
    Waiting,
    /// Ended.
    Broken,
}

/// What refines a status.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Activity {
    /// Nothing to see yet, or its first prompt is on its way.
    Starting,
    /// Works.
    Working,
    /// Wants an answer.
    Blocked,
    /// Has nothing to do.
    Idle,
    /// Says it works, but nothing moves.
    Stuck,
    /// Has finished: ended with 0, or alive and says so.
    Done,
    /// Ended with another code.
    Failed,
    /// Was put aside.
    Suspended,
}

/// A word that names no status, activity or report.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown {what} `{word}`: one of {known}")]
pub struct UnknownWord {
    what: &'static str,
    word: String,
    known: String,
}

/// `as_str`, `ALL`, `FromStr` and `Display` from one list, so that they cannot disagree.
macro_rules! words {
    ($type:ident, $what:literal, $($variant:ident $word:literal),+) => {
        impl $type {
            /// Every value, in the order of its declaration.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }
        }

        impl FromStr for $type {
            type Err = UnknownWord;

            fn from_str(word: &str) -> Result<Self, UnknownWord> {
                let known = || Self::ALL.iter().map(|value| value.as_str());
                let found = Self::ALL.iter().find(|value| value.as_str() == word);
                found.copied().ok_or_else(|| UnknownWord {
                    what: $what,
                    word: word.to_owned(),
                    known: known().collect::<Vec<_>>().join(", "),
                })
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }
    };
}

words!(Status, "status", Streaming "streaming", Waiting "waiting", Broken "broken");
words!(
    Activity, "activity",
    Starting "starting", Working "working", Blocked "blocked", Idle "idle",
    Stuck "stuck", Done "done", Failed "failed", Suspended "suspended"
);
words!(Said, "report", Working "working", Blocked "blocked", Idle "idle", Done "done");

/// What an agent's own hooks can report (`pintle report`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Said {
    /// It works.
    Working,
    /// It wants an answer.
    Blocked,
    /// It has nothing to do.
    Idle,
    /// It has finished.
    Done,
}

/// The newest report of an agent's hooks. Whoever keeps it drops it when something is typed into
/// the agent, since an answered question is no longer open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Report<'a> {
    /// What it says.
    pub said: Said,
    /// Its own words, if it gave any.
    pub message: Option<&'a str>,
}

/// Everything the judgement rests on. Times are durations up to now; there is no clock in here.
#[derive(Clone, Copy, Debug, Default)]
pub struct Observed<'a> {
    /// Exit code, 128 + signal for a signal; `None` while the process lives.
    pub exit: Option<i32>,
    /// It was suspended.
    pub suspended: bool,
    /// What its hooks said last.
    pub report: Option<Report<'a>>,
    /// Newest mark of its shell's integration.
    pub prompt: Option<PromptMark>,
    /// The title it gave its terminal.
    pub title: Option<&'a str>,
    /// Since it last rang the bell; `None` if it did not, or if somebody has typed something since.
    pub rang: Option<Duration>,
    /// The progress bar it shows.
    pub progress: Option<Progress>,
    /// What the rules of its kind say about its screen.
    pub rule: Option<&'a Verdict>,
    /// It shows the alternate screen, as editors, pagers and other interactive programs do.
    pub full_screen: bool,
    /// The foreground process group of its terminal is a shell without a child.
    pub foreground_is_shell: bool,
    /// Something came out of it.
    pub has_output: bool,
    /// Its first prompt is still on its way.
    pub delivering: bool,
    /// Since it was started.
    pub age: Duration,
    /// Since the fingerprint of its screen last moved, or since its start.
    pub silence: Duration,
    /// Since its process group last used CPU time; `None` where that is not known, and then the
    /// screen alone decides.
    pub cpu_silence: Option<Duration>,
}

/// The answer, with its reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Judgement {
    /// For every client.
    pub status: Status,
    /// For those that want to know more.
    pub activity: Activity,
    /// How it is known, in a few words. Holds no number that ticks: every change of it is an event.
    pub because: String,
    /// When to judge again though nothing was observed; `None` if time alone changes nothing.
    pub recheck_in: Option<Duration>,
}

/// Judges an agent. Total, and the same for the same input.
pub fn judge(observed: &Observed<'_>) -> Judgement {
    if let Some(code) = observed.exit {
        return ended(code);
    }
    if observed.suspended {
        return settled(Activity::Suspended, "it is suspended");
    }
    let mut judgement = claim(observed).unwrap_or_else(|| by_silence(observed));
    // It rang a moment ago: whether for somebody shows when it has been still for long enough.
    if judgement.status == Status::Streaming
        && let Some(left) = observed.rang.and(RANG.checked_sub(observed.silence)).filter(|left| !left.is_zero())
    {
        judgement.recheck_in = Some(judgement.recheck_in.map_or(left, |recheck| recheck.min(left)));
    }
    // A prompt that is on its way will be worked on: an agent that looks idle meanwhile must not
    // set off what waits for idle agents. One that asks something first does want an answer.
    if observed.delivering && matches!(judgement.activity, Activity::Idle | Activity::Done) {
        return settled(Activity::Starting, "its prompt is being typed");
    }
    judgement
}

fn ended(code: i32) -> Judgement {
    let activity = match code {
        0 => Activity::Done,
        _ => Activity::Failed,
    };
    Judgement { status: Status::Broken, ..settled(activity, &format!("it ended with code {code}")) }
}

/// What somebody or something says, the most trustworthy first.
fn claim(observed: &Observed<'_>) -> Option<Judgement> {
    let by_report = observed.report.map(|report| {
        let activity = match report.said {
            Said::Working => Activity::Working,
            Said::Blocked => Activity::Blocked,
            Said::Idle => Activity::Idle,
            Said::Done => Activity::Done,
        };
        (activity, reported(report))
    });
    let (activity, because) = by_report
        .or_else(|| by_progress(observed.progress?))
        .or_else(|| by_prompt(observed))
        .or_else(|| observed.rule.map(|rule| (rule.activity, rule.because.clone())))
        .or_else(|| by_bell(observed))
        .or_else(|| {
            // Before its first output a shell reads its start-up files.
            (observed.foreground_is_shell && observed.has_output)
                .then(|| (Activity::Idle, "its shell waits for a command".to_owned()))
        })
        // Last, since a title stays behind when its program ends.
        .or_else(|| by_title(observed.title?))?;
    match activity {
        Activity::Working => Some(unless_stuck(observed, because)),
        _ => Some(settled(activity, &because)),
    }
}

fn reported(report: Report<'_>) -> String {
    let said = format!("its hook says it is {}", report.said);
    let message = report.message.unwrap_or_default().trim();
    let shown: String = message.chars().map(|c| if c.is_control() { ' ' } else { c }).take(MESSAGE_CHARS).collect();
    match shown.is_empty() {
        true => said,
        false => format!("{said}: {shown}"),
    }
}

/// A bar that runs is work. One that shows an error or stands still says nothing certain: programs
/// leave it like that both when they ask and when they are done.
fn by_progress(progress: Progress) -> Option<(Activity, String)> {
    match progress.state {
        ProgressState::Normal | ProgressState::Indeterminate => {
            Some((Activity::Working, "it shows a progress bar".to_owned()))
        }
        ProgressState::Error | ProgressState::Paused => None,
    }
}

fn by_prompt(observed: &Observed<'_>) -> Option<(Activity, String)> {
    let (activity, because) = match observed.prompt? {
        // An editor started from the shell runs, but does not work: leave it to the screen.
        PromptMark::Running if observed.full_screen => return None,
        PromptMark::Running => (Activity::Working, "a command runs in its shell"),
        PromptMark::Prompt | PromptMark::Input => (Activity::Idle, "its shell shows its prompt"),
        PromptMark::Finished { .. } => (Activity::Idle, "the command in its shell ended"),
    };
    Some((activity, because.to_owned()))
}

/// A bell is for somebody if the program then waits. One in the middle of output is decoration, and a shell rings at every
/// completion that is not clear.
fn by_bell(observed: &Observed<'_>) -> Option<(Activity, String)> {
    let waits = observed.silence >= RANG && observed.rang? <= observed.silence + RANG;
    (waits && !observed.foreground_is_shell).then(|| (Activity::Blocked, "it rang the bell".to_owned()))
}

/// Programs that turn a wheel in their title work while it is there. That every program has a title says nothing.
fn by_title(title: &str) -> Option<(Activity, String)> {
    let wheel = matches!(title.chars().next()?, '\u{2801}'..='\u{28ff}' | '◐'..='◓' | '◜'..='◟' | '◴'..='◷');
    wheel.then(|| (Activity::Working, "its title shows a spinner".to_owned()))
}

/// Something says it works. Believed, until neither screen nor CPU has moved for long.
fn unless_stuck(observed: &Observed<'_>, because: String) -> Judgement {
    let cpu = observed.cpu_silence.unwrap_or(observed.silence);
    let still = observed.silence.min(cpu);
    match STUCK.checked_sub(still).filter(|left| !left.is_zero()) {
        Some(left) => passing(Activity::Working, &because, left),
        None => settled(Activity::Stuck, &format!("{because}, but nothing has moved for 5 minutes")),
    }
}

/// Nothing says anything: young, moving, or still.
fn by_silence(observed: &Observed<'_>) -> Judgement {
    let left = |limit: Duration, passed| limit.checked_sub(passed).filter(|left| !left.is_zero());
    if !observed.has_output
        && let Some(left) = left(START, observed.age)
    {
        return passing(Activity::Starting, "it has shown nothing yet", left);
    }
    match left(STILL, observed.silence) {
        Some(left) if observed.has_output => passing(Activity::Working, "its screen moves", left),
        Some(left) => passing(Activity::Working, "it runs and shows nothing", left),
        None => settled(Activity::Idle, "its screen has not moved for 30 seconds"),
    }
}

/// Stays so until something is observed.
fn settled(activity: Activity, because: &str) -> Judgement {
    Judgement { status: status_of(activity), activity, because: because.to_owned(), recheck_in: None }
}

/// May change by itself after `left`.
fn passing(activity: Activity, because: &str, left: Duration) -> Judgement {
    Judgement { recheck_in: Some(left), ..settled(activity, because) }
}

/// The status of an agent that lives. `Done` alone is said of both; who has ended overrides it.
fn status_of(activity: Activity) -> Status {
    match activity {
        Activity::Starting | Activity::Working | Activity::Stuck => Status::Streaming,
        Activity::Blocked | Activity::Idle | Activity::Done | Activity::Suspended => Status::Waiting,
        Activity::Failed => Status::Broken,
    }
}

#[cfg(test)]
#[path = "status_tests.rs"]
mod tests;
