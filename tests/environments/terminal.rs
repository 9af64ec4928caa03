//! A terminal in which one command runs, and a person who reads and types.

use std::io::{Read as _, Write};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};

use crate::support::wait::within;
use crate::support::{PATIENCE, Sandbox, pintle, process};

/// A running command and its terminal.
pub struct Terminal {
    child: Box<dyn Child + Send + Sync>,
    input: Box<dyn Write + Send>,
    output: Arc<Mutex<Vec<u8>>>,
    reader: JoinHandle<()>,
    _master: Box<dyn MasterPty + Send>,
}

impl Terminal {
    /// `pintle WORDS…`
    pub fn start(sandbox: &Sandbox, words: &[&str]) -> Self {
        Self::with(sandbox, words, &[])
    }

    /// The same with variables.
    pub fn with(sandbox: &Sandbox, words: &[&str], variables: &[(&str, &str)]) -> Self {
        let mut command = CommandBuilder::new(pintle());
        command.args(words);
        command.env_clear();
        for (name, value) in sandbox.command("env").get_envs() {
            command.env(name, value.unwrap_or_default());
        }
        for (name, value) in variables {
            command.env(name, value);
        }
        command.cwd(sandbox.path("home"));
        let pair = native_pty_system().openpty(PtySize::default()).expect("a terminal");
        let child = pair.slave.spawn_command(command).expect("a command");
        drop(pair.slave);
        let mut reader = pair.master.try_clone_reader().expect("its output");
        let output = Arc::new(Mutex::new(Vec::new()));
        let into = Arc::clone(&output);
        let reader = std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(count @ 1..) = reader.read(&mut buffer) {
                into.lock().expect("no panic in between").extend_from_slice(&buffer[..count]);
            }
        });
        let input = pair.master.take_writer().expect("its input");
        Self { child, input, output, reader, _master: pair.master }
    }

    /// Types.
    pub fn types(&mut self, text: &str) {
        self.input.write_all(text.as_bytes()).and_then(|()| self.input.flush()).expect("a terminal that takes input");
    }

    /// The process that was started.
    pub fn pid(&self) -> u32 {
        self.child.process_id().expect("a process")
    }

    /// Waits until this was shown; returns all that was shown.
    #[track_caller]
    pub fn shows(&self, text: &str) -> String {
        let shown = within(PATIENCE, || Some(self.shown()).filter(|shown| shown.contains(text)));
        shown.unwrap_or_else(|| panic!("never shown: {text:?}; shown was:\n{}", self.shown()))
    }

    /// All that was shown.
    pub fn shown(&self) -> String {
        String::from_utf8_lossy(&self.output.lock().expect("no panic in between")).into_owned()
    }

    /// Waits for the end and for all that was shown until then; returns the exit code, or 128 and the signal.
    #[track_caller]
    pub fn ends(&mut self) -> i32 {
        let pid = self.child.process_id().expect("a process");
        let ended = within(PATIENCE, || (!process::alive(pid)).then_some(()));
        assert!(ended.is_some(), "it goes on; shown was:\n{}", self.shown());
        let read = within(PATIENCE, || self.reader.is_finished().then_some(()));
        assert!(read.is_some(), "something else holds the terminal; shown was:\n{}", self.shown());
        let status = self.child.wait().expect("our own child");
        match status.signal() {
            None => status.exit_code().cast_signed(),
            Some(signal) if signal.contains("Interrupt") => 130,
            Some(signal) => panic!("ended by {signal}; shown was:\n{}", self.shown()),
        }
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        if let (Ok(None), Some(pid)) = (self.child.try_wait(), self.child.process_id()) {
            process::kill(pid);
            let _ = self.child.wait();
        }
    }
}
