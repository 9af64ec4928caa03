//! What worktrees hold that is nowhere else, in words.

use crate::cli::output::one_line;
use crate::protocol::typed::reply::WorktreeSurvey;

/// Most entries of a kind that are shown.
const SHOWN: usize = 10;

/// So many of those that do not count.
const IGNORED: usize = 5;

/// Whether it may be deleted without force: nothing is lost, and nobody has locked it.
pub fn may_go(survey: &WorktreeSurvey) -> bool {
    !survey.would_lose && survey.error.is_none() && survey.locked.is_none()
}

/// A few lines about one.
pub fn described(survey: &WorktreeSurvey) -> String {
    let mut said = format!("{} ({})\n", one_line(&survey.worktree_name), survey.worktree_id);
    let mut line = |text: String| said.push_str(&format!("  {text}\n"));
    if let Some(error) = &survey.error {
        line(one_line(error));
    }
    if !survey.is_there && survey.error.is_none() {
        line("its folder is gone".to_owned());
    }
    if let Some(why) = &survey.locked {
        line(format!("locked: {}", one_line(why)));
    }
    let lists = [
        ("changed", &survey.changed),
        ("untracked", &survey.untracked),
        ("only here", &survey.commits),
        ("cannot be saved from outside", &survey.repositories),
        ("lives in it", &survey.live_agents),
    ];
    for (word, list) in lists {
        for entry in list.iter().take(SHOWN) {
            line(format!("{word}: {}", one_line(entry)));
        }
        if list.len() > SHOWN {
            line(format!("{word}: {} more", list.len() - SHOWN));
        }
    }
    if may_go(survey) {
        line("nothing would be lost".to_owned());
    }
    if !survey.ignored.is_empty() {
        let names: Vec<&str> = survey.ignored.iter().take(IGNORED).map(String::as_str).collect();
        let rest = survey.ignored.len() - names.len();
        let rest = if rest == 0 { String::new() } else { format!(" and {rest} more") };
        line(format!("goes with it, since git ignores it: {}{rest}", one_line(&names.join(" "))));
    }
    said
}
