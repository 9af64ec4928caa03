//! git's own files that count for every repository of a user, as git finds them: by the daemon's own environment, which its git inherits.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::base::paths::home;

/// Attributes for every repository of this machine.
pub const SYSTEM_ATTRIBUTES: &str = "/etc/gitattributes";

/// The user's folder of such files, `~/.config/git`: `ignore` and `attributes` in it count where the configuration names no others.
pub fn user_folder() -> PathBuf {
    variable("XDG_CONFIG_HOME").map_or_else(|| home().join(".config"), PathBuf::from).join("git")
}

/// Files of configuration, of the machine and of the user. They need not be there.
pub fn configs() -> Vec<PathBuf> {
    configs_of(variable("GIT_CONFIG_SYSTEM"), variable("GIT_CONFIG_GLOBAL"))
}

fn configs_of(system: Option<OsString>, global: Option<OsString>) -> Vec<PathBuf> {
    let system = system.map_or_else(|| "/etc/gitconfig".into(), PathBuf::from);
    let global = match global {
        Some(file) => vec![file.into()],
        None => vec![user_folder().join("config"), home().join(".gitconfig")],
    };
    [vec![system], global].concat()
}

/// A path as a file of configuration has it: `~/` is the user's folder, and what is relative is so to the file.
pub fn named_in(file: &Path, path: &str) -> PathBuf {
    match path.strip_prefix("~/") {
        Some(rest) => home().join(rest),
        None => file.parent().unwrap_or(Path::new("/")).join(path),
    }
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_others() {
        let (system, user) = (Path::new("/etc/gitconfig"), home().join(".gitconfig"));
        assert_eq!(configs_of(None, None), [system, &user_folder().join("config"), &user]);
        assert_eq!(configs_of(Some("/s".into()), Some("/g".into())), [Path::new("/s"), Path::new("/g")]);
    }

    #[test]
    fn paths_in_files() {
        let file = Path::new("/repository/.git/config");
        assert_eq!(named_in(file, "~/a/b"), home().join("a/b"));
        assert_eq!(named_in(file, "../a"), Path::new("/repository/.git/../a"));
        assert_eq!(named_in(file, "/a"), Path::new("/a"));
    }
}
