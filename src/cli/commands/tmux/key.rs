//! `pintle tmux key`: what a key does. tmux's `run-shell` calls it, so it prints nothing; what there is to say is told to whoever pressed
//! the key ([`tell`](super::tell)).

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::Context as _;

use super::keys::Key;
use super::quote::{argument, no_format};
use super::server::Server;
use super::{log, tell};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::one_line;
use crate::protocol::cmd::Reply;
use crate::protocol::cmd::request::{GetPaneEnv, ListEnvs};

/// The key, and where it was pressed.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// What to do
    key: Key,
    /// The pane in which the key was pressed; `#{q:pane_id}` in a binding
    #[arg(long, value_name = "ID")]
    pane: String,
    /// The client at which it was pressed [default: the one used last]; `#{q:client_name}` in a binding
    #[arg(long, value_name = "NAME")]
    client: Option<String>,
    /// The folder in which it was pressed [default: this one]; `#{q:pane_current_path}` in a binding
    #[arg(long, value_name = "DIR", value_hint = clap::ValueHint::DirPath)]
    cwd: Option<PathBuf>,
}

impl Args {
    /// tmux knows no folder of a pane whose program has ended, and says so with an empty word.
    fn folder(&self) -> Option<&Path> {
        self.cwd.as_deref().filter(|cwd| !cwd.as_os_str().is_empty())
    }

    /// A tmux command that shows something to whoever pressed the key.
    pub fn shown(&self, command: &str) -> Vec<OsString> {
        let client = self.client.as_deref().filter(|client| !client.is_empty());
        let client = client.into_iter().flat_map(|client| ["-c", client]);
        [command, "-t", &self.pane].into_iter().chain(client).map(OsString::from).collect()
    }
}

/// What a key comes down to.
#[derive(Debug, PartialEq, Eq)]
enum Deed {
    /// A command of ours, run in the pane's folder. What it says on its standard error is told, and what it `answers` too where that is
    /// for people.
    Run { command: Vec<&'static str>, answers: bool },
    /// A command of ours in a popup over the pane.
    Popup {
        command: Vec<&'static str>,
        /// Columns and rows, in per cent.
        size: [&'static str; 2],
        /// What else can be done, said below what the command has printed, which stays until it is closed. `None`: the popup goes when the
        /// command has succeeded; else it stays, and the message in it can be read.
        foot: Option<&'static str>,
    },
    /// The environments there are, to choose the pane's from.
    Environments,
}

/// What each key does. `PANE` stands for the pane.
fn deed(key: Key) -> Deed {
    match key {
        Key::Right => Deed::Run { command: vec!["spawn", "--split", "right"], answers: false },
        Key::Below => Deed::Run { command: vec!["spawn", "--split", "below"], answers: false },
        Key::Next => Deed::Run { command: vec!["pane", "next", "--pane", PANE], answers: true },
        Key::Palette => Deed::Popup { command: vec!["palette", "--pane", PANE], size: ["90%", "80%"], foot: None },
        Key::Notify => Deed::Popup {
            command: vec!["notify", "list"],
            size: ["80%", "60%"],
            foot: Some("`pintle notify drain` empties the list"),
        },
        Key::Env => Deed::Environments,
    }
}

const PANE: &str = "PANE";

/// Does what a key does.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("tmux key", "leave --json out")?;
    let server = Server::around().map_err(|error| error.with_hint("`pintle tmux install` binds it to a key"))?;
    let done = match deed(args.key) {
        Deed::Run { command, answers } => in_folder(context, args, &command, answers),
        Deed::Popup { command, size, foot } => popup(context, &server, args, &command, size, foot).map(|()| None),
        Deed::Environments => environments(context, &server, args).map(|()| None),
    };
    let said = done.unwrap_or_else(|error| Some(format!("{error:#}")));
    if let Some(message) = said.map(|said| format!("pintle: {said}")) {
        // Nobody is attached, for instance: the log is what is left.
        if let Err(unheard) = tell::tell(&server, args, &message) {
            log::write(context, &format!("{message}; not shown: {unheard:#}"))?;
        }
    }
    Ok(Exit::Done)
}

/// Our own words for a pane.
fn words<'a>(command: &[&'a str], pane: &'a str) -> Vec<&'a str> {
    command.iter().map(|word| if *word == PANE { pane } else { word }).collect()
}

/// This program, and the options with which it finds the same daemon.
fn own(context: &Context) -> anyhow::Result<(PathBuf, Vec<OsString>)> {
    let program = std::env::current_exe().context("our own program")?;
    let socket = context.socket.iter().flat_map(|socket| ["--socket".into(), socket.clone().into_os_string()]);
    Ok((program, socket.collect()))
}

/// Runs a command of ours. What it says on its standard error is what the user should know, whether it failed or not; so is what it
/// answers, where that is for people.
fn in_folder(context: &Context, args: &Args, command: &[&str], answers: bool) -> anyhow::Result<Option<String>> {
    let (program, options) = own(context)?;
    let mut child = Command::new(program);
    child.args(options).args(words(command, &args.pane)).stdin(Stdio::null()).env("TMUX_PANE", &args.pane);
    let cwd = args.folder();
    if let Some(cwd) = cwd {
        child.current_dir(cwd);
    }
    let output = child.output().with_context(|| cwd.unwrap_or(Path::new(".")).display().to_string())?;
    let said = [Some(&output.stderr), answers.then_some(&output.stdout)].into_iter().flatten();
    let said = said.map(|said| message(&String::from_utf8_lossy(said))).find(|said| !said.is_empty());
    match output.status.success() || said.is_some() {
        true => Ok(said),
        false => Err(anyhow::anyhow!("`pintle {}`: {}", command.join(" "), output.status)),
    }
}

fn popup(
    context: &Context,
    server: &Server,
    args: &Args,
    command: &[&str],
    [width, height]: [&str; 2],
    foot: Option<&str>,
) -> anyhow::Result<()> {
    let folder = args.folder().and_then(Path::to_str).map(|cwd| argument(no_format(cwd, false).as_bytes()));
    let (program, options) = own(context)?;
    let mut command_line = vec![program.into_os_string()];
    command_line.extend(options);
    command_line.extend(words(command, &args.pane).into_iter().map(OsString::from));

    let mut tmux = args.shown("display-popup");
    tmux.extend(["-w", width, "-h", height].map(OsString::from));
    tmux.extend(folder.iter().flat_map(|folder| ["-d".into(), folder.clone()]));
    match foot {
        None => tmux.extend(["-EE", "--"].map(OsString::from)),
        Some(foot) => {
            let foot = format!("[Esc closes this; {foot}]");
            tmux.extend(["--", "sh", "-c", WITH_FOOT, &foot].map(OsString::from));
        }
    }
    tmux.extend(command_line.iter().cloned());
    match server.ask(tmux) {
        Err(error) if error.to_string().contains("unknown command") => {}
        asked => return asked.map(drop),
    }
    // A tmux that was built without popups: a pane that goes when the command does.
    let mut tmux: Vec<OsString> =
        ["split-window", "-P", "-F", "#{pane_id}", "-t", &args.pane, "-l", height].map(OsString::from).into();
    tmux.extend(folder.iter().flat_map(|folder| ["-c".into(), folder.clone()]));
    tmux.push("--".into());
    if let Some(foot) = foot {
        let foot = format!("[Enter closes this; {foot}]");
        tmux.extend(["sh", "-c", &format!("{WITH_FOOT}; read -r _"), &foot].map(OsString::from));
    }
    tmux.extend(command_line);
    let pane = server.ask(tmux)?;
    // Whoever keeps the panes of programs that have ended does not want to keep this one.
    let goes = ["set-option", "-p", "-t", pane.trim(), "remain-on-exit", "off"];
    server.ask(goes.map(OsString::from)).map(drop)
}

/// A menu of the environments. What is chosen holds in the pane.
fn environments(context: &Context, server: &Server, args: &Args) -> anyhow::Result<()> {
    let mut client = context.client();
    let (reply, _) = client.ask_cmd(ListEnvs { reveal: false })?;
    let Reply::ListEnvs(list) = reply else { anyhow::bail!("the daemon's answer is not understood") };
    if list.envs.is_empty() {
        anyhow::bail!("no environment is described yet ({} is where they go)", context.places.envs_file().display());
    }
    let tmux = crate::cli::show::server();
    let (reply, _) = client.ask_cmd(GetPaneEnv { pane: args.pane.clone(), tmux })?;
    let holds = match reply {
        Reply::GetPaneEnv(answer) => answer.env,
        _ => None,
    };
    let (program, options) = own(context)?;
    let call = |words: &[&str]| {
        let own = [program.as_os_str()].into_iter().chain(options.iter().map(OsString::as_os_str));
        let words: Vec<String> = own
            .map(|word| word.to_string_lossy().into_owned())
            .chain(words.iter().map(|word| (*word).to_owned()))
            .collect();
        run_shell(&shell_words::join(&words))
    };
    let mut tmux = args.shown("display-menu");
    tmux.extend(["-T", " environment ", "-x", "P", "-y", "P", "--"].map(OsString::from));
    for (at, env) in list.envs.iter().enumerate() {
        let color = env.color.as_deref().filter(|color| color.chars().all(|c| c.is_ascii_alphanumeric() || c == '#'));
        let color = color.map(|color| format!("#[fg={color}]")).unwrap_or_default();
        let mark = if holds.as_deref() == Some(&env.name) { "> " } else { "  " };
        let label = format!("{mark}{color}{}", no_format(&env.name, false));
        let key = SHORTCUTS.get(at..=at).unwrap_or_default();
        // A name that begins with `-` would be no item, but one that cannot be chosen.
        tmux.extend([label.into(), key.into(), call(&["env", "set", "--pane", &args.pane, "--", &env.name]).into()]);
    }
    tmux.push("".into());
    tmux.extend(["  none of its own".into(), "x".into(), call(&["env", "clear", "--pane", &args.pane]).into()]);
    server.ask(tmux).map(drop)
}

/// Keys of the first items of a menu. `q` closes it, and `x` is taken.
const SHORTCUTS: &str = "123456789abcdefghijklmnoprstuvwyz";

/// The command of a menu's item that runs a line of a shell. A menu expands its items' commands once when it is shown, and `run-shell`
/// once more.
fn run_shell(line: &str) -> String {
    let mut quoted = String::from("run-shell -b \"");
    for c in no_format(&no_format(line, false), false).chars() {
        if matches!(c, '"' | '\\' | '$' | '~') {
            quoted.push('\\');
        }
        quoted.push(c);
    }
    quoted.push('"');
    quoted
}

/// A command, and a line (as the shell's own name) below what it has printed.
const WITH_FOOT: &str = r#""$@"; printf '\n%s' "$0""#;

/// What a command of ours said, on one line: `pintle: X` and `hint: Y` become `X (Y)`.
fn message(said: &str) -> String {
    let mut lines = said.lines().map(one_line).filter(|line| !line.is_empty());
    let first = lines.next().unwrap_or_default();
    let first = first.trim_start_matches("pintle: ").trim_start_matches("error: ");
    match lines.next().as_deref().and_then(|line| line.strip_prefix("hint: ")) {
        Some(hint) => format!("{first} ({hint})"),
        None => first.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_commands_say_fits_a_line() {
        fn check(said: &str, expected: &str) {
            assert_eq!(message(said), expected, "{said:?}");
        }
        check("", "");
        check("pintle: no project\n  hint: `pintle init` makes one\n", "no project (`pintle init` makes one)");
        check("pintle: no\tproject\x1b[0m\n", "no project [0m");
        check("error: unrecognized subcommand 'x'\n\nUsage: pintle\n", "unrecognized subcommand 'x'");
        check("\n\npintle: a\nb\n", "a");
    }

    #[test]
    fn the_pane_is_put_in() {
        assert_eq!(words(&["palette", "--pane", PANE], "%3"), ["palette", "--pane", "%3"]);
    }
}
