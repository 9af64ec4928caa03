//! `pintle completions`

use clap_complete::env::{Bash, EnvCompleter, Fish, Zsh};

use crate::cli::COMPLETE;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::shell::Shell;

const WHERE: &str = "\
Where it goes:
  bash   eval \"$(pintle completions bash)\"      in ~/.bashrc
  zsh    eval \"$(pintle completions zsh)\"       in ~/.zshrc, after compinit
  fish   pintle completions fish | source       in ~/.config/fish/config.fish";

/// Print the script that makes a shell complete words and agents
///
/// The script asks pintle for the words at each Tab, so that it stays right when pintle is upgraded. Agents are offered
/// while the daemon runs; Tab does not start it.
#[derive(Debug, clap::Args)]
#[command(after_help = WHERE)]
pub struct Args {
    /// The shell
    shell: Shell,
}

/// Prints a shell's script.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("completions", "leave --json out")?;
    context.output.bytes(&script(args.shell)?)?;
    Ok(Exit::Done)
}

fn script(shell: Shell) -> std::io::Result<Vec<u8>> {
    let completer: &dyn EnvCompleter = match shell {
        Shell::Bash => &Bash,
        Shell::Zsh => &Zsh,
        Shell::Fish => &Fish,
    };
    let mut script = Vec::new();
    // Behind clap's own: what it cannot be told, and what goes on there.
    let ours = match shell {
        Shell::Bash => include_str!("../../../shell/completions.bash"),
        Shell::Zsh => include_str!("../../../shell/completions.zsh"),
        Shell::Fish => "",
    };
    // By its name and not by this program's path: the script is committed, cached, and outlives upgrades.
    completer.write_registration(COMPLETE, "pintle", "pintle", "pintle", &mut script)?;
    script.extend_from_slice(ours.as_bytes());
    Ok(script)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `pintle completions X > completions/…` makes them anew.
    #[test]
    fn the_committed_scripts_are_the_ones_it_prints() {
        fn check(shell: Shell, committed: &str) {
            assert_eq!(String::from_utf8(script(shell).unwrap()).unwrap(), committed, "{shell:?}");
        }
        check(Shell::Bash, include_str!("../../../completions/pintle.bash"));
        check(Shell::Zsh, include_str!("../../../completions/pintle.zsh"));
        check(Shell::Fish, include_str!("../../../completions/pintle.fish"));
    }
}
