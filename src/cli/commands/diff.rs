//! `pintle diff`

use std::fmt::Write as _;
use std::io::{self, IsTerminal};

use clap_complete::ArgValueCandidates;
use owo_colors::Style;
use unicode_width::UnicodeWidthStr;

use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure;
use crate::cli::output::{one_line, visible};
use crate::cli::pager::{self, Stay};
use crate::cli::style::Paint;
use crate::cli::{complete, resolve};
use crate::protocol::typed::reply::{Diff, DiffResult};
use crate::protocol::typed::request;

/// Show what has changed in worktrees since they left their bases
///
/// Committed, staged and not, together: the branch point against what is in the folder now. Files that git neither knows nor ignores are
/// listed behind it. On a terminal it goes through the pager that git would take (`PINTLE_PAGER` beats it); to a pipe goes a patch that can
/// be applied, where no file is binary or other than UTF-8: of the one it says only that it differs, and what is not UTF-8 comes out as U+FFFD.
/// For a patch of such files, run `git diff --binary` in the worktree.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The one worktree: its name or id [default: all]
    #[arg(add = ArgValueCandidates::new(complete::worktrees))]
    worktree: Option<String>,
    /// How much has changed in each file, instead of what
    #[arg(long)]
    stat: bool,
}

/// Shows diffs.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    show(context, args, Stay::No)
}

/// Shows that of one worktree where somebody looks on: the terminal may be gone with us.
pub fn show_here(context: &Context, worktree: String) -> anyhow::Result<Exit> {
    show(context, &Args { worktree: Some(worktree), stat: false }, Stay::Yes)
}

fn show(context: &Context, args: &Args, stay: Stay) -> anyhow::Result<Exit> {
    let mut client = context.client();
    let worktree = args.worktree.as_deref().map(|word| resolve::worktree(context, &mut client, word)).transpose()?;
    let worktree_id = worktree.map(|worktree| worktree.id);
    let project_root = context.project_root()?;
    let result: DiffResult = client.ask(request::Diff { project_root, worktree_id, stat: args.stat })?;
    // All of them are shown; one that could not be looked at makes the command fail all the same: what is shown is not all there is.
    let exit = if result.diffs.iter().any(|diff| diff.error.is_some()) { Exit::Failed } else { Exit::Done };
    if context.output.is_json() {
        context.output.answer(&result, |_| String::new())?;
        return Ok(exit);
    }
    let on_terminal = io::stdout().is_terminal();
    let text = match result.diffs.as_slice() {
        [] => "no worktrees; `pintle worktree create NAME` makes one\n".to_owned(),
        diffs => {
            let to = To { terminal: on_terminal, columns: context.output.columns(), paint: context.output.paint() };
            diffs.iter().map(|diff| told(diff, args.stat, to)).collect()
        }
    };
    if on_terminal {
        pager::page(text.as_bytes(), stay, |command| {
            let hint = "PINTLE_PAGER, or git's `core.pager`, names one that is there; `cat` is none";
            failure::warn(&format!("the pager `{}` could not be run", one_line(command)), hint, context.color);
        })?;
    } else {
        context.output.text(&text)?;
    }
    Ok(exit)
}

/// Where it goes.
#[derive(Clone, Copy)]
struct To {
    terminal: bool,
    columns: Option<u16>,
    paint: Paint,
}

/// One diff: what it is of, the text, what git does not know. Whoever applies it as a patch passes over what stands around.
fn told(diff: &Diff, stat: bool, to: To) -> String {
    let paint = to.paint;
    let base = diff.base_branch.as_deref().map_or_else(String::new, |base| format!(" from {}", one_line(base)));
    let head = format!("{} {} on {}{base}:", diff.worktree_id, one_line(&diff.worktree_name), one_line(&diff.branch));
    let summary = summary(diff);
    let fits = head.width() + 1 + summary.width() <= to.columns.map_or(80, usize::from);
    let between = if fits { " " } else { "\n  " };
    let mut out = format!("{}{between}{summary}\n", paint.with(&head, Style::new().bold()));
    // Not `lines`, which would drop a carriage return at the end of one.
    for line in diff.diff_output.split_terminator('\n') {
        // What a file holds must not move the cursor; for programs it stays as it is.
        let line = if to.terminal { shown(line) } else { line.to_owned() };
        out += &if stat { line } else { colored(&line, paint) };
        out.push('\n');
    }
    for path in &diff.untracked {
        let _ = writeln!(out, "{} {}", paint.warning("untracked"), visible(path));
    }
    out.push('\n');
    out
}

fn summary(diff: &Diff) -> String {
    let several = |count: u64, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    if let Some(error) = &diff.error {
        return one_line(error);
    }
    let mut parts = match diff.files_changed {
        0 => vec!["nothing changed".to_owned()],
        files => vec![format!("{} changed, +{} -{}", several(files, "file"), diff.insertions, diff.deletions)],
    };
    match diff.untracked.len() {
        0 => {}
        untracked => parts.push(format!("{untracked} untracked")),
    }
    parts.join(", ")
}

/// A carriage return at the end of a line is shown as git and editors show it.
fn shown(line: &str) -> String {
    let (line, end) = line.strip_suffix('\r').map_or((line, ""), |line| (line, "^M"));
    line.split('\t').map(visible).collect::<Vec<_>>().join("\t") + end
}

/// As git colours it. Inside of a hunk the first letter says what a line is, and nothing else looks like the head of a file there.
fn colored(line: &str, paint: Paint) -> String {
    let style = match line.as_bytes() {
        [b'+', b'+', b'+', ..] | [b'-', b'-', b'-', ..] => Style::new().bold(),
        [b'+', ..] => Style::new().green(),
        [b'-', ..] => Style::new().red(),
        [b'@', b'@', ..] => Style::new().cyan(),
        [b' ', ..] | [] => return line.to_owned(),
        _ => Style::new().bold(),
    };
    paint.with(line, style)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::style::Choice;

    fn diff() -> Diff {
        Diff {
            worktree_id: "wt-aaaa1111".to_owned(),
            worktree_name: "work".to_owned(),
            branch: "pintle/work".to_owned(),
            base_branch: Some("main".to_owned()),
            diff_output: "diff --git a/a b/a\n@@ -1 +1,2 @@\n-1\n+\t\x1b]0;x\n+2\r\n".to_owned(),
            files_changed: 1,
            insertions: 2,
            deletions: 1,
            untracked: vec!["new\x1b".to_owned()],
            error: None,
        }
    }

    fn to(terminal: bool, choice: Choice) -> To {
        To { terminal, columns: None, paint: Paint::of(choice, &io::stdout()) }
    }

    #[test]
    fn on_a_terminal_nothing_of_a_file_is_obeyed() {
        insta::assert_snapshot!(told(&diff(), false, to(true, Choice::Never)), @r"
        wt-aaaa1111 work on pintle/work from main: 1 file changed, +2 -1, 1 untracked
        diff --git a/a b/a
        @@ -1 +1,2 @@
        -1
        +	\u{1b}]0;x
        +2^M
        untracked new\u{1b}
        ");
        let piped = told(&diff(), false, to(false, Choice::Never));
        assert!(piped.contains("+\t\x1b]0;x\n+2\r\n"), "{piped}");
    }

    #[test]
    fn colours_as_git_has_them() {
        let told = told(&diff(), false, to(true, Choice::Always));
        assert!(told.contains("\x1b[31m-1\x1b[0m\n\x1b[32m+\t"), "{told}");
        assert!(told.contains("\x1b[36m@@ -1 +1,2 @@\x1b[0m\n"), "{told}");
    }

    #[test]
    fn what_does_not_fit_stands_below() {
        let long = Diff { worktree_name: "work-on-the-login".to_owned(), ..diff() };
        let told = told(&long, false, to(false, Choice::Never));
        let head = "wt-aaaa1111 work-on-the-login on pintle/work from main:\n  1 file changed, +2 -1, 1 untracked\n";
        assert!(told.starts_with(head), "{told}");
    }
}
