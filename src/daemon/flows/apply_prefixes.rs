//! What a command becomes where it is to run: what holds there, what that makes of the command, and whether somebody has lifted its guard.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::OsStringExt;
use std::path::Path;
use std::sync::Arc;

use super::change_env;
use crate::base::paths::home;
use crate::daemon::environments::choice::source;
use crate::daemon::services::Services;
use crate::environment::envs::NAME;
use crate::environment::guard::{Verdict, in_agents, stricter};
use crate::environment::overlay;
use crate::environment::resolve::{Call, ResolveError, Resolved, resolve};
use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::{ApplyPrefixes, Command};
use crate::protocol::{Code, WireError};

/// What a command becomes where it is to run. `peer` is the process that asks.
pub async fn apply_prefixes(
    services: &Arc<Services>,
    request: &ApplyPrefixes,
    peer: Option<i32>,
) -> Result<reply::ApplyPrefixes, WireError> {
    let mut context = request.context.clone();
    // Whoever says neither pane nor agent may be an agent's all the same, and has its environment then.
    if context.pane.is_none() && context.agent_id.is_none() && context.env.is_none() {
        context.agent_id = services.agent_above(peer);
    }
    let rungs = services.rungs(&context).await?;
    let loaded = services.environments.loaded();
    loaded.is_known(&services.places)?;
    let chosen = rungs.chosen()?;
    let env = match chosen {
        Some((name, _)) => Some(loaded.envs.find(name)?),
        None => None,
    };
    let words = match &request.command {
        Command::Argv(argv) => argv.clone(),
        Command::Line(word) => vec![word.clone()],
    };
    let argv: Vec<OsString> = words.iter().chain(&request.args).map(OsString::from).collect();
    let armed = match env.zip(rungs.pane.as_ref()) {
        Some((env, (pane, _))) => change_env::lifted_until(services, &pane.key, &env.name).await,
        None => None,
    };
    let call =
        Call { argv: &argv, pane: request.context.pane.as_deref(), cwd: request.context.cwd.as_deref().map(Path::new) };
    let invalid = |error: ResolveError| WireError::new(Code::InvalidState, error.to_string());
    let mut resolved = resolve(&loaded.rules, env, &call).map_err(invalid)?;
    if let Some((name, agent)) = rungs.outside_pane()?
        && Some(&name) != env.map(|env| &env.name)
    {
        let outside = resolve(&loaded.rules, Some(loaded.envs.find(&name)?), &call).map_err(invalid)?;
        resolved.verdict = stricter(resolved.verdict, outside.verdict.because(|why| in_agents(why, &name, &agent)));
    }
    let armed = armed.is_some() && rungs.agent.is_none();
    // What is to be confirmed is confirmed by a person. Nobody else's parents are looked at: that is a few files for each of them.
    let is_asked = !armed && matches!(resolved.verdict, Verdict::Confirm { .. } | Verdict::Typed { .. });
    let agent = is_asked.then(|| rungs.agent.as_ref().map(|(id, _)| id.clone()).or_else(|| services.agent_above(peer)));
    let answer = answer(services, request, source(chosen), resolved, armed)?;
    Ok(reply::ApplyPrefixes { agent: agent.flatten(), ..answer })
}

fn answer(
    services: &Services,
    request: &ApplyPrefixes,
    source: String,
    resolved: Resolved<'_>,
    armed: bool,
) -> Result<reply::ApplyPrefixes, WireError> {
    let mut env_vars: BTreeMap<String, String> =
        resolved.env_vars.into_iter().map(|(name, value)| (name, text(value))).collect();
    let mut unset = resolved.unset;
    match resolved.env {
        Some(env) => drop(env_vars.insert(NAME.to_owned(), env.name.clone())),
        // One that was inherited from somewhere else.
        None => unset.push(NAME.to_owned()),
    }
    let mut passed: Vec<String> = resolved.passed.iter().map(|(rule, why)| format!("{rule}: {why}")).collect();
    if let Some(kube) = resolved.kube {
        let users = request.context.kubeconfig.as_deref().map(OsStr::new);
        let overlay = services.overlay(kube, users)?;
        env_vars.insert("KUBECONFIG".to_owned(), text(overlay::variable(&overlay.path, users, &home())));
        passed.extend(overlay.closed.map(|why| format!("kube: {why}")));
    }
    let reason = resolved.verdict.reason().map(str::to_owned);
    // Only what would have been asked or refused is said to run because of it.
    let armed = armed && reason.is_some();
    Ok(reply::ApplyPrefixes {
        command: resolved.argv.into_iter().map(text).collect(),
        env_vars,
        unset,
        rules: resolved.applied.iter().map(ToString::to_string).collect(),
        passed,
        env: resolved.env.map(|env| env.name.clone()),
        color: resolved.env.and_then(|env| env.color.clone()),
        source,
        guard: match resolved.verdict {
            _ if armed => None,
            Verdict::Free => None,
            Verdict::Confirm { .. } => Some(reply::Guard::Confirm),
            Verdict::Typed { .. } => Some(reply::Guard::Typed),
            Verdict::Deny { .. } => Some(reply::Guard::Deny),
        },
        guard_reason: reason,
        armed,
        agent: None,
    })
}

/// Rules and environments are text, and so are the words of a request.
fn text(word: OsString) -> String {
    String::from_utf8(word.into_vec()).unwrap_or_else(|error| String::from_utf8_lossy(error.as_bytes()).into_owned())
}
