//! The words of a command arrive as they were given, byte for byte, with a daemon and without.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt as _, OsStringExt as _};

use serde_json::json;

use super::{ENVS, Land};

/// Writes its words into a file, each ended by a NUL.
const WITNESS: &str = "#!/bin/sh\nprintf '%s\\0' \"$0\" \"$@\" > \"$WITNESS\"\n";

const RULES: &str = "
- {command: witness, strategy: args_prepend, args: --ours}
- {command: witness, strategy: args_append, args: ['--env={{env}}']}
";

fn hostile() -> Vec<Vec<u8>> {
    let mut words: Vec<Vec<u8>> = [
        "",
        " ",
        "a b",
        "it's",
        "\"quoted\"",
        "line\nbreak\n",
        "*",
        "?[a-z]",
        "$(touch pwned)",
        "`touch pwned`",
        "\\",
        "-",
        "~",
        "{{env}}",
        "${env}",
        "$$",
        "\u{1b}[2J",
        "\r",
        "\t",
        "ünï",
        "\u{f8f7}1",
        "x\u{f8f7}0",
        "x\u{f8f7}3",
        "!!",
        "#",
        "&",
        ";",
    ]
    .map(|word| word.as_bytes().to_vec())
    .to_vec();
    words.push(b"\xff\xfe".to_vec());
    words.push(b"a\x80b".to_vec());
    words.push(vec![b'x'; 100_000]);
    words.push([vec![b'y'; 99_999], vec![0xff]].concat());
    words.push(b"\xff\xfe".to_vec());
    words
}

#[track_caller]
fn arrive(land: &Land, words: &[Vec<u8>]) {
    let file = land.sandbox().path("witnessed");
    let _ = std::fs::remove_file(&file);
    let mut command: Vec<OsString> = ["run", "--env", "dev", "witness"].map(OsString::from).to_vec();
    command.extend(words.iter().cloned().map(OsString::from_vec));
    land.sandbox().pintle(&command).env("WITNESS", &file).ok();
    let seen = std::fs::read(&file).expect("what it was given");
    let seen: Vec<&[u8]> = seen.strip_suffix(b"\0").expect("words").split(|byte| *byte == 0).collect();
    assert_eq!(Some(&b"--ours"[..]), seen.get(1).copied());
    assert_eq!(Some(&b"--env=dev"[..]), seen.last().copied());
    let theirs = &seen[2..seen.len() - 1];
    for (at, (word, expected)) in theirs.iter().zip(words).enumerate() {
        let shown = |bytes: &[u8]| bytes[..bytes.len().min(60)].escape_ascii().to_string();
        assert!(word == expected, "word {at}: {} became {}", shown(expected), shown(word));
    }
    assert_eq!(theirs.len(), words.len());
}

#[test]
fn with_a_daemon_and_without() {
    let land = Land::with(ENVS, RULES);
    land.program("witness", WITNESS);
    arrive(&land, &hostile());
    // One by one: no word's neighbours decide.
    for word in hostile() {
        arrive(&land, &[word]);
    }
    arrive(&land, &[b"x\xef\xbf\xbd\xef\xa3\xb72".to_vec(), b"x\xff".to_vec(), b"x\xef\xbf\xbd\xef\xa3\xb72".to_vec()]);
    land.sandbox().stop();
    arrive(&land, &hostile());
    assert!(!land.sandbox().path("home/pwned").exists());
}

#[test]
fn more_words_than_a_request_takes() {
    let land = Land::with(ENVS, RULES);
    land.program("witness", WITNESS);
    let words: Vec<Vec<u8>> = (0..15).map(|at| vec![b'a' + at; 100_000]).collect();
    arrive(&land, &words);
}

#[test]
fn a_name_of_bytes() {
    let land = Land::with(ENVS, "- {command: '*', strategy: args_append, args: x}");
    let name = OsStr::from_bytes(b"to\xffol");
    let text = "#!/bin/sh\necho called\n";
    std::fs::copy(land.program("plain", text), land.sandbox().path("bin").join(name)).expect("a copy");
    let words = [OsStr::new("run"), name];
    assert_eq!(land.sandbox().pintle(&words).ok(), "called\n");
    let missing = [OsStr::new("run"), OsStr::from_bytes(b"\xff\xfe")];
    land.sandbox().pintle(&missing).fails(127);
}

/// The wire's words are text; whoever sends others sends a request that is none.
#[test]
fn a_request_with_a_long_word() {
    let land = Land::with(ENVS, RULES);
    let long = "ü\n'\"*".repeat(20_000);
    let reply = land.becomes(&["witness", &long, ""], json!({"env": "dev"}));
    assert_eq!(reply["command"], json!(["witness", "--ours", long, "", "--env=dev"]));
}
