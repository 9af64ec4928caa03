//! The bars of the design, measured on whole processes: a release daemon in a home of its own beside the bare thing that it
//! is compared with, by turns in one run, so that a slow or busy machine changes both.
//!
//! `cargo bench --bench side_by_side` measures all rows, `… -- health kill` those named. `… -- --serve` starts a daemon in the
//! same surroundings and keeps it until Enter, for a profiler. Other processes that a row needs (agents, readers, the bare
//! server) are this program again, see `roles`.

mod client;
mod clock;
mod daemon;
mod pattern;
mod pin;
mod process;
mod pty;
mod reader;
mod repository;
mod roles;
mod rows;
mod table;
mod tmux;

use std::process::ExitCode;

use anyhow::{Result, bail};

use table::{Figure, print};

/// One line of the design's table.
type Row = fn() -> Result<Vec<Figure>>;

const ROWS: [(&str, Row); 20] = [
    ("health", rows::health::measure),
    ("flood", rows::flood::one_reader),
    ("flood4", rows::flood::four_readers),
    ("keys", rows::keys::idle),
    ("keys4", rows::keys::busy),
    ("idle", rows::idle::measure),
    ("quiet", rows::quiet::measure),
    ("spawn", rows::spawn::measure),
    ("kill", rows::kill::measure),
    ("send_keys", rows::panes::send_keys),
    ("change", rows::hud::change),
    ("idle_tmux", rows::hud::idle),
    ("list_panes", rows::panes::list),
    ("printing", rows::panes::printing),
    ("run", rows::run::process),
    ("apply", rows::run::apply),
    ("create", rows::worktrees::create),
    ("diff", rows::worktrees::diff),
    ("pulse", rows::worktrees::pulse),
    ("swarm", rows::swarm::measure),
];

fn main() -> Result<ExitCode> {
    // Cargo adds `--bench`.
    let words: Vec<String> = std::env::args().skip(1).filter(|word| word != "--bench").collect();
    if let Some(role) = words.first().and_then(|word| word.strip_prefix("__")) {
        roles::play(role, &words[1..])?;
        return Ok(ExitCode::SUCCESS);
    }
    if words.first().is_some_and(|word| word == "--serve") {
        let daemon = daemon::Daemon::start()?;
        println!(
            "socket {}, keeper {}, daemon {}; Enter ends it",
            daemon.socket().display(),
            daemon.keeper,
            daemon.pid
        );
        std::io::stdin().read_line(&mut String::new())?;
        return Ok(ExitCode::SUCCESS);
    }
    if let Some(unknown) = words.iter().find(|word| ROWS.iter().all(|(name, _)| name != word)) {
        bail!("no row `{unknown}`; there are: {}", ROWS.map(|(name, _)| name).join(" "));
    }
    let wanted = ROWS.iter().filter(|(name, _)| words.is_empty() || words.iter().any(|word| word == name));
    let mut figures = Vec::new();
    for (name, row) in wanted {
        eprintln!("measuring {name} …");
        figures.extend(row().unwrap_or_else(|error| vec![Figure::failed(name, &error)]));
    }
    print(&figures);
    // A figure over its bar is a finding for a person on a quiet machine, not a broken build.
    Ok(ExitCode::SUCCESS)
}
