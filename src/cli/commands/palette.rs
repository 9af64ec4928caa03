//! `pintle palette`

use std::io::{IsTerminal, stdin, stdout};

use super::{attach, diff};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::cli::palette::{self, End};
use crate::cli::show::{Place, Side};

/// What to do where the palette cannot be drawn.
const WITHOUT: &str = "`pintle status` lists the agents, `pintle attach AGENT` shows one";

const KEYS: &str = "\
Keys:
  letters, Backspace, C-w, C-u   what to find; several words narrow it down
  Up Down, C-p C-n, PageUp PageDown, Home End   choose
  Enter   show the agent here (C-\\ lets go of it), or do what the line says
  C-o     open it in a new pane below
  C-s     type a line into it     C-r   give it another name
  C-z     suspend it, or let it go on
  C-k     kill it, after a question
  C-v     preview on or off       C-l   look at its screen again
  Esc, C-c, C-g   leave; Esc in a worktree goes back

In tmux:
  bind P run-shell -b 'tmux display-popup -E -w 90% -h 80% \\
    -d #{q:pane_current_path} \"pintle palette --pane #{pane_id}\"'";

/// Find an agent, a worktree or a command by a few letters
///
/// Lists the project's agents, those that wait for an answer first, its worktrees, and what can be done beside them, with a look at the
/// chosen agent's screen. Made for a tmux popup, and as good in any terminal.
#[derive(Debug, clap::Args)]
#[command(after_help = KEYS)]
pub struct Args {
    /// The tmux pane below which C-o opens a new one: a popup is in none [default: this one]
    #[arg(long, value_name = "%ID", value_parser = pane)]
    pane: Option<String>,
}

/// Shows the palette, and then what was chosen in it.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("palette", "`pintle status --json` lists the agents")?;
    if !stdin().is_terminal() || !stdout().is_terminal() {
        return Err(Usage::new("the palette is for a person at a terminal, and this is none")
            .with_hint(WITHOUT)
            .into());
    }
    if std::env::var_os("TERM").is_some_and(|term| term == "dumb") {
        return Err(Usage::new("nothing can be drawn on this terminal: TERM is `dumb`").with_hint(WITHOUT).into());
    }
    let place = Place::beside(context, Side::Below, args.pane.as_deref());
    match palette::show(context, place)? {
        End::Left => Ok(Exit::Done),
        End::Signal(signal) => Ok(Exit::Signal(signal)),
        End::Attach(id) => attach::show_here(context, context.client(), &id, None),
        End::Diff(id) => diff::show_here(context, id),
    }
}

fn pane(text: &str) -> Result<String, String> {
    let number = text.strip_prefix('%').unwrap_or_default();
    match !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(text.to_owned()),
        false => Err("a pane's id is like %3; tmux gives it as #{pane_id}".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes() {
        assert_eq!(pane("%12"), Ok("%12".to_owned()));
        for wrong in ["", "%", "3", "%x", "%1;kill-server", "main:1.2"] {
            assert!(pane(wrong).is_err(), "{wrong}");
        }
    }
}
