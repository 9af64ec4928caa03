//! The end of processes with everything that they have brought about.

use std::collections::HashSet;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::process::{Pid, PidfdFlags, Signal, pidfd_open};

use super::clock::Clock;
use super::process::{Identity, Table, ourselves};

/// Rounds of killing: whoever is killed may be starting something.
const ROUNDS: usize = 20;
/// How long one that was killed may take to end.
const DYING: Duration = Duration::from_millis(500);

/// Kills until nobody is left: the leader, all that descend from it, and whoever carries this value of the environment variable `mark`.
/// Whoever was killed is waited for: on its way out it has no environment any more, and with that no mark. A child of ours becomes our
/// zombie.
pub fn kill(mark: &str, leader: i32, value: &str) {
    kill_all(|| members(mark, leader, &[value]));
}

/// Asks all who carry one of these values of the mark to end, and kills those that have not by then. `grace`: for all of them together.
/// Returns how many there were.
pub fn end_marked(mark: &str, values: &[&str], grace: Duration, clock: &Clock) -> usize {
    /// No process has it.
    const NOBODY: i32 = i32::MAX;
    let family = members(mark, NOBODY, values);
    for member in &family {
        member.signal(Signal::TERM);
        // One that stands still hears it when it goes on.
        member.signal(Signal::CONT);
    }
    let until = clock.instant() + grace;
    for member in &family {
        wait_for(*member, until.saturating_duration_since(clock.instant()));
    }
    if !family.is_empty() {
        kill_all(|| members(mark, NOBODY, values));
    }
    family.len()
}

fn kill_all(members: impl Fn() -> Vec<Identity>) {
    for _ in 0..ROUNDS {
        let family = members();
        if family.is_empty() {
            break;
        }
        for member in &family {
            member.signal(Signal::KILL);
        }
        family.iter().for_each(|member| wait_for(*member, DYING));
    }
}

fn members(mark: &str, leader: i32, values: &[&str]) -> Vec<Identity> {
    let table = Table::read(mark);
    let members: HashSet<Identity> = values.iter().flat_map(|value| table.family(leader, value)).collect();
    members.into_iter().filter(|member| !ourselves().contains(&member.pid)).collect()
}

/// Waits for an end; not for ever, since the kernel does not let everything die.
fn wait_for(member: Identity, limit: Duration) {
    let process = Pid::from_raw(member.pid).and_then(|pid| pidfd_open(pid, PidfdFlags::empty()).ok());
    // It may be another one's by now.
    let Some(process) = process.filter(|_| member.is_alive()) else { return };
    let _ = poll(&mut [PollFd::new(&process, PollFlags::IN)], Timespec::try_from(limit).ok().as_ref());
}
