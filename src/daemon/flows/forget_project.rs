//! A project whose folder is not there: said kindly, and forgotten when nothing of it is left.

use std::path::Path;

use crate::daemon::services::Services;

/// Forgets the project at `root`, whose folder is gone, unless agents of it are kept. Returns what there is to say about it.
///
/// Only when a person asks for it (`reload`), not at every start: the folder may be on a disk that is not mounted yet.
pub fn forget_project(services: &Services, root: &Path) -> String {
    let shown = root.display();
    match services.kept_of(root) {
        0 => {
            services.projects.forget(root);
            format!("{shown}: no such folder; the project is forgotten, `pintle init` makes it known again")
        }
        1 => format!("{shown}: no such folder; its agent goes on, and is reached again when the folder is back"),
        count => {
            format!("{shown}: no such folder; its {count} agents go on, and are reached again when the folder is back")
        }
    }
}
