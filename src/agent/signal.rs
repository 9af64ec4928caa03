//! What a program tells its terminal beside the picture: modes, title, progress, prompt marks, bell.
//!
//! Every byte of every agent passes through here, so the price of plain text decides. Outside of an
//! escape sequence only ESC and BEL mean anything; one `memchr2` finds the next of the two, and the
//! parser sees nothing else. Rejected: giving everything to the parser (it decodes each character to
//! throw it away, ten times slower), and a state machine of our own (what ends a sequence is subtle,
//! and `vte` has it right).

use memchr::{memchr, memchr2};
use vte::{Params, Parser, Perform};

use crate::agent::mode::{Modes, replace};
use crate::base::text::is_unseen;

const ESC: u8 = 0x1b;
const BEL: u8 = 0x07;
/// Bytes of an OSC string that are kept. `vte` heeds this number only when built without its `std`
/// feature, with which its buffer grows with the string: an endless one would take all memory. A test
/// fails if some dependency turns that feature on.
const OSC_BYTES: usize = 1024;
/// Characters of a title or notification that are kept.
const TEXT_CHARS: usize = 256;
/// Most that goes into the parser at once. A malformed sequence ends without a word from the
/// parser; with small pieces, text that follows is back at the fast path after a few bytes.
const PIECE: usize = 64;

/// How a progress bar stands (OSC 9;4, as `ConEmu`, Windows Terminal, Ghostty and others show it).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressState {
    /// Runs and knows how far it is.
    Normal,
    /// Went wrong.
    Error,
    /// Runs without knowing how far it is.
    Indeterminate,
    /// Stands still and wants attention.
    Paused,
}

/// A progress bar the program shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// How it stands.
    pub state: ProgressState,
    /// 0 to 100, where the program gave a number.
    pub percent: Option<u8>,
}

/// The newest mark of a shell's integration (OSC 133).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PromptMark {
    /// `A`: the prompt is being drawn.
    Prompt,
    /// `B`: the prompt stands and waits for a command.
    Input,
    /// `C`: a command runs.
    Running,
    /// `D`: it ended, with this exit code if the shell said so.
    Finished {
        /// Exit code as the shell gave it.
        exit: Option<i32>,
    },
}

/// Signals of one terminal, collected from its output. Its memory is bounded by constants.
#[derive(Default)]
pub struct Signals {
    parser: Parser<OSC_BYTES>,
    seen: Seen,
}

impl Signals {
    /// Takes the next bytes of output; where they are cut makes no difference. Returns whether an
    /// accessor below may answer differently now.
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        self.seen.changed = false;
        let mut rest = bytes;
        while !rest.is_empty() {
            rest = match self.seen.escaped {
                true => self.parse(rest),
                false => self.skip_text(rest),
            };
        }
        self.seen.changed
    }

    /// Modes that the program switched on.
    pub fn modes(&self) -> &Modes {
        &self.seen.modes
    }

    /// Title of the window (OSC 0, 2), without control characters, at most 256 characters.
    pub fn title(&self) -> Option<&str> {
        self.seen.title.as_deref()
    }

    /// The progress bar, while one is shown.
    pub fn progress(&self) -> Option<Progress> {
        self.seen.progress
    }

    /// Newest mark of the shell's integration, if there is one.
    pub fn prompt(&self) -> Option<PromptMark> {
        self.seen.prompt
    }

    /// How often the bell rang. BEL as the end of an OSC string does not ring.
    pub fn bells(&self) -> u64 {
        self.seen.bells
    }

    /// Takes the newest desktop notification (OSC 9, OSC 777) that was not taken yet. Only one is
    /// kept: a program that sends many tells nothing more by it.
    pub fn take_notification(&mut self) -> Option<String> {
        self.seen.notification.take()
    }

    /// Ground state: jumps to what matters.
    fn skip_text<'a>(&mut self, text: &'a [u8]) -> &'a [u8] {
        let Some(at) = memchr2(ESC, BEL, text) else {
            return &[];
        };
        if text[at] == BEL {
            self.seen.ring();
            return &text[at + 1..];
        }
        self.seen.escaped = true;
        &text[at..]
    }

    /// Within a sequence: gives the parser one piece and returns what is left.
    ///
    /// A piece holds ESC at its first byte only. So if the parser prints, it was in ground state at
    /// the end of the piece too, for ESC alone leads out of that state.
    fn parse<'a>(&mut self, bytes: &'a [u8]) -> &'a [u8] {
        let longest = bytes.len().min(PIECE);
        let end = memchr(ESC, &bytes[1..longest]).map_or(longest, |at| at + 1);
        let used = self.parser.advance_until_terminated(&mut self.seen, &bytes[..end]);
        &bytes[used..]
    }
}

/// What the parser calls back, and what came of it.
#[derive(Debug, Default, PartialEq, Eq)]
struct Seen {
    /// A sequence has begun and its end was not seen yet.
    escaped: bool,
    changed: bool,
    modes: Modes,
    title: Option<String>,
    progress: Option<Progress>,
    prompt: Option<PromptMark>,
    notification: Option<String>,
    bells: u64,
}

impl Perform for Seen {
    fn terminated(&self) -> bool {
        !self.escaped
    }

    fn print(&mut self, _: char) {
        self.escaped = false;
    }

    fn execute(&mut self, byte: u8) {
        match byte {
            BEL => self.ring(),
            // CAN and SUB break off whatever was going on.
            0x18 | 0x1a => self.escaped = false,
            _ => {}
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], ignore: bool, action: char) {
        self.escaped = false;
        if ignore {
            return;
        }
        let mut numbers = params.iter().map(|group| group[0]);
        match (intermediates, action) {
            (b"?", 'h' | 'l') => {
                for mode in numbers {
                    self.changed |= self.modes.set_private(mode, action == 'h');
                }
            }
            (b"!", 'p') => self.changed |= replace(&mut self.modes.keypad, false),
            (b" ", 'q') => {
                let style = numbers.next().map_or(0, small);
                if style <= 6 {
                    self.changed |= replace(&mut self.modes.cursor_style, style);
                }
            }
            (b">", 'm') if numbers.next() == Some(4) => {
                let level = numbers.next().map_or(0, small);
                self.changed |= replace(&mut self.modes.modify_other_keys, level);
            }
            (b">", 'n') if numbers.next() == Some(4) => {
                self.changed |= replace(&mut self.modes.modify_other_keys, 0);
            }
            (b"<" | b"=" | b">", 'u') => {
                let before = self.modes.keyboard_flags();
                let first = numbers.next().unwrap_or(0);
                match intermediates {
                    b"<" => self.modes.pop_keyboard(first),
                    b">" => self.modes.push_keyboard(small(first)),
                    _ => {
                        let how = numbers.next().unwrap_or(1);
                        self.modes.set_keyboard(small(first), how);
                    }
                }
                self.changed |= self.modes.keyboard_flags() != before;
            }
            _ => {}
        }
    }

    fn esc_dispatch(&mut self, intermediates: &[u8], ignore: bool, byte: u8) {
        self.escaped = false;
        if ignore || !intermediates.is_empty() {
            return;
        }
        match byte {
            b'=' => self.changed |= replace(&mut self.modes.keypad, true),
            b'>' => self.changed |= replace(&mut self.modes.keypad, false),
            // RIS, what `reset` sends: a terminal that was just switched on.
            b'c' => {
                self.changed |= replace(&mut self.modes, Modes::default());
                self.changed |= replace(&mut self.progress, None);
            }
            _ => {}
        }
    }

    fn osc_dispatch(&mut self, params: &[&[u8]], bell_terminated: bool) {
        // Ended by ESC \ the ESC has begun a sequence of its own, which will say when it ends.
        self.escaped &= !bell_terminated;
        match params {
            [b"0" | b"2", title @ ..] => {
                let title = Some(text(title)).filter(|title| !title.is_empty());
                self.changed |= replace(&mut self.title, title);
            }
            [b"9", b"4", rest @ ..] => {
                self.changed |= replace(&mut self.progress, progress(rest));
            }
            // Other commands of ConEmu, such as 9;9;FOLDER. A message has no number in front.
            [b"9", number, _, ..] if number.iter().all(u8::is_ascii_digit) => {}
            [b"9", message @ ..] | [b"777", b"notify", message @ ..] => {
                let message = Some(text(message)).filter(|message| !message.is_empty());
                self.changed |= message.is_some();
                self.notification = message.or(self.notification.take());
            }
            [b"133", mark, rest @ ..] => {
                if let Some(mark) = prompt_mark(mark, rest) {
                    self.changed |= replace(&mut self.prompt, Some(mark));
                }
            }
            _ => {}
        }
    }
}

impl Seen {
    fn ring(&mut self) {
        self.bells += 1;
        self.changed = true;
    }
}

/// Numbers of these sequences are small; a large one is nonsense and must not wrap to a small one.
fn small(number: u16) -> u8 {
    u8::try_from(number).unwrap_or(u8::MAX)
}

fn progress(rest: &[&[u8]]) -> Option<Progress> {
    let state = match rest.first().copied().unwrap_or(b"0") {
        b"1" => ProgressState::Normal,
        b"2" => ProgressState::Error,
        b"3" => ProgressState::Indeterminate,
        b"4" => ProgressState::Paused,
        _ => return None,
    };
    let percent = rest.get(1).and_then(|digits| number(digits));
    let percent = percent.map(|percent: u32| percent.min(100) as u8);
    Some(Progress { state, percent })
}

fn prompt_mark(mark: &[u8], rest: &[&[u8]]) -> Option<PromptMark> {
    Some(match mark {
        b"A" => PromptMark::Prompt,
        b"B" => PromptMark::Input,
        b"C" => PromptMark::Running,
        b"D" => PromptMark::Finished { exit: rest.first().and_then(|digits| number(digits)) },
        _ => return None,
    })
}

fn number<T: std::str::FromStr>(digits: &[u8]) -> Option<T> {
    std::str::from_utf8(digits).ok()?.trim().parse().ok()
}

/// Text from outside, made safe to show in one line: the parser split it at semicolons, control
/// characters could drive another terminal, and direction marks could make it read as another text.
fn text(parts: &[&[u8]]) -> String {
    let joined = parts.join(&b';');
    let text = String::from_utf8_lossy(&joined);
    // The parser stops in the middle of a character when its buffer is full.
    let text = text.trim_end_matches(char::REPLACEMENT_CHARACTER);
    text.chars().filter(|c| !is_unseen(*c)).take(TEXT_CHARS).collect::<String>().trim().to_owned()
}

#[cfg(test)]
#[path = "signal_tests.rs"]
mod tests;
