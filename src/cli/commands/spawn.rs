//! `pintle spawn`

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Context as _;
use clap::{ArgGroup, ValueHint};
use clap_complete::ArgValueCandidates;

use super::attach;
use crate::cli::attach::size;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::{Usage, remark};
use crate::cli::show::{Side, show};
use crate::cli::{complete, resolve};
use crate::protocol::typed::reply::SpawnResult;
use crate::protocol::typed::request;

const EXAMPLES: &str = "\
Examples:
  pintle spawn \"fix the flaky test\" --split right
  git diff | pintle spawn - --agent codex --name review
  pintle spawn --agent terminal --attach
  pintle spawn --command 'make watch' --name watch
  pintle spawn --template review --var BRANCH=fix-login";

/// Start an agent
///
/// Prints the new agent's id. The agent runs under the daemon, not in this terminal: closing the terminal does not
/// touch it. `pintle attach` shows it, `pintle send` talks to it, `pintle wait` waits for it.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
#[command(group = ArgGroup::new("task").args(["prompt", "file", "template"]))]
pub struct Args {
    /// What the agent is asked to do; `-` reads it from standard input
    #[arg(value_name = "PROMPT")]
    prompt: Option<String>,
    /// Read the prompt from a file; `-` is standard input
    #[arg(long, short, visible_alias = "prompt-file", value_name = "PATH", value_hint = ValueHint::FilePath)]
    file: Option<PathBuf>,
    /// The prompt is this template, its {{NAME}} filled in with --var NAME=VALUE
    #[arg(long, short, value_name = "TEMPLATE", add = ArgValueCandidates::new(complete::templates))]
    template: Option<String>,
    /// What is not said here is as in this agent def: kind, prompt, command, environment
    #[arg(long, short, value_name = "DEF", add = ArgValueCandidates::new(complete::agent_defs))]
    def: Option<String>,
    /// The agent's kind: claude, codex, opencode, terminal, or one of your config [default: the project's; with --command
    /// terminal]
    #[arg(long, short, value_name = "KIND", add = ArgValueCandidates::new(complete::kinds))]
    agent: Option<String>,
    /// The agent's name [default: one that can be said aloud]
    #[arg(long, short, value_name = "NAME")]
    name: Option<String>,
    /// Run this command line instead of the kind's own; a prompt is only kept with the agent then
    #[arg(long, value_name = "CMD", value_hint = ValueHint::CommandString)]
    command: Option<String>,
    /// In the project's own folder; this is what happens when no other place is named
    #[arg(long, conflicts_with_all = ["new_worktree", "worktree", "base"])]
    root: bool,
    /// In a new worktree with a branch of its own, pintle/NAME
    #[arg(long, conflicts_with = "worktree")]
    new_worktree: bool,
    /// In this worktree: its id, the beginning of one, or its name
    #[arg(long, value_name = "WORKTREE", add = ArgValueCandidates::new(complete::worktrees))]
    worktree: Option<String>,
    /// In a new worktree that starts from this branch, tag or commit [default: the branch you are on]
    #[arg(long, value_name = "BRANCH", conflicts_with = "worktree", add = ArgValueCandidates::new(complete::branches))]
    base: Option<String>,
    /// Without the arguments that the kind is started with by itself
    #[arg(long)]
    no_auto: bool,
    /// The agent plans and changes nothing
    #[arg(long)]
    plan: bool,
    /// Set a variable for the agent; NAME= makes it empty, -NAME takes it away. One that the prompt of a template or agent def has as {{NAME}} is filled
    /// in there instead
    #[arg(long = "var", value_name = "NAME=VALUE", allow_hyphen_values = true, value_parser = variable, add = ArgValueCandidates::new(complete::placeholders))]
    vars: Vec<(String, Option<String>)>,
    /// Take a variable away from the agent
    #[arg(long, value_name = "NAME")]
    unset: Vec<String>,
    /// The environment it runs in
    #[arg(long, value_name = "NAME", add = ArgValueCandidates::new(complete::environments))]
    env: Option<String>,
    /// Bind no trigger, not even one that binds itself
    #[arg(long)]
    no_trigger: bool,
    /// Show it in a new tmux pane beside this one, or below; exit code 1 where that fails: the agent runs all the same
    #[arg(long, value_name = "SIDE", conflicts_with = "attach")]
    split: Option<Side>,
    /// Show it here, at once; without a terminal as the filter that `attach` then is, from the agent's first byte on
    #[arg(long)]
    attach: bool,
    /// Arguments for the agent's program
    #[arg(last = true, value_name = "EXTRA_ARGS")]
    extra_args: Vec<String>,
}

/// Starts an agent, and shows it where that is wanted.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    if args.attach {
        context.refuse_json("spawn --attach", "leave --attach out, and attach to the id that it prints")?;
    }
    let mut client = context.client();
    let mut request = request(args, context.project_root()?, &mut std::io::stdin())?;
    if let Some(word) = &request.worktree {
        request.worktree = Some(resolve::worktree(context, &mut client, word)?.id);
    }
    let keeps_prompt = request.command.is_some() && !(request.prompt.is_empty() && request.template.is_none());
    let answer: SpawnResult = client.ask(request)?;
    if keeps_prompt && !context.output.is_json() {
        remark(
            "the prompt is kept with the agent and not given to it: a command line of its own gets none",
            context.color,
        );
    }
    if args.attach {
        return attach::show_here(context, client, &answer.agent_id, args.name.as_deref());
    }
    context.output.answer(&answer, |answer| answer.agent_id.clone())?;
    Ok(args.split.map_or(Exit::Done, |side| show(context, &mut client, &answer.agent_id, side)))
}

/// A command line of one's own is a plain program in a terminal unless a kind is named with it: the project's default kind would
/// call `make watch` a claude and read its screen as one's.
fn kind(args: &Args) -> Option<String> {
    args.agent.clone().or_else(|| args.command.as_ref().map(|_| "terminal".to_owned()))
}

fn request(args: &Args, project_root: String, stdin: &mut impl Read) -> anyhow::Result<request::Spawn> {
    let elsewhere = args.new_worktree || args.worktree.is_some() || args.base.is_some();
    // A terminal of this size from its first line on: what a program draws before it is attached is drawn once.
    let size = size().filter(|_| args.attach).map(|(cols, rows)| (u64::from(cols), u64::from(rows)));
    let unset = args.unset.iter().map(|name| (name.clone(), None));
    Ok(request::Spawn {
        project_root,
        prompt: prompt(args.prompt.as_deref(), args.file.as_deref(), stdin)?,
        agent: kind(args),
        name: args.name.clone(),
        base: args.base.clone(),
        root: args.root || !elsewhere,
        worktree: args.worktree.clone(),
        command: args.command.clone(),
        no_auto: args.no_auto,
        extra_args: args.extra_args.clone(),
        plan_mode: args.plan,
        no_trigger: args.no_trigger,
        env: args.env.clone(),
        template: args.template.clone(),
        agent_def: args.def.clone(),
        vars: args.vars.iter().cloned().chain(unset).collect::<BTreeMap<_, _>>(),
        cols: size.map(|(cols, _)| cols),
        rows: size.map(|(_, rows)| rows),
        ..request::Spawn::default()
    })
}

fn prompt(word: Option<&str>, file: Option<&Path>, stdin: &mut impl Read) -> anyhow::Result<String> {
    let text = match (word, file) {
        (_, Some(file)) if file != Path::new("-") => {
            std::fs::read_to_string(file).with_context(|| file.display().to_string())?
        }
        (Some("-"), _) | (_, Some(_)) => {
            let mut text = String::new();
            stdin.read_to_string(&mut text).context("the prompt on standard input")?;
            text
        }
        (word, None) => return Ok(word.unwrap_or_default().to_owned()),
    };
    // The newline that editors and `echo` put at the end is no part of what is asked.
    let text = text.trim_end_matches(['\n', '\r']);
    if text.trim().is_empty() {
        return Err(Usage::new("the prompt is empty").with_hint("leave it out to start the agent without one").into());
    }
    Ok(text.to_owned())
}

/// `NAME=VALUE`, `NAME=` or `-NAME`.
fn variable(text: &str) -> Result<(String, Option<String>), String> {
    let (name, value) = match (text.split_once('='), text.strip_prefix('-')) {
        (None, Some(name)) => (name, None),
        (Some((name, value)), _) => (name, Some(value.to_owned())),
        (None, None) => return Err("it takes NAME=VALUE, NAME= or -NAME".to_owned()),
    };
    let starts_well = name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    match starts_well && name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
        true => Ok((name.to_owned(), value)),
        false => Err(format!("`{name}` is no name of a variable")),
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::cli::args::{Cli, Command};

    fn parsed(words: &[&str], stdin: &str) -> anyhow::Result<request::Spawn> {
        let cli = Cli::try_parse_from([&["pintle", "spawn"], words].concat())?;
        let Command::Spawn(args) = cli.command else { panic!("no spawn") };
        request(&args, "/p".to_owned(), &mut stdin.as_bytes())
    }

    #[test]
    fn places() {
        fn check(words: &[&str], root: bool, worktree: Option<&str>, base: Option<&str>) {
            let spawn = parsed(words, "").unwrap();
            assert_eq!(
                (spawn.root, spawn.worktree.as_deref(), spawn.base.as_deref()),
                (root, worktree, base),
                "{words:?}"
            );
        }
        check(&[], true, None, None);
        check(&["--root"], true, None, None);
        check(&["--new-worktree"], false, None, None);
        check(&["--worktree", "wt-1"], false, Some("wt-1"), None);
        check(&["--base", "main"], false, None, Some("main"));
        assert!(parsed(&["--root", "--new-worktree"], "").is_err());
    }

    #[test]
    fn prompts() {
        assert_eq!(parsed(&["do it"], "").unwrap().prompt, "do it");
        assert_eq!(parsed(&[], "").unwrap().prompt, "");
        assert_eq!(parsed(&["-"], "from\na pipe\n").unwrap().prompt, "from\na pipe");
        assert_eq!(parsed(&["-"], "\n").unwrap_err().to_string(), "the prompt is empty");
        assert!(parsed(&["x", "--file", "/nonexistent"], "").is_err());
        let error = parsed(&["--file", "/nonexistent"], "").unwrap_err();
        assert!(error.to_string().starts_with("/nonexistent"), "{error}");
    }

    #[test]
    fn variables_and_arguments() {
        let words = ["--var", "A=1=2", "--var", "B=", "--var", "-C", "--unset", "D", "go", "--", "--model", "x"];
        let spawn = parsed(&words, "").unwrap();
        let vars: Vec<(&str, Option<&str>)> =
            spawn.vars.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
        assert_eq!(vars, [("A", Some("1=2")), ("B", Some("")), ("C", None), ("D", None)]);
        assert_eq!(spawn.extra_args, ["--model", "x"]);
        assert_eq!(spawn.prompt, "go");
        for wrong in ["A", "=x", "1A=x", "A B=x", "-", "--A"] {
            assert!(variable(wrong).is_err(), "{wrong}");
        }
    }
}
