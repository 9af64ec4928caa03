//! The daemon: starting, stopping, being killed, and what is on the disk.

mod config;
mod cut_off;
mod disk_full;
mod gone;
mod gone_away;
mod killed;
mod manifest;
mod moved;
mod restart;
mod start;
mod stop;
