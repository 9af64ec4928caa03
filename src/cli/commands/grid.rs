//! `pintle grid …`

use std::collections::BTreeMap;

use clap::Subcommand;
use clap_complete::ArgValueCandidates;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::output::one_line;
use crate::cli::show::Side;
use crate::cli::{complete, resolve, show};
use crate::client::Client;
use crate::protocol::typed::Reply;
use crate::protocol::typed::reply::{GridLayout, GridNode};
use crate::protocol::typed::request::{Axis, Direction, GridAction, GridCommand, GridVerb, Status};

/// The project's grid: one tmux window that shows its agents
///
/// A LEAF is the number of a pane in it, 5 for %5; where absent, the focused one is meant. `split` makes the grid where there is none;
/// the others say that there is none.
#[derive(Debug, clap::Args)]
pub struct Args {
    #[command(subcommand)]
    command: Command,
}

/// What to do with the grid.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Say how it lies
    Show,
    /// Make a leaf two; the new one shows an agent, or offers the agents to pick from
    Split {
        /// Where the new leaf goes
        #[arg(value_enum)]
        side: Side,
        /// The leaf to split
        #[arg(long, short)]
        leaf: Option<u32>,
        /// The agent that the new leaf shows
        #[arg(long, short, add = ArgValueCandidates::new(complete::agents))]
        agent: Option<String>,
    },
    /// Close a leaf; the agent in it lives on
    Close {
        /// The leaf
        leaf: Option<u32>,
    },
    /// Give a leaf the keys
    Focus {
        /// The leaf's number, or up, down, left, right
        to: Where,
    },
    /// Show an agent in a leaf
    Assign {
        /// The leaf
        leaf: u32,
        /// The agent: id, beginning of an id, or name
        #[arg(add = ArgValueCandidates::new(complete::agents))]
        agent: String,
    },
}

/// Which leaf gets the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Where {
    /// This one.
    Leaf(u32),
    /// The one in this direction.
    Direction(Direction),
}

impl std::str::FromStr for Where {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Ok(match text {
            "up" => Self::Direction(Direction::Up),
            "down" => Self::Direction(Direction::Down),
            "left" => Self::Direction(Direction::Left),
            "right" => Self::Direction(Direction::Right),
            number => {
                let number = number.strip_prefix('%').unwrap_or(number).parse();
                Self::Leaf(number.map_err(|_| "it takes a leaf's number, or up, down, left, right")?)
            }
        })
    }
}

/// Does what the word says.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let mut agent = |word: &str| resolve::agent(context, &mut client, word).map(|found| found.id);
    let command = match &args.command {
        Command::Show => GridAction::of(GridVerb::GetLayout, None),
        Command::Split { side, leaf, agent: word } => GridAction {
            axis: match side {
                Side::Right => Axis::Vertical,
                Side::Below => Axis::Horizontal,
            },
            agent_id: word.as_deref().map(&mut agent).transpose()?,
            ..GridAction::of(GridVerb::Split, *leaf)
        },
        Command::Close { leaf } => GridAction::of(GridVerb::Close, *leaf),
        Command::Focus { to: Where::Leaf(leaf) } => GridAction::of(GridVerb::Focus, Some(*leaf)),
        Command::Focus { to: Where::Direction(direction) } => {
            GridAction { direction: Some(*direction), ..GridAction::of(GridVerb::Focus, None) }
        }
        Command::Assign { leaf, agent: word } => {
            GridAction { agent_id: Some(agent(word)?), ..GridAction::of(GridVerb::SetAgent, Some(*leaf)) }
        }
    };
    let (pane, tmux) = show::pane().ok().map(|pane| (pane.id, pane.server)).unzip();
    let request = GridCommand { project_root: context.project_root()?, command, pane, tmux };
    match client.call(&request.into())? {
        Reply::GridLayout(layout) => {
            let names = if context.output.is_json() { Names::new() } else { names(context, &mut client) };
            context.output.answer(&layout, |layout| words(layout, &names))?;
        }
        Reply::Done(done) => context.output.answer(&done, |_| String::new())?,
        other => anyhow::bail!("the daemon answered with `{}`", other.name()),
    }
    Ok(Exit::Done)
}

/// What agents are called, by their ids.
type Names = BTreeMap<String, String>;

/// Of the project's agents. One whose name cannot be told goes by its id.
fn names(context: &Context, client: &mut Client) -> Names {
    let root = context.project_root().unwrap_or_default();
    let report = client.ask(Status { project_root: root, agent_id: None });
    report.map(|report| report.agents.into_iter().map(|agent| (agent.id, agent.name)).collect()).unwrap_or_default()
}

fn words(layout: &GridLayout, names: &Names) -> String {
    let Some(grid) = &layout.layout else {
        return "no grid; `pintle grid split right` makes one".to_owned();
    };
    let mut lines = vec![format!("window {} of {}", grid.window, grid.tmux)];
    describe(&grid.tree, 1, names, &mut lines);
    lines.join("\n")
}

fn describe(node: &GridNode, depth: usize, names: &Names, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    match node {
        GridNode::Leaf { leaf_id, agent_id, focused, cols, rows, .. } => {
            let name = |id: &String| one_line(names.get(id).unwrap_or(id));
            let agent = agent_id.as_ref().map_or_else(|| "empty".to_owned(), name);
            let focus = if *focused { ", focused" } else { "" };
            lines.push(format!("{indent}{leaf_id}: {agent}, {cols}x{rows}{focus}"));
        }
        GridNode::Split { axis, children } => {
            let lie = match axis {
                Axis::Vertical => "side by side",
                Axis::Horizontal => "one above the other",
            };
            lines.push(format!("{indent}{lie}:"));
            children.iter().for_each(|child| describe(&child.node, depth + 1, names, lines));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::typed::reply::{Grid, GridChild};

    #[test]
    fn leaves_go_by_the_names_of_their_agents() {
        let leaf = |leaf_id, agent: Option<&str>| GridChild {
            share: 0.5,
            node: GridNode::Leaf {
                leaf_id,
                pane: format!("%{leaf_id}"),
                agent_id: agent.map(str::to_owned),
                focused: agent.is_none(),
                cols: 40,
                rows: 23,
            },
        };
        let children = vec![leaf(1, Some("ag-1")), leaf(2, Some("ag-2")), leaf(3, None)];
        let tree = GridNode::Split { axis: Axis::Vertical, children };
        let layout = GridLayout { layout: Some(Grid { window: "@1".to_owned(), tmux: "/s".to_owned(), tree }) };
        let names = Names::from([("ag-1".to_owned(), "quiet-rudder".to_owned())]);
        let expected = "window @1 of /s\n  side by side:\n    1: quiet-rudder, 40x23\n    2: ag-2, 40x23\n    3: empty, 40x23, focused";
        assert_eq!(words(&layout, &names), expected);
    }

    #[test]
    fn where_to_go() {
        assert_eq!("left".parse(), Ok(Where::Direction(Direction::Left)));
        assert_eq!("5".parse(), Ok(Where::Leaf(5)));
        assert_eq!("%5".parse(), Ok(Where::Leaf(5)));
        assert!("there".parse::<Where>().is_err());
    }
}
