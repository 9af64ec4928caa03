//! Whether git's attributes may have a say in what has changed.
//!
//! Only by the words that stand in any file of attributes, not by what they say of which file: git knows that, and it is asked a little more
//! where one of the words is there. Whoever has none of them pays nothing.

use std::path::Path;

use git2::Repository;

use super::in_folder;
use super::index::{Entry, Index};
use crate::project::git_files::{self, SYSTEM_ATTRIBUTES};

/// What stands in files of attributes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Attributes {
    /// Nothing that matters here.
    None,
    /// Something that decides how files are compared.
    Some,
    /// Programs, which may say something else about the same file tomorrow.
    Filters,
}

/// The words that matter, and with them whatever they are part of: `-text`, `crlf`, `working-tree-encoding`, `diff=lfs`. A macro that
/// somebody has made consists of them too.
const WORDS: [&[u8]; 7] = [b"text", b"crlf", b"eol", b"ident", b"encoding", b"diff", b"binary"];
/// So many files are read before git is asked anyway.
const MOST: usize = 64;
/// The name of such files in a worktree.
pub const ATTRIBUTES: &[u8] = b".gitattributes";

/// Looks into every file of attributes that counts in this worktree; `unknown` are those that the index does not know.
pub fn attributes(
    repository: &Repository,
    folder: &Path,
    index: &Index,
    unknown: &[Vec<u8>],
) -> Result<Attributes, git2::Error> {
    let config = repository.config()?;
    let convert = config.get_string("core.autocrlf").is_ok_and(|value| value != "false");
    let of_tree = config.get_string("attr.tree").is_ok();
    let mut found = if convert || of_tree { Attributes::Some } else { Attributes::None };
    let known = index.entries().map(Entry::path).filter(|path| is_named_so(path));
    let known = known.map(|path| (path, true));
    let inside = known.chain(unknown.iter().map(|path| (path.as_slice(), false))).map(|(path, is_known)| {
        // One that is gone counts as the index has it.
        in_file(&in_folder(folder, path)).unwrap_or(if is_known { Attributes::Filters } else { Attributes::None })
    });
    for (number, one) in inside.enumerate() {
        found = found.max(if number < MOST { one } else { Attributes::Filters });
        if found == Attributes::Filters {
            return Ok(found);
        }
    }
    let named = config.get_path("core.attributesfile").ok();
    let of_user = named.unwrap_or_else(|| git_files::user_folder().join("attributes"));
    let outside = [repository.commondir().join("info/attributes"), of_user, SYSTEM_ATTRIBUTES.into()];
    Ok(outside.iter().filter_map(|path| in_file(path)).fold(found, Attributes::max))
}

/// Whether a file of attributes is among these paths.
pub fn is_among(paths: &[Vec<u8>]) -> bool {
    paths.iter().any(|path| is_named_so(path))
}

fn is_named_so(path: &[u8]) -> bool {
    path.strip_suffix(ATTRIBUTES).is_some_and(|folder| folder.is_empty() || folder.ends_with(b"/"))
}

/// `None`: there is no such file.
fn in_file(path: &Path) -> Option<Attributes> {
    Some(in_text(&std::fs::read(path).ok()?))
}

fn in_text(text: &[u8]) -> Attributes {
    let says = |word: &[u8]| memchr::memmem::find(text, word).is_some();
    match () {
        () if says(b"filter") => Attributes::Filters,
        () if WORDS.iter().any(|word| says(word)) => Attributes::Some,
        () => Attributes::None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_matter() {
        for (text, expected) in [
            ("", Attributes::None),
            ("*.lock linguist-generated=true\nCHANGELOG merge=union\nfixtures export-ignore\n", Attributes::None),
            ("* text=auto\n", Attributes::Some),
            ("*.bat -crlf\n", Attributes::Some),
            ("*.bat eol=crlf\n", Attributes::Some),
            ("*.c ident\n", Attributes::Some),
            ("*.rc working-tree-encoding=UTF-16\n", Attributes::Some),
            ("*.txt binary\n", Attributes::Some),
            ("[attr]data -diff\n*.csv data\n", Attributes::Some),
            ("*.png diff=x filter=lfs\n", Attributes::Filters),
        ] {
            assert_eq!(in_text(text.as_bytes()), expected, "{text}");
        }
        for (path, expected) in
            [(".gitattributes", true), ("a/.gitattributes", true), ("a.gitattributes", false), ("a", false)]
        {
            assert_eq!(is_named_so(path.as_bytes()), expected, "{path}");
        }
    }
}
