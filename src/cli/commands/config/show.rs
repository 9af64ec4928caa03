//! `pintle config show`

use serde_json::Value;

use crate::base::yaml::written;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::visible;
use crate::client::ClientError;
use crate::daemon::check::Which;
use crate::protocol::Code;
use crate::protocol::cmd::reply::{self, Reply};
use crate::protocol::cmd::request::GetConfig;

/// Show what the files say, without what looks secret
#[derive(Debug, clap::Args)]
pub struct Args {
    /// envs, prefixes, hud or config, and behind dots a key in it: `envs.envs.prod.color` [default: all four]
    #[arg(value_name = "KEY")]
    key: Option<String>,
    /// Show values too whose names say that they are secret
    #[arg(long)]
    reveal: bool,
}

/// Shows it: a value as it is, a map or list as YAML.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let mut ask = |key: &str| -> anyhow::Result<(reply::GetConfig, Vec<u8>)> {
        let (reply, line) = client.ask_cmd(GetConfig { key: key.to_owned(), reveal: args.reveal })?;
        let Reply::GetConfig(answer) = reply else { anyhow::bail!("the daemon's answer is not understood") };
        Ok((answer, line.to_vec()))
    };
    if let Some(key) = &args.key {
        let (answer, line) = ask(key)?;
        match context.output.is_json() {
            true => context.output.line(&line)?,
            false => context.output.text(&text(&answer.value))?,
        }
        return Ok(Exit::Done);
    }
    let mut exit = Exit::Done;
    for which in Which::ALL {
        match ask(which.as_str()) {
            Ok((_, line)) if context.output.is_json() => context.output.line(&line)?,
            Ok((answer, _)) if answer.value.is_null() => {
                context.output.text(&format!("# {}: nothing in it\n", visible(&answer.source)))?;
            }
            Ok((answer, _)) => {
                context.output.text(&format!("# {}\n{}\n", visible(&answer.source), text(&answer.value)))?;
            }
            Err(error) => exit = broken(context, error)?,
        }
    }
    Ok(exit)
}

/// One file that is broken does not hide the others.
fn broken(context: &Context, error: anyhow::Error) -> anyhow::Result<Exit> {
    match error.downcast_ref::<ClientError>() {
        Some(ClientError::Refused(refused)) if refused.code == Code::ConfigError => {
            crate::cli::failure::report(&error, context.output.is_json(), context.color);
            Ok(Exit::Failed)
        }
        _ => Err(error),
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => visible(text),
        other => written(other),
    }
}
