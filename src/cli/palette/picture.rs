//! An agent's screen as `capture` gives it, with its colours as escape sequences, made into lines that can be drawn.

use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use vte::{Params, Parser, Perform};

/// The lines of a captured screen. Colours and attributes are followed; whatever else the text holds is left out.
pub fn lines(captured: &str) -> Vec<Line<'static>> {
    let mut drawing = Drawing::default();
    Parser::new().advance(&mut drawing, captured.as_bytes());
    drawing.end_line();
    drawing.lines
}

#[derive(Default)]
struct Drawing {
    lines: Vec<Line<'static>>,
    spans: Vec<Span<'static>>,
    text: String,
    style: Style,
}

impl Drawing {
    fn end_span(&mut self) {
        if !self.text.is_empty() {
            self.spans.push(Span::styled(std::mem::take(&mut self.text), self.style));
        }
    }

    fn end_line(&mut self) {
        self.end_span();
        self.lines.push(Line::from(std::mem::take(&mut self.spans)));
    }
}

impl Perform for Drawing {
    fn print(&mut self, c: char) {
        self.text.push(c);
    }

    fn execute(&mut self, byte: u8) {
        if byte == b'\n' {
            self.end_line();
        }
    }

    fn csi_dispatch(&mut self, params: &Params, intermediates: &[u8], _: bool, action: char) {
        if action == 'm' && intermediates.is_empty() {
            self.end_span();
            self.style = styled(self.style, params);
        }
    }
}

/// What an SGR sequence makes of a style.
fn styled(mut style: Style, params: &Params) -> Style {
    // `38;5;1` and `38:5:1` mean the same, so that the parts of a parameter are as good as parameters.
    let mut numbers = params.iter().flatten().copied();
    while let Some(number) = numbers.next() {
        style = match number {
            0 => Style::new(),
            1 => style.add_modifier(Modifier::BOLD),
            2 => style.add_modifier(Modifier::DIM),
            3 => style.add_modifier(Modifier::ITALIC),
            4 => style.add_modifier(Modifier::UNDERLINED),
            7 => style.add_modifier(Modifier::REVERSED),
            9 => style.add_modifier(Modifier::CROSSED_OUT),
            22 => style.remove_modifier(Modifier::BOLD | Modifier::DIM),
            23 => style.remove_modifier(Modifier::ITALIC),
            24 => style.remove_modifier(Modifier::UNDERLINED),
            27 => style.remove_modifier(Modifier::REVERSED),
            29 => style.remove_modifier(Modifier::CROSSED_OUT),
            30..=37 => style.fg(indexed(number - 30)),
            90..=97 => style.fg(indexed(number - 90 + 8)),
            40..=47 => style.bg(indexed(number - 40)),
            100..=107 => style.bg(indexed(number - 100 + 8)),
            39 => style.fg(Color::Reset),
            49 => style.bg(Color::Reset),
            38 => color(&mut numbers).map_or(style, |color| style.fg(color)),
            48 => color(&mut numbers).map_or(style, |color| style.bg(color)),
            _ => style,
        };
    }
    style
}

/// What stands behind a 38 or 48.
fn color(numbers: &mut impl Iterator<Item = u16>) -> Option<Color> {
    match numbers.next()? {
        5 => Some(indexed(numbers.next()?)),
        2 => {
            let mut part = || u8::try_from(numbers.next()?).ok();
            Some(Color::Rgb(part()?, part()?, part()?))
        }
        _ => None,
    }
}

fn indexed(number: u16) -> Color {
    u8::try_from(number).map_or(Color::Reset, Color::Indexed)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn plain(captured: &str) -> String {
        let lines: Vec<String> = lines(captured).iter().map(Line::to_string).collect();
        lines.join("\n")
    }

    #[test]
    fn text_stays_and_the_rest_goes() {
        fn check(captured: &str, expected: &str) {
            assert_eq!(plain(captured), expected, "{captured:?}");
        }
        check("", "");
        check("one\ntwo", "one\ntwo");
        check("\x1b[1;32mgreen\x1b[0m plain", "green plain");
        check("\x1b]0;title\x07a\x1b[2Jb\rc\td", "abcd");
        check("日本 \u{1f600}é", "日本 \u{1f600}é");
    }

    #[test]
    fn colours_and_attributes() {
        fn check(sgr: &str, expected: Style) {
            let lines = lines(&format!("\x1b[{sgr}mx"));
            assert_eq!(lines[0].spans[0].style, expected, "{sgr}");
        }
        let style = Style::new();
        check("0", style);
        check("1;31", style.add_modifier(Modifier::BOLD).fg(Color::Indexed(1)));
        check("97;100", style.fg(Color::Indexed(15)).bg(Color::Indexed(8)));
        check("38;5;200", style.fg(Color::Indexed(200)));
        check("38;2;1;2;3;4", style.fg(Color::Rgb(1, 2, 3)).add_modifier(Modifier::UNDERLINED));
        check("48:2:1:2:3", style.bg(Color::Rgb(1, 2, 3)));
        check("31;0", style);
        check("38;5", style);
        check("38;2;999;0;0", style);
    }

    proptest! {
        #[test]
        fn any_text_has_its_lines(captured: String) {
            let newlines = lines(&captured).len();
            prop_assert!(newlines <= captured.matches('\n').count() + 1);
        }
    }
}
