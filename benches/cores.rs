//! Pure cores on the way of every byte, to compare one change with the last. Whole processes are in `side_by_side`.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt::Write;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use divan::Bencher;
use divan::counter::BytesCount;
use pintle::agent::screen::Screen;
use pintle::agent::signal::Signals;
use pintle::agent::status::{Observed, judge};
use pintle::base::clock::Clock;
use pintle::base::ring::{Ring, SHAPE};
use pintle::environment::envs::Envs;
use pintle::environment::prefix::Rules;
use pintle::environment::resolve::{Call, resolve};
use pintle::environment::script::script;
use pintle::hud::push::{GAP, Push, Wanted};
use pintle::hud::render::{Format, Look, render};
use pintle::hud::segment::{Segment, agents, note, uptime};
use pintle::protocol::limits::OUTPUT_CHUNK;
use pintle::protocol::parse_request;
use pintle::protocol::typed::{encode_output, parse_output};

fn main() {
    divan::main();
}

/// Plain lines, as a build prints them.
fn plain() -> Vec<u8> {
    b"   Compiling something v1.2.3 (/home/ann/work/something)\r\n".iter().copied().cycle().take(OUTPUT_CHUNK).collect()
}

/// Colours and cursor movements, as a full-screen agent draws.
fn drawn() -> Vec<u8> {
    b"\x1b[12;40H\x1b[38;5;208mthinking\x1b[0m \x1b[2m(esc to interrupt)\x1b[22m\x1b[K\r\n"
        .iter()
        .copied()
        .cycle()
        .take(OUTPUT_CHUNK)
        .collect()
}

#[divan::bench]
fn ring_read(bencher: Bencher<'_, '_>) {
    let ring = Ring::create(SHAPE).expect("a memfd");
    let zeroes = std::fs::File::open("/dev/zero").expect("/dev/zero");
    while ring.head() < SHAPE.keep as u64 {
        ring.write_from(&zeroes, OUTPUT_CHUNK).expect("zeroes");
    }
    let mut bytes = Vec::with_capacity(OUTPUT_CHUNK);
    bencher.counter(BytesCount::new(OUTPUT_CHUNK)).bench_local(|| {
        bytes.clear();
        ring.read(black_box(0), OUTPUT_CHUNK, &mut bytes)
    });
}

#[divan::bench(args = [1, 64, OUTPUT_CHUNK])]
fn output_to_a_line(bencher: Bencher<'_, '_>, count: usize) {
    let (bytes, mut line) = (plain(), Vec::new());
    bencher.counter(BytesCount::new(count)).bench_local(|| {
        line.clear();
        encode_output("ag-7f2m1q8z", 123_456_789, black_box(&bytes[..count]), &mut line);
    });
}

#[divan::bench(args = [1, 64, OUTPUT_CHUNK])]
fn output_from_a_line(bencher: Bencher<'_, '_>, count: usize) {
    let (mut line, mut bytes) = (Vec::new(), Vec::new());
    encode_output("ag-7f2m1q8z", 123_456_789, &plain()[..count], &mut line);
    bencher.counter(BytesCount::new(count)).bench_local(|| {
        bytes.clear();
        parse_output(black_box(&line), &mut bytes).is_some()
    });
}

#[divan::bench(args = [
    r#"{"type":"health"}"#,
    r#"{"type":"status","project_root":"/home/ann/shop"}"#,
    r#"{"type":"input","agent_id":"ag-7f2m1q8z","data":"6b"}"#,
])]
fn request(line: &str) -> bool {
    parse_request(black_box(line.as_bytes())).is_ok()
}

#[divan::bench]
fn signals_plain(bencher: Bencher<'_, '_>) {
    let (bytes, mut signals) = (plain(), Signals::default());
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| signals.feed(black_box(&bytes)));
}

#[divan::bench]
fn signals_drawn(bencher: Bencher<'_, '_>) {
    let (bytes, mut signals) = (drawn(), Signals::default());
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| signals.feed(black_box(&bytes)));
}

#[divan::bench]
fn screen_plain(bencher: Bencher<'_, '_>) {
    let (bytes, mut screen) = (plain(), Screen::new(80, 24));
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| screen.feed(black_box(&bytes)));
}

#[divan::bench]
fn screen_drawn(bencher: Bencher<'_, '_>) {
    let (bytes, mut screen) = (drawn(), Screen::new(80, 24));
    bencher.counter(BytesCount::new(bytes.len())).bench_local(|| screen.feed(black_box(&bytes)));
}

#[divan::bench]
fn screen_as_text(bencher: Bencher<'_, '_>) {
    let mut screen = Screen::new(80, 24);
    screen.feed(&drawn());
    bencher.bench_local(|| screen.text());
}

#[divan::bench]
fn status() -> Duration {
    let observed = Observed { has_output: true, silence: Duration::from_secs(3), ..Observed::default() };
    judge(black_box(&observed)).recheck_in.unwrap_or_default()
}

/// A line as it is for most: an environment, agents, uptime and a note.
fn segments(agent_count: usize) -> [Segment; 4] {
    let text = "fix-the-tests wants an answer: may I run `cargo test`?";
    let env = Segment::new("env", 10, "pintle", "prod");
    [env, agents(agent_count, 1), uptime(Duration::from_secs(8100)), note(Some(text), true)]
}

#[divan::bench]
fn hud_segments() -> [Segment; 4] {
    segments(black_box(50))
}

#[divan::bench(args = [Format::Tmux, Format::Ansi, Format::Plain])]
fn hud_line(bencher: Bencher<'_, '_>, format: Format) {
    let (look, segments) = (Look::default(), segments(50));
    bencher.bench_local(|| render(black_box(&look), black_box(&segments), format));
}

/// 50 panes with a line of their own, of which none (what almost always is the case), or all, have changed.
#[divan::bench(args = [0, 50])]
fn hud_push(bencher: Bencher<'_, '_>, changed: usize) {
    let line = |pane: usize, turn: usize| Arc::from(format!("[pintle] env:prod  agents:{pane}  uptime:{turn}m"));
    let wanted = |turn: usize| Wanted {
        global: Some(line(0, 0)),
        panes: (0..50)
            .map(|pane| (pane, line(pane, if pane < changed { turn } else { 0 })))
            .collect::<BTreeMap<_, _>>(),
    };
    let (mut push, mut now, mut turn) = (Push::default(), Clock::default().instant(), 0);
    let turns = [wanted(0), wanted(1)];
    let _ = push.changed(now, turns[0].clone());
    bencher
        .with_inputs(|| {
            turn = 1 - turn;
            turns[turn].clone()
        })
        .bench_local_values(|wanted| {
            now += GAP;
            push.changed(now, wanted)
        });
}

/// 100 environments in chains of ten, as somebody with many clusters has them. 10,000 lines when each has 100.
fn envs_file(lines: usize) -> String {
    let mut text = String::from("envs:\n");
    for number in 0..100 {
        let _ = writeln!(text, "  e{number}:\n    guard: confirm\n    guard_commands: [flux, \"make deploy*\"]");
        if number % 10 > 0 {
            let _ = writeln!(text, "    extends: e{}", number - 1);
        }
        let _ = writeln!(text, "    vars: {{A{number}: x, B: y, AWS_REGION: eu-central-1}}");
        for key in 5..lines {
            let _ = writeln!(text, "    key{key}: {key}.10");
        }
    }
    text
}

/// 1,000 rules: ten for each of 100 commands, all of which apply.
fn rules_file() -> String {
    let mut text = String::from("prefixes:\n");
    for number in 0..1000 {
        let what = match number % 3 {
            0 => "strategy: env_vars, vars: {P: '{{env.key5}}'}",
            1 => "strategy: args_prepend, args: [--context, '{{env}}', -n, web]",
            _ => "strategy: args_append, args: [--end], skip_if_flag: [--no-end]",
        };
        let command = if number < 10 { "kubectl".to_owned() } else { format!("c{}", number / 10) };
        let _ = writeln!(text, "  - {{command: {command}, {what}}}");
    }
    text
}

fn envs(lines: usize) -> Envs {
    Envs::parse(Path::new("envs.yaml"), envs_file(lines).as_bytes()).expect("environments")
}

fn rules() -> Rules {
    Rules::parse(Path::new("prefixes.yaml"), rules_file().as_bytes()).expect("rules")
}

#[divan::bench(args = [10, 100])]
fn envs_of_lines(bencher: Bencher<'_, '_>, lines: usize) {
    let text = envs_file(lines);
    bencher.bench_local(|| Envs::parse(Path::new("envs.yaml"), black_box(text.as_bytes())));
}

#[divan::bench]
fn rules_1000(bencher: Bencher<'_, '_>) {
    let text = rules_file();
    bencher.bench_local(|| Rules::parse(Path::new("prefixes.yaml"), black_box(text.as_bytes())));
}

/// One command in one of 100 environments with 1,000 rules: nobody's, and one with ten.
#[divan::bench(args = ["ls -l", "kubectl -n x get pods", "kubectl delete pod x -- y"])]
fn apply(bencher: Bencher<'_, '_>, line: &str) {
    let (envs, rules) = (envs(10), rules());
    let argv: Vec<OsString> = line.split(' ').map(OsString::from).collect();
    let call = Call { argv: &argv, pane: Some("%3"), cwd: Some(Path::new("/home/ann")) };
    bencher.bench_local(|| resolve(&rules, envs.get("e9"), black_box(&call)).expect("it resolves").argv.len());
}

/// What an environment means to a shell; made for each environment in use when a file changes.
#[divan::bench]
fn env_script(bencher: Bencher<'_, '_>) {
    let (envs, rules) = (envs(10), rules());
    bencher.bench_local(|| script(black_box(&rules), envs.get("e9"), None, &["kubectl", "helm"]).hash);
}
