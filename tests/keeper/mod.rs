//! The keeper: what it does when the daemon cannot live, and what is left when it is killed itself.

mod crash_loop;
mod killed;
mod managed;
