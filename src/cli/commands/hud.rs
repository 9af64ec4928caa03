//! `pintle hud`, as far as [`hot`](crate::cli::hot) leaves it to us.

use clap::ValueEnum;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::show;
use crate::protocol::cmd::reply::Reply;
use crate::protocol::cmd::request::{GetHud, HudFormat};

/// Print the line that stands in tmux's status bar, for other bars and for prompts
///
/// In tmux it is not needed: the daemon keeps the option @pintle_hud up to date. It starts no daemon: where none runs it prints
/// nothing and ends with 3.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// As it is in this tmux pane; without it, in the one we are in
    #[arg(long, value_name = "PANE")]
    pane: Option<String>,
    /// How colours are written
    #[arg(long, value_enum, default_value = "plain")]
    format: Format,
}

/// How colours are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub enum Format {
    /// Not at all
    Plain,
    /// As tmux's #[fg=…]
    Tmux,
    /// As escape sequences
    Ansi,
}

/// Prints the line.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let format = match args.format {
        Format::Plain => HudFormat::Plain,
        Format::Tmux => HudFormat::Tmux,
        Format::Ansi => HudFormat::Ansi,
    };
    let everywhere = GetHud { format, ..GetHud::default() };
    let mut client = context.client_of_running();
    let (reply, line) = match (&args.pane, show::pane()) {
        (Some(pane), _) => client.ask_cmd(GetHud { pane: Some(pane.clone()), tmux: show::server(), format })?,
        (None, Ok(own)) => {
            let own = everywhere.clone().of_pane(own.id, own.server);
            client.ask_cmd(own).or_else(|_| client.ask_cmd(everywhere))?
        }
        (None, Err(_)) => client.ask_cmd(everywhere)?,
    };
    match reply {
        Reply::GetHud(answer) if !context.output.is_json() => context.output.text(&answer.hud)?,
        _ => context.output.line(&line)?,
    }
    Ok(Exit::Done)
}
