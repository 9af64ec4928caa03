//! `pintle shell init`

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::shell::Shell;

const WHERE: &str = "\
Where it goes:
  bash   eval \"$(pintle shell init bash)\"     at the end of ~/.bashrc
  zsh    eval \"$(pintle shell init zsh)\"      at the end of ~/.zshrc
  fish   pintle shell init fish | source      in ~/.config/fish/config.fish
What scripts, xargs and make start meets the rules by the shims, if their folder
is on PATH (in ~/.profile or ~/.zshenv; /tmp/pintle-$UID without the variable):
  PATH=\"$XDG_RUNTIME_DIR/pintle/shims:$PATH\"
`pintle shell status` says what a shell has of all this.";

/// Print the script that lets a shell follow the environment of its pane
///
/// At each prompt, and before each wrapped command, the shell reads a small file; no process is started, no daemon is asked. Each
/// command with rules becomes a function that calls `pintle run`, or the command itself where its rules only set variables. The text is
/// the same on every machine and may be cached.
#[derive(Debug, clap::Args)]
#[command(after_help = WHERE)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints it. Nothing else is touched: a shell that starts must not wait for anybody. (To answer before clap is built, as `pintle run`
/// does, would save 0.4 ms of a start; not worth a second way.)
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("shell init", "leave --json out")?;
    context.output.bytes(args.shell.script().as_bytes())?;
    Ok(Exit::Done)
}
