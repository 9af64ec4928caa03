//! Calls against a listener that answers what a test tells it to.

use std::io::{BufRead, BufReader};
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::thread::{self, JoinHandle};

use super::*;
use crate::base::clock::Clock;
use crate::base::paths::Places;
use crate::client::Start;
use crate::protocol::Code;
use crate::protocol::typed::request::{Health, Init};

const HEALTHY: &str =
    r#"{"type":"health_report","pid":7,"uptime_seconds":1,"protocol_version":4,"projects":[],"agent_count":0}"#;

/// Serves one connection a script: an answer a request, and then closes it. Returns the requests.
fn serve(socket: &Path, scripts: Vec<Vec<&'static str>>) -> JoinHandle<Vec<String>> {
    let listener = UnixListener::bind(socket).unwrap();
    thread::spawn(move || {
        let mut requests = Vec::new();
        for script in scripts {
            let (stream, _) = listener.accept().unwrap();
            let mut lines = BufReader::new(stream.try_clone().unwrap()).lines();
            for answer in script {
                requests.push(lines.next().unwrap().unwrap());
                (&stream).write_all(answer.as_bytes()).unwrap();
            }
        }
        requests
    })
}

fn client(socket: &Path) -> Client {
    let places = Places::from_env().unwrap().with_socket(socket.to_owned());
    Client::new(Connector::new(places, Start::Never, Clock::System))
}

fn with_server<T>(scripts: Vec<Vec<&'static str>>, test: impl FnOnce(Client) -> T) -> (T, Vec<String>) {
    let temp = tempfile::tempdir().unwrap();
    let socket = temp.path().join("s");
    let server = serve(&socket, scripts);
    let result = test(client(&socket));
    (result, server.join().unwrap())
}

#[test]
fn an_answer_and_a_refusal_on_one_connection() {
    let refusal = "{\"type\":\"error\",\"code\":\"IO_ERROR\",\"message\":\"/p: full\",\"hint\":\"h\"}\n";
    let healthy: &'static str = Box::leak(format!("{HEALTHY}\n").into_boxed_str());
    let ((), requests) = with_server(vec![vec![healthy, refusal]], |mut client| {
        assert_eq!(client.ask(Health {}).unwrap().pid, 7);
        let error = client.ask(Init { project_root: "/p".into() }).unwrap_err();
        assert!(matches!(&error, ClientError::Refused(error) if error.code == Code::IoError), "{error}");
        assert_eq!(error.hint().unwrap(), "h");
    });
    assert_eq!(requests, [r#"{"type":"health"}"#, r#"{"type":"init","project_root":"/p"}"#]);
}

#[test]
fn a_question_is_asked_again_when_the_connection_is_lost() {
    let healthy: &'static str = Box::leak(format!("{HEALTHY}\n").into_boxed_str());
    let (pid, requests) = with_server(vec![vec![""], vec![healthy]], |mut client| client.ask(Health {}).unwrap().pid);
    assert_eq!((pid, requests.len()), (7, 2));
}

#[test]
fn an_order_is_not_given_twice() {
    let (error, requests) =
        with_server(vec![vec![""]], |mut client| client.ask(Init { project_root: "/p".into() }).unwrap_err());
    assert!(error.is_lost(), "{error}");
    assert_eq!(requests.len(), 1);
    assert_eq!(
        error.to_string(),
        "the connection was lost before `init` was answered; it may have been carried out or not"
    );
}

#[test]
fn an_answer_to_something_else_is_strange() {
    let (error, _) = with_server(vec![vec!["{\"type\":\"ok\"}\n"]], |mut client| client.ask(Health {}).unwrap_err());
    assert_eq!(error.to_string(), "the daemon's answer is not understood: `ok` to `health`");
    let (error, _) = with_server(vec![vec!["hello\n"]], |mut client| client.ask(Health {}).unwrap_err());
    assert!(matches!(error, ClientError::Strange(_)), "{error}");
}

#[test]
fn no_answer_in_time() {
    let slow: Vec<Vec<&'static str>> = vec![vec!["", ""]];
    let temp = tempfile::tempdir().unwrap();
    let socket = temp.path().join("s");
    let server = serve(&socket, slow);
    let mut client = client(&socket);
    let limit = Duration::from_millis(20);
    let error = client.call_raw(&serde_json::json!({"type": "status"}), limit).unwrap_err();
    assert!(matches!(&error, ClientError::TimedOut { request, .. } if request == "status"), "{error}");
    assert!(client.link.is_none(), "its answer may still come, and would pass for that of the next request");
    drop(client);
    assert!(server.join().is_err());
}

#[test]
fn nobody_there() {
    let temp = tempfile::tempdir().unwrap();
    let error = client(&temp.path().join("none")).ask(Health {}).unwrap_err();
    assert!(matches!(error, ClientError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("/none: No such file"), "{error}");
}
