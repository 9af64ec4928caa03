//! Templates, agent defs, swarm defs, schedules, triggers: files that people and requests write.

mod cli;
mod spawn;
mod store;

use std::path::PathBuf;

use crate::agents::project::Project;

/// Writes a file into the project's folder, or (beginning with `global/`) into the config folder.
fn write(project: &Project, name: &str, text: &str) -> PathBuf {
    let path = match name.strip_prefix("global/") {
        Some(name) => project.sandbox.path("config/pintle").join(name),
        None => project.file(name),
    };
    std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    std::fs::write(&path, text).expect("a file");
    path
}
