//! The terminal while the palette has it: raw, on its alternate screen, and as it was on every way out.

use std::io::{self, Stdout, Write};

use ratatui::backend::CrosstermBackend;
use ratatui::layout::{Position, Rect};
use ratatui::{Terminal, TerminalOptions, Viewport};

use super::state::State;
use super::theme::Theme;
use super::view;
use crate::cli::attach::{RESET, RawGuard, size};

/// The alternate screen, and pastes between marks.
const ENTER: &str = "\x1b[?1049h\x1b[?2004h";

/// What a terminal that does not tell its size is taken for.
const UNKNOWN: (u16, u16) = (80, 24);

/// The terminal. Dropping it gives it back.
#[derive(Debug)]
pub struct Screen {
    terminal: Terminal<CrosstermBackend<Stdout>>,
    raw: RawGuard,
}

impl Screen {
    /// Takes the terminal.
    pub fn enter() -> io::Result<Self> {
        let raw = RawGuard::enter()?;
        // From here on a way out gives everything back, also when the next line fails.
        let viewport = Viewport::Fixed(whole());
        // A viewport of our own size: ratatui's own way to ask for it may start `tput`.
        let terminal = Terminal::with_options(CrosstermBackend::new(io::stdout()), TerminalOptions { viewport })?;
        let mut screen = Self { terminal, raw };
        screen.begin()?;
        Ok(screen)
    }

    /// Takes it once more after the shell has had it, and draws everything anew.
    pub fn again(&mut self) -> io::Result<()> {
        self.raw.again()?;
        self.begin()
    }

    /// Columns and rows.
    pub fn size() -> (u16, u16) {
        size().unwrap_or(UNKNOWN)
    }

    /// Takes in that it has another size.
    pub fn resized(&mut self) -> io::Result<()> {
        self.terminal.resize(whole())?;
        self.terminal.clear()
    }

    /// Shows the state: what is another than before is written.
    pub fn draw(&mut self, state: &State, theme: Theme) -> io::Result<()> {
        self.terminal.draw(|frame| {
            let cursor: Option<Position> = view::draw(state, theme, frame.buffer_mut());
            if let Some(cursor) = cursor {
                frame.set_cursor_position(cursor);
            }
        })?;
        Ok(())
    }

    fn begin(&mut self) -> io::Result<()> {
        io::stdout().write_all(ENTER.as_bytes())?;
        self.terminal.clear()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // Nobody is left to be told when the terminal is gone.
        let _ = io::stdout().write_all(RESET.as_bytes()).and_then(|()| io::stdout().flush());
    }
}

fn whole() -> Rect {
    let (cols, rows) = Screen::size();
    Rect::new(0, 0, cols, rows)
}
