//! Reads what is about to be written as a daemon will read it, with its own functions. What it would refuse does not come to its place.
//!
//! The files are read in a folder of their own that is gone afterwards, beside those of the user's that stay: one file may speak of
//! another.

use std::path::Path;

use super::place::Manner;
use crate::base::files::read_if_there;
use crate::base::paths::Places;
use crate::base::yaml::YamlError;
use crate::cli::import::Plan;
use crate::daemon::check::{Which, check};

/// A project's settings.
const PROJECT_FILE: &str = "config.yaml";

/// The plan without the files that a daemon would refuse, which are listed as left behind, and with notes on what has no effect in the
/// others. `target` is where the files go: the user's config folder, or a project's.
pub fn readable(mut plan: Plan, places: &Places, target: &Path, manner: Manner) -> anyhow::Result<Plan> {
    let stage = tempfile::tempdir()?;
    let is_project = target != places.config;
    let names: Vec<String> = match is_project {
        true => vec![PROJECT_FILE.to_owned()],
        false => Which::ALL.iter().map(|which| format!("{}.yaml", which.as_str())).collect(),
    };
    let mut ours = Vec::new();
    for name in names {
        let old = read_if_there(&target.join(&name))?;
        let new = plan.files.iter().find(|new| new.path == Path::new(&name));
        let text = match new.filter(|_| old.is_none() || manner.force) {
            Some(new) => {
                ours.push(name.clone());
                Some(new.text.clone().into_bytes())
            }
            None => old,
        };
        if let Some(text) = text {
            std::fs::write(stage.path().join(name), text)?;
        }
    }
    let project = stage.path().join(PROJECT_FILE);
    let found = match is_project {
        true => check(places, Some(&project)),
        false => {
            let mut staged = places.clone();
            stage.path().clone_into(&mut staged.config);
            check(&staged, None)
        }
    };
    let of_ours = |error: &YamlError| ours.iter().find(|name| error.path == stage.path().join(name)).cloned();
    for error in &found.errors {
        let Some(name) = of_ours(error) else { continue };
        plan.files.retain(|new| new.path != Path::new(&name));
        let why = format!("{}{}; pintle could not read it, so that it was not written", error.at, error.reason);
        plan.leave(name, why);
    }
    for warning in &found.warnings {
        if let Some(name) = of_ours(warning) {
            plan.notes.push(format!("{name}, {}{}", warning.at, warning.reason));
        }
    }
    Ok(plan)
}
