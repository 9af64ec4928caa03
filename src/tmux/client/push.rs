//! Hooks that tell the control client what control mode does not.
//!
//! In control mode tmux says of every session when windows come, go, are renamed and when another pane or window becomes the
//! active one. It does not say that a window of another session is split, arranged anew or loses a pane, nor who looks at what.
//! Hooks know, and a hook can push a line to one client without starting a process: `refresh-client -A %N:pause` and then
//! `:continue` make tmux 3.2 and later write `%pause %N` and `%continue %N`. A client with `no-output` has nothing to pause, so
//! that is all they do. What else was tried on 3.3a: `display-message -c CLIENT` writes nothing to a control client (3.4 writes
//! `%message`, 3.2a refuses `-c`); `wait-for` blocks the client's whole queue; a subscription is polled once a second; a process a
//! change costs 3 ms.
//!
//! The hooks stand in a slot of their own, so that the user's stay and a later client's replace an earlier one's. When the client
//! goes, however it ends, tmux itself takes them out: the one on `client-detached` does that. Two things were learnt by killing
//! clients while windows changed. tmux drops whatever happens while a hook waits, a client's end too, so that `run-shell` must not
//! be waited for (`-b`). And a push may be under way when its client ends, which a person would be shown as an error, so it asks
//! first whether its client is still the one in `@pintle_client`.
//!
//! A user's hook of the same name on a session, window or pane hides the global ones there, as tmux has it; a change there is then
//! seen with the next one elsewhere.

use tmux_interface::{AllowActions, IfShell, RefreshClient, RunShell, SetHook, SetOption, State};

use super::super::command::{Command, format_text};
use super::super::error::TmuxError;
use super::super::parser::Reply;

/// The place in each hook's array that is ours. Plugins append or use low numbers.
const SLOT: u32 = 77;
/// The hook that runs when a client goes, ours or a person's.
const DETACHED: &str = "client-detached";
/// What the control client is to be told of. A hook that this version of tmux does not have is refused, and that is all.
const HOOKS: [&str; 6] =
    ["window-layout-changed", "pane-exited", "pane-died", "client-attached", "client-focus-in", "client-focus-out"];
/// The option that names the client to which the hooks belong.
const CLIENT: &str = "@pintle_client";

/// The commands that install the hooks for the client of this name (`#{client_name}`: `client-` and a number).
pub(super) fn install(client: &str) -> Result<Vec<Command>, TmuxError> {
    let push = push(client)?;
    let set = |hook: &str, line: Vec<u8>| {
        Command::repeatable(&SetHook::new().global().hook_name(slot(hook)).build()).word(line)
    };
    let belong = SetOption::new().global().option(CLIENT).value(client).build();
    let mut commands = vec![Command::repeatable(&belong)];
    commands.extend(HOOKS.iter().map(|hook| set(hook, push.clone())));
    let ours = format!("#{{==:#{{hook_client}},{client}}}");
    let leave = Command::repeatable(&IfShell::new().not_execute().shell_command(ours).build());
    commands.push(set(DETACHED, line(&leave.word(lines(&remove())?).word(push))?));
    Ok(commands)
}

/// The commands that take them out.
pub(super) fn remove() -> Vec<Command> {
    let forget = SetOption::new().global().unset().option(CLIENT).build();
    let unset = |hook: &str| Command::repeatable(&SetHook::new().global().unset().hook_name(slot(hook)).build());
    let mut commands = vec![Command::repeatable(&forget)];
    commands.extend(HOOKS.iter().map(|hook| unset(hook)));
    commands.push(unset(DETACHED));
    commands
}

/// `run-shell -C` is there to expand the pane's id: `refresh-client` itself expands nothing. No shell runs.
fn push(client: &str) -> Result<Vec<u8>, TmuxError> {
    let say = |state| {
        let action = AllowActions { pane: "#{pane_id}".into(), state };
        Command::repeatable(&RefreshClient::new().target_client(client).allow_actions(action).build())
    };
    let both = lines(&[say(State::Pause), say(State::Continue)])?;
    // Doubled: this is to be asked when the push is carried out, and not when it is prepared.
    let lives = format_text(&format!("#{{==:#{{{CLIENT}}},{client}}}"));
    let guarded = Command::repeatable(&IfShell::new().not_execute().shell_command(lives).build()).word(both);
    line(&Command::repeatable(&RunShell::new().background().tmux_command().build()).word(line(&guarded)?))
}

/// Whether a reply holds a push: where tmux carries it out for our own client, its line stands in a block that is not ours.
pub(super) fn is_told_by(reply: &Reply) -> bool {
    !reply.ours && reply.text.starts_with(b"%pause %")
}

fn slot(hook: &str) -> String {
    format!("{hook}[{SLOT}]")
}

fn lines(commands: &[Command]) -> Result<Vec<u8>, TmuxError> {
    Ok(commands.iter().map(line).collect::<Result<Vec<_>, _>>()?.join(&b" ; "[..]))
}

fn line(command: &Command) -> Result<Vec<u8>, TmuxError> {
    let mut line = command.line()?;
    line.pop();
    Ok(line)
}
