//! What stands where, for a terminal of any size.

use ratatui::layout::Rect;

/// From this width on the preview stands beside the list.
const SIDE_BY_SIDE: u16 = 100;
/// Below these there is room for the list only.
const NARROWEST: u16 = 50;
const LOWEST: u16 = 14;

/// The places. One that is empty has no room.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Layout {
    /// The line that is typed.
    pub prompt: Rect,
    /// The entries.
    pub list: Rect,
    /// The line between list and preview; upright where they stand side by side.
    pub divider: Rect,
    /// The head of the preview, where the divider is upright: a lying one carries it itself.
    pub title: Rect,
    /// The selected agent's screen, or what a command does.
    pub preview: Rect,
    /// What the keys do, or what has happened.
    pub footer: Rect,
}

/// Lays out a terminal of `cols` by `rows`, with the preview if that is wanted and there is room.
pub fn layout(cols: u16, rows: u16, preview: bool) -> Layout {
    let footer_rows = match (rows, cols) {
        (0..=4, _) => 0,
        (LOWEST.., NARROWEST..SIDE_BY_SIDE) => 2,
        _ => 1,
    };
    let body = rows.saturating_sub(1 + footer_rows);
    let top = rows.min(1);
    let mut layout = Layout {
        prompt: Rect::new(0, 0, cols, top),
        list: Rect::new(0, top, cols, body),
        footer: Rect::new(0, top + body, cols, footer_rows),
        ..Layout::default()
    };
    if !preview || cols < NARROWEST || rows < LOWEST {
        return layout;
    }
    if cols >= SIDE_BY_SIDE {
        let left = cols * 2 / 5;
        let right = left + 2;
        layout.list.width = left;
        layout.divider = Rect::new(left, top, 1, body);
        layout.title = Rect::new(right, top, cols - right, 1);
        layout.preview = Rect::new(right, top + 1, cols - right, body - 1);
    } else {
        let list = body * 2 / 5;
        layout.list.height = list;
        layout.divider = Rect::new(0, top + list, cols, 1);
        layout.preview = Rect::new(0, top + list + 1, cols, body - list - 1);
    }
    layout
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn how_much_is_left_for_what() {
        fn check(cols: u16, rows: u16, list: (u16, u16), preview: (u16, u16), footer: u16) {
            let layout = layout(cols, rows, true);
            assert_eq!((layout.list.width, layout.list.height), list, "{cols}x{rows}: list");
            assert_eq!((layout.preview.width, layout.preview.height), preview, "{cols}x{rows}: preview");
            assert_eq!(layout.footer.height, footer, "{cols}x{rows}: footer");
        }
        check(120, 30, (48, 28), (70, 27), 1);
        check(80, 24, (80, 8), (80, 12), 2);
        check(50, 14, (50, 4), (50, 6), 2);
        check(40, 10, (40, 8), (0, 0), 1);
        check(200, 10, (200, 8), (0, 0), 1);
        check(10, 3, (10, 2), (0, 0), 0);
        check(1, 1, (1, 0), (0, 0), 0);
        check(0, 0, (0, 0), (0, 0), 0);
    }

    proptest! {
        #[test]
        fn nothing_overlaps_and_nothing_sticks_out(cols in 0u16..400, rows in 0u16..200, preview: bool) {
            let whole = Rect::new(0, 0, cols, rows);
            let Layout { prompt, list, divider, title, preview, footer } = layout(cols, rows, preview);
            let places = [prompt, list, divider, title, preview, footer];
            for (at, place) in places.iter().enumerate() {
                prop_assert_eq!(whole.intersection(*place).area(), place.area(), "{:?}", place);
                let others = places[at + 1..].iter().filter(|other| other.area() > 0 && place.area() > 0);
                for other in others {
                    prop_assert!(!place.intersects(*other), "{:?} {:?}", place, other);
                }
            }
        }
    }
}
