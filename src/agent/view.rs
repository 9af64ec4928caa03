//! The rendered screen of an agent, brought up to date only when somebody looks.
//!
//! Rendering every byte of a flood would cost more than everything else the daemon does. So the status, which looks several
//! times a second, may skip what scrolled by in between, while `capture` and an attach, which must be exact, render again from
//! the oldest byte that the ring still has if anything was skipped.

use super::screen::Screen;
use super::signal::Signals;
use crate::base::ring::{Read, Ring};

/// More steps than this between two looks are skipped by a look that may be inexact.
pub const GLANCE: u64 = 8;
/// So much is rendered at a time, which takes a third of a millisecond: everything else in the daemon waits for it.
const STEP: u64 = 16 << 10;
/// A screen of so many cells is usual.
const USUAL_CELLS: u64 = 10_000;

/// How many bytes to render at a time for a screen of this size. Fewer for a huge one: three bytes can fill or clear all of it, and
/// on a screen of 1000x500 that takes milliseconds.
pub fn step((cols, rows): (u16, u16)) -> u64 {
    let cells = u64::from(cols) * u64::from(rows);
    (STEP * USUAL_CELLS / cells.max(USUAL_CELLS)).max(256)
}

/// A screen and how much of the output it has seen.
#[derive(Default)]
pub struct View {
    screen: Option<Screen>,
    /// Offset of the next byte to render.
    at: u64,
    /// Something before `at` was not rendered though the ring had it.
    skipped: bool,
    /// How many exact looks are under way: a glance must not skip ahead of them.
    looking: usize,
    /// A glance was given an old picture meanwhile.
    refused: bool,
}

impl View {
    /// The screen as of now, for the status. If it is more than `most` steps behind, it may lack what has scrolled by.
    pub fn glance(&mut self, ring: &Ring, signals: &Signals, size: (u16, u16), most: u64) -> &Screen {
        if self.looking > 0 {
            self.refused = true;
            return self.screen.get_or_insert_with(|| Screen::new(size.0, size.1));
        }
        let head = ring.head();
        if head.saturating_sub(self.at) > most * step(size) {
            self.at = head - step(size);
            self.skipped = true;
            self.screen = Some(fresh(signals, size, self.at));
        }
        self.render(ring, size, head);
        self.screen.get_or_insert_with(|| Screen::new(size.0, size.1))
    }

    /// Renders one [`step`] ahead of a glance that has more than that to do, so that others can have a turn in between. Returns false
    /// when there is no need to, or so much to do that the glance will skip it.
    pub fn approach(&mut self, ring: &Ring, size: (u16, u16)) -> bool {
        let behind = ring.head().saturating_sub(self.at);
        let step = step(size);
        let ahead = self.looking == 0 && (step..GLANCE * step).contains(&behind);
        if ahead {
            self.render(ring, size, self.at + step);
        }
        ahead
    }

    /// Begins an exact look: from here on nothing is skipped until [`View::end_look`]. Returns where it ends: a program may print faster
    /// than can be rendered. An end that was taken before may be older than all that is kept by now, and nothing would be rendered.
    pub fn begin_look(&mut self, ring: &Ring, signals: &Signals, size: (u16, u16)) -> u64 {
        self.looking += 1;
        if self.skipped || self.at < ring.oldest() {
            self.at = ring.kept();
            self.skipped = false;
            self.screen = Some(fresh(signals, size, self.at));
        }
        ring.head()
    }

    /// Renders one piece of what comes before `end`. Returns whether there is more of it.
    pub fn step(&mut self, ring: &Ring, size: (u16, u16), end: u64) -> bool {
        self.render(ring, size, end.min(self.at + 4 * step(size)));
        self.at < end
    }

    /// Ends an exact look whose output was overwritten before it was rendered, on a machine that is too busy: what there is near its
    /// end is shown, as to a glance, and not an empty screen.
    pub fn catch_up(&mut self, ring: &Ring, signals: &Signals, size: (u16, u16)) {
        /// A machine that lets us wait between two lines of this is given more than one chance.
        const TRIES: usize = 8;
        let mut is_behind = self.skipped;
        for _ in 0..TRIES {
            if !is_behind {
                return;
            }
            let head = ring.head();
            self.at = head.saturating_sub(step(size)).max(ring.oldest());
            self.screen = Some(fresh(signals, size, self.at));
            self.skipped = false;
            self.render(ring, size, head);
            is_behind = self.skipped;
            // It is not exact in any case, and the next exact look begins anew.
            self.skipped = true;
        }
    }

    /// Whether an exact look is under way, during which a glance shows an old picture.
    pub fn is_looking(&self) -> bool {
        self.looking > 0
    }

    /// Whether a glance was given an old picture and should be repeated. True once, when no look is under way any more.
    pub fn take_refused(&mut self) -> bool {
        self.looking == 0 && std::mem::take(&mut self.refused)
    }

    /// Ends an exact look.
    pub fn end_look(&mut self) {
        self.looking = self.looking.saturating_sub(1);
    }

    /// What was looked at: the screen, exact as far as the ring reaches, and the offset of the first byte not in it.
    pub fn looked(&mut self, size: (u16, u16)) -> (&Screen, u64) {
        (self.screen.get_or_insert_with(|| Screen::new(size.0, size.1)), self.at)
    }

    /// The program's terminal has a new size from here on: what came before is rendered in the old one first.
    pub fn resize(&mut self, ring: &Ring, old: (u16, u16), new: (u16, u16)) {
        if self.screen.is_some() && ring.head().saturating_sub(self.at) <= GLANCE * step(old) {
            self.render(ring, old, ring.head());
        }
        if let Some(screen) = &mut self.screen {
            screen.resize(new.0, new.1);
        }
    }

    fn render(&mut self, ring: &Ring, size: (u16, u16), end: u64) {
        let screen = self.screen.get_or_insert_with(|| Screen::new(size.0, size.1));
        let mut bytes = Vec::new();
        while self.at < end {
            bytes.clear();
            let most = usize::try_from(end - self.at).unwrap_or(usize::MAX).min(64 << 10);
            match ring.read(self.at, most, &mut bytes) {
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

/// All that the ring has, rendered with its history, for captures that reach above the screen. A piece at a time: others have
/// their turn in between.
pub async fn with_history(ring: &Ring, size: (u16, u16)) -> Screen {
    /// As much as a person scrolls; a 4 MiB ring of short lines has more.
    const LINES: usize = 50_000;
    let mut screen = Screen::with_history(size.0, size.1, LINES);
    // As of now: an agent that prints without pause is never at its end.
    let (mut at, mut end, mut bytes) = (ring.kept(), ring.head(), Vec::new());
    while at < end {
        bytes.clear();
        match ring.read(at, 4 * step(size) as usize, &mut bytes) {
            Read::Bytes(0) => break,
            Read::Bytes(count) => {
                screen.feed(&bytes);
                at += count as u64;
            }
            // Overwritten meanwhile, maybe all of it: then what came instead is shown, and not an empty screen.
            Read::Lagged { oldest } if oldest >= end => (at, end) = (oldest, ring.head()),
            Read::Lagged { oldest } => at = oldest,
        }
        tokio::task::yield_now().await;
    }
    screen
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::ring::Shape;

    #[test]
    fn a_look_whose_output_was_overwritten_shows_what_came_instead() {
        let ring = Ring::create(Shape { keep: 1 << 16, reach: 1 << 16 }).unwrap();
        let print = |text: &str| {
            for _ in 0..(2 << 16) / 4096 {
                let line = text.repeat(4096 / text.len());
                let (reader, writer) = rustix::pipe::pipe().unwrap();
                rustix::io::write(&writer, line.as_bytes()).unwrap();
                ring.write_from(&reader, line.len()).unwrap();
            }
        };
        let (mut view, signals, size) = (View::default(), Signals::default(), (80, 24));
        print("before\r\n");
        let end = view.begin_look(&ring, &signals, size);
        print("behind\r\n");
        while view.step(&ring, size, end) {}
        assert_eq!(view.looked(size).0.text(), "", "all of it was overwritten");
        view.catch_up(&ring, &signals, size);
        let (screen, offset) = view.looked(size);
        assert!(screen.text().contains("behind"));
        assert_eq!(offset, ring.head());
        view.end_look();
    }

    /// Who asks is made to wait, and a whole ring has gone by when it begins.
    #[test]
    fn a_look_shows_what_there_is_when_it_begins() {
        let ring = Ring::create(Shape { keep: 1 << 16, reach: 1 << 20 }).unwrap();
        let (reader, writer) = rustix::pipe::pipe().unwrap();
        let (mut view, signals, size) = (View::default(), Signals::default(), (80, 24));
        for round in 0..3 {
            for _ in 0..32 {
                let lines = format!("round {round}\r\n").repeat(400);
                rustix::io::write(&writer, lines.as_bytes()).unwrap();
                ring.write_from(&reader, lines.len()).unwrap();
                // In the first round it has seen all, in the others only what was left.
                view.glance(&ring, &signals, size, if round == 0 { GLANCE } else { 0 });
            }
            let end = view.begin_look(&ring, &signals, size);
            while view.step(&ring, size, end) {}
            view.catch_up(&ring, &signals, size);
            let (screen, offset) = view.looked(size);
            assert!(screen.text().contains(&format!("round {round}")), "{round}: {}", screen.text());
            assert_eq!((offset, end), (ring.head(), ring.head()));
            view.end_look();
        }
    }

    #[test]
    fn a_step_is_smaller_the_larger_the_screen() {
        for (size, expected) in [((80, 24), STEP), ((200, 50), STEP), ((400, 100), STEP / 4), ((1000, 500), 327)] {
            assert_eq!(step(size), expected, "{size:?}");
        }
        assert_eq!(step((u16::MAX, u16::MAX)), 256);
    }
}
