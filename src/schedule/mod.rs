//! When what is scheduled is due. [`recurrence`] is a function of a schedule and a time; what acts on it is not here yet.

pub mod recurrence;
