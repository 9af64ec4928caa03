//! `pintle tmux install`

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::bail;
use rustix::fs::stat;
use serde_json::json;

use super::keys::Caller;
use super::server::{Server, Which};
use super::{log, plan, status, version};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::client::{Client, ClientError};
use crate::protocol::cmd::parse_reply;

/// How long the daemon may take to hear of this tmux. tmux waits for us while it starts.
const LIMIT: Duration = Duration::from_secs(3);

/// Puts the HUD and the keys into tmux. Says so to a person only: what is printed under tmux's `run-shell` covers the pane.
pub fn run(context: &Context, which: &Which) -> anyhow::Result<Exit> {
    let server = Server::find(which)?;
    let seen = server.read()?;
    if !version::suffices(&seen.version) {
        bail!("tmux {} is too old: {}", seen.version, version::NEEDED);
    }
    let words = words(context);
    server.write(&plan::install(&seen, Caller(&words)).commands)?;
    let told = tell(&mut context.client(), "register_tmux", &server, LIMIT);
    if let Err(error) = &told {
        // Keys and status line are in place all the same, and the daemon hears of this tmux from the first client that comes from here.
        // Where not even that can be written down, there is still nothing wrong with what was asked for.
        let _ = log::write(context, &format!("the daemon does not know this tmux yet: {error}"));
    }
    if context.output.is_json() || context.output.columns().is_some() {
        return match told {
            Ok(()) => status::after_install(context, which),
            Err(_) => status::run(context, which),
        };
    }
    Ok(Exit::Done)
}

/// Tells the daemon of the server: `register_tmux`, so that it has somebody to show the HUD to, or `unregister_tmux`.
pub fn tell(client: &mut Client, request: &str, server: &Server, limit: Duration) -> Result<(), ClientError> {
    let line = client.call_raw(&json!({"cmd": request, "tmux": server.socket().to_string_lossy()}), limit)?;
    parse_reply(&line).map(drop).map_err(ClientError::from)
}

/// How a shell of tmux's calls us: with a full path, since its PATH is the one tmux was started with, and the daemon that was named.
pub fn words(context: &Context) -> String {
    let program = program().into_os_string().into_string().unwrap_or_else(|_| "pintle".to_owned());
    let socket = context.socket.as_deref().and_then(Path::to_str).map(|socket| ["--socket", socket]);
    shell_words::join(std::iter::once(program.as_str()).chain(socket.into_iter().flatten()))
}

/// This program. By the name it has on PATH where it has one there: that one stays when an upgrade puts another file behind it.
fn program() -> PathBuf {
    let Ok(own) = std::env::current_exe() else { return PathBuf::from("pintle") };
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut named =
        std::env::split_paths(&path).filter(|folder| folder.is_absolute()).map(|folder| folder.join("pintle"));
    named.find(|named| is_same(named, &own)).unwrap_or(own)
}

fn is_same(one: &Path, other: &Path) -> bool {
    let file = |path| stat(path).ok().map(|found| (found.st_dev, found.st_ino));
    file(one).is_some_and(|found| file(other) == Some(found))
}
