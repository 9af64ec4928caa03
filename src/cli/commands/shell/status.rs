//! `pintle shell status`

use std::path::Path;

use serde_json::{Value, json};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::{one_line, visible};
use crate::cli::run::explain;
use crate::cli::shell::told::{self, Place};
use crate::cli::shell::{self, Hooks, Shell, VERSION, probe};
use crate::environment::script::Wrapped;

/// Say what this shell has: hooks, wrapped commands, shims, and whether it has applied what holds in its pane
///
/// Ends with 1 when the shell that it was typed at has no hooks. Which commands your own functions and aliases keep is asked of a new
/// interactive shell, as your start-up files make it.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// What was found.
struct Status {
    /// The shell that we were typed at.
    shell: Option<(i32, String, Option<Shell>)>,
    /// Its hooks.
    hooks: Option<Hooks>,
    place: Place,
    /// What of the commands means something else to a new shell; `None` where none answered.
    kept: Option<Vec<probe::Kept>>,
    /// How many folders stand before the shims on PATH; `None` where they are not on it.
    shims: Option<usize>,
}

/// Finds out and says so.
pub fn run(context: &Context, _: &Args) -> anyhow::Result<Exit> {
    let shell = shell::above();
    let hooks = Hooks::inherited().filter(|hooks| shell.as_ref().is_some_and(|(pid, ..)| *pid == hooks.pid));
    let place = Place::look(&context.places)?;
    let known = shell.as_ref().and_then(|(pid, _, shell)| Some((*pid, (*shell)?)));
    let kept = match known {
        Some((pid, known)) if !place.commands.is_empty() => {
            let start = probe::Start::of_process(pid);
            let found = probe::ask(known, start, known.name().as_ref(), &place.names(), &context.clock)?;
            found.map(|found| found.kept)
        }
        _ => Some(Vec::new()),
    };
    let shims = told::place_on_path(&std::env::var_os("PATH").unwrap_or_default(), &context.places.shims());
    let status = Status { shell, hooks, place, kept, shims };
    match context.output.is_json() {
        true => context.output.json(&status.json(&context.places.shims()))?,
        false => context.output.text(&status.words(&context.places.shims()))?,
    }
    Ok(if status.hooks.is_some() { Exit::Done } else { Exit::Failed })
}

impl Status {
    fn json(&self, shims: &Path) -> Value {
        let shell = self.shell.as_ref();
        let commands = |how: Wrapped| -> Vec<&String> {
            self.place.commands.iter().filter(|command| command.1 == how).map(|(name, _)| name).collect()
        };
        let kept = self
            .kept
            .as_ref()
            .map(|kept| kept.iter().map(|kept| json!({"name": kept.name, "alias": kept.alias})).collect::<Vec<_>>());
        json!({
            "type": "shell_status",
            "shell": shell.map(|(_, name, _)| name),
            "pid": shell.map(|(pid, ..)| pid),
            "hooks": self.hooks.as_ref().map(|hooks| &hooks.version),
            "hooks_current": self.hooks.as_ref().map(|hooks| hooks.version == VERSION),
            "pane": self.place.pane,
            "env": self.place.told.as_ref().and_then(|(told, _)| told.name.as_ref()),
            "source": self.place.told.as_ref().map(|(_, rung)| rung),
            "wanted": self.place.told.as_ref().map(|(told, _)| &told.hash),
            "applied": self.place.applied,
            "commands": {"run": commands(Wrapped::Runs), "variables": commands(Wrapped::Sets)},
            "kept": kept,
            "shims": {"folder": shims, "on_path": self.shims.is_some(), "behind": self.shims},
        })
    }

    fn words(&self, shims: &Path) -> String {
        let mut said = String::new();
        let mut line = |what: &str, text: String| said.push_str(&format!("{what:12} {text}\n"));
        let shell = match &self.shell {
            Some((pid, name, _)) => format!("{name}, pid {pid}"),
            None => "none; this was not typed at one".to_owned(),
        };
        line("shell", shell);
        line("hooks", self.hooks_words());
        line("environment", self.environment());
        let command = |(name, how): &(String, Wrapped)| match how {
            Wrapped::Runs => Some(name.clone()),
            Wrapped::Sets => Some(format!("{name} (variables)")),
            Wrapped::Looks => None,
        };
        let commands: Vec<String> = self.place.commands.iter().filter_map(command).collect();
        line("commands", if commands.is_empty() { "none has rules here".to_owned() } else { commands.join(", ") });
        match &self.kept {
            None => line("yours", "a new shell did not answer within its time".to_owned()),
            Some(kept) => kept.iter().for_each(|kept| line("yours", kept.words())),
        }
        let folder = visible(&shims.to_string_lossy());
        let shims = match self.shims {
            None => format!("{folder} is not on PATH: scripts and xargs go without rules that are no variables"),
            Some(0) => format!("{folder} stands first on PATH"),
            Some(before) => format!("{folder} is on PATH, behind {before} other folders"),
        };
        line("shims", shims);
        said
    }

    fn hooks_words(&self) -> String {
        let known = self.shell.as_ref().and_then(|(.., shell)| *shell);
        match (&self.hooks, known) {
            (Some(hooks), _) if hooks.version == VERSION => format!("loaded, version {VERSION}"),
            (Some(hooks), _) => {
                let version = one_line(&hooks.version);
                format!("loaded, but version {version} and not {VERSION}; if you cache the text, make it anew")
            }
            (None, Some(shell)) => format!("not loaded; {}", shell.how_to()),
            (None, None) => "there are none for it; scripts and agents have the shims".to_owned(),
        }
    }

    fn environment(&self) -> String {
        let Some((told, rung)) = &self.place.told else {
            return "no daemon has told yet; `pintle daemon start`".to_owned();
        };
        let name = match &told.name {
            Some(name) => format!("{} ({})", one_line(name), explain::from(rung)),
            None => "none is set".to_owned(),
        };
        match &self.place.applied {
            Some(applied) if *applied == told.hash => format!("{name}; applied"),
            Some(_) => format!("{name}; not applied yet, at the next prompt"),
            None => name,
        }
    }
}
