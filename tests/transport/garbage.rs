//! Noise of every kind: the daemon lives, answers, and does not grow.

use crate::support::client::NoLine;
use crate::support::{Sandbox, process};

/// Bytes that look like nothing, the same at every run (xorshift64).
struct Noise(u64);

impl Noise {
    fn bytes(&mut self, count: usize) -> Vec<u8> {
        let mut next = || {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            self.0.to_le_bytes()
        };
        let mut bytes: Vec<u8> = (0..count.div_ceil(8)).flat_map(|_| next()).collect();
        bytes.truncate(count);
        bytes
    }
}

/// Sends noise on a connection of its own and reads what comes back, to the end.
fn make_noise(sandbox: &Sandbox, bytes: Vec<u8>) {
    let mut client = sandbox.client();
    let lines: Vec<&[u8]> = bytes.split_inclusive(|&byte| byte == b'\n').filter(|line| line.ends_with(b"\n")).collect();
    // What stands behind the last newline is a line too, once the client has finished. Whether an empty line is an error or nothing at all is not this test's business.
    let expected = lines.iter().filter(|line| !line.trim_ascii().is_empty()).count()
        ..=lines.len() + usize::from(!bytes.ends_with(b"\n"));
    client.send_raw(&bytes);
    client.finish_sending();
    let mut answers = 0;
    let rest = loop {
        match client.recv_line(crate::support::client::ANSWER) {
            Ok(line) => {
                let reply: serde_json::Value = serde_json::from_slice(&line).expect("replies are JSON, even to noise");
                assert_eq!(reply["code"], "PARSE_ERROR", "{client}");
                answers += 1;
            }
            Err(NoLine::Closed(rest)) => break rest,
            Err(NoLine::TimedOut) => panic!("neither answered nor closed\n{client}"),
        }
    };
    assert!(expected.contains(&answers), "{answers} answers, one a line would be {expected:?}\n{client}");
    assert!(rest.is_empty(), "half a reply\n{client}");
}

#[test]
fn binary_noise_is_answered_and_forgotten() {
    let sandbox = Sandbox::new();
    sandbox.start();
    let daemon = sandbox.daemon();
    let mut noise = Noise(0x9e37_79b9_7f4a_7c15);
    let mut round = || {
        for _ in 0..20 {
            make_noise(&sandbox, noise.bytes(16 * 1024));
        }
    };
    // The first rounds fill what is kept for reuse.
    (0..2).for_each(|_| round());
    let before = process::private_memory(daemon).expect("the daemon lives");
    let files = process::open_files(daemon).expect("the daemon lives");
    (0..10).for_each(|_| round());
    let after = process::private_memory(daemon).expect("the daemon lives");
    assert!(after < before + (1 << 20), "private memory went from {before} to {after} bytes");
    assert!(process::open_files(daemon).is_some_and(|now| now <= files + 1), "descriptors are left open");
    assert_eq!(sandbox.daemon(), daemon, "the same daemon serves");
}

#[test]
fn connections_that_vanish_are_forgotten() {
    let sandbox = Sandbox::new();
    sandbox.start();
    let daemon = sandbox.daemon();
    for n in 0..300 {
        let mut client = sandbox.client();
        // Some without a word, some in the middle of one, some without waiting for the answer.
        let word = ["", "{\"type\":\"hea", "{\"type\":\"health\"}\n", "{\"type\":\"subscribe_events\"}\n"][n % 4];
        let _ = client.try_send_raw(word);
    }
    sandbox.client().expect_usable();
    assert_eq!(sandbox.daemon(), daemon, "the same daemon serves");
}
