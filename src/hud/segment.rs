//! What the line says: segments, each a name and a value.

use std::borrow::{Borrow, Cow};
use std::time::Duration;

use super::color::Color;
use super::text::plain;
use crate::environment::envs::doubted;

/// The names of the segments that are built in, in the order of the line.
pub const NAMES: [&str; 5] = ["env", "agents", "uptime", CONFIG, "note"];
/// The name of [`config`]'s segment.
pub const CONFIG: &str = "config";
/// Who gives the segments that are built in.
const BUILT_IN: &str = "pintle";
/// Most columns of a name, and of the word that says where a segment comes from.
const NAME_CELLS: usize = 24;
/// Most columns of a value. A status line has 80 to 200 for everything.
const VALUE_CELLS: usize = 80;
/// Most columns of a notification: enough to know what it is about, `pintle` has the rest.
const NOTE_CELLS: usize = 40;
const MINUTE: u64 = 60;

/// Why a value is to be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Emphasis {
    /// Somebody is wanted.
    Alert,
    /// It has a colour by which it is known, as environments do.
    Color(Color),
}

/// One `name:value` of the line. Its texts are single lines of a bounded width, whatever they were made from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    name: Cow<'static, str>,
    priority: u32,
    source: Cow<'static, str>,
    value: String,
    emphasis: Option<Emphasis>,
}

impl Segment {
    /// A segment. `priority` is its place, the lowest first. `source` is who gives it: `pintle`, or an extension's name. Control
    /// characters and line breaks become blanks; names are cut at 24 columns, values at 80. With an empty value it is hidden.
    pub fn new(name: &str, priority: u32, source: &str, value: &str) -> Self {
        Self {
            name: plain(name, NAME_CELLS).into(),
            priority,
            source: plain(source, NAME_CELLS).into(),
            value: plain(value, VALUE_CELLS),
            emphasis: None,
        }
    }

    /// One of ours, whose value is one line of a bounded width as it is. All of them are made with every change of an agent, for which
    /// somebody waits.
    fn built_in(name: &'static str, priority: u32, value: String) -> Self {
        Self { name: name.into(), priority, source: BUILT_IN.into(), value, emphasis: None }
    }

    /// The same, with its value emphasised.
    #[must_use]
    pub fn with(self, emphasis: Emphasis) -> Self {
        Self { emphasis: Some(emphasis), ..self }
    }

    /// What stands before the colon.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its place: the lowest comes first.
    pub fn priority(&self) -> u32 {
        self.priority
    }

    /// Who gives it.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What stands behind the colon; empty if there is nothing to say.
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Whether and why the value is to be seen.
    pub fn emphasis(&self) -> Option<Emphasis> {
        self.emphasis
    }
}

/// Segments in the order of the line: by priority, then by name.
pub fn in_order<S: Borrow<Segment>>(segments: &[S]) -> Vec<&Segment> {
    let mut ordered: Vec<&Segment> = segments.iter().map(Borrow::borrow).collect();
    ordered.sort_by(|one, other| (one.priority, &one.name).cmp(&(other.priority, &other.name)));
    ordered
}

/// `env`: the environment that holds, in its colour. Behind it `…` until the shell of the pane has applied it, and for how long its
/// guard is lifted, in minutes.
pub fn env(name: &str, color: Option<Color>, is_applied: bool, armed: Option<Duration>) -> Segment {
    let pending = if is_applied { "" } else { "…" };
    let armed = match armed.map(|left| left.as_secs().div_ceil(MINUTE)) {
        None | Some(0) => String::new(),
        Some(minutes) if minutes >= 60 => format!(" armed {}h{}m", minutes / 60, minutes % 60),
        Some(minutes) => format!(" armed {minutes}m"),
    };
    let value = if name.is_empty() { String::new() } else { plain(&format!("{name}{pending}{armed}"), VALUE_CELLS) };
    let segment = Segment::built_in("env", 10, value);
    match color {
        _ if !armed.is_empty() => segment.with(Emphasis::Alert),
        Some(color) => segment.with(Emphasis::Color(color)),
        None => segment,
    }
}

/// `env`: one that is chosen and that nobody describes, so that commands are refused in it: its name and a question mark, and that alone
/// where not even the name is known.
pub fn unknown_env(name: &str) -> Segment {
    Segment::built_in("env", 10, plain(&doubted(name), VALUE_CELLS)).with(Emphasis::Alert)
}

/// After how long [`env`] says something else of a guard that is lifted for so long.
pub fn armed_changes_in(left: Duration) -> Duration {
    let rest = Duration::new(left.as_secs() % MINUTE, left.subsec_nanos());
    if rest.is_zero() { Duration::from_secs(MINUTE) } else { rest }
}

/// `config`: how many config files are broken; hidden while none is.
pub fn config(broken: usize) -> Segment {
    let value = if broken == 0 { String::new() } else { format!("{broken} broken") };
    Segment::built_in(CONFIG, 80, value).with(Emphasis::Alert)
}

/// `agents`: how many there are, and behind `!` how many of them wait for an answer. Hidden while there are none.
pub fn agents(count: usize, waiting: usize) -> Segment {
    let value = match (count, waiting) {
        (0, _) => String::new(),
        (_, 0) => count.to_string(),
        _ => format!("{count}!{waiting}"),
    };
    let segment = Segment::built_in("agents", 15, value);
    if waiting > 0 { segment.with(Emphasis::Alert) } else { segment }
}

/// `uptime` of the daemon in days, hours and minutes, as `2h15m`. No seconds: every change redraws every client of tmux.
pub fn uptime(up: Duration) -> Segment {
    let minutes = up.as_secs() / MINUTE;
    let (days, hours, minutes) = (minutes / (24 * 60), minutes / 60 % 24, minutes % 60);
    let value = match (days, hours) {
        (0, 0) => format!("{minutes}m"),
        (0, _) => format!("{hours}h{minutes}m"),
        _ => format!("{days}d{hours}h{minutes}m"),
    };
    Segment::built_in("uptime", 20, value)
}

/// After how long [`uptime`] says something else, so that a timer can sleep until then. Never zero, at most a minute.
pub fn uptime_changes_in(up: Duration) -> Duration {
    Duration::from_secs(MINUTE) - Duration::new(up.as_secs() % MINUTE, up.subsec_nanos())
}

/// `note`: the newest notification that nobody has read, on one line of at most 40 columns; hidden without one. An `urgent` one
/// (a warning or an error) is emphasised.
pub fn note(text: Option<&str>, urgent: bool) -> Segment {
    let segment = Segment::built_in("note", 90, text.map(|text| plain(text, NOTE_CELLS)).unwrap_or_default());
    if urgent { segment.with(Emphasis::Alert) } else { segment }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn agents_are_counted() {
        let check = |count, waiting, value, emphasis| {
            let segment = agents(count, waiting);
            assert_eq!((segment.value(), segment.emphasis()), (value, emphasis));
        };
        check(0, 0, "", None);
        check(3, 0, "3", None);
        check(3, 1, "3!1", Some(Emphasis::Alert));
    }

    #[test]
    fn an_environment_says_what_is_not_yet_true_of_it() {
        let red = Color::Indexed(1);
        let check = |name, color, applied, armed: Option<u64>, value, emphasis| {
            let segment = env(name, color, applied, armed.map(Duration::from_secs));
            assert_eq!((segment.value(), segment.emphasis()), (value, emphasis));
        };
        check("", None, true, None, "", None);
        check("dev", None, true, None, "dev", None);
        check("prod", Some(red), true, None, "prod", Some(Emphasis::Color(red)));
        check("prod", Some(red), false, None, "prod…", Some(Emphasis::Color(red)));
        check("prod", Some(red), true, Some(541), "prod armed 10m", Some(Emphasis::Alert));
        check("prod", None, true, Some(1), "prod armed 1m", Some(Emphasis::Alert));
        check("prod", None, true, Some(2 * 3600), "prod armed 2h0m", Some(Emphasis::Alert));
        for (left, next) in [(541, 1), (540, 60), (1, 1)] {
            assert_eq!(armed_changes_in(Duration::from_secs(left)), Duration::from_secs(next));
        }
    }

    #[test]
    fn an_environment_that_nobody_describes_is_seen() {
        let segment = unknown_env("prod");
        assert_eq!((segment.name(), segment.value(), segment.emphasis()), ("env", "prod?", Some(Emphasis::Alert)));
        assert_eq!(segment.priority(), env("prod", None, true, None).priority());
    }

    #[test]
    fn all_are_named_in_their_order() {
        let all = [config(1), note(None, false), uptime(Duration::ZERO), env("", None, true, None), agents(0, 0)];
        assert!(in_order(&all).iter().map(|segment| segment.name()).eq(NAMES));
    }

    #[test]
    fn uptime_has_no_seconds() {
        let check = |seconds, value| assert_eq!(uptime(Duration::from_secs(seconds)).value(), value);
        check(0, "0m");
        check(59, "0m");
        check(60, "1m");
        check(3600, "1h0m");
        check(2 * 3600 + 15 * 60 + 30, "2h15m");
        check(26 * 3600 + 60, "1d2h1m");
    }

    #[test]
    fn a_note_is_one_short_line() {
        assert_eq!(note(None, false).value(), "");
        assert_eq!(note(Some("done:\nall green"), false).value(), "done: all green");
        assert_eq!(note(Some("see"), true).emphasis(), Some(Emphasis::Alert));
        let long = note(Some(&"x".repeat(100)), false);
        assert_eq!(long.value(), format!("{}…", "x".repeat(39)));
    }

    #[test]
    fn order_is_priority_then_name() {
        let segments = [("b", 20), ("z", 10), ("a", 20)].map(|(name, at)| Segment::new(name, at, "gear", "x"));
        let names: Vec<&str> = in_order(&segments).iter().map(|segment| segment.name()).collect();
        assert_eq!(names, ["z", "a", "b"]);
    }

    proptest! {
        /// A timer that sleeps as long as it is told wakes up to a new text, and to no text in between.
        #[test]
        fn uptime_changes_when_it_says(up in any::<u32>().prop_map(|ms| Duration::from_millis(ms.into()))) {
            let next = uptime_changes_in(up);
            prop_assert!(!next.is_zero() && next <= Duration::from_secs(60));
            prop_assert_eq!(uptime(up + next - Duration::from_nanos(1)), uptime(up));
            prop_assert_ne!(uptime(up + next), uptime(up));
        }
    }
}
