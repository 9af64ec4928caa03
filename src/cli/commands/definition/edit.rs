//! `pintle … edit NAME`: a file in the editor, checked before it counts.
//!
//! A copy is edited, and takes the file's place when it can be used: a daemon reads definitions whenever they are needed, so that the
//! file itself would be broken in between. `config edit` opens the file itself; there a daemon goes on with what held before.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Noun, Scope, row, told};
use crate::base::files::{make_folder, read_if_there, write_atomic};
use crate::base::yaml::text_of;
use crate::cli::commands::config::edit::{open, wants_again};
use crate::cli::commands::config::project_folder;
use crate::cli::context::Context;
use crate::cli::exit::Exit;
use crate::cli::failure::Usage;
use crate::client::Client;
use crate::daemon::check::check_name;
use crate::protocol::{Code, WireError};

/// Opens it, and again as long as something is wrong and the person wants to.
pub fn edit<N: Noun>(
    context: &Context,
    client: &mut Client,
    root: &str,
    name: &str,
    scope: Option<Scope>,
) -> anyhow::Result<Exit> {
    let word = N::KIND.as_str();
    context.refuse_json(&format!("{word} edit"), &format!("`pintle {word} save` takes the same from a file"))?;
    check_name(name).map_err(Usage::new)?;
    let (file, scope) = place_of::<N>(context, client, root, name, scope)?;
    let draft = draft_of(&file);
    let before = read_if_there(&file)?;
    let start = before.clone().unwrap_or_else(|| N::EXAMPLE.replace("NAME", name).into_bytes());
    if is_newer(&file, &draft) {
        let text = format!("{} was changed since {} was begun", file.display(), draft.display());
        return Err(refused(text));
    }
    if read_if_there(&draft)?.is_none() {
        make_folder(file.parent().unwrap_or(&file))?;
        write_atomic(&draft, &start, 0o644)?;
    }
    loop {
        if let Err(error) = open(&draft, &file, before.is_some()) {
            // Nobody has edited anything: an old draft would hide what the file says by the next time.
            match read_if_there(&draft)?.is_some_and(|bytes| bytes == start) {
                true => std::fs::remove_file(&draft)?,
                false => keep(&file, &draft, before.as_deref())?,
            }
            return Err(error);
        }
        let Some(bytes) = read_if_there(&draft)? else { return Ok(Exit::Done) };
        if bytes == start {
            std::fs::remove_file(&draft)?;
            context.output.text("nothing was changed")?;
            return Ok(Exit::Done);
        }
        let checked = text_of(&draft, bytes.clone()).and_then(|text| N::KIND.check_draft(&file, &draft, &text));
        let error = match checked {
            Ok(name) => {
                put(&file, &draft, &bytes, before.as_deref())?;
                told::<N>(context, client, N::get(root.to_owned(), name, Some(scope)));
                return Ok(Exit::Done);
            }
            Err(error) => error,
        };
        context.output.text(&crate::cli::commands::config::check::error(&error, context.output.paint()))?;
        if !wants_again(context)? {
            keep(&file, &draft, before.as_deref())?;
            let there = if scope == Scope::Global { " --scope global" } else { "" };
            let again = format!("pintle {word} edit {}{there}", shell_words::quote(name));
            let kept = format!("kept in {}; `{again}` goes on with it", draft.display());
            context.output.text(&kept)?;
            return Ok(Exit::Failed);
        }
    }
}

/// The file of the one that is meant, or where a new one is to be, and in which scope that is.
fn place_of<N: Noun>(
    context: &Context,
    client: &mut Client,
    root: &str,
    name: &str,
    scope: Option<Scope>,
) -> anyhow::Result<(PathBuf, Scope)> {
    if let Some(row) = row::<N>(client, root, name, scope)? {
        let scope = if row.scope == Scope::Global.word() { Scope::Global } else { Scope::Local };
        return Ok((row.path.into(), scope));
    }
    let scope = scope.unwrap_or(Scope::Local);
    let folder = match scope {
        Scope::Local => project_folder(root),
        Scope::Global => context.places.config.clone(),
    };
    Ok((folder.join(N::KIND.folder()).join(format!("{name}{}", N::KIND.ending())), scope))
}

/// Puts what was edited in the place of the file, unless that is not what it was before.
fn put(file: &Path, draft: &Path, bytes: &[u8], before: Option<&[u8]>) -> anyhow::Result<()> {
    if read_if_there(file)?.as_deref() != before {
        keep(file, draft, before)?;
        let text = format!("{} was changed meanwhile; yours is kept in {}", file.display(), draft.display());
        return Err(refused(text));
    }
    write_atomic(file, bytes, 0o644)?;
    std::fs::remove_file(draft)?;
    Ok(())
}

/// Leaves a draft for the next time. Where the file was changed after the draft was begun the draft is dated back to before that, so that
/// the next time does not take for seen what nobody has seen.
fn keep(file: &Path, draft: &Path, before: Option<&[u8]>) -> anyhow::Result<()> {
    if let (true, Ok(metadata)) = (read_if_there(file)?.as_deref() != before, file.metadata()) {
        let written = metadata.modified()?;
        let earlier = written.checked_sub(Duration::from_secs(1)).unwrap_or(written);
        File::options().write(true).open(draft)?.set_modified(earlier)?;
    }
    Ok(())
}

/// The command line was understood: it cannot be done as things are.
fn refused(text: String) -> anyhow::Error {
    let hint =
        "put together by hand what is to stay: in the draft, and edit again, or in the file, and remove the draft";
    WireError::new(Code::InvalidState, text).with_hint(hint).into()
}

/// Whether a file was written after a draft of it, which would take that away. A draft that somebody writes to knows of it.
fn is_newer(file: &Path, draft: &Path) -> bool {
    let written = |path: &Path| std::fs::metadata(path).and_then(|metadata| metadata.modified()).ok();
    written(file).zip(written(draft)).is_some_and(|(file, draft)| file > draft)
}

/// Beside the file, under a name that no definition has, and with its ending, by which editors know what it is.
fn draft_of(file: &Path) -> PathBuf {
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    file.with_file_name(format!(".edit-{name}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::commands::definition::{agent, schedule, swarm, template, trigger};

    #[track_caller]
    fn check<N: Noun>() {
        let text = N::EXAMPLE.replace("NAME", "my-own");
        N::KIND.check(Path::new("example"), &text, "x").unwrap();
        assert!(text.contains("name: my-own\n"), "{text}");
    }

    #[test]
    fn examples_can_be_used_as_they_are() {
        check::<template::Template>();
        check::<agent::Agent>();
        check::<swarm::Swarm>();
        check::<schedule::Schedule>();
        check::<trigger::Trigger>();
    }
}
