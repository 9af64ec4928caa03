//! Colours, in the words of tmux.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

const NAMES: [&str; 8] = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];

/// Black and white of the fixed part of the 256 colours; the first 16 are whatever the user's terminal makes of them.
const BLACK: Color = Color::Indexed(16);
const WHITE: Color = Color::Indexed(231);

/// A colour of a terminal. `Display` and `FromStr` speak tmux's words, and no other text can become a colour, so that a colour is
/// safe inside `#[fg=…]`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Color {
    /// Of the palette: `red` is 1, `brightred` 9, `colour208` 208.
    Indexed(u8),
    /// Exactly this, where the terminal can: `#ff8700`.
    Rgb(u8, u8, u8),
}

/// No colour.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "unknown color `{0}`: use black, red, green, yellow, blue, magenta, cyan, white, one of these after `bright`, colour0 to colour255 or #rrggbb"
)]
pub struct UnknownColor(String);

impl FromStr for Color {
    type Err = UnknownColor;

    /// Upper and lower case are the same, and so are `colour` and `color`.
    fn from_str(text: &str) -> Result<Self, UnknownColor> {
        let word = text.to_ascii_lowercase();
        let named = |word: &str| (0..8).find(|index| NAMES[usize::from(*index)] == word);
        let bright = || word.strip_prefix("bright").and_then(named).map(|index| index + 8);
        let number = || word.strip_prefix("colour").or(word.strip_prefix("color"))?.parse().ok();
        let index = named(&word).or_else(bright).or_else(number);
        index.map(Color::Indexed).or_else(|| rgb(&word)).ok_or_else(|| UnknownColor(text.to_owned()))
    }
}

fn rgb(word: &str) -> Option<Color> {
    let digits = word.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    // `from_str_radix` takes a sign.
    let channel = |at: usize| Some(&digits[at..at + 2]).filter(|two| !two.contains('+'));
    let value = |at| u8::from_str_radix(channel(at)?, 16).ok();
    Some(Color::Rgb(value(0)?, value(2)?, value(4)?))
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Color::Indexed(index @ 0..8) => f.write_str(NAMES[usize::from(index)]),
            Color::Indexed(index @ 8..16) => write!(f, "bright{}", NAMES[usize::from(index - 8)]),
            Color::Indexed(index) => write!(f, "colour{index}"),
            Color::Rgb(red, green, blue) => write!(f, "#{red:02x}{green:02x}{blue:02x}"),
        }
    }
}

impl Color {
    /// Black or white, whichever can be read better on this colour. The contrast (WCAG 2) is 4.5 or more, but where a terminal
    /// gives the first 16 colours other values than xterm does.
    pub fn ink(self) -> Color {
        if contrast(self, BLACK) >= contrast(self, WHITE) { BLACK } else { WHITE }
    }

    /// Red, green, blue, as xterm has them.
    fn channels(self) -> [u8; 3] {
        const FIRST: [[u8; 3]; 16] = [
            [0, 0, 0],
            [205, 0, 0],
            [0, 205, 0],
            [205, 205, 0],
            [0, 0, 238],
            [205, 0, 205],
            [0, 205, 205],
            [229, 229, 229],
            [127, 127, 127],
            [255, 0, 0],
            [0, 255, 0],
            [255, 255, 0],
            [92, 92, 255],
            [255, 0, 255],
            [0, 255, 255],
            [255, 255, 255],
        ];
        match self {
            Color::Rgb(red, green, blue) => [red, green, blue],
            Color::Indexed(index @ 0..16) => FIRST[usize::from(index)],
            Color::Indexed(index @ 16..232) => {
                let step = |at: u8| if at == 0 { 0 } else { 55 + 40 * at };
                let index = index - 16;
                [step(index / 36), step(index / 6 % 6), step(index % 6)]
            }
            Color::Indexed(index) => [8 + 10 * (index - 232); 3],
        }
    }
}

/// How well one colour can be read on the other: 1 (the same) to 21 (black and white), after WCAG 2.
pub(super) fn contrast(one: Color, other: Color) -> f64 {
    let luminance = |color: Color| {
        let [red, green, blue] = color.channels().map(|channel| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.03928 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        });
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Option<Color>) {
        assert_eq!(text.parse().ok(), expected, "{text:?}");
    }

    #[test]
    fn words_of_tmux() {
        check("red", Some(Color::Indexed(1)));
        check("Bright", None);
        check("BrightRed", Some(Color::Indexed(9)));
        check("colour208", Some(Color::Indexed(208)));
        check("color0", Some(Color::Indexed(0)));
        check("colour256", None);
        check("#FF8700", Some(Color::Rgb(255, 135, 0)));
        check("#+f+f+f", None);
        check("#ff870", None);
        check("#ëëë", None);
        check("red]#(touch pwned)", None);
        check("", None);
        let error = "rouge".parse::<Color>().unwrap_err().to_string();
        assert!(error.starts_with("unknown color `rouge`: use black, "), "{error}");
    }

    fn color() -> impl Strategy<Value = Color> {
        let rgb = |(red, green, blue)| Color::Rgb(red, green, blue);
        prop_oneof![any::<u8>().prop_map(Color::Indexed), any::<(u8, u8, u8)>().prop_map(rgb)]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(color in color()) {
            prop_assert_eq!(color.to_string().parse(), Ok(color));
        }

        #[test]
        fn ink_can_be_read(color in color()) {
            prop_assert!(contrast(color, color.ink()) >= 4.5);
        }

        #[test]
        fn no_text_breaks_it(text in any::<String>()) {
            let _ = text.parse::<Color>();
        }
    }
}
