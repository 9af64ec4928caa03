//! A word to whoever pressed a key: in the status line, or, where that has no room for all of it, in a popup. What to do about an error
//! stands at its end, and tmux cuts a message there.

use std::ffi::OsString;

use unicode_width::UnicodeWidthStr;

use super::key::Args;
use super::quote::{argument, no_format};
use super::server::Server;
use crate::cli::wrap::wrapped;

/// How long a message stays in the status line, in milliseconds. tmux's own 750 is for a word or two.
const STAYS: &str = "5000";
/// Most lines of a popup. tmux makes it smaller where there are not so many.
const LINES: u16 = 20;
/// Each word in a line of its own. Behind the last there is no line's end: it would move the first one out of the popup.
const PRINT: &str = r#"printf %s "$1"; shift; printf '\n%s' "$@""#;

/// Shows the message. An error: nobody is there to read it.
pub fn tell(server: &Server, args: &Args, message: &str) -> anyhow::Result<()> {
    let width = ["-p", "--", "#{client_width}"].map(OsString::from);
    let asked = server.ask(args.shown("display-message").into_iter().chain(width))?;
    // Who has no width sees no popup either.
    let columns: Option<u16> = asked.trim().parse().ok();
    let lines = columns.map(|columns| in_a_popup(message, columns)).unwrap_or_default();
    // A tmux that was built without popups shows what there is room for.
    if !lines.is_empty() && server.ask(popup(args, &lines)).is_ok() {
        return Ok(());
    }
    let text = argument(no_format(message, true).as_bytes());
    let words = ["-d", STAYS, "--"].map(OsString::from);
    server.ask(args.shown("display-message").into_iter().chain(words).chain([text])).map(drop)
}

/// The lines of a popup for a message that does not fit into a status line of so many columns; none where it does.
fn in_a_popup(message: &str, columns: u16) -> Vec<String> {
    if message.width() <= usize::from(columns) {
        return Vec::new();
    }
    let mut lines = wrapped(message, inner(columns), LINES);
    lines.extend([String::new(), "[Esc closes this]".to_owned()]);
    lines
}

/// Columns within a popup's frame, on a screen of so many: some of what is below stays to be seen.
fn inner(columns: u16) -> u16 {
    (columns - columns / 8).saturating_sub(2).max(1)
}

fn popup(args: &Args, lines: &[String]) -> Vec<OsString> {
    let width = lines.iter().map(|line| line.width()).max().unwrap_or_default() + 2;
    let mut tmux = args.shown("display-popup");
    tmux.extend(["-w".into(), width.to_string().into(), "-h".into(), (lines.len() + 2).to_string().into()]);
    tmux.extend(["--", "sh", "-c", PRINT, "sh"].map(OsString::from));
    tmux.extend(lines.iter().map(|line| argument(line.as_bytes())));
    tmux
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_shown_in_full() {
        assert_eq!(in_a_popup("pintle: no agent waits for you", 30), Vec::<String>::new());
        let expected = ["pintle: no agent waits", "for you", "", "[Esc closes this]"];
        assert_eq!(in_a_popup("pintle: no agent waits for you", 29), expected);
        let long = "word ".repeat(60);
        for columns in [1, 8, 80] {
            let lines = in_a_popup(&long, columns);
            assert!(lines.len() > 2, "{columns}: {lines:?}");
        }
    }
}
