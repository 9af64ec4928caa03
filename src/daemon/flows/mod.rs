//! What takes more than one domain, one file a verb.

pub mod end;
pub mod exited;
pub mod kill;
pub mod rename;
pub mod resume;
pub mod shutdown;
pub mod spawn;
pub mod suspend;
pub mod takeover;
