//! What is to be written so that tmux is as it should be. Pure; the same plan says what is so already, for `status`.

use std::ffi::OsString;

use super::keys::{self, Caller, Keys, Outcome, Words};
use super::place::{self, Options, Place};
use super::quote::argument;
use super::seen::Seen;

/// The options that the daemon writes for status lines and borders. They stand in every pane, and globally.
const SHOWN: [&str; 3] = ["@pintle_hud", "@pintle_env", "@pintle_env_color"];

/// What is to be written, and what comes of it.
#[derive(Debug, PartialEq, Eq)]
pub struct Plan {
    /// tmux commands in their order, each a list of arguments. None where all is as it should be.
    pub commands: Vec<Vec<OsString>>,
    /// Where the HUD is.
    pub place: Place,
    /// What becomes of the keys.
    pub outcomes: Vec<Outcome>,
}

/// To be installed as the user's options want it.
pub fn install(seen: &Seen, caller: Caller<'_>) -> Plan {
    let place = place::wanted(seen);
    let keys = keys::install(seen, caller);
    plan(seen, place, keys, Options::new())
}

/// To leave everything as it was.
pub fn uninstall(seen: &Seen) -> Plan {
    let shown = SHOWN.map(|name| (name.to_owned(), None));
    plan(seen, Place::Off, keys::uninstall(seen), shown.into())
}

/// To leave these panes as they were. Unsetting what is not set is no error.
pub fn forget_panes<'a>(panes: impl IntoIterator<Item = &'a str>) -> Vec<Vec<OsString>> {
    let unset = |pane: &'a str| SHOWN.map(|name| ["set-option", "-pqu", "-t", pane, name].map(OsString::from).to_vec());
    panes.into_iter().flat_map(unset).collect()
}

/// To take out the hooks of a daemon that could not do it itself any more. `listed` are all hooks, as tmux lists them; what is the daemon's
/// is known by what it does, wherever it stands.
pub fn forget_hooks(listed: &str) -> Vec<Vec<OsString>> {
    let is_the_daemons = |command: &str| command.contains("refresh-client -A ") && command.contains(" -t client-");
    let hooks = listed.lines().filter_map(|line| line.split_once(' '));
    let left = hooks.filter(|(_, command)| is_the_daemons(command));
    left.map(|(hook, _)| ["set-hook", "-gu", hook].map(OsString::from).to_vec()).collect()
}

fn plan(seen: &Seen, place: Place, keys: Keys, mut options: Options) -> Plan {
    options.extend(place::options(seen, &place));
    // In this order something that fails half-way is done the next time: what a key did is forgotten when it does it again, and known
    // before it does something else.
    let commands = changes(seen, options)
        .chain(keys.put_back.iter().map(arguments))
        .chain(changes(seen, keys.options))
        .chain(keys.bind.iter().map(arguments))
        .collect();
    Plan { commands, place, outcomes: keys.outcomes }
}

/// Writes what is not so already: every option written redraws all clients.
fn changes(seen: &Seen, options: Options) -> impl Iterator<Item = Vec<OsString>> {
    let changed = options.into_iter().filter(|(name, value)| seen.option(name) != value.as_deref());
    changed.map(|(name, value)| match value {
        Some(value) => vec!["set-option".into(), "-g".into(), "--".into(), name.into(), argument(&value)],
        None => vec!["set-option".into(), "-gqu".into(), name.into()],
    })
}

fn arguments(words: &Words) -> Vec<OsString> {
    words.iter().map(|word| argument(word)).collect()
}

#[cfg(test)]
#[path = "plan_tests.rs"]
mod tests;
