//! The way that always works: git does it. Two processes side by side, one for the differences and one for untracked files; or only the
//! first where [`super::quick`] knows the rest.

use std::ffi::OsStr;
use std::io::Write as _;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use super::given::Given;
use super::stat::{self, Kind};
use super::{Counts, Diff, DiffError, DiffSpec, Want};
use crate::project::worktree::git::{GitError, blocking, bytes_of};

/// What a person has configured for their own eyes and no option takes back. Also what would start a program that goes on.
const SETTINGS: [&str; 12] = [
    "core.abbrev=auto",
    "core.fsmonitor=false",
    "core.quotePath=true",
    "diff.algorithm=default",
    "diff.autoRefreshIndex=true",
    "diff.indentHeuristic=true",
    "diff.interHunkContext=0",
    "diff.relative=false",
    "diff.statGraphWidth=0",
    "diff.statNameWidth=0",
    "diff.submodule=short",
    "diff.suppressBlankEmpty=false",
];
/// The same, by options.
const OPTIONS: [&str; 7] = [
    "--no-color",
    "--no-ext-diff",
    "--no-textconv",
    "--src-prefix=a/",
    "--dst-prefix=b/",
    "--find-renames",
    "-O/dev/null",
];

/// Compares with git alone.
pub fn diff(spec: &DiffSpec, want: Want) -> Result<Diff, DiffError> {
    // Before all else, so that a folder that is no repository is told as such.
    let own = bytes_of("rev-parse", git(spec, &["rev-parse", "--absolute-git-dir"]).output())?;
    let own = Path::new(OsStr::from_bytes(own.strip_suffix(b"\n").unwrap_or(&own)));
    let index = Given::copy(&own.join("index")).map_err(GitError::Missing)?;
    let base = base(spec)?;
    let mut others = git(spec, &["ls-files", "--others", "--exclude-standard", "-z"]);
    let others = spawned(others.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (text, mut counts) = compare(spec, want, Some(&base), index.as_ref(), &[])?;
    let untracked = bytes_of("ls-files", others.wait_with_output())?;
    let mut untracked: Vec<Vec<u8>> =
        untracked.split(|byte| *byte == 0).filter(|path| !path.is_empty()).map(<[u8]>::to_vec).collect();
    untracked.sort_unstable();
    if want == Want::Counts {
        counts = counts.with_untracked(&spec.path, &untracked, &kinds(spec, &untracked)?);
    }
    Ok(Diff { text, counts, untracked })
}

/// Compares a commit, or else an index, with what is in the folder, as an index given in place of the worktree's own has it.
pub fn compare(
    spec: &DiffSpec,
    want: Want,
    base: Option<&str>,
    index: Option<&Given>,
    settings: &[&str],
) -> Result<(Vec<u8>, Counts), GitError> {
    let said = |shape: &[&str]| {
        let settings = SETTINGS.iter().chain(settings).flat_map(|setting| ["-c", setting]);
        let words = settings.chain(["diff"]).chain(OPTIONS).chain(shape.iter().copied()).chain(base).chain(["--"]);
        let mut git = git(spec, &words.collect::<Vec<_>>());
        if let Some(index) = index {
            git.env("GIT_INDEX_FILE", index.path());
        }
        bytes_of("diff", git.output())
    };
    let counted = || Ok(counts(&said(&["--shortstat"])?));
    match want {
        Want::Counts => Ok((Vec::new(), counted()?)),
        Want::Stat => {
            let table = said(&["--stat=80"])?;
            // It ends with them.
            let body = table.strip_suffix(b"\n").unwrap_or(&table);
            let last = memchr::memrchr(b'\n', body).map_or(0, |end| end + 1);
            let counts = counts(&table[last..]);
            Ok((table, counts))
        }
        Want::Patch => {
            let patch = said(&["--patch", "--unified=3"])?;
            // git would compare everything twice to say it as well.
            let counts = stat::of_patch(&patch).map_or_else(counted, Ok)?;
            Ok((patch, counts))
        }
    }
}

/// What attributes say of files that git does not know, in their order.
pub fn kinds(spec: &DiffSpec, paths: &[Vec<u8>]) -> Result<Vec<Kind>, GitError> {
    if paths.is_empty() {
        return Ok(Vec::new());
    }
    let mut git = git(spec, &["check-attr", "-z", "--stdin", "diff"]);
    let mut git = spawned(git.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let asked = paths.iter().flat_map(|path| [path.as_slice(), b"\0"]).collect::<Vec<_>>().concat();
    let stdin = git.stdin.take();
    // Both ways at once: it answers while it is asked. What it does not want to hear any more it says itself.
    let answer = std::thread::scope(|scope| {
        scope.spawn(|| stdin.map(|mut stdin| stdin.write_all(&asked)));
        git.wait_with_output()
    });
    let answer = bytes_of("check-attr", answer)?;
    // Path, attribute, value.
    let kinds = answer.split(|byte| *byte == 0).skip(2).step_by(3).map(|value| match value {
        b"unset" => Kind::Binary,
        b"set" => Kind::Text,
        _ => Kind::Unsaid,
    });
    Ok(kinds.collect())
}

/// The commit to compare with.
fn base(spec: &DiffSpec) -> Result<String, DiffError> {
    let commit = |name: &str| {
        let name = format!("{name}^{{commit}}");
        asked(git(spec, &["rev-parse", "--verify", "--quiet", "--end-of-options", &name]))
    };
    let head = commit("HEAD")?.ok_or_else(|| DiffError::NoCommit(spec.path.clone()))?;
    let Some(name) = &spec.base else { return Ok(head) };
    let base = commit(name)?.ok_or_else(|| DiffError::NoBase(name.clone()))?;
    asked(git(spec, &["merge-base", &base, &head]))?.ok_or_else(|| DiffError::NothingInCommon(name.clone()))
}

/// git, which locks nothing: an agent may be about to commit.
fn git<W: AsRef<OsStr>>(spec: &DiffSpec, words: &[W]) -> Command {
    let mut command = blocking(&spec.path);
    command.arg("--no-optional-locks").args(words);
    command
}

fn spawned(command: &mut Command) -> Result<Child, GitError> {
    command.spawn().map_err(GitError::Missing)
}

/// A word, or none where git says so by its exit code.
fn asked(mut command: Command) -> Result<Option<String>, GitError> {
    let output = command.output().map_err(GitError::Missing)?;
    let word = String::from_utf8_lossy(&output.stdout).trim_end().to_owned();
    Ok(output.status.success().then_some(word))
}

/// ` 3 files changed, 4 insertions(+), 1 deletion(-)`
fn counts(line: &[u8]) -> Counts {
    let line = String::from_utf8_lossy(line);
    let number = |what: &str| {
        let part = line.split(',').find(|part| part.contains(what));
        part.and_then(|part| part.split_whitespace().next()?.parse().ok()).unwrap_or(0)
    };
    Counts { files: number("file"), insertions: number("insertion"), deletions: number("deletion") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_in_words() {
        for (line, files, insertions, deletions) in [
            (" 3 files changed, 4 insertions(+), 1 deletion(-)\n", 3, 4, 1),
            (" 1 file changed, 1 insertion(+)\n", 1, 1, 0),
            (" 1 file changed, 2 deletions(-)\n", 1, 0, 2),
            (" 1 file changed, 0 insertions(+), 0 deletions(-)\n", 1, 0, 0),
            ("", 0, 0, 0),
        ] {
            assert_eq!(counts(line.as_bytes()), Counts { files, insertions, deletions }, "{line:?}");
        }
    }
}
