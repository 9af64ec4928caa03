//! The plugin's log: what went wrong where nobody looks, since tmux and its plugin managers throw a plugin's output away.

use std::fs::OpenOptions;
use std::io::Write;

use crate::base::files::FileError;
use crate::cli::context::Context;

/// The log is begun anew when it is longer than this. A line is written when something is wrong, so that is a long time.
const LONGEST: u64 = 256 * 1024;

/// Writes a line with the time. `tmux/pintle.tmux` writes to the same file.
pub fn write(context: &Context, line: &str) -> anyhow::Result<()> {
    context.places.make()?;
    let path = context.places.log().join("tmux.log");
    let mut file = OpenOptions::new().create(true).append(true).open(&path).map_err(FileError::at(&path))?;
    let length = file.metadata().map_err(FileError::at(&path))?.len();
    if length > LONGEST {
        file.set_len(0).map_err(FileError::at(&path))?;
    }
    let line = format!("{:.0} {}\n", context.clock.now(), line.trim_end().replace('\n', "; "));
    file.write_all(line.as_bytes()).map_err(FileError::at(&path))?;
    Ok(())
}
