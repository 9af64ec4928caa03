//! What changes things: the verbs of the tools.

use super::sql;
use crate::environment::tool::{AWS, COMPOSE, DOCKER, GIT, HELM, KUBECTL, TERRAFORM, Tool, before_verb, tool};

/// Why this call changes things, if it does; `None` too for what is not known. `words` without the command word.
pub(super) fn change(name: &str, words: &[&str]) -> Option<String> {
    let tool = tool(name)?;
    let verb = match tool.names[0] {
        "kubectl" => kubectl(words),
        "helm" => helm(words),
        "terraform" => terraform(words),
        "aws" => aws(words),
        "docker" => docker(words),
        "docker-compose" => compose(words),
        "psql" => return psql(words),
        "git" => git(words),
        _ => None,
    };
    verb.map(|verb| format!("`{name} {verb}` changes things"))
}

/// A call cut at its verb. Nothing behind a bare `--` is for the tool itself.
struct Cut<'a> {
    verb: &'a str,
    rest: &'a [&'a str],
}

impl<'a> Cut<'a> {
    fn new(tool: &Tool, words: &'a [&'a str]) -> Option<Self> {
        let at = tool.before_verb(words);
        let verb = *words.get(at)?;
        let rest = &words[at + 1..];
        let end = rest.iter().position(|word| *word == "--").unwrap_or(rest.len());
        Some(Self { verb, rest: &rest[..end] })
    }

    /// The next word that is no flag, as the tool's own flags can stand in front of it too.
    fn sub(&self, tool: &Tool) -> Option<&'a str> {
        self.rest.get(before_verb(self.rest, tool.value_flags)).copied()
    }

    fn has(&self, flags: &[&str]) -> bool {
        self.rest.iter().any(|word| flags.contains(word))
    }

    /// It asks for help. Only as the last word: the words of `exec` belong to another program.
    fn asks_help(&self) -> bool {
        self.verb != "exec" && matches!(self.rest.last(), Some(&("--help" | "-help")))
    }

    fn two(&self, sub: &str) -> String {
        format!("{} {sub}", self.verb)
    }
}

/// `--dry-run` in any of its forms; the last one counts.
fn is_dry(words: &[&str]) -> bool {
    let own = words.iter().take_while(|word| **word != "--");
    let value = |word: &&str| match word.strip_prefix("--dry-run") {
        Some("") => Some(true),
        Some(value) => Some(!matches!(value.strip_prefix('=')?, "none" | "false")),
        None => None,
    };
    own.filter_map(value).last().unwrap_or(false)
}

fn kubectl(words: &[&str]) -> Option<String> {
    let cut = Cut::new(&KUBECTL, words)?;
    if cut.asks_help() {
        return None;
    }
    let sub = cut.sub(&KUBECTL).unwrap_or_default();
    let named = match cut.verb {
        // What happens in a container is up to it: no dry run.
        "attach" | "cp" | "debug" | "edit" | "exec" | "rsh" | "rsync" => return Some(cut.verb.to_owned()),
        "apply" if sub == "view-last-applied" => None,
        "annotate" | "label" if cut.has(&["--list", "--list=true"]) => None,
        "annotate" | "apply" | "autoscale" | "cordon" | "create" | "delete" | "drain" | "expose" | "label"
        | "patch" | "replace" | "run" | "scale" | "set" | "taint" | "uncordon" => Some(cut.verb.to_owned()),
        "rollout" => ["pause", "restart", "resume", "undo"].contains(&sub).then(|| cut.two(sub)),
        "certificate" => ["approve", "deny"].contains(&sub).then(|| cut.two(sub)),
        "auth" => (sub == "reconcile").then(|| cut.two(sub)),
        // OpenShift's own.
        "adm" | "cancel-build" | "import-image" | "new-app" | "new-build" | "new-project" | "policy" | "rollback"
        | "start-build" | "tag" => Some(cut.verb.to_owned()),
        _ => None,
    };
    named.filter(|_| !is_dry(words) && !cut.has(&["--local", "--local=true"]))
}

fn helm(words: &[&str]) -> Option<String> {
    let mut cut = Cut::new(&HELM, words)?;
    // The plugin takes helm's own words behind its name.
    if cut.verb == "secrets" {
        cut = Cut::new(&HELM, cut.rest)?;
    }
    let changes = ["install", "upgrade", "uninstall", "un", "del", "delete", "rollback", "test", "push"];
    (changes.contains(&cut.verb) && !cut.asks_help() && !is_dry(words)).then(|| cut.verb.to_owned())
}

fn terraform(words: &[&str]) -> Option<String> {
    let cut = Cut::new(&TERRAFORM, words)?;
    let sub = cut.sub(&TERRAFORM).unwrap_or_default();
    let named = match cut.verb {
        "apply" | "destroy" | "force-unlock" | "import" | "refresh" | "taint" | "test" | "untaint" => {
            Some(cut.verb.to_owned())
        }
        "state" => ["mv", "push", "replace-provider", "rm"].contains(&sub).then(|| cut.two(sub)),
        "workspace" => ["delete", "new"].contains(&sub).then(|| cut.two(sub)),
        "init" => {
            let moves = ["-migrate-state", "--migrate-state", "-force-copy", "--force-copy"];
            cut.has(&moves).then(|| cut.two("-migrate-state"))
        }
        _ => None,
    };
    named.filter(|_| !cut.asks_help())
}

/// Operations of aws that only look, by how they begin. It has thousands; what is not in here is taken to change things.
const AWS_READS: [&str; 25] = [
    "assume-role",
    "batch-get-",
    "check-",
    "count-",
    "decode-authorization-message",
    "describe-",
    "detect-",
    "discover-",
    "estimate-",
    "filter-",
    "generate-",
    "get-",
    "head-",
    "help",
    "list-",
    "lookup-",
    "preview-",
    "search-",
    "select-",
    "simulate-",
    "start-query",
    "test-",
    "transact-get-",
    "validate-",
    "view-",
];
/// Operations of this name only look, or change files of the user only.
const AWS_LOCAL: [&str; 10] =
    ["list", "login", "ls", "presign", "query", "scan", "tail", "update-kubeconfig", "validate", "wait"];

fn aws(words: &[&str]) -> Option<String> {
    let cut = Cut::new(&AWS, words)?;
    if ["configure", "help", "history", "login", "logout", "sso"].contains(&cut.verb) {
        return None;
    }
    let at = before_verb(cut.rest, AWS.value_flags);
    let operation = *cut.rest.get(at)?;
    let behind = &cut.rest[at + 1..];
    let looks = AWS_READS.iter().any(|start| operation.starts_with(start)) || AWS_LOCAL.contains(&operation);
    let skipped = cut.has(&["--dry-run", "--dryrun", "--generate-cli-skeleton", "help"]);
    let fetches = cut.verb == "s3"
        && ["cp", "sync"].contains(&operation)
        && matches!(behind, [_, to, ..] if !behind[..2].iter().any(|word| word.starts_with('-')) && !to.starts_with("s3://"));
    (!looks && !skipped && !fetches).then(|| cut.two(operation))
}

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
const DOCKER_CHANGES: [&str; 24] = [
    "attach", "build", "commit", "cp", "create", "exec", "import", "kill", "load", "pause", "play", "pull", "push",
    "rename", "restart", "rm", "rmi", "run", "start", "stop", "tag", "unpause", "untag", "update",
];

fn docker(words: &[&str]) -> Option<String> {
    let cut = Cut::new(&DOCKER, words)?;
    if cut.verb == "compose" {
        return compose(cut.rest).map(|verb| cut.two(&verb));
    }
    if cut.asks_help() && cut.verb != "run" {
        return None;
    }
    if DOCKER_NOUNS.contains(&cut.verb) {
        let sub = cut.sub(&DOCKER)?;
        return (!DOCKER_READS.contains(&sub)).then(|| cut.two(sub));
    }
    DOCKER_CHANGES.contains(&cut.verb).then(|| cut.verb.to_owned())
}

fn compose(words: &[&str]) -> Option<String> {
    let cut = Cut::new(&COMPOSE, words)?;
    let changes = [
        "attach", "build", "commit", "cp", "create", "down", "exec", "kill", "pause", "publish", "pull", "push",
        "restart", "rm", "run", "scale", "start", "stop", "unpause", "up", "watch",
    ];
    let harmless = is_dry(words) || (cut.asks_help() && cut.verb != "run");
    (changes.contains(&cut.verb) && !harmless).then(|| cut.verb.to_owned())
}

fn git(words: &[&str]) -> Option<String> {
    let cut = Cut::new(&GIT, words)?;
    let sub = cut.sub(&GIT).unwrap_or_default();
    let named = match (cut.verb, sub) {
        ("push" | "send-email", _) => Some(cut.verb.to_owned()),
        ("lfs" | "subtree", "push") | ("svn", "dcommit") => Some(cut.two(sub)),
        _ => None,
    };
    named.filter(|_| !cut.has(&["--dry-run", "-n", "-h"]) && !cut.asks_help())
}

/// Flags of psql that take a value, short and long.
const PSQL_SHORT: &str = "cdfFhLopPRTUv";
const PSQL_LONG: [&str; 14] = [
    "command",
    "dbname",
    "file",
    "field-separator",
    "host",
    "log-file",
    "output",
    "port",
    "pset",
    "record-separator",
    "table-attr",
    "username",
    "set",
    "variable",
];

/// psql reads its words as GNU getopt does: `-Atc SQL`, `-cSQL`, `--command=SQL`, `--comm SQL`.
fn psql(words: &[&str]) -> Option<String> {
    let (mut statements, mut words) = (Vec::new(), words.iter());
    let mut file = false;
    while let Some(word) = words.next() {
        if *word == "--" {
            break;
        } else if let Some(long) = word.strip_prefix("--") {
            let (name, value) = long.split_once('=').map_or((long, None), |(name, value)| (name, Some(value)));
            if ["list", "version", "help"].iter().any(|known| known.starts_with(name)) {
                return None;
            }
            let Some(known) = PSQL_LONG.iter().find(|known| known.starts_with(name)) else { continue };
            let value = value.or_else(|| words.next().copied()).unwrap_or_default();
            file |= *known == "file";
            statements.extend((*known == "command").then_some(value));
        } else if let Some(cluster) = word.strip_prefix('-') {
            if cluster.contains(['l', 'V', '?']) && !cluster.contains(|letter| PSQL_SHORT.contains(letter)) {
                return None;
            }
            let Some(at) = cluster.find(|letter| PSQL_SHORT.contains(letter)) else { continue };
            let attached = &cluster[at + 1..];
            let value = if attached.is_empty() { words.next().copied().unwrap_or_default() } else { attached };
            file |= cluster[at..].starts_with('f');
            statements.extend(cluster[at..].starts_with('c').then_some(value));
        }
    }
    if file {
        return Some("`psql -f` runs a file, which can change anything".to_owned());
    }
    if statements.is_empty() {
        return Some("`psql` without -c opens a session, which can change anything".to_owned());
    }
    let change = statements.into_iter().find_map(sql::change)?;
    Some(format!("`psql -c` with `{change}` changes things"))
}
