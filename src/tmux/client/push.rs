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
//! Each hook stands in a slot of its own in tmux's array of that name, so that the user's stay: the one where ours is already, else the
//! first free one. tmux itself decides that, in the command that sets it, since a hook's name is a format and formats know what the
//! hooks are; nothing can come in between, and what is not ours is neither replaced nor removed. Where all our slots are taken the
//! hook is refused, and its changes are seen with the next of another kind.
//!
//! One of them says something besides: `after-split-window` writes down from which pane the new one was split (`pane/origin.rs`). tmux runs it
//! in the turn in which it splits, before anybody else can ask.
//!
//! When the client goes, however it ends, tmux takes the hooks out: the one on `client-detached` does that. If a person's configuration
//! has replaced that one meanwhile, the others are left; each finds that its client is not attached, says nothing and takes itself
//! out, the first time it is run. Two things were learnt by killing clients while windows changed. tmux drops whatever happens
//! while a hook waits, a client's end too, so that `run-shell` must not be waited for (`-b`). And a push may be under way when its
//! client ends, which a person would be shown as an error, so it asks first.
//!
//! A user's hook of the same name on a session, window or pane hides the global ones there, as tmux has it; a change there is then
//! seen with the next one elsewhere.

use std::ops::Range;

use tmux_interface::{AllowActions, IfShell, RefreshClient, RunShell, SetHook, SetOption, State};

use super::super::command::{Command, format_text};
use super::super::error::TmuxError;
use super::super::pane::{SPLIT_FORMAT, SPLIT_OPTION};
use super::super::parser::Reply;

/// The places in each hook's array that we may use. Plugins append or use low numbers.
const SLOTS: Range<u32> = 77..80;
/// The hook that runs when a client goes, ours or a person's.
const DETACHED: &str = "client-detached";
/// What the control client is to be told of. A hook that this version of tmux does not have is refused, and that is all.
const HOOKS: [&str; 7] = [
    SPLIT,
    "window-layout-changed",
    "pane-exited",
    "pane-died",
    "client-attached",
    "client-focus-in",
    "client-focus-out",
];
/// The hook whose pane is the new one.
const SPLIT: &str = "after-split-window";
/// What every hook of ours holds, and hardly one of anybody else: a pattern of tmux's. `pintle tmux uninstall` knows them by the same.
const OURS: &str = "*refresh-client -A *:pause* -t client-*";

/// The commands that install the hooks for the client of this name (`#{client_name}`: `client-` and a number).
pub(super) fn install(client: &str) -> Result<Vec<Command>, TmuxError> {
    let mut commands = Vec::new();
    for hook in HOOKS {
        let push = push(hook, client)?;
        let does = match hook {
            SPLIT => [line(&note_origin())?, push].join(&b" ; "[..]),
            _ => push,
        };
        commands.push(set(hook, does));
    }
    let leave = if_shell(&format!("#{{==:#{{hook_client}},{client}}}"));
    let leave = leave.word(lines(&remove()?)?).word(push(DETACHED, client)?);
    commands.push(set(DETACHED, line(&leave)?));
    Ok(commands)
}

/// The commands that take them out.
pub(super) fn remove() -> Result<Vec<Command>, TmuxError> {
    HOOKS.into_iter().chain([DETACHED]).map(|hook| unset(hook, &place_of(hook, OURS))).collect()
}

/// Writes down, in the new pane, from which it was split.
fn note_origin() -> Command {
    Command::repeatable(&SetOption::new().pane().format().option(SPLIT_OPTION).value(SPLIT_FORMAT).build())
}

fn set(hook: &str, line: Vec<u8>) -> Command {
    let free = SLOTS.rev().fold(String::new(), |next, slot| format!("#{{?#{{{hook}[{slot}]}},{next},{slot}}}"));
    let place = places(hook, OURS, free);
    Command::repeatable(&SetHook::new().global().hook_name(format!("{hook}[{place}]")).build()).word(line)
}

/// Takes a hook out of the slot that `place` is the format of, if it says one. (An index that is none would end the list of commands
/// that this is part of.)
fn unset(hook: &str, place: &str) -> Result<Command, TmuxError> {
    let unset = SetHook::new().global().unset().hook_name(format!("{hook}[{place}]")).build();
    Ok(if_shell(place).word(line(&Command::repeatable(&unset))?))
}

/// A format: the slot in which the hook is something like `pattern`, or nothing.
fn place_of(hook: &str, pattern: &str) -> String {
    places(hook, pattern, String::new())
}

fn places(hook: &str, pattern: &str, otherwise: String) -> String {
    SLOTS.rev().fold(otherwise, |next, slot| format!("#{{?#{{m:{pattern},#{{{hook}[{slot}]}}}},{slot},{next}}}"))
}

/// What a hook does: the push while its client is attached, else its own end. tmux parses the branch that it takes, each time, so that the
/// way to the push is short.
fn push(hook: &str, client: &str) -> Result<Vec<u8>, TmuxError> {
    let say = |state| {
        let action = AllowActions { pane: "#{pane_id}".into(), state };
        Command::repeatable(&RefreshClient::new().target_client(client).allow_actions(action).build())
    };
    let both = lines(&[say(State::Pause), say(State::Continue)])?;
    let lives = format!("#{{m:*#,{client}#,*,#,#{{S:#{{session_attached_list}}#,}}}}");
    // Doubled: this is to be asked when the push is carried out, and not when it is prepared.
    let guarded = if_shell(&format_text(&lives)).word(both);
    // `run-shell -C` is there to expand the pane's id: `refresh-client` itself expands nothing. No shell runs.
    let pushed = Command::repeatable(&RunShell::new().background().tmux_command().build()).word(line(&guarded)?);
    // A later client's hook in the same place stays.
    let mine = place_of(hook, &format!("*:pause* -t {client} ;*"));
    line(&if_shell(&lives).word(line(&pushed)?).word(line(&unset(hook, &mine)?)?))
}

fn if_shell(condition: &str) -> Command {
    Command::repeatable(&IfShell::new().not_execute().shell_command(condition).build())
}

/// Whether a reply holds a push: where tmux carries it out for our own client, its line stands in a block that is not ours.
pub(super) fn is_told_by(reply: &Reply) -> bool {
    !reply.ours && reply.text.starts_with(b"%pause %")
}

fn lines(commands: &[Command]) -> Result<Vec<u8>, TmuxError> {
    Ok(commands.iter().map(line).collect::<Result<Vec<_>, _>>()?.join(&b" ; "[..]))
}

fn line(command: &Command) -> Result<Vec<u8>, TmuxError> {
    let mut line = command.line()?;
    line.pop();
    Ok(line)
}

#[cfg(test)]
#[path = "push_tests.rs"]
mod tests;
