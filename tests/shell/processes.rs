//! No process is started by the hook, counted by strace.

use super::{ALL, Kind, Stage};

/// How many processes (not threads) a script of an interactive shell makes, that has read the hook.
fn forks(stage: &Stage, kind: Kind, script: &str) -> usize {
    let file = stage.sandbox.path("home/script");
    // As a file that is read, so that no shell runs its last command without a process.
    let text = format!("source {}\n{script}\ntrue\n", Stage::script(kind.name()).display());
    std::fs::write(&file, text).expect("a script");
    let trace = stage.sandbox.path("home/trace");
    let (file, trace) = (file.display().to_string(), trace.display().to_string());
    let flags: &[&str] = kind.pick(&["--norc", "-i", "-c"], &["-f", "-i", "-c"], &["--no-config", "-i", "-c"]);
    let read = format!("source {file}");
    let strace = [
        "-f",
        "-qq",
        "-e",
        "trace=fork,vfork,clone,clone3,execve",
        "-e",
        "signal=none",
        "-o",
        trace.as_str(),
        kind.name(),
    ];
    stage.sandbox.run("strace", &[&strace, flags, &[&read]].concat()).ok();
    let traced = std::fs::read_to_string(trace).expect("a trace");
    traced
        .lines()
        .filter(|line| {
            (line.contains("fork(") || line.contains("clone"))
                && !line.contains("CLONE_THREAD")
                && !line.contains("resumed>")
        })
        .count()
}

#[test]
fn neither_prompts_nor_changes_start_any() {
    for kind in ALL {
        let stage = Stage::new();
        stage.default(&format!("dd global\naa home\t{}\n", stage.sandbox.path("home").display()));
        let pane = stage.sandbox.path("run/pintle/shell/pane/4711-3");
        let prompts = |lines: &[&str]| {
            let one = |line: &&str| format!("echo '{line}' >| {0}\n__pintle_prompt\n__pintle_prompt\n", pane.display());
            lines.iter().map(one).collect::<String>()
        };
        let mut script = prompts(&["aa prod", "bb dev", "cc gone", "", "bb dev"]) + "cd /\n__pintle_prompt\n";
        if kind == Kind::Fish {
            script = script.replace(">|", ">");
        }
        assert_eq!(forks(&stage, kind, &script), 0, "{kind:?}");
        assert!(stage.take_ack().is_some_and(|ack| ack == "bb\n"), "{kind:?}: the prompts did something");
        // Beside the counting: that it counts.
        assert_eq!(forks(&stage, kind, "/bin/true\n/bin/true\n"), 2, "{kind:?}");
    }
}

#[test]
fn a_command_with_variables_is_one_process() {
    for kind in ALL {
        let stage = Stage::new();
        stage.pane("bb dev");
        stage.program("aws", "#!/bin/sh\n");
        stage.program("kubectl", "#!/bin/sh\n");
        // One of them with a variable hidden, one without.
        assert_eq!(forks(&stage, kind, "aws x\nkubectl x\n"), 2, "{kind:?}");
    }
}
