//! The terminal while the palette has it: raw, on its alternate screen, and as it was on every way out.

use std::io::{self, BufWriter, Stdout, Write};

use ratatui::backend::{Backend, CrosstermBackend};
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::state::State;
use super::theme::Theme;
use super::view;
use crate::cli::attach::{RESET, RawGuard, size};

/// The alternate screen, empty, and pastes between marks.
const ENTER: &str = "\x1b[?1049h\x1b[?2004h\x1b[m\x1b[2J";

/// What a terminal that does not tell its size is taken for.
const UNKNOWN: (u16, u16) = (80, 24);

/// The terminal. Dropping it gives it back.
///
/// Not ratatui's `Terminal`: it asks the terminal where its cursor is and waits for the answer on the keyboard, which is ours to
/// read, and it may start `tput` to learn the size. What it does beyond that is here: the difference of two buffers is written.
pub struct Screen {
    backend: CrosstermBackend<BufWriter<Stdout>>,
    /// What the terminal shows.
    shown: Buffer,
    raw: RawGuard,
}

impl Screen {
    /// Takes the terminal.
    pub fn enter() -> io::Result<Self> {
        let raw = RawGuard::enter()?;
        let backend = CrosstermBackend::new(BufWriter::new(io::stdout()));
        // From here on every way out gives it back, also when the next line fails.
        let mut screen = Self { backend, shown: Buffer::default(), raw };
        screen.begin()?;
        Ok(screen)
    }

    /// Takes it once more after the shell has had it.
    pub fn again(&mut self) -> io::Result<()> {
        self.raw.again()?;
        self.begin()
    }

    /// Columns and rows.
    pub fn size() -> (u16, u16) {
        size().unwrap_or(UNKNOWN)
    }

    /// Begins with an empty screen of the size that the terminal has now.
    pub fn begin(&mut self) -> io::Result<()> {
        let (cols, rows) = Self::size();
        self.shown = Buffer::empty(Rect::new(0, 0, cols, rows));
        self.backend.write_all(ENTER.as_bytes())
    }

    /// Shows the state: what is another than before is written.
    pub fn draw(&mut self, state: &State, theme: Theme) -> io::Result<()> {
        let mut next = Buffer::empty(self.shown.area);
        let cursor = view::draw(state, theme, &mut next);
        self.backend.hide_cursor()?;
        self.backend.draw(self.shown.diff(&next).into_iter())?;
        if let Some(cursor) = cursor {
            self.backend.set_cursor_position(cursor)?;
            self.backend.show_cursor()?;
        }
        self.shown = next;
        Write::flush(&mut self.backend)
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to be told when the terminal is gone.
        let _ = self.backend.write_all(RESET.as_bytes()).and_then(|()| Write::flush(&mut self.backend));
    }
}
