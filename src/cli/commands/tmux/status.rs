//! `pintle tmux status`

use serde_json::{Value, json};

use super::install;
use super::keys::{Caller, Fate, Key, Outcome};
use super::place::{self, Place, Side};
use super::plan::{self, Plan};
use super::seen::Seen;
use super::server::{Server, Which};
use super::version;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::one_line;

/// Says what is installed, what was skipped, and why.
pub fn run(context: &Context, which: &Which) -> anyhow::Result<Exit> {
    say(context, which, false)
}

/// The same, a moment after the daemon was told of this tmux. That there is no text yet says nothing then: it is about to write it.
pub fn after_install(context: &Context, which: &Which) -> anyhow::Result<Exit> {
    say(context, which, true)
}

fn say(context: &Context, which: &Which, fresh: bool) -> anyhow::Result<Exit> {
    let server = Server::find(which)?;
    let seen = server.read()?;
    let plan = plan::install(&seen, Caller(&install::words(context)));
    let socket = server.socket().display().to_string();
    let standing = Standing { seen: &seen, plan: &plan, socket, fresh };
    match context.output.is_json() {
        true => context.output.json(&standing.json())?,
        false => context.output.text(&standing.words())?,
    }
    Ok(Exit::Done)
}

/// How things stand between a tmux and us.
struct Standing<'a> {
    seen: &'a Seen,
    plan: &'a Plan,
    socket: String,
    /// The daemon was told of it a moment ago.
    fresh: bool,
}

impl Standing<'_> {
    fn is_installed(&self) -> bool {
        place::present(self.seen).is_some() || Key::ALL.into_iter().any(|key| key.present(self.seen).is_some())
    }

    /// Whether it is as the options want it, and as this version of ours does it.
    fn is_current(&self) -> bool {
        self.plan.commands.is_empty()
    }

    /// Where the HUD is shown, by the option's name; `None` where it is not.
    fn shown_in(&self) -> Option<String> {
        match &self.plan.place {
            Place::Own(option) => Some(option.clone()),
            _ => place::present(self.seen).map(Side::option),
        }
    }

    fn text(&self) -> Option<String> {
        self.seen.option_text("@pintle_hud").filter(|text| !text.is_empty())
    }

    /// Why somebody may look for the HUD in vain.
    fn doubts(&self) -> Vec<String> {
        let mut doubts = Vec::new();
        match &self.plan.place {
            Place::Off => doubts.push("@pintle_status is off: the HUD is not shown".to_owned()),
            Place::Strange(word) => {
                doubts.push(format!("@pintle_status is `{word}`: it takes right, left or off; the HUD is not shown"));
            }
            _ => {}
        }
        let Some(option) = self.shown_in() else { return doubts };
        if self.seen.option("status") == Some(b"off") {
            doubts.push("the status line is off (`set -g status on`)".to_owned());
        }
        let reads = |name: &str, value: &[u8]| {
            name.starts_with("status-format") && String::from_utf8_lossy(value).contains(&option)
        };
        if !option.starts_with("status-format") && !self.seen.options.iter().any(|(name, value)| reads(name, value)) {
            doubts.push(format!("status-format does not show {option}"));
        }
        for session in self.sessions_without() {
            let session = one_line(session);
            doubts.push(format!("session {session} has a status line of its own, which does not show the HUD"));
        }
        if self.text().is_none() && !self.fresh {
            doubts.push("the daemon has written no text yet; `pintle doctor` says how it is".to_owned());
        }
        doubts
    }

    /// The sessions whose own status line keeps the HUD from being seen. What stands in `status-format` is for all alike.
    fn sessions_without(&self) -> &[String] {
        let in_lines = self.shown_in().is_some_and(|option| !option.starts_with("status-format"));
        if in_lines { &self.seen.sessions_without } else { &[] }
    }

    fn json(&self) -> Value {
        let key = |outcome: &Outcome| {
            let (state, why) = state(self.seen, outcome);
            json!({"does": outcome.key.name(), "key": outcome.name, "state": state, "why": why,
                "option": outcome.key.option()})
        };
        json!({
            "type": "tmux_status", "tmux": self.socket, "version": self.seen.version,
            "suffices": version::suffices(&self.seen.version),
            "installed": self.is_installed(), "current": self.is_current(),
            "hud": {"shown_in": self.shown_in(), "added": place::present(self.seen).is_some(), "text": self.text()},
            "sessions_without_hud": self.sessions_without(),
            "doubts": self.doubts(),
            "keys": self.plan.outcomes.iter().map(key).collect::<Vec<_>>(),
        })
    }

    fn words(&self) -> String {
        let mut lines = vec![("tmux", format!("{} at {}", self.seen.version, self.socket))];
        if !version::suffices(&self.seen.version) {
            lines.push(("", format!("- {}", version::NEEDED)));
        }
        lines.push(match (self.is_installed(), self.is_current()) {
            (_, true) => ("installed", "yes".to_owned()),
            (true, false) => ("installed", "options have changed since: `pintle tmux install`".to_owned()),
            (false, false) => ("installed", "no: `pintle tmux install`".to_owned()),
        });
        let hud = self.shown_in().map(|option| match place::present(self.seen) {
            Some(_) => format!("in {option}"),
            None => format!("in {option}, by your own doing"),
        });
        lines.push(("HUD", hud.unwrap_or_else(|| "nowhere".to_owned())));
        lines.extend(self.doubts().into_iter().map(|doubt| ("", format!("- {doubt}"))));
        for outcome in &self.plan.outcomes {
            let (state, why) = state(self.seen, outcome);
            let why = why.map(|why| format!(": {why}")).unwrap_or_default();
            let name = outcome.name.as_deref().unwrap_or_default();
            lines.push((outcome.key.name(), format!("{name:8}  {state}{why}").trim_start().to_owned()));
        }
        lines.into_iter().map(|(head, text)| format!("{head:10}  {text}").trim_end().to_owned() + "\n").collect()
    }
}

/// A key's state in a word, and the reason where there is one.
fn state(seen: &Seen, outcome: &Outcome) -> (&'static str, Option<String>) {
    let option = outcome.key.option();
    match &outcome.fate {
        Fate::Bound if outcome.key.present(seen).is_some() => ("bound", None),
        Fate::Bound => ("not bound", None),
        Fate::Off => ("off", Some(format!("{option} says so"))),
        Fate::Taken(command) => {
            let command = one_line(command);
            let does: String = command.chars().take(60).collect();
            let cut = if does.len() < command.len() { "…" } else { "" };
            ("skipped", Some(format!("it does `{does}{cut}`; name a key in {option}")))
        }
        Fate::Unknown => ("skipped", Some(format!("tmux knows no such key; name another in {option}"))),
    }
}
