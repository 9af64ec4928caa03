//! The transport, row for row: `docs/protocol.md`, the table at its head. Both dialects share it.

mod connections;
mod dialects;
mod garbage;
mod half_line;
mod hex;
mod line_end;
mod line_limit;
mod malformed;
mod modes;
mod nulls;
mod order;
mod peers;
