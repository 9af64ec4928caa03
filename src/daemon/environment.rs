//! The environment that an agent starts with, layer by layer, later wins.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;

use super::services::Services;
use crate::base::files::read_if_there;
use crate::project::config::parse_env_file;

/// A login shell that takes longer is stuck in somebody's start-up file.
const LOGIN_LIMIT: Duration = Duration::from_secs(5);
/// Never passed on, whatever layer it comes from: they belong to whoever started the daemon.
const NOT_INHERITED: [&str; 8] =
    ["TMUX", "TMUX_PANE", "PINTLE_AGENT_ID", "PINTLE_PROJECT_ROOT", "PINTLE_PANE", "PWD", "OLDPWD", "SHLVL"];

/// What the layers above the login environment are.
pub struct Layers<'a> {
    /// `.env` files, relative to the project.
    pub env_files: &'a [String],
    /// The kind's; `None` unsets.
    pub kind: &'a BTreeMap<String, Option<String>>,
    /// The request's; `None` unsets.
    pub vars: &'a BTreeMap<String, Option<String>>,
    /// The project.
    pub root: &'a Path,
    /// The agent.
    pub agent_id: &'a str,
}

/// All variables of a new agent.
pub async fn of_agent(services: &Services, layers: &Layers<'_>) -> Vec<(Vec<u8>, Vec<u8>)> {
    use std::os::unix::ffi::OsStrExt;
    let mut variables: BTreeMap<Vec<u8>, Vec<u8>> = std::env::vars_os()
        .filter(|(name, _)| !name.as_bytes().starts_with(b"PINTLE_TEST_"))
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect();
    for (name, value) in login_environment(services).await {
        variables.insert(name.clone().into_bytes(), value.clone().into_bytes());
    }
    for name in NOT_INHERITED {
        variables.remove(name.as_bytes());
    }
    for file in layers.env_files {
        let path = layers.root.join(file);
        match read_if_there(&path) {
            Ok(Some(bytes)) => variables.extend(
                parse_env_file(&String::from_utf8_lossy(&bytes))
                    .into_iter()
                    .map(|(name, value)| (name.into_bytes(), value.into_bytes())),
            ),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "an env file was left out"),
        }
    }
    for (name, value) in layers.kind.iter().chain(layers.vars) {
        match value {
            Some(value) => variables.insert(name.clone().into_bytes(), value.clone().into_bytes()),
            None => variables.remove(name.as_bytes()),
        };
    }
    let own = own_variables(services, layers, variables.get(b"PATH".as_slice()));
    variables.extend(own.map(|(name, value)| (name.as_bytes().to_vec(), value)));
    variables.into_iter().collect()
}

fn own_variables(
    services: &Services,
    layers: &Layers<'_>,
    path: Option<&Vec<u8>>,
) -> impl Iterator<Item = (&'static str, Vec<u8>)> + use<> {
    use std::os::unix::ffi::OsStrExt;
    let bytes = |text: &OsStr| text.as_bytes().to_vec();
    let mut with_shims = bytes(services.places.runtime.join("shims").as_os_str());
    with_shims.push(b':');
    with_shims.extend_from_slice(path.map_or(b"/usr/local/bin:/usr/bin:/bin", Vec::as_slice));
    [
        ("TERM", b"xterm-256color".to_vec()),
        ("COLORTERM", b"truecolor".to_vec()),
        ("PINTLE_AGENT_ID", layers.agent_id.as_bytes().to_vec()),
        ("PINTLE_PROJECT_ROOT", bytes(layers.root.as_os_str())),
        ("PINTLE_SOCKET", bytes(services.places.own_socket().as_os_str())),
        ("PATH", with_shims),
    ]
    .into_iter()
}

/// The user's shell.
pub fn shell() -> String {
    std::env::var("SHELL").ok().filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".to_owned())
}

/// What a login shell would set, which a daemon that was started from a bare context lacks. Asked once; a shell that fails or
/// hangs costs its five seconds once and leaves us with the daemon's own environment.
async fn login_environment(services: &Services) -> &[(String, String)] {
    services.login_environment.get_or_init(ask_login_shell).await
}

async fn ask_login_shell() -> Vec<(String, String)> {
    let mut command = Command::new(shell());
    command
        .args(["-lc", "env -0"])
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    let output = tokio::time::timeout(LOGIN_LIMIT, command.output()).await;
    let Ok(Ok(output)) = output else {
        tracing::warn!(shell = shell(), "the login shell did not tell its environment within 5 s");
        return Vec::new();
    };
    output
        .stdout
        .split(|byte| *byte == 0)
        .filter_map(|variable| std::str::from_utf8(variable).ok()?.split_once('='))
        .filter(|(name, _)| !name.is_empty() && !name.starts_with("PINTLE_TEST_") && *name != "_")
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}
