//! What an agent's judgement rests on, in words.

use std::time::Instant;

use super::Agent;
use crate::base::process::Stat;

impl Agent {
    /// Everything the judgement rests on, for people.
    pub fn facts(&self) -> Vec<(&'static str, String)> {
        let now = self.clock.instant();
        let since = |at: Instant| format!("{:.1} s ago", now.saturating_duration_since(at).as_secs_f64());
        let (cols, rows) = self.size();
        let (exit, front) = (self.exit(), self.pty.foreground());
        let state = self.state();
        let mut facts = vec![
            ("process", format!("{} (started at tick {})", self.process.pid, self.process.start_time)),
            ("terminal", format!("{cols}x{rows}, {} attached", self.attached())),
            ("output", format!("{} bytes", self.ring.head())),
            ("last output", state.last_output.map_or_else(|| "none seen".to_owned(), since)),
            ("screen moved", since(state.last_moved)),
            ("CPU used", since(state.last_cpu)),
        ];
        if let Some(group) = front {
            let name = Stat::read(group).map(|stat| stat.name).unwrap_or_default();
            facts.push(("in the foreground", format!("{name} ({group})")));
        }
        let optional = [
            ("exit code", exit.map(|code| code.to_string())),
            (
                "its hooks said",
                state.report.as_ref().map(|(said, message)| match message {
                    Some(message) => format!("{said}: {message}"),
                    None => said.to_string(),
                }),
            ),
            ("title", state.signals.title().map(str::to_owned)),
            ("progress", state.signals.progress().map(|progress| format!("{progress:?}"))),
            ("shell mark", state.signals.prompt().map(|mark| format!("{mark:?}"))),
            ("bells", Some(state.signals.bells()).filter(|bells| *bells > 0).map(|bells| bells.to_string())),
            ("prompt delivery", state.stage.map(|stage| format!("{stage:?}").to_lowercase())),
        ];
        facts.extend(optional.into_iter().filter_map(|(name, value)| Some((name, value?))));
        facts
    }
}
