//! `spawn`: what runs, where, and how it is named.

use serde_json::{Value, json};

use super::project::Project;
use crate::support::{Sandbox, fake_agent, pintle, process};

#[test]
fn a_command_is_the_process_itself() {
    let project = Project::new();
    let command = fake_agent(&["pid", "then", "cwd", "then", "print", "two words", "then", "args", "then", "hang"]);
    let request = json!({"type": "spawn", "root": true, "command": command, "name": "first"});
    let reply = project.ask(request, "spawn_result");
    assert_eq!((&reply["worktree_id"], &reply["status"]), (&Value::Null, &json!("streaming")), "{reply}");
    let id = reply["agent_id"].as_str().expect("an id");
    assert!(id.len() == 11 && id.starts_with("ag-"), "{id}");
    let pid = project.pid(id);
    let said = project.says(id, "\"hang\"]");
    assert!(said.contains(&format!("pid {pid}\r\n")), "no shell stands before the program: {said}");
    assert!(said.contains(&format!("cwd {}\r\n", project.root())), "{said}");
    assert!(said.contains("\"two words\""), "quoted words stay together: {said}");
    let stat = process::stat(pid).expect("it runs");
    assert_eq!((stat.group, stat.session), (pid, pid), "a group and a session of its own");
    assert_eq!(Some(stat.parent), project.sandbox.keeper(), "the keeper's child");
    let agent = project.agent(id);
    assert_eq!(agent["name"], "first");
    assert_eq!(agent["exit_code"], Value::Null);
    let entry = project.is_written(id, "there", |entry| !entry.is_null());
    assert_eq!((&entry["command"], &entry["pid"]), (&json!(command), &json!(pid)), "{entry}");
    assert_eq!(entry["pidStartTime"], json!(stat.start_time), "{entry}");
    assert!(entry["startedAt"].as_str().is_some_and(|at| at.ends_with('Z')), "{entry}");
}

#[test]
fn shell_syntax_is_run_by_the_shell() {
    let project = Project::new();
    let id = project.spawn_with(json!({"command": "echo one && echo $((40 + 2)) | cat"}));
    assert_eq!(project.attach(&id).read_to_exit(), 0);
    assert_eq!(project.logs(&id), "one\r\n42\r\n");
}

#[test]
fn the_terminal_has_the_size_asked_for() {
    let project = Project::new();
    let id = project.spawn_with(json!({"command": fake_agent(&["sizes"]), "cols": 101, "rows": 33}));
    project.says(&id, "size 101x33\r\n");
    let usual = project.spawn(&["sizes"]);
    project.says(&usual, "size 80x24\r\n");
    for (cols, rows) in [(0, 24), (80, 0), (65536, 24)] {
        let request = json!({"type": "spawn", "root": true, "command": "true", "cols": cols, "rows": rows});
        project.refused(request, "INVALID_ARGUMENT");
    }
}

#[test]
fn a_name_is_made_up_where_none_is_given() {
    let project = Project::new();
    let ids = [project.spawn(&["hang"]), project.spawn(&["hang"])];
    let names = ids.each_ref().map(|id| project.agent(id)["name"].clone());
    assert!(names.iter().all(|name| name.as_str().is_some_and(|name| !name.is_empty())), "{names:?}");
    assert_ne!(names[0], names[1]);
}

/// A kind whose program tells its arguments.
const KIND: &str = "
default_agent: teller
agents:
  teller:
    command: FAKE
    launch_args: [args, then]
    prompt: argv
    prompt_flag: print
    session_args: [print, 'session {session_id}', then]
";

#[test]
fn a_kind_of_the_config_is_run_with_all_that_it_says() {
    let project = Project::with_config(KIND);
    let id = project.spawn_with(json!({"prompt": "the prompt", "extra_args": ["print", "extra", "then"]}));
    assert_eq!(project.attach(&id).read_to_exit(), 0);
    let agent = project.agent(&id);
    assert_eq!((&agent["agent_type"], &agent["prompt"]), (&json!("teller"), &json!("the prompt")));
    let session = agent["session_id"].as_str().expect("a session of our choice");
    let said = project.logs(&id);
    let told: Vec<&str> = said.lines().skip(1).map(str::trim_end).collect();
    assert_eq!(told, ["extra", &format!("session {session}"), "the prompt"], "{said}");
}

#[test]
fn a_prompt_beside_a_command_is_recorded_only() {
    let project = Project::new();
    let id = project.spawn_with(json!({"command": fake_agent(&["ask", "what?"]), "prompt": "print no"}));
    project.says(&id, "what? ");
    assert_eq!(project.entry(&id)["prompt"], "print no");
    project.types(&id, "mine\r");
    project.says(&id, "answer: mine\r\n");
}

/// Whoever started pintle may have ignored signals (`nohup`), set limits and left files open; a program must not inherit that.
#[test]
fn a_program_finds_its_terminal_and_signals_as_after_a_login() {
    let sandbox = Sandbox::new();
    let start = format!(
        "trap '' HUP INT QUIT TERM TSTP PIPE XFSZ USR1; ulimit -Sn 300; exec 7< /dev/null; exec {} daemon start",
        pintle().display()
    );
    sandbox.run("sh", &["-c", &start]).ok();
    let project = Project::within(sandbox);
    // Of the signals those that have names: the C library keeps some for itself.
    let script = r#"grep -E '^Sig(Ign|Blk):' /proc/self/status | while read name mask; do echo $name $((0x$mask & 0x7fffffff)); done
        ulimit -Sn; ls -m /proc/self/fd; : > /dev/tty && echo "it has a terminal"; ps -o tpgid= -p $$; echo "for $$"; exec sleep 1000"#;
    let id = project.spawn_with(json!({"command": format!("sh -c {}", shell_words::quote(script))}));
    let said = project.says(&id, "for ");
    let pid = project.pid(&id);
    let lines: Vec<&str> = said.lines().map(str::trim).collect();
    let expected = ["SigBlk: 0", "SigIgn: 0", "300", "0, 1, 2, 3", "it has a terminal"];
    assert_eq!(lines[..5], expected, "{said}");
    assert_eq!(lines[5..7], [pid.to_string(), format!("for {pid}")], "it leads what is in front: {said}");
}
