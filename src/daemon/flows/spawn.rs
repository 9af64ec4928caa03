//! `spawn`: from a request to a process in a PTY, an entry in the manifest, and a prompt on its way. On any failure everything
//! that was made is taken back.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustix::io::Errno;

use super::place::{Asked, Place, insert_agent};
use super::{end, exited, kill, show};
use crate::agent::actor::{Adopted, Agent, Stage};
use crate::agent::delivery;
use crate::agent::kind::{Ask, CommandLine, Kind};
use crate::agent::rule::Rules;
use crate::base::ring::Ring;
use crate::base::{id, test_point};
use crate::daemon::convert;
use crate::daemon::definitions::filled_in;
use crate::daemon::keeper::{KeeperError, Kept};
use crate::daemon::kinds::Settings;
use crate::daemon::services::Services;
use crate::daemon::variables::{self, Layers};
use crate::keeper::message::SpawnSpec;
use crate::project::manifest::{AgentEntry, Ending, Manifest, Note};
use crate::project::registry::Project;
use crate::protocol::limits::TERMINAL_SIZE_MAX;
use crate::protocol::typed::event::Event;
use crate::protocol::typed::reply::SpawnResult;
use crate::protocol::typed::request::Spawn;
use crate::protocol::{Code, WireError};

/// Size of a terminal that nobody has looked at yet.
const USUAL_SIZE: (u16, u16) = (80, 24);

/// Starts an agent, shows it in a tmux pane if one is named, and answers when its process runs. A pane that cannot show it means no
/// agent: who asked for both has neither.
pub async fn spawn(services: &Arc<Services>, request: Spawn) -> Result<SpawnResult, WireError> {
    let Some(pane) = request.pane.clone() else { return Ok(start(services, request).await?.0) };
    // Looked for first, so that nothing is started for a pane that is not there.
    let (server, key) = services.pane(request.tmux.as_deref(), &pane).await?;
    let project = services.projects.open(&request.project_root)?;
    let (spawned, place) = start(services, request).await?;
    if let Err(error) = show::show_in(services, &server, &key, &project.root_text(), &spawned.agent_id).await {
        kill::end_and_remove(services, &project, vec![spawned.agent_id]).await?;
        place.take_back(services, &project).await;
        return Err(error);
    }
    Ok(spawned)
}

async fn start(services: &Arc<Services>, request: Spawn) -> Result<(SpawnResult, Place), WireError> {
    let project = services.projects.open(&request.project_root)?;
    let request = filled_in(services, &project, request)?;
    let asked = Asked::of(&request)?;
    let ready = Ready::check(services, &project, &request).await?;
    let place = asked.prepare(services, &project, &ready.entry.name).await?;
    match ready.start(services, &project, &place).await {
        Ok(spawned) => Ok((spawned, place)),
        Err(error) => {
            place.take_back(services, &project).await;
            Err(error)
        }
    }
}

/// An agent of which everything has been checked that can be known before it is started. Nothing of it is there yet.
pub struct Ready {
    /// What it will be in the manifest.
    pub entry: AgentEntry,
    line: CommandLine,
    kind: Kind,
    rules: Rules,
    env_files: Vec<String>,
    size: (u16, u16),
}

impl Ready {
    /// Checks what a request asks for, but for the place.
    pub async fn check(services: &Arc<Services>, project: &Project, request: &Spawn) -> Result<Self, WireError> {
        refuse_what_is_not_there(request)?;
        if let Some(env) = &request.env {
            services.catch_up(None).await?;
            services.environments.find(env)?;
        }
        if services.is_ending().is_some() {
            return Err(WireError::new(Code::InvalidState, "the daemon is ending; try again in a moment"));
        }
        let size = size(request.cols, request.rows)?;
        let settings = Settings::read(services, project)?;
        let kind = settings.kind(request.agent.as_deref())?.clone();
        let rules = settings.rules(services, &kind)?;
        let entry = new_entry(&project.store.read(), request, &kind, services.clock.now());
        let line = CommandLine::build(&kind, &ask(&entry, false))?;
        Ok(Self { entry, line, kind, rules, env_files: settings.env_files, size })
    }

    /// Starts it, and answers when its process runs. If it cannot be started or written down, there is none; the place is the caller's.
    pub async fn start(
        self,
        services: &Arc<Services>,
        project: &Project,
        place: &Place,
    ) -> Result<SpawnResult, WireError> {
        let Self { entry, line, kind, rules, env_files, size } = self;
        let started = Start { project, place, kind: &kind, rules, env_files: &env_files, size };
        let agent = started.start_and_record(services, entry, &line).await?;
        exited::note_if_ended(services, project, &agent);
        if let Some(prompt) = line.type_prompt {
            deliver(services, &agent, prompt);
        }
        let spawned = Event::agent_spawned(services.clock.now(), &project.root_text(), &agent.id);
        services.tell(&project.root, Some(spawned));
        let status = convert::status(agent.judgement().status);
        Ok(SpawnResult { worktree_id: place.worktree.clone(), agent_id: agent.id.clone(), status })
    }
}

fn refuse_what_is_not_there(request: &Spawn) -> Result<(), WireError> {
    let invalid = |text: String| Err(WireError::new(Code::InvalidArgument, text));
    if let Some(trigger) = &request.trigger {
        return Err(WireError::new(Code::NotFound, format!("no trigger has the name `{trigger}`")));
    }
    if let Some(name) = request.name.as_deref().filter(|name| !name.trim().is_empty()) {
        super::rename::check_name(name.trim())?;
    }
    let words = request.command.iter().chain(&request.extra_args).chain(request.vars.values().flatten());
    if words.into_iter().any(|word| word.contains('\0')) {
        return invalid("a byte 0 cannot be part of a command line or a variable".to_owned());
    }
    match request.vars.keys().find(|name| name.is_empty() || name.contains(['=', '\0'])) {
        Some(name) => invalid(format!("`{name}` is no name of a variable")),
        None => Ok(()),
    }
}

/// Columns and rows that a client sent, with the usual ones where it did not.
pub fn size(cols: Option<u64>, rows: Option<u64>) -> Result<(u16, u16), WireError> {
    let check = |what: &str, value: Option<u64>, usual: u16| match value {
        None => Ok(usual),
        Some(value) => u16::try_from(value).ok().filter(|value| *value > 0).ok_or_else(|| {
            WireError::new(Code::InvalidArgument, format!("{value} {what}: a terminal has 1 to {TERMINAL_SIZE_MAX}"))
        }),
    };
    Ok((check("columns", cols, USUAL_SIZE.0)?, check("rows", rows, USUAL_SIZE.1)?))
}

fn new_entry(manifest: &Manifest, request: &Spawn, kind: &Kind, now: Timestamp) -> AgentEntry {
    let taken = |name: &str| manifest.all_agents().any(|(_, agent)| agent.name == name);
    let given = request.name.as_deref().map(|name| name.trim().to_owned()).filter(|name| !name.is_empty());
    let name = given.unwrap_or_else(|| {
        std::iter::repeat_with(id::agent_name).take(50).find(|name| !taken(name)).unwrap_or_else(id::agent)
    });
    let unused = |id: &String| manifest.agent(id).is_none();
    AgentEntry {
        id: std::iter::repeat_with(id::agent).find(unused).unwrap_or_default(),
        name,
        agent_type: kind.name.clone(),
        status: "streaming".to_owned(),
        prompt: Some(request.prompt.clone()).filter(|prompt| !prompt.trim().is_empty()),
        started_at: now,
        completed_at: None,
        exit_code: None,
        pid: None,
        pid_start_time: None,
        session_id: (kind.takes_session_id() && request.command.is_none()).then(|| uuid::Uuid::new_v4().to_string()),
        suspended: false,
        suspended_at: None,
        command: request.command.clone(),
        plan_mode: request.plan_mode.then_some(true),
        no_trigger: request.no_trigger.then_some(true),
        no_auto: request.no_auto.then_some(true),
        extra_args: request.extra_args.clone(),
        vars: request.vars.clone(),
        env: request.env.clone(),
        delivery_error: None,
        swarm_run: None,
        extra: serde_json::Map::new(),
    }
}

/// What an entry asks of its kind.
pub fn ask(entry: &AgentEntry, resume: bool) -> Ask {
    Ask {
        prompt: entry.prompt.clone().unwrap_or_default(),
        command: entry.command.clone(),
        no_auto: entry.no_auto.unwrap_or(false),
        extra_args: entry.extra_args.clone(),
        plan_mode: entry.plan_mode.unwrap_or(false),
        session_id: entry.session_id.clone(),
        resume,
        shell: variables::shell(),
    }
}

/// Everything that a start needs beside the agent itself; shared with `resume`.
pub struct Start<'a> {
    /// Whose agent it is.
    pub project: &'a Project,
    /// Where it runs.
    pub place: &'a Place,
    /// Its kind.
    pub kind: &'a Kind,
    /// The kind's rules, compiled.
    pub rules: Rules,
    /// Files that add to its environment.
    pub env_files: &'a [String],
    /// Of its terminal.
    pub size: (u16, u16),
}

impl Start<'_> {
    /// Starts it for the first time. If that cannot be written down it is ended.
    async fn start_and_record(
        self,
        services: &Arc<Services>,
        entry: AgentEntry,
        line: &CommandLine,
    ) -> Result<Arc<Agent>, WireError> {
        let (project, worktree) = (self.project, self.place.worktree.clone());
        let (agent, entry) = self.start(services, entry, line).await?;
        test_point::reach("spawn.started");
        if let Err(error) = record(project, worktree, entry).await {
            // Nobody is told of the end of an agent that never was.
            services.change_note(&agent.id, |note| note.ending = Some(Ending::Kill));
            end::end(vec![agent.clone()]).await;
            services.forget(&agent.id);
            return Err(error);
        }
        Ok(agent)
    }

    /// Starts the process and adopts it. Returns the entry with what is now known.
    pub async fn start(
        self,
        services: &Arc<Services>,
        mut entry: AgentEntry,
        line: &CommandLine,
    ) -> Result<(Arc<Agent>, AgentEntry), WireError> {
        let root = &self.project.root;
        services.catch_up(Some(root)).await?;
        let layers = Layers {
            env_files: self.env_files,
            environment: &services.variables_of_agent(&entry, root)?,
            kind: &self.kind.env,
            vars: &entry.vars,
            root,
            agent_id: &entry.id,
        };
        let spec = SpawnSpec {
            cwd: self.place.cwd.as_os_str().as_encoded_bytes().to_vec(),
            argv: line.argv.iter().map(|word| word.clone().into_bytes()).collect(),
            env: variables::of_agent(services, &layers).await,
        };
        let mut note = Note {
            project_root: self.project.root_text(),
            worktree_id: self.place.worktree.clone(),
            entry: entry.clone(),
            prompt_to_type: line.type_prompt.clone(),
            ending: None,
            report: None,
        };
        let tag = serde_json::to_vec(&note).map_err(|error| WireError::new(Code::InternalError, error.to_string()))?;
        let starting = services.expect_start(&entry.id, entry.env.as_deref());
        test_point::reach("spawn.asked");
        let kept = services.keeper.spawn(&entry.id, self.size, &spec, &tag).await.map_err(|error| {
            let hint = what_to_do(&error, &self.kind.name, &spec);
            WireError::from(error).with_hint(hint)
        })?;
        test_point::reach("spawn.kept");
        entry.pid = Some(kept.process.pid);
        entry.pid_start_time = Some(kept.process.start_time);
        note.entry = entry.clone();
        let agent = adopt(services, kept, &note, self.rules, Duration::ZERO)?;
        services.remember(&agent.id, note);
        drop(starting);
        services.tell_shells();
        Ok((agent, entry))
    }
}

/// What to do about an agent that could not be started. The keeper passes on what the kernel said, in the system's words.
fn what_to_do(error: &KeeperError, kind: &str, spec: &SpawnSpec) -> String {
    let says = |errno: Errno| matches!(error, KeeperError::Refused(text) if text.contains(&errno.to_string()));
    // Said by whoever opens terminals, who words it in more than one way.
    if matches!(error, KeeperError::Refused(text) if text.contains("terminal") && text.contains("No space left")) {
        return "the system has no more terminals: `pintle kill` an agent that is not needed, or allow more (on Linux \
            `sysctl kernel.pty.max`)"
            .to_owned();
    }
    let first = match (says(Errno::NOENT), says(Errno::ACCESS)) {
        (true, _) => "install it, or ",
        (_, true) => "make it executable, or ",
        _ => "",
    };
    let looked = looked_in(spec);
    format!(
        "{first}choose another program: `command`, another agent type, or `agents.{kind}.command` in config.yaml{looked}"
    )
}

/// Where a program was looked for, if its name alone was given: an agent's PATH is seldom that of whoever asks.
fn looked_in(spec: &SpawnSpec) -> String {
    let named_alone = spec.argv.first().is_some_and(|program| !program.contains(&b'/'));
    let path = spec.env.iter().find(|(name, _)| name == b"PATH").filter(|_| named_alone);
    path.map_or_else(String::new, |(_, path)| format!("; it was looked for in {}", String::from_utf8_lossy(path)))
}

/// Makes an agent of what the keeper has.
pub fn adopt(
    services: &Arc<Services>,
    kept: Kept,
    note: &Note,
    rules: Rules,
    age: Duration,
) -> Result<Arc<Agent>, WireError> {
    let failed =
        |error: std::io::Error| WireError::new(Code::SpawnFailed, format!("its terminal cannot be used: {error}"));
    let adopted = Adopted {
        id: kept.agent,
        project_root: note.project_root.clone(),
        process: kept.process,
        ring: Ring::open(kept.fds.ring).map_err(failed)?,
        master: kept.fds.master,
        wake: kept.fds.wake,
        rules,
        age,
        // One that has ended is not stopped, whatever it waits for.
        suspended: note.entry.suspended && kept.exit.is_none(),
        exit: kept.exit,
        report: note.report.as_ref().map(convert::hook_report),
    };
    let agent = Agent::adopt(adopted, services.clock.clone(), services.agents.changes().clone()).map_err(failed)?;
    if let Some(code) = services.welcome(agent.clone()) {
        exited::exited(services, &agent.id, code);
    }
    Ok(agent)
}

async fn record(project: &Project, worktree: Option<String>, entry: AgentEntry) -> Result<(), WireError> {
    // Soon is enough: until it is on the disk, the keeper's note holds the same, and if the machine goes down so does the agent.
    let insert = move |manifest: &mut Manifest| insert_agent(manifest, worktree.as_deref(), entry.clone());
    project.store.change_soon(insert).await?;
    Ok(())
}

/// Types the prompt when the program is ready. Nobody waits for it; how it went is part of the agent's status.
pub fn deliver(services: &Arc<Services>, agent: &Arc<Agent>, prompt: String) {
    agent.set_stage(Some(Stage::Accepted));
    let (services, agent) = (services.clone(), agent.clone());
    tokio::spawn(async move {
        delivery::ready(&agent).await;
        let given = || services.change_note(&agent.id, |note| note.prompt_to_type = None);
        let result = delivery::submit_once(&agent, &prompt, given).await;
        if let Err(error) = result {
            services.change_note(&agent.id, |note| note.prompt_to_type = None);
            tracing::warn!(agent = agent.id, %error, "its prompt was not delivered");
            let text = error.to_string();
            set_delivery_error(&services, &agent, text).await;
        }
    });
}

async fn set_delivery_error(services: &Services, agent: &Agent, text: String) {
    let Some(project) = services.project_of(agent) else { return };
    let id = agent.id.clone();
    let changed = project
        .store
        .change(move |manifest| {
            if let Some(entry) = manifest.agent_mut(&id) {
                entry.delivery_error = Some(text);
            }
        })
        .await;
    if let Err(error) = changed {
        tracing::warn!(agent = agent.id, %error, "that its prompt was not delivered could not be recorded");
    }
    services.tell(&project.root, None);
}

#[cfg(test)]
#[path = "spawn_tests.rs"]
mod tests;
