//! `pintle run`: the process, its terminal, its signals and its exit code are the command's own.

use std::os::unix::ffi::OsStrExt as _;

use serde_json::{Value, json};

use super::{ENVS, Land, terminal::Terminal};
use crate::support::pintle;

fn set(land: &Land, env: &str) {
    land.cmd(json!({"cmd": "set_env", "value": env}));
}

#[test]
fn variables_are_set_and_unset() {
    let land = Land::new();
    set(&land, "prod");
    let said = land.run(&["tool", "x"]).env("DEBUG", "1").env("GONE", "1").env("REGION", "mars").ok();
    assert_eq!(said, "tool[--account=0042 x] STAGE=prod REGION=us DEBUG=unset GONE=unset ENV=prod\n");
    let said = land.run(&["--env", "dev", "tool"]).env("DEBUG", "1").ok();
    assert_eq!(said, "tool[--account=0041] STAGE=dev REGION=eu DEBUG=1 GONE=unset ENV=dev\n");
    land.cmd(json!({"cmd": "clear_env"}));
    let said = land.run(&["tool", "--", "x"]).env("PINTLE_ENV", "prod").ok();
    assert_eq!(said, "tool[-- x] STAGE=unset REGION=unset DEBUG=unset GONE=unset ENV=unset\n", "nothing is inherited");
    // Words behind the command are its own.
    let said = land.run(&["--", "tool", "--env", "prod", "--explain"]).ok();
    assert!(said.starts_with("tool[--env prod --explain]"), "{said}");
}

/// Somebody goes on where another environment holds: a script while its pane is changed, an agent, `run` within `run`.
#[test]
fn what_one_environment_sets_is_gone_in_another() {
    let land = Land::with(
        "envs:\n  prod: {vars: {ACCOUNT: prod, EXTRA: p}, kube: {context: prod}}\n  lab: {vars: {LAB: l}}\n  \
         dev: {vars: {ACCOUNT: dev}, kube: {context: dev}}\n",
        "[]\n",
    );
    let pintle = pintle().to_str().expect("a path in UTF-8");
    let said = "echo $PINTLE_ENV account=$ACCOUNT extra=${EXTRA-unset} lab=${LAB-unset} \
                ${KUBECONFIG##*kube/*.yaml:} $(grep -h current-context ${KUBECONFIG%%:*})";
    let run = |words: &[&str]| {
        let [daemon, local] = ["", "/nowhere.sock"].map(|socket| {
            let run = land.run(&[words, &["sh", "-c", said]].concat());
            run.env("ACCOUNT", "mine").env("KUBECONFIG", "/dev/null:/mine").env("PINTLE_SOCKET", socket).ok()
        });
        assert_eq!(daemon, local);
        daemon
    };
    let within = |first: &str, second: &str| run(&["--env", first, pintle, "run", "--env", second]);
    let prod = "prod account=prod extra=p lab=unset /dev/null:/mine \"current-context\": \"prod\"\n";
    assert_eq!(run(&["--env", "prod"]), prod);
    let lab = "lab account=mine extra=unset lab=l /dev/null:/mine\n";
    assert_eq!((run(&["--env", "lab"]).as_str(), within("prod", "lab").as_str()), (lab, lab));
    assert_eq!(within("lab", "prod"), prod);
    let dev = "dev account=dev extra=unset lab=unset /dev/null:/mine \"current-context\": \"dev\"\n";
    assert_eq!(within("prod", "dev"), dev);
    assert_eq!(run(&["--env", "prod", pintle, "run", "--env", "dev", pintle, "run", "--env", "lab"]), lab);
    // It is said beforehand. What somebody has set themselves meanwhile is theirs.
    let why = land.run(&["--env", "prod", "env", "ACCOUNT=own", pintle, "why", "--env", "lab", "true"]);
    let why = why.env("KUBECONFIG", "/mine").ok();
    assert!(why.contains("unsets       EXTRA\n") && why.contains("sets         KUBECONFIG=/mine\n"), "{why}");
    assert!(!why.contains("ACCOUNT"), "{why}");
}

#[test]
fn a_kubeconfig_may_be_named_from_the_folder_one_is_in() {
    let land = Land::with("envs: {dev: {kube: {context: dev, namespace: web}}}\n", "[]\n");
    let folder = land.sandbox().path("elsewhere");
    std::fs::create_dir(&folder).expect("a folder");
    let config = "contexts: [{name: dev, context: {cluster: c1}}]\n";
    std::fs::write(folder.join("k.yaml"), config).expect("a file");
    for socket in ["", "/nowhere.sock"] {
        let run = land.run(&["--env", "dev", "sh", "-c", "echo ${KUBECONFIG#*:}; cat ${KUBECONFIG%%:*}"]);
        let said = run.current_dir(&folder).env("KUBECONFIG", "k.yaml").env("PINTLE_SOCKET", socket).ok();
        assert!(said.starts_with(&format!("{}/k.yaml\n", folder.display())) && said.contains("c1"), "{said}");
    }
}

#[test]
fn a_project_is_known_by_a_folder_that_is_no_text_or_is_no_more() {
    let land = Land::new();
    let root = std::path::PathBuf::from(land.project.root());
    std::fs::write(land.project.file("config.yaml"), "env: prod\n").expect("a file");
    land.cmd(json!({"cmd": "reload"}));
    let odd = root.join(std::ffi::OsStr::from_bytes(b"caf\xe9"));
    for socket in ["", "/nowhere.sock"] {
        let gone = root.join("gone");
        std::fs::create_dir_all(&odd).and_then(|()| std::fs::create_dir_all(&gone)).expect("folders");
        let pintle = pintle().display();
        for (folder, line) in [
            (&odd, format!("exec setsid --wait {pintle} run tool-boom")),
            (&gone, format!("rmdir \"$PWD\"; exec setsid --wait {pintle} run tool-boom")),
        ] {
            let run = land.sandbox().run("sh", &["-c", &line]).current_dir(folder).env("PINTLE_SOCKET", socket);
            let said = run.env("PWD", folder).fails(77);
            assert!(said.contains("not run in prod"), "{said}");
        }
    }
}

/// A wrapper is let through to its command; what the command starts in turn is not.
#[test]
fn what_a_wrapped_command_starts_meets_the_guard_again() {
    let land = Land::with(
        "envs: {prod: {guard: confirm, guard_commands: [tool boom]}}\n",
        "- {command: tool, strategy: wrapper, config: {command: [env, W=1]}}\n",
    );
    set(&land, "prod");
    let pintle = pintle().display();
    land.program("tool", &format!("#!/bin/sh\necho \"tool $* W=$W\"\n[ \"$1\" = edit ] && {{ sh -c '{pintle} run tool boom'; echo $?; }}\ntrue\n"));
    let said = land.run(&["tool", "edit"]).ok();
    assert!(said.starts_with("tool edit W=1\n") && said.ends_with("\n77\n"), "{said}");
    let said = land.run(&["tool", "boom"]).env("PINTLE_APPLIED", "tool").fails(77);
    assert!(said.contains("not run in prod"), "{said}");
}

/// A wrapper that becomes the command wraps nothing any more: what the command starts is asked of anew, also where no shim has seen it.
#[test]
fn what_the_command_itself_starts_is_not_the_wrappers() {
    let land = Land::with(
        "envs: {prod: {guard: confirm, guard_commands: [tool boom]}}\n",
        "- {command: tool, strategy: wrapper, config: {command: [nice, -n, '1']}}\n",
    );
    set(&land, "prod");
    let pintle = pintle().display();
    // No shell stands between it and what it starts.
    let call = format!("exec 3>&1; '{pintle}' run tool boom; echo $?");
    land.program("tool", &format!("#!/bin/sh\necho \"tool $*\"\n[ \"$1\" = boom ] || {{ {call}; }}\n"));
    let said = land.run(&["tool", "all"]).ok();
    assert_eq!(said, "tool all\n77\n");
}

/// `--env` is for a command with all that it starts, shims and all; in another pane it says nothing.
#[test]
fn a_script_that_is_run_in_another_environment_is_there_as_a_whole() {
    let land = Land::new();
    set(&land, "dev");
    let tmux = land.tmux();
    let other = tmux.split("%0", "cat");
    let shims = land.sandbox().path("run/pintle/shims");
    let script = format!("#!/bin/sh\nPATH={}:$PATH\ntool inner\n\"$@\"\n", shims.display());
    land.program("script", &script);
    let inner = |words: &[&str]| {
        land.run(&[&["--env", "prod", "script"], words].concat())
            .env("TMUX", super::tmux_variable(&tmux))
            .env("TMUX_PANE", "%0")
    };
    let said = inner(&["true"]).ok();
    assert!(said.contains("--account=0042") && said.contains("ENV=prod"), "{said}");
    // Its guard is that environment's.
    inner(&["tool-boom"]).fails(77);
    let said = inner(&["env", &format!("TMUX_PANE={other}"), "tool", "elsewhere"]).ok();
    let elsewhere = said.split("elsewhere").nth(1).expect("its output");
    assert!(elsewhere.contains("ENV=dev"), "{said}");
    let said = inner(&[&pintle().to_string_lossy(), "run", "--env", "dev", "tool", "nearer"]).ok();
    assert!(said.split("nearer").nth(1).expect("its output").contains("ENV=dev"), "{said}");
}

#[test]
fn exit_codes() {
    let land = Land::new();
    #[track_caller]
    fn check(land: &Land, words: &[&str], code: i32, expected: &str) {
        let finished = land.run(words).finish();
        assert_eq!(finished.status.code(), Some(code), "{finished}");
        assert!(finished.stderr.contains(expected), "{finished}");
    }
    check(&land, &["true"], 0, "");
    check(&land, &["false"], 1, "");
    check(&land, &["sh", "-c", "exit 42"], 42, "");
    check(&land, &["sh", "-c", "exit 255"], 255, "");
    check(&land, &["no-such-program"], 127, "no-such-program");
    check(&land, &["/no/such/program"], 127, "/no/such/program");
    check(&land, &[""], 127, "not found");
    check(&land, &["/"], 126, "/");
    check(&land, &["/etc/passwd"], 126, "permission denied");
    std::fs::write(land.sandbox().path("bin/plain"), "echo").expect("a file");
    check(&land, &["plain"], 126, "permission denied");
    check(&land, &["--env", "prdo", "true"], 125, "Did you mean: prod?");
    check(&land, &["--env", "", "true"], 125, "cannot be empty");
    check(&land, &["--evn", "prod", "true"], 2, "--evn");
    check(&land, &["--env", "strict", "tool-boom"], 77, "readonly");
    check(&land, &["--env", "prod", "tool-boom"], 77, "no terminal");
    land.program("broken", "#!/no/such/interpreter\n");
    check(&land, &["broken"], 127, "broken");
    // A script without a first line.
    land.program("bare", "echo \"bare[$*]\"; exit 3\n");
    let finished = land.run(&["bare", "a b", "c"]).finish();
    assert_eq!((finished.stdout.as_str(), finished.status.code()), ("bare[a b c]\n", Some(3)), "{finished}");
}

/// As a shell sees it: 128 and the signal.
#[test]
fn signals_are_the_commands_own() {
    let land = Land::new();
    let pintle = pintle().display();
    for (signal, number) in [("TERM", 15), ("KILL", 9), ("INT", 2), ("HUP", 1), ("PIPE", 13), ("USR1", 10)] {
        let line = format!("{pintle} run sh -c 'kill -{signal} $$'; echo $?");
        assert_eq!(land.sandbox().run("sh", &["-c", &line]).ok(), format!("{}\n", 128 + number));
    }
    // What the caller ignores stays ignored, and what it does not is not: as without us.
    let masks = "grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status";
    let plain = land.sandbox().run("sh", &["-c", &format!("trap '' USR1; {masks}; true")]).ok();
    let line = format!("trap '' USR1; {pintle} run grep -E '^Sig(Ign|Blk|Cgt)' /proc/self/status; true");
    assert_eq!(land.sandbox().run("sh", &["-c", &line]).ok(), plain);
}

#[test]
fn it_is_the_process_that_was_started() {
    let land = Land::new();
    set(&land, "dev");
    let line = format!("{} run sh -c 'echo $$ $PPID' & echo $! $$; wait $!", pintle().display());
    let said = land.sandbox().run("sh", &["-c", &line]).ok();
    let mut lines: Vec<&str> = said.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines.len(), 2, "{said}");
    assert_eq!(lines[0], lines[1], "{said}");
    // Nothing is left open in it, and nothing else was started.
    let files = land.run(&["sh", "-c", "ls /proc/self/fd | wc -l"]).ok();
    assert_eq!(files, land.sandbox().run("sh", &["-c", "ls /proc/self/fd | wc -l"]).ok());
    // Named as it was called, and by the whole name where that was given.
    let tool = land.program("named", "#!/bin/sh\necho $0\n");
    let path = tool.to_str().expect("UTF-8");
    assert_eq!(land.run(&[path]).ok(), format!("{path}\n"));
    assert_eq!(land.run(&["cat", "/proc/self/cmdline"]).ok(), "cat\0/proc/self/cmdline\0");
}

#[test]
fn what_it_reads_and_writes_is_the_callers() {
    let land = Land::new();
    set(&land, "dev");
    assert_eq!(land.sandbox().pintle(&["run", "cat"]).stdin("typed\n").ok(), "typed\n");
    let pintle = pintle().display();
    // Closed is read as empty: nothing else gets its number.
    let line = format!("{pintle} run sh -c 'cat; readlink /proc/self/fd/0' <&-");
    assert_eq!(land.sandbox().run("sh", &["-c", &line]).ok(), "/dev/null\n");
    let line = format!("{pintle} run sh -c 'echo to-7 >&7' 7>&1");
    assert_eq!(land.sandbox().run("sh", &["-c", &line]).ok(), "to-7\n");
    // Standard output closed: a refusal is no panic.
    let line = format!("{pintle} run no-such-program >&- 2>&-; echo $?");
    assert_eq!(land.sandbox().run("sh", &["-c", &line]).ok(), "127\n");
    let mut terminal =
        Terminal::start(land.sandbox(), &["run", "sh", "-c", "tty; test -t 0 -a -t 1 -a -t 2 && echo three"]);
    terminal.shows("/dev/pts/");
    terminal.shows("three");
    assert_eq!(terminal.ends(), 0);
    let mut terminal =
        Terminal::start(land.sandbox(), &["run", "sh", "-c", "echo ready; read line; echo \"got $line\""]);
    terminal.shows("ready");
    terminal.types("hello\r");
    terminal.shows("got hello");
    let mut terminal = Terminal::start(land.sandbox(), &["run", "cat"]);
    terminal.types("here\r");
    terminal.shows("here\r\nhere");
    terminal.types("\x03");
    assert_eq!(terminal.ends(), 130, "C-c is the command's own");
}

#[test]
fn a_way_round() {
    let land = Land::new();
    set(&land, "strict");
    land.run(&["tool-boom"]).fails(77);
    assert_eq!(land.run(&["tool-boom"]).env("PINTLE_BYPASS", "1").ok(), "boom\n");
    let said = land.run(&["tool", "x"]).env("PINTLE_BYPASS", "1").ok();
    assert!(said.starts_with("tool[x] STAGE=unset"), "{said}");
    land.run(&["tool-boom"]).env("PINTLE_BYPASS", "0").fails(77);
    land.run(&["tool-boom"]).env("PINTLE_BYPASS", "").fails(77);
}

/// The way that scripts go: a link of the command's name to pintle.
#[test]
fn a_wrapper_that_runs_the_command_meets_its_rules_once() {
    let rules = "\
- {command: tool, prefix: outer -w}
- {command: tool, strategy: args_prepend, args: --once}
- {command: outer, strategy: args_prepend, args: --own}
";
    let land = Land::with(ENVS, rules);
    land.program("outer", "#!/bin/sh\necho \"outer[$*]\"\nwhile [ \"$1\" != tool ]; do shift; done\n\"$@\"\n");
    let shims = land.sandbox().path("run/pintle/shims");
    assert!(shims.join("tool").is_symlink(), "the daemon keeps a link for each command with rules");
    let path = format!(
        "{}:{}:{}",
        shims.display(),
        land.sandbox().path("bin").display(),
        std::env::var("PATH").expect("PATH")
    );
    let said = |words: &[&str]| land.sandbox().run(words[0], &words[1..]).env("PATH", &path).ok();
    let said = |words: &[&str]| {
        let said = said(words);
        said.lines().map(|line| line.split(" STAGE").next().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let pintle = pintle().to_str().expect("UTF-8");
    let shim = shims.join("tool");
    let shim = shim.to_str().expect("UTF-8");
    for words in
        [&[pintle, "run", "tool", "x"][..], &[shim, "x"], &["sh", "-c", "tool x"], &["sh", "-c", "echo x | xargs tool"]]
    {
        let twice = said(words);
        assert_eq!(twice.last().map(String::as_str), Some("tool[--once x]"), "{words:?}: {twice:?}");
        assert_eq!(twice.len(), 2, "{words:?}: {twice:?}");
        assert!(twice[0].contains("-w tool --once x]"), "{words:?}: {twice:?}");
    }
    // Afterwards it is a command like any other again.
    land.program("again", "#!/bin/sh\ntool a\ntool b\n");
    let said = said(&[pintle, "run", "again"]);
    assert_eq!(said.iter().filter(|line| line.starts_with("tool[--once ")).count(), 2, "{said:?}");
}

#[test]
fn what_is_explained_is_what_is_run() {
    let land = Land::new();
    set(&land, "prod");
    for words in [&["tool", "a b", ""][..], &["tool-boom"], &["kubectl", "delete", "pod"], &["true"]] {
        let told = |words: &[&str]| -> Value {
            let line = land.sandbox().pintle(words).ok();
            assert_eq!(line.lines().count(), 1, "{line}");
            serde_json::from_str(&line).expect("JSON")
        };
        let run = told(&[&["run", "--explain", "--json"], words].concat());
        let why = told(&[&["why", "--json"], words].concat());
        let mut asked = land.becomes(words, json!({}));
        asked.as_object_mut().expect("an object").remove("ok");
        let mut run = run;
        run.as_object_mut().expect("an object").remove("ok");
        let mut why = why;
        why.as_object_mut().expect("an object").remove("ok");
        assert_eq!(run, asked);
        assert_eq!(why, asked);
    }
    let said = land.sandbox().pintle(&["why", "tool", "a b"]).ok();
    for part in [
        "prod",
        "global",
        "prefixes.yaml:2",
        "prefixes.yaml:3",
        "tool '--account=0042' 'a b'",
        "STAGE=prod",
        "DB_PASSWORD=***",
        "DEBUG",
        "guard",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said = land.sandbox().pintle(&["why", "tool-boom"]).ok();
    assert!(said.contains("tool-boom") && !said.contains("boom\n\n"), "nothing runs: {said}");
    let other = land.sandbox().pintle(&["why", "--env", "dev", "tool"]).ok();
    assert!(other.contains("--account=0041") && other.contains("--env"), "{other}");
}
