//! What a command with rules waits for: `pintle run` as a whole, and the daemon's part of it.

use std::fmt::Write;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::client::Client;
use crate::clock::timed;
use crate::daemon::Daemon;
use crate::pin::Pin;
use crate::table::{Figure, median, micros};

const ROUNDS: usize = 40;
const RUNS: usize = 10;
const CALLS: usize = 100;
const RULES: usize = 1_000;
const ENVIRONMENTS: usize = 100;
/// As many as a person may well have rules for.
const COMMANDS: usize = 50;

/// `pintle run true` against the least that asks a daemon and becomes `true`: `bare_run.rs`, a program of its own, since the
/// size of a program counts when it is started.
pub fn process() -> Result<Vec<Figure>> {
    let pintle = env!("CARGO_BIN_EXE_pintle");
    let bare = Path::new(pintle).with_file_name("examples").join("bare_run");
    ensure!(bare.exists(), "{} is missing; build it: cargo build --release --example bare_run", bare.display());
    let daemon = Daemon::start()?;
    let _pin = Pin::to_first_core(&[daemon.pid])?;
    let socket = daemon.socket();
    let ask = json!({"cmd": "apply_prefixes", "command": ["true"], "context": {"cwd": "/"}}).to_string();
    let (mut ours, mut theirs, mut plain) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        for _ in 0..RUNS {
            theirs.push(run(daemon.program(&bare.to_string_lossy()).arg(&socket).arg(&ask))?);
        }
        for _ in 0..RUNS {
            ours.push(run(daemon.program(pintle).args(["run", "true"]))?);
        }
        for _ in 0..RUNS {
            plain.push(run(&mut daemon.program("true"))?);
        }
    }
    let (our, bare, plain) = (median(&ours), median(&theirs), median(&plain));
    let ratio = our.as_secs_f64() / bare.as_secs_f64();
    let [our, bare, plain] = [our, bare, plain].map(micros);
    let measured = format!("{ratio:.2}x ({our:.0} µs, bare {bare:.0} µs; true alone {plain:.0} µs)");
    Ok(vec![Figure::new("pintle run true / connect, ask once, exec", ratio, 1.3, measured, "≤ 1.3x")])
}

/// How long a program takes from its start to its end.
fn run(command: &mut Command) -> Result<Duration> {
    command.stdin(Stdio::null()).current_dir("/");
    let (time, status) = timed(|| command.status());
    ensure!(status?.success(), "{command:?} failed");
    Ok(time)
}

/// `apply_prefixes` with many rules and environments, without the way there and back.
pub fn apply() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let mut envs = "envs:\n".to_owned();
    for at in 0..ENVIRONMENTS {
        writeln!(envs, "  env{at}: {{context: cluster-{at}, vars: {{REGION: r{at}, ACCOUNT: \"{at}\"}}}}")?;
    }
    daemon.configure("envs.yaml", &envs)?;
    let _pin = Pin::to_first_core(&[daemon.pid])?;
    let (own, measured) = applied(&daemon, COMMANDS)?;
    let (_, worst) = applied(&daemon, 1)?;
    Ok(vec![
        Figure::new("apply_prefixes, 1,000 rules and 100 environments", own, 50.0, measured, "≤ 50 µs"),
        Figure::note("the same with all rules for one command", worst),
    ])
}

/// Rules for so many commands, each rule for one environment; what the daemon needs for one of them, in microseconds and in words.
fn applied(daemon: &Daemon, commands: usize) -> Result<(f64, String)> {
    let mut rules = String::new();
    for at in 0..RULES {
        let (command, env) = (at % commands, at / commands % ENVIRONMENTS);
        let config = "strategy: args_prepend, args: '--context={{env.context}}'";
        writeln!(rules, "- {{command: tool{command}, {config}, when: {{env: [env{env}]}}}}")?;
    }
    daemon.configure("prefixes.yaml", &rules)?;
    let mut client = daemon.client()?;
    let words = ["tool0", "get", "pods"];
    let request = json!({"cmd": "apply_prefixes", "command": words, "context": {"env": "env7", "cwd": "/"}});
    let (request, ping) = (format!("{request}\n"), "{\"cmd\":\"ping\"}\n");
    let answer = String::from_utf8_lossy(client.exchange(request.as_bytes())?).into_owned();
    ensure!(answer.contains("--context=cluster-7"), "{answer}");
    let (mut asked, mut pinged) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        call(&mut client, ping, &mut pinged)?;
        call(&mut client, &request, &mut asked)?;
    }
    let (asked, pinged) = (micros(median(&asked)), micros(median(&pinged)));
    Ok((asked - pinged, format!("{:.1} µs (round trip {asked:.1} µs, of a ping {pinged:.1} µs)", asked - pinged)))
}

fn call(client: &mut Client, line: &str, times: &mut Vec<Duration>) -> Result<()> {
    for _ in 0..CALLS {
        let (time, answer) =
            timed(|| client.exchange(line.as_bytes()).map(|answer| answer.starts_with(b"{\"ok\":true")));
        ensure!(answer?, "{line} was refused");
        times.push(time);
    }
    Ok(())
}
