//! Tests of `render.rs`. What a real tmux shows is in `tests/hud_in_tmux.rs`.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::hud::color::Color;
use crate::hud::segment::{Emphasis, agents, note, uptime};

fn segment(name: &str, value: &str) -> Segment {
    Segment::new(name, 50, "gear", value)
}

fn look(theme: Option<Theme>) -> Look {
    Look { theme, ..Look::default() }
}

#[track_caller]
fn check(look: &Look, segments: &[Segment], expected: &str) {
    assert_eq!(render(look, segments, Format::Plain), expected);
}

#[test]
fn the_line_is_what_the_protocol_shows() {
    let env = Segment::new("env", 10, "pintle", "prod");
    let up = uptime(Duration::from_secs(2 * 3600 + 15 * 60));
    check(&Look::default(), &[up.clone(), env.clone()], "[pintle] env:prod  uptime:2h15m");
    check(
        &Look::default(),
        &[up, note(Some("tests are green"), false), agents(3, 1), env],
        "[pintle] env:prod  agents:3!1  uptime:2h15m  note:tests are green",
    );
}

#[test]
fn what_says_nothing_is_hidden() {
    check(&Look::default(), &[], "[pintle] inactive");
    check(&Look::default(), &[agents(0, 0), note(None, false)], "[pintle] inactive");
    check(&Look::default(), &[agents(0, 0), segment("x", "1")], "[pintle] x:1");
}

#[test]
fn the_look_is_the_users() {
    let both = [segment("a", "1"), segment("b", "2")];
    check(&Look { label: "box".into(), ..Look::default() }, &both, "[box] a:1  b:2");
    let wrapped = Look { left: "<".into(), right: ">".into(), ..Look::default() };
    check(&wrapped, &both, "[pintle] <a:1>  <b:2>");
    check(&Look { padding: 1, ..wrapped.clone() }, &both, "[pintle] < a:1 >  < b:2 >");
    check(&Look { padding: 200, ..wrapped }, &both[..1], "[pintle] <        a:1        >");
    let layout = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
    check(&Look { layout: layout(&["b", "later", "a"]), ..Look::default() }, &both, "[pintle] b:2  a:1");
    check(&Look { layout: layout(&[]), ..Look::default() }, &both, "[pintle] inactive");
}

#[test]
fn every_format_has_its_own_styles() {
    let prod = [segment("env", "prod").with(Emphasis::Color(Color::Indexed(1))), agents(2, 0)];
    let check = |theme, format, expected| assert_eq!(render(&look(theme), &prod, format), expected);
    let classic = Some(Theme::Classic);
    check(
        classic,
        Format::Tmux,
        "#[bold][pintle]#[default] agents:#[bold]2#[default]  env:#[bold,fg=colour231,bg=red]prod#[default]",
    );
    check(classic, Format::Ansi, "\x1b[1m[pintle]\x1b[0m agents:\x1b[1m2\x1b[0m  env:\x1b[1;38;5;231;41mprod\x1b[0m");
    check(classic, Format::Plain, "[pintle] agents:2  env:prod");
    for format in [Format::Tmux, Format::Ansi] {
        check(None, format, "[pintle] agents:2  env:prod");
    }
    // Neighbours of the same style share it.
    check(
        Some(Theme::Inverted),
        Format::Tmux,
        "#[bold,reverse][pintle]#[default] #[reverse]agents:#[default]#[bold,reverse]2#[default]  \
         #[reverse]env:#[default]#[bold,fg=colour231,bg=red]prod#[default]",
    );
}

#[test]
fn text_from_outside_stays_text() {
    let check = |value, tmux: &str| {
        let line = render(&look(None), &[segment("x", value)], Format::Tmux);
        assert_eq!(line.strip_prefix("[pintle] x:"), Some(tmux));
    };
    check("#(touch pwned)", "##(touch pwned)");
    check("#[fg=red]", "##[fg=red]");
    check("##", "####");
    check("a#", "a##");
    check("%H 100%", "%H 100%");
    let everywhere = Look { label: "#H".into(), left: "#(".into(), right: "#".into(), ..look(None) };
    assert_eq!(render(&everywhere, &[segment("#x", "1")], Format::Tmux), "[##H] ##(##x:1##");
}

/// Texts of the kind that break things.
fn text() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        Just("#".to_owned()),
        Just("#[".to_owned()),
        Just("#(x)".to_owned()),
        Just("\x1b[31m".to_owned()),
        Just("\u{9b}m".to_owned()),
        any::<String>(),
    ];
    prop::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

prop_compose! {
    fn any_look()(label in text(), left in text(), right in text(), padding in any::<u8>(),
        theme in prop::option::of(prop::sample::select(Theme::ALL.to_vec()))) -> Look {
        Look { label, left, right, padding, theme, layout: None }
    }
}

fn any_segments() -> impl Strategy<Value = Vec<Segment>> {
    let emphasis = prop_oneof![
        Just(None),
        Just(Some(Emphasis::Alert)),
        any::<u8>().prop_map(|index| Some(Emphasis::Color(Color::Indexed(index)))),
    ];
    let segment = (text(), any::<u32>(), text(), emphasis).prop_map(|(name, priority, value, emphasis)| {
        let segment = Segment::new(&name, priority, "gear", &value);
        emphasis.map_or(segment.clone(), |emphasis| segment.with(emphasis))
    });
    prop::collection::vec(segment, 0..6)
}

/// What tmux shows of a value: every second `#`, no styles; fails at a `#` that would do anything else.
fn as_tmux_shows(line: &str) -> String {
    let (mut out, mut rest) = (String::new(), line);
    while let Some(at) = rest.find('#') {
        out.push_str(&rest[..at]);
        rest = &rest[at..];
        if let Some(after) = rest.strip_prefix("##") {
            out.push('#');
            rest = after;
        } else {
            let style = rest.strip_prefix("#[").and_then(|rest| rest.split_once(']')).expect("a style or two #");
            assert!(!style.0.contains('#') || style.0.contains("=#"), "{line:?}");
            rest = style.1;
        }
    }
    out + rest
}

fn without_sequences(line: &str) -> String {
    let mut pieces = line.split("\x1b[");
    let first = pieces.next().unwrap_or_default().to_owned();
    pieces.fold(first, |text, piece| {
        let (codes, rest) = piece.split_once('m').expect("the end of a colour");
        assert!(codes.chars().all(|c| c.is_ascii_digit() || c == ';'), "{line:?}");
        text + rest
    })
}

proptest! {
    #[test]
    fn all_formats_show_the_same_text(look in any_look(), segments in any_segments()) {
        let plain = render(&look, &segments, Format::Plain);
        prop_assert!(!plain.chars().any(char::is_control), "{plain:?}");
        let tmux = render(&look, &segments, Format::Tmux);
        prop_assert!(!tmux.chars().any(char::is_control), "{tmux:?}");
        prop_assert_eq!(as_tmux_shows(&tmux), plain.clone());
        prop_assert_eq!(without_sequences(&render(&look, &segments, Format::Ansi)), plain);
    }
}
