//! The house, checked: which room may name which, where some names belong, how long a file may be.
//!
//! The tables below are the picture in `docs/architecture.md`. A new arrow is a decision: it is added here with its reason, in
//! the change that needs it. The checker reads `src` as text (comments and strings taken out, `use` groups, `super` and
//! `as` followed), so it also sees code that is compiled on other systems only.

#[path = "architecture/rules.rs"]
mod rules;
#[path = "architecture/snippets.rs"]
mod snippets;
#[path = "architecture/source.rs"]
mod source;
#[path = "architecture/tokens.rs"]
mod tokens;

use std::fs;
use std::path::Path;

use rules::{Breach, Name};
use source::{Source, module_of};

/// Who may import whom, besides itself. `keeper::run` grants that path and what is below it.
const ARROWS: &[(&str, &[&str])] = &[
    // `base::bound`: what the program becomes when it goes in front of another one, as `keeper::exec`.
    ("main", &["cli", "keeper::run", "keeper::exec", "daemon::run", "base::bound"]),
    ("lib", &[]),
    // `environment`: where there is no daemon, `pintle run` works out the same from the same files, with the same functions.
    // `daemon::check`: files are checked where there is none, with the functions that a daemon reads them with.
    ("cli", &["client", "protocol", "environment", "base", "keeper::run", "daemon::run", "daemon::check"]),
    ("client", &["protocol", "base"]),
    // The only place where wire and domain meet.
    (
        "daemon",
        &[
            "agent",
            "project",
            "definition",
            "schedule",
            "trigger",
            "tmux",
            "environment",
            "hud",
            "notify",
            "extension",
            "protocol",
            "keeper",
            "base",
        ],
    ),
    // Domains are siblings and do not know each other, but for four edges.
    ("agent", &["base"]),
    ("project", &["base"]),
    ("definition", &["base"]),
    ("schedule", &["base", "definition"]),
    ("trigger", &["base", "definition"]),
    ("tmux", &["base"]),
    ("environment", &["base"]),
    ("hud", &["base", "environment"]),
    ("notify", &["base"]),
    // Definition's scopes: an extension's own files are global or local as well.
    ("extension", &["base", "definition"]),
    ("keeper", &["base"]),
    ("protocol", &["base"]),
    ("base", &[]),
];

/// A name that belongs to certain rooms or files. Tests are free.
struct OnlyIn {
    name: Name,
    places: &'static [&'static str],
    why: &'static str,
}

const ONLY_IN: &[OnlyIn] = &[
    OnlyIn {
        name: Name::Crate("serde"),
        // What reads YAML for the rooms with file types is no type of its own.
        places: &["protocol", "definition", "project", "environment", "base/yaml.rs", "base/yaml/node.rs"],
        why: "wire types and file types are serialized, domain types are not",
    },
    OnlyIn {
        name: Name::Crate("anyhow"),
        places: &["cli", "main.rs"],
        why: "elsewhere an error is a value that somebody matches on",
    },
    OnlyIn { name: Name::Crate("clap"), places: &["cli"], why: "arguments end where the commands begin" },
    OnlyIn {
        name: Name::Crate("portable_pty"),
        places: &["keeper"],
        why: "the keeper opens terminals and is the parent of what runs in them",
    },
    OnlyIn {
        name: Name::Crate("tmux_interface"),
        places: &["tmux"],
        why: "commands for tmux are built, and quoted, in one place",
    },
    OnlyIn { name: Name::Crate("git2"), places: &["project"], why: "the other rooms know projects, not repositories" },
    OnlyIn {
        name: Name::Item("process", "exit"),
        places: &["main.rs"],
        why: "it skips destructors: a terminal in raw mode stays raw",
    },
    OnlyIn { name: Name::Item("Instant", "now"), places: &["base/clock.rs"], why: CLOCK },
    OnlyIn { name: Name::Item("SystemTime", "now"), places: &["base/clock.rs"], why: CLOCK },
    OnlyIn { name: Name::Item("Timestamp", "now"), places: &["base/clock.rs"], why: CLOCK },
    OnlyIn { name: Name::Item("Zoned", "now"), places: &["base/clock.rs"], why: CLOCK },
];

const CLOCK: &str = "the clock is passed in, so that tests can say what time it is";

/// The files that may contain `unsafe`, and what for.
const UNSAFE_IN: &[(&str, &str)] = &[
    ("base/descriptor.rs", "promises tokio that an OwnedFd stays open while it is watched; closes what was inherited"),
    ("base/ring.rs", "maps the memfd that keeper and daemon share, and copies out of it while it grows"),
    ("keeper/spawn.rs", "borrows a PTY's descriptor, which portable-pty gives as a bare number"),
];

/// Lines in one file, its unit tests included.
const LARGEST_FILE: usize = 600;

fn sources() -> Vec<Source> {
    fn walk(folder: &Path, below: &str, found: &mut Vec<Source>) {
        let entries = fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
        for entry in entries {
            let path = entry.expect("an entry of a folder of ours").path();
            let name = path.file_name().expect("an entry has a name").to_string_lossy();
            let relative = format!("{below}{name}");
            if path.is_dir() {
                walk(&path, &format!("{relative}/"), found);
            } else if relative.ends_with(".rs") {
                let text = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{relative}: {error}"));
                found.push(Source::new(&relative, &text));
            }
        }
    }
    let mut found = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut found);
    found.sort_by(|a, b| a.file.cmp(&b.file));
    mark_test_files(&mut found);
    found
}

/// `#[cfg(test)] mod tests;` makes a test of another file, and of everything below it.
fn mark_test_files(sources: &mut [Source]) {
    let tests: Vec<Vec<String>> = sources.iter().flat_map(|source| source.test_modules.clone()).collect();
    for source in sources {
        let module = module_of(&source.file);
        if tests.iter().any(|test| module.starts_with(test)) {
            source.mark_as_test();
        }
    }
}

#[track_caller]
fn check(rule: fn(&[Source]) -> Vec<Breach>) {
    let breaches: Vec<String> = rule(&sources()).iter().map(Breach::to_string).collect();
    assert!(breaches.is_empty(), "\n{}\n(the tables are at the head of tests/architecture.rs)\n", breaches.join("\n"));
}

#[test]
fn imports_follow_the_table() {
    check(rules::arrows);
}

#[test]
fn some_names_belong_to_one_place() {
    check(rules::names);
}

#[test]
fn unsafe_code_stands_in_named_files() {
    check(rules::unsafe_code);
}

#[test]
fn nothing_unwraps() {
    check(rules::unwraps);
}

#[test]
fn files_can_be_read_in_one_sitting() {
    check(rules::sizes);
}

#[test]
fn every_room_says_what_it_is() {
    check(rules::heads);
}

/// An arrow to a room that does not exist grants nothing and hides a mistake.
#[test]
fn the_table_names_rooms_it_knows() {
    for (from, targets) in ARROWS {
        for target in *targets {
            let room = target.split("::").next().unwrap_or_default();
            assert!(ARROWS.iter().any(|(known, _)| known == &room), "{from} -> {target}: no such room");
            assert_ne!(room, *from, "{from} may always import itself");
        }
    }
}
