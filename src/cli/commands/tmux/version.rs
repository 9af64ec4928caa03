//! Which tmux it is.

/// The oldest tmux whose popups and control mode are what we use.
const OLDEST: (u32, u32) = (3, 2);

/// The same for people.
pub const NEEDED: &str = "3.2 or later is needed to show agents and the HUD; agents run without it";

/// `3.3a`, `next-3.4`. What has no number (`master`) is built from source, and new.
fn number(text: &str) -> Option<(u32, u32)> {
    let (major, minor) = text.trim_start_matches("next-").split_once('.')?;
    let digits: String = minor.chars().take_while(char::is_ascii_digit).collect();
    Some((major.parse().ok()?, digits.parse().ok()?))
}

/// Whether a tmux of this version can do what we ask of it.
pub fn suffices(text: &str) -> bool {
    number(text).is_none_or(|found| found >= OLDEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_name_the_oldest() {
        assert!(NEEDED.starts_with(&format!("{}.{} ", OLDEST.0, OLDEST.1)));
    }

    #[test]
    fn versions() {
        fn check(text: &str, expected: Option<(u32, u32)>, enough: bool) {
            assert_eq!((number(text), suffices(text)), (expected, enough), "{text}");
        }
        check("3.3a", Some((3, 3)), true);
        check("3.2", Some((3, 2)), true);
        check("3.1c", Some((3, 1)), false);
        check("2.9", Some((2, 9)), false);
        check("next-3.4", Some((3, 4)), true);
        check("3.10", Some((3, 10)), true);
        check("master", None, true);
        check("", None, true);
    }
}
