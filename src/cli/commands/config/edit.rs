//! `pintle config edit`

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::Command;

use anyhow::Context as _;

use super::{Name, check};
use crate::base::files::{read_if_there, write_atomic};
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::style::Paint;
use crate::daemon::check::{Findings, check as check_files};
use crate::protocol::{Code, WireError};

/// Open a file in your editor, and check it afterwards
///
/// The editor is $VISUAL, else $EDITOR, else vi. Where there is no file yet it begins with examples, commented out; if you leave them
/// as they are, none is made.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// Which
    #[arg(value_name = "NAME", default_value = "config")]
    name: Name,
}

/// Opens it, and again as long as something is wrong and the person wants to.
pub fn run(context: &Context, args: &Args) -> anyhow::Result<Exit> {
    context.refuse_json("config edit", "`pintle config check --json` says what is wrong")?;
    let file = args.name.path(context)?;
    let made = make(args.name, &file)?;
    let exit = edit_until_right(context, args.name, &file, made);
    // Also when the editor could not be started.
    if made && read_if_there(&file)?.is_some_and(|bytes| bytes == template(args.name).as_bytes()) {
        std::fs::remove_file(&file).with_context(|| file.display().to_string())?;
    }
    exit
}

fn edit_until_right(context: &Context, name: Name, file: &Path, made: bool) -> anyhow::Result<Exit> {
    loop {
        open(file, file, !made)?;
        let found = of_file(context, name, file)?;
        context.output.text(&check::words(&found, context.output.paint()))?;
        if found.errors.is_empty() {
            return Ok(Exit::Done);
        }
        if !wants_again(context)? {
            return Ok(Exit::Failed);
        }
    }
}

/// Puts the template where no file is; whether it did.
fn make(name: Name, file: &Path) -> anyhow::Result<bool> {
    // A link that leads nowhere is somebody's, and is not replaced.
    if file.symlink_metadata().is_ok() {
        return Ok(false);
    }
    if let Some(folder) = file.parent() {
        // Only `init` makes a project: more belongs to one than this folder.
        if name == Name::Project && !folder.exists() {
            let error = WireError::new(Code::NotInitialized, format!("{}: not there", folder.display()));
            return Err(error.with_hint("`pintle init` makes a project of this folder").into());
        }
        std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    }
    write_atomic(file, template(name).as_bytes(), 0o644)?;
    Ok(true)
}

fn template(name: Name) -> &'static str {
    match name {
        Name::Envs => include_str!("templates/envs.yaml"),
        Name::Prefixes => include_str!("templates/prefixes.yaml"),
        Name::Hud => include_str!("templates/hud.yaml"),
        Name::Config => include_str!("templates/config.yaml"),
        Name::Project => include_str!("templates/project.yaml"),
    }
}

/// Runs the editor as git does: its variable may hold arguments, and is a shell's words. Where it does not run the hint says what can be
/// done without it to `by_hand`, which may be another file than a draft that is opened, and is there or is not.
pub fn open(file: &Path, by_hand: &Path, is_there: bool) -> anyhow::Result<()> {
    let named = |name| std::env::var_os(name).filter(|value| !value.is_empty());
    let editor = named("VISUAL").or_else(|| named("EDITOR")).unwrap_or_else(|| "vi".into());
    let mut line = OsString::from(&editor);
    line.push(" \"$@\"");
    let status = Command::new("/bin/sh").arg("-c").arg(line).arg(&editor).arg(file).status().context("/bin/sh")?;
    if status.success() {
        return Ok(());
    }
    let failed = format!("the editor `{}` failed ({status})", editor.to_string_lossy());
    let edit = if is_there { "edit" } else { "write" };
    let hint = format!("set VISUAL or EDITOR, or {edit} {} yourself", by_hand.display());
    Err(WireError::new(Code::IoError, failed).with_hint(hint).into())
}

/// What is wrong in this file; the others are not what was edited.
fn of_file(context: &Context, name: Name, file: &Path) -> anyhow::Result<Findings> {
    let project = Name::Project.path(context).ok().filter(|_| name == Name::Project);
    let mut found = check_files(&context.places, project.as_deref());
    found.errors.retain(|error| error.path == file);
    found.warnings.retain(|warning| warning.path == file);
    Ok(found)
}

/// Asks on a terminal; without one the answer is no.
pub fn wants_again(context: &Context) -> anyhow::Result<bool> {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return Ok(false);
    }
    let paint = Paint::of(context.color, &io::stderr());
    write!(io::stderr(), "{} [Y/n] ", paint.hint("edit it again?"))?;
    let mut answer = String::new();
    // The end of the input is no answer, and editing again would go on for ever.
    let is_answered = io::stdin().read_line(&mut answer)? > 0;
    Ok(is_answered && !answer.trim_start().starts_with(['n', 'N']))
}

#[cfg(test)]
mod tests {
    use clap::ValueEnum;

    use super::*;
    use crate::base::paths::Places;

    /// A line `#key` is an example, a line `# text` is about it.
    fn uncommented(template: &str) -> String {
        let example = |line: &str| match line.strip_prefix('#') {
            Some(example) if !example.starts_with(' ') || example.starts_with("  ") => format!("{example}\n"),
            _ => format!("{line}\n"),
        };
        template.lines().map(example).collect()
    }

    #[test]
    fn examples_say_nothing_until_they_are_uncommented_and_are_right_then() {
        let temp = tempfile::tempdir().unwrap();
        let mut places = Places::from_env().unwrap();
        temp.path().clone_into(&mut places.config);
        let project = temp.path().join("project.yaml");
        let write = |text: fn(&str) -> String| {
            for name in Name::value_variants() {
                let file = if *name == Name::Project { project.clone() } else { name.which().path(&places) };
                std::fs::write(file, text(template(*name))).unwrap();
            }
        };
        write(str::to_owned);
        assert_eq!(check_files(&places, Some(&project)), Findings::default());
        write(uncommented);
        assert_eq!(check_files(&places, Some(&project)), Findings::default());
        for name in Name::value_variants() {
            let text = uncommented(template(*name));
            let tree = crate::base::yaml::Node::parse(Path::new(name.as_str()), &text).unwrap();
            assert!(!tree.entries().is_empty(), "{text}");
            assert!(template(*name).lines().all(|line| line.is_empty() || line.starts_with('#')), "{}", name.as_str());
        }
    }
}
