//! An interactive shell on a terminal of its own. A test types lines; what is said about them comes back by a file, so that nothing
//! depends on how a line editor draws.

use std::fs;
use std::io::{Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use super::Stage;
use crate::support::wait::within;
use crate::support::{PATIENCE, Sandbox, eventually, process};

#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    Bash,
    Zsh,
    Fish,
}

pub const ALL: [Kind; 3] = [Kind::Bash, Kind::Zsh, Kind::Fish];

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
        }
    }

    /// One of three texts.
    pub fn pick<T>(self, bash: T, zsh: T, fish: T) -> T {
        match self {
            Self::Bash => bash,
            Self::Zsh => zsh,
            Self::Fish => fish,
        }
    }

    /// What a user writes into the start-up file.
    pub fn init(self) -> String {
        let script = Stage::script(self.name());
        let script = script.display();
        self.pick(
            format!("eval \"$(cat {script})\""),
            format!("eval \"$(cat {script})\""),
            format!("cat {script} | source"),
        )
    }

    /// A prompt that says the status that it sees, and a function that says its arguments.
    fn support(self) -> &'static str {
        self.pick(
            "say() { printf '%s\\n' \"$*\" >> \"$LOG\"; }\nPS1='$(say \"prompt $?\")> '\n",
            "say() { print -r -- \"$*\" >>| \"$LOG\" }\nsetopt prompt_subst\nPROMPT='$(say \"prompt $?\")> '\n",
            FISH,
        )
    }

    /// Writes the start-up file; returns its folder.
    pub fn start_up(self, sandbox: &Sandbox, before: &str, hook: &str, after: &str) -> PathBuf {
        let text = format!("{}{before}\n{hook}\n{after}\n", self.support());
        let folder = sandbox.path("config").join(self.name());
        fs::create_dir_all(&folder).expect("a folder");
        fs::write(folder.join(self.pick("bashrc", ".zshrc", "config.fish")), text).expect("a start-up file");
        folder
    }

    /// The command line of an interactive shell that reads the start-up file in this folder and no other.
    fn command(self, folder: &Path) -> CommandBuilder {
        let mut command = CommandBuilder::new(self.name());
        match self {
            Self::Bash => {
                command.args(["--noprofile", "--rcfile"]);
                command.arg(folder.join("bashrc"));
                command.arg("-i");
            }
            Self::Zsh => {
                command.args(["-d", "-i"]);
                command.env("ZDOTDIR", folder);
            }
            Self::Fish => command.arg("-i"),
        }
        command
    }
}

/// fish draws a prompt again when it likes; it is said once. Of its own completions, some run the command to ask it for more.
const FISH: &str = r#"
function say; echo "$argv" >>$LOG; end
set -g fish_greeting
set -g fish_complete_path $__fish_config_dir/completions
set -g fish_autosuggestion_enabled 0
function fresh --on-event fish_prompt; set -g fresh; end
function fish_prompt
    set -l seen $status
    set -q fresh; and say prompt $seen
    set -e fresh
    echo '> '
end
"#;

/// A shell that waits at its prompt.
pub struct Shell {
    pub kind: Kind,
    child: Box<dyn Child + Send + Sync>,
    log: PathBuf,
    /// Lines of the log that the test has seen.
    seen: usize,
    input: Box<dyn Write + Send>,
    output: Arc<Mutex<Vec<u8>>>,
    _master: Box<dyn MasterPty + Send>,
    /// How often [`Shell::shown_by_now`] was asked.
    marks: u32,
    /// What the prompt said last.
    pub status: String,
}

impl Shell {
    /// Starts it with the hook.
    pub fn start(stage: &Stage, kind: Kind) -> Self {
        Self::with(stage, kind, "", "")
    }

    /// The same with more in the start-up file, before the hook and behind it.
    pub fn with(stage: &Stage, kind: Kind, before: &str, after: &str) -> Self {
        let folder = kind.start_up(&stage.sandbox, before, &kind.init(), after);
        let mut command = kind.command(&folder);
        let zdotdir = command.get_env("ZDOTDIR").map(std::ffi::OsStr::to_owned);
        command.env_clear();
        for (name, value) in stage.sandbox.command("env").get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        if let Some(folder) = zdotdir {
            command.env("ZDOTDIR", folder);
        }
        command.cwd(stage.sandbox.path("home"));
        Self::spawn(stage, kind, command)
    }

    fn spawn(stage: &Stage, kind: Kind, command: CommandBuilder) -> Self {
        let pair = native_pty_system().openpty(PtySize::default()).expect("a terminal");
        let seen = lines(&stage.log()).len();
        let child = pair.slave.spawn_command(command).expect("a shell");
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let output = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&output);
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                into.lock().expect("no panic in between").extend_from_slice(&buffer[..count]);
            }
        });
        let input = pair.master.take_writer().expect("its input");
        let (log, master, status) = (stage.log(), pair.master, String::new());
        let mut shell = Self { kind, child, log, seen, input, output, _master: master, marks: 0, status };
        shell.prompt();
        shell
    }

    /// Types.
    pub fn type_bytes(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).and_then(|()| self.input.flush()).expect("a terminal that takes input");
    }

    /// Types a line and waits for the next prompt; returns what was said meanwhile.
    #[track_caller]
    pub fn line(&mut self, text: &str) -> Vec<String> {
        self.type_bytes(text.as_bytes());
        self.type_bytes(b"\r");
        self.prompt()
    }

    /// A line of the shell's own: one text for bash and zsh, one for fish.
    #[track_caller]
    pub fn either(&mut self, posix: &str, fish: &str) -> Vec<String> {
        self.line(self.kind.pick(posix, posix, fish))
    }

    /// The value of a variable in the shell and whether children see it: `VALUE` or `(unset)`.
    #[track_caller]
    pub fn variable(&mut self, name: &str) -> String {
        let said = self.line(
            &format!("printenv {name} >>$LOG; or say '(unset)'").replace("; or", self.kind.pick(" ||", " ||", "; or")),
        );
        said.join("\n")
    }

    /// Waits for the next prompt; returns what was said before it.
    #[track_caller]
    pub fn prompt(&mut self) -> Vec<String> {
        self.wait_for("a prompt", |line| line.starts_with("prompt "))
    }

    /// Waits until this was said; returns what was said before it.
    #[track_caller]
    pub fn said(&mut self, text: &str) -> Vec<String> {
        self.wait_for(text, |line| line == text)
    }

    #[track_caller]
    fn wait_for(&mut self, what: &str, mut is_it: impl FnMut(&str) -> bool) -> Vec<String> {
        let mut found = None;
        let _ = within(PATIENCE, || {
            let all = lines(&self.log);
            found = all[self.seen..].iter().position(|line| is_it(line)).map(|at| (all, self.seen + at));
            found.as_ref().map(|_| ())
        });
        let Some((all, at)) = found else {
            let all = lines(&self.log);
            panic!("{:?}: never came: {what}\n{self}\n--- said\n{}", self.kind, all[self.seen..].join("\n"));
        };
        if let Some(status) = all[at].strip_prefix("prompt ") {
            status.clone_into(&mut self.status);
        }
        let said = all[self.seen..at].to_vec();
        self.seen = at + 1;
        said
    }

    /// All that the terminal has shown up to the last prompt. What is written to it takes its time, and the log may be ahead of it.
    #[track_caller]
    pub fn shown_by_now(&mut self) -> String {
        self.marks += 1;
        // The line that is typed does not read like what it prints.
        self.line(&format!("printf 'shown-%s\\n' {}", self.marks));
        let mark = format!("shown-{}", self.marks);
        eventually(&format!("the terminal shows {mark}"), PATIENCE, || {
            Some(self.shown()).filter(|it| it.contains(&mark))
        })
    }

    /// What has come out of the terminal.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().expect("no panic in between")).into_owned()
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Before its terminal goes, of which it would tell the log.
        if let Some(pid) = self.child.process_id() {
            process::kill(pid);
        }
        let _ = self.child.wait();
    }
}

impl std::fmt::Display for Shell {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "--- {:?} showed\n{}", self.kind, self.shown())
    }
}

/// The whole lines of the log.
pub fn lines(log: &Path) -> Vec<String> {
    let text = fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let whole = text.rfind('\n').map_or("", |end| &text[..end]);
    if whole.is_empty() { Vec::new() } else { whole.split('\n').map(str::to_owned).collect() }
}
