//! Tests of `pane.rs` against real servers.

use std::num::NonZeroU32;
use std::os::unix::ffi::OsStrExt;

use super::*;
use crate::tmux::private_server::{PrivateServer, eventually};
use crate::tmux::server::ServerId;

const PANE: PaneId = PaneId(0);

async fn start() -> (PrivateServer, Handle, PaneKey) {
    let server = PrivateServer::new();
    let handle = server.open().await;
    let key = find(&handle, PANE).await.unwrap();
    (server, handle, key)
}

fn runs(argv: &[&str]) -> ProgramSpec {
    ProgramSpec { argv: argv.iter().map(|word| word.as_bytes().to_vec()).collect(), ..ProgramSpec::default() }
}

fn below(program: ProgramSpec) -> SplitSpec {
    SplitSpec { direction: Direction::Below, size: None, focus: false, program }
}

async fn unset(handle: &Handle, scope: Scope<'_>) {
    let written = write_options(handle, &[OptionSpec { scope, name: "@pintle_env", value: None }]).await.unwrap();
    assert!(matches!(written[..], [Ok(())]), "{written:?}");
}

async fn shows(server: &PrivateServer, pane: PaneId, text: &str) {
    let shown = || server.run(&["capture-pane", "-p", "-t", &pane.to_string()]);
    eventually(text, || shown().contains(text).then_some(())).await;
}

#[tokio::test]
async fn a_list_survives_what_people_name_things() {
    let (server, handle, _) = start().await;
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let name = std::ffi::OsStr::from_bytes(b"a b;\n%9 \\ #{pid} ' \xff ;\n");
    let cwd = folder.path().join(name);
    std::fs::create_dir(&cwd).unwrap();
    let program = ProgramSpec { cwd: Some(cwd.as_os_str().as_bytes().to_vec()), ..runs(&["cat"]) };
    let hostile = "x ;\n$0 y #(touch pwned) \\ \"'; kill-server #{pane_pid}";
    let new = split(&handle, &find(&handle, PANE).await.unwrap(), &below(program)).await.unwrap();
    set_option(&handle, Scope::Pane(&new), "@pintle_agent", hostile.as_bytes()).await.unwrap();
    set_option(&handle, Scope::WindowOf(&new), "@pintle_grid", b"/a b").await.unwrap();
    // tmux asks the kernel for the folder of the process in front, of which there is none before it has begun.
    eventually("cat runs", || (!server.format("%1", "#{pane_current_path}").is_empty()).then_some(())).await;
    server.run(&["select-pane", "-t", "%1", "-T", "a ; title \\ with 'all' ; x"]);
    server.run(&["rename-session", "-t", "main", "my session;x"]);
    server.run(&["rename-window", "-t", "%0", "my window ; \\; x"]);
    let panes = list(&handle, Commands::Listed).await.unwrap();
    let [first, second] = &panes[..] else { panic!("{panes:?}") };
    assert_eq!((first.key.pane, &second.key), (PANE, &new));
    assert_eq!(second.session_name, "my session;x");
    // tmux keeps the backslash of a window's name as two, and from 3.7 on that of a title as well.
    assert_eq!(second.title, server.format("%1", "#{pane_title}"));
    assert_eq!(second.window_name, server.format("%1", "#{window_name}"));
    assert!(second.title.ends_with("with 'all' ; x") && second.window_name.ends_with("; x"));
    assert_eq!(second.agent.as_deref(), Some(hostile));
    assert_eq!((first.agent.as_deref(), first.grid.as_deref(), first.env.as_deref()), (None, Some("/a b"), None));
    assert_eq!(second.cwd.as_deref(), Some(cwd.as_path()));
    assert_eq!(second.command.as_deref(), Some("cat"));
    assert_eq!((first.cols, first.rows + second.rows), (80, 23));
    assert!(first.active && !second.active && !first.dead && !first.visible && !first.focused);
    let panes = list(&handle, Commands::Omitted).await.unwrap();
    assert!(panes.iter().all(|pane| pane.command.is_none()));
}

#[tokio::test]
async fn a_pane_is_visible_to_people_and_not_to_us() {
    let (server, handle, _) = start().await;
    server.run(&["new-window", "-d", "-t", "main", "cat"]);
    server.run(&["split-window", "-d", "-t", "%0", "cat"]);
    // A window that is in two sessions is listed once.
    server.run(&["new-session", "-d", "-s", "other", "cat"]);
    server.run(&["link-window", "-d", "-s", "main:0", "-t", "other:5"]);
    let seen = async || {
        let panes = list(&handle, Commands::Omitted).await.unwrap();
        let of = |flag: fn(&Pane) -> bool| panes.iter().filter(|pane| flag(pane)).map(|pane| pane.key.pane.0).collect();
        let (visible, focused): (Vec<u32>, Vec<u32>) = (of(|pane| pane.visible), of(|pane| pane.focused));
        (panes.len(), visible, focused)
    };
    assert_eq!(seen().await, (4, vec![], vec![]));
    let person = PrivateServer::without_sessions();
    let attach = format!("env -u TMUX tmux -S {} attach-session -t main", server.socket());
    let mut changes = handle.watch().await.unwrap();
    person.run(&["new-session", "-d", &attach]);
    while seen().await != (4, vec![0, 2], vec![0]) {
        changes.changed().await.unwrap();
    }
    server.run(&["resize-pane", "-Z", "-t", "%2"]);
    while seen().await != (4, vec![2], vec![2]) {
        changes.changed().await.unwrap();
    }
    person.run(&["kill-server"]);
    while seen().await != (4, vec![], vec![]) {
        changes.changed().await.unwrap();
    }
}

#[tokio::test]
async fn panes_are_split_respawned_and_killed() {
    let (server, handle, key) = start().await;
    let vars = vec![("A".to_owned(), b"x; kill-server".to_vec()), ("B".to_owned(), b"#{pid} $HOME ;".to_vec())];
    let program =
        ProgramSpec { vars, ..runs(&["sh", "-c", "printf '[%s][%s][%s]' \"$A\" \"$B\" \"$1\"; cat", "sh", "a b;"]) };
    let spec = SplitSpec { direction: Direction::Right, size: Some("30%".into()), focus: true, program };
    let new = split(&handle, &key, &spec).await.unwrap();
    assert_eq!((new.pane, new.pane_pid != key.pane_pid), (PaneId(1), true));
    shows(&server, new.pane, "[x; kill-server][#{pid}").await;
    assert_eq!(server.format("%1", "#{pane_active} #{pane_width}"), "1 24");
    let again = respawn(&handle, &new, &runs(&["echo respawned; cat"])).await.unwrap();
    assert_eq!(again.pane, new.pane);
    shows(&server, again.pane, "respawned").await;
    // The old key is history, for every operation.
    let stale =
        |result: Result<(), TmuxError>| assert!(matches!(result, Err(TmuxError::NoPane(PaneId(1)))), "{result:?}");
    stale(kill(&handle, &new).await);
    stale(send_text(&handle, &new, None, b"x").await);
    stale(select(&handle, &new).await);
    stale(set_option(&handle, Scope::Pane(&new), "@x", b"1").await);
    stale(respawn(&handle, &new, &runs(&["cat"])).await.map(drop));
    stale(split(&handle, &new, &spec).await.map(drop));
    stale(capture(&handle, &new, Lines::default(), Style::Plain).await.map(drop));
    kill(&handle, &again).await.unwrap();
    stale(kill(&handle, &again).await);
    stale(find(&handle, again.pane).await.map(drop));
    assert_eq!(server.panes(), [PANE]);
    let other = PaneKey { server: ServerId { start_time: 1, ..key.server.clone() }, ..key.clone() };
    assert!(matches!(kill(&handle, &other).await, Err(TmuxError::ServerGone(_))));
    let wrong = SplitSpec { size: Some("many".into()), ..spec.clone() };
    assert!(matches!(split(&handle, &key, &wrong).await, Err(TmuxError::NoSize(_))));
    server.run(&["resize-window", "-t", "main", "-x", "3", "-y", "1"]);
    let small = split(&handle, &key, &below(runs(&["cat"]))).await.unwrap_err();
    assert_eq!(small.to_string(), "tmux refused: %0 is too small to be split");
}

#[tokio::test]
async fn a_pane_in_which_nothing_runs_is_a_pane() {
    let (server, handle, _) = start().await;
    server.run(&["set-option", "-g", "remain-on-exit", "on"]);
    server.run(&["split-window", "false"]);
    server.run(&["split-window", ""]);
    eventually("its program has ended", || (server.format("%1", "#{pane_dead}") == "1").then_some(())).await;
    let panes = list(&handle, Commands::Omitted).await.unwrap();
    assert_eq!(panes.iter().map(|pane| pane.key.pane.0).collect::<Vec<_>>(), [0, 1, 2]);
    assert!(!panes[0].dead && panes[1].dead);
    for id in [1, 2] {
        let key = find(&handle, PaneId(id)).await.unwrap();
        assert_eq!(key, panes[id as usize].key);
        let lives = respawn(&handle, &key, &runs(&["cat"])).await.unwrap();
        let stale = kill(&handle, &key).await;
        assert!(lives != key && matches!(stale, Err(TmuxError::NoPane(_))), "{key:?} {lives:?} {stale:?}");
        kill(&handle, &lives).await.unwrap();
    }
    assert_eq!(server.panes(), [PANE]);
}

#[tokio::test]
async fn every_byte_is_typed() {
    let (server, handle, key) = start().await;
    let folder = tempfile::tempdir_in("/tmp").unwrap();
    let got = folder.path().join("got");
    let line = format!("stty raw -echo; echo ready; cat >{}", got.display());
    let key = respawn(&handle, &key, &runs(&[&line])).await.unwrap();
    shows(&server, key.pane, "ready").await;
    let mut text: Vec<u8> = (0..=255).collect();
    text.extend("é☃; C-c Enter\n".as_bytes());
    text.extend("plain; -l \\ \"it\"; ".repeat(5000).bytes());
    text.extend((0..20_000_u32).map(|number| (number % 251) as u8));
    send_text(&handle, &key, None, &text).await.unwrap();
    send_keys(&handle, &key, None, &["C-c", "Enter", ";", "-", "M-x", "é"].map(str::to_owned)).await.unwrap();
    let mut expected: Vec<u8> = text.iter().map(|byte| if *byte == b'\n' { b'\r' } else { *byte }).collect();
    expected.extend("\x03\r;-\x1bxé".as_bytes());
    eventually("all of it arrives", || (std::fs::read(&got).unwrap().len() >= expected.len()).then_some(())).await;
    assert!(std::fs::read(&got).unwrap() == expected);
}

#[tokio::test]
async fn nobody_types_into_copy_mode_or_keys_that_are_none() {
    let (server, handle, key) = start().await;
    let unknown = send_keys(&handle, &key, None, &["Enter", "Entr"].map(str::to_owned)).await;
    assert!(matches!(unknown, Err(TmuxError::NoKey(name)) if name == "Entr"));
    server.run(&["copy-mode", "-t", "%0"]);
    assert!(matches!(send_text(&handle, &key, None, b"q").await, Err(TmuxError::InMode(PANE))));
    assert!(list(&handle, Commands::Omitted).await.unwrap()[0].in_mode);
    server.run(&["send-keys", "-t", "%0", "-X", "cancel"]);
    send_text(&handle, &key, None, b"typed").await.unwrap();
    shows(&server, PANE, "typed").await;
    // What was seen holds until tmux says that something has changed, and it says so before anybody can know better.
    for _ in 0..20 {
        let seen = Some(handle.count());
        assert!(!list(&handle, Commands::Omitted).await.unwrap()[0].in_mode);
        server.run(&["copy-mode", "-t", "%0"]);
        let sent = send_text(&handle, &key, seen, b"q").await;
        assert!(matches!(sent, Err(TmuxError::InMode(PANE))), "{sent:?}");
        server.run(&["send-keys", "-t", "%0", "-X", "cancel"]);
    }
}

#[tokio::test]
async fn lines_are_captured_from_the_end() {
    let (server, handle, key) = start().await;
    let program = runs(&[
        "printf 'line %s\\n' $(seq 100); printf '\\033[31mred\\n\\ngreen\\033[0m \\n\\n'; echo 'a\\b #{pid}'; cat",
    ]);
    let key = respawn(&handle, &key, &program).await.unwrap();
    shows(&server, PANE, "a\\b").await;
    let lines = async |from: u32, to: u32, style| {
        let lines = Lines { from: NonZeroU32::new(from), to: NonZeroU32::new(to) };
        String::from_utf8(capture(&handle, &key, lines, style).await.unwrap()).unwrap()
    };
    assert_eq!(lines(1, 0, Style::Plain).await, "a\\b #{pid}\n");
    assert_eq!(lines(5, 2, Style::Plain).await, "red\n\ngreen\n\n");
    assert_eq!(lines(40, 40, Style::Plain).await, "line 66\n");
    assert_eq!(lines(5000, 105, Style::Plain).await, "line 1\n");
    let screen = lines(0, 0, Style::Plain).await;
    assert!(screen.starts_with("line 83\n") && screen.lines().count() == 23, "{screen}");
    // Where a colour ends is tmux's to say: until 3.4 it is left on, later not.
    let [red, green] = [lines(5, 5, Style::Ansi).await, lines(3, 3, Style::Ansi).await];
    assert!(red.starts_with("\x1b[31mred") && red.ends_with('\n'), "{red:?}");
    assert!(green.contains("\x1b[31mgreen"), "{green:?}");
}

#[tokio::test]
async fn panes_are_selected_and_options_set_and_unset() {
    let (server, handle, key) = start().await;
    let new = split(&handle, &key, &below(runs(&["cat"]))).await.unwrap();
    let active = || server.format("main", "#{pane_id}");
    server.run(&["new-window", "-t", "main", "cat"]);
    select(&handle, &new).await.unwrap();
    assert_eq!(active(), "%1");
    select_beside(&handle, &new, Side::Up).await.unwrap();
    assert_eq!(active(), "%0");
    let value = |format: &str| server.format("%1", format);
    for value_of_it in ["-g", "a b;", "#{pid}", "", ";"] {
        set_option(&handle, Scope::Pane(&new), "@pintle_env", value_of_it.as_bytes()).await.unwrap();
        assert_eq!(value("#{@pintle_env}"), value_of_it);
    }
    set_option(&handle, Scope::Global, "@pintle_env", b"everywhere").await.unwrap();
    set_option(&handle, Scope::WindowOf(&new), "@pintle_env", b"window").await.unwrap();
    unset(&handle, Scope::Pane(&new)).await;
    assert_eq!(value("#{@pintle_env}"), "window");
    unset(&handle, Scope::WindowOf(&new)).await;
    unset(&handle, Scope::WindowOf(&new)).await;
    assert_eq!(value("#{@pintle_env}"), "everywhere");
    unset(&handle, Scope::Global).await;
    assert_eq!(value("#{@pintle_env}"), "");
}

#[tokio::test]
async fn an_option_is_taken_from_a_pane_that_was_respawned() {
    let (server, handle, key) = start().await;
    let new = split(&handle, &key, &below(runs(&["cat"]))).await.unwrap();
    let value = || server.format("%1", "#{@x}");
    for text in ["ag-1", "a,b}c", "#{pane_id}", "##,#}", "%H", "#(touch pwned)", "é \"q\" ; $HOME"] {
        set_option(&handle, Scope::Pane(&find(&handle, new.pane).await.unwrap()), "@x", text.as_bytes()).await.unwrap();
        server.run(&["respawn-pane", "-k", "-t", "%1", "cat"]);
        unset_value(&handle, &new, "@x", &format!("{text}x")).await.unwrap();
        assert_eq!(value(), text, "it has another value");
        unset_value(&handle, &new, "@x", text).await.unwrap();
        assert_eq!(value(), "");
    }
    server.run(&["kill-pane", "-t", "%1"]);
    unset_value(&handle, &new, "@x", "ag-1").await.unwrap();
    let other = PaneKey { server: ServerId { start_time: 1, ..key.server.clone() }, ..key };
    assert!(matches!(unset_value(&handle, &other, "@x", "ag-1").await, Err(TmuxError::ServerGone(_))));
}
