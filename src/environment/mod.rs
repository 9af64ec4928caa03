//! Which environment a command runs in, and what that does to it: variables, words added to the command line, a question first.
//!
//! Everything in here is a function of what it is given: files come in as bytes, and the answer is words and variables for whoever
//! runs the command. `daemon` and, where there is no daemon, `cli` ask in the same way and so get the same answer.
//!
//! [`envs`] and [`prefix`] are the two files a person writes. [`overrides`] says which environment holds, [`resolve`] what becomes of
//! a command in it, [`guard`] whether it runs unasked. [`kube`] and [`script`] are what other programs read of it.

pub mod audit;
pub mod envs;
pub mod guard;
pub mod kube;
pub mod overlay;
pub mod overrides;
pub mod prefix;
pub mod resolve;
pub mod schema;
pub mod script;
pub mod secret;
pub mod template;
pub mod told;
mod tool;
