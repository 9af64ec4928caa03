//! `pintle call`

use serde_json::{Deserializer, Value};

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::client::{Client, ClientError};
use crate::protocol::Code;

/// How long an answer may take. Longer than for the commands that know what they ask: a raw `wait` or `kill` takes its
/// time, and whoever calls can press Ctrl-C.
const LIMIT: std::time::Duration = std::time::Duration::from_secs(3600);

/// The answers behind which a stream comes.
const STREAMS: [&str; 4] = ["attach_ready", "status_subscribed", "events_subscribed", "grid_subscribed"];

const EXAMPLES: &str = r#"Examples:
  pintle call '{"type":"health"}'
  echo '{"cmd":"ping"} {"cmd":"get_state"}' | pintle call
  pintle call '{"type":"subscribe_events"}'"#;

/// Send requests as they are and print what comes back
///
/// Requests are JSON objects of either dialect, as docs/protocol.md has them. A stream is followed to its end, or until
/// Ctrl-C.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct Args {
    /// The request; without it, requests are read from standard input
    #[arg(value_name = "JSON")]
    request: Option<String>,
}

/// Sends requests as they are.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    match &args.request {
        Some(text) => {
            let request = serde_json::from_str(text).map_err(|error| not_json(&error))?;
            call(context, &mut client, &request)
        }
        // One by one as they come, so that a program can talk through us. The last answer decides how we end.
        None => Deserializer::from_reader(std::io::stdin()).into_iter().try_fold(Exit::Done, |_, request| {
            let request = request.map_err(|error| not_json(&error))?;
            call(context, &mut client, &request)
        }),
    }
}

fn call(context: &Context, client: &mut Client, request: &Value) -> anyhow::Result<Exit> {
    let print = |line: &[u8]| context.output.line(line);
    let line = client.call_raw(request, LIMIT)?;
    print(&line)?;
    let answer: Value = serde_json::from_slice(&line).map_err(|error| ClientError::Strange(error.to_string()))?;
    if answer["type"].as_str().is_some_and(|name| STREAMS.contains(&name)) {
        while let Some(line) = client.next_line()? {
            print(&line)?;
            if ends_stream(&line) {
                break;
            }
        }
    }
    Ok(exit(&answer))
}

/// An attachment ends with the agent; other streams end with the connection.
fn ends_stream(line: &[u8]) -> bool {
    line.starts_with(br#"{"type":"exited""#)
}

/// As a command would end that got this answer.
fn exit(answer: &Value) -> Exit {
    if answer["type"] != "error" && answer["ok"] != false {
        return Exit::Done;
    }
    let code = serde_json::from_value::<Code>(answer["code"].clone());
    code.map_or(Exit::Failed, Exit::from)
}

fn not_json(error: &serde_json::Error) -> Usage {
    Usage::new(format!("that is not JSON: {error}")).with_hint(r#"a request is an object: '{"type":"health"}'"#)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn answers_of_both_dialects_decide_how_it_ends() {
        fn check(answer: Value, expected: i32) {
            assert_eq!(exit(&answer).code(), expected, "{answer}");
        }
        check(json!({"type": "ok"}), 0);
        check(json!({"ok": true}), 0);
        check(json!({"type": "error", "code": "AGENT_NOT_FOUND", "message": "m"}), 4);
        check(json!({"ok": false, "error": "e", "code": "PARSE_ERROR"}), 1);
        check(json!({"ok": false, "error": "e"}), 1);
    }
}
