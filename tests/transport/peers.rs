//! Only the owner of the socket is served, even where the file's modes would let others in.

use std::fs::{Permissions, set_permissions};
use std::os::unix::fs::PermissionsExt as _;

use rustix::process::{Uid, geteuid};
use rustix::thread::set_thread_uid;

use crate::support::client::ANSWER;
use crate::support::{Client, Sandbox};

/// `nobody`, on every system that we know.
const SOMEBODY_ELSE: u32 = 65534;

#[test]
fn another_users_connection_is_not_served() {
    if !geteuid().is_root() {
        eprintln!("skipped: only root can be somebody else");
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.start();
    for path in [sandbox.root().to_owned(), sandbox.path("run"), sandbox.path("run/pintle"), sandbox.socket()] {
        set_permissions(&path, Permissions::from_mode(0o777)).expect("our own file");
    }
    let socket = sandbox.socket();
    // The uid of this one thread changes, not of the process, and it never comes back.
    let answer = std::thread::spawn(move || {
        set_thread_uid(Uid::from_raw(SOMEBODY_ELSE)).expect("root may be anybody");
        let mut client = Client::connect(&socket);
        let _ = client.try_send_raw("{\"type\":\"health\"}\n");
        client.recv_line(ANSWER)
    });
    let answer = answer.join().expect("the thread says what it got");
    // A word of refusal is fine, an answer is not.
    if let Ok(line) = &answer {
        let line = String::from_utf8_lossy(line);
        assert!(line.contains("error") && !line.contains("health_report"), "was served: {line}");
    }
    sandbox.client().expect_usable();
}
