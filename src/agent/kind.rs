//! Kinds of agents, as data: everything that is specific to one program, and nothing of it in code.
//!
//! Built-in kinds come from [`builtin`]; the user's configuration lies over them in layers, each a
//! [`KindOverride`]. What is run in the end is made of a kind by [`CommandLine::build`].

mod builtin;
mod command_line;
mod shell_syntax;

use std::collections::BTreeMap;

pub use builtin::{NAMES, builtin};
pub use command_line::{Ask, CommandLine, KindError};

use crate::agent::rule::RuleSpec;

/// Stands for the id of the session in `session_args` and `resume`.
pub const SESSION_ID: &str = "{session_id}";

/// How a kind takes its first prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptBy {
    /// As an argument: behind `prompt_flag` where there is one, else as the last.
    Argv,
    /// Typed into its terminal when it is ready.
    Typed,
}

/// Arguments of every start. Where they come from matters: `no_auto` takes away what we put there,
/// never what the user did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LaunchArgs {
    /// Ours.
    BuiltIn(Vec<String>),
    /// The user's, from the configuration.
    User(Vec<String>),
}

impl LaunchArgs {
    /// The arguments, wherever they come from.
    pub fn as_slice(&self) -> &[String] {
        match self {
            Self::BuiltIn(args) | Self::User(args) => args,
        }
    }
}

/// How a kind is told to plan and not to act.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PlanBy {
    /// By arguments of its own.
    Args(Vec<String>),
    /// By a paragraph before the prompt.
    Paragraph,
    /// Not at all: what runs a prompt as a command would run the paragraph too.
    Refused,
}

/// A kind of agent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kind {
    /// What the user calls it.
    pub name: String,
    /// The program, with arguments if need be, as typed in a shell; empty is the user's `$SHELL`.
    pub command: String,
    /// Arguments of every start.
    pub launch_args: LaunchArgs,
    /// The flag in front of the prompt, for [`PromptBy::Argv`].
    pub prompt_flag: Option<String>,
    /// How the first prompt gets in.
    pub prompt: PromptBy,
    /// Whether it goes on taking prompts, or ends when the first is done.
    pub interactive: bool,
    /// How it is told to plan only.
    pub plan: PlanBy,
    /// How it is given a session id of our choice, with [`SESSION_ID`]; empty if it takes none.
    pub session_args: Vec<String>,
    /// How a session is resumed, perhaps with [`SESSION_ID`]; empty if it cannot be.
    pub resume: Vec<String>,
    /// How the newest session is resumed whose id is not known; `None` if it cannot be.
    pub resume_last: Option<Vec<String>>,
    /// Variables set (`None`: unset) in its environment.
    pub env: BTreeMap<String, Option<String>>,
    /// What its screen says, first match first.
    pub rules: Vec<RuleSpec>,
}

impl Kind {
    /// The kind of a name that is not built in: the program of that name, its prompt typed, since
    /// that works with every program that has a prompt at all.
    pub fn custom(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            command: name.to_owned(),
            launch_args: LaunchArgs::BuiltIn(Vec::new()),
            prompt_flag: None,
            prompt: PromptBy::Typed,
            interactive: true,
            plan: PlanBy::Paragraph,
            session_args: Vec::new(),
            resume: Vec::new(),
            resume_last: None,
            env: BTreeMap::new(),
            rules: Vec::new(),
        }
    }

    /// Whether a new agent of this kind is given a session id of our choice.
    pub fn takes_session_id(&self) -> bool {
        !self.session_args.is_empty()
    }

    /// Whether an agent that has ended can be started where it was. If not, suspending it means
    /// stopping its processes.
    pub fn can_resume(&self, session_known: bool) -> bool {
        let needs_id = self.resume.iter().any(|arg| arg.contains(SESSION_ID));
        !self.resume.is_empty() && (session_known || !needs_id) || self.resume_last.is_some()
    }

    /// Lays one layer of configuration over this kind. What the layer does not name stays.
    ///
    /// Variables are laid over one by one. Rules are put before those that exist: so a user can
    /// correct one without having to repeat all the others.
    #[must_use]
    pub fn override_with(mut self, layer: KindOverride) -> Self {
        // Who names a flag for the prompt wants it used.
        let by_flag = layer.prompt_flag.as_ref().map(|_| PromptBy::Argv);
        if let Some(args) = layer.launch_args {
            self.launch_args = LaunchArgs::User(args);
        }
        if let Some(args) = layer.plan_args {
            self.plan = PlanBy::Args(args);
        }
        self.command = layer.command.unwrap_or(self.command);
        self.prompt_flag = layer.prompt_flag.or(self.prompt_flag);
        self.prompt = layer.prompt.or(by_flag).unwrap_or(self.prompt);
        self.interactive = layer.interactive.unwrap_or(self.interactive);
        self.session_args = layer.session_args.unwrap_or(self.session_args);
        self.resume = layer.resume.unwrap_or(self.resume);
        self.resume_last = layer.resume_last.or(self.resume_last);
        self.env.extend(layer.env.unwrap_or_default());
        self.rules.splice(0..0, layer.rules.unwrap_or_default());
        self
    }
}

/// One layer of configuration of a kind; `None` keeps what is below. Fields as in [`Kind`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[allow(missing_docs, reason = "the same fields are documented in Kind")]
pub struct KindOverride {
    pub command: Option<String>,
    pub launch_args: Option<Vec<String>>,
    pub prompt_flag: Option<String>,
    pub prompt: Option<PromptBy>,
    pub interactive: Option<bool>,
    pub plan_args: Option<Vec<String>>,
    pub session_args: Option<Vec<String>>,
    pub resume: Option<Vec<String>>,
    pub resume_last: Option<Vec<String>>,
    pub env: Option<BTreeMap<String, Option<String>>>,
    pub rules: Option<Vec<RuleSpec>>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::status::Activity;

    fn claude() -> Kind {
        builtin("claude").unwrap()
    }

    #[test]
    fn an_empty_layer_changes_nothing() {
        assert_eq!(claude().override_with(KindOverride::default()), claude());
    }

    #[test]
    fn launch_args_of_the_user_are_known_as_such() {
        for args in [vec![], vec!["--model".to_owned()]] {
            let layer = KindOverride { launch_args: Some(args.clone()), ..KindOverride::default() };
            assert_eq!(claude().override_with(layer).launch_args, LaunchArgs::User(args));
        }
    }

    #[test]
    fn a_prompt_flag_is_used_unless_typing_is_asked_for() {
        let check = |flag: Option<&str>, prompt, expected| {
            let layer = KindOverride { prompt_flag: flag.map(str::to_owned), prompt, ..KindOverride::default() };
            assert_eq!(claude().override_with(layer).prompt, expected);
        };
        check(None, None, PromptBy::Typed);
        check(Some("-p"), None, PromptBy::Argv);
        check(Some("-p"), Some(PromptBy::Typed), PromptBy::Typed);
        check(None, Some(PromptBy::Argv), PromptBy::Argv);
    }

    #[test]
    fn rules_go_in_front_and_variables_are_merged() {
        let rule =
            RuleSpec { pattern: "mine".into(), activity: Activity::Idle, because: "mine".into(), last_lines: None };
        let env = |value: Option<&str>| Some(BTreeMap::from([("A".to_owned(), value.map(str::to_owned))]));
        let layer = |value| KindOverride { env: env(value), ..KindOverride::default() };
        let mut last = layer(None);
        last.env.as_mut().unwrap().insert("B".into(), None);
        last.rules = Some(vec![rule.clone()]);
        let kind = claude().override_with(layer(Some("1"))).override_with(last);
        assert_eq!(kind.rules[0], rule);
        assert_eq!(kind.rules.len(), claude().rules.len() + 1);
        assert_eq!(kind.env, BTreeMap::from([("A".into(), None), ("B".into(), None)]));
    }

    #[test]
    fn which_kinds_can_be_resumed() {
        let check = |kind: &str, known: bool, expected: bool| {
            let kind = builtin(kind).unwrap_or_else(|| Kind::custom(kind));
            assert_eq!(kind.can_resume(known), expected, "{} {known}", kind.name);
        };
        check("claude", true, true);
        check("claude", false, false);
        check("codex", true, true);
        check("codex", false, true);
        check("opencode", false, true);
        check("terminal", true, false);
        check("aider", true, false);
    }
}
