//! Tests of `grid.rs`: written layouts, every text, and what real windows look like.

use proptest::prelude::*;

use super::*;
use crate::tmux::private_server::PrivateServer;

/// With the right checksum.
fn layout(rest: &str) -> String {
    format!("{:04x},{rest}", checksum(rest.as_bytes()))
}

fn pane(cols: u32, rows: u32, left: u32, top: u32, id: u32) -> Cell {
    Cell { cols, rows, left, top, content: Content::Pane(PaneId(id)) }
}

#[test]
fn a_layout_of_tmux_itself() {
    let text = "4dd6,80x24,0,0{40x24,0,0,0,39x24,41,0[39x12,41,0,1,39x11,41,13,2]}";
    let right = Content::Split(Axis::Horizontal, vec![pane(39, 12, 41, 0, 1), pane(39, 11, 41, 13, 2)]);
    let right = Cell { cols: 39, rows: 24, left: 41, top: 0, content: right };
    let content = Content::Split(Axis::Vertical, vec![pane(40, 24, 0, 0, 0), right]);
    let window = Cell { cols: 80, rows: 24, left: 0, top: 0, content };
    let text = layout(&text[5..]);
    assert_eq!(text.parse(), Ok(window.clone()));
    assert_eq!(window.to_string(), text);
    let shares: Vec<f64> = window.shares().iter().map(|shared| shared.share).collect();
    assert_eq!(shares, [40.0 / 79.0, 39.0 / 79.0]);
    assert!(window.shares()[0].cell.shares().is_empty());
}

#[test]
fn a_layout_of_tmux_3_8() {
    let panes = r#"{"t":"p","w":40,"h":24,"x":0,"y":0,"l":1,"i":0,"I":"%0"},{"t":"v","w":39,"h":24,"x":41,"y":0,"c":[
        {"t":"p","w":39,"h":12,"x":41,"y":0,"a":true,"i":1,"I":"%1"},{"t":"p","w":39,"h":11,"x":41,"y":13,"i":2,"I":"%2"}]}"#;
    let floats = r#"{"t":"p","w":40,"h":6,"x":4,"y":2,"l":0,"i":3,"z":0,"I":"%3"}"#;
    let window = |cells: &str| format!(r#"{{"V":2,"L":{{"t":"h","w":80,"h":24,"x":0,"y":0,"c":[{cells}]}}}}"#);
    let expected = layout("80x24,0,0{40x24,0,0,0,39x24,41,0[39x12,41,0,1,39x11,41,13,2]}").parse::<Cell>();
    assert!(expected.is_ok());
    assert_eq!(window(panes).parse(), expected);
    assert_eq!(window(&format!("{panes},{floats}")).parse(), expected, "a pane that floats is not among them");
    let alone = r#"{"t":"p","w":80,"h":24,"x":0,"y":0,"i":0,"I":"%0"}"#;
    assert_eq!(window(&format!("{alone},{floats}")).parse(), Ok(pane(80, 24, 0, 0, 0)));
    assert_eq!(format!(r#"{{"V":2,"L":{alone}}}"#).parse(), Ok(pane(80, 24, 0, 0, 0)));
    for (from, to, key) in
        [("\"%0\"", "0", "I"), ("\"t\":\"h\"", "\"t\":\"q\"", "t"), ("80", "-80", "w"), ("c", "d", "c")]
    {
        let wrong = window(alone).replacen(from, to, 1);
        let error = wrong.parse::<Cell>().unwrap_err().to_string();
        assert!(error.contains(&format!("`{key}`")), "{wrong}: {error}");
    }
    for wrong in ["{", "{}", &window(""), &window(floats), &window(&"[".repeat(100_000))] {
        assert!(matches!(wrong.parse::<Cell>(), Err(LayoutError::Object(_))), "{wrong}");
    }
}

#[track_caller]
fn check(rest: &str, expected: &'static str, at: usize) {
    assert_eq!(layout(rest).parse::<Cell>(), Err(LayoutError::Expected { expected, at }));
}

#[test]
fn what_is_no_layout() {
    check("", "number", 5);
    check("80", "x", 7);
    check("80x24", "comma", 10);
    check("80x24,0,0", "pane number or split", 14);
    check("80x24,0,0,", "number", 15);
    check("80x24,0,0,1,", "end", 16);
    check("80x24,0,0{}", "number", 15);
    check("80x24,0,0{80x24,0,0,1]", "comma or closing bracket", 26);
    check("99999999999x24,0,0,1", "number", 5);
    check("+8x24,0,0,1", "number", 5);
    for wrong in ["", "xyzw,80x24,0,0,1", "+123,80x24,0,0,1", "12,80x24,0,0,1"] {
        assert_eq!(wrong.parse::<Cell>(), Err(LayoutError::Expected { expected: "checksum", at: 0 }), "{wrong}");
    }
    assert!(matches!("0000,80x24,0,0,1".parse::<Cell>(), Err(LayoutError::Checksum { found: 0, .. })));
    let deep = "1x1,0,0{".repeat(100_000);
    assert_eq!(layout(&deep).parse::<Cell>(), Err(LayoutError::TooDeep));
}

fn cells() -> impl Strategy<Value = Cell> {
    let numbers = (0..500_u32, 0..500_u32, 0..500_u32, 0..500_u32);
    let leaf = (numbers.clone(), any::<u32>()).prop_map(|((c, r, l, t), id)| pane(c, r, l, t, id));
    leaf.prop_recursive(6, 60, 5, move |inner| {
        let axis = prop_oneof![Just(Axis::Vertical), Just(Axis::Horizontal)];
        let split = (axis, prop::collection::vec(inner, 1..5)).prop_map(|(axis, cells)| Content::Split(axis, cells));
        (numbers.clone(), split).prop_map(|((cols, rows, left, top), content)| Cell { cols, rows, left, top, content })
    })
}

proptest! {
    #[test]
    fn what_is_written_is_read(cell in cells()) {
        prop_assert_eq!(cell.to_string().parse::<Cell>(), Ok(cell.clone()));
        if let Content::Split(..) = cell.content {
            let sum: f64 = cell.shares().iter().map(|shared| shared.share).sum();
            prop_assert!((sum - 1.0).abs() < 1e-9, "{}", sum);
        }
    }

    #[test]
    fn no_text_makes_it_panic(text: String) {
        let _ = text.parse::<Cell>();
        let _ = layout(&text).parse::<Cell>();
    }

    #[test]
    fn nor_does_what_is_almost_one(cell in cells(), at: prop::sample::Index, with in "[0-9x,{}\\[\\]]{0,3}") {
        let text = cell.to_string();
        let rest = &text[5..];
        let at = at.index(rest.len());
        let changed = [&rest[..at], with.as_str(), &rest[at + 1..]].concat();
        if let Ok(read) = layout(&changed).parse::<Cell>() {
            // Numbers may have had zeros in front; what is read is written and read again alike.
            prop_assert_eq!(read.to_string().parse::<Cell>(), Ok(read));
        }
    }
}

#[test]
fn a_real_window_whatever_is_done_to_it() {
    let server = PrivateServer::new();
    let happenings: [&[&str]; 14] = [
        &["split-window", "-d", "-h", "-t", "main:0.0", "cat"],
        &["split-window", "-d", "-v", "-t", "main:0.1", "cat"],
        &["split-window", "-d", "-h", "-l", "30%", "-t", "main:0.0", "cat"],
        &["split-window", "-d", "-f", "-v", "-t", "main:0.0", "cat"],
        &["swap-pane", "-d", "-s", "main:0.0", "-t", "main:0.3"],
        &["resize-pane", "-t", "main:0.0", "-x", "5"],
        &["resize-pane", "-Z", "-t", "main:0.1"],
        &["resize-pane", "-Z", "-t", "main:0.1"],
        &["break-pane", "-d", "-s", "main:0.1"],
        &["join-pane", "-d", "-v", "-s", "main:1.0", "-t", "main:0.0"],
        &["rotate-window", "-t", "main:0"],
        &["select-layout", "-t", "main:0", "tiled"],
        &["kill-pane", "-t", "main:0.2"],
        &["kill-pane", "-a", "-t", "main:0.0"],
    ];
    for happening in happenings {
        server.run(happening);
        let listed = server.run(&["list-panes", "-t", "main:0", "-F", "#{pane_id} #{pane_width}x#{pane_height}"]);
        let text = server.format("main:0", "#{window_layout}");
        let window: Cell = text.parse().unwrap_or_else(|error| panic!("{happening:?}: {text}: {error}"));
        // 3.8 has two ways to write it, and this is then the other one.
        if !text.starts_with('{') {
            assert_eq!(window.to_string(), text, "{happening:?}");
        }
        let zoomed = server.format("main:0", "#{window_zoomed_flag}") == "1";
        let mut ours: Vec<String> = leaves(&window).iter().map(|cell| describe(cell, zoomed)).collect();
        let mut theirs: Vec<String> = listed
            .lines()
            .map(|line| if zoomed { line.split(' ').next().unwrap().to_owned() } else { line.to_owned() })
            .collect();
        ours.sort();
        theirs.sort();
        assert_eq!(ours, theirs, "{happening:?}: {text}");
        assert_eq!(window.panes().len(), theirs.len());
    }
}

fn leaves(cell: &Cell) -> Vec<&Cell> {
    match &cell.content {
        Content::Pane(_) => vec![cell],
        Content::Split(_, cells) => cells.iter().flat_map(leaves).collect(),
    }
}

/// Sizes are not compared while a pane is zoomed: it has another one then.
fn describe(cell: &Cell, zoomed: bool) -> String {
    let pane = cell.panes()[0];
    if zoomed { pane.to_string() } else { format!("{pane} {}x{}", cell.cols, cell.rows) }
}
