//! A project's grid: one tmux window.

use serde::{Deserialize, Serialize};

use crate::protocol::typed::request::Axis;

/// How a grid lies. To `grid_command` with `get_layout`.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct GridLayout {
    /// `None`: the project has no grid.
    pub layout: Option<Grid>,
}

/// A stream of what becomes of a grid has begun.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct GridSubscribed {}

/// A grid.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Grid {
    /// Id of its tmux window, `@3`.
    pub window: String,
    /// Ours: socket path of its tmux server.
    pub tmux: String,
    /// Its panes.
    pub tree: GridNode,
}

/// A leaf, or leaves beside each other.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum GridNode {
    /// A pane.
    Leaf {
        /// The number of its tmux pane.
        leaf_id: u32,
        /// The tmux pane, `%5`.
        pane: String,
        /// The agent it shows.
        agent_id: Option<String>,
        /// It gets the keys.
        focused: bool,
        /// Columns.
        cols: u32,
        /// Rows.
        rows: u32,
    },
    /// Two or more, with dividers between them.
    Split {
        /// How the dividers lie.
        axis: Axis,
        /// From the left, or from the top.
        children: Vec<GridChild>,
    },
}

/// A part of a split.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GridChild {
    /// How much of the split it has; all of one split are 1 together.
    pub share: f64,
    /// What lies there.
    pub node: GridNode,
}
