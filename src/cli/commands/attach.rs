//! `pintle attach`

use std::io::IsTerminal;

use anyhow::Context as _;
use clap::ValueEnum;
use clap_complete::ArgValueCandidates;

use crate::cli::attach::{DetachKey, End, Session, size};
use crate::cli::commands::resume;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::cli::show;
use crate::cli::{complete, resolve};
use crate::client::Client;
use crate::protocol::typed::request;

/// Show an agent in this terminal and type into it
///
/// The agent's terminal takes the size of this one (the smallest, if several are attached). The detach key lets go of
/// it and leaves it running; so do closing the terminal and killing the pane. A restart of the daemon goes unnoticed.
///
/// Without a terminal it is a filter: standard input is typed, to its end, and what the agent prints goes to standard
/// output until the agent ends.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
    /// What to show first: its screen, all output that is kept, or nothing [default: screen on a terminal, else none]
    #[arg(long, value_name = "WHAT")]
    replay: Option<Replay>,
    /// Only look: type nothing, and leave the agent's terminal the size it has
    #[arg(long, short)]
    read_only: bool,
    /// The key that lets go, with Ctrl, or `none`; `pintle send AGENT --keys KEY` types it into an agent
    #[arg(long, value_name = "KEY", default_value = "C-\\", env = "PINTLE_DETACH_KEY")]
    detach_key: DetachKey,
}

/// What is shown before what comes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Replay {
    /// Every byte that is kept.
    All,
    /// The screen as it is now.
    Screen,
    /// Nothing.
    None,
}

/// Attaches to an agent.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("attach", r#"`pintle call '{"type":"attach","agent_id":"ag-…"}'` prints the stream"#)?;
    let mut client = context.client();
    let agent = resolve::agent(context, &mut client, &args.agent)?;
    let on_terminal = std::io::stdout().is_terminal();
    let replay = match args.replay {
        Some(Replay::All) => request::Replay::All,
        Some(Replay::None) => request::Replay::None,
        Some(Replay::Screen) => request::Replay::Screen,
        None if on_terminal => request::Replay::Screen,
        None => request::Replay::None,
    };
    attach(client, &agent, replay, args.read_only, args.detach_key)
}

/// Attaches to an agent that was just started or chosen, in the usual way.
pub fn show_here(context: &Context, mut client: Client, id: &str, name: Option<&str>) -> anyhow::Result<Exit> {
    let agent = match name {
        Some(name) => resolve::Found { id: id.to_owned(), name: name.to_owned(), stopped: false },
        None => resolve::agent(context, &mut client, id)?,
    };
    let detach_key = std::env::var("PINTLE_DETACH_KEY").unwrap_or_else(|_| "C-\\".to_owned());
    let detach_key = detach_key.parse().map_err(|error| anyhow::anyhow!("PINTLE_DETACH_KEY: {error}"))?;
    // A filter gets what the agent has printed since its start, a moment ago, and no picture of its screen.
    let on_terminal = std::io::stdout().is_terminal();
    let replay = if on_terminal { request::Replay::Screen } else { request::Replay::All };
    attach(client, &agent, replay, false, detach_key)
}

fn attach(
    client: Client,
    agent: &resolve::Found,
    replay: request::Replay,
    read_only: bool,
    detach_key: DetachKey,
) -> anyhow::Result<Exit> {
    if std::env::var("PINTLE_AGENT_ID").is_ok_and(|own| own == agent.id) {
        let usage = Usage::new(format!("{} cannot be shown in itself: what it shows would be shown again", agent.name));
        return Err(usage.with_hint("attach from another terminal").into());
    }
    // Who only looks does not make the agent's terminal smaller; and without a terminal there is no size to tell.
    let size = size().filter(|_| !read_only && std::io::stdout().is_terminal());
    let size = size.map(|(cols, rows)| (u64::from(cols), u64::from(rows)));
    let (cols, rows) = (size.map(|size| size.0), size.map(|size| size.1));
    // Known to the daemon, so that the pane can be found by its agent. Standard output that is none of the pane shows nothing there.
    let shown = show::pane().ok().filter(|_| std::io::stdout().is_terminal());
    let (pane, tmux) = shown.map(|pane| (pane.id, pane.server)).unzip();
    let request = request::Attach { agent_id: agent.id.clone(), replay, from: None, cols, rows, pane, tmux };
    let (_, attachment) = client.attach(request)?;
    let end = Session::begin(attachment, detach_key, read_only)?.run();
    let end = end.with_context(|| format!("lost sight of {}", agent.name))?;
    Ok(farewell(&agent.name, end))
}

/// The last word, on standard error: standard output is the agent's.
fn farewell(name: &str, end: End) -> Exit {
    match end {
        End::Detached => eprintln!("[detached from {name}]"),
        End::Exited(Some(code)) => eprintln!("[{name} ended with code {code}]"),
        End::Exited(None) => eprintln!("[{name} ended]"),
        End::Suspended => eprintln!("[{name} is suspended; {}]", resume::hint(name)),
        End::Signal(_) | End::Closed => {}
    }
    match end {
        End::Signal(signal) => Exit::Signal(signal),
        End::Detached | End::Exited(_) | End::Suspended | End::Closed => Exit::Done,
    }
}
