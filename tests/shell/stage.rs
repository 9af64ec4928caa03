//! The files that the daemon keeps for shells, and commands that say how they were called.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::support::Sandbox;

/// One line of an environment's file: a function of the scripts and its arguments.
pub type Call<'a> = &'a [&'a str];

/// The pane that a shell believes to be in, as the daemon names it.
pub const PANE: &str = "4711-3";

/// Says its name, its arguments as bash would quote them, and the variables that tests look at.
const FAKE: &str = r#"#!/bin/bash
line=${0##*/}
for word in "$@"; do printf -v word '%q' "$word"; line+=" $word"; done
for name in AWS_PROFILE EXTRA HIDDEN; do if [[ -n ${!name+set} ]]; then line+=" $name=${!name}"; fi; done
printf '%s\n' "$line" >> "$LOG"
exit "${FAKE_EXIT:-0}"
"#;

/// Stands for `pintle run NAME ARGS…`.
const PINTLE: &str = "#!/bin/bash\nprintf 'pintle %s\\n' \"$*\" >> \"$LOG\"\nshift\nexec \"$@\"\n";

/// A sandbox with the runtime folder's files.
pub struct Stage {
    pub sandbox: Sandbox,
}

impl Stage {
    pub fn new() -> Self {
        let mut sandbox = Sandbox::new();
        for folder in ["env", "pane", "agent", "ack"] {
            fs::create_dir_all(sandbox.path("run/pintle/shell").join(folder)).expect("a folder");
        }
        fs::set_permissions(sandbox.path("run/pintle"), fs::Permissions::from_mode(0o700)).expect("our folder");
        fs::create_dir(sandbox.path("bin")).expect("a folder");
        let path = std::env::var("PATH").expect("a PATH in UTF-8");
        sandbox.set("PATH", format!("{}:{path}", sandbox.path("bin").display()));
        sandbox.set("LOG", sandbox.path("log"));
        sandbox.set("TMUX", "/tmp/a,b/default,4711,0");
        sandbox.set("TMUX_PANE", "%3");
        sandbox.set("TERM", "dumb");
        let stage = Self { sandbox };
        fs::write(stage.log(), "").expect("a file");
        for name in ["kubectl", "aws", "docker-compose", "plain"] {
            stage.program(name, FAKE);
        }
        stage.program("pintle", PINTLE);
        stage.default("dd \n");
        stage.environment("dd", &[]);
        stage.environment("aa", &[&["__pintle_set", "AWS_PROFILE", "prod"], &["__pintle_wrap", "kubectl", "run"]]);
        stage.environment(
            "bb",
            &[
                &["__pintle_set", "AWS_PROFILE", "dev"],
                &["__pintle_wrap", "aws", "vars", "EXTRA", "it's \\ \"$HOME\" `x`", "-u", "HIDDEN"],
                &["__pintle_wrap", "kubectl", "vars", "EXTRA", "plain words"],
            ],
        );
        stage
    }

    pub fn log(&self) -> PathBuf {
        self.sandbox.path("log")
    }

    fn shell_file(&self, name: &str) -> PathBuf {
        self.sandbox.path("run/pintle/shell").join(name)
    }

    /// Replaces a file as the daemon does: at once.
    fn replace(&self, name: &str, text: &[u8]) {
        let new = self.sandbox.path("new");
        fs::write(&new, text).expect("a file");
        fs::rename(new, self.shell_file(name)).expect("a file in its place");
    }

    /// An executable on PATH.
    pub fn program(&self, name: &str, text: &str) {
        let path = self.sandbox.path("bin").join(name);
        fs::write(&path, text).expect("a program");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("our program");
    }

    /// `default`, with its newlines.
    pub fn default(&self, text: &str) {
        self.replace("default", text.as_bytes());
    }

    /// What holds in the pane: `HASH NAME`.
    pub fn pane(&self, line: &str) {
        self.replace(&format!("pane/{PANE}"), format!("{line}\n").as_bytes());
    }

    pub fn no_pane(&self) {
        self.remove(&format!("pane/{PANE}"));
    }

    pub fn agent(&self, id: &str, line: &str) {
        self.replace(&format!("agent/{id}"), format!("{line}\n").as_bytes());
    }

    pub fn remove(&self, name: &str) {
        fs::remove_file(self.shell_file(name)).expect("a file to remove");
    }

    /// What an environment means, for all three shells.
    pub fn environment(&self, hash: &str, calls: &[Call<'_>]) {
        let text = |quote: fn(&str) -> String| -> String {
            let line = |call: &Call<'_>| call.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ") + "\n";
            calls.iter().map(line).collect()
        };
        self.replace(&format!("env/{hash}.sh"), text(|word| format!("'{}'", word.replace('\'', r"'\''"))).as_bytes());
        let fish = |word: &str| format!("'{}'", word.replace('\\', r"\\").replace('\'', r"\'"));
        self.replace(&format!("env/{hash}.fish"), text(fish).as_bytes());
    }

    /// What the shell in the pane said that it has applied; the file is taken away.
    pub fn take_ack(&self) -> Option<String> {
        let file = self.shell_file(&format!("ack/{PANE}"));
        let text = fs::read_to_string(&file).ok()?;
        fs::remove_file(file).expect("a file that was there");
        Some(text)
    }

    /// The script under test.
    pub fn script(extension: &str) -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("shell").join(format!("pintle.{extension}"))
    }
}
