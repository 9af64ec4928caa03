//! The keeper: what it does when the daemon cannot live or the runtime folder goes, and what is left when it is killed itself.

mod crash_loop;
mod killed;
mod managed;
mod runtime;
