//! What a new worktree gets besides what git checks out: files of the project's own folder, copied or linked.
//!
//! What is in the checkout already stays as it is. A pattern that finds nothing is no error: `.env` may be there one day.

use std::io;
use std::os::unix::fs::symlink;
use std::path::{Component, Path, PathBuf};

use globset::{GlobBuilder, GlobMatcher};

/// Files of a project, by a path or a pattern relative to it. `*` does not cross `/`, `**` does. What is found as a folder is taken with all
/// that is in it.
#[derive(Clone, Debug)]
pub struct Pattern {
    /// The folder from which on it is a pattern, or the file itself.
    fixed: PathBuf,
    matcher: Option<GlobMatcher>,
}

impl Pattern {
    /// Reads it. An error says what is wrong with it.
    pub fn parse(text: &str) -> Result<Self, String> {
        let path = Path::new(text);
        if text.is_empty() || path.components().any(|part| !matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(format!("`{text}` has to be a path inside the project"));
        }
        let is_plain = |part: &Component<'_>| !part.as_os_str().to_string_lossy().contains(['*', '?', '[', '{']);
        let fixed: PathBuf = path.components().take_while(is_plain).collect();
        let is_pattern = fixed.components().count() < path.components().count();
        let glob = || GlobBuilder::new(text.trim_start_matches("./")).literal_separator(true).build();
        let matcher = is_pattern.then(glob).transpose().map_err(|error| format!("`{text}`: {}", error.kind()))?;
        Ok(Self { fixed, matcher: matcher.map(|glob| glob.compile_matcher()) })
    }

    /// What it finds, relative to the project. Not what is git's or ours: `outside` are folders of that kind.
    pub fn find(&self, root: &Path, outside: &[PathBuf]) -> Vec<PathBuf> {
        let mut found = Vec::new();
        match &self.matcher {
            Some(matcher) => look(root, &self.fixed, matcher, outside, &mut found),
            None if std::fs::symlink_metadata(root.join(&self.fixed)).is_ok() => found.push(self.fixed.clone()),
            None => {}
        }
        found.retain(|path| !is_outside(&root.join(path), outside));
        found.sort_unstable();
        found
    }
}

fn is_outside(path: &Path, outside: &[PathBuf]) -> bool {
    outside.iter().any(|folder| path.starts_with(folder))
}

/// Looks for matches in a folder. One that matches itself is taken whole; links are not followed.
fn look(root: &Path, folder: &Path, matcher: &GlobMatcher, outside: &[PathBuf], found: &mut Vec<PathBuf>) {
    let Ok(entries) = std::fs::read_dir(root.join(folder)) else { return };
    for entry in entries.flatten() {
        let path = folder.join(entry.file_name());
        if is_outside(&entry.path(), outside) {
            continue;
        }
        if matcher.is_match(&path) {
            found.push(path);
        } else if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            look(root, &path, matcher, outside, found);
        }
    }
}

/// What is brought along.
#[derive(Clone, Debug, Default)]
pub struct Bring {
    /// Copied.
    pub copy: Vec<Pattern>,
    /// Linked: the worktree sees every change.
    pub link: Vec<Pattern>,
}

impl Bring {
    /// Brings everything from the project into a worktree; an error names the file.
    pub fn carry_out(&self, root: &Path, into: &Path, outside: &[PathBuf]) -> io::Result<()> {
        let all = |patterns: &[Pattern]| -> Vec<PathBuf> {
            patterns.iter().flat_map(|pattern| pattern.find(root, outside)).collect()
        };
        for path in all(&self.link) {
            let (from, to) = (root.join(&path), into.join(&path));
            link(&from, &to).map_err(|error| named(&to, &error))?;
        }
        for path in all(&self.copy) {
            copy(&root.join(&path), &into.join(&path))?;
        }
        Ok(())
    }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

fn link(from: &Path, to: &Path) -> io::Result<()> {
    if std::fs::symlink_metadata(to).is_ok() {
        return Ok(());
    }
    make_folder_of(to)?;
    symlink(from, to)
}

fn make_folder_of(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), std::fs::create_dir_all)
}

/// Copies a file, a link as a link, or a folder with all that is in it.
fn copy(from: &Path, to: &Path) -> io::Result<()> {
    let kind = std::fs::symlink_metadata(from).map_err(|error| named(from, &error))?.file_type();
    if kind.is_dir() {
        std::fs::create_dir_all(to).map_err(|error| named(to, &error))?;
        for entry in std::fs::read_dir(from).map_err(|error| named(from, &error))? {
            let entry = entry.map_err(|error| named(from, &error))?;
            copy(&entry.path(), &to.join(entry.file_name()))?;
        }
        return Ok(());
    }
    if std::fs::symlink_metadata(to).is_ok() {
        return Ok(());
    }
    let copied = make_folder_of(to).and_then(|()| {
        if kind.is_symlink() {
            symlink(std::fs::read_link(from)?, to)
        } else if kind.is_file() {
            // With its mode; a file system that can shares the blocks.
            std::fs::copy(from, to).map(drop)
        } else {
            // A socket or a pipe is somebody's who listens there.
            Ok(())
        }
    });
    copied.map_err(|error| named(from, &error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_stay_inside_the_project() {
        for wrong in ["", "/etc/passwd", "../x", "a/../../x", "a/[x"] {
            assert!(Pattern::parse(wrong).is_err(), "{wrong}");
        }
        for right in ["a", "./a", ".env*", "a/**/b", "{a,b}"] {
            assert!(Pattern::parse(right).is_ok(), "{right}");
        }
    }

    #[test]
    fn what_is_found_is_brought_and_nothing_is_replaced() {
        let temp = tempfile::tempdir().unwrap();
        let (root, into) = (temp.path().join("root"), temp.path().join("into"));
        let write = |path: PathBuf, text: &str| {
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        for name in [".env", "a/one.key", "a/b/two.key", "a/b/other", "mods/x/y", ".git/a.key", "taken"] {
            write(root.join(name), name);
        }
        write(into.join("taken"), "the checkout's");
        let parse = |words: &[&str]| words.iter().map(|word| Pattern::parse(word).unwrap()).collect::<Vec<_>>();
        let bring = Bring { copy: parse(&[".env", "none", "**/*.key", "taken", "m*"]), link: parse(&["a/b/other"]) };
        bring.carry_out(&root, &into, &[root.join(".git")]).unwrap();
        let read = |name: &str| std::fs::read_to_string(into.join(name)).ok();
        for name in [".env", "a/one.key", "a/b/two.key", "mods/x/y", "a/b/other"] {
            assert_eq!(read(name).as_deref(), Some(name));
        }
        assert_eq!((read("taken").as_deref(), read(".git/a.key"), read("none")), (Some("the checkout's"), None, None));
        assert_eq!(std::fs::read_link(into.join("a/b/other")).unwrap(), root.join("a/b/other"));
        bring.carry_out(&root, &into, &[root.join(".git")]).unwrap();
    }
}
