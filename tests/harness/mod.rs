//! The tests' own tools, tested: a fake agent that does not do what it is told would make every other test a riddle.

mod fake_agent;
mod points;
mod processes;
mod sandbox;
