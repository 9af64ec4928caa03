//! What changes things: the verbs of the tools.

use super::cut::{Cut, is_dry, is_help};
use super::{aws, docker, psql};
use crate::environment::tool::{GIT, HELM, KUBECTL, TERRAFORM, tool};

/// Why this call changes things, if it does; `None` too for what is not known. `words` without the command word.
pub(super) fn change(name: &str, words: &[&str]) -> Option<String> {
    let tool = tool(name)?;
    let verb = |judge: fn(&Cut<'_>) -> Option<String>| Cut::any(tool, words, |cut| judge(&cut));
    let verb = match tool.names[0] {
        "kubectl" if !shows_help(words) => match name {
            "oc" => verb(oc),
            _ => verb(kubectl),
        },
        "helm" if !shows_help(words) => verb(helm),
        "terraform" if !shows_help(words) => verb(terraform),
        "git" if !shows_help(words) => verb(git),
        "aws" => verb(aws::change),
        "docker" => verb(docker::docker),
        "docker-compose" => verb(docker::compose),
        "psql" => return psql::change(words),
        _ => None,
    };
    verb.map(|verb| format!("`{name} {verb}` changes things"))
}

/// In front of everything these tools take it for themselves, whatever stands behind it.
fn shows_help(words: &[&str]) -> bool {
    words.first().is_some_and(|first| is_help(first))
}

fn kubectl(cut: &Cut<'_>) -> Option<String> {
    // The words behind these may be another program's.
    let lends = ["exec", "rsh"].contains(&cut.verb);
    if if lends { cut.rest.len() == 1 && cut.asks_help() } else { cut.asks_help() } {
        return None;
    }
    let followed_by = |seconds: &[&str]| cut.followed_by(&KUBECTL, seconds);
    let named = match cut.verb {
        // What happens in a container is up to it: no dry run.
        "attach" | "cp" | "debug" | "edit" | "exec" | "rsh" | "rsync" => return Some(cut.verb.to_owned()),
        "apply" if cut.behind.first() == Some(&"view-last-applied") => None,
        "annotate" | "label" if cut.has(&["--list", "--list=true"]) => None,
        "annotate" | "apply" | "autoscale" | "cordon" | "create" | "delete" | "drain" | "expose" | "label"
        | "patch" | "replace" | "run" | "scale" | "set" | "taint" | "uncordon" => Some(cut.verb.to_owned()),
        "rollout" => followed_by(&["pause", "restart", "resume", "undo"]),
        "certificate" => followed_by(&["approve", "deny"]),
        "auth" => followed_by(&["reconcile"]),
        _ => None,
    };
    named.filter(|_| !is_dry(&KUBECTL, cut.words) && !cut.has(&["--local", "--local=true"]))
}

/// Verbs of kubectl that [`kubectl`] knows how to judge, whoever else takes them.
const JUDGED: [&str; 25] = [
    "annotate",
    "apply",
    "attach",
    "auth",
    "autoscale",
    "certificate",
    "cordon",
    "cp",
    "create",
    "debug",
    "delete",
    "drain",
    "edit",
    "exec",
    "expose",
    "label",
    "patch",
    "replace",
    "rsh",
    "rsync",
    "run",
    "scale",
    "set",
    "taint",
    "uncordon",
];
/// Verbs of oc that only look, or change files of the user only.
const OC_READS: [&str; 29] = [
    "api-resources",
    "api-versions",
    "cluster-info",
    "completion",
    "config",
    "describe",
    "diff",
    "events",
    "explain",
    "extract",
    "get",
    "get-token",
    "help",
    "kustomize",
    "login",
    "logout",
    "logs",
    "options",
    "plugin",
    "port-forward",
    "process",
    "project",
    "projects",
    "proxy",
    "status",
    "top",
    "version",
    "wait",
    "whoami",
];

/// OpenShift's own has verbs of which only those that look are known: it has many, and more with every version.
fn oc(cut: &Cut<'_>) -> Option<String> {
    let unless = |reads: &[&str]| {
        let changes = |inner: Cut<'_>| (!reads.contains(&inner.verb)).then(|| cut.two(inner.verb));
        cut.inner(&KUBECTL, changes)
    };
    let named = match cut.verb {
        verb if JUDGED.contains(&verb) => return kubectl(cut),
        verb if OC_READS.contains(&verb) => None,
        "rollout" => unless(&["history", "status"]),
        "adm" => unless(&["inspect", "node-logs", "top"]),
        "image" | "registry" => unless(&["info", "login"]),
        verb => Some(verb.to_owned()),
    };
    named.filter(|_| !cut.asks_help() && !is_dry(&KUBECTL, cut.words))
}

fn helm(cut: &Cut<'_>) -> Option<String> {
    // The plugin takes helm's own words behind its name.
    if cut.verb == "secrets" {
        return cut.inner(&HELM, |inner| helm_itself(&inner));
    }
    helm_itself(cut)
}

fn helm_itself(cut: &Cut<'_>) -> Option<String> {
    let changes = ["install", "upgrade", "uninstall", "un", "del", "delete", "rollback", "test", "push"];
    (changes.contains(&cut.verb) && !cut.asks_help() && !is_dry(&HELM, cut.words)).then(|| cut.verb.to_owned())
}

fn terraform(cut: &Cut<'_>) -> Option<String> {
    let named = match cut.verb {
        "apply" | "destroy" | "force-unlock" | "import" | "refresh" | "taint" | "test" | "untaint" => {
            Some(cut.verb.to_owned())
        }
        "state" => cut.followed_by(&TERRAFORM, &["mv", "push", "replace-provider", "rm"]),
        // `select -or-create` makes what is not there.
        "workspace" if cut.has_switch(&["-or-create", "--or-create"]) => Some(cut.two("select -or-create")),
        "workspace" | "env" => cut.followed_by(&TERRAFORM, &["delete", "new"]),
        "init" => {
            let moves = ["-migrate-state", "--migrate-state", "-force-copy", "--force-copy"];
            cut.has_switch(&moves).then(|| cut.two("-migrate-state"))
        }
        _ => None,
    };
    named.filter(|_| !cut.asks_help())
}

/// Flags of `git push` that take no value.
const GIT_SWITCHES: [&str; 17] = [
    "-d",
    "-f",
    "-q",
    "-u",
    "-v",
    "--all",
    "--atomic",
    "--delete",
    "--follow-tags",
    "--force",
    "--force-with-lease",
    "--mirror",
    "--porcelain",
    "--prune",
    "--set-upstream",
    "--tags",
    "--verbose",
];

/// Whether a word gives this verb a meaning of its own: `-c alias.VERB=push`, `--config-env=alias.VERB=NAME`. git takes it in any case.
fn names_alias(word: &str, verb: &str) -> bool {
    let setting = word.strip_prefix("--config-env=").unwrap_or(word).to_ascii_lowercase();
    let named = setting.strip_prefix("alias.").and_then(|rest| rest.split_once('='));
    named.is_some_and(|(name, _)| name.eq_ignore_ascii_case(verb))
}

fn git(cut: &Cut<'_>) -> Option<String> {
    if cut.words.iter().any(|word| names_alias(word, cut.verb)) {
        return Some(cut.verb.to_owned());
    }
    let named = match cut.verb {
        "push" | "send-email" | "send-pack" => Some(cut.verb.to_owned()),
        "lfs" | "subtree" => cut.followed_by(&GIT, &["push"]),
        "svn" => cut.followed_by(&GIT, &["dcommit"]),
        _ => None,
    };
    // Of the two the later one wins; who writes both may be asked.
    let is_dry = cut.has_own(&["--dry-run", "-n"], &GIT_SWITCHES) && !cut.has(&["--no-dry-run"]);
    named.filter(|_| !is_dry && !cut.asks_help())
}
