//! The layout as tmux 3.8 and later write it for all but control clients that have not asked for it. Pure.
//!
//! `{"V":2,"L":{"t":"h","w":80,"h":24,"x":0,"y":0,"c":[{"t":"p",…,"I":"%0"},…]}}`: `h` are cells side by side, `v` one above the
//! other, `p` is a pane. A pane with a `z` floats above the others and has no place among them.

use serde_json::Value;

use super::{Axis, Cell, Content, LayoutError};
use crate::tmux::server::PaneId;

/// Reads one, without what floats.
pub(super) fn read(text: &str) -> Result<Cell, LayoutError> {
    // serde_json itself refuses what is nested deeper than 128 levels.
    let value: Value = serde_json::from_str(text).map_err(|error| LayoutError::Object(error.to_string()))?;
    cell(&value["L"])
}

fn cell(value: &Value) -> Result<Cell, LayoutError> {
    let (cols, rows) = (number(value, "w")?, number(value, "h")?);
    let (left, top) = (number(value, "x")?, number(value, "y")?);
    let content = match value["t"].as_str() {
        Some("p") => {
            let id = value["I"].as_str().and_then(|id| id.parse::<PaneId>().ok());
            Content::Pane(id.ok_or_else(|| missing("I"))?)
        }
        Some("h") => split(Axis::Vertical, value)?,
        Some("v") => split(Axis::Horizontal, value)?,
        _ => return Err(missing("t")),
    };
    Ok(Cell { cols, rows, left, top, content })
}

fn split(axis: Axis, value: &Value) -> Result<Content, LayoutError> {
    let cells = value["c"].as_array().ok_or_else(|| missing("c"))?;
    let tiled = cells.iter().filter(|cell| cell.get("z").is_none());
    let mut cells = tiled.map(cell).collect::<Result<Vec<_>, _>>()?;
    match cells.len() {
        0 => Err(missing("c")),
        // A window with one pane is written as a split as soon as another one floats above it.
        1 => Ok(cells.remove(0).content),
        _ => Ok(Content::Split(axis, cells)),
    }
}

fn number(value: &Value, key: &'static str) -> Result<u32, LayoutError> {
    value[key].as_u64().and_then(|number| number.try_into().ok()).ok_or_else(|| missing(key))
}

fn missing(key: &str) -> LayoutError {
    LayoutError::Object(format!("`{key}` is missing or is something else"))
}
