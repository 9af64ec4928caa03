//! The least that a program in the way of a command can do: connect, ask once, become `true`. `pintle run` is measured against it
//! (`side_by_side`, row `run`).
//!
//! `bare_run SOCKET LINE`: sends the line, reads one, and looks at nothing in it.

use std::env::args_os;
use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;

fn main() -> Result<(), Error> {
    let mut words = args_os().skip(1);
    let (Some(socket), Some(line)) = (words.next(), words.next()) else {
        return Err(Error::new(ErrorKind::InvalidInput, "bare_run SOCKET LINE"));
    };
    let mut stream = UnixStream::connect(socket)?;
    let mut line = line.into_encoded_bytes();
    line.push(b'\n');
    stream.write_all(&line)?;
    let mut answer = [0; 4096];
    let mut count = 0;
    while !answer[..count].contains(&b'\n') {
        match stream.read(&mut answer[count..])? {
            0 => return Err(ErrorKind::UnexpectedEof.into()),
            more => count += more,
        }
    }
    Err(Command::new("true").exec())
}
