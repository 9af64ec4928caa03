//! What is looked at, in the order in which one thing needs the other.

use std::io::{self, IsTerminal};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process::Command;

use rustix::net::sockopt::socket_peercred;

use super::verdict::Verdict;
use super::{chosen, shell, worktrees};
use crate::base::files::try_lock;
use crate::base::yaml::YamlError;
use crate::cli::commands::config::{how_to_edit, project_file};
use crate::cli::commands::{daemon, tmux};
use crate::cli::context::{A_LOOK, Context};
use crate::client::{Client, ClientError};
use crate::daemon::check::{Which, check};
use crate::protocol::cmd::request as cmd;
use crate::protocol::typed::request::{GetConfig, Health};
use crate::protocol::{Code, PROTOCOL_VERSION};

/// Where verdicts go.
pub type Say<'a> = &'a mut dyn FnMut(Verdict) -> io::Result<()>;

/// Looks at everything.
pub fn all(context: &Context, start: bool, say: Say<'_>) -> anyhow::Result<()> {
    let places = &context.places;
    say(Verdict::ok("version", concat!("pintle ", env!("CARGO_PKG_VERSION"))))?;
    say(folder("runtime", &places.runtime))?;
    say(folder("log", &places.log()))?;
    let mut client = if start { context.client_that_starts() } else { context.client_of_running() }.at_most(A_LOOK);
    let runs = daemon_itself(context, &mut client, say)?;
    if runs {
        say(shim(&places.shim()))?;
    }
    config(context, runs.then_some(&mut client)).into_iter().try_for_each(&mut *say)?;
    if let (true, Ok(root)) = (runs, context.project_root()) {
        worktrees::all(&mut client, root).into_iter().try_for_each(&mut *say)?;
    }
    chosen::all(context).into_iter().try_for_each(&mut *say)?;
    say(log(context))?;
    say(tmux_itself())?;
    say(git())?;
    say(terminal())?;
    shell::all(context, say)?;
    Ok(())
}

/// A folder that must be ours alone, where it is there at all.
fn folder(what: &'static str, path: &Path) -> Verdict {
    let shown = path.display();
    let meta = match std::fs::symlink_metadata(path) {
        Ok(meta) => meta,
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Verdict::ok(what, format!("{shown}: not there yet; the daemon makes it"));
        }
        Err(error) => return Verdict::fail(what, format!("{shown}: {error}"), "make it readable, or remove it"),
    };
    let (mode, owner) = (meta.permissions().mode() & 0o777, meta.uid());
    if !meta.is_dir() || owner != rustix::process::geteuid().as_raw() {
        let advice = "remove it, or set XDG_RUNTIME_DIR to a folder of your own";
        return Verdict::fail(what, format!("{shown}: not a folder of yours (uid {owner})"), advice);
    }
    match mode & 0o077 {
        0 => Verdict::ok(what, format!("{shown} (mode {mode:o})")),
        _ => Verdict::warn(what, format!("{shown}: others may look in (mode {mode:o})"), format!("chmod 700 {shown}")),
    }
}

/// Keeper, daemon, lock and socket. Whether a daemon answers.
fn daemon_itself(context: &Context, client: &mut Client, say: Say<'_>) -> anyhow::Result<bool> {
    let socket = context.places.socket();
    let shown = socket.display();
    let keeper = match client.stream() {
        Ok(stream) => socket_peercred(stream)?.pid.as_raw_pid(),
        Err(error @ ClientError::Unreachable { .. }) => {
            say(absent(context, &error))?;
            return Ok(false);
        }
        Err(error) => {
            let advice = error.hint().unwrap_or_else(|| "`pintle daemon logs --keeper` may say more".to_owned());
            say(Verdict::fail("keeper", error.to_string(), advice))?;
            return Ok(false);
        }
    };
    let mode = std::fs::metadata(&socket).map(|meta| meta.permissions().mode() & 0o777);
    say(match mode {
        Ok(0o600) => Verdict::ok("socket", format!("{shown} (mode 600)")),
        Ok(mode) => Verdict::warn("socket", format!("{shown} (mode {mode:o})"), format!("chmod 600 {shown}")),
        Err(error) => Verdict::warn("socket", format!("{shown}: {error}"), "`pintle daemon stop` and start it again"),
    })?;
    say(Verdict::ok("keeper", format!("pid {keeper}, {}", program(keeper))))?;
    let health = match client.ask(Health {}) {
        Ok(health) => health,
        Err(error) => {
            let advice = "`pintle daemon logs --keeper` says whether it dies; agents are not touched by that";
            say(Verdict::fail("daemon", error.to_string(), advice))?;
            return Ok(false);
        }
    };
    let seen = format!("pid {}, {} agents, {} projects", health.pid, health.agent_count, health.projects.len());
    say(match health.protocol_version {
        PROTOCOL_VERSION => Verdict::ok("daemon", seen),
        other => {
            let seen = format!("{seen}, protocol {other} and not {PROTOCOL_VERSION}");
            Verdict::fail("daemon", seen, "`pintle daemon restart` lets it run the program that is installed now")
        }
    })?;
    Ok(true)
}

/// Nobody listens. Whether that is a trouble depends on the lock: who holds it should.
fn absent(context: &Context, error: &ClientError) -> Verdict {
    // That of the state folder holds where the runtime folder was removed. Looked at before it is tried: trying makes the file.
    let is_held = |lock: &PathBuf| lock.exists() && matches!(try_lock(lock), Ok(None));
    match [context.places.state_lock_file(), context.places.lock_file()].into_iter().find(is_held) {
        Some(lock) => Verdict::fail(
            "daemon",
            format!("a keeper holds {}, and {error}", lock.display()),
            "`pintle daemon logs --keeper` says what it does; its pid is the first word in the lock or in daemon.pid beside it",
        ),
        None => {
            Verdict::warn("daemon", "it does not run", "the next command starts it; so does `pintle doctor --start`")
        }
    }
}

/// Whether a process runs the program that is on disk now.
fn program(pid: i32) -> String {
    match std::fs::read_link(format!("/proc/{pid}/exe")) {
        Ok(path) => path.display().to_string(),
        Err(error) => format!("program unknown: {error}"),
    }
}

/// What hooks of agents run when they say `pintle`. Whether it works is known when it has.
fn shim(link: &Path) -> Verdict {
    let shown = link.display();
    match first_line(&link.to_string_lossy(), "--version") {
        Some(version) => Verdict::ok("hooks", format!("agents run {shown}: {version}")),
        None => Verdict::warn(
            "hooks",
            format!("{shown} cannot be run, so that `pintle report` in hooks of agents may not work"),
            "`pintle daemon restart` makes it anew",
        ),
    }
}

/// The files, and what a daemon that runs made of them.
fn config(context: &Context, mut client: Option<&mut Client>) -> Vec<Verdict> {
    let root = match context.project_root() {
        Ok(root) => root,
        Err(error) => return vec![Verdict::fail("config", format!("{error:#}"), "go to another folder")],
    };
    let found = check(&context.places, Some(&project_file(&root)));
    let mut verdicts = Vec::new();
    for error in &found.errors {
        let holds = client.as_deref_mut().and_then(|client| what_holds(context, client, error));
        let seen = holds.unwrap_or_else(|| error.to_string());
        verdicts.push(Verdict::fail("config", seen, how_to_edit(context, &error.path)));
    }
    if let Some(client) = client.filter(|_| found.errors.is_empty()) {
        verdicts.push(kinds(client, root));
    } else if found.errors.is_empty() {
        verdicts.push(Verdict::ok("config", "no mistakes in the files"));
    }
    let advice = "correct it, or take it out if it is nobody's";
    verdicts.extend(found.warnings.iter().map(|warning| Verdict::warn("config", warning.to_string(), advice)));
    verdicts
}

/// A broken file in the daemon's words, which say what is in force in its place; `None` where it has none.
fn what_holds(context: &Context, client: &mut Client, error: &YamlError) -> Option<String> {
    let which = Which::ALL.into_iter().find(|which| which.path(&context.places) == error.path)?;
    match client.ask_cmd(cmd::GetConfig { key: which.as_str().to_owned(), reveal: false }) {
        Err(ClientError::Refused(refused)) if refused.code == Code::ConfigError => Some(refused.message),
        _ => None,
    }
}

/// The kinds of agents that the files make.
fn kinds(client: &mut Client, project_root: String) -> Verdict {
    match client.ask(GetConfig { project_root }) {
        Ok(report) => {
            let kinds: Vec<&str> = report.agents.keys().map(String::as_str).collect();
            Verdict::ok("config", format!("kinds: {}; default {}", kinds.join(", "), report.default_agent))
        }
        Err(ClientError::Refused(refused)) if refused.code == Code::NotInitialized => {
            Verdict::ok("config", "this folder is no project; `pintle init` makes one of it")
        }
        Err(error) => Verdict::fail("config", error.to_string(), "`pintle daemon logs` may say more"),
    }
}

/// Errors of today.
fn log(context: &Context) -> Verdict {
    let folder = context.places.log();
    let Some(path) = daemon::newest_log(&folder) else { return Verdict::ok("errors", "no log yet") };
    let text = std::fs::read(&path).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let errors: Vec<&str> = text.lines().filter(|line| is_error(line)).collect();
    match errors.last() {
        None => Verdict::ok("errors", format!("none in {}", path.display())),
        Some(last) => Verdict::warn("errors", format!("{} in {}", errors.len(), path.display()), last.trim()),
    }
}

/// Whether a line of the log begins with a time and the level of errors. What stands behind them others may have written.
fn is_error(line: &str) -> bool {
    let mut words = line.split_ascii_whitespace();
    words.next().is_some_and(|time| time.starts_with(|first: char| first.is_ascii_digit()))
        && words.next() == Some("ERROR")
}

fn tmux_itself() -> Verdict {
    let Some(version) = first_line("tmux", "-V") else {
        let advice = "install tmux 3.2 or later; agents run without it, and are shown with `pintle attach`";
        return Verdict::warn("tmux", "not found", advice);
    };
    match tmux::version::suffices(version.trim_start_matches("tmux ")) {
        false => Verdict::warn("tmux", version, tmux::version::NEEDED),
        true => Verdict::ok("tmux", version),
    }
}

fn git() -> Verdict {
    match first_line("git", "--version") {
        Some(version) => Verdict::ok("git", version),
        None => Verdict::warn("git", "not found", "install git; agents in worktrees need it"),
    }
}

fn first_line(program: &str, argument: &str) -> Option<String> {
    let output = Command::new(program).arg(argument).output().ok().filter(|output| output.status.success())?;
    String::from_utf8_lossy(&output.stdout).lines().next().map(str::to_owned)
}

fn terminal() -> Verdict {
    let variable = |name| std::env::var(name).ok().filter(|value| !value.is_empty());
    if !io::stdout().is_terminal() {
        return Verdict::ok("terminal", "standard output is none");
    }
    let inside = if variable("TMUX").is_some() { ", in tmux" } else { "" };
    match variable("TERM") {
        Some(term) if term != "dumb" => Verdict::ok("terminal", format!("{term}{inside}")),
        _ => {
            Verdict::warn("terminal", "TERM is not set, or is `dumb`", "attach needs a terminal that moves its cursor")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::doctor::verdict::Worth;

    #[test]
    fn errors_in_a_log() {
        assert!(is_error("2026-01-31T09:00:05.123456Z ERROR pintle::daemon::run: the keeper is gone"));
        for line in [
            "2026-01-31T09:00:05.123456Z  INFO pintle::daemon: origin=\"me\" an ERROR of mine",
            "  ERROR",
            "x ERROR y",
            "ERROR",
            "",
        ] {
            assert!(!is_error(line), "{line}");
        }
    }

    #[test]
    fn folders_of_ours_alone() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("run");
        assert_eq!(folder("runtime", &path).worth, Worth::Ok);
        std::fs::create_dir(&path).unwrap();
        for (mode, worth) in [(0o700, Worth::Ok), (0o755, Worth::Warn)] {
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
            assert_eq!(folder("runtime", &path).worth, worth, "{mode:o}");
        }
        let file = temp.path().join("file");
        std::fs::write(&file, "").unwrap();
        assert_eq!(folder("runtime", &file).worth, Worth::Fail);
    }
}
