//! What is not understood is answered with a reason, and the connection goes on.

use serde_json::json;

use crate::support::Sandbox;

/// Lines that are no request, whatever the dialect.
const LINES: &[(&[u8], &str)] = &[
    (b"hello", "not JSON"),
    (b"{\"type\":\"health\"", "JSON that is cut off"),
    (b"{\"type\":\"health\"}}", "JSON and more"),
    (b"{\"type\":\"health\"}{\"type\":\"health\"}", "two objects on a line"),
    (b"{'type':'health'}", "quotes that JSON does not know"),
    (b"{\"type\":\"health\",}", "a comma too many"),
    (b"[]", "an array"),
    (b"[{\"type\":\"health\"}]", "an array of requests"),
    (b"\"health\"", "a string"),
    (b"42", "a number"),
    (b"null", "null"),
    (b"true", "a boolean"),
    (b"{}", "no tag"),
    (b"{\"kind\":\"health\"}", "another tag"),
    (b"{\"type\":null}", "a tag that is null"),
    (b"{\"type\":7}", "a tag that is no string"),
    (b"{\"type\":[\"health\"]}", "a tag in a list"),
    (b"{\"type\":\"\"}", "an empty tag"),
    (b"{\"type\":\"Health\"}", "a tag in another case"),
    (b"{\"type\":\"no_such_request\"}", "an unknown tag"),
    (b"{\"type\":\"error\"}", "a reply for a request"),
    (b"{\"type\":\"status\"}", "a field is missing"),
    (b"{\"type\":\"status\",\"project_root\":null}", "a required field is null"),
    (b"{\"type\":\"status\",\"project_root\":7}", "a field of the wrong type"),
    (b"{\"type\":\"logs\",\"agent_id\":\"ag-nobody00\",\"tail\":-1}", "a negative number"),
    (b"{\"type\":\"logs\",\"agent_id\":\"ag-nobody00\",\"tail\":1.5}", "a fraction"),
    (b"{\"type\":\"logs\",\"agent_id\":\"ag-nobody00\",\"tail\":\"500\"}", "a number in quotes"),
    (b"{\"type\":\"logs\",\"agent_id\":\"ag-nobody00\",\"tail\":99999999999999999999999}", "a number too large"),
    (b"{\"type\":\"kill\",\"project_root\":\"/\",\"target\":\"everything\"}", "an unknown kill target"),
    (b"{\"type\":\"kill\",\"project_root\":\"/\",\"target\":{\"type\":\"agent\"}}", "a kill target without its id"),
    (b"{\"type\":\"health\xff\"}", "not UTF-8"),
    (b"\xff\xfe{\x00}\x00", "UTF-16"),
    (b"{\"type\":\"\xed\xa0\x80\"}", "half a surrogate pair, as bytes"),
    (b"{\"type\":\"\\ud800\"}", "half a surrogate pair, escaped"),
    (b"{\"type\":\"health\0\"}", "a control character in a string"),
    (b"\0\0\0\0", "binary"),
    (b"GET / HTTP/1.1", "another protocol"),
];

#[test]
fn every_malformed_line_is_answered_and_the_connection_stays() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    for (line, why) in LINES {
        client.send_raw([line, b"\n".as_slice()].concat());
        let reply = client.recv();
        assert_eq!(reply["type"], "error", "{why}\n{client}");
        assert_eq!(reply["code"], "PARSE_ERROR", "{why}\n{client}");
        assert!(reply["message"].as_str().is_some_and(|message| !message.is_empty()), "{why}\n{client}");
        client.expect_usable();
    }
}

#[test]
fn the_message_names_what_is_wrong() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    for (request, named) in [
        (json!({"type": "no_such_request"}), "no_such_request"),
        (json!({"type": "status"}), "project_root"),
        (json!({"type": "status", "project_root": 7}), "string"),
    ] {
        let message = client.refused(request, "PARSE_ERROR");
        assert!(message.contains(named), "{message:?} does not name {named:?}");
    }
}

#[test]
fn nesting_without_end_is_an_error_and_not_a_crash() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    for open in ["[", "{\"type\":", "{\"cmd\":[", "{\"a\":["] {
        client.send_raw(open.repeat(100_000) + "\n");
        client.recv_error("PARSE_ERROR");
    }
    client.expect_usable();
}

#[test]
fn unknown_fields_are_ignored() {
    let sandbox = Sandbox::new();
    let mut client = sandbox.started();
    client.ask(json!({"type": "health", "verbose": true, "nested": {"type": "shutdown"}}), "health_report");
    assert_eq!(client.call(json!({"cmd": "ping", "at": [1, 2, 3]}))["pong"], true);
}
