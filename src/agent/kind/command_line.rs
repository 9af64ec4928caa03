//! From a kind and a request to the words that are executed and the prompt that is typed.

use super::shell_syntax::needs_shell;
use crate::agent::kind::{Kind, LaunchArgs, PlanBy, PromptBy, SESSION_ID};

/// What stands before a prompt when a kind has no plan mode of its own.
const PLAN_PARAGRAPH: &str = "[PLAN MODE]\n\
    Only make a plan. Read whatever you need, but change no files and run nothing that changes \
    anything. Answer with the plan, and wait for approval before you carry it out.\n\n";

/// What is asked of an agent that is to be started.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ask {
    /// The first prompt; blank is none.
    pub prompt: String,
    /// The process itself, instead of the kind's program.
    pub command: Option<String>,
    /// Leave out launch arguments that are built in.
    pub no_auto: bool,
    /// Arguments that are added whatever else is asked.
    pub extra_args: Vec<String>,
    /// Plan, do not act.
    pub plan_mode: bool,
    /// Id of the session: one we chose for a new agent, the known one when it is resumed.
    pub session_id: Option<String>,
    /// Go on with the session rather than start one; the prompt was delivered long ago.
    pub resume: bool,
    /// The user's shell, an absolute path.
    pub shell: String,
}

/// What is run for an agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandLine {
    /// Program and arguments, never empty.
    pub argv: Vec<String>,
    /// What is typed when the program is ready.
    pub type_prompt: Option<String>,
}

/// A request that cannot be fulfilled; each message says what to do instead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KindError {
    /// `plan_mode` without a prompt.
    #[error("plan mode needs a prompt: give one, or start the agent without plan mode")]
    PlanWithoutPrompt,
    /// `plan_mode` beside `command`.
    #[error("plan mode does not work with a command of your own: leave out one of the two")]
    PlanWithCommand,
    /// `plan_mode` for a kind that would run the prompt.
    #[error("`{kind}` has no plan mode: choose another kind, or leave plan mode out")]
    PlanRefused {
        /// Name of the kind.
        kind: String,
    },
    /// The command is blank.
    #[error("the command is empty: name a program, or leave the command out")]
    EmptyCommand,
    /// The command cannot be split into words.
    #[error("command `{command}`: a quote is not closed; close it, or escape it with a backslash")]
    OpenQuote {
        /// As it was given.
        command: String,
    },
    /// Resuming is not possible.
    #[error("`{kind}` cannot be resumed{why}: start a new agent")]
    CannotResume {
        /// Name of the kind.
        kind: String,
        /// Empty, or the reason.
        why: &'static str,
    },
}

impl CommandLine {
    /// Builds the command line of an agent.
    pub fn build(kind: &Kind, ask: &Ask) -> Result<Self, KindError> {
        let wants_plan = ask.plan_mode && !ask.resume;
        if let Some(command) = &ask.command {
            return Self::of_command(kind, ask, command, wants_plan);
        }
        if wants_plan && kind.plan == PlanBy::Refused {
            return Err(KindError::PlanRefused { kind: kind.name.clone() });
        }
        if wants_plan && ask.prompt.trim().is_empty() {
            return Err(KindError::PlanWithoutPrompt);
        }
        let mut args = launch_args(kind, ask);
        args.extend(ask.extra_args.iter().cloned());
        args.extend(session_args(kind, ask)?);
        let prompt = prompt(kind, ask);
        let typed = kind.prompt == PromptBy::Typed;
        if let Some(prompt) = prompt.as_ref().filter(|_| !typed) {
            args.extend(prompt_args(kind.prompt_flag.as_deref(), prompt));
        }
        Ok(Self { argv: argv(&kind.command, &args, &ask.shell)?, type_prompt: prompt.filter(|_| typed) })
    }

    /// The process that was asked for, with nothing of the kind's. Its prompt is for the record.
    fn of_command(kind: &Kind, ask: &Ask, command: &str, wants_plan: bool) -> Result<Self, KindError> {
        if wants_plan {
            return Err(KindError::PlanWithCommand);
        }
        if ask.resume {
            let why = " with a command of your own";
            return Err(KindError::CannotResume { kind: kind.name.clone(), why });
        }
        if command.trim().is_empty() {
            return Err(KindError::EmptyCommand);
        }
        Ok(Self { argv: argv(command, &ask.extra_args, &ask.shell)?, type_prompt: None })
    }
}

/// Launch and plan arguments.
///
/// Arguments for planning take the place of built-in launch arguments, which say the opposite
/// ("go ahead without asking"): claude given both does not plan. Those of the user stay.
fn launch_args(kind: &Kind, ask: &Ask) -> Vec<String> {
    let plan_args = match &kind.plan {
        PlanBy::Args(args) if ask.plan_mode => args.as_slice(),
        _ => &[],
    };
    let launch_args = match &kind.launch_args {
        LaunchArgs::BuiltIn(_) if ask.no_auto || !plan_args.is_empty() => &[],
        args => args.as_slice(),
    };
    [launch_args, plan_args].concat()
}

fn session_args(kind: &Kind, ask: &Ask) -> Result<Vec<String>, KindError> {
    let template = match ask.resume {
        false => &kind.session_args,
        true => &kind.resume,
    };
    let needs_id = template.iter().any(|arg| arg.contains(SESSION_ID));
    let cannot = |why| KindError::CannotResume { kind: kind.name.clone(), why };
    match &ask.session_id {
        _ if ask.resume && template.is_empty() => kind.resume_last.clone().ok_or(cannot("")),
        Some(id) => Ok(template.iter().map(|arg| arg.replace(SESSION_ID, id)).collect()),
        None if !needs_id => Ok(template.clone()),
        None if ask.resume => {
            let last = kind.resume_last.clone();
            last.ok_or(cannot(", because its session is not known"))
        }
        None => Ok(Vec::new()),
    }
}

/// The prompt to deliver, if there is one.
fn prompt(kind: &Kind, ask: &Ask) -> Option<String> {
    if ask.resume || ask.prompt.trim().is_empty() {
        return None;
    }
    let paragraph = match (&kind.plan, ask.plan_mode) {
        (PlanBy::Paragraph, true) => PLAN_PARAGRAPH,
        _ => "",
    };
    Some(format!("{paragraph}{}", ask.prompt))
}

/// The prompt as arguments, so that no program takes it for anything else.
///
/// Behind a long flag, a prompt with a dash in front is joined by `=`, which clap, yargs and getopt
/// all accept, while only getopt takes such a word from the next argument. Without a flag it comes
/// last, behind `--` where it could be taken for an option or, being one bare word, for a
/// subcommand (`codex login` logs in). Not always behind `--`: a user's script need not know it.
fn prompt_args(flag: Option<&str>, prompt: &str) -> Vec<String> {
    let dash = prompt.starts_with('-');
    let bare = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    match flag {
        Some(flag) if dash && flag.starts_with("--") => vec![format!("{flag}={prompt}")],
        Some(flag) => vec![flag.to_owned(), prompt.to_owned()],
        None if dash || prompt.chars().all(bare) => vec!["--".to_owned(), prompt.to_owned()],
        None => vec![prompt.to_owned()],
    }
}

/// Splits a command and appends arguments; by way of the shell if the command needs one, and the
/// shell itself if there is no command. Behind a pipe the arguments go to its last program, as if
/// the person had gone on typing.
fn argv(command: &str, args: &[String], shell: &str) -> Result<Vec<String>, KindError> {
    if command.trim().is_empty() {
        return Ok([&[shell.to_owned()], args].concat());
    }
    if needs_shell(command) {
        let mut line = command.trim().to_owned();
        if !args.is_empty() {
            line = format!("{line} {}", shell_words::join(args));
        }
        return Ok(vec![shell.to_owned(), "-c".to_owned(), line]);
    }
    let words = shell_words::split(command).map_err(|_| KindError::OpenQuote { command: command.to_owned() })?;
    Ok([&words[..], args].concat())
}

#[cfg(test)]
#[path = "command_line_tests.rs"]
mod tests;
