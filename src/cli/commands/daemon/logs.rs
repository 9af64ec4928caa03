//! `pintle daemon logs`

use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rustix::fs::inotify::{self, CreateFlags, WatchFlags};
use rustix::io::Errno;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;

/// How to print the log.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Go on with what is written, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// How many lines of the past
    #[arg(long, short = 'n', value_name = "LINES", default_value = "100")]
    lines: usize,
    /// The log of the keeper, the process that holds the agents and starts the daemon
    #[arg(long)]
    keeper: bool,
}

/// Prints the end of the log.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("daemon logs", "the log is text; leave --json out")?;
    let folder = context.places.log();
    let newest = |wanted: &dyn Fn(&str) -> bool| newest(&folder, wanted);
    let wanted: &dyn Fn(&str) -> bool = if args.keeper { &is_keepers } else { &is_daemons };
    let Some(path) = newest(wanted) else {
        let hint = "`pintle daemon start` starts the daemon, which writes one";
        return Err(Usage::new(format!("there is no log in {}", folder.display())).with_hint(hint).into());
    };
    // Watched before it is read: what is written between the two would otherwise wait for the next line.
    let watch = args.follow.then(|| watch(&folder)).transpose()?;
    let mut log = Log::open(path)?;
    let text = log.rest()?;
    context.output.bytes(last_lines(&text, args.lines))?;
    let Some(watch) = watch else { return Ok(Exit::Done) };
    loop {
        wait(&watch)?;
        context.output.bytes(&log.rest()?)?;
        // Another day, another file.
        if let Some(path) = newest(wanted).filter(|path| *path != log.path) {
            log = Log::open(path)?;
            context.output.bytes(&log.rest()?)?;
        }
    }
}

/// The daemon's newest log.
pub fn newest_daemons(folder: &Path) -> Option<PathBuf> {
    newest(folder, &is_daemons)
}

/// `daemon.2026-01-31.log`: one a day.
fn is_daemons(name: &str) -> bool {
    name.starts_with("daemon.") && name.ends_with("log")
}

fn is_keepers(name: &str) -> bool {
    name == "keeper.log"
}

/// The last file by name that is wanted: names carry the day.
fn newest(folder: &Path, wanted: &dyn Fn(&str) -> bool) -> Option<PathBuf> {
    let names = std::fs::read_dir(folder).ok()?.filter_map(|entry| entry.ok()?.file_name().into_string().ok());
    names.filter(|name| wanted(name)).max().map(|name| folder.join(name))
}

struct Log {
    path: PathBuf,
    file: File,
}

impl Log {
    fn open(path: PathBuf) -> anyhow::Result<Self> {
        let file = File::open(&path).with_context(|| path.display().to_string())?;
        Ok(Self { path, file })
    }

    /// What was written since this was last asked.
    fn rest(&mut self) -> anyhow::Result<Vec<u8>> {
        let read = |file: &mut File| {
            // A file that is shorter than what was read of it has been emptied by somebody.
            if file.metadata()?.len() < file.stream_position()? {
                file.seek(SeekFrom::Start(0))?;
            }
            let mut bytes = Vec::new();
            file.read_to_end(&mut bytes).map(|_| bytes)
        };
        read(&mut self.file).with_context(|| self.path.display().to_string())
    }
}

/// The folder, not the file: a new file must be seen as well.
fn watch(folder: &Path) -> anyhow::Result<std::os::fd::OwnedFd> {
    let watch = inotify::init(CreateFlags::CLOEXEC)?;
    inotify::add_watch(&watch, folder, WatchFlags::MODIFY | WatchFlags::CREATE | WatchFlags::MOVED_TO)?;
    Ok(watch)
}

/// Blocks until something has changed. What has changed is looked at, not read from the events.
fn wait(watch: &std::os::fd::OwnedFd) -> anyhow::Result<()> {
    let mut events = [0; 4096];
    loop {
        match rustix::io::read(watch, &mut events) {
            Err(Errno::INTR) => {}
            read => return read.map(|_| ()).context("watching the log"),
        }
    }
}

fn last_lines(text: &[u8], count: usize) -> &[u8] {
    let end = text.len() - usize::from(text.ends_with(b"\n"));
    let newlines = memchr::memrchr_iter(b'\n', &text[..end]);
    match count.checked_sub(1).and_then(|before| newlines.into_iter().nth(before)) {
        Some(newline) => &text[newline + 1..],
        None if count == 0 => &[],
        None => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_lines() {
        fn check(text: &str, count: usize, expected: &str) {
            assert_eq!(last_lines(text.as_bytes(), count), expected.as_bytes(), "{text:?} {count}");
        }
        check("a\nb\nc\n", 2, "b\nc\n");
        check("a\nb\nc", 2, "b\nc");
        check("a\nb\n", 5, "a\nb\n");
        check("a\nb\n", 0, "");
        check("\n\n", 1, "\n");
        check("", 3, "");
    }

    #[test]
    fn the_newest_day_counts() {
        let temp = tempfile::tempdir().unwrap();
        for name in ["daemon.2026-01-31.log", "daemon.2026-02-01.log", "keeper.log", "other"] {
            std::fs::write(temp.path().join(name), "").unwrap();
        }
        assert_eq!(newest(temp.path(), &is_daemons), Some(temp.path().join("daemon.2026-02-01.log")));
        assert_eq!(newest(temp.path(), &is_keepers), Some(temp.path().join("keeper.log")));
        assert_eq!(newest(&temp.path().join("none"), &is_daemons), None);
    }
}
