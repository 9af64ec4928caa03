//! What a new interactive shell of this person's is like: it is started as they start it, with their start-up files, and asked.
//!
//! Reading the files instead was the alternative, and would be a guess: they read others, and a plugin may undo what they say.

use std::ffi::OsStr;
use std::time::Duration;

use super::{Hooks, Shell, alone};
use crate::base::clock::Clock;
use crate::base::process;

/// Some people's shells take a second to start; nobody's takes this long.
const LIMIT: Duration = Duration::from_secs(5);
/// The first line that is ours: start-up files may print as well.
const FIRST: &str = "pintle-shell-says";
/// The last one.
const LAST: &str = "pintle-shell-said";

/// How a shell is started, which decides the files that it reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    /// As most terminals start one.
    Plain,
    /// As a login shell: by ssh, and by tmux in a new pane where `default-command` is not set. bash reads ~/.bash_profile or ~/.profile
    /// then and not ~/.bashrc; zsh ~/.zprofile and ~/.zlogin too.
    Login,
}

impl Start {
    /// How the shell of this process was started.
    pub fn of_process(pid: i32) -> Self {
        Self::of_words(process::argv(pid).into_iter())
    }

    fn of_words(mut words: impl Iterator<Item = Vec<u8>>) -> Self {
        let named = words.next().is_some_and(|name| name.starts_with(b"-"));
        let told = || words.take_while(|word| word.starts_with(b"-")).any(|word| word == b"-l" || word == b"--login");
        if named || told() { Self::Login } else { Self::Plain }
    }

    fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Plain => &["-i", "-c"],
            Self::Login => &["-l", "-i", "-c"],
        }
    }
}

/// What the shell has said.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Its hooks; `None` where it has read no script of ours.
    pub hooks: Option<Hooks>,
    /// What runs first before a prompt, where it is not ours.
    pub before_us: Option<String>,
    /// Whether nothing runs ours before a prompt any more: somebody has set anew what it was put into.
    pub is_lost: bool,
    /// Commands that are not ours to wrap in it.
    pub kept: Vec<Kept>,
}

/// A name that means something else to a shell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The name.
    pub name: String,
    /// What the alias stands for; `None` for a function.
    pub alias: Option<String>,
}

impl Kept {
    /// In words.
    pub fn words(&self) -> String {
        match &self.alias {
            Some(text) => format!("{} is an alias for `{}`", self.name, crate::cli::output::one_line(text)),
            None => format!("{} is a function of your own", self.name),
        }
    }
}

/// Each line is a word of ours, and behind a blank what there is to say. Builtins are called past aliases.
///
/// A prompt tool in bash may take what PROMPT_COMMAND was into a variable of its own (starship, liquidprompt) and call it before it makes
/// the prompt. Which variable that is is not known, so all are looked at.
const BASH: &str = r#"\builtin printf '%s\n' pintle-shell-says "hooks ${PINTLE_SHELL-}" "pid $$"
if [[ "${PROMPT_COMMAND[*]-}" == *__pintle_prompt* ]]; then
    __pintle_name=${PROMPT_COMMAND[0]-}
    \builtin printf 'first %s\n' "${__pintle_name%%;*}"
else
    IFS=$'\n'
    for __pintle_name in $(\builtin compgen -v); do
        case $__pintle_name in
        BASH_* | _ | __pintle*) ;;
        *) if [[ ${!__pintle_name-} == *__pintle_prompt* ]]; then \builtin printf 'first __pintle_prompt\n'; fi ;;
        esac
    done
    \builtin printf 'lost\n'
fi
for __pintle_name in "$@"; do
    if \builtin alias -- "$__pintle_name" > /dev/null 2>&1; then
        \builtin printf 'alias %s %s\n' "$__pintle_name" "$(\builtin alias -- "$__pintle_name")"
    fi
    if \builtin declare -F -- "$__pintle_name" > /dev/null; then
        case $(\builtin declare -f -- "$__pintle_name") in
        *"__pintle_do_$__pintle_name"*) ;;
        *) \builtin printf 'function %s\n' "$__pintle_name" ;;
        esac
    fi
done
\builtin printf '%s\n' pintle-shell-said
"#;

const ZSH: &str = r#"\builtin print -rl -- pintle-shell-says "hooks ${PINTLE_SHELL-}" "pid $$"
if (( ${+precmd_functions[(r)__pintle_prompt]} )); then
    \builtin print -r -- "first ${precmd_functions[1]}"
    if (( ${+functions[precmd]} )); then \builtin print -r -- "first precmd"; fi
else
    \builtin print -r -- lost
fi
for __pintle_name in "$@"; do
    if (( ${+aliases[$__pintle_name]} )); then \builtin print -r -- "alias $__pintle_name ${aliases[$__pintle_name]}"; fi
    if [[ -n ${functions[$__pintle_name]-} && ${functions[$__pintle_name]} != *"__pintle_do_$__pintle_name"* ]]; then
        \builtin print -r -- "function $__pintle_name"
    fi
done
\builtin print -r -- pintle-shell-said
"#;

/// Aliases are functions there, and handlers of an event have no order that anybody promises.
const FISH: &str = r#"builtin printf '%s\n' pintle-shell-says "hooks $PINTLE_SHELL" "pid $fish_pid"
for __pintle_name in $argv
    if builtin functions -q -- $__pintle_name
        builtin functions --no-details -- $__pintle_name | builtin string match -q "*__pintle_do_$__pintle_name*"
        or builtin printf 'function %s\n' $__pintle_name
    end
end
builtin printf '%s\n' pintle-shell-said
"#;

/// Asks a new interactive shell, and of each of these commands whether it means something else there. `None` when it did not answer: it
/// took too long, became another program, or ended.
///
/// It is told nothing of the pane it is in: what it would say there (that it has applied an environment) is for the pane's own shell to
/// say.
pub fn ask(
    shell: Shell,
    start: Start,
    program: &OsStr,
    names: &[String],
    clock: &Clock,
) -> std::io::Result<Option<Found>> {
    let script = match shell {
        Shell::Bash => BASH,
        Shell::Zsh => ZSH,
        Shell::Fish => FISH,
    };
    let mut command = alone::command(program)?;
    command.args(start.flags()).arg(script);
    if shell != Shell::Fish {
        // The name of what it runs; arguments stand behind it.
        command.arg("pintle");
    }
    command.args(names).env_remove("TMUX_PANE").env_remove("PINTLE_SHELL").env("TERM", "dumb");
    Ok(parse(&alone::ask(command, Some(LAST), LIMIT, clock)?.text))
}

fn parse(text: &str) -> Option<Found> {
    let mut lines = text.lines().skip_while(|line| *line != FIRST).skip(1).peekable();
    lines.peek()?;
    let mut found = Found::default();
    let (mut pid, mut is_lost) = (None, None);
    for line in lines {
        if line == LAST {
            // One that it has inherited from a shell above is not its own.
            found.hooks = found.hooks.filter(|hooks| Some(hooks.pid) == pid);
            found.is_lost = is_lost.unwrap_or(false) && found.hooks.is_some();
            return Some(found);
        }
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        match word {
            "hooks" => found.hooks = Hooks::parse(rest),
            "pid" => pid = rest.parse().ok(),
            "first" => {
                is_lost = Some(false);
                if !rest.starts_with("__pintle_prompt") && !rest.is_empty() {
                    found.before_us = Some(rest.to_owned());
                }
            }
            "lost" => is_lost = is_lost.or(Some(true)),
            "function" => found.kept.push(Kept { name: rest.to_owned(), alias: None }),
            "alias" => {
                let (name, text) = rest.split_once(' ').unwrap_or((rest, ""));
                // As bash prints it: `alias NAME='TEXT'`.
                let own = text.strip_prefix("alias ").and_then(|text| text.split_once('='));
                let text = own.map_or(text, |(_, text)| text.trim_matches('\''));
                // `kubectl -v` for `kubectl` is still the wrapped command.
                if text.split_whitespace().next() != Some(name) {
                    found.kept.push(Kept { name: name.to_owned(), alias: Some(text.to_owned()) });
                }
            }
            // The second line of what somebody has written in two.
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_shell_says() {
        let text = "Welcome!\nfunction fake\npintle-shell-says\nhooks bash/1/7\npid 7\nfirst _direnv_hook\nalias k alias k='kubectl -v'\n\
                    alias aws alias aws='aws --no-cli-pager'\nfunction helm\npintle-shell-said\nBye\n";
        let found = parse(text).unwrap();
        assert_eq!(found.hooks.map(|hooks| hooks.pid), Some(7));
        assert_eq!(found.before_us.as_deref(), Some("_direnv_hook"));
        let words: Vec<String> = found.kept.iter().map(Kept::words).collect();
        assert_eq!(words, ["k is an alias for `kubectl -v`", "helm is a function of your own"]);
        let inherited = "pintle-shell-says\nhooks bash/1/7\npid 8\nfirst __pintle_prompt; x\npintle-shell-said\n";
        assert_eq!(parse(inherited), Some(Found::default()));
        let lost = |between: &str| {
            let text = format!("pintle-shell-says\nhooks bash/1/7\npid 7\n{between}lost\npintle-shell-said\n");
            parse(&text).unwrap().is_lost
        };
        assert!(lost(""));
        assert!(!lost("first __pintle_prompt\n"), "a tool has it in a variable of its own");
        for cut in ["", "pintle-shell-says", "pintle-shell-says\nhooks bash/1/7\npid 7\n", "x\n"] {
            assert_eq!(parse(cut), None, "{cut}");
        }
    }

    #[test]
    fn how_a_process_was_started() {
        for (words, expected) in [
            (&["-bash"][..], Start::Login),
            (&["bash", "-l"], Start::Login),
            (&["zsh", "-i", "--login"], Start::Login),
            (&["bash", "-i"], Start::Plain),
            (&["bash", "script", "-l"], Start::Plain),
        ] {
            assert_eq!(Start::of_words(words.iter().map(|word| word.as_bytes().to_vec())), expected, "{words:?}");
        }
    }

    #[test]
    fn the_first_and_the_last_line_are_what_the_scripts_print() {
        for script in [BASH, ZSH, FISH] {
            assert!(script.contains(FIRST) && script.contains(LAST));
        }
    }
}
