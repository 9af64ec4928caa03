//! Lines on their way to the daemon, over a socket that may not take all of them and may be replaced by another.

use std::io::{self, Write};

/// Lines that are not known to have been sent whole.
#[derive(Debug, Default)]
pub struct Outgoing {
    bytes: Vec<u8>,
    sent: usize,
}

impl Outgoing {
    /// For appending whole lines.
    pub fn tail(&mut self) -> &mut Vec<u8> {
        &mut self.bytes
    }

    /// Bytes still to be sent.
    pub fn unsent(&self) -> usize {
        self.bytes.len() - self.sent
    }

    /// Sends what the socket takes now.
    pub fn write_to(&mut self, mut socket: impl Write) -> io::Result<()> {
        while self.sent < self.bytes.len() {
            match socket.write(&self.bytes[self.sent..]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => self.sent += written,
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        // What is left begins with the line that is half sent: on another connection it has to go out from its start.
        let whole = memchr::memrchr(b'\n', &self.bytes[..self.sent]).map_or(0, |newline| newline + 1);
        self.bytes.drain(..whole);
        self.sent -= whole;
        Ok(())
    }

    /// There is a new connection: `first` goes out on it, then what the old one did not take whole.
    pub fn start_over(&mut self, first: &[u8]) {
        self.sent = 0;
        self.bytes.splice(..0, first.iter().copied());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Takes so many bytes and then would block.
    struct Narrow(Vec<u8>, usize);

    impl Write for Narrow {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let taken = bytes.len().min(self.1);
            if taken == 0 {
                return Err(io::ErrorKind::WouldBlock.into());
            }
            self.1 -= taken;
            self.0.extend_from_slice(&bytes[..taken]);
            Ok(taken)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_half_sent_line_goes_out_again_and_a_whole_one_does_not() {
        fn check(taken: usize, expected: &str) {
            let mut outgoing = Outgoing::default();
            outgoing.tail().extend_from_slice(b"one\ntwo\nthree\n");
            outgoing.write_to(Narrow(Vec::new(), taken)).unwrap();
            assert_eq!(outgoing.unsent(), 14 - taken, "{taken}");
            outgoing.start_over(b"hello\n");
            let mut second = Narrow(Vec::new(), 100);
            outgoing.write_to(&mut second).unwrap();
            assert_eq!(String::from_utf8(second.0).unwrap(), expected, "{taken}");
            assert_eq!(outgoing.unsent(), 0);
        }
        check(0, "hello\none\ntwo\nthree\n");
        check(3, "hello\none\ntwo\nthree\n");
        check(4, "hello\ntwo\nthree\n");
        check(9, "hello\nthree\n");
        check(14, "hello\n");
    }
}
