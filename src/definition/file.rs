//! One file of a definition: found in its folder, read, and checked before it takes its place there.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::store::Definition;
use crate::base::files::{FileError, is_temporary, read_if_there};
use crate::base::yaml::{Layout, Node, Place, Spot, YamlError, text_of};

/// What `text` says, which is to stand in `file`. An error is about `draft`, where somebody has it before his eyes: what cannot be used
/// there, and a name that another file of the folder has, since of two files with one name only one can be used.
pub fn check_draft<T: Definition>(file: &Path, draft: &Path, text: &str) -> Result<T, YamlError> {
    let stem = stem_of::<T>(file).unwrap_or_default();
    let definition = T::read(draft, text, stem)?;
    // Of two files with one name, that which is called so has it: it takes nothing that it did not have.
    let has_it = stem == definition.name() && file.exists() && name_in::<T>(file, stem) == stem;
    let others = files_of::<T>(file.parent().unwrap_or(file));
    let others = others.map_err(|error| wrong(&error.path, error.source.to_string()))?.into_iter();
    let mut others = others.filter(|(path, _)| path != file && !has_it);
    match others.find(|(path, stem)| name_in::<T>(path, stem) == definition.name()) {
        None => Ok(definition),
        Some((by, _)) => {
            let node = Node::parse(draft, T::yaml_of(text))?;
            Err(is_taken(&Spot::root(draft, &node), definition.name(), &by))
        }
    }
}

/// What the definition in a file is called. One that cannot be used has its file's name.
fn name_in<T: Definition>(path: &Path, stem: &str) -> String {
    read_file::<T>(path, stem).map_or_else(|_| stem.to_owned(), |(definition, _)| definition.name().to_owned())
}

/// The error about a document whose name another file has.
pub fn is_taken(document: &Spot<'_>, name: &str, by: &Path) -> YamlError {
    let at = document.get("name").unwrap_or_else(|| document.clone()).at();
    document.wrong_at(at, format!("name: `{name}` is also that of {}", by.display()))
}

/// The files of this kind in a folder, each with its name without the ending.
pub fn files_of<T: Definition>(folder: &Path) -> Result<Vec<(PathBuf, String)>, FileError> {
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(FileError::at(folder)(error)),
    };
    let mut files = Vec::new();
    for entry in entries {
        let path = entry.map_err(FileError::at(folder))?.path();
        if let Some(stem) = stem_of::<T>(&path).map(str::to_owned) {
            files.push((path, stem));
        }
    }
    Ok(files)
}

/// A file's name without the ending; `None` for one that is no definition of this kind.
fn stem_of<T: Definition>(path: &Path) -> Option<&str> {
    // A name that is no UTF-8 is no name of a definition.
    let file = path.file_name()?.to_str().filter(|file| !file.starts_with('.') && !is_temporary(file))?;
    T::ENDINGS.iter().find_map(|ending| file.strip_suffix(ending))
}

/// What a file says, and the tree in which that stands.
pub fn read_file<T: Definition>(path: &Path, stem: &str) -> Result<(T, Node), YamlError> {
    let bytes = read_if_there(path).map_err(|error| wrong(path, error.source.to_string()))?;
    let bytes = bytes.ok_or_else(|| wrong(path, "this is a link that leads nowhere".to_owned()))?;
    let text = text_of(path, bytes)?;
    let definition = T::read(path, &text, stem)?;
    Ok((definition, Node::parse(path, T::yaml_of(&text))?))
}

/// What has no effect in a document though somebody wrote it.
pub fn slips_of<T: Definition>(document: &Spot<'_>, definition: &T) -> Vec<YamlError> {
    let keys = keys_of(definition);
    let known: Vec<&str> = keys.keys().map(String::as_str).chain(T::FOREIGN.iter().copied()).collect();
    document.unknown_keys(&known).into_iter().chain(definition.slips(document)).collect()
}

/// What a text says by its keys, and what in it is more than that: keys that are not known, and comments, of which the first is named.
pub fn keys_in<T: Definition>(
    path: &Path,
    text: &str,
    stem: &str,
) -> Result<(Map<String, Value>, Vec<YamlError>), YamlError> {
    let definition = T::read(path, text, stem)?;
    let yaml = T::yaml_of(text);
    let node = Node::parse(path, yaml)?;
    let mut more = slips_of(&Spot::root(path, &node), &definition);
    if let Some(comment) = Layout::of(yaml).and_then(|layout| layout.comments.into_iter().next()) {
        let at = Place::behind(&yaml.as_bytes()[..comment.start]);
        let reason = "comments are not saved, only what is said beside them; `edit` keeps them".to_owned();
        more.push(YamlError { path: path.to_owned(), at, reason });
    }
    Ok((keys_of(&definition), more))
}

/// A definition by the keys of its file.
pub fn keys_of<T: Definition>(definition: &T) -> Map<String, Value> {
    match serde_json::to_value(definition) {
        Ok(Value::Object(keys)) => keys,
        // Names, texts, numbers and times have a form in JSON, and a definition is a map of such.
        other => unreachable!("a definition is a map of plain values, not {other:?}"),
    }
}

fn wrong(path: &Path, reason: String) -> YamlError {
    YamlError { path: path.to_owned(), at: Default::default(), reason }
}
