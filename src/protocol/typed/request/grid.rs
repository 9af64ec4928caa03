//! A project's grid: one tmux window.

use serde::{Deserialize, Serialize};

use crate::protocol::null;

/// Asks for a project's grid or changes it. Answered with `grid_layout` to `get_layout`, else with `ok`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridCommand {
    /// The project's root folder.
    pub project_root: String,
    /// What is wanted.
    pub command: GridAction,
    /// Ours: the caller's own pane, from its `TMUX_PANE`: a grid that is made is made in its session.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// Ours: socket path of its tmux server, from the caller's `TMUX`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tmux: Option<String>,
}

/// What is wanted of a grid, and in a `grid_event` what was done to it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridAction {
    /// The verb.
    #[serde(alias = "type")]
    pub action: GridVerb,
    /// The leaf that is meant: the number of its tmux pane. Where absent, the focused one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leaf_id: Option<u32>,
    /// Of `split`: how the divider lies.
    #[serde(default, deserialize_with = "null::or_default")]
    pub axis: Axis,
    /// Of `focus`: which way to go.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<Direction>,
    /// Of `set_agent`, and ours of `split`: the agent to show.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent_id: Option<String>,
}

impl GridAction {
    /// A verb about a leaf.
    pub fn of(action: GridVerb, leaf_id: Option<u32>) -> Self {
        Self { action, leaf_id, axis: Axis::default(), direction: None, agent_id: None }
    }
}

/// What can be done to a grid.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum GridVerb {
    /// A leaf becomes two.
    Split,
    /// A leaf goes away; the agent it shows does not.
    Close,
    /// Another leaf gets the keys.
    Focus,
    /// A leaf shows an agent.
    SetAgent,
    /// How it all lies. In a `grid_event`: it lies differently, in a way that no other verb says.
    GetLayout,
}

/// How the divider of a split lies. tmux's own words are the other way round.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Axis {
    /// From top to bottom: the panes are side by side.
    #[default]
    #[serde(alias = "v")]
    Vertical,
    /// From left to right: one pane is above the other.
    #[serde(alias = "h")]
    Horizontal,
}

/// Which way to go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// To the leaf above.
    Up,
    /// To the leaf below.
    Down,
    /// To the leaf on the left.
    Left,
    /// To the leaf on the right.
    Right,
}
