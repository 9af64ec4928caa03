//! Definitions in their files: listed, got, saved, deleted. One for all kinds.
//!
//! Nothing is kept in memory: folders are small, and a file that was changed a moment ago counts at once. A file that cannot be used
//! is told by its own name and shadows like any other, so that nobody runs the user's `deploy` where the project's has a mistake in it.

use std::fs::File;
use std::marker::PhantomData;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde_json::{Map, Value};

use super::edit::{self, Change, Uneditable};
use super::error::DefinitionError;
use super::file::{files_of, is_taken, keys_of, read_file, slips_of};
use super::name;
use super::scope::{Folders, Scope};
use crate::base::files::{FileError, make_folder, read_if_there, write_atomic};
use crate::base::yaml::{Node, Spot, YamlError, suggestion, text_of};

/// A kind of definition: what its files look like. Serialised it is what a file says, by key.
pub trait Definition: Clone + PartialEq + Serialize {
    /// What it is called in a message.
    const NOUN: &'static str;
    /// Its folder in that of a scope.
    const FOLDER: &'static str;
    /// How the names of its files end; the first is written.
    const ENDINGS: &'static [&'static str] = &[".yaml", ".yml"];

    /// What a document says. `stem` is the file's name without its ending, for a document without a name.
    fn of(document: &Spot<'_>, stem: &str) -> Result<Self, YamlError>;

    /// Its name.
    fn name(&self) -> &str;

    /// Keys in its files that mean nothing here, and something to other programs.
    const FOREIGN: &'static [&'static str] = &[];

    /// What has no effect inside of its keys.
    fn slips(&self, _document: &Spot<'_>) -> Vec<YamlError> {
        Vec::new()
    }

    /// What a file says.
    fn read(path: &Path, text: &str, stem: &str) -> Result<Self, YamlError> {
        Self::of(&Spot::root(path, &Node::parse(path, text)?), stem)
    }

    /// A new file that says this.
    fn written(fields: &Map<String, Value>) -> String {
        edit::document(fields)
    }

    /// The file with these keys changed, and everything else in it as it was.
    fn changed(text: &str, changes: &[Change<'_>]) -> Result<String, Uneditable> {
        edit::set_keys(text, changes)
    }

    /// What is YAML in a file: from its beginning, so that lines are counted right.
    fn yaml_of(text: &str) -> &str {
        text
    }
}

/// A definition, and where it stands.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// What its file says.
    pub definition: T,
    /// In which scope.
    pub scope: Scope,
    /// In which file.
    pub path: PathBuf,
    /// That file as a tree, for mistakes that only others can see.
    node: Node,
}

impl<T: Definition> Found<T> {
    /// Its file from its beginning.
    pub fn document(&self) -> Spot<'_> {
        Spot::root(&self.path, &self.node)
    }

    /// What has no effect in the file though somebody wrote it.
    pub fn slips(&self) -> Vec<YamlError> {
        slips_of(&self.document(), &self.definition)
    }
}

/// A file that cannot be used.
#[derive(Clone, Debug, PartialEq)]
pub struct Broken {
    /// The file's name without its ending.
    pub name: String,
    /// In which scope it is.
    pub scope: Scope,
    /// What is wrong with it, and where.
    pub error: YamlError,
}

/// The definitions of one kind.
#[derive(Debug)]
pub struct Store<'a, T> {
    folders: &'a Folders,
    kind: PhantomData<T>,
}

impl<'a, T: Definition> Store<'a, T> {
    /// Those in these folders.
    pub fn new(folders: &'a Folders) -> Self {
        Self { folders, kind: PhantomData }
    }

    /// All of them by name, a global one that is shadowed left out.
    pub fn list(&self) -> Result<Vec<Result<Found<T>, Broken>>, DefinitionError> {
        let mut all = self.in_scope(Scope::Local)?;
        let global = self.in_scope(Scope::Global)?;
        let shadowed = |entry: &Result<Found<T>, Broken>| all.iter().any(|local| name_of(local) == name_of(entry));
        let global: Vec<_> = global.into_iter().filter(|entry| !shadowed(entry)).collect();
        all.extend(global);
        all.sort_by(|a, b| name_of(a).cmp(name_of(b)));
        Ok(all)
    }

    /// All of a scope by name, those too that are hidden.
    pub fn list_in(&self, scope: Scope) -> Result<Vec<Result<Found<T>, Broken>>, DefinitionError> {
        let mut all = self.in_scope(scope)?;
        all.sort_by(|a, b| name_of(a).cmp(name_of(b)));
        Ok(all)
    }

    /// All of them, those too that are hidden: for whoever looks for mistakes.
    pub fn all(&self) -> Result<Vec<Result<Found<T>, Broken>>, DefinitionError> {
        let mut all = self.in_scope(Scope::Local)?;
        all.extend(self.in_scope(Scope::Global)?);
        Ok(all)
    }

    /// The one of this name.
    pub fn get(&self, name: &str) -> Result<Found<T>, DefinitionError> {
        check_name(name)?;
        let all = self.list()?;
        let names: Vec<String> = all.iter().map(|entry| name_of(entry).to_owned()).collect();
        match all.into_iter().find(|entry| name_of(entry) == name) {
            Some(Ok(found)) => Ok(found),
            Some(Err(broken)) => Err(self.broken(broken)),
            None => Err(DefinitionError::NotFound {
                noun: T::NOUN,
                name: name.to_owned(),
                known: match names.is_empty() {
                    true => {
                        format!("there are none; `{}` makes one", command::<T>("edit", Scope::Local, name))
                    }
                    false => suggestion(name, names.iter().map(String::as_str)),
                },
            }),
        }
    }

    /// The one of this name in this scope, if there is one.
    pub fn get_in(&self, scope: Scope, name: &str) -> Result<Option<Found<T>>, DefinitionError> {
        check_name(name)?;
        let entry = self.in_scope(scope)?.into_iter().find(|entry| name_of(entry) == name);
        entry.transpose().map_err(|broken| self.broken(broken))
    }

    /// Where the file of a new one would be.
    pub fn path_of_new(&self, scope: Scope, name: &str) -> PathBuf {
        self.folder(scope).join(format!("{name}{}", T::ENDINGS[0]))
    }

    /// Saves what these fields say. In a file that is there only the keys that change are written; a key that `fields` does not have
    /// stays as it is. What is saved is checked as the file that it becomes, so that nothing is saved that could not be read.
    pub fn save(&self, scope: Scope, mut fields: Map<String, Value>) -> Result<(), DefinitionError> {
        let name = fields.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
        let known = self.get_in(scope, &name)?;
        let path = known.as_ref().map_or_else(|| self.path_of_new(scope, &name), |known| known.path.clone());
        let before = match &known {
            None if path.symlink_metadata().is_ok() => {
                let text = format!("{}: this file has another name in it; rename one of them", path.display());
                return Err(DefinitionError::Invalid(text));
            }
            None => Map::new(),
            Some(known) => keys_of(&known.definition),
        };
        for (key, value) in &before {
            fields.entry(key.clone()).or_insert_with(|| value.clone());
        }
        let fresh = T::written(&fields);
        let wanted = T::read(&path, &fresh, &name).map_err(|error| DefinitionError::Invalid(error.reason))?;
        let text = match &known {
            None => fresh,
            Some(_) => self.edited(&path, scope, &before, &wanted, fresh)?,
        };
        make_folder(&self.folder(scope))?;
        write_atomic(&path, text.as_bytes(), 0o644)?;
        Ok(())
    }

    /// Deletes the file of the one with this name in this scope, also one that cannot be used.
    pub fn delete(&self, scope: Scope, name: &str) -> Result<(), DefinitionError> {
        check_name(name)?;
        let path = match self.in_scope(scope)?.into_iter().find(|entry| name_of(entry) == name) {
            Some(Ok(found)) => found.path,
            Some(Err(broken)) => broken.error.path,
            None => return Err(self.not_in(scope, name)),
        };
        std::fs::remove_file(&path).map_err(FileError::at(&path))?;
        let folder = self.folder(scope);
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(FileError::at(&folder))?;
        Ok(())
    }

    /// The error about one that is not in this scope: it may be in the other one.
    fn not_in(&self, scope: Scope, name: &str) -> DefinitionError {
        let other = Scope::ALL.into_iter().find(|other| {
            let all = self.in_scope(*other).unwrap_or_default();
            all.iter().any(|entry| name_of(entry) == name)
        });
        let (noun, scope, name) = (T::NOUN, scope.as_str(), name.to_owned());
        match (other, self.get(&name)) {
            (None, Err(error)) => error,
            (None, Ok(_)) => DefinitionError::NotIn { noun, name, scope },
            (Some(other), _) => {
                let delete = command::<T>("delete", other, &name);
                DefinitionError::Elsewhere { noun, name, scope, other: other.as_str(), delete }
            }
        }
    }

    /// The file as it is, with the keys changed that differ. What comes of it is believed if it reads back as what was wanted; a file
    /// whose layout makes that impossible is written anew, but not over what a person wrote there beside its keys.
    fn edited(
        &self,
        path: &Path,
        scope: Scope,
        before: &Map<String, Value>,
        wanted: &T,
        fresh: String,
    ) -> Result<String, DefinitionError> {
        let (name, edit) = (wanted.name(), command::<T>("edit", scope, wanted.name()));
        let cannot = |line: usize, what: String| {
            Err(DefinitionError::CannotEdit { path: path.to_owned(), line, what, edit: edit.clone() })
        };
        let bytes = read_if_there(path)?.unwrap_or_default();
        let text = text_of(path, bytes).map_err(|error| DefinitionError::Broken { error, edit: edit.clone() })?;
        let after = keys_of(wanted);
        let changes: Vec<Change<'_>> = after
            .iter()
            .map(|(key, value)| Change {
                key,
                before: before.get(key).unwrap_or(&Value::Null),
                after: if edit::is_empty(value) { &Value::Null } else { value },
            })
            .filter(|change| before.get(change.key) != after.get(change.key))
            .collect();
        if changes.is_empty() {
            return Ok(text);
        }
        match T::changed(&text, &changes) {
            Ok(changed) if T::read(path, &changed, name).is_ok_and(|read| read == *wanted) => return Ok(changed),
            Err(Uneditable::Comment(comment)) => {
                return cannot(comment.line, format!("the comment `{}`", comment.text));
            }
            Ok(_) | Err(Uneditable::Layout) => {}
        }
        let yaml = T::yaml_of(&text);
        if let Some(comment) = edit::first_comment(yaml) {
            return cannot(comment.line, format!("the comment `{}`", comment.text));
        }
        let document =
            Node::parse(path, yaml).map_err(|error| DefinitionError::Broken { error, edit: edit.clone() })?;
        match document.entries().iter().find(|(key, _)| !after.contains_key(&key.value)) {
            Some((key, _)) => {
                let line = key.at.line().and_then(|line| usize::try_from(line).ok()).unwrap_or(1);
                cannot(line, format!("the key `{}`", key.value))
            }
            None => Ok(fresh),
        }
    }

    fn broken(&self, broken: Broken) -> DefinitionError {
        let edit = command::<T>("edit", broken.scope, &broken.name);
        DefinitionError::Broken { error: broken.error, edit }
    }

    fn folder(&self, scope: Scope) -> PathBuf {
        self.folders.of(scope).join(T::FOLDER)
    }

    fn in_scope(&self, scope: Scope) -> Result<Vec<Result<Found<T>, Broken>>, DefinitionError> {
        let mut read: Vec<_> = files_of::<T>(&self.folder(scope))?
            .into_iter()
            .map(|(path, stem)| match read_file::<T>(&path, &stem) {
                Ok((definition, node)) => (stem, Ok(Found { definition, scope, path, node })),
                Err(error) => (stem.clone(), Err(Broken { name: stem, scope, error })),
            })
            .collect();
        // Of two files with one name, that which is called so has it.
        read.sort_by_key(|(stem, entry)| (name_of(entry) != stem, stem.clone()));
        let mut all: Vec<Result<Found<T>, Broken>> = Vec::new();
        for (stem, entry) in read {
            let other = all.iter().find(|other| name_of(other) == name_of(&entry)).map(path_of);
            match (entry, other) {
                (Ok(found), Some(other)) => {
                    let error = is_taken(&found.document(), found.definition.name(), &other);
                    all.push(Err(Broken { name: stem, scope, error }));
                }
                (entry, _) => all.push(entry),
            }
        }
        Ok(all)
    }
}

fn name_of<T: Definition>(entry: &Result<Found<T>, Broken>) -> &str {
    match entry {
        Ok(found) => found.definition.name(),
        Err(broken) => &broken.name,
    }
}

fn path_of<T>(entry: &Result<Found<T>, Broken>) -> PathBuf {
    match entry {
        Ok(found) => found.path.clone(),
        Err(broken) => broken.error.path.clone(),
    }
}

fn check_name(given: &str) -> Result<(), DefinitionError> {
    name::mistake(given).map_or(Ok(()), |mistake| Err(DefinitionError::Name(mistake)))
}

/// The command that does something with one. It has the noun's first word; what is made or looked for without a scope is local.
fn command<T: Definition>(verb: &str, scope: Scope, name: &str) -> String {
    let word = T::NOUN.split(' ').next().unwrap_or_default();
    let scope = if scope == Scope::Global { " --scope global" } else { "" };
    format!("pintle {word} {verb} {}{scope}", shell_words::quote(name))
}

#[cfg(test)]
#[path = "store_tests.rs"]
mod tests;
