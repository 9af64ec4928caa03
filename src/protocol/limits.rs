//! The numbers both sides rely on, each with its reason.

use std::time::Duration;

/// Largest line from a client, without its newline. The largest honest request is a pasted prompt or a file's
/// text; a client that never sends a newline must not be able to fill the daemon's memory.
pub const LINE_MAX: usize = 1 << 20;

/// Largest line a client of ours accepts from the daemon. Generous, since `logs` of a grown ring doubles in hex, and
/// diffs may be long; present at all because a client must not trust a socket more than the daemon does.
pub const REPLY_LINE_MAX: usize = 512 << 20;

/// Most text, in bytes, in the diffs of one answer. It becomes a little more as JSON, and stays below [`REPLY_LINE_MAX`]
/// unless half of it is control characters. The diff that would pass it is left out, and says so.
pub const DIFF_MAX: usize = 256 << 20;

/// Connections at once. Far above what panes, status lines and editors open, far below the descriptor limit.
pub const CONNECTIONS: usize = 64;

/// A connection without request in flight and without stream for this long may be closed when a new one needs
/// its place, longest idle first. Not before: an idle editor plugin costs nothing while there is room.
pub const CONNECTION_IDLE: Duration = Duration::from_secs(30);

/// How long a new connection waits for a place before it gets the `BUSY` line.
pub const BUSY_WAIT: Duration = Duration::from_secs(1);

/// From the first byte of a line to its newline. A client that stalls inside a line holds one of the 64 places.
pub const HALF_LINE: Duration = Duration::from_secs(30);

/// How long a client waits for an answer unless the operation is known to take longer.
pub const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// Most terminal bytes in one `output` line. Small enough that a keystroke's echo never waits behind a megabyte,
/// large enough that the JSON around it is noise.
pub const OUTPUT_CHUNK: usize = 64 * 1024;

/// Shortest time between two `status_event` lines: 20 a second is faster than anyone reads, and a swarm that
/// starts 50 agents costs one line instead of 50.
pub const STATUS_EVENT_GAP: Duration = Duration::from_millis(50);

/// `tail` of `logs`, in bytes, where the request names none: about one screen of text.
pub const LOGS_TAIL: u64 = 500;

/// `timeout_seconds` of `wait` where the request names none; the client's own limit is the same.
pub const WAIT_SECONDS: u64 = 30;

/// Largest number of columns or rows: the kernel's `winsize` holds 16 bits each. The smallest is 1.
pub const TERMINAL_SIZE_MAX: u64 = u16::MAX as u64;
