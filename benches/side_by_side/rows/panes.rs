//! Panes through pintle's socket, against the same on a bare control client.

use std::time::Duration;

use anyhow::{Result, ensure};
use serde_json::json;

use crate::clock::{pause, timed};
use crate::daemon::Daemon;
use crate::process::Cpu;
use crate::table::{Figure, median, micros};
use crate::tmux::{Control, Server};

const ROUNDS: usize = 20;
const CALLS: usize = 50;
const PANES: usize = 200;
const PRINTING: usize = 50;
const WATCHED: Duration = Duration::from_secs(10);

/// `tmux_send_keys`
pub fn send_keys() -> Result<Vec<Figure>> {
    let (server, daemon) = (Server::start()?, Daemon::start()?);
    let request = json!({"cmd": "tmux_send_keys", "pane": "%0", "keys": "x", "tmux": server.socket()});
    let sample = compare(&server, &daemon, &format!("{request}\n"), "send-keys -t %0 -l x\n", CALLS)?;
    Ok(vec![sample.figure("send-keys through the socket / bare control client", 2.0, "≤ 2x")])
}

/// `list_panes`
pub fn list() -> Result<Vec<Figure>> {
    let (server, daemon) = (Server::start()?, Daemon::start()?);
    for at in 1..PANES {
        server.run(&["new-window", "-d", "-t", "main:", "cat"])?;
        server.run(&["set-option", "-p", "-t", &format!("%{at}"), "@pintle_env", "dev"])?;
    }
    let request = json!({"cmd": "list_panes", "tmux": server.socket()});
    let fields = "#{session_id} #{session_name} #{window_id} #{window_index} #{window_name} #{pane_id} #{pane_pid} \
                  #{pane_active} #{pane_width} #{pane_height} #{pane_current_path} #{pane_title} #{@pintle_agent} #{@pintle_env}";
    let bare = format!("list-panes -a -F '{fields}'\n");
    let sample = compare(&server, &daemon, &format!("{request}\n"), &bare, 3)?;
    Ok(vec![sample.figure("list of 200 panes / list-panes on a control client", 2.0, "≤ 2x")])
}

/// What 50 agents that print cost the daemon while it keeps a status bar.
pub fn printing() -> Result<Vec<Figure>> {
    let (server, daemon) = (Server::start()?, Daemon::start()?);
    let mut client = daemon.client()?;
    let request = json!({"cmd": "register_tmux", "tmux": server.socket()});
    client.exchange(format!("{request}\n").as_bytes())?;
    for _ in 0..PRINTING {
        daemon.spawn(&mut client, "sh -c 'while :; do echo a line of output; sleep 1; done'")?;
    }
    pause(Duration::from_secs(3));
    let before = Cpu::of(daemon.pid);
    pause(WATCHED);
    let used = Cpu::of(daemon.pid).since(before, 1).ran();
    daemon.kill_all(&mut client)?;
    let share = used.as_secs_f64() / WATCHED.as_secs_f64() * 100.0;
    let measured = format!("{share:.2} % of a core (all of the daemon, a line a second each)");
    Ok(vec![Figure::new("50 agents printing: HUD and status", share, 1.0, measured, "≤ 1 %")])
}

struct Sample {
    ours: Vec<Duration>,
    bare: Vec<Duration>,
}

impl Sample {
    fn figure(&self, what: &'static str, bar: f64, bar_text: &str) -> Figure {
        let (ours, bare) = (median(&self.ours), median(&self.bare));
        let ratio = ours.as_secs_f64() / bare.as_secs_f64();
        let measured = format!("{ratio:.2}x ({:.0} µs, bare {:.0} µs)", micros(ours), micros(bare));
        Figure::new(what, ratio, bar, measured, bar_text)
    }
}

fn compare(server: &Server, daemon: &Daemon, request: &str, line: &str, calls: usize) -> Result<Sample> {
    let (mut client, mut control) = (daemon.client()?, Control::attach(&server.socket())?);
    let mut sample = Sample { ours: Vec::new(), bare: Vec::new() };
    for _ in 0..ROUNDS {
        for _ in 0..calls {
            let (time, answer) = timed(|| control.call(line));
            answer?;
            sample.bare.push(time);
        }
        for _ in 0..calls {
            let (time, answer) =
                timed(|| client.exchange(request.as_bytes()).map(|answer| answer.starts_with(b"{\"ok\":true")));
            ensure!(answer?, "{request} was refused");
            sample.ours.push(time);
        }
    }
    Ok(sample)
}
