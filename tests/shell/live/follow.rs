//! Environments and rules that change while prompts wait.

use serde_json::json;

use super::{Live, PREFIXES, kubectl};
use crate::shell::{ALL, Kind};
use crate::support::{PATIENCE, Tmux, eventually};

#[test]
fn what_another_pane_sets_holds_for_the_command_being_typed() {
    let live = Live::new();
    let tmux = live.tmux();
    live.sandbox().client().call(json!({"cmd": "register_tmux", "tmux": tmux.format("%0", "#{socket_path}")}));
    for kind in ALL {
        let mut shell = live.shell(&tmux, kind);
        assert_eq!(shell.line("kubectl get"), ["kubectl get in none as nobody"], "{shell}");
        live.pintle_in(&tmux, "%0", &["env", "set", "dev", "--pane", &shell.id]).ok();
        shell.hud("dev, not applied", |hud| hud.contains("dev…"));
        // Nothing was pressed in between.
        assert_eq!(shell.line("kubectl get"), [kubectl("dev", "get")], "{shell}");
        shell.hud("dev, applied", |hud| hud.contains("dev") && !hud.contains('…'));
        live.pintle_in(&tmux, "%0", &["env", "set", "prod", "--pane", &shell.id]).ok();
        shell.hud("prod, not applied", |hud| hud.contains("prod…"));
        // Nothing wraps it, so that in bash it has the variables of its prompt; the next one has those of `prod`.
        let expected = kind.pick("aws x in dev as dev", "aws x in prod as prod", "aws x in prod as prod");
        assert_eq!(shell.line("aws x"), [expected], "{shell}");
        shell.hud("prod, applied", |hud| hud.contains("prod") && !hud.contains('…'));
        // A program without rules gets the variables.
        assert_eq!(shell.line("aws x"), ["aws x in prod as prod"], "{shell}");
        live.pintle_in(&tmux, "%0", &["env", "clear", "--pane", &shell.id]).ok();
        assert_eq!(shell.line("kubectl get"), ["kubectl get in none as nobody"], "{shell}");
    }
}

#[test]
fn rules_that_are_written_reach_the_next_prompt() {
    let live = Live::new();
    let tmux = live.tmux();
    live.sandbox().client().call(json!({"cmd": "register_tmux", "tmux": tmux.format("%0", "#{socket_path}")}));
    let file = live.sandbox().path("config/pintle/prefixes.yaml");
    for kind in ALL {
        std::fs::write(&file, PREFIXES).expect("a file of ours");
        let mut shell = live.shell(&tmux, kind);
        live.pintle_in(&tmux, &shell.id, &["env", "set", "prod"]).ok();
        let mut wait = |line: &str, expected: &str| {
            eventually(expected, PATIENCE, || (shell.line(line) == [expected]).then_some(()));
        };
        wait("kubectl get", &kubectl("prod", "get"));
        std::fs::write(&file, PREFIXES.replace("--context", "--kube-context")).expect("a file of ours");
        wait("kubectl get", "kubectl --kube-context prod get in prod as prod");
        let more = "  - {command: aws, strategy: args_prepend, config: {args: [--new]}}\n";
        std::fs::write(&file, format!("{PREFIXES}{more}")).expect("a file of ours");
        wait("aws x", "aws --new x in prod as prod");
        // Broken: the last good content stays, and the status bar says so.
        std::fs::write(&file, "prefixes: [").expect("a file of ours");
        shell.hud("a broken file", |hud| hud.contains("config:") && hud.contains("1 broken"));
        assert_eq!(shell.line("aws x"), ["aws --new x in prod as prod"], "{shell}");
        assert_eq!(shell.line("kubectl get"), [kubectl("prod", "get")], "{shell}");
        std::fs::write(&file, PREFIXES).expect("a file of ours");
        shell.hud("no broken file", |hud| !hud.contains("broken"));
    }
}

/// What nobody describes any more may have been guarded: its commands are refused, and everybody is told.
#[test]
fn an_environment_that_is_not_described_any_more_lets_nothing_pass() {
    let live = Live::new();
    let tmux = live.tmux();
    live.sandbox().client().call(json!({"cmd": "register_tmux", "tmux": tmux.format("%0", "#{socket_path}")}));
    let file = live.sandbox().path("config/pintle/envs.yaml");
    let guarded = "envs:\n  prod: {guard: confirm, vars: {AWS_PROFILE: prod}}\n";
    // With another one that is guarded, and with nothing left that concerns a command.
    for (kind, after) in
        ALL.into_iter().zip([guarded.replace("prod:", "production:"), "envs: {}\n".into(), String::new()])
    {
        std::fs::write(&file, guarded).expect("a file of ours");
        live.project.client().call(json!({"cmd": "reload"}));
        let mut shell = live.shell(&tmux, kind);
        live.pintle_in(&tmux, &shell.id, &["env", "set", "prod"]).ok();
        assert_eq!(shell.line("aws s3 ls"), ["aws s3 ls in prod as prod"], "{shell}");
        std::fs::write(&file, after).expect("a file of ours");
        shell.hud("that it is not described", |hud| hud.contains("prod?"));
        // Nor does it pretend at the next prompt that anything of it was applied.
        shell.line("");
        assert_eq!(shell.line("say \"<$PINTLE_ENV>\""), ["<prod?>"], "{shell}");
        for line in ["aws s3 ls", "kubectl delete pod z"] {
            assert_eq!(shell.line(line), [""; 0], "{shell}");
            assert_eq!(shell.status, "125", "{shell}");
        }
        assert!(shell.to_string().contains("Unknown environment: prod"), "{shell}");
        // What knows of nothing wraps is as it would be without an environment.
        assert_eq!(shell.line("say \"<$AWS_PROFILE>\""), ["<>"], "{shell}");
        let told = live.pintle_in(&tmux, &shell.id, &["doctor"]).finish().stdout;
        assert!(told.contains("`prod` holds in pane") && told.contains("none of that name"), "{told}");
        std::fs::write(&file, guarded).expect("a file of ours");
        shell.hud("that it is there again", |hud| hud.contains("prod") && !hud.contains("prod?"));
        assert_eq!(shell.line("aws s3 ls"), ["aws s3 ls in prod as prod"], "{shell}");
        live.pintle_in(&tmux, &shell.id, &["env", "clear"]).ok();
    }
}

/// tmux does not tell that a pane has another process now.
#[test]
fn a_pane_with_another_process_gets_its_own() {
    let live = Live::new();
    let tmux = live.tmux();
    let pane = tmux.split("%0", "exec cat");
    live.pintle_in(&tmux, &pane, &["env", "set", "dev"]).ok();
    tmux.respawn(&pane, "exec sleep 100");
    live.pintle_in(&tmux, &pane, &["env", "set", "prod"]).ok();
    let run = || live.says(live.pintle_in(&tmux, &pane, &["run", "kubectl", "get"]));
    assert_eq!(run(), [kubectl("prod", "get")]);
    live.sandbox().pintle(&["daemon", "stop"]).ok();
    assert_eq!(run(), [kubectl("prod", "get")], "the files say the same");
}

/// What shells have said goes with their panes and servers.
#[test]
fn nothing_is_left_of_what_panes_that_are_gone_have_said() {
    let live = Live::new();
    let folder = live.sandbox().path("run/pintle/shell/ack");
    let said = || -> Vec<String> {
        let entries = std::fs::read_dir(&folder).into_iter().flatten().flatten();
        let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
        names.sort_unstable();
        names
    };
    let one = live.tmux();
    let two = Tmux::with(live.sandbox(), "other", std::path::Path::new("/dev/null"), "/bin/sh");
    let file =
        |tmux: &Tmux<'_>, pane: &str| format!("{}-{}", tmux.format(pane, "#{pid}"), pane.trim_start_matches('%'));
    let mut files = Vec::new();
    let mut shells = Vec::new();
    for (tmux, kind) in [(&one, Kind::Bash), (&one, Kind::Zsh), (&two, Kind::Bash)] {
        let shell = live.shell(tmux, kind);
        live.pintle_in(tmux, &shell.id, &["env", "set", "prod"]).ok();
        files.push(file(tmux, &shell.id));
        shells.push(shell);
    }
    for shell in &mut shells {
        assert_eq!(shell.line("kubectl get"), [kubectl("prod", "get")], "{shell}");
    }
    assert_eq!(said().len(), 3, "{:?}", said());
    one.run(&["kill-pane", "-t", &shells[1].id]);
    let left = |expected: &[&String]| {
        let mut expected: Vec<String> = expected.iter().map(|name| (*name).clone()).collect();
        expected.sort_unstable();
        eventually(&format!("{expected:?} is left"), PATIENCE, || (said() == expected).then_some(()));
    };
    left(&[&files[0], &files[2]]);
    drop(shells);
    drop(two);
    left(&[&files[0]]);
    // The same where it goes while nobody looks.
    live.sandbox().pintle(&["daemon", "stop"]).ok();
    drop(one);
    live.sandbox().start();
    left(&[]);
}

#[test]
fn panes_of_two_servers_with_the_same_number() {
    let live = Live::new();
    let one = live.tmux();
    let two = Tmux::with(live.sandbox(), "other", std::path::Path::new("/dev/null"), "/bin/sh");
    let (mut first, mut second) = (live.shell(&one, Kind::Bash), live.shell(&two, Kind::Zsh));
    assert_eq!(first.id, second.id);
    live.pintle_in(&one, &first.id, &["env", "set", "dev"]).ok();
    live.pintle_in(&two, &second.id, &["env", "set", "prod"]).ok();
    assert_eq!(first.line("kubectl get"), [kubectl("dev", "get")], "{first}");
    assert_eq!(second.line("kubectl get"), [kubectl("prod", "get")], "{second}");
    live.pintle_in(&one, &first.id, &["env", "clear"]).ok();
    assert_eq!(first.line("kubectl get"), ["kubectl get in none as nobody"], "{first}");
    assert_eq!(second.line("kubectl get"), [kubectl("prod", "get")], "{second}");
}

/// tmux says nothing of a `cd`; the shell does.
#[test]
fn the_status_bar_follows_a_shell_from_project_to_project() {
    let live = Live::new();
    let tmux = live.tmux();
    live.sandbox().client().call(json!({"cmd": "register_tmux", "tmux": tmux.format("%0", "#{socket_path}")}));
    let project = |name: &str, config: &str| {
        let folder = live.sandbox().project_named(name);
        live.sandbox().pintle(&["init"]).current_dir(&folder).ok();
        std::fs::write(folder.join(".pintle/config.yaml"), config).expect("a file of ours");
        folder.to_str().expect("UTF-8").to_owned()
    };
    let (dev, prod) = (project("d", "env: dev\n"), project("q", "env: prod\n"));
    let broken = project("b", "env: [\n");
    live.project.client().call(json!({"cmd": "reload"}));
    for kind in ALL {
        let mut shell = live.shell(&tmux, kind);
        let goes = |shell: &mut super::Pane<'_>, folder: &str, env: &str, color: &str| {
            shell.line(&format!("cd {folder}"));
            let shown = || {
                let shown = tmux.format(&shell.id, "#{@pintle_env} #{@pintle_env_color}");
                (shown.trim() == format!("{env} {color}").trim()).then_some(())
            };
            eventually(&format!("{kind:?} in {folder} shows {env}"), PATIENCE, shown);
            shell.hud(folder, |hud| if env.is_empty() { !hud.contains("env") } else { hud.contains(env) });
        };
        for _ in 0..2 {
            goes(&mut shell, &dev, "dev", "green");
            goes(&mut shell, &prod, "prod", "red");
            let hud = live.pintle_in(&tmux, &shell.id, &["hud", "--format", "plain"]).ok();
            assert!(hud.contains("env:prod"), "{hud}");
            goes(&mut shell, "/", "", "");
            goes(&mut shell, &dev, "dev", "green");
            shell.line(&format!("cd {broken}"));
            shell.hud("that the project cannot be read", |hud| hud.contains("]?#"));
            goes(&mut shell, "/", "", "");
        }
        // A fresh pane, in which nobody presses a key.
        let fresh =
            tmux.run(&["split-window", "-d", "-P", "-F", "#{pane_id}", "-c", &prod, "-t", &shell.id, "exec cat"]);
        let hud = || tmux.format(fresh.trim(), "#{@pintle_hud}").contains("prod").then_some(());
        eventually("a fresh pane shows prod", PATIENCE, hud);
        tmux.run(&["kill-pane", "-t", fresh.trim()]);
    }
}

/// A variable in front of one command is that command's, whatever holds by the time that it is run: it is nobody's own afterwards.
#[test]
fn a_variable_for_one_command_is_left_behind_by_none() {
    let live = Live::new();
    let tmux = live.tmux();
    live.sandbox().client().call(json!({"cmd": "register_tmux", "tmux": tmux.format("%0", "#{socket_path}")}));
    for kind in ALL {
        let mut shell = live.shell(&tmux, kind);
        assert_eq!(shell.line("kubectl get"), ["kubectl get in none as nobody"], "{shell}");
        live.pintle_in(&tmux, "%0", &["env", "set", "dev", "--pane", &shell.id]).ok();
        shell.hud("dev, not applied", |hud| hud.contains("dev…"));
        assert_eq!(shell.line("AWS_PROFILE=sandbox kubectl get"), [kubectl("dev", "get")], "{shell}");
        shell.hud("dev, applied", |hud| hud.contains("dev") && !hud.contains('…'));
        assert_eq!(shell.line("aws x"), ["aws x in dev as dev"], "{shell}");
        live.pintle_in(&tmux, "%0", &["env", "clear", "--pane", &shell.id]).ok();
        shell.line("");
        assert_eq!(shell.line("aws x"), ["aws x in none as nobody"], "{shell}");
        // Also where the line itself changes the environment.
        let line = kind.pick(
            "pintle env set prod > /dev/null && AWS_PROFILE=sandbox kubectl get",
            "pintle env set prod > /dev/null && AWS_PROFILE=sandbox kubectl get",
            "pintle env set prod > /dev/null; and AWS_PROFILE=sandbox kubectl get",
        );
        assert_eq!(shell.line(line), [kubectl("prod", "get")], "{shell}");
        assert_eq!(shell.line("aws x"), ["aws x in prod as prod"], "{shell}");
        live.pintle_in(&tmux, "%0", &["env", "clear", "--pane", &shell.id]).ok();
        shell.line("");
        assert_eq!(shell.line("aws x"), ["aws x in none as nobody"], "{shell}");
    }
}
