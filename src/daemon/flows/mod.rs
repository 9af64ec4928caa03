//! What takes more than one domain, one file a verb.

pub mod apply_prefixes;
pub mod change_env;
pub mod create_worktree;
pub mod end;
pub mod exited;
pub mod focus_next;
pub mod forget_project;
pub mod grid;
pub mod kill;
pub mod place;
pub mod rename;
pub mod restore_panes;
pub mod resume;
pub mod run_swarm;
pub mod show;
pub mod shutdown;
pub mod spawn;
pub mod split_run;
pub mod suspend;
pub mod swarm_plan;
pub mod takeover;
pub mod undo_swarm;
