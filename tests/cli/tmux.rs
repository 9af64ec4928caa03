//! `tmux install`, `uninstall`, `status`: what the user has set in tmux is his.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::support::invocation::Invocation;
use crate::support::wait::within;
use crate::support::{PATIENCE, Sandbox, Tmux, eventually, pintle, process};

/// What the plugin adds to a status line.
const PIECE: &str = "#{?#{e|<:#{client_width},120},#{=/40/…:@pintle_hud},#{@pintle_hud}} ";

/// Everything of a tmux that a user may have set, as tmux prints it.
fn everything(tmux: &Tmux<'_>) -> String {
    let options = ["show-options", "-g", ";", "show-options", "-s", ";", "show-options", "-gw", ";"];
    let rest = ["show-hooks", "-g", ";", "list-keys"];
    let everything = tmux.run(&[&["-u"], &options[..], &rest].concat());
    // By itself, as a table without keys is an error; and with its name, since tmux 3.8 dies without one when the table is empty.
    everything + &tmux.tmux(&["-u", "list-keys", "-N", "-T", "prefix"]).finish().stdout
}

/// The same without what a daemon that knows this tmux puts there in its own time: its text, and the hooks of its client.
pub fn all_of(tmux: &Tmux<'_>) -> String {
    let is_the_daemons = |line: &&str| {
        let begins = line.starts_with("@pintle_hud ");
        // A hook without a command is listed as long as nobody has ever set it.
        let is_empty = !line.contains(' ');
        begins || is_empty || line.contains("refresh-client -A ")
    };
    everything(tmux).lines().filter(|line| !is_the_daemons(line)).map(|line| format!("{line}\n")).collect()
}

/// `pintle tmux WORDS…` for this tmux.
pub fn call(sandbox: &Sandbox, tmux: &Tmux<'_>, words: &[&str]) -> Invocation {
    let socket = tmux.format("main:", "#{socket_path}");
    sandbox.pintle(&[&["tmux"], words, &["--tmux-socket", &socket]].concat())
}

/// Installs; it must print nothing, as tmux would show that over the pane.
#[track_caller]
pub fn install(sandbox: &Sandbox, tmux: &Tmux<'_>) {
    let finished = call(sandbox, tmux, &["install"]).finish();
    assert!(finished.success() && finished.stdout.is_empty() && finished.stderr.is_empty(), "{finished}");
}

/// Uninstalls; then nothing of the daemon's is there either.
#[track_caller]
pub fn uninstall(sandbox: &Sandbox, tmux: &Tmux<'_>) {
    let finished = call(sandbox, tmux, &["uninstall"]).finish();
    let said = finished.stdout.starts_with("pintle is out of this tmux") && finished.stderr.is_empty();
    assert!(finished.success() && said, "{finished}");
    let mut last = String::new();
    // Our hooks are taken out by tmux itself, when it notices that our client is gone.
    let out = within(PATIENCE, || {
        last = everything(tmux);
        (!last.contains("refresh-client -A ") && !last.contains("@pintle_hud ")).then_some(())
    });
    assert!(out.is_some(), "the daemon's are left:\n{last}");
}

#[track_caller]
pub fn status(sandbox: &Sandbox, tmux: &Tmux<'_>) -> Value {
    let line = call(sandbox, tmux, &["status", "--json"]).ok();
    serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"))
}

/// Fails with the lines that are new and those that are gone.
#[track_caller]
pub fn assert_same(before: &str, after: &str) {
    let only = |one: &str, other: &str| one.lines().filter(|line| !other.contains(line)).collect::<Vec<_>>().join("\n");
    let (gone, new) = (only(before, after), only(after, before));
    assert!(before == after, "not as it was\n--- gone\n{gone}\n--- new\n{new}");
}

fn set(tmux: &Tmux<'_>, option: &str, value: &str) {
    // As tmux takes it: an argument that ends in `;` would end the command.
    let value = value.strip_suffix(';').map_or(value.to_owned(), |value| format!("{value}\\;"));
    tmux.run(&["set-option", "-g", "--", option, &value]);
}

fn get(tmux: &Tmux<'_>, option: &str) -> String {
    let value = tmux.run(&["-u", "show-options", "-gv", option]);
    // tmux 3.5 writes it like this.
    value.strip_suffix('\n').unwrap_or(&value).replace(r"\033", "\u{1b}")
}

fn get_or_none(tmux: &Tmux<'_>, option: &str) -> Option<String> {
    let found = tmux.tmux(&["show-options", "-gqv", option]).ok();
    (!found.trim().is_empty()).then_some(found)
}

#[test]
fn a_tmux_out_of_the_box_is_as_it_was() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    let before = all_of(&tmux);
    install(&sandbox, &tmux);
    let installed = all_of(&tmux);
    assert!(get(&tmux, "status-right").starts_with(PIECE));
    assert_eq!(get(&tmux, "status-right-length"), "100");
    assert!(sandbox.keeper().is_some(), "there is a daemon to write the text");
    install(&sandbox, &tmux);
    assert_same(&installed, &all_of(&tmux));
    uninstall(&sandbox, &tmux);
    assert_same(&before, &all_of(&tmux));
    assert_eq!(call(&sandbox, &tmux, &["uninstall"]).ok(), "nothing of pintle's is in this tmux\n");
    assert_same(&before, &all_of(&tmux));
}

#[test]
fn hooks_of_a_daemon_that_was_killed_are_taken_out_without_one() {
    let sandbox = Sandbox::with(&[("PINTLE_NO_AUTOSTART", "1")]);
    sandbox.pintle(&["daemon", "start"]).ok();
    let tmux = Tmux::new(&sandbox);
    let before = all_of(&tmux);
    install(&sandbox, &tmux);
    let hooks = || everything(&tmux).matches("refresh-client -A ").count();
    eventually("the daemon's hooks are there", PATIENCE, || (hooks() > 0).then_some(()));
    // A plain hook replaces the whole array, and with it the one that takes the others out.
    tmux.run(&["set-hook", "-g", "client-detached", "set-option -g @theirs yes"]);
    let theirs = "client-detached[0] set-option -g @theirs yes";
    let (keeper, daemon) = (sandbox.keeper().expect("a keeper"), sandbox.daemon());
    process::kill(keeper);
    process::kill(daemon);
    eventually("its client is gone", PATIENCE, || tmux.run(&["list-clients"]).is_empty().then_some(()));
    assert!(hooks() > 0, "nobody was left to take them out");
    let finished = call(&sandbox, &tmux, &["uninstall"]).finish();
    assert!(finished.success() && finished.stderr.contains("the daemon could not be told"), "{finished}");
    let after = everything(&tmux);
    assert!(!after.contains("refresh-client -A ") && after.contains(theirs), "{after}");
    tmux.run(&["set-hook", "-gu", "client-detached"]);
    assert_same(
        &before,
        &all_of(&tmux)
            .lines()
            .filter(|line| !line.starts_with("@theirs"))
            .map(|line| format!("{line}\n"))
            .collect::<String>(),
    );
}

#[test]
fn a_status_line_of_the_users_own_comes_back_byte_for_byte() {
    // Without a daemon, which would write to disk what it knows at every step.
    let sandbox = Sandbox::with(&[("PINTLE_NO_AUTOSTART", "1")]);
    let tmux = Tmux::new(&sandbox);
    let long = "#[fg=red]long ".repeat(400);
    let lines = [
        "",
        " ",
        ";",
        "a;",
        r"a\;",
        r"a\",
        r#"a"b\c 'd' $HOME ${x} ~ %H:%M `id` ;; \; \\; trailing   "#,
        r#"only " and \"#,
        "~/home",
        "-g",
        "--",
        "#(date; echo \"it's\") | #{?client_prefix,#[reverse],} #S ##",
        "日本語 é e\u{301} 🚀",
        "two\nlines\tand\u{1b}[1m",
        "{ brace }",
        "%if",
        &long,
    ];
    for (side, lines) in [("right", &lines[..]), ("left", &lines[..7])] {
        let option = format!("status-{side}");
        set(&tmux, "@pintle_status", side);
        for &line in lines {
            set(&tmux, &option, line);
            assert_eq!(get(&tmux, &option), line, "the test itself");
            let before = all_of(&tmux);
            install(&sandbox, &tmux);
            let piece = PIECE;
            let expected = if side == "right" { format!("{piece}{line}") } else { format!("{line}{piece}") };
            assert_eq!(get(&tmux, &option), expected);
            install(&sandbox, &tmux);
            assert_eq!(get(&tmux, &option), expected, "twice");
            call(&sandbox, &tmux, &["uninstall"]).ok();
            assert_same(&before, &all_of(&tmux));
        }
    }
}

#[test]
fn what_the_user_changes_after_it_stays() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    install(&sandbox, &tmux);
    tmux.run(&["set-option", "-ga", "status-right", " and more"]);
    tmux.run(&["set-option", "-g", "status-right-length", "150"]);
    tmux.run(&["bind-key", "A", "display-message", "mine"]);
    let line = get(&tmux, "status-right");
    uninstall(&sandbox, &tmux);
    assert_eq!(get(&tmux, "status-right"), line.replace(PIECE, ""));
    assert_eq!(get(&tmux, "status-right-length"), "150");
    assert!(tmux.run(&["list-keys", "-T", "prefix", "A"]).contains("mine"));
    assert!(!everything(&tmux).contains("pintle"));
}

#[test]
fn what_the_daemon_wrote_goes_as_well() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    let pane = tmux.split(&tmux.panes()[0], "cat");
    let before = all_of(&tmux);
    install(&sandbox, &tmux);
    set(&tmux, "@pintle_hud", "[pintle] inactive");
    for option in ["@pintle_hud", "@pintle_env", "@pintle_env_color"] {
        tmux.run(&["set-option", "-p", "-t", &pane, option, "x"]);
    }
    tmux.run(&["set-option", "-p", "-t", &pane, "@mine", "stays"]);
    uninstall(&sandbox, &tmux);
    assert_same(&before, &all_of(&tmux));
    assert_eq!(tmux.run(&["show-options", "-p", "-t", &pane]), "@mine stays\n");
}

#[test]
fn status_says_where_it_is_and_why_not() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    let doubts = || status(&sandbox, &tmux)["doubts"].to_string();
    let report = status(&sandbox, &tmux);
    assert_eq!((&report["installed"], &report["hud"]["shown_in"]), (&false.into(), &Value::Null), "{report}");
    install(&sandbox, &tmux);
    let report = status(&sandbox, &tmux);
    assert_eq!((&report["installed"], &report["current"]), (&true.into(), &true.into()), "{report}");
    assert_eq!((&report["hud"]["shown_in"], &report["suffices"]), (&"status-right".into(), &true.into()), "{report}");
    eventually("the daemon has written its text", PATIENCE, || (doubts() == "[]").then_some(()));
    assert!(status(&sandbox, &tmux)["hud"]["text"].to_string().contains("[pintle]"));
    tmux.run(&["new-session", "-d", "-s", "own line"]);
    tmux.run(&["set-option", "-t", "own line", "status-right", "mine"]);
    assert!(doubts().contains("session own line has a status line of its own"), "{}", doubts());
    assert_eq!(status(&sandbox, &tmux)["sessions_without_hud"], serde_json::json!(["own line"]));
    tmux.run(&["kill-session", "-t", "own line"]);
    set(&tmux, "status", "off");
    assert!(doubts().contains("the status line is off"), "{}", doubts());
    set(&tmux, "status", "on");
    set(&tmux, "@pintle_status", "off");
    let report = call(&sandbox, &tmux, &["status"]).ok();
    assert!(report.contains("options have changed since: `pintle tmux install`"), "{report}");
    install(&sandbox, &tmux);
    assert_eq!(status(&sandbox, &tmux)["hud"]["added"], false);
    assert!(doubts().contains("@pintle_status is off"), "{}", doubts());
    set(&tmux, "@pintle_status", "bottom");
    assert!(doubts().contains("it takes right, left or off"), "{}", doubts());
    set(&tmux, "@pintle_status", "left");
    set(&tmux, "status-right", "#{@pintle_hud}");
    install(&sandbox, &tmux);
    assert!(call(&sandbox, &tmux, &["status"]).ok().contains("in status-right, by your own doing"));
    assert_eq!(get(&tmux, "status-right"), "#{@pintle_hud}");
}

#[test]
fn outside_of_tmux_and_without_one() {
    let sandbox = Sandbox::new();
    for words in [&["tmux", "install"], &["tmux", "uninstall"], &["tmux", "status"]] {
        let said = sandbox.pintle(words).fails(2);
        assert!(said.contains("not inside tmux") && said.contains("--tmux-socket"), "{said}");
    }
    let said = sandbox.pintle(&["tmux", "install", "--tmux-socket", "/nonexistent/s"]).fails(1);
    assert!(said.contains("/nonexistent/s"), "{said}");
    assert!(sandbox.keeper().is_none(), "a failed install starts nothing");
}

#[test]
fn a_person_who_installs_it_by_hand_is_told() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    let pane = tmux.panes().remove(0);
    tmux.type_line(&pane, &format!("{} tmux install", pintle().display()));
    let shown = tmux.shows(&pane, "notify      N         bound");
    assert!(shown.contains("installed   yes"), "{shown}");
    assert!(!shown.contains("no text yet"), "it is about to be written: {shown}");
}

#[test]
fn an_old_tmux_is_left_alone() {
    let sandbox = Sandbox::new();
    let tmux = Tmux::new(&sandbox);
    let before = all_of(&tmux);
    // The real one with another word for its version.
    let real = sandbox.run("sh", &["-c", "command -v tmux"]).ok();
    let (bin, version) = (sandbox.path("bin"), tmux.format("main:", "#{version}"));
    fs::create_dir(&bin).expect("a new folder");
    let script = format!("#!/bin/sh\n{} \"$@\" | sed 's/^{version}$/3.1c/'\n", real.trim());
    write_program(&bin.join("tmux"), &script);
    let path = std::env::join_paths([bin, PathBuf::from("/usr/bin"), PathBuf::from("/bin")]).expect("a PATH");
    let said = call(&sandbox, &tmux, &["install"]).env("PATH", &path).fails(1);
    assert!(said.contains("tmux 3.1c is too old: 3.2 or later is needed"), "{said}");
    assert_same(&before, &all_of(&tmux));
    let report = call(&sandbox, &tmux, &["status"]).env("PATH", &path).ok();
    assert!(report.contains("3.2 or later is needed"), "{report}");
}

#[test]
fn an_attached_client_shows_the_text_and_room_is_made_for_it() {
    let sandbox = Sandbox::new();
    let inner = Tmux::new(&sandbox);
    install(&sandbox, &inner);
    set(&inner, "status-interval", "0");
    let outer = Tmux::with(&sandbox, "outer", Path::new("/dev/null"), "env -u TMUX tmux -u -L test attach-session");
    let pane = outer.panes().remove(0);
    outer.run(&["resize-window", "-x", "160", "-y", "10"]);
    // The daemon's own, which it writes once it knows this tmux.
    outer.shows(&pane, "[pintle] uptime:");
    for text in ["[pintle] env:prod  agents:3!1", "[pintle] inactive  note:a rather long note to be seen in full"] {
        set(&inner, "@pintle_hud", text);
        outer.shows(&pane, text);
    }
    uninstall(&sandbox, &inner);
    eventually("the text is gone", PATIENCE, || (!outer.capture(&pane).contains("[pintle]")).then_some(()));
}

/// The plugin as TPM has it: a folder, and in it a link to the script.
fn plugin(sandbox: &Sandbox) -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = sandbox.path("home/.tmux/plugins/pintle");
    fs::create_dir_all(folder.join("tmux")).expect("new folders");
    fs::copy(source.join("tmux/pintle.tmux"), folder.join("tmux/pintle.tmux")).expect("the script can be copied");
    let link = fs::read_link(source.join("pintle.tmux")).expect("TPM looks for *.tmux in the first folder only");
    symlink(link, folder.join("pintle.tmux")).expect("a new link");
    folder
}

fn write_program(path: &Path, text: &str) {
    use std::os::unix::fs::PermissionsExt as _;
    fs::write(path, text).expect("a new file");
    fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("our own file");
}

/// A PATH without any pintle.
fn bare_path() -> std::ffi::OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let bare = std::env::split_paths(&path).filter(|folder| !folder.join("pintle").exists()).collect::<Vec<_>>();
    std::env::join_paths(bare).expect("as it was")
}

#[test]
fn the_script_finds_pintle_and_prints_nothing() {
    for place in [".cargo/bin", ".local/bin", ".tmux/plugins/pintle/target/release", ""] {
        let mut sandbox = Sandbox::new();
        sandbox.set("PATH", bare_path());
        let folder = plugin(&sandbox);
        if !place.is_empty() {
            let bin = sandbox.path("home").join(place);
            fs::create_dir_all(&bin).expect("new folders");
            symlink(pintle(), bin.join("pintle")).expect("a new link");
        }
        for (server, script) in [("one", "pintle.tmux"), ("two", "tmux/pintle.tmux")] {
            let tmux = Tmux::with(&sandbox, server, Path::new("/dev/null"), "/bin/sh");
            let pane = tmux.panes().remove(0);
            tmux.run(&["run-shell", folder.join(script).to_str().expect("UTF-8")]);
            assert_eq!(tmux.format(&pane, "#{pane_in_mode}"), "0", "{place}: {}", tmux.capture(&pane));
            let log = fs::read_to_string(sandbox.log_folder().join("tmux.log")).unwrap_or_default();
            let installed = get(&tmux, "status-right").starts_with(PIECE);
            assert_eq!(installed, !place.is_empty(), "{place}: {log}");
            assert_eq!(log.contains("pintle is not in PATH"), place.is_empty(), "{place}: {log}");
        }
    }
}

#[test]
fn the_script_ends_well_where_nothing_can_be_written_or_reached() {
    let sandbox = Sandbox::new();
    let script = plugin(&sandbox).join("pintle.tmux");
    let run = |state: &str, tmux: &str| {
        let path =
            std::env::join_paths([pintle().parent().expect("a folder"), Path::new("/usr/bin"), Path::new("/bin")]);
        let script = sandbox.run(script.to_str().expect("UTF-8"), &[] as &[&str]);
        script.env("PATH", path.expect("a PATH")).env("XDG_STATE_HOME", state).env("TMUX", tmux).finish()
    };
    let state = sandbox.path("state");
    for state in ["/dev/null", state.to_str().expect("UTF-8")] {
        let finished = run(state, "/nonexistent/s,1,0");
        assert!(finished.success() && finished.stdout.is_empty() && finished.stderr.is_empty(), "{finished}");
    }
    let log = fs::read_to_string(sandbox.log_folder().join("tmux.log")).expect("a log");
    assert!(log.contains("/nonexistent/s"), "{log}");
}

#[test]
fn a_configuration_that_installs_is_sourced_at_the_start_and_again() {
    let sandbox = Sandbox::new();
    let config = sandbox.path("tmux.conf");
    let text = format!("set -g status-right 'mine;'\nrun-shell '{} tmux install'\n", pintle().display());
    fs::write(&config, text).expect("a new file");
    let tmux = Tmux::with(&sandbox, "test", &config, "/bin/sh");
    let shown = || (get(&tmux, "status-right") == format!("{PIECE}mine;")).then_some(());
    eventually("the HUD is in the status line", PATIENCE, shown);
    let first = all_of(&tmux);
    tmux.run(&["source-file", config.to_str().expect("UTF-8")]);
    assert_same(&first, &all_of(&tmux));
    let pane = tmux.panes().remove(0);
    assert_eq!(tmux.format(&pane, "#{pane_in_mode}"), "0", "{}", tmux.capture(&pane));
    // The daemon has heard of this tmux while it had no session yet.
    eventually("the text is there", PATIENCE, || get_or_none(&tmux, "@pintle_hud"));
    let log = fs::read_to_string(sandbox.log_folder().join("tmux.log")).unwrap_or_default();
    assert_eq!(log, "");
    uninstall(&sandbox, &tmux);
    assert_eq!(get(&tmux, "status-right"), "mine;");
}
