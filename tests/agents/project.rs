//! A project in a sandbox with a running daemon: what nearly every test of agents begins with.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use crate::support::attach::AttachReader;
use crate::support::wait::within;
use crate::support::{Client, PATIENCE, Sandbox, eventually, fake_agent, process};

/// A project, and the sandbox it is in.
pub struct Project {
    pub sandbox: Sandbox,
    folder: PathBuf,
}

impl Project {
    pub fn new() -> Self {
        Self::within(Sandbox::new())
    }

    /// The same in a sandbox that a test has prepared.
    pub fn within(sandbox: Sandbox) -> Self {
        let folder = sandbox.path("project");
        std::fs::create_dir_all(&folder).expect("a folder for a project");
        Self::at(sandbox, &folder)
    }

    /// The same in a folder that is there.
    pub fn at(sandbox: Sandbox, folder: &Path) -> Self {
        sandbox.start();
        let project = Self { sandbox, folder: folder.to_owned() };
        project.ask(json!({"type": "init"}), "init_result");
        project
    }

    /// The same with this `config.yaml`, in which `FAKE` stands for the fake agent.
    pub fn with_config(config: &str) -> Self {
        let project = Self::new();
        project.configure(config);
        project
    }

    /// Writes the project's `config.yaml`.
    pub fn configure(&self, config: &str) {
        let text = config.replace("FAKE", &fake_agent(&[]));
        std::fs::write(self.file("config.yaml"), text).expect("a file in a project");
    }

    /// Its folder, as requests name it.
    pub fn root(&self) -> &str {
        self.folder.to_str().expect("a sandbox has a name in UTF-8")
    }

    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// A file of pintle's own in the project.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(".pintle").join(name)
    }

    pub fn client(&self) -> Client {
        self.sandbox.client()
    }

    /// A request with this project's root in it.
    pub fn request(&self, mut request: Value) -> Value {
        request["project_root"] = self.root().into();
        request
    }

    /// Sends a request about this project on a connection of its own; its reply must have this type.
    #[track_caller]
    pub fn ask(&self, request: Value, reply_type: &str) -> Value {
        self.client().ask(self.request(request), reply_type)
    }

    /// The same for a request that must be refused with this code; returns the message.
    #[track_caller]
    pub fn refused(&self, request: Value, code: &str) -> String {
        self.client().refused(self.request(request), code)
    }

    /// Starts an agent with these fields of `spawn`; returns its id.
    #[track_caller]
    pub fn spawn_with(&self, mut fields: Value) -> String {
        fields["type"] = "spawn".into();
        fields["root"] = true.into();
        let reply = self.ask(fields, "spawn_result");
        let id = reply["agent_id"].as_str().unwrap_or_else(|| panic!("no agent_id in {reply}")).to_owned();
        // The answer does not wait for the disk; tests that look there, or write there, do.
        self.is_written(&id, "there", |entry| !entry.is_null());
        id
    }

    /// Starts a fake agent with these arguments; returns its id.
    #[track_caller]
    pub fn spawn(&self, args: &[&str]) -> String {
        self.spawn_with(json!({"command": fake_agent(args)}))
    }

    /// The agent, as `status` tells it.
    #[track_caller]
    pub fn agent(&self, id: &str) -> Value {
        self.ask(json!({"type": "status", "agent_id": id}), "agent_status")
    }

    /// All agents, as `status` tells them.
    #[track_caller]
    pub fn agents(&self) -> Vec<Value> {
        let report = self.ask(json!({"type": "status"}), "status_report");
        report["agents"].as_array().unwrap_or_else(|| panic!("no agents in {report}")).clone()
    }

    #[track_caller]
    pub fn pid(&self, id: &str) -> u32 {
        let agent = self.agent(id);
        let pid = agent["pid"].as_u64().and_then(|pid| u32::try_from(pid).ok());
        pid.unwrap_or_else(|| panic!("no pid in {agent}"))
    }

    /// Waits until the agent's status satisfies the predicate; returns it.
    #[track_caller]
    pub fn becomes(&self, id: &str, what: &str, mut wanted: impl FnMut(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = within(PATIENCE, || {
            last = self.agent(id);
            wanted(&last).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("{id} never became {what}; it is {last}"))
    }

    /// Waits until the agent has this activity; returns its status.
    #[track_caller]
    pub fn is(&self, id: &str, activity: &str) -> Value {
        self.becomes(id, activity, |agent| agent["activity"] == activity)
    }

    /// Everything the agent has printed and that is still kept.
    #[track_caller]
    pub fn logs(&self, id: &str) -> String {
        let reply = self.ask(json!({"type": "logs", "agent_id": id, "tail": 64 << 20}), "logs_result");
        String::from_utf8_lossy(&unhex(reply["data"].as_str().unwrap_or_default())).into_owned()
    }

    /// A reader of everything that the agent has printed and will print.
    #[track_caller]
    pub fn attach(&self, id: &str) -> AttachReader {
        self.client().attach(id)
    }

    /// Waits until the agent has printed this; returns all that it has printed until then.
    #[track_caller]
    pub fn says(&self, id: &str, text: &str) -> String {
        let mut reader = self.attach(id);
        reader.read_text(text);
        reader.text()
    }

    /// Types this, as it is.
    #[track_caller]
    pub fn types(&self, id: &str, text: &str) {
        self.ask(json!({"type": "input", "agent_id": id, "data": hex(text)}), "ok");
    }

    /// Kills one agent; returns the reply.
    #[track_caller]
    pub fn kill(&self, id: &str) -> Value {
        self.ask(json!({"type": "kill", "target": {"type": "agent", "id": id}}), "kill_result")
    }

    /// The manifest on disk.
    #[track_caller]
    pub fn manifest(&self) -> Value {
        let bytes = std::fs::read(self.file("manifest.json")).expect("a project has a manifest");
        serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("the manifest does not parse: {error}"))
    }

    /// Waits until the agent's entry in the manifest on disk satisfies the predicate; returns it. Most answers wait for the disk;
    /// those of `spawn`, and `status` after an exit, do not.
    #[track_caller]
    pub fn is_written(&self, id: &str, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let found = within(PATIENCE, || {
            last = self.entry(id);
            wanted(&last).then(|| last.clone())
        });
        found.unwrap_or_else(|| panic!("it was never written that {id} is {what}; the manifest says {last}"))
    }

    /// An agent's entry in the manifest on disk.
    #[track_caller]
    pub fn entry(&self, id: &str) -> Value {
        self.manifest()["agents"][id].clone()
    }

    /// `kill -9` of the daemon; returns when its successor is there, with its pid.
    #[track_caller]
    pub fn crash(&self) -> u32 {
        let before = self.sandbox.daemon();
        process::kill(before);
        let after = self.sandbox.daemon();
        assert_ne!(after, before, "a killed daemon answers");
        after
    }

    /// Checks that no process is left but keeper, daemon, and the agents that `status` lists as alive; that the manifest on disk
    /// lists the same agents; and that nothing half-written lies beside it.
    #[track_caller]
    pub fn is_consistent(&self) {
        let agents = self.agents();
        let mut listed: Vec<&str> = agents.iter().filter_map(|agent| agent["id"].as_str()).collect();
        listed.sort_unstable();
        // A moment later at the most: a spawn answers before the disk does, and one that is killed is gone from the status first.
        eventually("the manifest lists what the status lists", PATIENCE, || {
            let written = self.manifest();
            let written = written["agents"].as_object().expect("agents");
            let mut written: Vec<&str> = written.keys().map(String::as_str).collect();
            written.sort_unstable();
            (listed == written).then_some(())
        });
        let live: Vec<u32> = agents.iter().filter_map(|agent| agent["pid"].as_u64()?.try_into().ok()).collect();
        let [keeper, daemon] = [self.sandbox.keeper().expect("a keeper"), self.sandbox.daemon()];
        let mut left = Vec::new();
        let clean = within(PATIENCE, || {
            let children = live.iter().flat_map(|&pid| process::descendants(pid));
            let expected: Vec<u32> = live.iter().copied().chain(children).chain([keeper, daemon]).collect();
            left = self.sandbox.processes();
            left.retain(|pid| !expected.contains(pid));
            left.is_empty().then_some(())
        });
        assert!(clean.is_some(), "left over: {:?}", left.into_iter().map(process::command_line).collect::<Vec<_>>());
        assert!(live.iter().all(|&pid| process::alive(pid)), "all that are said to live do: {agents:?}");
        // One of them may be being written just now.
        eventually("nothing lies beside the manifest", PATIENCE, || {
            self.beside_the_manifest().is_empty().then_some(())
        });
    }

    fn beside_the_manifest(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.file("")).expect("a project has a folder");
        entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .filter(|name| !["manifest.json", "manifest.lock", "config.yaml"].contains(&name.as_str()))
            .collect()
    }
}

/// Lower-case hex of a text.
pub fn hex(text: impl AsRef<[u8]>) -> String {
    text.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The bytes that hex stands for.
pub fn unhex(text: &str) -> Vec<u8> {
    let pairs = text.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).expect("ASCII"), 16).expect("hex")).collect()
}

/// Numbered lines (`line 000001`, …) must be there exactly once each, from 1 on, in order; returns how many.
#[track_caller]
pub fn check_lines(text: &str) -> usize {
    let numbered = text.lines().filter_map(|line| line.trim_end().strip_prefix("line "));
    let mut count = 0;
    for (index, number) in numbered.enumerate() {
        assert_eq!(number, format!("{:06}", index + 1), "a line is lost or comes twice");
        count = index + 1;
    }
    count
}
