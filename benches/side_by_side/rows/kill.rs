//! Ending 64 agents at once.

use anyhow::{Result, ensure};
use serde_json::json;

use crate::clock::timed;
use crate::daemon::Daemon;
use crate::roles::command_line;
use crate::table::Figure;

const AGENTS: usize = 64;

pub fn measure() -> Result<Vec<Figure>> {
    let daemon = Daemon::start()?;
    let obey = kill(&daemon, "sleep 1000", false)?;
    let deaf = kill(&daemon, &command_line("deaf", &[])?, true)?;
    Ok(vec![
        Figure::new("kill of 64 agents that obey", obey, 0.5, format!("{:.0} ms", obey * 1e3), "≤ 0.5 s"),
        Figure::new("kill of 64 agents that ignore SIGTERM", deaf, 6.0, format!("{deaf:.2} s"), "≤ 6 s"),
    ])
}

/// Seconds until the answer to `kill`, when all are gone.
fn kill(daemon: &Daemon, command: &str, says_when_ready: bool) -> Result<f64> {
    let mut client = daemon.client()?;
    let mut agents = Vec::new();
    for _ in 0..AGENTS {
        agents.push(daemon.spawn(&mut client, command)?);
    }
    for agent in agents.iter().filter(|_| says_when_ready) {
        let wait = json!({"type": "wait", "agent_id": agent, "until": {"match": "deaf"}});
        let reply = client.ask(&wait, "wait_result")?;
        ensure!(reply["reached"] == true, "an agent is not ready: {reply}");
    }
    let (time, reply) = timed(|| daemon.kill_all(&mut client));
    let reply = reply?;
    ensure!(reply["killed"].as_array().is_some_and(|killed| killed.len() == AGENTS), "{reply}");
    Ok(time.as_secs_f64())
}
