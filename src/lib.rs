//! pintle keeps coding agents in real PTYs, beyond panes, ssh and a crash of its own daemon, and maps them onto tmux.
//!
//! Imports point down only; `tests/architecture.rs` fails on an arrow that is not in its table.
//!
//! | layer | what it is | may import |
//! |---|---|---|
//! | [`cli`] | words, tables, exit codes, completions | client, protocol, base, `keeper::run`, `daemon::run` |
//! | [`client`] | talks to the socket | protocol, base |
//! | [`daemon`] | the only place where wire and domain meet | every domain, protocol, keeper (its link), base |
//! | [`agent`], [`project`], [`definition`], [`schedule`], [`tmux`], [`environment`], [`hud`], [`notify`] | the domains, siblings that do not know each other (but `schedule` knows `definition`) | base |
//! | [`keeper`] | the process that owns listener, PTYs and children | base |
//! | [`protocol`] | wire types, codec, limits, error codes | base |
//! | [`base`] | clock, ids, places, atomic files, processes, ring | nothing of ours |

pub mod base;
pub mod protocol;

pub mod keeper;

pub mod agent;
pub mod definition;
pub mod environment;
pub mod hud;
pub mod notify;
pub mod project;
pub mod schedule;
pub mod tmux;

pub mod daemon;

pub mod client;

pub mod cli;
