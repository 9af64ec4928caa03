//! What every other layer stands on and that knows nothing of pintle's trade: time, ids, places, files (and what is wrong where in
//! them), processes and the output ring. It imports nothing of ours, so anything here can be read, tested and replaced alone.

pub mod awake;
pub mod bound;
pub mod clock;
pub mod descriptor;
pub mod family;
pub mod files;
pub mod id;
pub mod near;
pub mod paths;
pub mod process;
pub mod ring;
pub mod test_point;
pub mod text;
pub mod undo;
pub mod yaml;
