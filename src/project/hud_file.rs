//! `hud.yaml`: how the line for status bars looks.
//!
//! ```yaml
//! label: pintle                      # stands in brackets at the start
//! layout: [env, agents, note]        # these segments, in this order; without it all of them
//! style:
//!   wrapper: {left: "(", right: ")"} # around each segment; `prefix` and `suffix` in `style` say the same
//!   padding: 1
//!   theme: {enabled: true, name: teal}
//! ```
//!
//! It stands here and not in `hud`, since it is a file type; the daemon makes of it what `hud` draws by. `layout` is a list only: a map
//! of names would have to say what an order is twice.

use std::path::Path;

use schemars::JsonSchema;

use crate::base::yaml::{Node, Placed, Spot, YamlError, text_of};

/// The keys of the file.
pub const KEYS: [&str; 3] = ["label", "layout", "style"];
/// The keys of `style`.
pub const STYLE_KEYS: [&str; 5] = ["wrapper", "prefix", "suffix", "padding", "theme"];
/// The keys of `style.wrapper`.
pub const WRAPPER_KEYS: [&str; 2] = ["left", "right"];
/// The keys of `style.theme`.
pub const THEME_KEYS: [&str; 2] = ["enabled", "name"];
/// Most blanks on each side of a segment.
pub const PADDING_MAX: u8 = 8;

/// What the file says; what it does not say is `None`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HudFile {
    /// In the place of `pintle`.
    pub label: Option<String>,
    /// Names of segments, in the order in which they are shown.
    pub layout: Option<Vec<Placed<String>>>,
    /// To the left of each segment.
    pub left: Option<String>,
    /// To the right of each segment.
    pub right: Option<String>,
    /// Blanks between a segment and what stands around it, at most [`PADDING_MAX`].
    pub padding: Option<u8>,
    /// Colours and attributes.
    pub theme: Option<ThemeFile>,
    /// What in the file has no effect though somebody wrote it.
    pub warnings: Vec<YamlError>,
}

/// `style.theme`: a theme, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ThemeFile {
    /// No colours and no attributes.
    Off,
    /// This one; `None` for the usual one.
    On(Option<ThemeName>),
}

/// A theme.
#[derive(Clone, Copy, Debug, JsonSchema, PartialEq, Eq)]
#[schemars(rename_all = "lowercase")]
pub enum ThemeName {
    /// Bold where it matters; what wants a person is black on yellow.
    Classic,
    /// A teal label and values on dark teal; what wants a person is orange.
    Teal,
    /// All is dim but what wants a person.
    Dim,
    /// The bar's own colours, swapped.
    Inverted,
    /// Attributes only, no colour, not even an environment's.
    Mono,
    /// Dark grey on pale grounds.
    Soft,
}

impl ThemeName {
    /// The words of the file.
    pub const WORDS: &[(&'static str, Self)] = &[
        ("classic", Self::Classic),
        ("teal", Self::Teal),
        ("dim", Self::Dim),
        ("inverted", Self::Inverted),
        ("mono", Self::Mono),
        ("soft", Self::Soft),
    ];
}

impl HudFile {
    /// Reads the file's bytes. `path` is for messages only.
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, YamlError> {
        let text = text_of(path, bytes.to_vec())?;
        let document = Node::parse(path, &text)?;
        let root = Spot::root(path, &document);
        root.map()?;
        let mut file = Self { label: text_at(&root, "label")?, warnings: root.unknown_keys(&KEYS), ..Self::default() };
        if let Some(layout) = root.get("layout") {
            let name = |spot: &Spot<'_>| Ok(Placed { value: spot.text()?.to_owned(), at: spot.at() });
            file.layout = Some(layout.list()?.iter().map(name).collect::<Result<_, YamlError>>()?);
        }
        if let Some(style) = root.get("style") {
            file.style(&style)?;
        }
        Ok(file)
    }

    fn style(&mut self, style: &Spot<'_>) -> Result<(), YamlError> {
        style.map()?;
        self.warnings.extend(style.unknown_keys(&STYLE_KEYS));
        let wrapper = style.get("wrapper");
        if let Some(wrapper) = &wrapper {
            wrapper.map()?;
            self.warnings.extend(wrapper.unknown_keys(&WRAPPER_KEYS));
        }
        let side = |inside: &str, beside: &str| match (
            wrapper.as_ref().and_then(|wrapper| wrapper.get(inside)),
            style.get(beside),
        ) {
            (Some(_), Some(beside)) => Err(beside.wrong(format!("it is said twice: as `wrapper.{inside}` and here"))),
            (inside, beside) => inside.or(beside).map(|side| Ok(side.text()?.to_owned())).transpose(),
        };
        self.left = side("left", "prefix")?;
        self.right = side("right", "suffix")?;
        self.padding = style.get("padding").map(|padding| read_padding(&padding)).transpose()?;
        self.theme = style.get("theme").map(|theme| read_theme(&theme, &mut self.warnings)).transpose()?;
        Ok(())
    }
}

fn text_at(spot: &Spot<'_>, key: &str) -> Result<Option<String>, YamlError> {
    spot.get(key).map(|value| Ok(value.text()?.to_owned())).transpose()
}

fn read_padding(padding: &Spot<'_>) -> Result<u8, YamlError> {
    let text = padding.text()?;
    let number = text.parse().ok().filter(|number| *number <= PADDING_MAX);
    number.ok_or_else(|| padding.wrong(format!("`{text}` is no number of blanks from 0 to {PADDING_MAX}")))
}

/// A map, or in short the name of a theme or `false`.
fn read_theme(theme: &Spot<'_>, warnings: &mut Vec<YamlError>) -> Result<ThemeFile, YamlError> {
    if theme.is_scalar() {
        return match theme.flag() {
            Ok(true) => Ok(ThemeFile::On(None)),
            Ok(false) => Ok(ThemeFile::Off),
            Err(_) => Ok(ThemeFile::On(Some(theme.word(ThemeName::WORDS)?))),
        };
    }
    theme.map()?;
    warnings.extend(theme.unknown_keys(&THEME_KEYS));
    let name = theme.get("name").map(|name| name.word(ThemeName::WORDS)).transpose()?;
    let enabled = theme.get("enabled").map(|enabled| enabled.flag()).transpose()?;
    Ok(if enabled == Some(false) { ThemeFile::Off } else { ThemeFile::On(name) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<HudFile, YamlError> {
        HudFile::parse(Path::new("hud.yaml"), text.as_bytes())
    }

    #[test]
    fn everything_is_read() {
        #[track_caller]
        fn check(text: &str, expected: HudFile) {
            let file = parse(text).unwrap();
            assert_eq!(file, expected, "{text}");
        }
        let none = HudFile::default;
        check("", none());
        check("label: null\nlayout:\nstyle:\n", none());
        check("style: {wrapper: null, theme: ~}\n", none());
        check("label: 007\n", HudFile { label: Some("007".to_owned()), ..none() });
        let some = |text: &str| Some(text.to_owned());
        let wrapped = || HudFile { left: some("("), right: some(") "), ..none() };
        check("style: {wrapper: {left: \"(\", right: \") \"}}\n", wrapped());
        check("style: {prefix: \"(\", suffix: \") \"}\n", wrapped());
        check("style: {wrapper: {left: \"(\"}, suffix: \") \"}\n", wrapped());
        check("style: {padding: 8}\n", HudFile { padding: Some(8), ..none() });
        let theme = |theme| HudFile { theme: Some(theme), ..none() };
        check("style: {theme: {name: teal}}\n", theme(ThemeFile::On(Some(ThemeName::Teal))));
        check("style: {theme: soft}\n", theme(ThemeFile::On(Some(ThemeName::Soft))));
        check("style: {theme: {enabled: false, name: teal}}\n", theme(ThemeFile::Off));
        check("style: {theme: false}\n", theme(ThemeFile::Off));
        check("style: {theme: {enabled: True}}\n", theme(ThemeFile::On(None)));
        check("layout: []\n", HudFile { layout: Some(vec![]), ..none() });
        let names = parse("layout: [note, env]\n").unwrap().layout.unwrap();
        let names: Vec<(&str, String)> = names.iter().map(|name| (name.value.as_str(), name.at.to_string())).collect();
        assert_eq!(names, [("note", "line 1, column 10: ".to_owned()), ("env", "line 1, column 16: ".to_owned())]);
    }

    #[test]
    fn mistakes_are_told_with_place_and_key() {
        #[track_caller]
        fn check(text: &str, expected: &str) {
            assert_eq!(parse(text).unwrap_err().to_string(), format!("hud.yaml: {expected}"), "{text}");
        }
        check("- a\n", "line 1, column 1: this is a list, but has to be a map");
        check("label: [a]\n", "line 1, column 8: label: this is a list, but has to be a text");
        check("layout: env\n", "line 1, column 9: layout: this is a text, but has to be a list");
        check("layout:\n- env\n- {a: b}\n", "line 3, column 3: layout[1]: this is a map, but has to be a text");
        check("style:\n  padding: 9\n", "line 2, column 12: style.padding: `9` is no number of blanks from 0 to 8");
        check("style:\n  padding: -1\n", "line 2, column 12: style.padding: `-1` is no number of blanks from 0 to 8");
        let unknown = "unknown word `taal`; did you mean: teal?";
        check("style:\n  theme: taal\n", &format!("line 2, column 10: style.theme: {unknown}"));
        check("style: {theme: {name: taal}}\n", &format!("line 1, column 23: style.theme.name: {unknown}"));
        check(
            "style: {theme: {enabled: x}}\n",
            "line 1, column 26: style.theme.enabled: `x` is neither true nor false",
        );
        let twice = "it is said twice: as `wrapper.left` and here";
        check("style: {wrapper: {left: a}, prefix: b}\n", &format!("line 1, column 37: style.prefix: {twice}"));
        assert!(parse("label: [\n").unwrap_err().to_string().starts_with("hud.yaml: line "));
    }

    #[test]
    fn slips_are_warnings() {
        let file = parse("lable: x\nstyle: {paddin: 1, wrapper: {lft: a}, theme: {nam: x}}\n").unwrap();
        let told: Vec<String> = file.warnings.iter().map(ToString::to_string).collect();
        let expected = [
            "hud.yaml: line 1, column 1: lable: unknown key, without effect; did you mean: label?",
            "hud.yaml: line 2, column 9: style.paddin: unknown key, without effect; did you mean: padding?",
            "hud.yaml: line 2, column 30: style.wrapper.lft: unknown key, without effect; did you mean: left?",
            "hud.yaml: line 2, column 47: style.theme.nam: unknown key, without effect; did you mean: name?",
        ];
        assert_eq!(told, expected);
    }

    proptest! {
        #[test]
        fn no_bytes_break_it(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            let _ = HudFile::parse(Path::new("hud.yaml"), &bytes);
        }

        #[test]
        fn no_shape_breaks_it(text in "((label|layout|style|padding|theme|name|wrapper|left|[a-z]):? ?|[\n {}\\[\\],-]){0,24}") {
            let _ = parse(&text);
        }
    }
}
