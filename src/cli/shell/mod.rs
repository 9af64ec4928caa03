//! The shells that pintle knows: their scripts, which of them we were started from, and what one says when it is asked.

pub mod alone;
pub mod probe;
pub mod told;

use std::ffi::OsStr;
use std::path::Path;

use clap::ValueEnum;

use crate::base::process::{self, Stat};

/// The version of the scripts. A text that was cached says its own when it is read.
pub const VERSION: &str = "5";
/// What a shell that has read its script exports: `SHELL/VERSION/PID`. The pid says which shell it was: its children inherit it.
const MARK: &str = "PINTLE_SHELL";
/// Processes between us and the shell we were typed at, at most.
const ANCESTORS: usize = 16;

/// A shell that has hooks and completions of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// bash
    Bash,
    /// zsh
    Zsh,
    /// fish
    Fish,
}

impl Shell {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Bash, Self::Zsh, Self::Fish];

    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }

    /// The shell that a program is, by its file's name: `/usr/bin/bash`, `-zsh` (as a login shell calls itself), `fish`.
    pub fn of_program(program: &OsStr) -> Option<Self> {
        let name = Path::new(program).file_name()?.to_str()?;
        let name = name.strip_prefix('-').unwrap_or(name);
        Self::ALL.into_iter().find(|shell| shell.name() == name)
    }

    /// What it reads at its start, to have hooks.
    pub fn script(self) -> &'static str {
        match self {
            Self::Bash => include_str!("../../../shell/pintle.bash"),
            Self::Zsh => include_str!("../../../shell/pintle.zsh"),
            Self::Fish => include_str!("../../../shell/pintle.fish"),
        }
    }

    /// What a person does to have them.
    pub fn how_to(self) -> &'static str {
        match self {
            Self::Bash => "put `eval \"$(pintle shell init bash)\"` at the end of ~/.bashrc, and open a new shell",
            Self::Zsh => "put `eval \"$(pintle shell init zsh)\"` at the end of ~/.zshrc, and open a new shell",
            Self::Fish => "put `pintle shell init fish | source` into ~/.config/fish/config.fish, and open a new shell",
        }
    }
}

/// What a shell has said of its hooks: the version of the text that it has read, and its own pid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hooks {
    /// Which shell.
    pub shell: Shell,
    /// The text's version.
    pub version: String,
    /// The shell's process.
    pub pid: i32,
}

impl Hooks {
    /// Reads `SHELL/VERSION/PID`.
    pub fn parse(mark: &str) -> Option<Self> {
        let mut parts = mark.splitn(3, '/');
        let shell = Shell::of_program(OsStr::new(parts.next()?))?;
        let version = parts.next()?.to_owned();
        Some(Self { shell, version, pid: parts.next()?.parse().ok()? })
    }

    /// What the environment says: of the shell that we were typed at, or of one that has started it.
    pub fn inherited() -> Option<Self> {
        Self::parse(&std::env::var(MARK).ok()?)
    }
}

/// The nearest process above us that is a shell, ours or another: its pid, its name and which one of ours it is.
pub fn above() -> Option<(i32, String, Option<Shell>)> {
    let mut pid = Stat::read(i32::try_from(std::process::id()).ok()?)?.parent;
    for _ in 0..ANCESTORS {
        let stat = Stat::read(pid)?;
        let word = process::argv(pid).into_iter().next().unwrap_or_default();
        let word = String::from_utf8_lossy(&word).into_owned();
        // A script's name says nothing; what the kernel calls it may be the script, and its first word is the interpreter then.
        let known = Shell::of_program(OsStr::new(&stat.name)).or_else(|| Shell::of_program(OsStr::new(&word)));
        if let Some(shell) = known {
            return Some((pid, shell.name().to_owned(), known));
        }
        if ["sh", "dash", "ash", "ksh", "mksh", "tcsh", "nu", "elvish", "xonsh"].contains(&stat.name.as_str()) {
            return Some((pid, stat.name, None));
        }
        pid = stat.parent;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_the_name_of_its_program() {
        let check = |program: &str, expected| assert_eq!(Shell::of_program(OsStr::new(program)), expected, "{program}");
        check("/usr/bin/bash", Some(Shell::Bash));
        check("-zsh", Some(Shell::Zsh));
        check("fish", Some(Shell::Fish));
        check("/bin/sh", None);
        check("", None);
        check("bashful", None);
    }

    #[test]
    fn what_shells_say_of_themselves() {
        let hooks = Hooks { shell: Shell::Zsh, version: "1".into(), pid: 4711 };
        assert_eq!(Hooks::parse("zsh/1/4711"), Some(hooks));
        for wrong in ["", "zsh", "zsh/1", "zsh/1/x", "sh/1/2", "zsh/1/2/3"] {
            assert_eq!(Hooks::parse(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn every_script_says_its_version() {
        for shell in Shell::ALL {
            let script = shell.script();
            let head = format!("`pintle shell init {}` prints this text, version {VERSION};", shell.name());
            assert!(script.lines().any(|line| line.contains(&head)), "{shell:?}: {head}");
            assert!(
                script.contains(&format!("{MARK}={0}/{VERSION}/", shell.name()))
                    || script.contains(&format!("{MARK} {0}/{VERSION}/", shell.name())),
                "{shell:?}"
            );
            assert!(shell.how_to().contains(&format!("pintle shell init {}", shell.name())));
        }
    }
}
