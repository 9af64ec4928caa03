//! `pintle env arm|disarm|log`

use std::io::{BufRead, BufReader, Write};
use std::time::Duration;

use clap_complete::ArgValueCandidates;

use crate::base::files::read_if_there;
use crate::cli::commands::pane::here;
use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::cli::output::{one_line, visible};
use crate::cli::show::{self, Pane};
use crate::environment::audit::AuditEntry;
use crate::protocol::cmd::reply::Reply;
use crate::protocol::cmd::request::{ArmEnv, DisarmEnv};

/// Lift an environment's guard for a while, in the pane we are in
///
/// It wants the environment's name typed on the terminal, is shown in the status bar while it lasts, and is written down (see
/// `pintle env log`). An agent cannot do it, nor can anybody for a pane that shows one.
#[derive(Debug, clap::Args)]
pub struct ArmArgs {
    /// The environment
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    name: String,
    /// For how long: 10m, 90s, 2h; 8 hours at most
    #[arg(value_name = "TIME", default_value = "10m", value_parser = duration)]
    time: Duration,
}

/// `10m`, `90s`, `2h`. A number alone could be meant as minutes or as seconds.
fn duration(text: &str) -> Result<Duration, String> {
    let wrong = || format!("`{text}` is no time; write 10m, 90s or 2h");
    let (number, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len()));
    let number: u64 = number.parse().map_err(|_| wrong())?;
    let seconds = match unit {
        "s" => Some(number),
        "m" | "min" => number.checked_mul(60),
        "h" => number.checked_mul(3600),
        _ => None,
    };
    seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs).ok_or_else(wrong)
}

/// Lifts it.
pub fn arm(context: &Context, args: &ArmArgs) -> anyhow::Result<Exit> {
    // Before it is asked for a pane, which would help it nothing.
    if std::env::var_os("PINTLE_AGENT_ID").is_some() {
        let hint = format!("a person can, in a tmux pane of their own: pintle env arm {}", args.name);
        return Err(Usage::new("an agent cannot lift a guard, in a pane or without one").with_hint(hint).into());
    }
    let Ok(Pane { id: pane, server }) = show::pane() else {
        let hint = format!("run `pintle env arm {}` in the pane in which it is to be lifted", args.name);
        return Err(Usage::new("a guard is lifted in a pane of tmux, and this is none").with_hint(hint).into());
    };
    ask(&args.name)?;
    let request = ArmEnv { env: args.name.clone(), pane, tmux: Some(server), seconds: args.time.as_secs() };
    let (_, line) = context.client().ask_cmd(request)?;
    match context.output.is_json() {
        true => context.output.line(&line)?,
        false => {
            let time = match args.time.as_secs() {
                seconds @ ..120 => format!("{seconds} s"),
                seconds => format!("{} min", seconds.div_ceil(60)),
            };
            let said = format!(
                "the guard of {} is lifted in this pane for {time}; `pintle env disarm` puts it back",
                args.name
            );
            context.output.text(&said)?;
        }
    }
    Ok(Exit::Done)
}

/// Nobody lifts a guard by a slip, nor a script.
fn ask(name: &str) -> anyhow::Result<()> {
    let terminal = std::fs::File::options().read(true).write(true).open("/dev/tty");
    let Ok(terminal) = terminal else {
        return Err(Usage::new("there is no terminal to ask on, and a guard is lifted by a person").into());
    };
    // What was typed before is no answer.
    let _ = rustix::termios::tcflush(&terminal, rustix::termios::QueueSelector::IFlush);
    write!(&terminal, "type {} to lift its guard: ", visible(name))?;
    let mut said = String::new();
    BufReader::new(&terminal).read_line(&mut said)?;
    if said.trim() == name { Ok(()) } else { Err(Usage::new("not lifted").into()) }
}

/// Put a lifted guard back: in the pane we are in, or everywhere
#[derive(Debug, clap::Args)]
pub struct DisarmArgs {
    /// The environment [default: every one]
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    name: Option<String>,
    /// In every pane
    #[arg(long)]
    all: bool,
}

/// Puts it back.
pub fn disarm(context: &Context, args: &DisarmArgs) -> anyhow::Result<Exit> {
    let (pane, tmux) = match args.all {
        true => (None, None),
        false => {
            let (pane, tmux) = here(None)?;
            (Some(pane), tmux)
        }
    };
    let (reply, line) = context.client().ask_cmd(DisarmEnv { env: args.name.clone(), pane, tmux })?;
    match reply {
        Reply::DisarmEnv(answer) if !context.output.is_json() => context.output.text(match answer.disarmed {
            0 => "no guard was lifted",
            1 => "the guard is back",
            _ => "the guards are back",
        })?,
        _ => context.output.line(&line)?,
    }
    Ok(Exit::Done)
}

/// Show what was asked of guards and what came of it, the newest last
#[derive(Debug, clap::Args)]
pub struct LogArgs {
    /// Only the last so many
    #[arg(short = 'n', long, value_name = "COUNT", default_value = "50")]
    lines: usize,
}

/// Shows it. It asks no daemon: the log is a file.
pub fn log(context: &Context, args: &LogArgs) -> anyhow::Result<Exit> {
    let log = read_if_there(&context.places.audit_file())?.unwrap_or_default();
    let entries = AuditEntry::parse(&log);
    for entry in &entries[entries.len().saturating_sub(args.lines)..] {
        match context.output.is_json() {
            true => context.output.json(&serde_json::to_value(entry)?)?,
            false => context.output.text(&words(entry))?,
        }
    }
    if entries.is_empty() && !context.output.is_json() {
        context.output.text("nothing was asked of a guard yet")?;
    }
    Ok(Exit::Done)
}

fn words(entry: &AuditEntry) -> String {
    let who = entry.agent.as_ref().or(entry.pane.as_ref()).map(|who| format!(" {}", one_line(who))).unwrap_or_default();
    let command = match entry.argv.is_empty() {
        true => String::new(),
        false => format!("  {}", visible(&shell_words::join(&entry.argv))),
    };
    let reason = entry.reason.as_deref().map(|reason| format!("  ({})", one_line(reason))).unwrap_or_default();
    let at = entry.at.to_string();
    let at = at.split('.').next().unwrap_or(&at).trim_end_matches('Z');
    format!("{at}Z  {} {}{who}{command}{reason}", one_line(&entry.env), entry.deed.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (text, seconds) in [("10m", 600), ("90s", 90), ("2h", 7200)] {
            assert_eq!(duration(text), Ok(Duration::from_secs(seconds)), "{text}");
        }
        for wrong in ["", "m", "30", "0", "0m", "-1m", "1d", "99999999999999999999h"] {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }
}
