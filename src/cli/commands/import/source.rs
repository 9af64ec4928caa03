//! Where the files of a tool are, and where they go.

use std::path::{Path, PathBuf};

use super::Tool;
use crate::base::paths::home;
use crate::cli::context::Context;
use crate::cli::import::{Plan, Tree, axium as of_axium, purepoint as of_purepoint};

/// A folder to be read.
pub struct Source {
    /// The folder.
    pub from: PathBuf,
    /// Where its files go; `None` if pintle uses the folder as it is.
    pub to: Option<PathBuf>,
    /// What becomes of what is in it.
    pub plan: fn(&Tree) -> Plan,
}

/// Axium's only one.
pub fn axium(context: &Context, from: Option<&Path>) -> Vec<Source> {
    let from = from.map_or_else(axium_home, Path::to_owned);
    vec![Source { from, to: Some(context.places.config.clone()), plan: of_axium::plan }]
}

/// Axium follows its own variable, and not the rules of XDG.
fn axium_home() -> PathBuf {
    let named = std::env::var_os("AXIUM_HOME").filter(|path| !path.is_empty());
    named.map_or_else(|| home().join(".config/axium"), PathBuf::from)
}

/// PurePoint's: the user's own and the project's, or the one that was named.
pub fn purepoint(context: &Context, from: Option<&Path>) -> anyhow::Result<Vec<Source>> {
    let own = home().join(".pu");
    let folders = match from {
        Some(from) if from.join(".pu").is_dir() => vec![from.join(".pu")],
        Some(from) => vec![from.to_owned()],
        None => {
            let project = Path::new(&context.project_root()?).join(".pu");
            if same(&project, &own) { vec![own.clone()] } else { vec![own.clone(), project] }
        }
    };
    let source = |from: PathBuf| {
        let is_project = from.file_name().is_some_and(|name| name == ".pu") && !same(&from, &own);
        let project = std::path::absolute(&from).ok().and_then(|path| path.parent().map(Path::to_owned));
        let to = match project.filter(|_| is_project) {
            Some(root) => of_project(&root),
            None => Some(context.places.config.clone()),
        };
        Source { from, to, plan: of_purepoint::plan }
    };
    Ok(folders.into_iter().map(source).collect())
}

/// `.pintle` of a project. One that has only PurePoint's folder is used in place, and a `.pintle` beside it would hide its agents.
fn of_project(root: &Path) -> Option<PathBuf> {
    let ours = root.join(".pintle");
    let in_place = !ours.exists() && root.join(".pu/manifest.json").is_file();
    (!in_place).then_some(ours)
}

fn same(one: &Path, other: &Path) -> bool {
    one == other || one.canonicalize().ok().is_some_and(|one| other.canonicalize().ok() == Some(one))
}

/// Where was looked, for the error that nothing is there.
pub fn missing(context: &Context, tool: &Tool, from: Option<&Path>) -> String {
    let folders = match (tool, from) {
        (_, Some(from)) => return format!("no folder {}", from.display()),
        (Tool::Axium(_), None) => axium(context, None),
        (Tool::Purepoint(_), None) => purepoint(context, None).unwrap_or_default(),
    };
    let folders: Vec<String> = folders.iter().map(|source| source.from.display().to_string()).collect();
    format!("no folder {}; --from names another one", folders.join(" or "))
}
