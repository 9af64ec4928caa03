//! The real kubectl with the completions that it prints itself. It is asked offline: words of its own, and contexts of the files that
//! it is given here.

use std::fs;

use super::{Live, Pane};
use crate::shell::{ALL, Kind};
use crate::support::Tmux;

/// In `dev` kubectl has no rules, and finds the overlay in its variables. In `prod` it has a file of its own, and a flag goes before its
/// words. (Not `--kubeconfig`: kubectl itself does not heed that one while it completes.)
const ENVS: &str = "\
envs:
  dev: {kube: {context: mine-blue, namespace: shop}}
  prod: {vars: {KUBECONFIG: theirs.yaml}}
";

const PREFIXES: &str = "\
prefixes:
  - {command: kubectl, strategy: args_prepend, config: {args: [--request-timeout, 3s]}, when: {env: [prod]}}
";

/// A file with these contexts.
fn contexts(names: [&str; 2]) -> String {
    let [first, second] = names.map(|name| format!("{{name: {name}, context: {{cluster: c, user: u}}}}"));
    format!(
        "apiVersion: v1\nkind: Config\ncurrent-context: {}\ncontexts: [{first}, {second}]\n\
         clusters: [{{name: c, cluster: {{server: 'https://127.0.0.1:1'}}}}]\nusers: [{{name: u, user: {{}}}}]\n",
        names[1]
    )
}

fn live() -> Live {
    let live = Live::with_files(ENVS, PREFIXES);
    fs::remove_file(live.sandbox().path("bin/kubectl")).expect("our fake");
    fs::create_dir(live.sandbox().path("home/.kube")).expect("a folder");
    fs::write(live.sandbox().path("home/.kube/config"), contexts(["mine-blue", "mine-red"])).expect("a file");
    fs::write(live.sandbox().path("home/theirs.yaml"), contexts(["theirs-blue", "theirs-red"])).expect("a file");
    live
}

/// What kubectl's own manual says to put into the start-up file.
fn manual(kind: Kind) -> &'static str {
    kind.pick(
        ". /usr/share/bash-completion/bash_completion; . <(kubectl completion bash)",
        "autoload -Uz compinit; compinit -u -D; . <(kubectl completion zsh)",
        "kubectl completion fish | source",
    )
}

/// What a line becomes by a Tab. It does not run: a word is put in front of it that says it.
#[track_caller]
fn tab(shell: &mut Pane<'_>, line: &str) -> String {
    shell.line(&format!("{line}\t\x01say ")).concat().trim_end().to_owned()
}

fn completes(live: &Live, tmux: &Tmux<'_>, mut shell: Pane<'_>) {
    live.pintle_in(tmux, &shell.id, &["env", "set", "dev"]).ok();
    shell.line("");
    for (line, expected) in [
        ("kubectl conf", "kubectl config"),
        ("kubectl get --all-n", "kubectl get --all-namespaces"),
        ("kubectl config use-context mine-b", "kubectl config use-context mine-blue"),
        ("kubectl config use-context theirs-b", "kubectl config use-context theirs-b"),
    ] {
        assert_eq!(tab(&mut shell, line), expected, "{shell}");
    }
    assert_eq!(shell.line("kubectl config current-context >> $LOG"), ["mine-blue"], "{shell}");
    assert_eq!(
        shell.line("kubectl config view --minify -o 'jsonpath={..namespace}{\"\\n\"}' >> $LOG"),
        ["shop"],
        "{shell}"
    );
    // Set while the prompt waits: a Tab asks in what holds now.
    live.pintle_in(tmux, &shell.id, &["env", "set", "prod"]).ok();
    for (line, expected) in [
        ("kubectl config use-context theirs-b", "kubectl config use-context theirs-blue"),
        ("kubectl config use-context mine-b", "kubectl config use-context mine-b"),
        ("kubectl conf", "kubectl config"),
        ("kubectl get --all-n", "kubectl get --all-namespaces"),
    ] {
        assert_eq!(tab(&mut shell, line), expected, "{shell}");
    }
    assert_eq!(shell.line("kubectl config current-context >> $LOG"), ["theirs-red"], "{shell}");
}

#[test]
fn its_own_completion_goes_through_us() {
    let live = live();
    let tmux = live.tmux();
    for kind in ALL {
        if !live.sandbox().run("kubectl", &["completion", kind.name()]).finish().success() {
            eprintln!("this kubectl has no completion for {}: not tried", kind.name());
            continue;
        }
        completes(&live, &tmux, live.shell_with(&tmux, kind, manual(kind)));
        // Behind our hooks, kubectl is asked for its script through us.
        completes(&live, &tmux, live.shell_before(&tmux, kind, manual(kind)));
    }
}

/// Word for word as without us, descriptions and all.
#[test]
fn the_answer_is_its_own() {
    let live = live();
    let tmux = live.tmux();
    live.pintle_in(&tmux, "%0", &["env", "set", "prod"]).ok();
    for words in [&["__complete", "cre"][..], &["__complete", "get", "--all"], &["__completeNoDesc", "config", ""]] {
        let bare = live.sandbox().run("kubectl", words).ok();
        let through = live.pintle_in(&tmux, "%0", &[&["run", "kubectl"], words].concat()).ok();
        assert!(bare.lines().count() > 1, "{bare}");
        assert_eq!(through, bare);
    }
}
