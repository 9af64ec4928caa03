//! How the parts of the line look, and how that is said to tmux and to a terminal.
//!
//! Where the line is shown is not known: on tmux's green bar, on a dark terminal, in a light one. So no style gives a colour to
//! letters alone, which would be gone where the ground happens to have it. A style either brings its own ground or uses
//! attributes, which every ground allows. A test holds all themes to that, and to a contrast of 4.5.

use std::fmt::Write as _;
use std::str::FromStr;

use thiserror::Error;

use super::color::Color;
use super::segment::Emphasis;

/// Colours and attributes of some letters. The default is to leave them as they are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Style {
    /// Of letters, and of the ground behind them.
    ink: Option<(Color, Color)>,
    bold: bool,
    dim: bool,
    reverse: bool,
}

const PLAIN: Style = Style { ink: None, bold: false, dim: false, reverse: false };
const BOLD: Style = Style { bold: true, ..PLAIN };
const DIM: Style = Style { dim: true, ..PLAIN };
const REVERSE: Style = Style { reverse: true, ..PLAIN };

const fn on(ink: u8, ground: u8) -> Style {
    Style { ink: Some((Color::Indexed(ink), Color::Indexed(ground))), ..PLAIN }
}

const fn bold(style: Style) -> Style {
    Style { bold: true, ..style }
}

impl Style {
    /// In the colour: a patch of it with letters that can be read on it.
    fn patch(color: Color) -> Self {
        Style { ink: Some((color.ink(), color)), ..BOLD }
    }

    /// Appends `#[…]`, or nothing where there is nothing to say.
    pub(super) fn to_tmux(self, out: &mut String) {
        self.say(out, &TMUX);
    }

    /// Appends `ESC [ … m`, or nothing where there is nothing to say.
    pub(super) fn to_ansi(self, out: &mut String) {
        self.say(out, &ANSI);
    }

    fn say(self, out: &mut String, language: &Language) {
        if self == PLAIN {
            return;
        }
        out.push_str(language.open);
        let start = out.len();
        let next = |out: &mut String| {
            if out.len() > start {
                out.push(language.between);
            }
        };
        for (word, _) in language.attributes.iter().zip([self.bold, self.dim, self.reverse]).filter(|(_, set)| *set) {
            next(out);
            out.push_str(word);
        }
        if let Some((ink, ground)) = self.ink {
            next(out);
            (language.colors)(out, ink, ground);
        }
        out.push(language.close);
    }
}

/// How a style is said.
struct Language {
    open: &'static str,
    between: char,
    close: char,
    /// Bold, dim, reverse.
    attributes: [&'static str; 3],
    /// Appends letters' and ground's colour.
    colors: fn(&mut String, Color, Color),
}

// Writing to a String cannot fail, here and below.
const TMUX: Language = Language {
    open: "#[",
    between: ',',
    close: ']',
    attributes: ["bold", "dim", "reverse"],
    colors: |out, ink, ground| {
        let _ = write!(out, "fg={ink},bg={ground}");
    },
};

const ANSI: Language = Language {
    open: "\x1b[",
    between: ';',
    close: 'm',
    attributes: ["1", "2", "7"],
    colors: |out, ink, ground| {
        sgr(out, ink, 30);
        out.push(';');
        sgr(out, ground, 40);
    },
};

/// The numbers of a colour; `base` is 30 for letters, 40 for the ground.
fn sgr(out: &mut String, color: Color, base: u8) {
    let _ = match color {
        Color::Indexed(index @ 0..8) => write!(out, "{}", base + index),
        Color::Indexed(index @ 8..16) => write!(out, "{}", base + 60 + index - 8),
        Color::Indexed(index) => write!(out, "{};5;{index}", base + 8),
        Color::Rgb(red, green, blue) => write!(out, "{};2;{red};{green};{blue}", base + 8),
    };
}

/// A theme. `hud.yaml` calls it by its lower-case name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Theme {
    /// Bold where it matters; what wants a person is black on yellow. Eight colours do.
    #[default]
    Classic,
    /// A teal label and values on dark teal; what wants a person is orange.
    Teal,
    /// Stands back: all is dim but what wants a person.
    Dim,
    /// The bar's own colours, swapped.
    Inverted,
    /// Attributes only, no colour, not even an environment's.
    Mono,
    /// Dark grey on pale grounds.
    Soft,
}

/// No theme.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("unknown theme `{0}`: use classic, teal, dim, inverted, mono or soft")]
pub struct UnknownTheme(String);

impl Theme {
    /// Every theme, in the order of the manual.
    pub const ALL: [Theme; 6] = [Theme::Classic, Theme::Teal, Theme::Dim, Theme::Inverted, Theme::Mono, Theme::Soft];

    /// Its name in `hud.yaml`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Theme::Classic => "classic",
            Theme::Teal => "teal",
            Theme::Dim => "dim",
            Theme::Inverted => "inverted",
            Theme::Mono => "mono",
            Theme::Soft => "soft",
        }
    }

    pub(super) const fn palette(self) -> Palette {
        match self {
            Theme::Classic => Palette { label: BOLD, name: PLAIN, value: BOLD, alert: bold(on(0, 3)), colors: true },
            Theme::Teal => Palette {
                label: bold(on(16, 37)),
                name: on(231, 23),
                value: bold(on(231, 23)),
                alert: bold(on(16, 214)),
                colors: true,
            },
            Theme::Dim => Palette { label: DIM, name: DIM, value: DIM, alert: BOLD, colors: true },
            Theme::Inverted => Palette {
                label: bold(REVERSE),
                name: REVERSE,
                value: bold(REVERSE),
                alert: bold(on(0, 3)),
                colors: true,
            },
            Theme::Mono => Palette { label: BOLD, name: PLAIN, value: BOLD, alert: bold(REVERSE), colors: false },
            Theme::Soft => Palette {
                label: on(237, 152),
                name: on(240, 254),
                value: on(236, 254),
                alert: on(52, 223),
                colors: true,
            },
        }
    }
}

impl FromStr for Theme {
    type Err = UnknownTheme;

    fn from_str(name: &str) -> Result<Self, UnknownTheme> {
        Theme::ALL.into_iter().find(|theme| theme.as_str() == name).ok_or_else(|| UnknownTheme(name.to_owned()))
    }
}

/// What a theme says of each part of the line.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Palette {
    pub(super) label: Style,
    /// A segment's name, and what stands around it.
    pub(super) name: Style,
    value: Style,
    alert: Style,
    /// Values may bring a colour of their own.
    colors: bool,
}

impl Palette {
    /// The style of a value.
    pub(super) fn value(&self, emphasis: Option<Emphasis>) -> Style {
        match emphasis {
            Some(Emphasis::Alert) => self.alert,
            Some(Emphasis::Color(color)) if self.colors => Style::patch(color),
            Some(Emphasis::Color(_)) | None => self.value,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hud::color::contrast;

    fn styles(theme: Theme) -> [Style; 4] {
        let palette = theme.palette();
        [palette.label, palette.name, palette.value, palette.alert]
    }

    #[test]
    fn letters_can_be_read_on_every_ground() {
        for theme in Theme::ALL {
            for (ink, ground) in styles(theme).into_iter().filter_map(|style| style.ink) {
                let contrast = contrast(ink, ground);
                assert!(contrast >= 4.5, "{}: {ink} on {ground} has a contrast of {contrast:.1}", theme.as_str());
            }
        }
    }

    #[test]
    fn an_alert_stands_out() {
        for theme in Theme::ALL {
            let palette = theme.palette();
            assert_ne!(palette.alert, palette.value, "{}", theme.as_str());
        }
    }

    #[test]
    fn mono_has_no_colour() {
        let palette = Theme::Mono.palette();
        let red = palette.value(Some(Emphasis::Color(Color::Indexed(1))));
        assert!(styles(Theme::Mono).into_iter().chain([red]).all(|style| style.ink.is_none()));
    }

    #[test]
    fn names() {
        for theme in Theme::ALL {
            assert_eq!(theme.as_str().parse(), Ok(theme));
        }
        let error = "neon".parse::<Theme>().unwrap_err().to_string();
        assert_eq!(error, "unknown theme `neon`: use classic, teal, dim, inverted, mono or soft");
    }

    #[track_caller]
    fn check(style: Style, tmux: &str, ansi: &str) {
        let (mut to_tmux, mut to_ansi) = (String::new(), String::new());
        style.to_tmux(&mut to_tmux);
        style.to_ansi(&mut to_ansi);
        assert_eq!((to_tmux.as_str(), to_ansi.as_str()), (tmux, ansi));
    }

    #[test]
    fn in_both_languages() {
        check(PLAIN, "", "");
        check(DIM, "#[dim]", "\x1b[2m");
        check(bold(REVERSE), "#[bold,reverse]", "\x1b[1;7m");
        check(bold(on(0, 3)), "#[bold,fg=black,bg=yellow]", "\x1b[1;30;43m");
        check(on(9, 214), "#[fg=brightred,bg=colour214]", "\x1b[91;48;5;214m");
        check(
            Style::patch(Color::Rgb(255, 135, 0)),
            "#[bold,fg=colour16,bg=#ff8700]",
            "\x1b[1;38;5;16;48;2;255;135;0m",
        );
    }
}
