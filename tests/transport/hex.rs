//! Bytes are hex: lower case out, either case in, nothing else.

use serde_json::json;

use crate::support::Sandbox;

#[test]
fn what_is_no_hex_is_refused() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    for (data, why) in [
        ("6", "one digit"),
        ("616", "cut off in the middle of a byte"),
        ("6g", "no hex digit"),
        ("0x61", "a prefix"),
        ("+1", "a sign, which a parser of numbers takes"),
        ("-1", "a sign"),
        ("61 62", "a space"),
        (" 61", "a space before"),
        ("61\n", "a newline"),
        ("é1", "two bytes that are one character, and a digit"),
        ("éé", "an even number of bytes, no digit"),
        ("٣٣", "digits, but not of ours"),
        ("61\0", "a NUL"),
    ] {
        let message = client.refused(json!({"type": "input", "agent_id": "ag-nobody00", "data": data}), "PARSE_ERROR");
        assert!(message.contains("hex"), "{why}: {message}");
    }
    client.expect_usable();
}

#[test]
fn either_case_is_understood() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    // Understood, and then refused for another reason.
    for data in ["", "61", "aB", "AB", "00ff", "00FF", "deadBEEF"] {
        client.refused(json!({"type": "input", "agent_id": "ag-nobody00", "data": data}), "AGENT_NOT_FOUND");
    }
}
