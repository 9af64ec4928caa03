//! Children, process groups, sessions, and signals.

use std::io;
use std::os::unix::process::CommandExt as _;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use rustix::process::{Resource, Rlimit, Signal, getpid, kill_process, setrlimit, setsid};

use crate::{LIFETIME, refused, say};

/// Catches the signals and does nothing about them: as deaf as ignoring, but not inherited, so that each child decides.
pub fn ignore(names: &[&str]) -> io::Result<()> {
    for name in names {
        signal_hook::flag::register(signal(name)?.as_raw(), Arc::new(AtomicBool::new(false)))?;
        say(&format!("ignoring {name}"))?;
    }
    Ok(())
}

/// Starts children that hold the terminal open. They say so themselves, when they are ready.
pub fn children(kind: &str, count: usize, stubborn: bool) -> io::Result<()> {
    if !["plain", "group", "session", "orphan"].contains(&kind) {
        return Err(refused(&format!("fake agent: no such kind of children: {kind}")));
    }
    let mut leader = 0;
    for _ in 0..count {
        let mut command = child(kind, stubborn)?;
        if kind == "group" {
            command.process_group(leader);
        }
        let process = command.spawn()?;
        if leader == 0 {
            leader = process.id().cast_signed();
        }
        // Not waited for, on purpose: agents leave zombies, and whoever cleans up must cope.
    }
    Ok(())
}

/// What a process started by [`children`] does.
pub fn be_child(kind: &str, stubborn: bool) -> io::Result<()> {
    match kind {
        "session" | "orphaned" => drop(setsid()?),
        // Its parent leaves at once, so that the grandchild belongs to nobody.
        "orphan" => return child("orphaned", stubborn)?.spawn().map(drop),
        _ => {}
    }
    if stubborn {
        for signal in [Signal::TERM, Signal::HUP, Signal::INT] {
            signal_hook::flag::register(signal.as_raw(), Arc::new(AtomicBool::new(false)))?;
        }
    }
    say(&format!("child {}", std::process::id()))?;
    std::thread::sleep(LIFETIME);
    Ok(())
}

fn child(kind: &str, stubborn: bool) -> io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args(["child", kind]).args(stubborn.then_some("stubborn"));
    Ok(command)
}

/// Ends by a signal.
pub fn die(name: &str) -> io::Result<()> {
    let signal = signal(name)?;
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    kill_process(getpid(), signal)?;
    // Ignored or caught: then the command was nonsense, and the test should hear of it.
    std::thread::sleep(std::time::Duration::from_secs(5));
    Err(refused(&format!("fake agent: survived SIG{}", name.to_uppercase())))
}

fn signal(name: &str) -> io::Result<Signal> {
    Ok(match name {
        "term" => Signal::TERM,
        "hup" => Signal::HUP,
        "int" => Signal::INT,
        "quit" => Signal::QUIT,
        "usr1" => Signal::USR1,
        "kill" => Signal::KILL,
        "segv" => Signal::SEGV,
        "abrt" => Signal::ABORT,
        _ => return Err(refused(&format!("fake agent: no such signal: {name}"))),
    })
}
