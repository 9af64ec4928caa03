//! The daemon itself and a project's settings, in both dialects.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use crate::agent::kind::Kind;
use crate::daemon::environments::watch;
use crate::daemon::flows::forget_project::forget_project;
use crate::daemon::kinds::Settings;
use crate::daemon::listening;
use crate::daemon::services::Services;
use crate::project::config::{self, ConfigError};
use crate::project::registry::ProjectError;
use crate::protocol::cmd::reply as cmd;
use crate::protocol::cmd::request::WriteLog;
use crate::protocol::cmd::uptime;
use crate::protocol::typed::event::Event;
use crate::protocol::typed::reply::{
    AgentConfig, ConfigReport, Done, HealthReport, InitResult, Restarting, ShuttingDown,
};
use crate::protocol::typed::request::{GetConfig, Init, UpdateAgentConfig};
use crate::protocol::{Code, PROTOCOL_VERSION, WireError};

/// `health`
pub fn health(services: &Services) -> Result<HealthReport, WireError> {
    Ok(HealthReport {
        pid: std::process::id(),
        uptime_seconds: up(services).as_secs(),
        protocol_version: PROTOCOL_VERSION,
        projects: services.projects.roots().iter().map(|root| root.to_string_lossy().into_owned()).collect(),
        agent_count: services.agents.live() as u64,
    })
}

/// `init`
pub async fn init(services: &Services, request: &Init) -> Result<InitResult, WireError> {
    let (project, created) = services.projects.init(&request.project_root)?;
    services.projects.remembered().await;
    if created {
        services.tell(&project.root, None);
    }
    Ok(InitResult { created })
}

/// `shutdown`
pub fn shutdown() -> ShuttingDown {
    ShuttingDown {}
}

/// `daemon_restart`
pub fn daemon_restart() -> Restarting {
    Restarting {}
}

/// `get_config`
pub fn get_config(services: &Services, request: &GetConfig) -> Result<ConfigReport, WireError> {
    let project = services.projects.open(&request.project_root)?;
    let settings = Settings::read(services, &project)?;
    let agents = settings.kinds.iter().map(|(name, kind)| (name.clone(), agent_config(&settings, kind)));
    Ok(ConfigReport {
        agents: agents.collect(),
        default_agent: settings.default_agent.clone(),
        warnings: settings.remarks(),
    })
}

fn agent_config(settings: &Settings, kind: &Kind) -> AgentConfig {
    AgentConfig {
        name: kind.name.clone(),
        command: if kind.command.is_empty() { crate::daemon::variables::shell() } else { kind.command.clone() },
        prompt_flag: kind.prompt_flag.clone(),
        interactive: kind.interactive,
        launch_args: settings.launch_args.get(&kind.name).cloned(),
        resolved_launch_args: kind.launch_args.as_slice().to_vec(),
    }
}

/// `update_agent_config`
pub fn update_agent_config(services: &Services, request: &UpdateAgentConfig) -> Result<Done, WireError> {
    let project = services.projects.open(&request.project_root)?;
    Settings::read(services, &project)?.kind(Some(&request.agent_name))?;
    config::set_launch_args(&project.config_file(), &request.agent_name, request.launch_args.as_deref())?;
    Ok(Done {})
}

/// `ping`
pub fn ping() -> cmd::Pong {
    cmd::Pong { pong: true }
}

/// `get_state`
pub fn get_state(services: &Services) -> cmd::GetState {
    let started = services.started_at.as_millisecond() as f64 / 1000.0;
    cmd::GetState {
        state: cmd::State {
            active_env: services.environments.global(),
            started,
            panes: super::panes::states(services),
        },
    }
}

/// `daemon_status`
pub fn daemon_status(services: &Services) -> cmd::DaemonStatus {
    let panes = super::panes::states(services).len() as u64;
    let status = cmd::DaemonInfo {
        running: true,
        uptime: uptime(up(services)),
        active_env: services.environments.global(),
        panes,
    };
    cmd::DaemonStatus { status }
}

/// `stop`
pub fn stop() -> cmd::Stop {
    cmd::Stop { stopping: true }
}

/// `reload`: config files are followed or read whenever they are needed, so what is left to do is to do so at once, to say what in
/// them cannot be used or has no effect, and to listen where they say.
pub async fn reload(services: &Arc<Services>) -> cmd::Reload {
    let mut warnings = BTreeSet::new();
    let mut look = |settings: Result<Settings, ConfigError>| match settings {
        Ok(settings) => {
            warnings.extend(settings.mistakes(&services.rules).iter().map(ToString::to_string));
            warnings.extend(settings.remarks());
        }
        Err(error) => drop(warnings.insert(error.to_string())),
    };
    watch::filled(services).await;
    let loaded = services.reload_environments();
    look(Settings::global(services));
    let projects = services.projects.roots();
    let mut closed = Vec::new();
    for root in &projects {
        match services.projects.open(&root.to_string_lossy()) {
            Ok(project) => look(Settings::read(services, &project)),
            Err(ProjectError::NoFolder(_)) => closed.push(forget_project(services, root)),
            Err(error) => closed.push(error.to_string()),
        }
    }
    // That a file is broken is told once, with what holds meanwhile.
    warnings.retain(|warning| {
        !loaded.broken.iter().any(|broken| [broken.to_string(), broken.error.to_string()].contains(warning))
    });
    let mut warnings: Vec<String> = loaded.remarks().into_iter().chain(warnings).chain(closed).collect();
    warnings.extend(listening::listen_elsewhere(services).await);
    warnings.extend(listening::left_over(services));
    for root in &projects {
        services.tell(root, None);
    }
    for event in Event::reloaded(services.clock.now()) {
        services.tell(Path::new(""), Some(event));
    }
    cmd::Reload { reloaded: true, warnings }
}

/// `write_log`
pub fn write_log(request: &WriteLog) -> Result<cmd::Done, WireError> {
    let origin = request.gear.as_deref().unwrap_or("client");
    // One message, one line: what looks like another entry must not be one.
    let message = request.message.replace(|c: char| c.is_control() && c != '\t', " ");
    match request.level.as_str() {
        "debug" => tracing::debug!(origin, "{message}"),
        "info" => tracing::info!(origin, "{message}"),
        "warning" => tracing::warn!(origin, "{message}"),
        "error" => tracing::error!(origin, "{message}"),
        other => {
            let text = format!("unknown level `{other}`: known are debug, info, warning, error");
            return Err(WireError::new(Code::InvalidArgument, text));
        }
    }
    Ok(cmd::Done {})
}

fn up(services: &Services) -> std::time::Duration {
    services.clock.instant().saturating_duration_since(services.started)
}
