//! Spells keys as pintle does: `agentType` becomes `agent_type`.

use crate::base::yaml::Node;

/// Renames the keys of `maps`, which are maps of the document `text`, whose snake_case spelling is one of `known`. Returns the text and
/// each change in words. A key that does not stand on its place as it is spelt (in quotes, or merged from elsewhere) stays.
pub fn rename(text: &str, maps: &[&Node], known: &[&str]) -> (String, Vec<String>) {
    let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
    let mut found: Vec<(u64, usize, &str, &str)> = Vec::new();
    for (key, _) in maps.iter().flat_map(|map| map.entries()) {
        let snake = snake(&key.value);
        let Some(name) = known.iter().find(|name| **name == snake && **name != key.value) else { continue };
        if let (Some(line), Some(column)) = (key.at.line(), key.at.column()) {
            found.push((line, column as usize - 1, &key.value, name));
        }
    }
    found.sort_unstable();
    found.dedup();
    let mut changes = Vec::new();
    // From the right, so that the columns of what is left of it hold.
    for (line, column, old, new) in found.iter().rev() {
        let Some(whole) = lines.get_mut(*line as usize - 1) else { continue };
        let at = whole.char_indices().nth(*column).map_or(whole.len(), |(at, _)| at);
        if whole[at..].starts_with(old) {
            whole.replace_range(at..at + old.len(), new);
            changes.push(format!("line {line}: `{old}` is `{new}`"));
        }
    }
    changes.reverse();
    (lines.concat(), changes)
}

fn snake(name: &str) -> String {
    let mut snake = String::new();
    for letter in name.chars() {
        if letter.is_ascii_uppercase() {
            snake.push('_');
        }
        snake.push(letter.to_ascii_lowercase());
    }
    snake
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn keys_that_are_known_are_spelt_anew() {
        #[track_caller]
        fn check(text: &str, expected: &str, changes: &[&str]) {
            let document = Node::parse(Path::new(""), text).unwrap();
            let (text, found) = rename(text, &[&document], &["agent_type", "name", "worktree_count"]);
            assert_eq!((text.as_str(), found), (expected, changes.iter().map(|line| (*line).to_owned()).collect()));
        }
        check("name: x\nagent_type: y\n", "name: x\nagent_type: y\n", &[]);
        check("agentType: y # c\n", "agent_type: y # c\n", &["line 1: `agentType` is `agent_type`"]);
        check(
            "{é: 1, agentType: y, worktreeCount: 2}",
            "{é: 1, agent_type: y, worktree_count: 2}",
            &["line 1: `agentType` is `agent_type`", "line 1: `worktreeCount` is `worktree_count`"],
        );
        check("myKey: 1\nsub: {agentType: 1}\n", "myKey: 1\nsub: {agentType: 1}\n", &[]);
        check("\"agentType\": y\n", "\"agentType\": y\n", &[]);
    }
}
