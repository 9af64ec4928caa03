//! The daemon's log: a file a day under the state folder, the last seven kept. `PINTLE_LOG` filters (`debug`,
//! `pintle::daemon=trace`).

use tracing_appender::rolling::{InitError, Rotation};
use tracing_subscriber::EnvFilter;

use crate::base::paths::Places;

const FILES: usize = 7;

/// Starts logging. Lines are written where they are made, without a thread of their own: there are few, and the last one before
/// a crash is the one that matters.
pub fn start(places: &Places) -> Result<(), InitError> {
    let file = tracing_appender::rolling::Builder::new()
        .rotation(Rotation::DAILY)
        .filename_prefix("daemon")
        .filename_suffix("log")
        .max_log_files(FILES)
        .build(places.log())?;
    let filter = EnvFilter::try_from_env("PINTLE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_writer(std::sync::Mutex::new(file))
        .with_ansi(false)
        .with_env_filter(filter)
        // That a line could not be written is not told on stderr: it is a file on the same full disk, and `eprintln!` panics there.
        // Whoever had just said that the disk is full would end in the middle of it.
        .log_internal_errors(false)
        .init();
    // A panic ends its task only, and must be found afterwards.
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        tracing::error!("panic: {panic}");
        before(panic);
    }));
    Ok(())
}
