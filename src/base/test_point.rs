//! Named places where a test can stop this process and let it go on, so that a race becomes a script.
//!
//! In a debug build, `reach("spawn.kept")` looks for the FIFO `$PINTLE_TEST_POINTS/spawn.kept.hit`. If it is there, the process
//! writes its pid into it (which blocks until the test reads), removes it, so that a point fires once, and then waits until the
//! test closes `spawn.kept.go`. Release builds contain none of this. Sleeping in tests was the alternative; it makes tests slow
//! and still wrong on a busy machine.

/// Stops here if a test asked for it.
#[cfg(debug_assertions)]
pub fn reach(name: &str) {
    use std::io::{Read, Write};
    static DIRECTORY: std::sync::OnceLock<Option<std::path::PathBuf>> = std::sync::OnceLock::new();
    let directory = DIRECTORY.get_or_init(|| std::env::var_os("PINTLE_TEST_POINTS").map(Into::into));
    let Some(directory) = directory else { return };
    let hit = directory.join(format!("{name}.hit"));
    let go = directory.join(format!("{name}.go"));
    let Ok(mut file) = std::fs::OpenOptions::new().write(true).open(&hit) else { return };
    // The point is spent before the test learns of it: the next process (a restarted daemon, say) must not stop here too.
    let _ = std::fs::remove_file(&hit);
    // In one piece: whoever polls for it reads all of it.
    let _ = file.write_all(format!("{}\n", std::process::id()).as_bytes());
    drop(file);
    if let Ok(mut file) = std::fs::File::open(&go) {
        let _ = file.read_to_end(&mut Vec::new());
    }
    let _ = std::fs::remove_file(&go);
}

/// Stops here if a test asked for it.
#[cfg(not(debug_assertions))]
#[inline(always)]
pub fn reach(_name: &str) {}

/// A limit that tests shorten: milliseconds from the environment variable `name` in a debug build, else `usual`.
pub fn limit(name: &str, usual: std::time::Duration) -> std::time::Duration {
    if cfg!(debug_assertions)
        && let Some(millis) = std::env::var(name).ok().and_then(|value| value.parse().ok())
    {
        return std::time::Duration::from_millis(millis);
    }
    usual
}
