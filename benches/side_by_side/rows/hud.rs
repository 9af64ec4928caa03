//! What a status bar shows and what it costs, against a tmux without us.

use std::io::{BufRead, Read};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::client::Client;
use crate::clock::{now, pause};
use crate::daemon::Daemon;
use crate::process::{Cpu, children, lived};
use crate::pty::Bare;
use crate::roles::{self, Actor};
use crate::table::{Figure, median, micros};
use crate::tmux::{Control, Server};

const CHANGES: usize = 40;
/// Longer than two gaps between writes of the daemon: the way back waits for one, and what is measured must not wait.
const GAP: Duration = Duration::from_millis(600);
const LOST: Duration = Duration::from_secs(5);
/// What is waited for on the client's screen.
const GLYPH: &str = "1!1";
const PANES: usize = 5;
const CLIENTS: usize = 3;
const WATCHED: Duration = Duration::from_secs(60);

/// A change to its glyph on an attached client, against an option that a control client sets; and beside them the same option set by a
/// program that is told the text over a socket and does nothing else. No daemon can be faster than that one: of what is above the bare
/// control client, it says how much is having a process in between at all, which must wake, and leaves tmux a colder cache.
pub fn change() -> Result<Vec<Figure>> {
    let (server, bare, third, daemon) = (Server::start()?, Server::start()?, Server::start()?, Daemon::start()?);
    let [screen, bare_screen, third_screen] =
        [Screen::attach(&server)?, Screen::attach(&bare)?, Screen::attach(&third)?];
    for server in [&server, &bare, &third] {
        server.run(&["set-option", "-g", "status-right", "#{@pintle_hud}"])?;
        // The agent's notification stands over the status line only for a moment.
        server.run(&["set-option", "-g", "display-time", "1"])?;
        server.run(&["set-option", "-g", "@pintle_notify_time", "1"])?;
    }
    let (mut client, mut control) = (daemon.client()?, Control::attach(&bare.socket())?);
    let mut relay = Relay::start(&third)?;
    let mut ask = |request: Value| client.exchange(format!("{request}\n").as_bytes()).map(drop);
    ask(json!({"cmd": "register_tmux", "tmux": server.socket()}))?;
    let agent = daemon.spawn(&mut daemon.client()?, "cat")?;
    let mut report = |state| ask(json!({"type": "report", "agent_id": agent, "state": state}));
    let mut set = |text: &str| control.call(&roles::set(text)).map(drop);
    let mut held = |state| {
        report(state)?;
        pause(GAP);
        server.run(&["show-options", "-gv", "@pintle_hud"])
    };
    // The first notification comes with the first of them, and stays in the line.
    held("blocked")?;
    let [working, blocked] = [held("working")?, held("blocked")?];
    let [working, blocked] = [working.trim_end(), blocked.trim_end()];
    let mut took = [(); 3].map(|()| Vec::new());
    for round in 0..CHANGES {
        // Each after the same rest, as a change comes to a status bar: one right after another would find the machine awake and another's
        // client that still draws.
        for turn in 0..3 {
            set(working)?;
            relay.set(working)?;
            report("working")?;
            pause(GAP);
            let who = (round + turn) % 3;
            took[who].push(match who {
                0 => screen.after(|| report("blocked"))?,
                1 => bare_screen.after(|| set(blocked))?,
                _ => third_screen.after(|| relay.set(blocked))?,
            });
        }
    }
    let [our, bare, relayed] = took.map(|took| median(&took));
    let [ratio, least] = [our, relayed].map(|time| time.as_secs_f64() / bare.as_secs_f64());
    let measured = format!(
        "{ratio:.2}x ({:.0} µs, bare {:.0} µs; a program in between that only hands it on {least:.2}x, {:.0} µs)",
        micros(our),
        micros(bare),
        micros(relayed),
    );
    Ok(vec![Figure::new("change to glyph on a client / bare control-mode set", ratio, 1.5, measured, "≤ 1.5x")])
}

/// A minute in which nothing happens, of a tmux with us and one without, side by side.
pub fn idle() -> Result<Vec<Figure>> {
    let (server, bare, daemon) = (Server::start()?, Server::start()?, Daemon::start()?);
    let mut screens = Vec::new();
    for server in [&server, &bare] {
        for _ in 1..PANES {
            server.run(&["split-window", "-d", "-t", "main:", "cat"])?;
        }
        server.run(&["set-option", "-g", "status-right", "#{@pintle_hud} %H:%M"])?;
        for _ in 0..CLIENTS {
            screens.push(Screen::attach(server)?);
        }
    }
    daemon.client()?.exchange(format!("{}\n", json!({"cmd": "register_tmux", "tmux": server.socket()})).as_bytes())?;
    pause(super::idle::SETTLE);
    let [with, without] = [Watched::of(&server, &daemon.both())?, Watched::of(&bare, &[])?];
    pause(WATCHED);
    let (with, without) = (with.since()?, without.since()?);
    let more = with.as_secs_f64() - without.as_secs_f64();
    let more = more * 1e3 / WATCHED.as_secs_f64();
    let measured = format!(
        "{more:+.3} ms/s (tmux, daemon and keeper {:.1} ms, tmux alone {:.1} ms in {} s); no process started",
        with.as_secs_f64() * 1e3,
        without.as_secs_f64() * 1e3,
        WATCHED.as_secs(),
    );
    drop(screens);
    Ok(vec![Figure::new(
        "idle CPU, 5 panes and 3 clients, beyond tmux alone",
        more,
        1.0,
        measured,
        "≤ 1 ms/s, 0 processes",
    )])
}

/// A server, its clients and ours, and what was true of them before.
struct Watched {
    pids: Vec<u32>,
    ran: Duration,
    families: Vec<(Vec<u32>, u64)>,
}

impl Watched {
    fn of(server: &Server, ours: &[u32]) -> Result<Self> {
        let listed = server.run(&["list-clients", "-F", "#{client_pid}"])?;
        let own = server.run(&["display-message", "-p", "#{pid}"])?;
        let pids = listed.lines().chain(own.lines()).map(str::parse);
        let mut pids = pids.collect::<Result<Vec<u32>, _>>().context("a pid of tmux")?;
        pids.extend(ours);
        // Ours is the one that is no person's.
        let expected = CLIENTS + 1 + if ours.is_empty() { 0 } else { ours.len() + 1 };
        ensure!(pids.len() == expected, "{} processes, not {expected}: {listed}", pids.len());
        Ok(Self { ran: ran(&pids), families: families(&pids)?, pids })
    }

    /// What they have used since then. That one of them has started a process is an error.
    fn since(self) -> Result<Duration> {
        ensure!(families(&self.pids)? == self.families, "a process was started");
        Ok(ran(&self.pids) - self.ran)
    }
}

fn ran(pids: &[u32]) -> Duration {
    pids.iter().map(|pid| Cpu::of(*pid).ran()).sum()
}

/// Children that live, and page faults of those that have ended: no process ends without one.
fn families(pids: &[u32]) -> Result<Vec<(Vec<u32>, u64)>> {
    pids.iter().map(|pid| Ok((children(*pid)?, lived(*pid)?))).collect()
}

/// The least program in between, and a connection to it.
struct Relay {
    client: Client,
    _process: Actor,
    _folder: TempDir,
}

impl Relay {
    fn start(server: &Server) -> Result<Self> {
        let folder = tempfile::Builder::new().prefix("pintle-bench-").tempdir_in("/tmp")?;
        let (socket, tmux) = (folder.path().join("r"), server.socket());
        let words = [socket.to_str(), tmux.to_str()].map(|word| word.context("a socket in UTF-8"));
        let [Ok(here), Ok(there)] = words else { bail!("a socket in UTF-8") };
        let mut process = Actor::start("relay", &[here, there])?;
        process.said()?.read_line(&mut String::new())?;
        Ok(Self { client: Client::connect(&socket)?, _process: process, _folder: folder })
    }

    fn set(&mut self, text: &str) -> Result<()> {
        self.client.exchange(format!("{text}\n").as_bytes()).map(drop)
    }
}

/// A client in a terminal.
struct Screen {
    _client: Bare,
    shown: Receiver<(Duration, Vec<u8>)>,
}

impl Screen {
    fn attach(server: &Server) -> Result<Self> {
        let socket = server.socket();
        let socket = socket.to_str().context("a socket in UTF-8")?;
        let words = ["env", "-u", "TMUX", "TERM=xterm-256color", "tmux", "-S", socket, "attach-session", "-t", "main"];
        let mut client = Bare::spawn(&words)?;
        let mut output = std::mem::replace(&mut client.output, Box::new(std::io::empty()));
        // Full, it makes the client wait, as a slow terminal does.
        let (sender, shown) = sync_channel(1024);
        // It ends when the client does.
        std::thread::spawn(move || {
            let mut bytes = vec![0; 1 << 16];
            while let Ok(count @ 1..) = output.read(&mut bytes) {
                if sender.send((now(), bytes[..count].to_vec())).is_err() {
                    return;
                }
            }
        });
        let screen = Self { _client: client, shown };
        screen.sees("[main]")?;
        Ok(screen)
    }

    /// The time from the start of something until the glyph is there.
    fn after(&self, work: impl FnOnce() -> Result<()>) -> Result<Duration> {
        while self.shown.try_recv().is_ok() {}
        let start = now();
        work()?;
        Ok(self.sees(GLYPH)? - start)
    }

    /// Reads until the text is there; when it was.
    fn sees(&self, text: &str) -> Result<Duration> {
        let mut seen = Vec::new();
        loop {
            let (at, bytes) = self
                .shown
                .recv_timeout(LOST)
                .with_context(|| format!("never shown: {text}; shown: {}", String::from_utf8_lossy(&seen)))?;
            seen.extend(bytes);
            if seen.windows(text.len()).any(|window| window == text.as_bytes()) {
                return Ok(at);
            }
        }
    }
}
