//! Pure cores on the way of every byte, to compare one change with the last. Whole processes are in `side_by_side`.

use std::hint::black_box;
use std::time::Duration;

use divan::Bencher;
use divan::counter::BytesCount;
use pintle::agent::screen::Screen;
use pintle::agent::signal::Signals;
use pintle::agent::status::{Observed, judge};
use pintle::base::ring::{Ring, SHAPE};
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
