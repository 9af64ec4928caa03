//! `pintle config path`

use std::path::PathBuf;

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::Name;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::visible;

/// Print where the files are
#[derive(Debug, clap::Args)]
pub struct Args {
    /// This one only, and nothing but its path
    #[arg(value_name = "NAME")]
    name: Option<Name>,
}

/// Prints it. That a file is not there yet is no error: this is where it goes.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let names = args.name.as_ref().map_or(Name::value_variants(), std::slice::from_ref);
    let files =
        names.iter().map(|name| Ok((name.as_str(), name.path(context)?))).collect::<anyhow::Result<Vec<_>>>()?;
    if context.output.is_json() {
        let paths: Map<String, Value> =
            files.iter().map(|(name, path)| ((*name).to_owned(), path.display().to_string().into())).collect();
        context.output.json(&paths.into())?;
    } else if args.name.is_some() {
        let paths = files.iter().map(|(_, path)| path.display().to_string());
        // Byte for byte, since it goes into `$(…)`.
        context.output.text(&paths.collect::<String>())?;
    } else {
        context.output.text(&files.iter().map(line).collect::<String>())?;
    }
    Ok(Exit::Done)
}

fn line((name, path): &(&str, PathBuf)) -> String {
    let missing = if path.exists() { "" } else { "  (not there)" };
    format!("{name:<8}  {}{missing}\n", visible(&path.display().to_string()))
}
