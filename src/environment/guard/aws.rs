//! What changes things: the operations of aws.

use super::cut::Cut;
use crate::environment::tool::AWS;

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

/// Service and operation that change things, if this reading of the call has them.
pub(super) fn change(cut: &Cut<'_>) -> Option<String> {
    if ["configure", "help", "history", "login", "logout", "sso"].contains(&cut.verb) || !is_name(cut.verb) {
        return None;
    }
    cut.inner(&AWS, |inner| {
        let looks = AWS_READS.iter().any(|start| inner.verb.starts_with(start)) || AWS_LOCAL.contains(&inner.verb);
        let skipped = inner.has(&["--dry-run", "--dryrun", "--generate-cli-skeleton", "help"]);
        let fetches = cut.verb == "s3" && ["cp", "sync"].contains(&inner.verb) && is_fetch(inner.behind);
        (is_name(inner.verb) && !looks && !skipped && !fetches).then(|| cut.two(inner.verb))
    })
}

/// Whether a word can name a service or an operation. One that cannot is the value of a flag.
fn is_name(word: &str) -> bool {
    word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-')
}

/// Whether these words of `s3 cp` and `s3 sync` write to the disk of the user.
fn is_fetch(words: &[&str]) -> bool {
    matches!(words, [from, to, ..] if ![from, to].iter().any(|word| word.starts_with('-')) && !to.starts_with("s3://"))
}
