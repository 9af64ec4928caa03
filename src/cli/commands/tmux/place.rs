//! Where the HUD stands in the user's status line: what to write so that it is there, and what so that all is as it was.
//!
//! Pure. Everything is told from the options themselves, which remember what the user had and what we made of it, so that sourcing a
//! configuration twice, changing it in between or taking us out later needs no file of ours and cannot disagree with one.

use std::collections::BTreeMap;

use super::seen::Seen;

/// What is added to the user's line. The option's text is shown as it is: with `#{E:…}` a command in a branch's name would be run.
/// On a narrow terminal it gives way: whole, it would push the list of windows out of sight.
pub const PIECE: &str = "#{?#{e|<:#{client_width},120},#{=/40/…:@pintle_hud},#{@pintle_hud}} ";

/// The option behind [`PIECE`], for finding out whether the user shows it himself.
const HUD: &str = "@pintle_hud";

/// How many columns more the line gets. tmux gives a status line 40, which `status-right` of its own nearly fills.
const ROOM: u32 = 60;

/// The longest that tmux lets a status line be.
const LONGEST: u32 = 32_767;

/// Options by name; `None` for one that is to be taken away.
pub type Options = BTreeMap<String, Option<Vec<u8>>>;

/// A half of the status line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// `status-left`.
    Left,
    /// `status-right`.
    Right,
}

/// Where the HUD is, or is to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// Added by us.
    Added(Side),
    /// Shown by the user himself, in the option of this name.
    Own(String),
    /// Nowhere, since the user wants it so.
    Off,
    /// Nowhere, since `@pintle_status` says this, which is none of our words.
    Strange(String),
}

impl Side {
    const ALL: [Self; 2] = [Self::Left, Self::Right];

    fn name(self) -> &'static str {
        match self {
            Self::Left => "left",
            Self::Right => "right",
        }
    }

    /// The option of the line.
    pub fn option(self) -> String {
        format!("status-{}", self.name())
    }

    /// The option that says how long the line may be.
    fn length(self) -> String {
        format!("status-{}-length", self.name())
    }

    /// The user's line with our piece at its inner end: what people have at the edges, session and clock, stays there.
    fn with_piece(self, line: &[u8]) -> Vec<u8> {
        match self {
            Self::Left => [line, PIECE.as_bytes()].concat(),
            Self::Right => [PIECE.as_bytes(), line].concat(),
        }
    }
}

/// An option that is changed, and the two that remember.
struct Kept {
    option: String,
    /// What the user had.
    saved: String,
    /// What we made of it.
    wrote: String,
}

impl Kept {
    fn new(option: String) -> Self {
        let word = option.replace('-', "_");
        Self { option, saved: format!("@pintle_saved_{word}"), wrote: format!("@pintle_wrote_{word}") }
    }

    /// Whether we have changed it, and nobody since.
    fn is_as_we_left_it(&self, seen: &Seen) -> bool {
        seen.option(&self.saved).is_some() && seen.option(&self.wrote) == seen.option(&self.option)
    }

    /// What it would be without us. `without` takes out of what the user has changed since what is ours.
    fn without_us(&self, seen: &Seen, without: impl Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
        let now = seen.option(&self.option).unwrap_or_default();
        match seen.option(&self.saved) {
            Some(saved) if self.is_as_we_left_it(seen) => saved.to_owned(),
            Some(_) => without(now),
            None => now.to_owned(),
        }
    }

    /// What to write so that it is `line` and its memory says that the user had `user`. Where the two are the same there is nothing to
    /// remember.
    fn set(&self, options: &mut Options, user: Vec<u8>, line: Vec<u8>) {
        let memory = (user != line).then(|| (user, line.clone()));
        let (saved, wrote) = memory.unzip();
        options.extend([(self.option.clone(), Some(line)), (self.saved.clone(), saved), (self.wrote.clone(), wrote)]);
    }
}

/// Where the HUD is to be by the user's wish.
pub fn wanted(seen: &Seen) -> Place {
    let word = seen.option_text("@pintle_status");
    let side = match word.as_deref() {
        None | Some("right") => Side::Right,
        Some("left") => Side::Left,
        Some("off" | "") => return Place::Off,
        Some(strange) => return Place::Strange(strange.to_owned()),
    };
    match shown_by_the_user(seen) {
        Some(option) => Place::Own(option),
        None => Place::Added(side),
    }
}

/// Where the HUD is now by our doing.
pub fn present(seen: &Seen) -> Option<Side> {
    let line = |side: Side| seen.option(&side.option()).unwrap_or_default().to_owned();
    let ours = |side: &Side| seen.option(&Kept::new(side.option()).saved).is_some() && has(&line(*side), HUD);
    Side::ALL.into_iter().find(ours)
}

/// The option in which the user shows the HUD, with nothing of ours counted.
fn shown_by_the_user(seen: &Seen) -> Option<String> {
    let in_line = |side: Side| has(&line_without_us(seen, side), HUD).then(|| side.option());
    let in_format = || {
        let mut formats = seen.options.iter().filter(|(name, _)| name.starts_with("status-format"));
        formats.find(|(_, value)| has(value, HUD)).map(|(name, _)| name.clone())
    };
    Side::ALL.into_iter().find_map(in_line).or_else(in_format)
}

/// The options that place the HUD, as they should be.
pub fn options(seen: &Seen, place: &Place) -> Options {
    let mut options = Options::new();
    for side in Side::ALL {
        let user = line_without_us(seen, side);
        let now = seen.option(&side.option()).unwrap_or_default();
        let line = match place {
            // Somebody has added to the line since, before our piece or behind it: it stays where it is.
            Place::Added(wanted) if *wanted == side && present(seen) == Some(side) && has(now, PIECE) => now.to_owned(),
            Place::Added(wanted) if *wanted == side => side.with_piece(&user),
            _ => user.clone(),
        };
        let grown = user != line;
        Kept::new(side.option()).set(&mut options, user, line);
        let kept = Kept::new(side.length());
        let length = kept.without_us(seen, <[u8]>::to_vec);
        let room = if grown { longer(&length) } else { length.clone() };
        kept.set(&mut options, length, room);
    }
    options
}

fn line_without_us(seen: &Seen, side: Side) -> Vec<u8> {
    Kept::new(side.option()).without_us(seen, |line| without(line, PIECE.as_bytes()))
}

fn longer(length: &[u8]) -> Vec<u8> {
    let length = std::str::from_utf8(length).ok().and_then(|length| length.parse::<u32>().ok());
    length.unwrap_or_default().saturating_add(ROOM).min(LONGEST).to_string().into_bytes()
}

fn find(line: &[u8], piece: &[u8]) -> Option<usize> {
    line.windows(piece.len()).position(|window| window == piece)
}

fn has(line: &[u8], piece: &str) -> bool {
    find(line, piece.as_bytes()).is_some()
}

fn without(line: &[u8], piece: &[u8]) -> Vec<u8> {
    match find(line, piece) {
        Some(at) => [&line[..at], &line[at + piece.len()..]].concat(),
        None => line.to_owned(),
    }
}

#[cfg(test)]
#[path = "place_tests.rs"]
mod tests;
