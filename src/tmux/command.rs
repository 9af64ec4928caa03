//! Building tmux commands. `tmux_interface` knows the commands and their flags; what is passed to tmux is always an argv, never a
//! line, so no text can become another command.

use tmux_interface::{PaneSize, SplitWindow};

/// Where a new pane goes, in words that mean one thing only.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Beside the pane, tmux's `-h`.
    Right,
    /// Under it, tmux's `-v`.
    Below,
}

/// A `split-window` that prints the new pane's id.
#[derive(Clone, Debug)]
pub struct SplitSpec {
    /// The pane to split, as `%3`.
    pub target: String,
    /// Where the new one goes.
    pub direction: Direction,
    /// Folder to start in.
    pub cwd: Option<String>,
    /// Variables of the new pane.
    pub vars: Vec<(String, String)>,
    /// How much it gets: cells, or per cent with `%`.
    pub size: Option<String>,
    /// Program and arguments.
    pub argv: Vec<String>,
}

impl SplitSpec {
    /// The argv behind `tmux`.
    pub fn to_argv(&self) -> Vec<String> {
        let size = self.size.as_deref().and_then(pane_size);
        let mut split = SplitWindow::new().detached().print().format("#{pane_id}").target_pane(&self.target);
        split = match self.direction {
            Direction::Right => split.horizontal(),
            Direction::Below => split.vertical(),
        };
        if let Some(cwd) = &self.cwd {
            split = split.start_directory(cwd);
        }
        if let Some(size) = &size {
            split = split.size(size);
        }
        let mut argv: Vec<String> = split.build().to_vec().into_iter().map(std::borrow::Cow::into_owned).collect();
        // The builder takes one `-e` and one shell command; tmux takes many of both, and an argv of more than one word is run
        // without a shell.
        for (name, value) in &self.vars {
            argv.extend(["-e".to_owned(), format!("{name}={value}")]);
        }
        argv.push("--".to_owned());
        argv.extend(self.argv.iter().cloned());
        argv
    }
}

fn pane_size(text: &str) -> Option<PaneSize> {
    match text.strip_suffix('%') {
        Some(percent) => percent.parse().ok().map(PaneSize::Percentage),
        None => text.parse().ok().map(PaneSize::Size),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_text_stays_one_word() {
        let spec = SplitSpec {
            target: "%3".into(),
            direction: Direction::Right,
            cwd: Some("/a b; kill-server".into()),
            vars: vec![("A".into(), "x; kill-session".into())],
            size: Some("30%".into()),
            argv: vec!["pintle".into(), "attach".into(), "ag-1; kill-server".into()],
        };
        let argv = spec.to_argv();
        assert_eq!(argv[0], "split-window");
        for word in ["/a b; kill-server", "A=x; kill-session", "ag-1; kill-server", "%3", "-h"] {
            assert_eq!(argv.iter().filter(|known| *known == word).count(), 1, "{word} in {argv:?}");
        }
    }
}
