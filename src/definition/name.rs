//! What a definition may be called. Its name is that of its file, so nothing in it may lead out of the folder.

use crate::base::text::is_unseen;

/// The longest name, in bytes: a file's has 255 with its ending.
const LONGEST: usize = 100;

/// Says what is wrong with a name; `None` if nothing is.
pub fn mistake(name: &str) -> Option<String> {
    if name.trim().is_empty() {
        return Some("a name is missing".to_owned());
    }
    if name.len() > LONGEST {
        return Some(format!("a name has at most {LONGEST} bytes, and this one has {}", name.len()));
    }
    if name.trim() != name {
        return Some(format!("`{}` begins or ends with white space", name.escape_debug()));
    }
    if name.starts_with(['.', '-']) {
        return Some(format!("`{}` begins with `{}`", name.escape_debug(), &name[..1]));
    }
    let wrong = name.chars().find(|c| matches!(c, '/' | '\\') || is_unseen(*c));
    wrong.map(|c| format!("`{}` has the character {c:?} in it, which no name of a file here has", name.escape_debug()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_stay_in_their_folder() {
        for name in ["review", "Code Review", "a.b", "später", "x_y-z+1"] {
            assert_eq!(mistake(name), None, "{name}");
        }
        let hostile =
            ["", " ", ".", "..", "../x", "a/b", "/etc/passwd", "a\\b", "-rf", ".hidden", "a\nb", "a\0b", " a"];
        for name in hostile {
            assert!(mistake(name).is_some(), "{name:?}");
        }
        assert!(mistake("\u{202e}gpj").is_some());
        assert!(mistake(&"x".repeat(101)).is_some());
    }
}
