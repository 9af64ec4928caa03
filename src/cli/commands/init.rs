//! `pintle init`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::protocol::typed::request;

/// Make a project of a folder
///
/// Makes `.pintle/` in the project's folder and tells git to ignore it. A folder that is a project already stays as it
/// is.
#[derive(Debug, clap::Args)]
pub struct Args {}

/// Makes a project.
pub fn run(context: &Context, _: &Args) -> anyhow::Result<Exit> {
    let root = context.project_root()?;
    let answer = context.client().ask(request::Init { project_root: root.clone() })?;
    context.output.answer(&answer, |answer| match answer.created {
        true => format!("{root} is a project now"),
        false => format!("{root} was a project before"),
    })?;
    Ok(Exit::Done)
}
