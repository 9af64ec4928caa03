//! `pintle config check`

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::{Value, json};

use super::Name;
use crate::base::yaml::YamlError;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::visible;
use crate::cli::style::Paint;
use crate::daemon::check::{Findings, check, check_definitions};

/// Check all files, definitions too, and say file, line and key of what is wrong
///
/// Needs no daemon. Ends with 1 when something cannot be used; a warning (a key that has no effect, say) is none.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Checks them.
pub fn run(context: &Context, _: &Args) -> anyhow::Result<Exit> {
    let project = Name::Project.path(context)?;
    let folder = project.parent().unwrap_or(&project);
    let (in_definitions, kinds) = check_definitions(&context.places, folder);
    let found = check(&context.places, Some(&project)).and(in_definitions);
    let files = Name::value_variants().iter().map(|name| Ok((*name, name.path(context)?)));
    let files = files.collect::<anyhow::Result<Vec<_>>>()?;
    if context.output.is_json() {
        let file = |(name, path): &(Name, PathBuf)| json!({"name": name.as_str(), "path": shown(path), "exists": path.exists()});
        let list = |found: &[YamlError]| found.iter().map(in_json).collect::<Vec<_>>();
        context.output.json(&json!({
            "files": files.iter().map(file).collect::<Vec<_>>(),
            "errors": list(&found.errors),
            "warnings": list(&found.warnings),
        }))?;
    } else {
        let there = files.iter().filter(|(_, path)| path.exists()).map(|(name, _)| name.as_str());
        let there = there.chain(kinds.iter().map(|kind| kind.folder())).collect::<Vec<_>>();
        context.output.text(&(words(&found, context.output.paint()) + &summary(&found, &there)))?;
    }
    Ok(if found.errors.is_empty() { Exit::Done } else { Exit::Failed })
}

/// A line each, in the form that editors jump to: `FILE:LINE:COLUMN: error: …`.
pub fn words(found: &Findings, paint: Paint) -> String {
    let errors = found.errors.iter().map(|found| error(found, paint));
    errors.chain(found.warnings.iter().map(|found| line(found, &paint.warning("warning:")))).collect()
}

/// The line about one that cannot be used.
pub fn error(error: &YamlError, paint: Paint) -> String {
    line(error, &paint.error("error:"))
}

fn line(error: &YamlError, level: &str) -> String {
    let at = match (error.at.line(), error.at.column()) {
        (Some(line), Some(column)) => format!(":{line}:{column}"),
        _ => String::new(),
    };
    format!("{}{at}: {level} {}\n", visible(&shown(&error.path)), visible(&error.reason))
}

fn summary(found: &Findings, there: &[&str]) -> String {
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    match (there, found.errors.len(), found.warnings.len()) {
        ([], 0, 0) => "there are no files yet; `pintle config edit envs` makes one with examples\n".to_owned(),
        (_, 0, 0) => format!("nothing is wrong in: {}\n", there.join(", ")),
        (_, errors, warnings) => {
            format!("{}, {} in: {}\n", many(errors, "error"), many(warnings, "warning"), there.join(", "))
        }
    }
}

fn in_json(error: &YamlError) -> Value {
    json!({"file": shown(&error.path), "line": error.at.line(), "column": error.at.column(), "message": error.reason})
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
