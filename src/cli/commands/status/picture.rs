//! What `pintle status --watch` shows: a screen full of agents, and where in them it stands. Pure.

use crate::cli::agents;
use crate::cli::keyboard::Key;
use crate::cli::style::Paint;
use crate::protocol::typed::reply::{Activity, StatusReport};

/// What is shown, and from which agent on.
#[derive(Debug, Default)]
pub struct View {
    /// `None`: nothing has come yet. Who waits for a person stands first.
    report: Option<StatusReport>,
    /// The first agent on the screen.
    first: usize,
}

/// All agents in a table as wide as it is.
pub fn table(report: &StatusReport, paint: Paint) -> String {
    match report.agents.as_slice() {
        [] => "no agents; `pintle spawn` starts one\n".to_owned(),
        agents => agents::table(agents, &report.worktrees, None, paint),
    }
}

impl View {
    /// Shows this from now on.
    pub fn show(&mut self, mut report: StatusReport) {
        // The others stay in their order, so that nobody has to look for them anew at every change.
        report.agents.sort_by_key(|agent| agent.activity != Activity::Blocked);
        self.report = Some(report);
    }

    /// Goes where a key says, on a screen of this size (columns, rows).
    pub fn scroll(&mut self, key: Key, (_, rows): (u16, u16)) {
        let page = self.fit(rows).max(1);
        let last = self.last(rows);
        self.first = match key {
            Key::Char('j') | Key::Down | Key::Ctrl('n' | 'e') => self.first + 1,
            Key::Char('k') | Key::Up | Key::Ctrl('p' | 'y') => self.first.saturating_sub(1),
            Key::Char(' ') | Key::PageDown | Key::Ctrl('f') => self.first + page,
            Key::Char('b') | Key::PageUp | Key::Ctrl('b') => self.first.saturating_sub(page),
            Key::Char('g') | Key::Home => 0,
            Key::Char('G') | Key::End => last,
            _ => return,
        }
        .min(last);
    }

    /// How many agents there is room for: below the title and the table's head, and above the line that counts the others.
    fn fit(&self, rows: u16) -> usize {
        let (rows, all) = (usize::from(rows), self.agents());
        if all + 2 <= rows { all } else { rows.saturating_sub(3) }
    }

    /// The first agent of the last screen.
    fn last(&self, rows: u16) -> usize {
        self.agents().saturating_sub(self.fit(rows))
    }

    fn agents(&self) -> usize {
        self.report.as_ref().map_or(0, |report| report.agents.len())
    }

    /// A screen full; what does not fit is counted. Columns are as wide as what is seen of them needs.
    pub fn picture(&self, (cols, rows): (u16, u16), paint: Paint) -> Option<String> {
        let report = self.report.as_ref()?;
        let several = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
        let cut = |text: String| paint.dim(&text.chars().take(cols.into()).collect::<String>());
        let (agents, worktrees) = (several(report.agents.len(), "agent"), several(report.worktrees.len(), "worktree"));
        let mut lines = vec![cut(format!("{agents}, {worktrees}; q leaves"))];
        let (fit, first) = (self.fit(rows), self.first.min(self.last(rows)));
        let below = self.agents() - first - fit;
        match &report.agents[first..first + fit] {
            [] if below == 0 => lines.push(cut("no agents; `pintle spawn` starts one".to_owned())),
            [] => {}
            seen => lines.extend(agents::table(seen, &report.worktrees, Some(cols), paint).lines().map(str::to_owned)),
        }
        match (first, below) {
            (0, 0) => {}
            (0, below) => lines.push(cut(format!("and {below} more; j k and PgUp PgDn scroll"))),
            (above, 0) => lines.push(cut(format!("{above} above; j k and PgUp PgDn scroll"))),
            (above, below) => lines.push(cut(format!("{above} above, {below} more; j k and PgUp PgDn scroll"))),
        }
        lines.truncate(rows.into());
        Some(lines.join("\x1b[K\r\n") + "\x1b[K")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::palette::worktree;
    use crate::cli::style::Choice;

    fn plain() -> Paint {
        Paint::of(Choice::Never, &std::io::stdout())
    }

    fn view(many: usize) -> View {
        let agent = |number| agents::sample(&format!("ag-{number}"), &format!("agent-{number}"), Activity::Idle);
        let mut view = View::default();
        view.show(StatusReport { agents: (0..many).map(agent).collect(), ..StatusReport::default() });
        view
    }

    fn lines(view: &View, size: (u16, u16)) -> Vec<String> {
        let picture = view.picture(size, plain()).unwrap();
        picture.split("\r\n").map(|line| line.trim_end_matches("\x1b[K").to_owned()).collect()
    }

    #[test]
    fn what_does_not_fit_is_counted() {
        let view = view(30);
        for rows in [1, 2, 3, 4, 24] {
            let lines = lines(&view, (80, rows));
            assert!(lines.len() <= usize::from(rows), "{lines:#?}");
            assert!(rows < 3 || lines.last().unwrap().starts_with("and "), "{lines:#?}");
        }
        assert!(lines(&view, (80, 24))[23].starts_with("and 9 more"));
        assert_eq!(lines(&view, (80, 32)).len(), 32);
    }

    #[test]
    fn everything_can_be_reached() {
        #[track_caller]
        fn check(keys: &[Key], first: &str, last: &str) {
            let mut view = view(30);
            keys.iter().for_each(|key| view.scroll(*key, (80, 24)));
            let lines = lines(&view, (80, 24));
            assert!(lines[2].contains(&format!("{first} ")) && lines[23].starts_with(last), "{keys:?}: {lines:#?}");
            assert_eq!(lines.len(), 24);
        }
        check(&[], "agent-0", "and 9 more");
        check(&[Key::Char('j')], "agent-1", "1 above, 8 more");
        check(&[Key::Down, Key::Down, Key::Char('k')], "agent-1", "1 above, 8 more");
        check(&[Key::PageDown], "agent-9", "9 above;");
        check(&[Key::End, Key::Down], "agent-9", "9 above;");
        check(&[Key::Char('G'), Key::PageUp], "agent-0", "and 9 more");
        // A terminal that became larger shows all of them again.
        let mut view = view(30);
        view.scroll(Key::End, (80, 24));
        assert!(lines(&view, (80, 40))[2].contains("agent-0 "));
    }

    #[test]
    fn who_waits_for_a_person_stands_first() {
        let mut view = view(30);
        let mut report = view.report.take().unwrap();
        report.agents[25].activity = Activity::Blocked;
        view.show(report);
        let lines = lines(&view, (80, 24));
        assert!(lines[2].contains("agent-25 ") && lines[3].contains("agent-0 "), "{lines:#?}");
    }

    #[test]
    fn long_names_can_be_told_apart_and_their_worktrees_are_told() {
        let mut view = view(12);
        let mut report = view.report.take().unwrap();
        for (number, agent) in report.agents.iter_mut().enumerate() {
            agent.name = format!("an-agent-with-a-name-that-is-long-{number}");
            agent.worktree_id = Some("wt-crowd-with-a-name-0".to_owned());
        }
        report.agents[11].prompt = Some("not to be seen".to_owned());
        report.worktrees = vec![worktree("crowd-with-a-name-0")];
        view.show(report);
        insta::assert_snapshot!(lines(&view, (80, 6)).join("\n"), @r"
        12 agents, 1 worktree; q leaves
        ID    NAME              STATUS  KIND    IDLE  WORKTREE          BECAUSE
        ag-0  an-agent…-long-0  idle    claude  42s   crowd-wi…-name-0  its screen moves
        ag-1  an-agent…-long-1  idle    claude  42s   crowd-wi…-name-0  its screen moves
        ag-2  an-agent…-long-2  idle    claude  42s   crowd-wi…-name-0  its screen moves
        and 9 more; j k and PgUp PgDn scroll
        ");
    }
}
