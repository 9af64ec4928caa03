//! What counts for a command is what stands in the files when it is run.
//!
//! A change of a file is heard of, and waited for until nobody is writing any more: some 60 ms. Whoever saves a file and runs a command
//! in the same breath (`git checkout prod && kubectl apply`) must not have it run in what held before. So before anybody is told what
//! holds, the files that count there are looked at, and read anew if they are not as they were. That is a few system calls.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Environments;
use super::project::project_places;
use crate::base::clock::Clock;
use crate::base::files::{Content, SETTLE, Stamp, is_young, read_settled};
use crate::daemon::services::Services;
use crate::protocol::{Code, WireError};

/// So often a file that is being written is waited for: one and a half seconds.
const TURNS: usize = 25;

/// A file as it was before it was read.
#[derive(Clone, Copy, Debug, Default)]
pub struct Seen {
    /// Its stamp; `None` where there was none.
    pub stamp: Option<Stamp>,
    /// It had just been written. Whoever writes it twice within a tick of the file system's clock gives it one stamp twice.
    is_young: bool,
}

impl Seen {
    /// Looks at a file. To be asked before it is read: what is written in between is another file then.
    pub fn of(file: &Path, clock: &Clock) -> Self {
        Self { stamp: stamp(file), is_young: is_young(file, clock) }
    }

    /// The same of a file that said nothing for that moment, so that what it said before was taken instead: it is to be read again.
    pub fn unsettled(self) -> Self {
        Self { is_young: true, ..self }
    }

    /// Whether what was read then is what there is to read now.
    pub fn is_still(&self, file: &Path) -> bool {
        !self.is_young && stamp(file) == self.stamp
    }
}

fn stamp(file: &Path) -> Option<Stamp> {
    Stamp::of(file).ok().flatten()
}

impl Environments {
    /// The files that count for commands in this project, as far as they are not what was read.
    fn changed(&self, project: Option<&Path>) -> Vec<PathBuf> {
        let own = [self.places.envs_file(), self.places.prefixes_file()];
        let loaded = self.loaded();
        let mut changed: Vec<PathBuf> = own.into_iter().filter(|file| !loaded.is_still(file)).collect();
        if let Some(root) = project {
            let seen = project_places(root).into_iter().zip(self.project_seen(root));
            changed.extend(seen.filter(|(file, seen)| !seen.is_still(file)).map(|(file, _)| file));
        }
        changed
    }

    /// Whether somebody is about to write a file, or to put it back.
    pub(super) fn is_in_work(&self, file: &Path) -> bool {
        is_young(file, &self.configs.clock) || self.is_missed(file)
    }

    /// Whether a file says nothing for this moment: it was emptied, cut or taken away just now.
    pub(super) fn is_missed(&self, file: &Path) -> bool {
        match read_settled(file, || self.configs.copies.of(file), &self.configs.clock) {
            Ok(Content::Cut) => true,
            Ok(Content::Taken) => self.misses(file),
            Ok(Content::Settled(_)) | Err(_) => false,
        }
    }
}

impl Services {
    /// Returns when what is in force is what stands in the files: in those of environments and rules, and in this project's. An error
    /// where somebody writes without end: what would hold then nobody can say.
    pub async fn catch_up(self: &Arc<Self>, project: Option<&Path>) -> Result<(), WireError> {
        let mut changed = self.environments.changed(project);
        for _ in 0..TURNS {
            if changed.is_empty() {
                return Ok(());
            }
            match changed.iter().any(|file| self.environments.is_in_work(file)) {
                true => tokio::time::sleep(SETTLE).await,
                false => drop(self.reload_environments()),
            }
            changed = self.environments.changed(project);
        }
        match changed.first() {
            None => Ok(()),
            Some(file) => {
                let text = format!("{} is being written, so that nobody can say what holds; try again", file.display());
                Err(WireError::new(Code::ConfigError, text))
            }
        }
    }
}
