//! The rendered screen of an agent, brought up to date only when somebody looks.
//!
//! Rendering every byte of a flood would cost more than everything else the daemon does. So the status, which looks several
//! times a second, may skip what scrolled by in between, while `capture` and an attach, which must be exact, render again from
//! the oldest byte that the ring still has if anything was skipped.

use super::screen::Screen;
use super::signal::Signals;
use crate::base::ring::{Read, Ring};

/// More than this between two looks is skipped by a look that may be inexact.
const GLANCE: u64 = 128 << 10;

/// A screen and how much of the output it has seen.
#[derive(Default)]
pub struct View {
    screen: Option<Screen>,
    /// Offset of the next byte to render.
    at: u64,
    /// Something before `at` was not rendered though the ring had it.
    skipped: bool,
}

impl View {
    /// The screen as of now, for the status: may lack what has scrolled by.
    pub fn glance(&mut self, ring: &Ring, signals: &Signals, size: (u16, u16)) -> &Screen {
        let behind = ring.head().saturating_sub(self.at);
        if behind > GLANCE {
            self.at = ring.head() - GLANCE;
            self.skipped = true;
            self.screen = Some(fresh(signals, size, self.at));
        }
        self.render(ring, size);
        self.screen.get_or_insert_with(|| Screen::new(size.0, size.1))
    }

    /// The screen as of now, exact as far as the ring reaches, and the offset of the first byte not in it.
    pub fn look(&mut self, ring: &Ring, signals: &Signals, size: (u16, u16)) -> (&Screen, u64) {
        if self.skipped || self.at < ring.oldest() {
            self.at = ring.kept();
            self.skipped = false;
            self.screen = Some(fresh(signals, size, self.at));
        }
        self.render(ring, size);
        (self.screen.get_or_insert_with(|| Screen::new(size.0, size.1)), self.at)
    }

    /// The program's terminal has a new size from here on: what came before is rendered in the old one first.
    pub fn resize(&mut self, ring: &Ring, old: (u16, u16), new: (u16, u16)) {
        if self.screen.is_some() && ring.head().saturating_sub(self.at) <= GLANCE {
            self.render(ring, old);
        }
        if let Some(screen) = &mut self.screen {
            screen.resize(new.0, new.1);
        }
    }

    fn render(&mut self, ring: &Ring, size: (u16, u16)) {
        let screen = self.screen.get_or_insert_with(|| Screen::new(size.0, size.1));
        let mut bytes = Vec::new();
        loop {
            bytes.clear();
            match ring.read(self.at, 64 << 10, &mut bytes) {
                Read::Bytes(0) => break,
                Read::Bytes(count) => {
                    screen.feed(&bytes);
                    self.at += count as u64;
                }
                Read::Lagged { oldest } => {
                    self.at = oldest;
                    self.skipped = true;
                }
            }
        }
    }
}

/// An empty screen for output that does not begin at its start. A program that switched to the alternate screen before that is
/// still there.
fn fresh(signals: &Signals, size: (u16, u16), from: u64) -> Screen {
    let mut screen = Screen::new(size.0, size.1);
    if from > 0 && signals.modes().alternate {
        screen.feed(b"\x1b[?1049h");
    }
    screen
}

/// All that the ring has, rendered with its history, for captures that reach above the screen.
pub fn with_history(ring: &Ring, size: (u16, u16)) -> Screen {
    /// As much as a person scrolls; a 4 MiB ring of short lines has more.
    const LINES: usize = 50_000;
    let mut screen = Screen::with_history(size.0, size.1, LINES);
    let (mut at, mut bytes) = (ring.kept(), Vec::new());
    loop {
        bytes.clear();
        match ring.read(at, 64 << 10, &mut bytes) {
            Read::Bytes(0) => return screen,
            Read::Bytes(count) => {
                screen.feed(&bytes);
                at += count as u64;
            }
            Read::Lagged { oldest } => at = oldest,
        }
    }
}
