//! The only place where wire and domain meet.
//!
//! A line arrives at a [`connection`], is parsed by `protocol`, goes through one dull `match` ([`dispatch_typed`],
//! [`dispatch_cmd`]) to a handler named after its request, which makes one domain call or runs one of the [`flows`], and the answer
//! goes back in order. [`convert`] turns domain and file types into wire types; [`error`] does the same for errors, exhaustively.

pub mod check;
pub mod comparisons;
pub mod configs;
mod connection;
pub mod convert;
pub mod copies;
pub mod definitions;
pub mod dispatch_cmd;
pub mod dispatch_typed;
pub mod environments;
pub mod error;
pub mod flows;
pub mod handlers;
pub mod hud;
pub mod keeper;
pub mod kinds;
pub mod listening;
pub mod logging;
pub mod notifications;
pub mod panes;
pub mod run;
pub mod runtime;
pub mod server;
pub mod services;
pub mod shim;
pub mod stream;
pub mod subscription;
pub mod variables;
