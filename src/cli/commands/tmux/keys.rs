//! Our keys under tmux's prefix: which they are, and what to do so that they are bound, or are as they were.
//!
//! Pure. A key that is bound to something is left alone, unless the user names it in an option of ours: then it was asked for, and what it did
//! is remembered in another option, as tmux itself writes it, for the day we leave.

use clap::ValueEnum;

use super::place::Options;
use super::quote::no_format;
use super::seen::{Asked, Binding, Seen, TABLE};

/// What a key of ours does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Key {
    /// A new agent in a pane beside this one
    Right,
    /// A new agent in a pane below this one
    Below,
    /// The next agent that waits for you
    Next,
    /// The palette: everything by a few letters
    Palette,
    /// Notifications
    Notify,
    /// The environment of the pane
    Env,
}

impl Key {
    /// All, in the order in which they are bound.
    pub const ALL: [Self; 6] = [Self::Right, Self::Below, Self::Next, Self::Palette, Self::Notify, Self::Env];

    /// Its word, in options and on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Right => "right",
            Self::Below => "below",
            Self::Next => "next",
            Self::Palette => "palette",
            Self::Notify => "notify",
            Self::Env => "env",
        }
    }

    /// The key where the user names none: letters that tmux itself leaves free.
    pub fn default_key(self) -> &'static str {
        match self {
            Self::Right => "A",
            Self::Below => "B",
            Self::Next => "W",
            Self::Palette => "P",
            Self::Notify => "N",
            Self::Env => "e",
        }
    }

    /// What `list-keys -N` says of it.
    pub fn note(self) -> &'static str {
        match self {
            Self::Right => "New agent on the right",
            Self::Below => "New agent below",
            Self::Next => "Next agent that waits",
            Self::Palette => "Agents and commands by a few letters",
            Self::Notify => "Notifications of agents",
            Self::Env => "Environment of the pane",
        }
    }

    /// Where the user names a key.
    pub fn option(self) -> String {
        format!("@pintle_{}_key", self.name())
    }

    /// Remembers the key we have bound and to what: `KEY COMMAND`.
    fn bound(self) -> String {
        format!("@pintle_bound_{}", self.name())
    }

    /// Remembers what the key did before.
    fn saved(self) -> String {
        format!("@pintle_saved_{}_key", self.name())
    }

    /// By what a command of ours is known in a key table.
    fn mark(self) -> String {
        format!(" tmux key {} ", self.name())
    }

    /// The key the user wants, and whether he asked for it; `None` for none.
    fn wanted(self, seen: &Seen) -> Option<(String, bool)> {
        match seen.option_text(&self.option()) {
            None => Some((self.default_key().to_owned(), false)),
            Some(key) if key.trim().is_empty() || key == "off" => None,
            Some(key) => Some((key, true)),
        }
    }

    /// The key that we have bound, as long as it still is.
    pub fn present(self, seen: &Seen) -> Option<&Binding> {
        let remembered = seen.option_text(&self.bound())?;
        let (key, _) = remembered.split_once(' ')?;
        let mark = self.mark();
        let is_ours = |binding: &&Binding| binding.command.windows(mark.len()).any(|words| words == mark.as_bytes());
        seen.binding(key).filter(is_ours)
    }
}

/// What becomes of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fate {
    /// It is bound to what it should be.
    Bound,
    /// The user wants none.
    Off,
    /// It does something else, which is left alone: the command.
    Taken(String),
    /// tmux knows no key of that name.
    Unknown,
}

/// A key with what becomes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// Which.
    pub key: Key,
    /// Its name in tmux, where there is to be one.
    pub name: Option<String>,
    /// What becomes of it.
    pub fate: Fate,
}

/// A tmux command, word for word.
pub type Words = Vec<Vec<u8>>;

/// What is to be done to the key table and to our memory of it, and what comes of it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Keys {
    /// First, keys are given back to what they did, since one of ours may get another one's.
    pub put_back: Vec<Words>,
    /// Then, what we remember.
    pub options: Options,
    /// And last, keys are bound.
    pub bind: Vec<Words>,
    /// What becomes of each key.
    pub outcomes: Vec<Outcome>,
}

/// How tmux starts us: our program's words, for a shell.
#[derive(Debug, Clone, Copy)]
pub struct Caller<'a>(pub &'a str);

impl Caller<'_> {
    /// The command behind a key. Where it is pressed stands in it as formats: `run-shell` gives no `TMUX_PANE`, and who has pressed it
    /// cannot be found out later, since the daemon's client counts as one too.
    fn command(self, key: Key) -> String {
        let formats = "--client=#{q:client_name} --pane=#{q:pane_id} --cwd=#{q:pane_current_path}";
        format!("{}{}{formats}", no_format(self.0, false), key.mark())
    }
}

/// The keys whose names only tmux itself can make sense of.
pub fn unclear(seen: &Seen) -> Vec<String> {
    let wanted = Key::ALL.into_iter().filter_map(|key| key.wanted(seen)).map(|(key, _)| key);
    let remembered = Key::ALL.into_iter().filter_map(|key| seen.option_text(&key.bound()));
    let remembered = remembered.filter_map(|bound| Some(bound.split_once(' ')?.0.to_owned()));
    let mut keys: Vec<String> = wanted.chain(remembered).filter(|key| seen.is_unclear(key)).collect();
    keys.sort();
    keys.dedup();
    keys
}

/// What to do so that our keys are bound as the user wants them.
pub fn install(seen: &Seen, caller: Caller<'_>) -> Keys {
    let mut keys = Keys::default();
    for key in Key::ALL {
        let outcome = outcome(seen, key, &keys.outcomes);
        let name = outcome.name.as_deref().filter(|_| outcome.fate == Fate::Bound);
        let command = caller.command(key);
        // Under the name the user gave it: tmux's own may not be known before it is bound.
        let asked = key.wanted(seen).filter(|_| name.is_some());
        let bound = asked.map(|(name, _)| format!("{name} {command}").into_bytes());
        let present = key.present(seen);
        let stays = present.is_some_and(|binding| Some(binding.key.as_str()) == name);
        keys.put_back.extend(present.filter(|_| !stays).map(|binding| put_back(seen, key, binding)));
        let is_done = stays && seen.option(&key.bound()) == bound.as_deref();
        keys.bind.extend(name.filter(|_| !is_done).map(|name| bind(name, key, &command)));
        let before = name.and_then(|name| before(seen, name));
        keys.options.extend([(key.bound(), bound), (key.saved(), before)]);
        keys.outcomes.push(outcome);
    }
    keys
}

/// What to do so that the key table is as it was.
pub fn uninstall(seen: &Seen) -> Keys {
    let mut keys = Keys::default();
    for key in Key::ALL {
        keys.put_back.extend(key.present(seen).map(|binding| put_back(seen, key, binding)));
        keys.options.extend([(key.bound(), None), (key.saved(), None)]);
    }
    keys
}

fn outcome(seen: &Seen, key: Key, others: &[Outcome]) -> Outcome {
    let Some((name, asked)) = key.wanted(seen) else { return Outcome { key, name: None, fate: Fate::Off } };
    let name = seen.canonical(&name).to_owned();
    let other = others.iter().find(|other| other.fate == Fate::Bound && other.name.as_ref() == Some(&name));
    let fate = match (seen.asked.get(&name), other, before(seen, &name)) {
        (Some(Asked::Unknown), ..) => Fate::Unknown,
        (_, Some(other), _) => Fate::Taken(format!("pintle tmux key {}", other.key.name())),
        (_, None, Some(_)) if !asked => Fate::Taken(command(seen, &name)),
        _ => Fate::Bound,
    };
    Outcome { key, name: Some(name), fate }
}

fn command(seen: &Seen, name: &str) -> String {
    let command = seen.binding(name).map(|binding| binding.command.as_slice()).unwrap_or_default();
    String::from_utf8_lossy(command).into_owned()
}

/// The binding that a key has without us, as a command that makes it.
fn before(seen: &Seen, name: &str) -> Option<Vec<u8>> {
    let now = seen.binding(name)?;
    match Key::ALL.into_iter().find(|key| key.present(seen) == Some(now)) {
        Some(ours) => seen.option(&ours.saved()).map(<[u8]>::to_vec),
        None => Some(now.line.clone()),
    }
}

/// Gives a key of ours back to what it did. A binding is read by tmux as a whole: word for word on a command line, its `{ … }` would become
/// text.
fn put_back(seen: &Seen, key: Key, binding: &Binding) -> Words {
    match seen.option(&key.saved()) {
        Some(line) => words(["if-shell", "-F", "1"], [line]),
        None => words(["unbind-key", "-T", TABLE], [binding.key.as_bytes()]),
    }
}

fn bind(name: &str, key: Key, command: &str) -> Words {
    words(["bind-key", "-N", key.note(), "-T", TABLE, name, "run-shell", "-b"], [command.as_bytes()])
}

fn words<const M: usize, const N: usize>(head: [&str; M], tail: [&[u8]; N]) -> Words {
    head.iter().map(|word| word.as_bytes()).chain(tail).map(<[u8]>::to_vec).collect()
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
