//! Ending processes: SIGTERM to the group, a grace, SIGKILL to every descendant. All agents at once; two looks at the process
//! table serve any number of them.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};
use tokio::io::Interest;
use tokio::time::{Instant, timeout_at};

use crate::agent::actor::Agent;
use crate::base::descriptor;
use crate::base::process::{Identity, Table, ourselves};
use crate::base::test_point;

/// How long a process may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);
/// How long the kernel may take to end a process after SIGKILL.
const KILL_LIMIT: Duration = Duration::from_secs(2);
/// Marks every process of an agent.
const MARK: &str = "PINTLE_AGENT_ID";

/// Ends the agents' processes with all that descends from them. Returns the exit codes; `None` for one that the kernel does not
/// let die.
pub async fn end(agents: Vec<Arc<Agent>>) -> HashMap<String, Option<i32>> {
    let before = families(&agents).await;
    for agent in &agents {
        if agent.exit().is_none() {
            agent.signal_group(Signal::TERM);
            // An interactive shell ignores SIGTERM and would sit out the whole grace. What ends it is what ends it when its
            // terminal is closed.
            if agent.process.ignores(Signal::TERM) {
                agent.signal_group(Signal::HUP);
            }
            // A stopped process ends only when it goes on.
            agent.signal_group(Signal::CONT);
        }
    }
    test_point::reach("kill.signalled");
    let grace = Instant::now() + GRACE;
    for agent in &agents {
        let _ = timeout_at(grace, exited(agent)).await;
    }
    let rest = survivors(&agents, before).await;
    for member in &rest {
        member.signal(Signal::TERM);
        member.signal(Signal::CONT);
    }
    wait_for(&rest, grace).await;
    let last = Instant::now() + KILL_LIMIT;
    let rest: Vec<Identity> = survivors(&agents, rest).await;
    for member in &rest {
        member.signal(Signal::KILL);
    }
    wait_for(&rest, last).await;
    for agent in &agents {
        let _ = timeout_at(last, exited(agent)).await;
    }
    agents.iter().map(|agent| (agent.id.clone(), agent.exit())).collect()
}

/// Waits until the keeper has told that the process has ended.
async fn exited(agent: &Agent) {
    let _ = agent.watch().wait_for(|moved| moved.exit.is_some()).await;
}

/// All processes of the agents, now. Reading the table takes milliseconds on a busy machine, so it is done beside the loop.
async fn families(agents: &[Arc<Agent>]) -> Vec<Identity> {
    let leaders: Vec<(i32, String)> = agents.iter().map(|agent| (agent.process.pid, agent.id.clone())).collect();
    let look = move || {
        let table = Table::read(MARK);
        let members = leaders.iter().flat_map(|(leader, id)| table.family(*leader, id));
        members.filter(|member| !ourselves().contains(&member.pid)).collect::<Vec<Identity>>()
    };
    tokio::task::spawn_blocking(look).await.unwrap_or_default()
}

/// Who is left: those known from before that still live, and those that can be found now.
async fn survivors(agents: &[Arc<Agent>], known: Vec<Identity>) -> Vec<Identity> {
    let mut all = families(agents).await;
    all.extend(known);
    all.retain(|member| member.is_alive());
    all.sort_by_key(|member| member.pid);
    all.dedup();
    all
}

/// Waits until all have ended, by pidfd: they are no children of ours.
async fn wait_for(members: &[Identity], until: Instant) {
    for member in members {
        let Some(pid) = Pid::from_raw(member.pid) else { continue };
        let Ok(pidfd) = pidfd_open(pid, PidfdFlags::NONBLOCK) else { continue };
        if !member.is_alive() {
            continue;
        }
        if let Ok(watch) = descriptor::watch(pidfd, Interest::READABLE) {
            let _ = timeout_at(until, watch.readable()).await;
        }
    }
}
