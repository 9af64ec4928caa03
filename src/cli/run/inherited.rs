//! The variables that this process was started with, as they were outside of every environment.
//!
//! Whoever is started where `prod` holds has what `prod` sets. Another environment does not set all of the same: what it leaves alone
//! must be the user's own again, or a command would run in `lab` with the account of `prod`.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::Path;

use super::Resolution;
use crate::base::undo;
use crate::environment::envs::NAME;

const KUBECONFIG: &str = "KUBECONFIG";

/// What is to be undone.
pub struct Inherited {
    undone: BTreeMap<OsString, Option<OsString>>,
}

impl Inherited {
    /// Looks at the process's own variables. `kube` is the folder of our overlays.
    pub fn look(kube: &Path) -> Self {
        Self::of(kube, |name| std::env::var_os(name))
    }

    fn of(kube: &Path, value: impl Fn(&OsStr) -> Option<OsString>) -> Self {
        let told = value(OsStr::new(undo::VARIABLE)).unwrap_or_default();
        let mut undone: BTreeMap<_, _> = undo::undo(&told, &value).into_iter().collect();
        let name = OsStr::new(KUBECONFIG);
        let files = undone.get(name).cloned().unwrap_or_else(|| value(name));
        // An overlay may stand there untold of: somebody has put a file of theirs beside it meanwhile.
        if let Some(theirs) = files.as_deref().and_then(|files| without_overlays(files, kube)) {
            undone.insert(name.to_owned(), Some(theirs).filter(|theirs| !theirs.is_empty()));
        }
        Self { undone }
    }

    /// The value that a variable had, or has if no environment has set it.
    pub fn value(&self, name: &OsStr) -> Option<OsString> {
        match self.undone.get(name) {
            Some(theirs) => theirs.clone(),
            None => std::env::var_os(name),
        }
    }

    /// `KUBECONFIG` of the user, each file with its full path: a daemon has another folder.
    pub fn kubeconfig(&self, cwd: Option<&Path>) -> Option<OsString> {
        let value = self.value(OsStr::new(KUBECONFIG)).filter(|value| !value.is_empty())?;
        let Some(cwd) = cwd else { return Some(value) };
        let full = |file: &[u8]| match file {
            // An empty place names no file.
            [] => Vec::new(),
            file => cwd.join(OsStr::from_bytes(file)).into_os_string().into_vec(),
        };
        let files: Vec<Vec<u8>> = value.as_bytes().split(|byte| *byte == b':').map(full).collect();
        Some(OsString::from_vec(files.join(&b':')))
    }

    /// Adds to what a command is to be run with what it must not inherit, and what tells its own children the same.
    pub fn complete(&self, resolution: &mut Resolution) {
        let set: Vec<_> = resolution
            .vars
            .iter()
            .filter(|(name, _)| name != NAME)
            .map(|(name, ours)| (OsStr::new(name), ours.as_os_str(), self.value(OsStr::new(name))))
            .collect();
        let told = undo::tell(set);
        for (name, theirs) in &self.undone {
            // Rules and environments name variables by text; what a shell was told to set it was told by them.
            let Some(name) = name.to_str() else { continue };
            let answer = &mut resolution.answer;
            if resolution.vars.iter().any(|(set, _)| set == name) || answer.unset.iter().any(|unset| unset == name) {
                continue;
            }
            match theirs {
                Some(theirs) => {
                    answer.env_vars.insert(name.to_owned(), theirs.to_string_lossy().into_owned());
                    resolution.vars.push((name.to_owned(), theirs.clone()));
                }
                None => answer.unset.push(name.to_owned()),
            }
        }
        resolution.told = told;
    }
}

/// The files of `KUBECONFIG` that are not ours. `None`: none of them is.
fn without_overlays(files: &OsStr, kube: &Path) -> Option<OsString> {
    let all = || files.as_bytes().split(|byte| *byte == b':');
    let is_ours = |file: &&[u8]| Path::new(OsStr::from_bytes(file)).starts_with(kube);
    if !all().any(|file| is_ours(&file)) {
        return None;
    }
    Some(OsString::from_vec(all().filter(|file| !is_ours(file)).collect::<Vec<_>>().join(&b':')))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(vars: &[(&str, &str)], expected: &[(&str, Option<&str>)]) {
        let value = |name: &OsStr| vars.iter().find(|(of, _)| name == *of).map(|(_, value)| OsString::from(value));
        let undone = Inherited::of(Path::new("/run/kube"), value).undone;
        let expected = expected.iter().map(|(name, theirs)| (OsString::from(name), theirs.map(OsString::from)));
        assert_eq!(undone, expected.collect());
    }

    #[test]
    fn an_overlay_is_nobodys_own() {
        check(&[("KUBECONFIG", "/a:/b")], &[]);
        check(&[("KUBECONFIG", "/run/kube/1.yaml:/a")], &[("KUBECONFIG", Some("/a"))]);
        check(&[("KUBECONFIG", "/a:/run/kube/1.yaml:/b:/run/kube/2.yaml")], &[("KUBECONFIG", Some("/a:/b"))]);
        check(&[("KUBECONFIG", "/run/kube/1.yaml")], &[("KUBECONFIG", None)]);
        check(&[("KUBECONFIG", "/run/kubes/1.yaml")], &[]);
        // A shell in which `dev` held was started from one in which `prod` did.
        let told = "KUBECONFIG=/run/kube/1.yaml:/run/kube/2.yaml:/a\u{1f}+/run/kube/2.yaml:/a\u{1e}";
        check(
            &[("PINTLE_UNDO", told), ("KUBECONFIG", "/run/kube/1.yaml:/run/kube/2.yaml:/a")],
            &[("KUBECONFIG", Some("/a"))],
        );
        check(&[("PINTLE_UNDO", "A=1\u{1f}+0\u{1e}B=1\u{1f}-\u{1e}"), ("A", "1"), ("B", "2")], &[("A", Some("0"))]);
    }
}
