//! Environments, and what commands become in them.

use std::sync::Arc;
use std::time::Duration;

use crate::daemon::environments::choice::{self, Rungs};
use crate::daemon::environments::overrides::Scope;
use crate::daemon::environments::project::ProjectEnv;
use crate::daemon::flows::change_env;
use crate::daemon::services::Services;
use crate::environment::envs::Environment;
use crate::environment::secret;
use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::{
    ArmEnv, ClearPaneEnv, Context, DisarmEnv, EnvScope, ExplainEnv, GetPaneEnv, ListEnvs, SetEnv, SetPaneEnv,
};
use crate::protocol::{Code, WireError};

/// `set_env`
pub async fn set_env(services: &Arc<Services>, request: &SetEnv) -> Result<reply::Done, WireError> {
    services.catch_up(None).await?;
    services.environments.find(&request.value)?;
    change_env::global(services, Some(&request.value)).await;
    Ok(reply::Done {})
}

/// `clear_env`
pub async fn clear_env(services: &Arc<Services>) -> reply::Done {
    change_env::global(services, None).await;
    reply::Done {}
}

/// `set_pane_env`
pub async fn set_pane_env(services: &Arc<Services>, request: &SetPaneEnv) -> Result<reply::Done, WireError> {
    needs_pane(&request.pane)?;
    services.catch_up(None).await?;
    services.environments.find(&request.env)?;
    let (pane, _) = services.pane_to_change(request.tmux.as_deref(), &request.pane).await?;
    change_env::of_pane(services, &pane, scope(request.scope), Some(&request.env)).await?;
    Ok(reply::Done {})
}

/// `get_pane_env`
pub async fn get_pane_env(services: &Arc<Services>, request: &GetPaneEnv) -> Result<reply::GetPaneEnv, WireError> {
    needs_pane(&request.pane)?;
    let context = Context { pane: Some(request.pane.clone()), tmux: request.tmux.clone(), ..Context::default() };
    let rungs = services.rungs(&context).await?;
    let chosen = rungs.chosen()?;
    Ok(reply::GetPaneEnv { env: chosen.map(|(name, _)| name.to_owned()), source: choice::source(chosen) })
}

/// `clear_pane_env`
pub async fn clear_pane_env(
    services: &Arc<Services>,
    request: &ClearPaneEnv,
) -> Result<reply::ClearPaneEnv, WireError> {
    needs_pane(&request.pane)?;
    let (pane, _) = services.pane_to_change(request.tmux.as_deref(), &request.pane).await?;
    let cleared = change_env::of_pane(services, &pane, scope(request.scope), None).await?;
    Ok(reply::ClearPaneEnv { cleared })
}

/// `list_envs`
pub fn list_envs(services: &Services, request: &ListEnvs) -> reply::ListEnvs {
    let loaded = services.environments.loaded();
    let active = services.environments.global();
    let info = |env: &Environment| reply::EnvInfo {
        name: env.name.clone(),
        color: env.color.clone(),
        description: env.description.clone(),
        guard: env.guard.as_str().to_owned(),
        active: active.as_deref() == Some(&env.name),
        extends: env.extends.clone(),
        vars: env.vars.iter().map(|(name, value)| (name.clone(), shown(name, value, request.reveal))).collect(),
        keys: env.keys.iter().map(|(name, value)| (name.clone(), concealed(name, value, request.reveal))).collect(),
        at: format!("{}: {}", services.places.envs_file().display(), env.at).trim_end_matches(": ").to_owned(),
    };
    reply::ListEnvs { envs: loaded.envs.iter().map(info).collect() }
}

fn shown(name: &str, value: &Option<String>, reveal: bool) -> Option<String> {
    value.as_ref().map(|value| concealed(name, value, reveal))
}

fn concealed(name: &str, value: &str, reveal: bool) -> String {
    if reveal { value } else { secret::concealed(name, value) }.to_owned()
}

/// `explain_env`
pub async fn explain_env(services: &Arc<Services>, request: &ExplainEnv) -> Result<reply::ExplainEnv, WireError> {
    let rungs = services.rungs(&request.context).await?;
    let chosen = rungs.chosen()?;
    let armed = match chosen.zip(rungs.pane.as_ref()) {
        Some(((env, _), (pane, _))) => change_env::lifted_until(services, &pane.key, env).await,
        None => None,
    };
    Ok(reply::ExplainEnv {
        env: chosen.map(|(name, _)| name.to_owned()),
        source: choice::source(chosen),
        rungs: ladder(&rungs),
        armed_until: armed.map(|until| until.as_millisecond() as f64 / 1000.0),
    })
}

fn ladder(rungs: &Rungs) -> Vec<reply::Rung> {
    let rung = |source: &str, env: Option<&String>, of: Option<String>| reply::Rung {
        source: source.to_owned(),
        env: env.cloned(),
        of,
    };
    let mut ladder = vec![rung("command", rungs.command.as_ref(), None)];
    if let Some((pane, set)) = &rungs.pane {
        ladder.push(rung("pane", set.pane.as_ref(), Some(pane.key.pane.to_string())));
        ladder.push(rung("window", set.window.as_ref(), Some(pane.window.to_string())));
        ladder.push(rung("session", set.session.as_ref(), Some(pane.session_name.clone())));
    }
    if let Some((agent, env)) = &rungs.agent {
        ladder.push(rung("agent", env.as_ref(), Some(agent.clone())));
    }
    if let Some((root, env)) = &rungs.project {
        let (root, named) = (root.display().to_string(), env.name().map(str::to_owned));
        let of = match env {
            ProjectEnv::Unread(error) => format!("{root}; {error}"),
            ProjectEnv::None | ProjectEnv::Named(_) => root,
        };
        ladder.push(rung("project", named.as_ref(), Some(of)));
    }
    ladder.push(rung("global", rungs.global.as_ref(), None));
    ladder
}

/// Most seconds for which a guard can be lifted.
const LONGEST: u64 = 8 * 3600;

/// `arm_env`. `peer` is the process that asks: one of an agent's, or one in a pane that shows an agent, cannot.
pub async fn arm_env(
    services: &Arc<Services>,
    request: &ArmEnv,
    peer: Option<i32>,
) -> Result<reply::ArmEnv, WireError> {
    // First: whoever may not is told so, and not what else is wrong with the request.
    let not_for = |whose: String| {
        let text = format!(
            "a guard is lifted by a person in a pane of their own, never by or for an agent, and this is {whose}"
        );
        WireError::new(Code::PermissionDenied, text)
    };
    services.is_a_persons(peer).map_err(not_for)?;
    needs_pane(&request.pane)?;
    services.environments.find(&request.env)?;
    if request.seconds == 0 || request.seconds > LONGEST {
        let text = format!("{} seconds: a guard is lifted for 1 s to {} h", request.seconds, LONGEST / 3600);
        return Err(WireError::new(Code::InvalidArgument, text));
    }
    let (pane, _) = services.pane_to_change(request.tmux.as_deref(), &request.pane).await?;
    // One that shows an agent, or lies in a tmux that an agent has started.
    if let Some(agent) = pane.agent.clone().or_else(|| services.agent_behind(&pane.key.server)) {
        return Err(not_for(format!("agent {agent}'s")));
    }
    let now = services.clock.now();
    let until = now.checked_add(Duration::from_secs(request.seconds)).unwrap_or(now);
    change_env::arm(services, &pane.key, &request.env, until).await;
    Ok(reply::ArmEnv { until: until.as_millisecond() as f64 / 1000.0 })
}

/// `disarm_env`
pub async fn disarm_env(services: &Arc<Services>, request: &DisarmEnv) -> Result<reply::DisarmEnv, WireError> {
    if let Some(env) = &request.env {
        services.environments.find(env)?;
    }
    let pane = match &request.pane {
        Some(pane) => Some(services.pane_with_overrides(request.tmux.as_deref(), pane).await?.0.key),
        None => None,
    };
    let disarmed = change_env::disarm(services, pane.as_ref(), request.env.as_deref()).await;
    Ok(reply::DisarmEnv { disarmed })
}

fn needs_pane(pane: &str) -> Result<(), WireError> {
    if pane.is_empty() { Err(WireError::new(Code::InvalidArgument, "pane ID required")) } else { Ok(()) }
}

fn scope(scope: EnvScope) -> Scope {
    match scope {
        EnvScope::Pane => Scope::Pane,
        EnvScope::Window => Scope::Window,
        EnvScope::Session => Scope::Session,
    }
}
