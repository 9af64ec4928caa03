use proptest::prelude::*;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier};

use super::super::event::{Event, Told};
use super::*;
use crate::cli::agents::sample;
use crate::cli::keyboard::Key;
use crate::protocol::typed::reply::{Activity, Agent, StatusReport};

fn report(agents: Vec<Agent>) -> StatusReport {
    StatusReport { agents, ..StatusReport::default() }
}

fn agents() -> Vec<Agent> {
    let mut asker = sample("ag-bbbb2222", "quiet-rudder", Activity::Blocked);
    asker.because = "its screen shows a question that wants an answer".to_owned();
    let mut wide = sample("ag-cccc3333", "日本語の名前でとても長い", Activity::Idle);
    wide.agent_type = "codex".to_owned();
    let hostile = format!("\x1b[2J\u{202e}evil\r\n{}", "long".repeat(50));
    vec![sample("ag-aaaa1111", &hostile, Activity::Working), asker, wide]
}

fn state(cols: u16, rows: u16) -> State {
    let mut state = State::new("/p".to_owned(), Some(report(agents())), (cols, rows));
    let screen = "\x1b[32m● Edit\x1b[0m src/main.rs\n\nDo you want to go on?\n\x1b[7m❯ 1. Yes\x1b[0m\n  2. No";
    state.update(Event::Screen("ag-bbbb2222".to_owned(), Ok(screen.to_owned())));
    state
}

fn press(state: &mut State, keys: &[Key]) {
    for key in keys {
        state.update(Event::Key(*key));
    }
}

fn drawn(state: &State, (cols, rows): (u16, u16), color: bool) -> Buffer {
    let mut buffer = Buffer::empty(Rect::new(0, 0, cols, rows));
    draw(state, Theme { color }, &mut buffer);
    buffer
}

fn text(buffer: &Buffer) -> String {
    let row = |y| {
        let mut row = String::new();
        let mut x = 0;
        while x < buffer.area.width {
            let symbol = buffer[(x, y)].symbol();
            row.push_str(symbol);
            x += columns(symbol).max(1);
        }
        row.trim_end().to_owned() + "\n"
    };
    (0..buffer.area.height).map(row).collect()
}

fn shown(state: &State, cols: u16, rows: u16) -> String {
    text(&drawn(state, (cols, rows), false))
}

#[test]
fn wide_side_by_side() {
    insta::assert_snapshot!(shown(&state(120, 30), 120, 30), @r#"
    find:                                                                                                                5/5
    > quiet-rudder                     ? blocked    │ quiet-rudder · its screen shows a question that wants an answer
      日本語の名前でとても長い         · idle       │ ● Edit src/main.rs
      [2Jevil longlonglonglonglonglo…  ● working    │
      suspend all agents  they rest until they are …│ Do you want to go on?
      reload settings  reads config files again, an…│ ❯ 1. Yes
                                                    │   2. No
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
                                                    │
    Enter show here  Esc leave  C-s send  C-o open below  C-k kill  C-z suspend  C-r rename  C-v preview  C-l look again
    "#);
}

#[test]
fn eighty_by_twenty_four_one_above_the_other() {
    insta::assert_snapshot!(shown(&state(80, 24), 80, 24), @r#"
    find:                                                                        5/5
    > quiet-rudder                    ? blocked    claude    its screen shows a que…
      日本語の名前でとても長い        · idle       codex     its screen moves
      [2Jevil longlonglonglonglongl…  ● working    claude    its screen moves
      suspend all agents  they rest until they are resumed
      reload settings  reads config files again, and says what is wrong in them



    ── quiet-rudder · its screen shows a question that wants an answer ─────────────
    ● Edit src/main.rs

    Do you want to go on?
    ❯ 1. Yes
      2. No







    Enter show here  Esc leave  C-s send  C-o open below  C-k kill  C-z suspend
    C-r rename  C-v preview  C-l look again
    "#);
}

#[test]
fn small_without_a_preview() {
    insta::assert_snapshot!(shown(&state(40, 10), 40, 10), @r#"
    find:                                5/5
    > quiet-rudder             ? blocked
      日本語の名前でとても長…  · idle
      [2Jevil longlonglonglo…  ● working
      suspend all agents  they rest until t…
      reload settings  reads config files a…



    Enter show here  Esc leave  C-s send
    "#);
}

#[test]
fn a_search_and_a_question() {
    let mut state = state(60, 8);
    press(&mut state, &[Key::Char('r'), Key::Char('u'), Key::Char('d')]);
    press(&mut state, &[Key::Ctrl('k')]);
    insta::assert_snapshot!(shown(&state, 60, 8), @r#"
    kill quiet-rudder (blocked) and all that it has start… y/n
    > quiet-rudder  ? blocked    claude    its screen shows a q…





    y yes  any other key no
    "#);
}

#[test]
fn nothing_to_show() {
    let mut state = State::new("/here".to_owned(), None, (60, 14));
    insta::assert_snapshot!(shown(&state, 60, 14), @r#"
    find:                                                    1/1
    > make this folder a project  /here is no project yet; this…



    ── make this folder a project ──────────────────────────────
    /here is no project yet; this makes a .pintle/ in it





    Enter do it  Esc leave  Up/Down choose  C-v preview
    "#);
    state.update(Event::Done(Ok(Told::Initialised)));
    press(&mut state, &[Key::Char('z'), Key::Char('z')]);
    insta::assert_snapshot!(shown(&state, 60, 14), @r#"
    find: zz                                       no agents yet
      nothing is called so; C-u begins anew



    ────────────────────────────────────────────────────────────






    Esc leave  C-u all
    "#);
}

#[test]
fn what_happened_stands_at_the_foot() {
    let mut state = state(30, 8);
    state.update(Event::Done(Err("claude cannot be started: no such program in PATH (install it)".to_owned())));
    insta::assert_snapshot!(shown(&state, 30, 8), @r#"
    find:                      5/5
    > quiet-rudder   ? blocked
      日本語の名前…  · idle
      [2Jevil long…  ● working
      suspend all agents  they re…
    claude cannot be started: no
    such program in PATH (install
    it)
    "#);
    // Where there is no foot, it stands where the line is.
    state.update(Event::Resized(30, 2));
    insta::assert_snapshot!(shown(&state, 30, 2), @r#"
    claude cannot be started: no …
    > quiet-rudder   ? blocked
    "#);
}

#[test]
fn without_colours_no_cell_is_coloured_or_turned() {
    let mut state = state(120, 30);
    press(&mut state, &[Key::Char('r'), Key::Char('u'), Key::Char('d')]);
    let plain = drawn(&state, (120, 30), false);
    let untouched = |cell: &ratatui::buffer::Cell| {
        cell.fg == Color::Reset && cell.bg == Color::Reset && !cell.modifier.contains(Modifier::REVERSED)
    };
    assert!(plain.content().iter().all(untouched));
    assert_eq!(plain[(0, 1)].symbol(), ">");
    assert!(plain[(8, 1)].modifier.contains(Modifier::UNDERLINED), "{:?}", plain[(8, 1)]);
    let colored = drawn(&state, (120, 30), true);
    assert!(colored[(0, 1)].modifier.contains(Modifier::REVERSED));
    assert!(colored.content().iter().any(|cell| cell.fg == Color::Indexed(2)), "the agent's own green");
}

#[test]
fn the_chosen_one_is_always_in_view() {
    let mut state = state(40, 5);
    for _ in 0..4 {
        let name: String = state.entry().unwrap().name.chars().take(5).collect();
        let shown = shown(&state, 40, 5);
        assert!(shown.contains(&format!("> {name}")), "{name}:\n{shown}");
        press(&mut state, &[Key::Down]);
    }
}

#[test]
fn texts_are_cut_to_their_room() {
    fn check(text: &str, room: u16, expected: &str) {
        assert_eq!(fitted(text, room), expected, "{text} in {room}");
    }
    check("abc", 3, "abc");
    check("abcd", 3, "ab…");
    check("abc", 0, "");
    check("abc", 1, "…");
    check("日本語", 6, "日本語");
    check("日本語", 5, "日本…");
    check("日本語", 4, "日…");
    assert_eq!((tail("abc", 2), tail("日本", 3), tail("", 0)), ("bc".to_owned(), "本".to_owned(), String::new()));
}

#[test]
fn an_excerpt_squeezes_blanks_and_then_keeps_the_end() {
    fn check(screen: &str, height: usize, expected: &str) {
        let lines = super::super::picture::lines(screen);
        let shown: Vec<String> = excerpt(&lines, height).iter().map(ToString::to_string).collect();
        assert_eq!(shown.join("|"), expected, "{screen:?} in {height}");
    }
    check("", 3, "");
    check("a\n\n\nb", 4, "a|||b");
    check("a\n\n \nb", 3, "a||b");
    check("a\n\n \nb\nc", 2, "b|c");
    check("a\nb", 0, "");
}

proptest! {
    /// At any size, with any names and any screen, also when the terminal is smaller than the state was told.
    #[test]
    fn never_panics(
        (cols, rows) in (0u16..130, 0u16..40),
        (told_cols, told_rows) in (0u16..130, 0u16..40),
        (name, because, screen, line) in any::<(String, String, String, String)>(),
        keys in prop::collection::vec(prop::sample::select(vec![
            Key::Down, Key::Up, Key::Enter, Key::Escape, Key::Ctrl('k'), Key::Ctrl('s'), Key::Ctrl('r'), Key::Ctrl('v'),
            Key::Char('y'), Key::PageDown,
        ]), 0..8),
    ) {
        let mut agent = sample("ag-aaaa1111", &name, Activity::Idle);
        agent.because = because;
        let mut state = State::new(name, Some(report(vec![agent])), (told_cols, told_rows));
        state.update(Event::Screen("ag-aaaa1111".to_owned(), Ok(screen)));
        press(&mut state, &line.chars().map(Key::Char).collect::<Vec<_>>());
        press(&mut state, &keys);
        drawn(&state, (cols, rows), true);
        state.update(Event::Done(Err(line)));
        drawn(&state, (cols, rows), false);
    }
}

#[test]
fn at_eighty_columns_nothing_that_is_said_is_cut() {
    let mut done = sample("ag-dddd4444", "finished", Activity::Done);
    done.because = "ended with code 0".to_owned();
    let mut agents = agents();
    agents.push(done);
    let mut state = State::new("/p".to_owned(), Some(report(agents)), (80, 24));
    let picture = shown(&state, 80, 24);
    assert!(picture.contains(" quiet-rudder · its screen shows a question that wants an answer "), "{picture}");
    assert!(picture.contains("C-l look again"), "{picture}");
    // The last of all, dim, and nothing is offered that only the living can do.
    press(&mut state, &[Key::Up]);
    let buffer = drawn(&state, (80, 24), true);
    let picture = text(&buffer);
    assert!(picture.contains("> finished"), "{picture}");
    assert!(!picture.contains("C-s send") && picture.contains("C-k kill"), "{picture}");
    let row =
        (0..24).find(|y| text(&buffer).lines().nth(usize::from(*y)).is_some_and(|line| line.starts_with("> finished")));
    assert!(buffer[(2, row.expect("its row"))].modifier.contains(Modifier::DIM), "{picture}");
}

#[test]
fn a_path_that_is_longer_than_a_line_is_told_to_its_end() {
    let mut state = state(80, 24);
    let path = format!("/{}/end", "long/".repeat(30));
    state.update(Event::Done(Err(format!("{path}: is no project"))));
    let picture = shown(&state, 80, 24);
    assert!(picture.contains("/end: is\nno project\n"), "{picture}");
}
