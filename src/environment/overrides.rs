//! Which environment holds: the one order, for everybody who asks.

use std::fmt;

/// What is set where. `None` where nothing is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Set<'a> {
    /// `--env` of the command.
    pub command: Option<&'a str>,
    /// Of the pane.
    pub pane: Option<&'a str>,
    /// Of its window.
    pub window: Option<&'a str>,
    /// Of its session.
    pub session: Option<&'a str>,
    /// The agent's own. It is in no pane, unless it has started a tmux: whoever chooses something there means it.
    pub agent: Option<&'a str>,
    /// `env:` of the project.
    pub project: Option<&'a str>,
    /// For everything else.
    pub global: Option<&'a str>,
}

/// Where the environment that holds was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Source {
    /// `--env` of the command.
    Command,
    /// Override of the pane.
    Pane,
    /// Override of its window.
    Window,
    /// Override of its session.
    Session,
    /// The agent's own.
    Agent,
    /// `env:` of the project.
    Project,
    /// The global one.
    Global,
}

impl Source {
    /// The word for it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Command => "command",
            Self::Agent => "agent",
            Self::Pane => "pane",
            Self::Window => "window",
            Self::Session => "session",
            Self::Project => "project",
            Self::Global => "global",
        }
    }
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// The name of the environment that holds and where it was set; `None` when nothing is set anywhere. The nearest to the command wins.
pub fn choose<'a>(set: &Set<'a>) -> Option<(&'a str, Source)> {
    let order = [
        (set.command, Source::Command),
        (set.pane, Source::Pane),
        (set.window, Source::Window),
        (set.session, Source::Session),
        (set.agent, Source::Agent),
        (set.project, Source::Project),
        (set.global, Source::Global),
    ];
    order.into_iter().find_map(|(name, source)| Some((name?, source)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_to_the_command_wins() {
        let mut set = Set {
            command: Some("a"),
            agent: Some("b"),
            pane: Some("c"),
            window: Some("d"),
            session: Some("e"),
            project: Some("f"),
            global: Some("g"),
        };
        #[track_caller]
        fn check(set: &Set<'_>, name: &str, source: &str) {
            let (got, from) = choose(set).unwrap();
            assert_eq!((got, from.to_string().as_str()), (name, source));
        }
        check(&set, "a", "command");
        set.command = None;
        check(&set, "c", "pane");
        set.pane = None;
        check(&set, "d", "window");
        set.window = None;
        check(&set, "e", "session");
        set.session = None;
        check(&set, "b", "agent");
        set.agent = None;
        check(&set, "f", "project");
        set.project = None;
        check(&set, "g", "global");
        assert_eq!(choose(&Set::default()), None);
    }
}
