//! The keys that `tmux install` binds: which, what they do, and what becomes of those that were there.

use std::fs;
use std::path::Path;

use serde_json::Value;

use super::tmux::{all_of, assert_same, install, status, uninstall};
use crate::cli::Desk;
use crate::support::wait::within;
use crate::support::{PATIENCE, Sandbox, Tmux, eventually, fake_agent_path};

/// A key of ours as `status` reports it.
#[track_caller]
fn key(sandbox: &Sandbox, tmux: &Tmux<'_>, does: &str) -> Value {
    let report = status(sandbox, tmux);
    let keys = report["keys"].as_array().expect("a list of keys");
    keys.iter().find(|key| key["does"] == does).unwrap_or_else(|| panic!("no key {does}: {report}")).clone()
}

#[test]
fn a_key_that_does_something_is_skipped_and_one_that_is_asked_for_is_not() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    tmux.run(&["bind-key", "A", "display-message", "mine"]);
    for (option, value) in [
        ("@pintle_next_key", "n"),
        ("@pintle_palette_key", "^p"),
        ("@pintle_notify_key", "off"),
        ("@pintle_below_key", "NoSuchKey"),
    ] {
        tmux.run(&["set-option", "-g", option, value]);
    }
    let before = all_of(&tmux);
    install(&sandbox, &tmux);
    let check = |does: &str, name: Option<&str>, state: &str, why: &str| {
        let key = key(&sandbox, &tmux, does);
        assert_eq!((key["key"].as_str(), key["state"].as_str()), (name, Some(state)), "{key}");
        assert!(key["why"].to_string().contains(why), "{key}");
    };
    check("right", Some("A"), "skipped", "display-message mine");
    check("below", Some("NoSuchKey"), "skipped", "no such key");
    check("next", Some("n"), "bound", "null");
    check("palette", Some("C-p"), "bound", "null");
    check("notify", None, "off", "@pintle_notify_key");
    let installed = all_of(&tmux);
    install(&sandbox, &tmux);
    assert_same(&installed, &all_of(&tmux));
    uninstall(&sandbox, &tmux);
    assert_same(&before, &all_of(&tmux));
}

/// Bindings that a careless copy would change: tmux prints some of them otherwise than it reads them.
#[test]
fn a_binding_comes_back_whatever_it_is() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    let config = sandbox.path("bindings.conf");
    for line in [
        r#"bind-key -N "it's \"mine\"; $HOME \\ #{x}" -r G display-message x"#,
        r#"bind-key G display-message 'a"b\c'"#,
        r#"bind-key G display-message '~"\\'"#,
        "bind-key G source-file '~/not/expanded' ",
        r#"bind-key G display-message "a\$HOME \${x}" \; send-keys ~ '' "\e[1m" é ü\ x"#,
        "bind-key G if-shell -F '#{pane_in_mode}' { send-keys -X cancel ; display-message 'a\"b\\c' } { copy-mode }",
        r#"bind-key G command-prompt -p "name:" "rename-window '%%'""#,
        r##"bind-key G run-shell -b "echo '#{q:pane_id}' ; date > /dev/null""##,
        "bind-key G display-menu -T '#[align=centre]x' 'One' o { split-window } '' Two t { kill-pane }",
        "bind-key G set-option -g status-right 'x;'",
    ] {
        fs::write(&config, line).expect("a file");
        tmux.run(&["source-file", config.to_str().expect("UTF-8")]);
        tmux.run(&["set-option", "-g", "@pintle_next_key", "G"]);
        let before = all_of(&tmux);
        install(&sandbox, &tmux);
        let key = key(&sandbox, &tmux, "next");
        assert_eq!((key["key"].as_str(), key["state"].as_str()), (Some("G"), Some("bound")), "{line}: {key}");
        uninstall(&sandbox, &tmux);
        assert_same(&before, &all_of(&tmux));
    }
}

#[test]
fn a_prefix_table_without_keys_is_filled_and_emptied() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    tmux.run(&["unbind-key", "-a", "-T", "prefix"]);
    let before = tmux.run(&["list-keys"]);
    install(&sandbox, &tmux);
    assert_eq!(key(&sandbox, &tmux, "right")["state"], "bound");
    uninstall(&sandbox, &tmux);
    assert_eq!(tmux.run(&["list-keys"]), before);
}

/// A tmux in a project's folder, and a client of it on a screen of 80 by 24 that can be read.
struct Attached<'a> {
    inner: Tmux<'a>,
    outer: Tmux<'a>,
    screen: String,
}

impl<'a> Attached<'a> {
    fn new(desk: &'a Desk, folder: &Path) -> Self {
        let inner = Tmux::new(&desk.sandbox);
        install(&desk.sandbox, &inner);
        let pane = inner.panes().remove(0);
        // tmux takes the folder for a format.
        let folder = folder.to_str().expect("UTF-8").replace('#', "##");
        inner.run(&["respawn-pane", "-k", "-t", &pane, "-c", &folder, "/bin/sh"]);
        let attach = "env -u TMUX tmux -u -L test attach-session";
        let outer = Tmux::with(&desk.sandbox, "outer", Path::new("/dev/null"), attach);
        let screen = outer.panes().remove(0);
        outer.shows(&screen, "[main]");
        Self { inner, outer, screen }
    }

    /// The prefix and a key, as the person at the client presses them.
    fn press(&self, key: &str) {
        self.outer.send_keys(&self.screen, &["C-b", key]);
    }
}

fn config(desk: &Desk, command: &str) {
    let text = format!("default_agent: mine\nagents: {{mine: {{command: \"{command}\", prompt: argv}}}}\n");
    fs::write(desk.root.join(".pintle/config.yaml"), text).expect("a file in the project");
}

#[test]
fn a_new_agent_in_a_pane_beside_or_below() {
    let desk = Desk::new();
    config(&desk, &format!("{} listen", fake_agent_path().display()));
    let folder = desk.root.join("it's a #{folder}; $x");
    fs::create_dir(&folder).expect("a folder in the project");
    let attached = Attached::new(&desk, &folder);
    for (key, edge) in [("A", "#{pane_at_right}"), ("B", "#{pane_at_bottom}")] {
        let before = attached.inner.panes();
        attached.press(key);
        let made = within(PATIENCE, || attached.inner.panes().into_iter().find(|pane| !before.contains(pane)));
        let made = made.unwrap_or_else(|| panic!("no other pane:\n{}", attached.outer.capture(&attached.screen)));
        assert_eq!(attached.inner.format(&made, edge), "1");
    }
    let report = desk.json(&["status"]);
    assert_eq!(report["agents"].as_array().map(Vec::len), Some(2), "{report}");
}

#[test]
fn what_goes_wrong_is_said_to_its_end() {
    let desk = Desk::new();
    config(&desk, "/nonexistent/program");
    let attached = Attached::new(&desk, &desk.root);
    attached.press("A");
    // At 80 columns the status line has no room for what to do about it.
    let shown = attached.outer.shows(&attached.screen, "[Esc closes this]");
    assert!(shown.contains("pintle: cannot run /nonexistent/program"), "{shown}");
    assert!(shown.contains("agents.mine.command"), "{shown}");
    attached.outer.send_keys(&attached.screen, &["Escape"]);
    eventually("the popup is closed", PATIENCE, || {
        (!attached.outer.capture(&attached.screen).contains("[Esc")).then_some(())
    });
    // It has room for this.
    attached.press("W");
    let shown = attached.outer.shows(&attached.screen, "pintle: no agent waits for you");
    assert!(!shown.contains("[Esc"), "{shown}");
    attached.press("e");
    attached.outer.shows(&attached.screen, "envs.yaml");
    attached.outer.shows(&attached.screen, "[Esc closes this]");
    attached.outer.send_keys(&attached.screen, &["Escape"]);
    let pane = attached.inner.panes().remove(0);
    assert_eq!(attached.inner.format(&pane, "#{pane_in_mode}"), "0", "{shown}");
}

#[test]
fn palette_and_notifications_open_in_a_popup() {
    let desk = Desk::new();
    let attached = Attached::new(&desk, &desk.root);
    for key in ["P", "N"] {
        attached.press(key);
        // Nothing else has a frame in a window of one pane.
        attached.outer.shows(&attached.screen, "┌──");
        if key == "N" {
            attached.outer.shows(&attached.screen, "[Esc closes this; `pintle notify drain` empties the list]");
        }
        attached.outer.send_keys(&attached.screen, &["Escape"]);
        eventually("the popup is closed", PATIENCE, || {
            (!attached.outer.capture(&attached.screen).contains("┌──")).then_some(())
        });
    }
}

#[test]
fn a_shell_that_is_opened_from_the_popup_gets_the_keys() {
    let desk = Desk::new();
    let git = |args: &[&str]| desk.sandbox.run("git", args).current_dir(&desk.root).ok();
    git(&["init", "-q", "-b", "main"]);
    git(&["-c", "user.name=t", "-c", "user.email=t@example.org", "commit", "-qm", "first", "--allow-empty"]);
    desk.pintle(&["worktree", "create", "work-1"]).ok();
    let attached = Attached::new(&desk, &desk.root);
    let type_in = |words: &str| attached.outer.send_keys(&attached.screen, &["-l", words]);
    attached.press("P");
    attached.outer.shows(&attached.screen, "find:");
    type_in("work-1");
    attached.outer.shows(&attached.screen, "> worktree work-1");
    attached.outer.send_keys(&attached.screen, &["Enter"]);
    attached.outer.shows(&attached.screen, "in work-1:");
    type_in("shell");
    attached.outer.shows(&attached.screen, "> open a shell");
    attached.outer.send_keys(&attached.screen, &["Enter"]);
    let shell = eventually("a second pane", PATIENCE, || attached.inner.panes().into_iter().nth(1));
    eventually("the popup is closed", PATIENCE, || {
        (!attached.outer.capture(&attached.screen).contains("find:")).then_some(())
    });
    assert_eq!(attached.inner.format(&shell, "#{pane_active}"), "1");
}

#[test]
fn where_popups_are_missing_they_open_in_a_pane() {
    let desk = Desk::new();
    desk.pintle(&["notify", "send", "read me"]).ok();
    let attached = Attached::new(&desk, &desk.root);
    // As a tmux says it that has no such command.
    attached.inner.run(&["set-option", "-s", "command-alias[90]", "display-popup=no-such-command"]);
    for (key, shows, closes) in [("P", "new agent", "Escape"), ("N", "[Enter closes this; ", "Enter")] {
        attached.press(key);
        let shown = attached.outer.shows(&attached.screen, shows);
        assert!(key != "N" || shown.contains("read me"), "{shown}");
        assert_eq!(attached.inner.panes().len(), 2, "{shown}");
        attached.outer.send_keys(&attached.screen, &[closes]);
        let gone = within(PATIENCE, || (attached.inner.panes().len() == 1).then_some(()));
        assert!(gone.is_some(), "{key}: its pane is still there:\n{}", attached.outer.capture(&attached.screen));
    }
}

/// What is chosen holds in the pane, is in its border and in the window list, and is nothing but a name.
#[test]
fn an_environment_is_chosen_from_a_menu() {
    let desk = Desk::new();
    let hostile = "o'b#(touch_pwned)$HOME#{pid}";
    let envs = format!("envs:\n  dev: {{color: green}}\n  \"{hostile}\": {{}}\n");
    fs::create_dir_all(desk.sandbox.path("config/pintle")).expect("a config folder");
    fs::write(desk.sandbox.path("config/pintle/envs.yaml"), envs).expect("envs.yaml");
    let attached = Attached::new(&desk, &desk.root);
    let lines = Path::new(env!("CARGO_MANIFEST_DIR")).join("tmux/environment.conf");
    attached.inner.run(&["source-file", lines.to_str().expect("UTF-8")]);
    let shows = |text: &str| attached.outer.shows(&attached.screen, text);
    let choose = |item: &str, key: &str| {
        attached.press("e");
        shows(item);
        attached.outer.send_keys(&attached.screen, &[key]);
    };
    choose("dev", "1");
    shows("env:dev");
    let screen = shows("0 dev ");
    assert!(screen.lines().last().is_some_and(|line| line.contains("dev")), "{screen}");
    choose(hostile, "2");
    shows(&format!("0 {hostile} "));
    let pane = attached.inner.panes().remove(0);
    let held = desk
        .pintle(&["env", "get", "--pane", &pane])
        .env("TMUX", attached.inner.format(&pane, "#{socket_path},#{pid},0"))
        .ok();
    assert_eq!(held, format!("{hostile}\n"));
    let list = desk.json(&["pane", "list", "--all"]);
    assert_eq!(list["panes"][0]["env"], hostile, "{list}");
    choose("> ", "x");
    eventually("none of its own", PATIENCE, || (!shows("[pintle]").contains("env:")).then_some(()));
}

#[test]
fn a_message_that_nobody_sees_is_in_the_log() {
    let desk = Desk::new();
    let words = ["tmux", "key", "right", "--pane", "%99"];
    desk.pintle(&words).fails(2);
    config(&desk, "/nonexistent/program");
    let finished = desk.pintle(&words).env("TMUX", "/nonexistent/s,1,0").finish();
    assert!(finished.success() && finished.stdout.is_empty() && finished.stderr.is_empty(), "{finished}");
    let log = fs::read_to_string(desk.sandbox.log_folder().join("tmux.log")).expect("a log");
    assert!(log.contains("not shown"), "{log}");
}
