//! Talks to the socket: connects, starts the daemon when nobody listens, asks and waits, follows a stream.
//!
//! Everything here blocks. A command of ours asks one thing and waits for it, so a runtime would add its start-up to
//! every call and give nothing back; the one command that listens to several things at once, attach, waits for them
//! with `poll` and uses [`attach::Attachment`], whose socket does not block.
//!
//! This layer knows the wire and where the socket is. It knows no words for people, no terminal and no project.

mod answer;
pub mod attach;
mod call;
mod connect;
mod error;
mod lines;
mod outgoing;
mod start;
pub mod watch;

pub use answer::{Ask, Ran};
pub use call::Client;
pub use connect::{Connector, Start};
pub use error::ClientError;
