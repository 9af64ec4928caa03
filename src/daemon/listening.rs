//! Sockets at other places than our own, so that clients of other daemons with these dialects work unchanged.

use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;

use super::services::Services;
use crate::project::config;

/// Listens on the sockets that `listen:` of the global config names and that are not listened on yet. Returns what could not be
/// done, a line each; it is logged too.
///
/// The keeper makes them, so they outlive this daemon. One that is taken out of the config stays until the keeper ends.
pub async fn listen_elsewhere(services: &Arc<Services>) -> Vec<String> {
    // That the file cannot be read is told by whoever needs the rest of it.
    let Ok(config) = config::read(&services.places.config_file()) else { return Vec::new() };
    let mut failed = Vec::new();
    for path in config.listen.unwrap_or_default() {
        if let Err(error) = listen_at(services, &path).await {
            let error = format!("{}: listen: {error}", services.places.config_file().display());
            tracing::error!("{error}");
            failed.push(error);
        }
    }
    failed
}

async fn listen_at(services: &Services, path: &str) -> Result<(), String> {
    let home = std::env::var("HOME").unwrap_or_default();
    let path = match path.strip_prefix("~/") {
        Some(rest) if !home.is_empty() => format!("{home}/{rest}"),
        _ => path.to_owned(),
    };
    let Some(folder) = Path::new(&path).parent().filter(|folder| folder.is_absolute()) else {
        return Err(format!("{path:?} is not an absolute path; give the socket's full path, or begin with ~/"));
    };
    // The other daemon would have made its folder. For us alone, as the socket is.
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    services.keeper.listen(&path).await.map_err(|error| error.to_string())
}
