//! The folder in front of every agent's PATH, and the `pintle` in it: hooks of agents say `pintle report …`, wherever pintle was
//! installed or built.

use std::io;

use crate::base::files::{FileError, link_atomic};
use crate::base::paths::Places;

/// Lets `pintle` in that folder be the program that this daemon runs. Done at every start, since an upgrade may have put the program
/// elsewhere. What is right already is left alone: an agent may be running it at this moment.
pub fn keep(places: &Places) -> Result<(), FileError> {
    let (folder, link) = (places.shims(), places.shim());
    let program = std::env::current_exe().map_err(FileError::at(&link))?;
    if !program.exists() {
        // Removed or replaced while we started. A link that leads nowhere is worse than one to what was there before.
        let gone = io::Error::new(io::ErrorKind::NotFound, format!("{} is gone", program.display()));
        return Err(FileError::at(&link)(gone));
    }
    if std::fs::read_link(&link).is_ok_and(|target| target == program) {
        return Ok(());
    }
    std::fs::create_dir_all(&folder).map_err(FileError::at(&folder))?;
    link_atomic(&program, &link)
}
