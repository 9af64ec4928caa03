//! The work of a worktree that goes, under `refs/pintle/saved/<id>`, and back from there.
//!
//! It is one commit with everything in the folder that git does not ignore, tracked or not; its parents are what was checked out, the
//! branch if that was somewhere else, and what was staged. A stash was the alternative: it takes no untracked files without emptying the
//! folder, and its list is the user's own.

mod bytes;
mod trees;

use std::path::Path;

use jiff::Timestamp;

use self::trees::{Trees, staged, tree_of, trees};
use super::WorktreeError;
use super::git::{GitError, ask, git, list};
use super::survey::{Place, Survey};

/// In front of the id of what is saved.
pub const SAVED: &str = "refs/pintle/saved/";

/// Who has made these commits, and that they are on the disk when git says so.
const AS_US: [&str; 6] = ["-c", "user.name=pintle", "-c", "user.email=pintle@localhost", "-c", "core.fsync=all"];

/// What it is called, to be found again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The worktree's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its branch.
    pub branch: String,
    /// What that was made from.
    pub base_branch: Option<String>,
}

/// What is saved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// The whole ref.
    pub saved_ref: String,
    /// Whose.
    pub label: Label,
    /// When.
    pub at: Timestamp,
    /// The commit with the folder's files.
    pub commit: String,
    /// What was checked out; `None` where nothing was.
    pub head: Option<String>,
    /// Where its branch was.
    pub tip: Option<String>,
    /// What was staged, where that was something else.
    index: Option<String>,
    /// Files whose bytes git would not give back.
    bytes: Option<String>,
    /// The branch that it was on, where that was not its own.
    on: Option<String>,
}

/// Saves all of it; returns the ref. If that fails nothing has changed.
pub async fn save(place: &Place<'_>, label: &Label, survey: &Survey) -> Result<String, WorktreeError> {
    let Trees { tree, index, bytes } = match (survey.is_there, &survey.git_folder) {
        (true, _) => trees(place.path, survey).await?,
        // What was staged is all that is left of its files.
        (false, Some(folder)) if !survey.changed.is_empty() => {
            let tree = staged(place.root, folder).await?;
            Trees { tree: tree.clone(), index: Some(tree), bytes: None }
        }
        (false, _) => Trees { tree: tree_of(place.root, survey.tip.as_deref()).await?, index: None, bytes: None },
    };
    let head = survey.head.as_deref().or(survey.tip.as_deref());
    let staged = match &index {
        Some(tree) => Some(commit(place.root, tree, &head.into_iter().collect::<Vec<_>>(), "what was staged").await?),
        None => None,
    };
    let bytes = match &bytes {
        Some(tree) => Some(commit(place.root, tree, &[], "what was there, byte for byte").await?),
        None => None,
    };
    let tip = survey.tip.as_deref();
    let elsewhere = tip.filter(|tip| Some(*tip) != head);
    let parents = head.into_iter().chain(elsewhere).chain(staged.as_deref()).chain(bytes.as_deref());
    let on = survey.on.as_deref().filter(|on| on.strip_prefix("refs/heads/") != Some(place.branch));
    // On a branch without a commit nothing is: what stands in for it among the parents is the tip.
    let checked_out = survey.head.as_deref();
    let also =
        [("head", checked_out), ("tip", tip), ("index", staged.as_deref()), ("bytes", bytes.as_deref()), ("on", on)];
    let commit = commit(place.root, &tree, &parents.collect::<Vec<_>>(), &message(label, &also)).await?;
    let name = free_name(place.root, &label.id).await?;
    git(place.root, &[&AS_US[..], &["update-ref", &name, &commit]].concat()).await?;
    Ok(name)
}

/// Gives up what was saved a moment ago, since all of it is still where it was.
pub async fn give_up(root: &Path, saved_ref: &str) -> Result<(), GitError> {
    git(root, &["update-ref", "-d", saved_ref]).await.map(drop)
}

/// One that nothing is saved under: what is there is somebody's work.
async fn free_name(root: &Path, id: &str) -> Result<String, GitError> {
    let mut number = 1;
    loop {
        let name = if number == 1 { format!("{SAVED}{id}") } else { format!("{SAVED}{id}-{number}") };
        if ask(root, &["rev-parse", "--verify", "--quiet", &name]).await?.is_none() {
            return Ok(name);
        }
        number += 1;
    }
}

async fn commit(root: &Path, tree: &str, parents: &[&str], message: &str) -> Result<String, GitError> {
    let mut words = [&AS_US[..], &["commit-tree", tree, "-m", message]].concat();
    parents.iter().for_each(|parent| words.extend(["-p", parent]));
    git(root, &words).await
}

/// Lines that [`saved`] reads.
fn message(label: &Label, also: &[(&str, Option<&str>)]) -> String {
    let Label { id, name, branch, base_branch } = label;
    let mut text = format!("worktree {name}\n\nid: {id}\nname: {name}\nbranch: {branch}\n");
    for (key, value) in [("base", base_branch.as_deref())].iter().chain(also) {
        text.extend(value.map(|value| format!("{key}: {value}\n")));
    }
    text
}

/// Everything that is saved, the newest first.
pub async fn saved(root: &Path) -> Result<Vec<Saved>, GitError> {
    let format = "--format=%(refname)%00%(objectname)%00%(committerdate:unix)%00%(contents:body)%00";
    let said = list(root, &["for-each-ref", "--sort=-committerdate", format, SAVED]).await?;
    let said = String::from_utf8_lossy(&said).into_owned();
    // What is somebody else's may have no body, so two of these bytes in a row say nothing.
    let fields: Vec<&str> = said.split('\0').collect();
    Ok(fields.chunks_exact(4).filter_map(|fields| parse(&fields.join("\0"))).collect())
}

fn parse(entry: &str) -> Option<Saved> {
    let mut fields = entry.split('\0');
    let (saved_ref, commit) = (fields.next()?.trim_start_matches('\n').to_owned(), fields.next()?.to_owned());
    let at = Timestamp::from_second(fields.next()?.parse().ok()?).ok()?;
    let body = fields.next()?;
    let value = |key: &str| body.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix(": ")).map(str::to_owned);
    let label = Label { id: value("id")?, name: value("name")?, branch: value("branch")?, base_branch: value("base") };
    let [head, tip, index, bytes, on] = ["head", "tip", "index", "bytes", "on"].map(value);
    Some(Saved { saved_ref, label, at, commit, head, tip, index, bytes, on })
}

/// Puts the files of what was saved into a worktree that is new, at what was checked out then; staged is what was staged. Returns whether it is
/// on another branch than its own.
pub async fn fill(path: &Path, saved: &Saved) -> Result<bool, WorktreeError> {
    let is_elsewhere = match &saved.on {
        Some(on) => is_free(path, on, saved.head.as_deref()).await?,
        None => false,
    };
    if let Some(on) = saved.on.as_ref().filter(|_| is_elsewhere) {
        git(path, &["symbolic-ref", "HEAD", on]).await?;
    } else if let Some(head) = saved.head.as_deref().filter(|head| Some(*head) != saved.tip.as_deref()) {
        git(path, &["update-ref", "--no-deref", "HEAD", head]).await?;
    }
    git(path, &["read-tree", "--reset", "-u", &saved.commit]).await?;
    if let Some(head) = &saved.head {
        bytes::bring_outside(path, head, &saved.commit).await?;
    }
    match &saved.index {
        Some(staged) => git(path, &["read-tree", "--reset", staged]).await?,
        None if is_elsewhere && saved.head.is_none() => git(path, &["read-tree", "--empty"]).await?,
        None => git(path, &["read-tree", "--reset", "HEAD"]).await?,
    };
    if let Some(bytes) = &saved.bytes {
        bytes::bring_back(path, bytes).await?;
    }
    // It says which files are changed, by its exit code too.
    ask(path, &["update-index", "-q", "--refresh"]).await?;
    Ok(is_elsewhere)
}

/// Whether a branch is where it was then, if it was anywhere, and nobody has it checked out.
async fn is_free(path: &Path, branch: &str, at: Option<&str>) -> Result<bool, GitError> {
    let said = ask(path, &["for-each-ref", "--format=%(objectname)%(worktreepath)", branch]).await?;
    if said.as_deref() != Some(at.unwrap_or_default()) {
        return Ok(false);
    }
    // One without a commit is listed only where it is checked out.
    let all = git(path, &["worktree", "list", "--porcelain"]).await?;
    Ok(at.is_some() || all.lines().all(|line| line.strip_prefix("branch ") != Some(branch)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let label = Label {
            id: "wt-1".into(),
            name: "fix: it".into(),
            branch: "pintle/fix".into(),
            base_branch: Some("main".into()),
        };
        let also = [("head", Some("aa")), ("tip", Some("bb")), ("index", None), ("on", Some("refs/heads/mine"))];
        let text = message(&label, &also);
        let body = text.split_once("\n\n").unwrap().1;
        let read = parse(&format!("{SAVED}wt-1\0cc\x001000\0{body}")).unwrap();
        let at = Timestamp::from_second(1000).unwrap();
        let saved_ref = format!("{SAVED}wt-1");
        assert_eq!(
            read,
            Saved {
                saved_ref,
                label,
                at,
                commit: "cc".into(),
                head: Some("aa".into()),
                tip: Some("bb".into()),
                index: None,
                bytes: None,
                on: Some("refs/heads/mine".into())
            }
        );
        assert_eq!(parse("refs/pintle/saved/x\0cc\x001000\0somebody else's"), None);
    }
}
