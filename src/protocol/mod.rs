//! What goes over the socket.
//!
//! One Unix stream socket, newline-delimited JSON, one object a line, replies in the order of requests.
//! A request with a `type` key is of dialect [`typed`]: agents, their terminals, projects.
//! A request with a `cmd` key is of dialect [`cmd`]: environments, panes, extensions. A connection may mix both.
//! Bytes come in through [`codec`] as lines, [`parse_request`] makes a [`Request`] of a line or says in words why not.
//! Replies and stream lines go out through [`encode`], terminal bytes through [`typed::encode_output`].
//! An error is one [`WireError`] with one [`Code`], rendered in the dialect of the request it answers.
//! Every number that both sides rely on stands in [`limits`]; `docs/protocol.md` is this layer in prose.
//!
//! This layer knows no agent, no tmux and no clock: it turns lines into values and values into lines.
//! The same types serve daemon and client, so that a field cannot be spelt in two ways.

pub mod bytes;
pub mod cmd;
pub mod codec;
mod encode;
mod error;
pub mod limits;
mod null;
mod parse;
mod reason;
mod tag;
pub mod typed;

pub use encode::encode;
pub use error::{Code, Dialect, WireError};
pub use parse::{Rejected, Request, parse_request};

/// The version that `health_report` carries. It changes when a client of the previous one would misread a line.
pub const PROTOCOL_VERSION: u32 = 4;
