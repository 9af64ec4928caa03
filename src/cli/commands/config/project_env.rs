//! `env:` of a project's `config.yaml`, as `pintle env set --for-project` writes it.

use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::base::files::{read_if_there, write_atomic};
use crate::base::yaml::Node;

/// The project's own config file.
pub fn project_file(root: &str) -> PathBuf {
    project_folder(root).join("config.yaml")
}

/// The project's own folder.
pub fn project_folder(root: &str) -> PathBuf {
    let root = Path::new(root);
    let folder = if !root.join(".pintle").exists() && root.join(".pu").exists() { ".pu" } else { ".pintle" };
    root.join(folder)
}

/// Sets or removes the line `env: NAME` of a config file, and leaves everything else in it as it is.
pub fn set_project_env(file: &Path, name: Option<&str>) -> anyhow::Result<()> {
    let bytes = read_if_there(file)?.unwrap_or_default();
    let text = String::from_utf8(bytes).with_context(|| format!("{}: this is not UTF-8", file.display()))?;
    let tree = Node::parse(file, &text)?;
    let known = tree.entries().iter().find(|(key, _)| key.value == "env");
    let line = name.map(|name| format!("env: {}", serde_json::Value::from(name)));
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    match (known.and_then(|(key, _)| key.at.line()), line) {
        (Some(at), line) => {
            let at = (at as usize - 1).min(lines.len() - 1);
            // In a flow map, or over several lines: a hand's work.
            if !lines[at].starts_with("env:") {
                anyhow::bail!(
                    "{}: line {}: `env` is not on a line of its own; change it by hand",
                    file.display(),
                    at + 1
                );
            }
            match line {
                Some(line) => lines[at] = line,
                None => drop(lines.remove(at)),
            }
        }
        (None, Some(line)) => lines.push(line),
        (None, None) => return Ok(()),
    }
    let mut text = lines.join("\n");
    if !text.is_empty() {
        text.push('\n');
    }
    Node::parse(file, &text).with_context(|| "the file would not be YAML any more; change it by hand".to_owned())?;
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    write_atomic(file, text.as_bytes(), 0o644)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_is_changed_and_no_other() {
        let temp = tempfile::tempdir().unwrap();
        let file = temp.path().join(".pintle/config.yaml");
        let text = || std::fs::read_to_string(&file).unwrap();
        set_project_env(&file, Some("dev")).unwrap();
        assert_eq!(text(), "env: \"dev\"\n");
        std::fs::write(&file, "# mine\ndefault_agent: codex # why\nenv: old # gone\nagents: {}\n").unwrap();
        set_project_env(&file, Some("prod")).unwrap();
        assert_eq!(text(), "# mine\ndefault_agent: codex # why\nenv: \"prod\"\nagents: {}\n");
        set_project_env(&file, None).unwrap();
        assert_eq!(text(), "# mine\ndefault_agent: codex # why\nagents: {}\n");
        std::fs::write(&file, "{env: x}").unwrap();
        assert!(set_project_env(&file, Some("y")).is_err());
        assert_eq!(text(), "{env: x}");
    }
}
