//! What git's own files say: as long as they say the same, only the worktree's files can make a difference.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use git2::Config;
use jiff::Timestamp;
use rustix::fs::Stat;

use crate::project::diff::DiffSpec;
use crate::project::file_system::TICKS_MS;
use crate::project::git_files::{self, SYSTEM_ATTRIBUTES};

/// What two looks at a file have in common if it is the same; `None` where there is none.
type Sign = Option<[i64; 5]>;

/// What git's files say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    base: Option<String>,
    /// The folder itself: it may have been moved away, and another one put in its place.
    folder: (u64, u64),
    /// What small files that decide about HEAD and base hold.
    refs: Vec<Option<Vec<u8>>>,
    /// Larger ones.
    files: Vec<Sign>,
}

/// Files that count for every repository.
pub struct UserFiles {
    configs: Vec<PathBuf>,
    others: Vec<PathBuf>,
}

impl UserFiles {
    /// Finds them. They need not be there.
    pub fn find() -> Self {
        let folder = git_files::user_folder();
        let others = vec![folder.join("ignore"), folder.join("attributes"), SYSTEM_ATTRIBUTES.into()];
        Self { configs: git_files::configs(), others }
    }
}

impl Key {
    /// What they say now. `None` where it is not known which files count.
    pub fn of(spec: &DiffSpec, user: &UserFiles) -> Option<Self> {
        let folder = rustix::fs::stat(&spec.path).ok()?;
        let own = own_folder(&spec.path)?;
        let common = match fs::read_to_string(own.join("commondir")) {
            Ok(common) => own.join(common.trim_end()),
            Err(_) => own.clone(),
        };
        let head = fs::read(own.join("HEAD")).ok()?;
        let mut refs = vec![];
        if let Some(name) = head.strip_prefix(b"ref: ") {
            let name = std::str::from_utf8(name).ok()?.trim_end();
            refs.push(loose(&common.join(name))?);
        }
        refs.push(Some(head));
        if let Some(base) = &spec.base {
            for name in meanings(base)? {
                refs.push(loose(&common.join(name))?);
            }
        }
        let of_own = ["index", "config.worktree"].map(|name| own.join(name));
        let of_common = ["config", "packed-refs", "shallow", "info/exclude", "info/attributes"];
        let of_common = of_common.map(|name| common.join(name));
        let named = named([common.join("config"), own.join("config.worktree")].iter().chain(&user.configs));
        let of_user = user.configs.iter().chain(&user.others);
        let files = of_own.iter().chain(&of_common).chain(of_user).chain(&named).map(|path| sign(path)).collect();
        Some(Self { base: spec.base.clone(), folder: (folder.st_dev, folder.st_ino), refs, files })
    }

    /// Whether all of it is old enough at this time for another look to tell the next change.
    pub fn is_settled(&self, now: Timestamp) -> bool {
        let newest = self.files.iter().flatten().map(|sign| sign[0] * 1_000 + sign[1] / 1_000_000).max().unwrap_or(0);
        newest + TICKS_MS < now.as_millisecond()
    }
}

fn sign(path: &Path) -> Sign {
    let of =
        |stat: Stat| [stat.st_mtime, stat.st_mtime_nsec as i64, stat.st_size, stat.st_ino as i64, stat.st_dev as i64];
    rustix::fs::stat(path).ok().map(of)
}

/// The folder that git keeps of this worktree.
fn own_folder(folder: &Path) -> Option<PathBuf> {
    let dot = folder.join(".git");
    if dot.is_dir() {
        return Some(dot);
    }
    let text = fs::read_to_string(&dot).ok()?;
    Some(folder.join(text.strip_prefix("gitdir: ")?.trim_end()))
}

/// What a reference holds: inner `None` if it has no file of its own. None at all if it stands for another one.
fn loose(path: &Path) -> Option<Option<Vec<u8>>> {
    match fs::read(path) {
        Ok(bytes) if bytes.starts_with(b"ref: ") => None,
        Ok(bytes) => Some(Some(bytes)),
        Err(_) => Some(None),
    }
}

/// The references that a name may mean, as git has them. None for what is more than a name: what `main~3` or `main@{1}` is decide more
/// files than these.
fn meanings(name: &str) -> Option<[String; 5]> {
    let plain = |char: char| char.is_alphanumeric() || "/._-+".contains(char);
    let is_plain = name.chars().all(plain) && !name.contains("..") && !name.starts_with('/');
    let mean = |form: &str| form.replace('*', name);
    is_plain.then(|| ["*", "refs/*", "refs/tags/*", "refs/heads/*", "refs/remotes/*"].map(mean))
}

/// Files that the configuration names: further configuration, patterns of what is ignored.
fn named<'a>(configs: impl Iterator<Item = &'a PathBuf>) -> BTreeSet<PathBuf> {
    let mut named = BTreeSet::new();
    for file in configs {
        let Ok(text) = fs::read_to_string(file) else { continue };
        // Nearly none has any; libgit2 is asked only where one may.
        if !text.to_ascii_lowercase().contains("include") && !text.to_ascii_lowercase().contains("sfile") {
            continue;
        }
        let Ok(config) = Config::open(file) else { continue };
        let Ok(mut entries) = config.entries(None) else { continue };
        while let Some(Ok(entry)) = entries.next() {
            let Ok(name) = entry.name() else { continue };
            let is_path = name == "core.excludesfile"
                || name == "core.attributesfile"
                || (name.starts_with("include") && name.ends_with(".path"));
            if is_path && let Ok(value) = entry.value() {
                named.insert(git_files::named_in(file, value));
            }
        }
    }
    named
}
