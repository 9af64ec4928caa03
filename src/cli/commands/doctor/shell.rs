//! Whether commands meet their rules: in the person's own shell, in scripts, at a Tab. Each is tried, none is believed.
//!
//! What is started for that is started alone ([`alone`]): it cannot wait for anybody, has a few seconds, and nothing of it is left.

use std::ffi::{OsStr, OsString};
use std::path::Path;
use std::time::Duration;

use super::verdict::Verdict;
use crate::cli::context::Context;
use crate::cli::output::{one_line, visible};
use crate::cli::shell::probe::{self, Found, Start};
use crate::cli::shell::{Shell, VERSION, alone, told};

/// What runs a few lines and ends.
const LIMIT: Duration = Duration::from_secs(4);
/// Commands whose completion is a question to the command itself, by cobra's protocol.
const COBRA: [&str; 9] = ["kubectl", "helm", "docker", "gh", "oc", "argocd", "flux", "k9s", "istioctl"];
/// Variables that come from a shell with hooks, and that a pane should not be born with.
const OURS: [&str; 4] = ["PINTLE_ENV", "PINTLE_PANE", "PINTLE_UNDO", "PINTLE_AGENT_ID"];

/// Looks at all of it. Where shells are told of no command there is nothing to be missed, and one line says so.
pub fn all(context: &Context, say: super::checks::Say<'_>) -> std::io::Result<()> {
    let commands = told::everywhere(&context.places);
    if commands.is_empty() {
        say(nobody_told(context))?;
    } else {
        let names: Vec<String> = commands.into_iter().collect();
        interactive(context, &names).into_iter().try_for_each(&mut *say)?;
        say(shims(context, &names))?;
        completions(context, &names).into_iter().try_for_each(&mut *say)?;
    }
    tmux_server(context).into_iter().try_for_each(say)
}

/// No shell was told of a command. That is as it should be only where the files name none.
fn nobody_told(context: &Context) -> Verdict {
    let places = &context.places;
    match [places.envs_file(), places.prefixes_file()].iter().any(|file| file.exists()) {
        true => Verdict::warn(
            "shell",
            "shells have been told of no command yet, though there are files with environments or rules",
            "`pintle daemon start` tells them, unless no command is named there",
        ),
        false => Verdict::ok("shell", "no environment and no rule concerns a command yet"),
    }
}

/// The person's own shell, as they start it.
fn interactive(context: &Context, names: &[String]) -> Vec<Verdict> {
    let program = std::env::var_os("SHELL").filter(|shell| !shell.is_empty()).unwrap_or_else(|| "/bin/sh".into());
    let Some(shell) = Shell::of_program(&program) else {
        let seen = format!("{} has no hooks; what it starts meets the rules by the shims alone", program.display());
        return vec![Verdict::ok("shell", seen)];
    };
    let ask = |start| match probe::ask(shell, start, &program, names, &context.clock) {
        Err(error) => Err(Verdict::warn("shell", format!("{}: {error}", program.display()), "set SHELL")),
        Ok(None) => {
            let login = if start == Start::Login { " -l" } else { "" };
            let seen = format!("{}{login} -i did not answer", program.display());
            let advice =
                "does a start-up file wait for something, or start another program without looking for a terminal?";
            Err(Verdict::warn("shell", seen, advice))
        }
        Ok(Some(found)) => Ok(found),
    };
    let plain = match ask(Start::Plain) {
        Ok(found) => found,
        Err(verdict) => return vec![verdict],
    };
    match ask(Start::Login) {
        Ok(login) => compare(shell, &plain, &login),
        Err(verdict) => judge(shell, &plain).into_iter().chain([verdict]).collect(),
    }
}

/// A shell reads other files as a login shell, and both are common: hooks that only one of them has are missed every other time.
fn compare(shell: Shell, plain: &Found, login: &Found) -> Vec<Verdict> {
    let name = shell.name();
    let (with, seen) = match (&plain.hooks, &login.hooks) {
        (Some(_), None) => (plain, format!("a new {name} has none as a login shell, which ssh and tmux start")),
        (None, Some(_)) => {
            (login, format!("a new {name} has them as a login shell only; most terminals start another"))
        }
        _ => return judge(shell, plain),
    };
    let advice = match shell {
        Shell::Bash => "keep the line in ~/.bashrc, and in ~/.bash_profile (or ~/.profile): . ~/.bashrc".to_owned(),
        Shell::Zsh => "keep the line in ~/.zshrc, which both read, and see that PATH names pintle there".to_owned(),
        Shell::Fish => "keep the line outside of `if status is-login` in ~/.config/fish/config.fish".to_owned(),
    };
    let mut verdicts = judge(shell, with);
    verdicts.push(Verdict::warn("login shell", seen, advice));
    verdicts
}

fn judge(shell: Shell, found: &Found) -> Vec<Verdict> {
    let name = shell.name();
    let Some(hooks) = &found.hooks else {
        return vec![Verdict::warn("shell", format!("a new {name} has no hooks"), shell.how_to())];
    };
    let mut verdicts = Vec::new();
    verdicts.push(if hooks.version == VERSION {
        Verdict::ok("shell", format!("a new {name} has hooks, version {VERSION}"))
    } else {
        let seen = format!("a new {name} has hooks of version {}, not {VERSION}", one_line(&hooks.version));
        Verdict::warn("shell", seen, format!("make the text anew that you cache: `pintle shell init {name}`"))
    });
    if found.is_lost {
        let seen = "nothing calls ours before a prompt: what it was put into was set anew behind it".to_owned();
        let advice = format!("move the line with `pintle shell init {name}` to the end of the start-up file");
        verdicts.push(Verdict::warn("hook order", seen, advice));
    } else if let Some(before) = &found.before_us {
        let seen =
            format!("`{}` runs before ours at each prompt, and sees the environment of the last one", one_line(before));
        let advice = match (shell, before.as_str()) {
            // zsh runs the function of that name before all others.
            (Shell::Zsh, "precmd") => "hook it in with `add-zsh-hook precmd NAME` under another name".to_owned(),
            _ => format!("move the line with `pintle shell init {name}` to the end of the start-up file"),
        };
        verdicts.push(Verdict::warn("hook order", seen, advice));
    }
    let advice = "let it call the plain name, so that it meets the rules, or remove it";
    verdicts.extend(found.kept.iter().map(|kept| Verdict::warn("commands", kept.words(), advice)));
    verdicts
}

/// What a script finds: one that is run from here, with the PATH from here.
fn shims(context: &Context, commands: &[String]) -> Verdict {
    let folder = context.places.shims();
    let script = r#"for name do command -v "$name" || echo; done"#;
    let names: Vec<&str> = commands.iter().map(String::as_str).filter(|name| folder.join(name).exists()).collect();
    if names.is_empty() {
        let seen = format!("{}: no command has one yet", visible(&folder.to_string_lossy()));
        return Verdict::warn("shims", seen, "`pintle daemon start` makes them");
    }
    let said = alone::command("/bin/sh").and_then(|mut command| {
        command.args(["-c", script, "sh"]).args(&names);
        alone::ask(command, None, LIMIT, &context.clock)
    });
    let said = match said {
        Ok(said) => said.text,
        Err(error) => return Verdict::warn("shims", format!("/bin/sh: {error}"), "a shell is needed for everything"),
    };
    let passed = said.lines().zip(&names).filter(|(found, _)| !found.is_empty());
    let passed: Vec<String> = passed
        .filter(|(found, _)| Path::new(found).parent() != Some(folder.as_path()))
        .map(|(found, name)| format!("{name} is {}", visible(found)))
        .collect();
    match passed.is_empty() {
        true => Verdict::ok("shims", format!("scripts started here meet the rules of {}", names.join(", "))),
        false => Verdict::warn(
            "shims",
            format!("scripts started here pass by the rules and guards: {}", passed.join(", ")),
            add_to_path(&visible(&folder.to_string_lossy())),
        ),
    }
}

/// How the folder of shims comes onto PATH, where the person's shell reads it.
fn add_to_path(folder: &str) -> String {
    match std::env::var_os("SHELL").as_deref().and_then(Shell::of_program) {
        // It reads no file of any other shell.
        Some(Shell::Fish) => format!("in ~/.config/fish/config.fish: set -gx PATH {folder} $PATH"),
        Some(Shell::Zsh) => format!("in ~/.zshenv: PATH={folder}:$PATH"),
        Some(Shell::Bash) | None => format!("in ~/.profile: PATH={folder}:$PATH"),
    }
}

/// A Tab behind a wrapped command asks the command, through us.
fn completions(context: &Context, names: &[String]) -> Vec<Verdict> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let there = |name: &str| {
        let candidates = std::env::split_paths(&path).filter(|folder| *folder != context.places.shims());
        candidates.map(|folder| folder.join(name)).any(|program| program.is_file())
    };
    let tried = COBRA.into_iter().filter(|name| names.iter().any(|known| known == name) && there(name));
    tried.map(|name| completion(context, name)).collect()
}

fn completion(context: &Context, name: &str) -> Verdict {
    let asked = std::env::current_exe().and_then(alone::command).and_then(|mut command| {
        command.args(["run", name, "__complete", ""]);
        alone::ask(command, None, LIMIT, &context.clock)
    });
    let said = match asked {
        Ok(said) => said,
        Err(error) => return Verdict::warn("completion", format!("{name}: {error}"), "try it by hand"),
    };
    // Its last line is `:` and a number.
    let directive = said.text.trim_end().rsplit('\n').next().and_then(|line| line.strip_prefix(':'));
    match directive.is_some_and(|number| number.parse::<u32>().is_ok()) {
        true => {
            let offered = said.text.trim_end().lines().count().saturating_sub(1);
            Verdict::ok("completion", format!("{name} is asked through pintle and offers {offered} words"))
        }
        false => Verdict::warn(
            "completion",
            format!("{name} does not answer a Tab through pintle"),
            format!("`pintle run {name} __complete ''` says why; `pintle why {name} get` shows its rules"),
        ),
    }
}

/// The environment that this tmux server gives to every new pane. A server that was started from a shell with hooks has kept what held
/// there; shells with hooks find that out for themselves, everything else does not.
fn tmux_server(context: &Context) -> Vec<Verdict> {
    if std::env::var_os("TMUX").is_none_or(|tmux| tmux.is_empty()) {
        return Vec::new();
    }
    let show = |arguments: &[&str]| {
        let said = alone::command("tmux").and_then(|mut command| {
            command.arg("show-environment").args(arguments);
            alone::ask(command, None, LIMIT, &context.clock)
        });
        said.unwrap_or_default().text
    };
    let kube = context.places.kube();
    let global = stale(&show(&["-g"]), kube.as_os_str());
    let session = stale(&show(&[]), kube.as_os_str());
    let commands = global.iter().map(|name| format!("tmux set-environment -gu {name}"));
    let commands: Vec<String> =
        commands.chain(session.iter().map(|name| format!("tmux set-environment -u {name}"))).collect();
    match commands.is_empty() {
        true => vec![Verdict::ok("tmux env", "new panes are born with no environment of another one")],
        false => {
            let mut names = [global, session].concat();
            names.sort_unstable();
            names.dedup();
            let seen = format!("new panes are born with {}, as the shell had it that started tmux", names.join(", "));
            vec![Verdict::warn("tmux env", seen, commands.join("; "))]
        }
    }
}

/// The variables of ours in what `show-environment` prints: `NAME=VALUE`, or `-NAME` for one that is taken away.
fn stale(shown: &str, kube: &OsStr) -> Vec<String> {
    let variables = shown.lines().filter_map(|line| line.split_once('='));
    let kube = OsString::from(kube).into_string().unwrap_or_default() + "/";
    let ours = |(name, value): &(&str, &str)| {
        OURS.contains(name) || (*name == "KUBECONFIG" && value.split(':').any(|file| file.starts_with(&kube)))
    };
    variables.filter(ours).map(|(name, _)| name.to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::doctor::verdict::Worth;
    use crate::cli::shell::Hooks;
    use crate::cli::shell::probe::Kept;

    #[test]
    fn what_new_panes_are_born_with() {
        let shown =
            "PATH=/bin\nPINTLE_ENV=prod\n-PINTLE_PANE\nKUBECONFIG=/run/kube/a.yaml:/home/x\nPINTLE_SHELL=zsh/1/2\nX";
        assert_eq!(stale(shown, OsStr::new("/run/kube")), ["PINTLE_ENV", "KUBECONFIG"]);
        assert!(stale("KUBECONFIG=/run/kubes/a.yaml\n", OsStr::new("/run/kube")).is_empty());
        assert!(stale("", OsStr::new("/run/kube")).is_empty());
    }

    #[test]
    fn a_login_shell_and_another_one() {
        let hooks = Some(Hooks { shell: Shell::Zsh, version: VERSION.into(), pid: 1 });
        let (with, without) = (Found { hooks, ..Found::default() }, Found::default());
        let whats = |plain: &Found, login: &Found| -> Vec<&str> {
            compare(Shell::Zsh, plain, login).iter().map(|verdict| verdict.what).collect()
        };
        assert_eq!(whats(&with, &with), ["shell"]);
        assert_eq!(whats(&without, &without), ["shell"]);
        assert_eq!(whats(&with, &without), ["shell", "login shell"]);
        assert_eq!(whats(&without, &with), ["shell", "login shell"]);
    }

    #[test]
    fn what_a_new_shell_is_worth() {
        let worth = |found: &Found| -> Vec<(Worth, &str)> {
            judge(Shell::Bash, found).iter().map(|verdict| (verdict.worth, verdict.what)).collect()
        };
        let mut found = Found::default();
        assert_eq!(worth(&found), [(Worth::Warn, "shell")]);
        found.hooks = Some(Hooks { shell: Shell::Bash, version: VERSION.into(), pid: 1 });
        assert_eq!(worth(&found), [(Worth::Ok, "shell")]);
        found.before_us = Some("_direnv_hook".into());
        found.kept = vec![Kept { name: "kubectl".into(), alias: Some("kubecolor".into()) }];
        assert_eq!(worth(&found), [(Worth::Ok, "shell"), (Worth::Warn, "hook order"), (Worth::Warn, "commands")]);
        found.is_lost = true;
        assert_eq!(worth(&found).len(), 3);
        found.hooks = Some(Hooks { shell: Shell::Bash, version: "0".into(), pid: 1 });
        assert_eq!(worth(&found)[0], (Worth::Warn, "shell"));
    }
}
