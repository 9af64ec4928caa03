//! What a program switched on in its terminal and a repaint has to switch on again.
//!
//! Only what the screen library ignores is kept here. Cursor position and visibility, application
//! cursor keys, wrapping, insert and origin mode, margins, tab stops and character sets are state of
//! [`Screen`](crate::agent::screen::Screen): a second copy of them would sooner or later disagree.
//! The one exception is [`Modes::alternate`], because the keyboard flags exist once a screen.

/// Deepest stack of keyboard flags that is kept; the protocol lets a terminal choose its limit.
const KEYBOARD_LEVELS: usize = 16;

/// Switches everything in [`Modes`] off, on any terminal and whatever was on before.
///
/// Also right for leaving: it is what a client writes to get its own terminal back. Synchronized
/// output is not in it, since a repaint has to end that last.
pub const RESET: &str = concat!(
    "\x1b[?9;1000;1002;1003;1005;1006;1015;1016l", // mouse: who reports, and how
    "\x1b[?1004;2004;2031;2048l",                  // focus, paste, theme, size
    "\x1b>",                                       // numeric keypad
    "\x1b[>4m",                                    // modifyOtherKeys
    "\x1b[<64u",                                   // every level of keyboard flags
    "\x1b[0 q",                                    // the terminal's own cursor
);

/// Which mouse events the program asked for. The discriminant is the number of the private mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum MouseTracking {
    /// Presses only, the X10 way.
    Press = 9,
    /// Presses and releases.
    Click = 1000,
    /// Those, and movement while a button is down.
    Drag = 1002,
    /// Every movement.
    Motion = 1003,
}

/// How mouse events are written. The discriminant is the number of the private mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub enum MouseEncoding {
    /// Coordinates as UTF-8.
    Utf8 = 1005,
    /// Decimal, any size of screen. What programs use today.
    Sgr = 1006,
    /// Decimal, the older rxvt form.
    Urxvt = 1015,
    /// As `Sgr`, in pixels.
    SgrPixels = 1016,
}

/// Modes as the program left them. The default is a terminal that was just switched on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Modes {
    /// Pasted text comes between markers (2004), so that it can be told from typing.
    pub bracketed_paste: bool,
    /// Reports when the terminal gains or loses focus (1004).
    pub focus_events: bool,
    /// The keypad sends its own sequences (`ESC =`, 66).
    pub keypad: bool,
    /// The program is in the middle of drawing a frame (2026).
    pub synchronized: bool,
    /// Reports when the colour theme changes (2031).
    pub theme_reports: bool,
    /// Reports size changes on its input (2048).
    pub size_reports: bool,
    /// The alternate screen is shown (47, 1047, 1049).
    pub alternate: bool,
    /// Which mouse events are reported, if any.
    pub mouse: Option<MouseTracking>,
    /// How they are written; `None` is the old form of one byte a coordinate.
    pub mouse_encoding: Option<MouseEncoding>,
    /// Cursor shape as in DECSCUSR: 0 the terminal's own, 1 to 6.
    pub cursor_style: u8,
    /// xterm's modifyOtherKeys, 0 to 3.
    pub modify_other_keys: u8,
    /// Levels of keyboard flags, primary and alternate screen; the first entry is the base.
    keyboard: [Vec<u8>; 2],
}

impl Modes {
    /// Sets or resets a DEC private mode. Returns whether something changed that others may want
    /// to know. The frame marker 2026 never counts: it flips with every frame of every program.
    pub(super) fn set_private(&mut self, mode: u16, on: bool) -> bool {
        if let Some(tracking) = tracking(mode) {
            // As in xterm and tmux: one kind at a time, and resetting any of them ends reporting.
            return replace(&mut self.mouse, on.then_some(tracking));
        }
        if let Some(encoding) = encoding(mode) {
            let next = match on {
                true => Some(encoding),
                false => self.mouse_encoding.filter(|now| *now != encoding),
            };
            return replace(&mut self.mouse_encoding, next);
        }
        match mode {
            47 | 1047 | 1049 => replace(&mut self.alternate, on),
            66 => replace(&mut self.keypad, on),
            1004 => replace(&mut self.focus_events, on),
            2004 => replace(&mut self.bracketed_paste, on),
            2031 => replace(&mut self.theme_reports, on),
            2048 => replace(&mut self.size_reports, on),
            2026 => {
                self.synchronized = on;
                false
            }
            _ => false,
        }
    }

    /// Flags of the kitty keyboard protocol that are in force on the screen that is shown.
    pub fn keyboard_flags(&self) -> u8 {
        let levels = &self.keyboard[usize::from(self.alternate)];
        levels.last().copied().unwrap_or(0)
    }

    /// `CSI > flags u`. A full stack loses its oldest level, as the protocol says.
    pub(super) fn push_keyboard(&mut self, flags: u8) {
        let levels = &mut self.keyboard[usize::from(self.alternate)];
        if levels.is_empty() {
            levels.push(0);
        }
        if levels.len() == KEYBOARD_LEVELS {
            levels.remove(1);
        }
        levels.push(flags);
    }

    /// `CSI < n u`. Popping the last level resets the flags, the base included.
    pub(super) fn pop_keyboard(&mut self, n: u16) {
        let levels = &mut self.keyboard[usize::from(self.alternate)];
        let left = levels.len().saturating_sub(usize::from(n.max(1)));
        levels.truncate(left);
    }

    /// `CSI = flags ; how u`: 1 replaces, 2 adds, 3 removes.
    pub(super) fn set_keyboard(&mut self, flags: u8, how: u16) {
        let levels = &mut self.keyboard[usize::from(self.alternate)];
        if levels.is_empty() {
            levels.push(0);
        }
        if let Some(top) = levels.last_mut() {
            *top = match how {
                2 => *top | flags,
                3 => *top & !flags,
                _ => flags,
            };
        }
    }

    /// Appends what switches these modes on in a terminal where [`RESET`] was written. Keyboard
    /// flags are apart, since they belong to a screen: see [`Modes::write_keyboard`].
    pub fn write(&self, out: &mut Vec<u8>) {
        let switches = [
            (self.focus_events, 1004),
            (self.bracketed_paste, 2004),
            (self.theme_reports, 2031),
            (self.size_reports, 2048),
        ];
        let on = switches.iter().filter(|(on, _)| *on).map(|(_, mode)| *mode);
        let mouse = self.mouse.map(|tracking| tracking as u16);
        let encoding = self.mouse_encoding.map(|encoding| encoding as u16);
        for mode in on.chain(mouse).chain(encoding) {
            push(out, &format!("\x1b[?{mode}h"));
        }
        if self.keypad {
            push(out, "\x1b=");
        }
        if self.modify_other_keys > 0 {
            push(out, &format!("\x1b[>4;{}m", self.modify_other_keys));
        }
        if self.cursor_style > 0 {
            push(out, &format!("\x1b[{} q", self.cursor_style));
        }
    }

    /// Appends the keyboard flags of one screen; that screen has to be the one that is shown.
    /// All levels are written, so that what the program pops later is there to be popped.
    pub fn write_keyboard(&self, alternate: bool, out: &mut Vec<u8>) {
        let levels = &self.keyboard[usize::from(alternate)];
        for (level, flags) in levels.iter().enumerate() {
            match (level, flags) {
                (0, 0) => {}
                (0, base) => push(out, &format!("\x1b[={base};1u")),
                (_, pushed) => push(out, &format!("\x1b[>{pushed}u")),
            }
        }
    }
}

fn tracking(mode: u16) -> Option<MouseTracking> {
    use MouseTracking::*;
    [Press, Click, Drag, Motion].into_iter().find(|tracking| *tracking as u16 == mode)
}

fn encoding(mode: u16) -> Option<MouseEncoding> {
    use MouseEncoding::*;
    [Utf8, Sgr, Urxvt, SgrPixels].into_iter().find(|encoding| *encoding as u16 == mode)
}

/// Stores a value and says whether it is a new one.
pub(super) fn replace<T: PartialEq>(slot: &mut T, value: T) -> bool {
    let changed = *slot != value;
    *slot = value;
    changed
}

fn push(out: &mut Vec<u8>, text: &str) {
    out.extend_from_slice(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(modes: &[(u16, bool)], expected: &str) {
        let mut state = Modes::default();
        for (mode, on) in modes {
            state.set_private(*mode, *on);
        }
        let mut out = Vec::new();
        state.write(&mut out);
        assert_eq!(String::from_utf8(out).unwrap(), expected, "{modes:?}");
    }

    #[test]
    fn private_modes_are_written_again() {
        check(&[], "");
        check(&[(2004, true)], "\x1b[?2004h");
        check(&[(2004, true), (2004, false)], "");
        check(&[(1004, true), (66, true)], "\x1b[?1004h\x1b=");
        check(&[(2031, true), (2048, true)], "\x1b[?2031h\x1b[?2048h");
        check(&[(25, false), (7, false), (12345, true)], "");
    }

    #[test]
    fn one_kind_of_mouse_report_at_a_time() {
        check(&[(1000, true), (1003, true)], "\x1b[?1003h");
        check(&[(1002, true), (1000, false)], "");
        check(&[(1000, true), (1006, true)], "\x1b[?1000h\x1b[?1006h");
        check(&[(1006, true), (1015, false)], "\x1b[?1006h");
        check(&[(1006, true), (1006, false)], "");
    }

    #[test]
    fn the_frame_marker_is_kept_but_is_no_news() {
        let mut modes = Modes::default();
        assert!(!modes.set_private(2026, true));
        assert!(modes.synchronized);
        assert!(modes.set_private(2004, true));
        assert!(!modes.set_private(2004, true));
    }

    #[test]
    fn keyboard_levels_are_a_stack_for_each_screen() {
        let mut modes = Modes::default();
        modes.push_keyboard(1);
        modes.push_keyboard(7);
        modes.set_keyboard(8, 2);
        assert_eq!(modes.keyboard_flags(), 15);
        modes.set_private(1049, true);
        assert_eq!(modes.keyboard_flags(), 0);
        modes.set_keyboard(5, 1);
        modes.set_keyboard(1, 3);
        assert_eq!(modes.keyboard_flags(), 4);
        modes.set_private(1049, false);
        modes.pop_keyboard(1);
        assert_eq!(modes.keyboard_flags(), 1);

        let mut out = Vec::new();
        modes.write_keyboard(false, &mut out);
        modes.write_keyboard(true, &mut out);
        assert_eq!(String::from_utf8(out).unwrap(), "\x1b[>1u\x1b[=4;1u");
        modes.pop_keyboard(99);
        assert_eq!(modes.keyboard_flags(), 0);
    }

    #[test]
    fn a_program_that_only_pushes_takes_no_memory() {
        let mut modes = Modes::default();
        for flags in 0..1000_u16 {
            modes.push_keyboard((flags % 32) as u8);
        }
        assert_eq!(modes.keyboard[0].len(), KEYBOARD_LEVELS);
        assert_eq!(modes.keyboard_flags(), 7);
    }
}
