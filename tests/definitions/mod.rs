//! Templates, agent defs, swarm defs, schedules, triggers: files that people and requests write.

mod cli;
mod edit;
mod spawn;
mod store;
mod warnings;

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use serde_json::Value;

use crate::agents::project::Project;
use crate::support::invocation::Invocation;

/// Writes a file into the project's folder, or (beginning with `global/`) into the config folder.
fn write(project: &Project, name: &str, text: &str) -> PathBuf {
    let path = match name.strip_prefix("global/") {
        Some(name) => project.sandbox.path("config/pintle").join(name),
        None => project.file(name),
    };
    fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
    fs::write(&path, text).expect("a file");
    path
}

/// The command line in a project.
struct Desk(Project);

impl Desk {
    fn new() -> Self {
        Self(Project::new())
    }

    fn pintle(&self, words: &[&str]) -> Invocation {
        self.0.sandbox.pintle(words).current_dir(self.0.folder())
    }

    #[track_caller]
    fn json(&self, words: &[&str]) -> Value {
        let line = self.pintle(&[words, &["--json"]].concat()).ok();
        serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.0.file(name)
    }

    /// An editor that does what this script says; the file is `$1`.
    fn edit(&self, words: &[&str], script: &str) -> Invocation {
        let editor = self.0.sandbox.path("editor");
        fs::write(&editor, format!("#!/bin/sh\n{script}\n")).expect("an editor");
        fs::set_permissions(&editor, fs::Permissions::from_mode(0o755)).expect("a mode");
        self.pintle(words).env("EDITOR", editor)
    }
}
