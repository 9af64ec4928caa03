//! What a real tmux shows of the HUD, in `display-message` and on the status line of an attached client.
//!
//! Two servers: the inner one has the option and a client, and that client runs in a pane of the outer one, where its screen can
//! be read. Both have sockets of their own in a temporary folder and end with the test. Nothing waits for a while: the outer
//! server reports every output of the pane to a control-mode client, and each report is a reason to look again.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::Duration;

use pintle::base::clock::Clock;
use pintle::hud::color::Color;
use pintle::hud::push::{GAP, Push, Target, Wanted, Write};
use pintle::hud::render::{Format, Look, render};
use pintle::hud::segment::{Emphasis, Segment};
use pintle::hud::theme::Theme;
use tempfile::TempDir;

/// Longest silence of a screen that should change.
const PATIENCE: Duration = Duration::from_secs(20);
/// Stands at both ends of the line, so that blanks at an end are seen and a half-drawn line is not taken for a whole one.
const MARK: char = '|';

struct Tmux {
    folder: TempDir,
    /// Speaks control mode with the outer server.
    watcher: Child,
    moved: Receiver<()>,
}

fn tmux(folder: &Path, server: &str, args: &[&str]) -> Command {
    let mut command = Command::new("tmux");
    command.args(["-u", "-f", "/dev/null", "-S"]).arg(folder.join(server)).args(args);
    command.env_remove("TMUX").env_remove("TMUX_PANE").env("TERM", "xterm-256color").stdin(Stdio::null());
    command
}

#[track_caller]
fn run(folder: &Path, server: &str, args: &[&str]) -> String {
    let output = tmux(folder, server, args).output().expect("tmux is installed");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "tmux {args:?} on the {server} server: {said}");
    String::from_utf8(output.stdout).expect("UTF-8")
}

impl Tmux {
    fn new() -> Self {
        let folder = tempfile::Builder::new().prefix("pintle-hud-").tempdir_in("/tmp").expect("a folder in /tmp");
        let at = folder.path();
        run(at, "inner", &["new-session", "-d", "-x", "200", "-y", "5", "cat"]);
        let bar = format!("{MARK}#{{@pintle_hud}}{MARK}");
        let options = [("status-left", ""), ("status-right", &bar), ("status-right-length", "200")];
        let windows = [("window-status-format", ""), ("window-status-current-format", "")];
        // Drawn when the option changes, and at no other time.
        for (option, value) in options.into_iter().chain(windows).chain([("status-interval", "0")]) {
            run(at, "inner", &["set-option", "-g", option, value]);
        }
        let attach = format!("exec env -u TMUX tmux -u -S '{}' attach-session", at.join("inner").display());
        run(at, "outer", &["new-session", "-d", "-x", "200", "-y", "5", &attach]);
        let mut watcher = tmux(at, "outer", &["-C", "attach-session"]);
        let mut watcher = watcher.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("tmux is installed");
        let said = BufReader::new(watcher.stdout.take().expect("a pipe"));
        // One report is enough for any number of changes; the thread ends with the watcher's output.
        let (report, moved) = sync_channel(1);
        std::thread::spawn(move || {
            for _ in said.split(b'\n') {
                let _ = report.try_send(());
            }
        });
        Self { folder, watcher, moved }
    }

    fn set(&self, line: &str) {
        run(self.folder.path(), "inner", &["set-option", "-g", "--", "@pintle_hud", line]);
    }

    /// `display-message -p '#{@pintle_hud}'`.
    fn message(&self) -> String {
        let shown = run(self.folder.path(), "inner", &["display-message", "-p", "#{@pintle_hud}"]);
        shown.strip_suffix('\n').expect("a line").to_owned()
    }

    /// What stands between the marks on the status line of the attached client, once `is_it` says so; `styled` with the sequences
    /// that colour it.
    #[track_caller]
    fn drawn(&self, styled: bool, is_it: impl Fn(&str) -> bool) -> String {
        let args: &[&str] = if styled { &["capture-pane", "-p", "-e"] } else { &["capture-pane", "-p"] };
        loop {
            let screen = run(self.folder.path(), "outer", args);
            let bar = screen.lines().next_back().unwrap_or_default();
            let between = bar.split_once(MARK).and_then(|(_, rest)| rest.rsplit_once(MARK));
            match between {
                Some((line, _)) if is_it(line) => return line.to_owned(),
                _ => {}
            }
            let moved = self.moved.recv_timeout(PATIENCE);
            assert!(moved.is_ok(), "the screen did not change for {PATIENCE:?}; it shows:\n{screen}");
        }
    }
}

impl Drop for Tmux {
    fn drop(&mut self) {
        for server in ["outer", "inner"] {
            let _ = tmux(self.folder.path(), server, &["kill-server"]).output();
        }
        let _ = self.watcher.kill();
        let _ = self.watcher.wait();
    }
}

/// Does what is to be written. `None` unsets.
fn write(tmux: &Tmux, writes: &[Write<String>]) {
    for Write { target, text } in writes {
        let mut args = vec!["set-option"];
        match target {
            Target::Global => args.push("-g"),
            Target::Pane(pane) => args.extend(["-p", "-t", pane]),
        }
        if text.is_none() {
            args.push("-u");
        }
        args.extend(["--", "@pintle_hud"]);
        args.extend(text.as_deref());
        run(tmux.folder.path(), "inner", &args);
    }
}

#[test]
fn every_pane_shows_what_was_pushed_for_it() {
    let tmux = Tmux::new();
    let first = run(tmux.folder.path(), "inner", &["display-message", "-p", "#{pane_id}"]);
    let second = run(tmux.folder.path(), "inner", &["split-window", "-h", "-P", "-F", "#{pane_id}", "cat"]);
    let panes = [first.trim().to_owned(), second.trim().to_owned()];
    let (mut push, mut now) = (Push::default(), Clock::default().instant());
    // What all see, what each of the two sees, and how many options have to be written for that.
    for (global, texts, count) in
        [("a", ["a", "b"], 2), ("b", ["a", "b"], 3), ("b", ["b", "b"], 1), ("c", ["b", "c"], 2)]
    {
        let wanted = panes.iter().cloned().zip(texts.map(Arc::from)).collect();
        let writes = push.changed(now, Wanted { global: Some(Arc::from(global)), panes: wanted });
        assert_eq!(writes.len(), count, "{writes:?}");
        write(&tmux, &writes);
        now += GAP;
        for (pane, text) in panes.iter().zip(texts) {
            let shown = run(tmux.folder.path(), "inner", &["display-message", "-p", "-t", pane, "#{@pintle_hud}"]);
            assert_eq!(shown.trim_end(), text, "{pane}");
        }
        // The status line is that of the active pane, the second.
        tmux.drawn(false, |drawn| drawn == texts[1]);
    }
    write(&tmux, &push.changed(now, Wanted::default()));
    for scope in ["-g", "-p"] {
        let options = run(tmux.folder.path(), "inner", &["show-options", scope]);
        assert!(!options.lines().any(|option| option.starts_with("@pintle_hud")), "{scope}: {options}");
    }
}

fn look(theme: Option<Theme>) -> Look {
    Look { theme, ..Look::default() }
}

/// Texts that tmux would act on if it could, and what is to be seen of them.
fn hostile(pwned: &str) -> Vec<(String, String)> {
    let as_they_are = [
        format!("#(touch {pwned})"),
        format!("$(touch {pwned}); `id`"),
        format!("'; run-shell 'touch {pwned}'"),
        "#[fg=red]red #[align=left] #[default]".to_owned(),
        "#{pid} #{session_name} #S #H ##{pid}".to_owned(),
        "%H:%M %% 100%".to_owned(),
        "## ### a##[b]".to_owned(),
        "# #".to_owned(),
        "a#".to_owned(),
        "a##".to_owned(),
        "#".to_owned(),
        "a,b}c#,d#}e".to_owned(),
        "-g \\; kill-server \\".to_owned(),
        "日本語 é e\u{301} 🚀 Ж".to_owned(),
    ];
    let mut texts: Vec<_> = as_they_are.into_iter().map(|text| (text.clone(), text)).collect();
    texts.push(("one\ntwo\r\n\tthree".to_owned(), "one two three".to_owned()));
    texts.push(("\x1b[31mred\x07".to_owned(), "[31mred".to_owned()));
    texts
}

#[test]
fn text_from_outside_is_shown_as_it_is_and_runs_nothing() {
    let tmux = Tmux::new();
    let pwned = tmux.folder.path().join("pwned");
    for theme in [None, Some(Theme::Classic)] {
        for (text, seen) in hostile(&pwned.display().to_string()) {
            let segments = [Segment::new("title", 50, "gear", &text), Segment::new("z", 60, "gear", "1")];
            let line = render(&look(theme), &segments, Format::Tmux);
            tmux.set(&line);
            // The option is exactly what was rendered; nothing in it was expanded.
            assert_eq!(tmux.message(), line);
            let expected = format!("[pintle] title:{seen}  z:1");
            assert_eq!(render(&look(theme), &segments, Format::Plain), expected);
            tmux.drawn(false, |drawn| drawn == expected);
        }
    }
    // An unwise status line expands the text twice: that runs nothing either.
    let segments = [Segment::new("title", 50, "gear", &format!("#(touch {})", pwned.display()))];
    tmux.set(&render(&look(None), &segments, Format::Tmux));
    run(tmux.folder.path(), "inner", &["set-option", "-g", "status-right", "|twice #{E:@pintle_hud}|"]);
    tmux.drawn(false, |drawn| drawn == format!("twice [pintle] title:#(touch {})", pwned.display()));
    assert!(!pwned.exists(), "a text was run");
}

/// The last segment ends in `#`: it must not swallow what tmux puts behind the line.
#[test]
fn a_hash_at_the_end_stays_one() {
    let tmux = Tmux::new();
    for value in ["#", "a##", "#["] {
        tmux.set(&render(&look(None), &[Segment::new("x", 50, "gear", value)], Format::Tmux));
        tmux.drawn(false, |drawn| drawn == format!("[pintle] x:{value}"));
    }
}

#[test]
fn styles_of_every_theme_are_drawn_and_end_with_the_line() {
    let tmux = Tmux::new();
    run(tmux.folder.path(), "inner", &["set-option", "-g", "status-style", "default"]);
    let env = Segment::new("env", 10, "pintle", "prod").with(Emphasis::Color(Color::Indexed(1)));
    let alert = Segment::new("agents", 15, "pintle", "3!1").with(Emphasis::Alert);
    for theme in Theme::ALL {
        let segments = [env.clone(), alert.clone(), Segment::new("theme", 50, "gear", theme.as_str())];
        tmux.set(&render(&look(Some(theme)), &segments, Format::Tmux));
        let expected = format!("[pintle] env:prod  agents:3!1  theme:{}", theme.as_str());
        tmux.drawn(false, |drawn| drawn == expected);
        let styled = tmux.drawn(true, |drawn| drawn.contains(theme.as_str()));
        let red = styled.contains("\x1b[41m");
        assert_eq!(red, theme != Theme::Mono, "{}: {styled:?}", theme.as_str());
        assert!(styled.contains("\x1b["), "{}: {styled:?}", theme.as_str());
        // Behind the last letter everything is as before: the mark that follows carries no style of ours.
        let last = styled.rsplit(theme.as_str()).next().unwrap_or_default();
        let resets = ["\x1b[0m", "\x1b[39m", "\x1b[49m"];
        let rest = resets.iter().fold(last.to_owned(), |rest, reset| rest.replace(reset, ""));
        assert_eq!(rest, "", "{}: {last:?}", theme.as_str());
    }
}
