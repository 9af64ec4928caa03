//! Lines from the daemon, as they arrive.

use std::io::{self, Read};

use tokio_util::bytes::{Bytes, BytesMut};
use tokio_util::codec::Decoder;

use super::ClientError;
use crate::protocol::codec::{Frame, LineCodec};

/// One read. An `output` line of the largest kind is a little over this, so that it takes two.
const READ: usize = 128 * 1024;

/// What has been read of a connection and is not yet a line.
#[derive(Debug)]
pub struct Lines {
    codec: LineCodec,
    buffer: BytesMut,
    scratch: Box<[u8]>,
}

impl Lines {
    /// Nothing read so far.
    pub fn new() -> Self {
        Self { codec: LineCodec::for_replies(), buffer: BytesMut::new(), scratch: vec![0; READ].into() }
    }

    /// The next whole line; `None`: read on.
    pub fn next(&mut self) -> Result<Option<Bytes>, ClientError> {
        match self.codec.decode(&mut self.buffer).map_err(ClientError::Io)? {
            Some(Frame::Line(line)) => Ok(Some(line)),
            Some(Frame::TooLong) => Err(ClientError::Strange("a line without end".to_owned())),
            None => Ok(None),
        }
    }

    /// Reads once. 0 is the end.
    pub fn fill(&mut self, mut from: impl Read) -> io::Result<usize> {
        loop {
            match from.read(&mut self.scratch) {
                Ok(read) => {
                    self.buffer.extend_from_slice(&self.scratch[..read]);
                    return Ok(read);
                }
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }
}
