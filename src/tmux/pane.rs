//! Panes, through one `tmux` process a call.

use std::process::Stdio;

use tmux_interface::{PaneSize, SplitWindow};
use tokio::process::Command;

use super::error::TmuxError;
use super::server::PaneId;

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

/// Splits a pane of the server at `socket` (the default one without) and returns the new pane's id.
pub async fn split(socket: Option<&str>, spec: &SplitSpec) -> Result<String, TmuxError> {
    let target: PaneId = spec.target.parse()?;
    let mut command = Command::new("tmux");
    if let Some(socket) = socket {
        command.args(["-S", socket]);
    }
    command.args(spec.to_argv()).stdin(Stdio::null()).env_remove("TMUX").kill_on_drop(true);
    let output = command.output().await.map_err(TmuxError::Missing)?;
    let error = String::from_utf8_lossy(&output.stderr).trim().to_owned();
    match String::from_utf8_lossy(&output.stdout).trim() {
        pane if output.status.success() && pane.starts_with('%') => Ok(pane.to_owned()),
        _ if error.contains("can't find pane") => Err(TmuxError::NoPane(target)),
        _ if error.contains("no space for new pane") => {
            Err(TmuxError::Refused(format!("{} is too small to be split", spec.target)))
        }
        _ => Err(TmuxError::Refused(error)),
    }
}

/// The text behind `#{q:…}`, byte for byte. tmux puts a backslash before what means something to a shell, a backslash too, and
/// 3.4 and later write control bytes as `\n` or `\033` besides: since a letter or digit is never escaped by the former, what
/// follows a backslash says which it was.
pub fn quoted_text(quoted: &[u8]) -> Vec<u8> {
    let mut text = Vec::with_capacity(quoted.len());
    let mut rest = quoted;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        if byte != b'\\' {
            text.push(byte);
            continue;
        }
        let Some((&escaped, after)) = rest.split_first() else {
            text.push(byte);
            break;
        };
        rest = after;
        text.push(match escaped {
            b'0'..=b'3' if after.len() >= 2 && after[..2].iter().all(|digit| (b'0'..=b'7').contains(digit)) => {
                rest = &after[2..];
                (escaped - b'0') << 6 | (after[0] - b'0') << 3 | (after[1] - b'0')
            }
            b'0' => 0,
            b'a' => 7,
            b'b' => 8,
            b't' => b'\t',
            b'n' => b'\n',
            b'v' => 11,
            b'f' => 12,
            b'r' => b'\r',
            b's' => b' ',
            other => other,
        });
    }
    text
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
