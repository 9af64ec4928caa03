//! Sockets at other places than our own, so that clients of other daemons with these dialects work unchanged.

use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::services::Services;

/// Listens on the sockets that `listen:` of the global config names and that are not listened on yet. Returns what could not be
/// done, a line each; it is logged too.
///
/// The keeper makes them, so they outlive this daemon.
pub async fn listen_elsewhere(services: &Arc<Services>) -> Vec<String> {
    // That the file cannot be read is told by whoever needs the rest of it.
    let Ok(said) = services.environments.configs.read(&services.places.config_file()) else { return Vec::new() };
    let mut failed = Vec::new();
    for path in said.config.listen.iter().flatten() {
        if let Err(error) = listen_at(services, path).await {
            let error = format!("{}: listen: {error}", services.places.config_file().display());
            tracing::error!("{error}");
            failed.push(error);
        }
    }
    failed
}

/// Sockets that are still listened on though `listen:` does not name them any more, a line each. The keeper has no way to give one up:
/// clients may be on it, and it goes with the keeper.
pub fn left_over(services: &Services) -> Vec<String> {
    let file = services.places.config_file();
    // A file that cannot be read takes nothing back.
    let Ok(said) = services.environments.configs.read(&file) else { return Vec::new() };
    let named: Vec<PathBuf> = said.config.listen.iter().flatten().map(|path| full_path(path).into()).collect();
    let own = services.places.own_socket();
    let left = services.keeper.listening().into_iter().filter(|path| *path != own && !named.contains(path));
    left.map(|path| {
        let (file, path) = (file.display(), path.display());
        format!("{file}: listen: {path} is not named any more; it is still listened on until `pintle daemon stop`")
    })
    .collect()
}

/// With the home folder in the place of `~`.
fn full_path(path: &str) -> String {
    let home = std::env::var("HOME").unwrap_or_default();
    match path.strip_prefix("~/") {
        Some(rest) if !home.is_empty() => format!("{home}/{rest}"),
        _ => path.to_owned(),
    }
}

async fn listen_at(services: &Services, path: &str) -> Result<(), String> {
    let path = full_path(path);
    let Some(folder) = Path::new(&path).parent().filter(|folder| folder.is_absolute()) else {
        return Err(format!("{path:?} is not an absolute path; give the socket's full path, or begin with ~/"));
    };
    // The other daemon would have made its folder. For us alone, as the socket is.
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(|error| format!("{}: {error}", folder.display()))?;
    services.keeper.listen(&path).await.map_err(|error| error.to_string())
}
