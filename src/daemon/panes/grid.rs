//! A project's grid on the wire, and what was done to it between two looks. Pure.

use std::collections::BTreeMap;

use super::follow::Snapshot;
use crate::protocol::typed::event::GridEvent;
use crate::protocol::typed::reply::{Grid, GridChild, GridNode};
use crate::protocol::typed::request::{Axis, GridAction, GridVerb};
use crate::tmux::grid::{self, Cell, Content};
use crate::tmux::pane::Pane;
use crate::tmux::server::{PaneId, Socket};

/// The grid of a project, if this server has it.
pub fn of(snapshot: &Snapshot, socket: &Socket, project_root: &str) -> Option<Grid> {
    let first = snapshot.panes.iter().find(|pane| pane.grid.as_deref() == Some(project_root))?;
    let layout = snapshot.layouts.get(&first.window)?;
    let panes: BTreeMap<PaneId, &Pane> = snapshot.panes.iter().map(|pane| (pane.key.pane, pane)).collect();
    Some(Grid { window: first.window.to_string(), tmux: socket.to_string(), tree: node(layout, &panes) })
}

fn node(cell: &Cell, panes: &BTreeMap<PaneId, &Pane>) -> GridNode {
    match &cell.content {
        Content::Pane(id) => {
            let pane = panes.get(id);
            GridNode::Leaf {
                leaf_id: id.0,
                pane: id.to_string(),
                agent_id: pane.and_then(|pane| pane.agent.clone()),
                focused: pane.is_some_and(|pane| pane.active),
                cols: cell.cols,
                rows: cell.rows,
            }
        }
        Content::Split(axis, _) => {
            let axis = match axis {
                grid::Axis::Vertical => Axis::Vertical,
                grid::Axis::Horizontal => Axis::Horizontal,
            };
            let child = |shared: grid::Shared<'_>| GridChild { share: shared.share, node: node(shared.cell, panes) };
            GridNode::Split { axis, children: cell.shares().into_iter().map(child).collect() }
        }
    }
}

/// A leaf as far as it matters whether something was done to it.
#[derive(Clone, PartialEq)]
struct Leaf {
    agent: Option<String>,
    focused: bool,
    /// Of the split that it is in.
    axis: Axis,
}

fn leaves(grid: Option<&Grid>) -> BTreeMap<u32, Leaf> {
    fn collect(node: &GridNode, axis: Axis, leaves: &mut BTreeMap<u32, Leaf>) {
        match node {
            GridNode::Leaf { leaf_id, agent_id, focused, .. } => {
                leaves.insert(*leaf_id, Leaf { agent: agent_id.clone(), focused: *focused, axis });
            }
            GridNode::Split { axis, children } => children.iter().for_each(|child| collect(&child.node, *axis, leaves)),
        }
    }
    let mut found = BTreeMap::new();
    if let Some(grid) = grid {
        collect(&grid.tree, Axis::default(), &mut found);
    }
    found
}

/// What was done, in the words in which it could have been asked for.
pub fn changes(before: Option<&Grid>, now: Option<&Grid>) -> Vec<GridAction> {
    if before == now {
        return Vec::new();
    }
    let (old, new) = (leaves(before), leaves(now));
    let mut done = Vec::new();
    for id in old.keys().filter(|id| !new.contains_key(id)) {
        done.push(GridAction::of(GridVerb::Close, Some(*id)));
    }
    for (id, leaf) in new.iter().filter(|(id, _)| !old.contains_key(id)) {
        done.push(GridAction { axis: leaf.axis, ..GridAction::of(GridVerb::Split, Some(*id)) });
    }
    for (id, leaf) in &new {
        let known = old.get(id);
        if known.map_or(leaf.agent.is_some(), |known| known.agent != leaf.agent) {
            done.push(GridAction { agent_id: leaf.agent.clone(), ..GridAction::of(GridVerb::SetAgent, Some(*id)) });
        }
        if leaf.focused && !known.is_some_and(|known| known.focused) {
            done.push(GridAction::of(GridVerb::Focus, Some(*id)));
        }
    }
    if done.is_empty() {
        // Swapped, resized, turned: no verb of ours says how.
        done.push(GridAction::of(GridVerb::GetLayout, None));
    }
    done
}

/// The line that tells of it.
pub fn event(project_root: &str, command: GridAction, layout: Option<Grid>) -> GridEvent {
    GridEvent { project_root: project_root.to_owned(), command, layout }
}

/// The leaf with this number, or the focused one.
pub fn leaf(grid: &Grid, id: Option<u32>) -> Option<u32> {
    let leaves = leaves(Some(grid));
    match id {
        Some(id) => leaves.contains_key(&id).then_some(id),
        None => leaves.iter().find(|(_, leaf)| leaf.focused).or(leaves.iter().next()).map(|(id, _)| *id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pane(id: u32, agent: Option<&str>, focused: bool, cols: u32) -> GridNode {
        let (pane, agent_id) = (format!("%{id}"), agent.map(str::to_owned));
        GridNode::Leaf { leaf_id: id, pane, agent_id, focused, cols, rows: 24 }
    }

    fn grid(axis: Axis, nodes: Vec<GridNode>) -> Option<Grid> {
        let share = 1.0 / nodes.len() as f64;
        let children = nodes.into_iter().map(|node| GridChild { share, node }).collect();
        Some(Grid { window: "@1".into(), tmux: "/s".into(), tree: GridNode::Split { axis, children } })
    }

    #[track_caller]
    fn check(before: &Option<Grid>, now: &Option<Grid>, expected: &[(GridVerb, Option<u32>)]) {
        let done: Vec<_> =
            changes(before.as_ref(), now.as_ref()).iter().map(|done| (done.action, done.leaf_id)).collect();
        assert_eq!(done, expected);
    }

    #[test]
    fn what_was_done_is_told_in_the_words_of_requests() {
        use GridVerb::*;
        let one = grid(Axis::Vertical, vec![pane(1, None, true, 80)]);
        let two = grid(Axis::Horizontal, vec![pane(1, None, true, 80), pane(2, Some("ag-1"), false, 80)]);
        check(&one, &one, &[]);
        check(&None, &one, &[(Split, Some(1)), (Focus, Some(1))]);
        check(&one, &two, &[(Split, Some(2)), (SetAgent, Some(2))]);
        assert_eq!(changes(one.as_ref(), two.as_ref())[0].axis, Axis::Horizontal);
        check(&two, &one, &[(Close, Some(2))]);
        let moved = grid(Axis::Horizontal, vec![pane(1, None, false, 80), pane(2, Some("ag-1"), true, 80)]);
        check(&two, &moved, &[(Focus, Some(2))]);
        let swapped = grid(Axis::Horizontal, vec![pane(2, Some("ag-1"), false, 80), pane(1, None, true, 80)]);
        check(&two, &swapped, &[(GetLayout, None)]);
        let freed = grid(Axis::Horizontal, vec![pane(1, None, true, 80), pane(2, None, false, 80)]);
        check(&two, &freed, &[(SetAgent, Some(2))]);
        check(&two, &None, &[(Close, Some(1)), (Close, Some(2))]);
    }

    #[test]
    fn a_leaf_is_the_one_named_or_the_focused_one() {
        let two = grid(Axis::Vertical, vec![pane(1, None, false, 40), pane(2, None, true, 40)]).unwrap();
        assert_eq!((leaf(&two, None), leaf(&two, Some(1)), leaf(&two, Some(9))), (Some(2), Some(1), None));
    }
}
