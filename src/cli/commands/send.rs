//! `pintle send`

use std::io::Read;

use anyhow::Context as _;
use clap::ArgGroup;
use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::cli::{complete, keys, resolve};
use crate::protocol::bytes::HexBytes;
use crate::protocol::limits::{LINE_MAX, OUTPUT_CHUNK};
use crate::protocol::typed::request;

/// Most bytes of one message: in hex, and with the request around it, they are one line.
const MESSAGE_MAX: usize = LINE_MAX / 2 - 1024;

/// What clap makes of it itself puts the text before the agent.
const USAGE: &str = "\
pintle send [OPTIONS] <AGENT> <TEXT>...
       pintle send [OPTIONS] <AGENT> --stdin
       pintle send [OPTIONS] <AGENT> --keys <KEY>...";

const EXAMPLES: &str = "\
Examples:
  pintle send worker \"and now the tests\"
  pintle send worker --keys Escape C-c
  git diff | pintle send worker --stdin";

/// Type into an agent
///
/// TEXT is delivered whole, also when it has several lines, and Enter is pressed behind it.
#[derive(Debug, clap::Args)]
#[command(override_usage = USAGE, after_help = EXAMPLES)]
#[command(group = ArgGroup::new("what").args(["text", "stdin", "keys"]).required(true))]
pub struct Args {
    /// The agent: id, beginning of an id, or name
    #[arg(add = ArgValueCandidates::new(complete::agents))]
    agent: String,
    /// What to type; several words are joined by blanks. Put `--` before words that begin with a hyphen
    #[arg(value_name = "TEXT")]
    text: Vec<String>,
    /// Type what comes on standard input
    #[arg(long)]
    stdin: bool,
    /// Press keys: single characters and names like Enter, Escape, C-c, M-x, Up, F1
    #[arg(long, value_name = "KEY", num_args = 1..)]
    keys: Vec<String>,
    /// Type the bytes as they are, and do not press Enter
    #[arg(long, conflicts_with = "keys")]
    no_enter: bool,
}

/// Types into an agent.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let bytes = bytes(args, &mut std::io::stdin())?;
    let submit = !args.no_enter && args.keys.is_empty();
    if submit && bytes.len() > MESSAGE_MAX {
        let message = format!("the text has {} bytes, and one message has {MESSAGE_MAX} at most", bytes.len());
        return Err(Usage::new(message).with_hint("put it into a file and send the file's name").into());
    }
    let mut client = context.client();
    let agent_id = resolve::agent(context, &mut client, &args.agent)?.id;
    // What is a message must not be cut; the rest may be, and must be where it is longer than a line.
    let chunks: Vec<&[u8]> = if submit { vec![&bytes] } else { bytes.chunks(OUTPUT_CHUNK).collect() };
    for chunk in chunks {
        let data = HexBytes(chunk.to_vec());
        let answer = client.ask(request::Input { agent_id: agent_id.clone(), submit, data })?;
        context.output.answer(&answer, |_| String::new())?;
    }
    Ok(Exit::Done)
}

fn bytes(args: &Args, stdin: &mut impl Read) -> anyhow::Result<Vec<u8>> {
    if args.stdin {
        let mut bytes = Vec::new();
        stdin.read_to_end(&mut bytes).context("standard input")?;
        // Enter is pressed behind it; the newline at its end would be a second one.
        if !args.no_enter && bytes.last() == Some(&b'\n') {
            bytes.pop();
        }
        return Ok(bytes);
    }
    if args.keys.is_empty() {
        return Ok(args.text.join(" ").into_bytes());
    }
    let keys: Result<Vec<Vec<u8>>, Usage> = args.keys.iter().map(|key| keys::bytes(key)).collect();
    Ok(keys?.concat())
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn sent(words: &[&str], stdin: &str) -> anyhow::Result<(String, String)> {
        let cli = Cli::try_parse_from([&["pintle", "send"], words].concat())?;
        let Command::Send(args) = cli.command else { panic!("no send") };
        let bytes = bytes(&args, &mut stdin.as_bytes())?;
        Ok((args.agent, String::from_utf8(bytes)?))
    }

    fn check(words: &[&str], stdin: &str, expected: &str) {
        assert_eq!(sent(words, stdin).unwrap(), ("a".to_owned(), expected.to_owned()), "{words:?}");
    }

    #[test]
    fn words_keys_and_standard_input() {
        check(&["a", "run", "the tests"], "", "run the tests");
        check(&["a", "--", "-v", "--keys"], "", "-v --keys");
        check(&["a", "--keys", "C-c", "Up", "-", "Enter"], "", "\x03\x1b[A-\r");
        check(&["a", "--stdin"], "one\ntwo\n", "one\ntwo");
        check(&["a", "--stdin", "--no-enter"], "one\n", "one\n");
    }

    #[test]
    fn one_thing_at_a_time() {
        assert!(sent(&["a"], "").is_err());
        assert!(sent(&["a", "x", "--stdin"], "").is_err());
        assert!(sent(&["a", "--keys", "Entr"], "").unwrap_err().is::<Usage>());
    }
}
