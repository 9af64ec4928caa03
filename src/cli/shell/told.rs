//! What the daemon has told shells, as the shell in this place reads it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use anyhow::anyhow;

use crate::base::files::read_if_there;
use crate::base::paths::Places;
use crate::cli::run::Here;
use crate::environment::script::{Wrapped, wrapped_in};
use crate::environment::told::Told;

/// What holds here.
#[derive(Debug, Default)]
pub struct Place {
    /// `PID-NUMBER` of the pane, where we are in one.
    pub pane: Option<String>,
    /// What holds, and on which rung; `None` where no daemon has told anything since the machine was started.
    pub told: Option<(Told, &'static str)>,
    /// The `HASH` that the pane's shell has applied.
    pub applied: Option<String>,
    /// The commands that are wrapped here, and how.
    pub commands: Vec<(String, Wrapped)>,
}

impl Place {
    /// Reads the files of the runtime folder. Asks nobody.
    pub fn look(places: &Places) -> anyhow::Result<Self> {
        let here = Here::look(None, OsStr::new("pintle")).map_err(|refusal| anyhow!(refusal.message))?;
        let folder = places.shell();
        let told = here.asker.look(&folder)?;
        let script = match &told {
            Some((told, _)) => read_if_there(&folder.join(format!("env/{}.sh", told.hash)))?,
            None => None,
        };
        let script = String::from_utf8_lossy(&script.unwrap_or_default()).into_owned();
        let commands = wrapped_in(&script).into_iter().map(|(name, how)| (name.to_owned(), how)).collect();
        Ok(Self { applied: here.asker.applied(&folder)?, pane: here.asker.pane, told, commands })
    }

    /// The names of the commands.
    pub fn names(&self) -> Vec<String> {
        self.commands.iter().map(|(name, _)| name.clone()).collect()
    }
}

/// The commands that are wrapped in any environment.
pub fn everywhere(places: &Places) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let entries = std::fs::read_dir(places.shell().join("env")).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()).filter(|path| path.extension() == Some(OsStr::new("sh"))) {
        let script = read_if_there(&path).ok().flatten().unwrap_or_default();
        found.extend(wrapped_in(&String::from_utf8_lossy(&script)).into_iter().map(|(name, _)| name.to_owned()));
    }
    found
}

/// How many folders stand before this one on PATH; `None` if it is not there.
pub fn place_on_path(path: &OsStr, folder: &Path) -> Option<usize> {
    let folder = folder.as_os_str().as_bytes();
    path.as_bytes().split(|byte| *byte == b':').position(|part| part.strip_suffix(b"/").unwrap_or(part) == folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_on_path() {
        let check = |path: &str, expected| {
            assert_eq!(place_on_path(OsStr::new(path), Path::new("/run/shims")), expected, "{path}");
        };
        check("/run/shims:/bin", Some(0));
        check("/bin::/run/shims/:/run/shims", Some(2));
        check("/bin:/run/shims2", None);
        check("", None);
    }
}
