//! A worktree that was not finished when its daemon died.

use std::collections::BTreeSet;

use super::WorktreeError;
use super::git::list;
use super::survey::{Place, Survey};

/// Whether anybody has written files there meanwhile: a person, or a command of `setup:`. As long as git checks out there is no index, and
/// all that it has written by then looks like somebody's.
pub async fn has_files_of_its_own(place: &Place<'_>, survey: &Survey) -> Result<bool, WorktreeError> {
    let Some(folder) = survey.git_folder.as_ref().filter(|_| survey.is_there) else { return Ok(false) };
    if folder.join("index").exists() {
        return Ok(!survey.changed.is_empty() || !survey.untracked.is_empty());
    }
    let said = list(place.path, &["ls-tree", "-r", "-z", "--name-only", "--full-tree", "HEAD"]).await?;
    let of_git: BTreeSet<_> = said.split(|byte| *byte == 0).map(String::from_utf8_lossy).collect();
    Ok(survey.untracked.iter().any(|path| !of_git.contains(path.as_str())))
}
