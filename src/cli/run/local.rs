//! What a command becomes, worked out from the files: there is no daemon.
//!
//! The same files, the same order, the same functions. What only a daemon knows is missing: that a guard was lifted. So it is not.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use serde_json::Value;

use super::{Here, Refusal, Resolution, gone};
use crate::base::clock::Clock;
use crate::base::files::{Content, FileError, SETTLE, read_if_there, read_settled};
use crate::base::paths::home;
use crate::daemon::check::{project_env, project_files};
use crate::environment::envs::{Envs, NAME, UNREAD};
use crate::environment::guard::{Verdict, in_agents, stricter};
use crate::environment::overlay;
use crate::environment::prefix::{Rule, Rules};
use crate::environment::resolve::{Call, resolve as resolve_call};
use crate::environment::told::Asker;
use crate::protocol::cmd::reply::{ApplyPrefixes, Guard};

/// What the files say.
pub fn resolve(here: &Here, argv: &[OsString]) -> Result<Resolution, Refusal> {
    let unknown = |message: String| Refusal::unknown(format!("no daemon answers, and {message}"), &argv[0]);
    let (envs, rules) = read(here).map_err(unknown)?;
    is_there(here).map_err(unknown)?;
    let (name, source) = match &here.context.env {
        Some(name) => (Some(name.clone()), "command"),
        None => chosen(here, &here.asker).map_err(unknown)?,
    };
    let find = |name: &String| envs.find(name).map_err(|error| unknown(error.to_string()));
    let env = name.as_ref().map(find).transpose()?;
    let call = Call { argv, pane: here.context.pane.as_deref(), cwd: here.asker.cwd.as_deref() };
    let resolve = |env| resolve_call(&rules, env, &call).map_err(|error| Refusal::unknown(error.to_string(), &argv[0]));
    let mut resolved = resolve(env)?;
    if let Some((name, agent)) =
        outside_pane(here).map_err(unknown)?.filter(|(outside, _)| name.as_ref() != Some(outside))
    {
        let outside = resolve(Some(find(&name)?))?;
        resolved.verdict = stricter(resolved.verdict, outside.verdict.because(|why| in_agents(why, &name, &agent)));
    }
    let mut vars: BTreeMap<String, OsString> = resolved.env_vars;
    let mut unset = resolved.unset;
    match resolved.env {
        Some(env) => drop(vars.insert(NAME.to_owned(), env.name.clone().into())),
        None => unset.push(NAME.to_owned()),
    }
    let mut passed: Vec<String> = resolved.passed.iter().map(|(rule, why)| format!("{rule}: {why}")).collect();
    if let Some(kube) = resolved.kube {
        let home = home();
        let overlay = overlay::place(kube, &here.places.kube(), here.kubeconfig.as_deref(), &home)
            .map_err(|error| Refusal::unknown(error.to_string(), &argv[0]))?;
        vars.insert("KUBECONFIG".to_owned(), overlay::variable(&overlay.path, here.kubeconfig.as_deref(), &home));
        passed.extend(overlay.closed.map(|why| format!("kube: {why}")));
    }
    let text = |word: &OsString| word.to_string_lossy().into_owned();
    let is_asked = matches!(resolved.verdict, Verdict::Confirm { .. } | Verdict::Typed { .. });
    let answer = ApplyPrefixes {
        command: resolved.argv.iter().map(text).collect(),
        env_vars: vars.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        unset,
        rules: resolved.applied.iter().map(ToString::to_string).collect(),
        passed,
        env: resolved.env.map(|env| env.name.clone()),
        color: resolved.env.and_then(|env| env.color.clone()),
        source: if name.is_some() { source } else { "none" }.to_owned(),
        guard: match resolved.verdict {
            Verdict::Free => None,
            Verdict::Confirm { .. } => Some(Guard::Confirm),
            Verdict::Typed { .. } => Some(Guard::Typed),
            Verdict::Deny { .. } => Some(Guard::Deny),
        },
        guard_reason: resolved.verdict.reason().map(str::to_owned),
        armed: false,
        agent: here.context.agent_id.clone().filter(|_| is_asked),
    };
    Ok(Resolution { argv: resolved.argv, vars: vars.into_iter().collect(), answer, told: OsString::new() })
}

/// Whether the pane is still there that would have to say which environment holds; where there is none, whether the agent is.
fn is_there(here: &Here) -> Result<(), String> {
    if let (Some(tmux), Some(pane), Some(named)) = (&here.context.tmux, &here.context.pane, &here.asker.pane) {
        let place = gone::place(tmux, pane, named)?;
        // With `--env` it is said which one is meant.
        return match here.asker.is_moved(&here.places.shell(), &place).map_err(|error| error.to_string())? {
            true if here.context.env.is_none() => Err(format!(
                "pane {pane} has been moved to another window or session since a daemon looked: which environment it has is not known until one \
                 does (`pintle daemon start`)"
            )),
            _ => Ok(()),
        };
    }
    let Some(agent) = &here.asker.agent else { return Ok(()) };
    let shell = here.places.shell();
    let is_told = read_if_there(&shell.join("default")).map_err(|error| error.to_string())?.is_some();
    match here.asker.is_living(&shell).map_err(|error| error.to_string())? {
        Some(false) if is_told => Err(format!("no living agent is {agent} (PINTLE_AGENT_ID)")),
        _ => Ok(()),
    }
}

/// The environment that would hold for an agent if it had not gone into a pane of its own, and the agent.
fn outside_pane(here: &Here) -> Result<Option<(String, String)>, String> {
    let is_living = here.asker.is_living(&here.places.shell()).map_err(|error| error.to_string())?;
    let (Some(agent), Some(true), Some(_), None) = (&here.asker.agent, is_living, &here.asker.pane, &here.context.env)
    else {
        return Ok(None);
    };
    let outside = Asker { pane: None, ..here.asker.clone() };
    Ok(chosen(here, &outside)?.0.map(|name| (name, agent.clone())))
}

fn read(here: &Here) -> Result<(Envs, Rules), String> {
    let bytes = |path: &Path| settled(here, path).map_err(|error| error.to_string());
    let (envs, prefixes) = (here.places.envs_file(), here.places.prefixes_file());
    let envs = Envs::parse(&envs, &bytes(&envs)?).map_err(|error| error.to_string())?;
    let mut rules = Rules::parse(&prefixes, &bytes(&prefixes)?).map_err(|error| error.to_string())?;
    let added = state(here)?.get("rules").and_then(Value::as_array).cloned().unwrap_or_default();
    for entry in added {
        let text = |key| entry.get(key).and_then(Value::as_str).unwrap_or_default();
        let config = entry.get("config").cloned().unwrap_or_default();
        // One that the daemon would not take either.
        if let Ok(rule) = Rule::registered(text("owner"), text("command"), text("strategy"), &config) {
            let _ = rules.add(rule);
        }
    }
    Ok((envs, rules))
}

/// What a file says when nobody is about to fill it, or to put it back.
#[expect(clippy::disallowed_methods, reason = "one process, one thread, and nothing else to do")]
fn settled(here: &Here, path: &Path) -> Result<Vec<u8>, FileError> {
    let before = || read_if_there(&here.places.copy_of(path)?).ok().flatten();
    let was_there = here.places.copy_of(path).is_some_and(|copy| copy.exists());
    loop {
        match read_settled(path, before, &Clock::System)? {
            Content::Settled(bytes) => return Ok(bytes.unwrap_or_default()),
            Content::Taken if !was_there => return Ok(Vec::new()),
            Content::Cut | Content::Taken => std::thread::sleep(SETTLE),
        }
    }
}

/// Which environment holds: what shells were told, and where they were told nothing since the machine was started, the global one. What
/// a project names stands in its file, which may be another by now.
fn chosen(here: &Here, asker: &Asker) -> Result<(Option<String>, &'static str), String> {
    let shell = here.places.shell();
    if asker.is_unseen(&shell).map_err(|error| error.to_string())? {
        return Err("this pane is newer than what was seen of its tmux: which environment it has is not known until a daemon looks \
                    (`pintle daemon start`)"
            .to_owned());
    }
    match asker.look(&shell).map_err(|error| error.to_string())? {
        Some((told, rung @ ("project" | "global"))) => {
            let Some(root) = asker.project(&shell).map_err(|error| error.to_string())? else {
                return Ok((told.name, rung));
            };
            for file in project_files(&root) {
                settled(here, &file).map_err(|error| error.to_string())?;
            }
            return match project_env(&root) {
                Ok(Some(name)) => Ok((Some(name), "project")),
                Ok(None) => Ok((global(&state(here)?), "global")),
                // Nobody knew when the file was read last, and nobody does now.
                Err(error) if told.name.as_deref() == Some(UNREAD) => Err(error),
                // What it said before stays in force.
                Err(_) => Ok((told.name, rung)),
            };
        }
        Some((told, "session")) if told.name.as_deref() == Some(UNREAD) => {
            return Err("not all panes of this session have one environment, and this is in none of them: `pintle run --env NAME` says which is \
                        meant, or `tmux display-popup -e TMUX_PANE=%N` in which pane it is"
                .to_owned());
        }
        Some((told, rung)) => return Ok((told.name, rung)),
        None => {}
    }
    let state = state(here)?;
    if let Some(why) = unheard(here, &state) {
        return Err(why);
    }
    let inside =
        |root: &&Value| root.as_str().zip(here.asker.cwd.as_deref()).is_some_and(|(root, cwd)| cwd.starts_with(root));
    if let Some(root) = state.get("projects").and_then(Value::as_array).and_then(|roots| roots.iter().find(inside)) {
        return Err(format!("whether the project {root} has an environment of its own is not known"));
    }
    Ok((global(&state), "global"))
}

/// Why the global environment is not to be believed though nothing else was told: there are more to tell of, and we do not see what they
/// are told. So it is under sudo without `XDG_RUNTIME_DIR`, and wherever else that variable is not what the daemon has.
///
/// The runtime folder of whoever called sudo is not looked for: what is in it says which program runs, and sudo, when it takes the
/// variables away, takes away just that.
fn unheard(here: &Here, state: &Value) -> Option<String> {
    let runtime = here.places.runtime.display();
    let caller = std::env::var("SUDO_UID").ok().and_then(|uid| uid.parse::<u32>().ok());
    if let Some(uid) = caller.filter(|uid| *uid != rustix::process::geteuid().as_raw()) {
        return Some(format!(
            "under sudo which environment holds for uid {uid} is not known: `sudo --preserve-env` with XDG_RUNTIME_DIR set says it, and \
             so does `pintle run --env NAME`"
        ));
    }
    if let Some(agent) = &here.asker.agent {
        return Some(format!(
            "which environment agent {agent} has is not known: {runtime} does not say; is XDG_RUNTIME_DIR as it was?"
        ));
    }
    let server = here.asker.pane.as_ref().and_then(|pane| pane.split_once('-')?.0.parse::<u64>().ok())?;
    let overrides = state.get("overrides").and_then(Value::as_array).into_iter().flatten();
    let mut servers = overrides.filter_map(|entry| entry.get("tmux")?.get("pid")?.as_u64());
    servers.any(|pid| pid == server).then(|| {
        format!("whether this pane has an environment of its own is not known: {runtime} does not say; is XDG_RUNTIME_DIR as it was?")
    })
}

fn global(state: &Value) -> Option<String> {
    state.get("active_env").and_then(Value::as_str).map(str::to_owned)
}

fn state(here: &Here) -> Result<Value, String> {
    let path = here.places.state_file();
    match read_if_there(&path).map_err(|error| error.to_string())? {
        Some(bytes) => serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display())),
        None => Ok(Value::Null),
    }
}
