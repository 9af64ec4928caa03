//! What a command would become, and why: `pintle why`, and `run --explain`. Nothing runs.

use std::io::Write;

use super::question::line;
use super::{Here, Refusal, Resolution, Wish, resolve};
use crate::cli::output::visible;
use crate::environment::envs::NAME;
use crate::environment::secret::concealed;
use crate::protocol::cmd::reply::{ApplyPrefixes, Guard};

/// Prints it.
pub fn print(wish: &Wish) -> Result<(), Refusal> {
    let here = Here::look(wish.env.clone(), &wish.argv[0])?;
    let resolution = resolve(&here, &wish.argv)?;
    let said = match wish.json {
        true => serde_json::to_string(&resolution.answer).unwrap_or_default(),
        false => words(&resolution),
    };
    // Whoever has seen enough reads no further.
    let _ = writeln!(std::io::stdout(), "{}", said.trim_end());
    Ok(())
}

fn words(resolution: &Resolution) -> String {
    let answer = &resolution.answer;
    let mut said = match &answer.env {
        Some(env) => format!("environment  {env} ({})\n", from(&answer.source)),
        None => "environment  none is set\n".to_owned(),
    };
    for rule in &answer.rules {
        said.push_str(&format!("rule         {rule}\n"));
    }
    for rule in &answer.passed {
        said.push_str(&format!("not applied  {rule}\n"));
    }
    if answer.rules.is_empty() && answer.passed.is_empty() {
        said.push_str("rules        none for this command\n");
    }
    // That the environment's name is told goes without saying.
    for (name, value) in resolution.vars.iter().filter(|(name, _)| name != NAME) {
        let value = value.to_string_lossy();
        said.push_str(&format!("sets         {name}={}\n", visible(concealed(name, &value))));
    }
    for name in answer.unset.iter().filter(|name| *name != NAME) {
        said.push_str(&format!("unsets       {name}\n"));
    }
    said.push_str(&format!("guard        {}\n", guard(answer)));
    said.push_str(&format!("runs         {}\n", line(&resolution.argv)));
    said
}

/// Where an environment comes from, by the word of the wire.
pub fn from(source: &str) -> String {
    match source {
        "command" => "named with --env".to_owned(),
        "agent" => "the agent's own".to_owned(),
        "global" => "the global one".to_owned(),
        other => format!("set for this {other}"),
    }
}

fn guard(answer: &ApplyPrefixes) -> String {
    let reason = answer.guard_reason.as_deref().unwrap_or_default();
    match answer.guard {
        None if answer.armed => format!("lifted for now: {reason}"),
        None => "lets it pass".to_owned(),
        Some(Guard::Confirm | Guard::Typed) if answer.agent.is_some() => {
            format!("refuses it, since a person would be asked and this is an agent: {reason}")
        }
        Some(Guard::Confirm) => format!("asks first: {reason}"),
        Some(Guard::Typed) => format!("wants the environment's name typed first: {reason}"),
        Some(Guard::Deny) => format!("refuses it: {reason}"),
    }
}
