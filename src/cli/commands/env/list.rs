//! `pintle env list|show|explain`

use clap_complete::ArgValueCandidates;

use crate::cli::complete;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::{one_line, short_time, visible};
use crate::cli::table::{Cell, Column, render};
use crate::protocol::cmd::reply::{EnvInfo, Reply, Rung};
use crate::protocol::cmd::request::{self, ExplainEnv, ListEnvs};
use crate::protocol::{Code, WireError};

/// List the environments of envs.yaml
#[derive(Debug, clap::Args)]
pub struct Args {}

const COLUMNS: [Column; 5] = [
    Column::fixed("NAME"),
    Column::fixed("GUARD"),
    Column::fixed("EXTENDS"),
    Column::fixed("COLOR"),
    Column::yielding("DESCRIPTION", 10),
];

/// Lists them; the global one is marked.
pub fn list(context: &Context, _: &Args) -> anyhow::Result<Exit> {
    let (envs, line) = ask(context, false)?;
    if context.output.is_json() {
        context.output.line(&line)?;
        return Ok(Exit::Done);
    }
    if envs.is_empty() {
        let file = context.places.envs_file();
        context.output.text(&format!("no environment is described yet; {} is where they go, for instance:\n\nenvs:\n  dev: {{color: green}}\n  prod: {{color: red, guard: confirm}}", file.display()))?;
        return Ok(Exit::Done);
    }
    let row = |env: &EnvInfo| {
        let active = if env.active { "*" } else { "" };
        [
            format!("{}{active}", one_line(&env.name)),
            if env.guard == "free" { String::new() } else { env.guard.clone() },
            env.extends.as_deref().map(one_line).unwrap_or_default(),
            env.color.as_deref().map(one_line).unwrap_or_default(),
            env.description.as_deref().map(one_line).unwrap_or_default(),
        ]
        .map(Cell::from)
        .to_vec()
    };
    let rows: Vec<Vec<Cell>> = envs.iter().map(row).collect();
    context.output.text(&render(&COLUMNS, &rows, context.output.columns(), context.output.paint()))?;
    Ok(Exit::Done)
}

fn ask(context: &Context, reveal: bool) -> anyhow::Result<(Vec<EnvInfo>, Vec<u8>)> {
    let (reply, line) = context.client().ask_cmd(ListEnvs { reveal })?;
    let Reply::ListEnvs(list) = reply else { anyhow::bail!("the daemon's answer is not understood") };
    Ok((list.envs, line.to_vec()))
}

/// Show what an environment is: variables, keys, guard, and where it stands
#[derive(Debug, clap::Args)]
pub struct ShowArgs {
    /// The environment
    #[arg(value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    name: String,
    /// Show values too whose names say that they are secret
    #[arg(long)]
    reveal: bool,
}

/// Shows it.
pub fn show(context: &Context, args: &ShowArgs) -> anyhow::Result<Exit> {
    // Asked first, since it has the words for a name that is not there.
    let named = request::Context { env: Some(args.name.clone()), ..Default::default() };
    context.client().ask_cmd(ExplainEnv { context: named })?;
    let (envs, _) = ask(context, args.reveal)?;
    let env = envs.into_iter().find(|env| env.name == args.name);
    let env =
        env.ok_or_else(|| WireError::new(Code::InvalidArgument, format!("Unknown environment: {}", args.name)))?;
    if context.output.is_json() {
        context.output.json(&serde_json::to_value(&env)?)?;
        return Ok(Exit::Done);
    }
    let mut said = format!("{}\n", one_line(&env.name));
    let mut line = |name: &str, value: &str| said.push_str(&format!("  {name:<12} {}\n", visible(value)));
    let optional = [("description", &env.description), ("color", &env.color), ("extends", &env.extends)];
    for (name, value) in optional {
        if let Some(value) = value {
            line(name, value);
        }
    }
    line("guard", &env.guard);
    line("at", &env.at);
    for (name, value) in &env.vars {
        match value {
            Some(value) => line("sets", &format!("{name}={value}")),
            None => line("unsets", name),
        }
    }
    for (name, value) in &env.keys {
        line("key", &format!("{name}: {value}"));
    }
    context.output.text(&said)?;
    Ok(Exit::Done)
}

/// Say which environment holds, and what is set where
#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// In this pane [default: the one we are in]
    #[arg(long, value_name = "PANE", add = ArgValueCandidates::new(complete::panes))]
    pane: Option<String>,
}

/// Where this process stands.
pub fn here() -> anyhow::Result<request::Context> {
    let pane = crate::cli::show::pane().ok();
    let cwd = std::env::current_dir().ok().and_then(|cwd| cwd.into_os_string().into_string().ok());
    let agent_id = std::env::var("PINTLE_AGENT_ID").ok().filter(|id| !id.is_empty());
    Ok(request::Context {
        agent_id,
        pane: pane.as_ref().map(|pane| pane.id.clone()),
        tmux: pane.map(|pane| pane.server),
        cwd,
        ..Default::default()
    })
}

/// Says it.
pub fn explain(context: &Context, args: &ExplainArgs) -> anyhow::Result<Exit> {
    let place = match &args.pane {
        Some(pane) => {
            request::Context { pane: Some(pane.clone()), tmux: crate::cli::show::server(), ..Default::default() }
        }
        None => here()?,
    };
    let (reply, line) = context.client().ask_cmd(ExplainEnv { context: place })?;
    if context.output.is_json() {
        context.output.line(&line)?;
        return Ok(Exit::Done);
    }
    let Reply::ExplainEnv(answer) = reply else { anyhow::bail!("the daemon's answer is not understood") };
    let mut said = match &answer.env {
        Some(env) => format!("{} holds here\n", one_line(env)),
        None => "no environment holds here\n".to_owned(),
    };
    for rung in answer.rungs.iter().filter(|rung| rung.source != "command") {
        said.push_str(&words(rung, rung.source == answer.source));
    }
    if let Some(until) = answer.armed_until {
        let left = until - context.clock.now().as_millisecond() as f64 / 1000.0;
        said.push_str(&format!("its guard is lifted for {} more\n", short_time(left.max(0.0) as u64)));
    }
    context.output.text(&said)?;
    Ok(Exit::Done)
}

fn words(rung: &Rung, holds: bool) -> String {
    let mark = if holds { ">" } else { " " };
    let env = rung.env.as_deref().map_or("-".to_owned(), one_line);
    let of = rung.of.as_deref().map(|of| format!("  {}", one_line(of))).unwrap_or_default();
    format!("{mark} {:<8} {env}{of}\n", rung.source)
}
