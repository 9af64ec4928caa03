//! `hud.yaml` as the line for status bars is drawn by.

use std::path::Path;

use crate::base::near::near;
use crate::base::yaml::YamlError;
use crate::hud::render::Look;
use crate::hud::segment::{CONFIG, NAMES};
use crate::hud::theme::Theme;
use crate::project::hud_file::{HudFile, ThemeFile, ThemeName};

/// What the file asks for, and what in it may be a slip. `path` is for the latter only.
///
/// A `layout` that does not name the segment `config` gets it at its end: a file that is broken is to be seen, whatever else is.
pub fn of_file(path: &Path, file: &HudFile) -> (Look, Vec<YamlError>) {
    let mut look = Look::default();
    let file = file.clone();
    look.label = file.label.unwrap_or(look.label);
    look.left = file.left.unwrap_or(look.left);
    look.right = file.right.unwrap_or(look.right);
    look.padding = file.padding.unwrap_or(look.padding);
    look.theme = match file.theme {
        None | Some(ThemeFile::On(None)) => look.theme,
        Some(ThemeFile::Off) => None,
        Some(ThemeFile::On(Some(name))) => Some(theme(name)),
    };
    let layout = file.layout.unwrap_or_default();
    // One that nobody is close to may be an extension's, which may come later.
    let slips = layout.iter().enumerate().filter(|(_, name)| !NAMES.contains(&name.value.as_str()));
    let slips = slips.filter_map(|(number, name)| {
        let close = *near(&name.value, NAMES).first()?;
        let reason = format!("layout[{number}]: there may be no segment `{}`; did you mean `{close}`?", name.value);
        Some(YamlError { path: path.to_owned(), at: name.at, reason })
    });
    let slips = slips.collect();
    if !layout.is_empty() {
        let mut names: Vec<String> = layout.into_iter().map(|name| name.value).collect();
        if !names.iter().any(|name| name == CONFIG) {
            names.push(CONFIG.to_owned());
        }
        look.layout = Some(names);
    }
    (look, slips)
}

fn theme(name: ThemeName) -> Theme {
    match name {
        ThemeName::Classic => Theme::Classic,
        ThemeName::Teal => Theme::Teal,
        ThemeName::Dim => Theme::Dim,
        ThemeName::Inverted => Theme::Inverted,
        ThemeName::Mono => Theme::Mono,
        ThemeName::Soft => Theme::Soft,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hud::render::{Format, render};
    use crate::hud::segment;

    #[track_caller]
    fn line(text: &str) -> String {
        let file = HudFile::parse(Path::new("hud.yaml"), text.as_bytes()).unwrap();
        let segments = [segment::agents(3, 0), segment::config(1), segment::env("dev", None, true, None)];
        render(&of_file(Path::new("hud.yaml"), &file).0, &segments, Format::Plain)
    }

    #[test]
    fn a_file_is_how_the_line_looks() {
        assert_eq!(line(""), "[pintle] env:dev  agents:3  config:1 broken");
        assert_eq!(line("label: me\nlayout: [agents, env]\n"), "[me] agents:3  env:dev  config:1 broken");
        assert_eq!(line("layout: [config, env]\n"), "[pintle] config:1 broken  env:dev");
        assert_eq!(line("layout: []\n"), line(""), "an empty list is no layout");
        let wrapped = "layout: [env]\nstyle: {wrapper: {left: <, right: '>'}, padding: 1}\n";
        assert_eq!(line(wrapped), "[pintle] < env:dev >  < config:1 broken >");
    }

    #[test]
    fn every_theme_can_be_named() {
        let known: Vec<(&str, Theme)> = Theme::ALL.into_iter().map(|theme| (theme.as_str(), theme)).collect();
        let named: Vec<(&str, Theme)> = ThemeName::WORDS.iter().map(|(word, name)| (*word, theme(*name))).collect();
        assert_eq!(named, known);
        let off = HudFile { theme: Some(ThemeFile::Off), ..HudFile::default() };
        assert_eq!(of_file(Path::new(""), &off).0.theme, None);
    }

    #[test]
    fn a_name_close_to_a_segments_may_be_a_slip() {
        let file = HudFile::parse(Path::new("hud.yaml"), b"layout: [agent, weather, env]\n").unwrap();
        let (_, slips) = of_file(Path::new("hud.yaml"), &file);
        let told: Vec<String> = slips.iter().map(ToString::to_string).collect();
        let slip = "hud.yaml: line 1, column 10: layout[0]: there may be no segment `agent`; did you mean `agents`?";
        assert_eq!(told, [slip]);
    }
}
