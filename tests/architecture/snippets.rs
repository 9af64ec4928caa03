//! The checker's own tests: snippets that break a rule must be found, on their line, and the good ones must not.

use super::rules::{self, Breach};
use super::source::Source;
use super::{LARGEST_FILE, mark_test_files};

/// Checks what a rule says about one file: `LINE what` for each breach, in part.
#[track_caller]
fn check(rule: fn(&[Source]) -> Vec<Breach>, file: &str, text: &str, expected: &[&str]) {
    let found: Vec<String> =
        rule(&[Source::new(file, text)]).iter().map(|breach| format!("{} {}", breach.line, breach.what)).collect();
    let as_expected =
        found.len() == expected.len() && found.iter().zip(expected).all(|(found, expected)| found.contains(expected));
    assert!(as_expected, "{file}:\n{text}\nfound {found:#?}\nexpected {expected:#?}");
}

#[test]
fn arrows_that_are_in_the_table() {
    for (file, text) in [
        ("cli/output.rs", "use crate::client::call; use crate::{protocol::error, base};"),
        ("cli/main.rs", "use crate::keeper::run; fn f() { crate::daemon::run::start(); }"),
        ("main.rs", "fn main() { pintle::cli::main(); pintle::keeper::run() }"),
        ("agent/pty.rs", "use super::screen::Screen; use self::x::y; use super::super::base::id; use crate::agent::z;"),
        ("agent/mod.rs", "mod tests { use super::*; mod deeper { use super::super::kind; } }"),
        ("hud/render.rs", "use crate::environment::Env;"),
        (
            "base/id.rs",
            "// use crate::agent;\n/* crate::agent::x */ const A: &str = \"crate::agent::x\"; pub(crate) fn f() {}",
        ),
        ("base/id.rs", "pub(in crate::base) fn f() -> impl Iterator + use<'_> { std::iter::empty() }"),
        ("main.rs", "#[cfg(test)] mod tests { use super::*; }"),
    ] {
        check(rules::arrows, file, text, &[]);
    }
}

#[test]
fn arrows_that_are_not() {
    for (file, text, expected) in [
        (
            "base/id.rs",
            "\nuse crate::agent::Kind;",
            &["2 base -> agent::Kind, but base may import: nothing of ours"][..],
        ),
        (
            "agent/pty.rs",
            "use crate::{base, project::{registry, manifest as m}};",
            &["1 agent -> project::registry, but agent may import: base", "1 agent -> project::manifest"],
        ),
        ("agent/pty.rs", "fn f() {\n  crate::daemon::x();\n}", &["2 agent -> daemon::x"]),
        ("agent/pty.rs", "use super::super::protocol;", &["1 agent -> protocol"]),
        ("agent/mod.rs", "use super::protocol;", &["1 agent -> protocol"]),
        ("agent/mod.rs", "mod inner { use super::super::{base, hud}; }", &["1 agent -> hud"]),
        ("agent/mod.rs", "#[cfg(test)] mod tests { use crate::daemon; }", &["1 agent -> daemon"]),
        ("agent/pty.rs", "use pintle::protocol::Reply; use ::pintle::client;", &["-> protocol", "-> client"]),
        ("agent/pty.rs", "fn f(x: &crate::tmux::Pane) -> Vec<crate::hud::X> {}", &["-> tmux::Pane", "-> hud::X"]),
        (
            "cli/x.rs",
            "use crate::keeper;",
            &["1 cli -> keeper, but cli may import: client, protocol, environment, base, keeper::run"],
        ),
        ("cli/x.rs", "use crate::keeper::{run, spawn};", &["1 cli -> keeper::spawn"]),
        ("cli/x.rs", "use crate::agent;", &["1 cli -> agent"]),
        ("keeper/x.rs", "use crate::protocol::codec;", &["1 keeper -> protocol::codec"]),
        ("base/x.rs", "use crate as c; use crate::*;", &["-> the whole crate", "-> *"]),
        ("base/x.rs", "macro_rules! m { () => { $crate::agent::f() } }", &["-> agent::f"]),
        ("lib.rs", "pub use crate::agent::Kind;", &["1 lib -> agent::Kind"]),
        ("helper/mod.rs", "", &["1 the room `helper` is not in the table"]),
    ] {
        check(rules::arrows, file, text, expected);
    }
}

#[test]
fn names_out_of_place() {
    for (file, text, expected) in [
        ("agent/kind.rs", "use serde::Deserialize;", &["1 `serde::Deserialize` belongs in protocol"][..]),
        ("agent/kind.rs", "#[derive(serde::Serialize)]\nstruct A;", &["1 `serde::Serialize`"]),
        ("agent/kind.rs", "use serde_json::Value;", &[]),
        ("protocol/typed/reply.rs", "use serde::Serialize;", &[]),
        ("daemon/run.rs", "fn f() -> anyhow::Result<()> {}", &["1 `anyhow::Result` belongs in cli, main.rs"]),
        ("cli/exit.rs", "use anyhow::Context as _;", &[]),
        (
            "cli/exit.rs",
            "use std::process;\nfn f() { process::exit(1) }",
            &["2 `std::process::exit` belongs in main.rs"],
        ),
        ("cli/exit.rs", "use std::process::{Command, exit as quit};", &["1 `std::process::exit`"]),
        ("cli/exit.rs", "use crate::base::process; fn f() { process::exit() }", &[]),
        ("main.rs", "fn main() { std::process::exit(pintle::cli::main()) }", &[]),
        ("agent/status.rs", "use std::time::Instant;\nfn f() { Instant::now(); }", &["2 `std::time::Instant::now`"]),
        ("agent/status.rs", "use std::time::Instant as I;\nfn f() { I::now(); }", &["2 `std::time::Instant::now`"]),
        ("agent/status.rs", "use tokio::time::Instant;\nfn f() { Instant::now(); }", &[]),
        ("agent/status.rs", "fn f() { jiff::Timestamp::now(); jiff::Zoned::now(); }", &["Timestamp", "Zoned"]),
        ("agent/status.rs", "fn f() { std::time::SystemTime::now() }", &["SystemTime"]),
        ("agent/status.rs", "#[cfg(test)]\nmod tests { fn f() { std::time::Instant::now(); } }", &[]),
        ("base/clock.rs", "fn f() { std::time::SystemTime::now() }", &[]),
        ("daemon/run.rs", "use portable_pty::PtySize;", &["belongs in keeper only"]),
    ] {
        check(rules::names, file, text, expected);
    }
}

#[test]
fn unsafe_and_unwrap() {
    check(rules::unsafe_code, "agent/pty.rs", "\nfn f() { unsafe { g() } }", &["2 `unsafe` outside"]);
    check(rules::unsafe_code, "agent/pty.rs", "// unsafe\n#![deny(unsafe_code)]", &[]);
    check(rules::unsafe_code, "base/ring.rs", "fn f() {}", &["1 named for `unsafe`, but has none"]);
    check(rules::unsafe_code, "base/ring.rs", "fn f() { unsafe { g() } }", &[]);
    check(rules::unwraps, "agent/pty.rs", "fn f() {\n x\n .unwrap();\n}", &["3 `.unwrap()`"]);
    check(rules::unwraps, "agent/pty.rs", "fn f() { x.unwrap_or_default(); x.expect(\"why\"); }", &[]);
    let tested =
        "fn f() { x.unwrap() }\n#[cfg(test)]\n#[allow(x)]\nmod tests { fn g() { x.unwrap() } }\nfn h() { y.unwrap() }";
    check(rules::unwraps, "agent/pty.rs", tested, &["1 `.unwrap()`", "5 `.unwrap()`"]);
    check(rules::unwraps, "agent/pty.rs", "#[cfg(test)] use a::B; fn f() { x.unwrap() }", &["1 `.unwrap()`"]);
    check(rules::unwraps, "agent/tests.rs", "#![cfg(test)]\nfn f() { x.unwrap() }", &[]);
}

#[test]
fn a_test_in_a_file_of_its_own_is_a_test() {
    let mut sources = [
        Source::new("agent/pty.rs", "#[cfg(test)]\nmod tests;"),
        Source::new("agent/pty/tests.rs", "fn f() { x.unwrap() }"),
        Source::new("agent/tests.rs", "fn f() { x.unwrap() }"),
        Source::new("agent/mod.rs", "#[cfg(test)]\n#[path = \"kind_tests.rs\"]\nmod tests;"),
        Source::new("agent/kind_tests.rs", "fn f() { x.unwrap() }"),
    ];
    mark_test_files(&mut sources);
    let found: Vec<String> = rules::unwraps(&sources).into_iter().map(|breach| breach.file).collect();
    assert_eq!(found, ["agent/tests.rs"]);
}

#[test]
fn sizes_and_heads() {
    check(rules::sizes, "agent/pty.rs", &"x\n".repeat(LARGEST_FILE), &[]);
    check(rules::sizes, "agent/pty.rs", &"x\n".repeat(LARGEST_FILE + 1), &["601 lines, 600 are allowed"]);
    check(rules::heads, "agent/mod.rs", "mod x;", &["1 no head comment"]);
    check(rules::heads, "agent/mod.rs", "//! What it is.\nmod x;", &[]);
    check(rules::heads, "agent/pty.rs", "fn f() {}", &[]);
    check(rules::heads, "lib.rs", "pub mod base;", &["1 no head comment"]);
}
