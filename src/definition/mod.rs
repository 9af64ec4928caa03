//! Definitions: what people keep to use again. Templates (prompts with placeholders), agent defs, swarm defs, schedules, triggers.
//!
//! One file each, in the project's folder or in the user's config folder, where the project's shadows the user's. The files belong to
//! people: they are written by hand as much as by requests, so that every mistake is told with file, line and key, and a change leaves
//! every comment and key that it does not mean.
//!
//! [`store`] is the one place that touches files (each by `file`); all else is a function of text. A kind of definition says what its file looks like
//! by [`Definition`], and nothing else: the five are listed, got, saved and deleted by the same code.

mod edit;
mod file;
mod name;
mod read;

pub mod agent_def;
pub mod error;
pub mod schedule_def;
pub mod scope;
pub mod store;
pub mod swarm_def;
pub mod template;
pub mod trigger_def;

pub use error::DefinitionError;
pub use file::{check_draft, keys_in};
pub use name::mistake as mistake_in_name;
pub use scope::{Folders, Scope};
pub use store::{Broken, Definition, Found, Store};
