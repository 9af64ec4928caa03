//! What changes things: the operations of aws.
//!
//! It has thousands, of which a few kinds only look. Everything else is taken to change things. A kind is in here only if every
//! operation that begins so looks: `test-`, `check-` and `generate-` are not, for `test-failover` and their like.

use super::cut::Cut;
use crate::environment::tool::AWS;

/// How operations begin that only look.
const AWS_READS: [&str; 20] = [
    "admin-get-",
    "admin-list-",
    "batch-describe-",
    "batch-get-",
    "count-",
    "describe-",
    "detect-",
    "discover-",
    "estimate-",
    "filter-",
    "get-",
    "head-",
    "list-",
    "lookup-",
    "preview-",
    "search-",
    "select-",
    "simulate-",
    "transact-get-",
    "view-",
];
/// Operations that begin so and still make something: an identity that was not there before.
const AWS_MAKERS: [&str; 2] = ["get-id", "get-open-id-token-for-developer-identity"];
/// Operations of this name only look, or change files of the user only.
const AWS_LOCAL: [&str; 24] = [
    "assume-role",
    "assume-role-with-saml",
    "assume-role-with-web-identity",
    "decode-authorization-message",
    "generate-db-auth-token",
    "help",
    "list",
    "login",
    "ls",
    "presign",
    "query",
    "scan",
    "start-query",
    "tail",
    "test-dns-answer",
    "test-event-pattern",
    "test-metric-filter",
    "test-render-template",
    "update-kubeconfig",
    "validate",
    "validate-logs",
    "validate-policy",
    "validate-template",
    "wait",
];

/// Service and operation that change things, if this reading of the call has them.
pub(super) fn change(cut: &Cut<'_>) -> Option<String> {
    if ["configure", "help", "history", "login", "logout", "sso"].contains(&cut.verb) || !is_name(cut.verb) {
        return None;
    }
    cut.inner(&AWS, |inner| (is_name(inner.verb) && !looks(cut.verb, &inner)).then(|| cut.two(inner.verb)))
}

/// Whether an operation of a service leaves all as it is.
fn looks(service: &str, operation: &Cut<'_>) -> bool {
    let reads =
        AWS_READS.iter().any(|start| operation.verb.starts_with(start)) && !AWS_MAKERS.contains(&operation.verb);
    // Further behind it `help` is the value of something.
    let asks_help = operation.behind.first() == Some(&"help");
    // Of the two the one that stands last may count: in doubt it is no dry run.
    let is_dry = operation.has(&["--dry-run", "--dryrun"]) && !operation.has(&["--no-dry-run"]);
    let skipped = is_dry || operation.has(&["--generate-cli-skeleton"]);
    let fetches = service == "s3" && ["cp", "sync"].contains(&operation.verb) && is_fetch(operation.behind);
    reads || AWS_LOCAL.contains(&operation.verb) || asks_help || skipped || fetches
}

/// Whether a word can name a service or an operation. One that cannot is the value of a flag.
fn is_name(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether these words of `s3 cp` and `s3 sync` write to the disk of the user.
fn is_fetch(words: &[&str]) -> bool {
    matches!(words, [from, to, ..] if ![from, to].iter().any(|word| word.starts_with('-')) && !to.starts_with("s3://"))
}
