//! The folder in front of every agent's PATH, and the `pintle` in it: hooks of agents say `pintle report …`, wherever pintle was
//! installed or built.

use std::collections::BTreeSet;
use std::io;
use std::path::PathBuf;

use super::services::Services;
use crate::base::files::{FileError, is_temporary, link_atomic, make_folder};
use crate::base::paths::Places;
use crate::environment::guard::known_commands;

/// Lets `pintle` in that folder be the program that this daemon runs. Done at every start, since an upgrade may have put the program
/// elsewhere. What is right already is left alone: an agent may be running it at this moment.
pub fn keep(places: &Places) -> Result<(), FileError> {
    let (folder, link) = (places.shims(), places.shim());
    // Everything is made anew when the folder around it is there again.
    if !places.has_runtime().unwrap_or(false) {
        return Ok(());
    }
    let program = program(&link)?;
    if std::fs::read_link(&link).is_ok_and(|target| target == program) {
        return Ok(());
    }
    make_folder(&folder)?;
    link_atomic(&program, &link)
}

/// What this daemon runs.
fn program(link: &std::path::Path) -> Result<PathBuf, FileError> {
    let program = std::env::current_exe().map_err(FileError::at(link))?;
    if !program.exists() {
        // Removed or replaced while we started. A link that leads nowhere is worse than one to what was there before.
        let gone = io::Error::new(io::ErrorKind::NotFound, format!("{} is gone", program.display()));
        return Err(FileError::at(link)(gone));
    }
    Ok(program)
}

impl Services {
    /// Lets each command that goes through us be found in that folder, under its own name, and no other. Called by such a name, pintle
    /// is `pintle run NAME`.
    pub fn keep_shims(&self) {
        let loaded = self.environments.loaded();
        let mut names: BTreeSet<String> =
            loaded.wrapped_anywhere().into_iter().filter(|name| is_file_name(name)).map(str::to_owned).collect();
        // A program that runs keeps the variables it was started with. Where environments have any, the tools that are known meet those
        // that hold by now; and where nobody knows what holds, they are refused.
        let has_variables = loaded.envs.iter().any(|env| !env.vars.is_empty() || env.kube.is_some());
        if has_variables || self.is_any_unknown() {
            names.extend(known_commands().map(str::to_owned));
        }
        if let Err(error) = keep_shims(&self.places, &names) {
            tracing::warn!(%error, "agents and scripts may run commands without their rules");
        }
    }
}

fn is_file_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(['/', '\0']) && !matches!(name, "." | ".." | "pintle")
}

fn keep_shims(places: &Places, names: &BTreeSet<String>) -> Result<(), FileError> {
    let folder = places.shims();
    if !places.has_runtime().unwrap_or(false) {
        return Ok(());
    }
    let program = program(&folder)?;
    make_folder(&folder)?;
    for name in names {
        let link = folder.join(name);
        if !std::fs::read_link(&link).is_ok_and(|target| target == program) {
            link_atomic(&program, &link)?;
        }
    }
    for entry in std::fs::read_dir(&folder).map_err(FileError::at(&folder))?.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        // A link that somebody else has put there is not ours to remove; all of ours lead to one program.
        let is_ours = std::fs::read_link(entry.path()).is_ok_and(|target| target.file_name() == program.file_name());
        if is_ours && name != "pintle" && !is_temporary(&name) && !names.contains(&name) {
            let _ = std::fs::remove_file(entry.path());
        }
    }
    Ok(())
}
