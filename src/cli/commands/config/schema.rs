//! `pintle config schema`

use clap::ValueEnum;
use serde_json::{Map, Value};

use super::Name;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::daemon::check::Which;

const HOW: &str = "\
For editors with yaml-language-server, once:
  pintle config schema envs > ~/.config/pintle/envs.schema.json
and as the first line of envs.yaml:
  # yaml-language-server: $schema=envs.schema.json";

/// Print the JSON schemas of the files, for editors that complete and check while you type
#[derive(Debug, clap::Args)]
#[command(after_help = HOW)]
pub struct Args {
    /// Of this file; without it one object with all, by name
    #[arg(value_name = "NAME")]
    name: Option<Name>,
}

/// Prints it: with `--json` on one line, else to be read.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let schema: Value = match args.name {
        Some(name) => name.which().schema(),
        None => {
            let all = Name::value_variants().iter().filter(|name| **name != Name::Project).map(|name| name.which());
            all.map(|which: Which| (which.as_str().to_owned(), which.schema())).collect::<Map<_, _>>().into()
        }
    };
    match context.output.is_json() {
        true => context.output.json(&schema)?,
        false => context.output.text(&serde_json::to_string_pretty(&schema)?)?,
    }
    Ok(Exit::Done)
}
