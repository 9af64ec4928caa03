//! What changes things: the verbs of docker and compose.

use super::cut::{Cut, is_dry};
use crate::environment::tool::{COMPOSE, DOCKER};

/// Words of docker that are followed by a verb of their own.
const DOCKER_NOUNS: [&str; 19] = [
    "builder",
    "buildx",
    "checkpoint",
    "config",
    "container",
    "image",
    "kube",
    "machine",
    "manifest",
    "network",
    "node",
    "plugin",
    "pod",
    "secret",
    "service",
    "stack",
    "swarm",
    "system",
    "volume",
];
/// Verbs behind them that only look.
const DOCKER_READS: [&str; 24] = [
    "config",
    "df",
    "diff",
    "du",
    "events",
    "exists",
    "export",
    "help",
    "history",
    "info",
    "inspect",
    "join-token",
    "list",
    "logs",
    "ls",
    "port",
    "ps",
    "save",
    "services",
    "stats",
    "top",
    "tree",
    "version",
    "wait",
];
const DOCKER_CHANGES: [&str; 25] = [
    "attach",
    "auto-update",
    "build",
    "commit",
    "cp",
    "create",
    "exec",
    "import",
    "kill",
    "load",
    "pause",
    "play",
    "pull",
    "push",
    "rename",
    "restart",
    "rm",
    "rmi",
    "run",
    "start",
    "stop",
    "tag",
    "unpause",
    "untag",
    "update",
];

/// The verb that changes things, if this reading of the call has one.
pub(super) fn docker(cut: &Cut<'_>) -> Option<String> {
    if cut.verb == "compose" {
        let changes = |inner: Cut<'_>| compose(&inner);
        return cut.inner(&COMPOSE, changes).map(|verb| cut.two(&verb));
    }
    if !DOCKER_NOUNS.contains(&cut.verb) {
        let changes = DOCKER_CHANGES.contains(&cut.verb) && !asks_help(cut.rest);
        return changes.then(|| cut.verb.to_owned());
    }
    let changes = |inner: Cut<'_>| {
        // `join-token` shows a secret, or makes another.
        let reads = DOCKER_READS.contains(&inner.verb) && !inner.rest.iter().any(|word| word.starts_with("--rotate"));
        let changes = !reads && !asks_help(inner.rest);
        changes.then(|| inner.verb.to_owned())
    };
    cut.inner(&DOCKER, changes).map(|verb| cut.two(&verb))
}

/// The same of compose.
pub(super) fn compose(cut: &Cut<'_>) -> Option<String> {
    let changes = [
        "attach", "build", "commit", "cp", "create", "down", "exec", "kill", "pause", "publish", "pull", "push",
        "restart", "rm", "run", "scale", "start", "stop", "unpause", "up", "watch",
    ];
    // Behind the service stand the words of a program that runs in it. None of them is compose's, whatever it looks like.
    let own = match cut.verb {
        "exec" | "run" => cut.up_to_a_word(),
        _ => cut.words,
    };
    let harmless = is_dry(&COMPOSE, own) || asks_help(cut.rest);
    (changes.contains(&cut.verb) && !harmless).then(|| cut.verb.to_owned())
}

/// Right behind the verb only: further behind it can be a word of the program that is to run in a container.
fn asks_help(rest: &[&str]) -> bool {
    rest.first() == Some(&"--help")
}
