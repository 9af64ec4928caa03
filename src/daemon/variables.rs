//! The variables that an agent starts with, layer by layer, later wins.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use rustix::fs::{MemfdFlags, memfd_create};
use rustix::process::{Pid, Signal, kill_process_group};
use tokio::process::Command;

use super::services::Services;
use crate::base::files::read_if_there;
use crate::base::undo;
use crate::environment::envs::NAME;
use crate::project::env_file;
use crate::protocol::WireError;

/// A login shell that takes longer is stuck in somebody's start-up file.
const LOGIN_LIMIT: Duration = Duration::from_secs(5);
/// No environment is as large: the kernel would start no program with it.
const LOGIN_BYTES: u64 = 8 << 20;
/// Never passed on, whatever layer it comes from: they belong to whoever started the daemon.
const NOT_INHERITED: [&str; 13] = [
    "TMUX",
    "TMUX_PANE",
    "PINTLE_AGENT_ID",
    "PINTLE_PROJECT_ROOT",
    "PINTLE_PANE",
    "PINTLE_ENV",
    undo::VARIABLE,
    "PINTLE_APPLIED",
    "PINTLE_BYPASS",
    "PINTLE_RUN_ENV",
    "PWD",
    "OLDPWD",
    "SHLVL",
];

/// What the layers above the login environment are.
pub struct Layers<'a> {
    /// `.env` files, relative to the project.
    pub env_files: &'a [String],
    /// The environment's; `None` unsets.
    pub environment: &'a BTreeMap<String, Option<OsString>>,
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
pub async fn of_agent(services: &Services, layers: &Layers<'_>) -> Variables {
    let mut variables: BTreeMap<Vec<u8>, Vec<u8>> = std::env::vars_os()
        .filter(|(name, _)| !name.as_bytes().starts_with(b"PINTLE_TEST_"))
        .map(|(name, value)| (name.as_bytes().to_vec(), value.as_bytes().to_vec()))
        .collect();
    variables.extend(login_environment(services).await.iter().cloned());
    for name in NOT_INHERITED {
        variables.remove(name.as_bytes());
    }
    for file in layers.env_files {
        let path = layers.root.join(file);
        match read_if_there(&path) {
            Ok(Some(bytes)) => variables.extend(
                env_file::parse(&String::from_utf8_lossy(&bytes))
                    .into_iter()
                    .map(|(name, value)| (name.into_bytes(), value.into_bytes())),
            ),
            Ok(None) => {}
            Err(error) => tracing::warn!(%error, "an env file was left out"),
        }
    }
    let mut set = Vec::new();
    for (name, value) in layers.environment {
        let before = match value {
            Some(value) => variables.insert(name.clone().into_bytes(), value.as_bytes().to_vec()),
            None => variables.remove(name.as_bytes()),
        };
        // Its name goes with it.
        if let Some(value) = value.as_deref().filter(|_| name != NAME) {
            set.push((OsStr::new(name), value, before.map(OsString::from_vec)));
        }
    }
    // The agent may be brought into another environment while it runs: its commands are not to keep what this one sets.
    let told = undo::tell(set);
    if !told.is_empty() {
        variables.insert(undo::VARIABLE.into(), told.into_vec());
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

/// Those of what sets a new worktree up: what its agents will have, but for what makes an agent of them.
pub async fn of_setup(services: &Services, env_files: &[String], root: &Path) -> Result<Variables, WireError> {
    let (environment, none) = (services.variables_in_project(None, root)?, BTreeMap::new());
    let layers = Layers { env_files, environment: &environment, kind: &none, vars: &none, root, agent_id: "" };
    let mut variables = of_agent(services, &layers).await;
    variables
        .retain(|(name, _)| !["PINTLE_AGENT_ID", "TERM", "COLORTERM"].map(str::as_bytes).contains(&name.as_slice()));
    variables.push((b"TERM".to_vec(), b"dumb".to_vec()));
    Ok(variables)
}

fn own_variables(
    services: &Services,
    layers: &Layers<'_>,
    path: Option<&Vec<u8>>,
) -> impl Iterator<Item = (&'static str, Vec<u8>)> + use<> {
    let bytes = |text: &OsStr| text.as_bytes().to_vec();
    let mut with_shims = bytes(services.places.shims().as_os_str());
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

/// Variables by name.
pub type Variables = Vec<(Vec<u8>, Vec<u8>)>;

/// What a login shell would set, which a daemon that was started from a bare context lacks. Asked once; a shell that fails or
/// hangs costs its five seconds once and leaves us with the daemon's own environment.
async fn login_environment(services: &Services) -> &Variables {
    let asked = async || {
        ask_login_shell(&shell()).await.unwrap_or_else(|error| {
            tracing::warn!(shell = shell(), error, "the login shell did not tell its environment");
            Vec::new()
        })
    };
    services.login_environment.get_or_init(asked).await
}

/// Its answer goes into memory and not into a pipe: something that a start-up file leaves running (an agent for keys, say) would
/// hold a pipe open, and we would wait for it.
async fn ask_login_shell(shell: &str) -> Result<Variables, String> {
    // Start-up files print greetings. What we asked for stands behind a word that none of them says.
    let mark = uuid::Uuid::new_v4().to_string();
    let text = |error: std::io::Error| error.to_string();
    let answer = File::from(memfd_create("pintle-login", MemfdFlags::CLOEXEC).map_err(|error| error.to_string())?);
    let mut child = Command::new(shell)
        .args(["-lc", &format!("echo {mark}; env -0")])
        .stdin(Stdio::null())
        .stdout(answer.try_clone().map_err(text)?)
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .map_err(text)?;
    let group = child.id().and_then(|id| Pid::from_raw(i32::try_from(id).ok()?));
    let Ok(ended) = tokio::time::timeout(LOGIN_LIMIT, child.wait()).await else {
        // With all that it has started: nobody would ever end that.
        let _ = group.map(|group| kill_process_group(group, Signal::KILL));
        let _ = child.wait().await;
        return Err(format!("it took more than {} s; it was ended", LOGIN_LIMIT.as_secs()));
    };
    ended.map_err(text)?;
    let mut said = Vec::new();
    // A shell that goes mad fills memory for five seconds; ours is not to follow.
    (&answer).seek(SeekFrom::Start(0)).map_err(text)?;
    (&answer).take(LOGIN_BYTES).read_to_end(&mut said).map_err(text)?;
    variables_behind(&said, mark.as_bytes())
        .ok_or_else(|| format!("it ended without an answer to `{shell} -lc 'env -0'`"))
}

/// The variables that stand, each ended by NUL, behind the line that ends with `mark`. `None` without it.
fn variables_behind(said: &[u8], mark: &[u8]) -> Option<Variables> {
    let at = memchr::memmem::rfind(said, mark)?;
    let listed = said[at + mark.len()..].trim_ascii_start();
    let variable = |text: &[u8]| {
        let equals = memchr::memchr(b'=', text).filter(|at| *at > 0)?;
        let (name, value) = (&text[..equals], &text[equals + 1..]);
        let ours = name == b"_" || name.starts_with(b"PINTLE_TEST_");
        // What something that still prints has put in between is no name.
        let is_name = name.iter().all(u8::is_ascii_graphic);
        (!ours && is_name).then(|| (name.to_vec(), value.to_vec()))
    };
    Some(listed.split(|byte| *byte == 0).filter_map(variable).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(said: &[u8], expected: &[(&str, &[u8])]) {
        let expected: Variables =
            expected.iter().map(|(name, value)| (name.as_bytes().to_vec(), value.to_vec())).collect();
        assert_eq!(variables_behind(said, b"mark"), Some(expected));
    }

    #[test]
    fn only_what_stands_behind_the_mark_counts() {
        check(b"welcome A=1\0B=2\0 mark\nC=3\0D=4=5\nmore\0", &[("C", b"3"), ("D", b"4=5\nmore")]);
        check(b"mark\r\nA=\xff\0_=/usr/bin/env\0no name\0=x\0late news\nB=1\0C=2\0", &[("A", b"\xff"), ("C", b"2")]);
        check(b"mark\n", &[]);
        assert_eq!(variables_behind(b"A=1\0", b"mark"), None);
    }
}
