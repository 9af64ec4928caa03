//! Which project is meant where nobody says.

use std::path::{Path, PathBuf};

use crate::base::paths::maker_of_checkout;

/// The project's root for somebody who stands in `here`.
///
/// The project that has made the checkout around it; else the nearest folder above that is a project; else the one that an agent's own
/// environment names, so that an agent that has gone elsewhere still speaks of its own; else the git repository, which `pintle init` makes a
/// project of; else `here`.
pub fn root(here: &Path, agents_own: Option<&Path>) -> PathBuf {
    let nearest = |is: fn(&Path) -> bool| here.ancestors().find(|folder| is(folder)).map(Path::to_owned);
    maker_of_checkout(here)
        .map(Path::to_owned)
        .or_else(|| nearest(is_project))
        .or_else(|| agents_own.filter(|root| root.is_absolute()).map(Path::to_owned))
        .or_else(|| nearest(is_repository))
        .unwrap_or_else(|| here.to_owned())
}

/// `~/.pu` may also be where another program keeps its socket, so that the folder alone says nothing.
fn is_project(folder: &Path) -> bool {
    folder.join(".pintle").is_dir() || folder.join(".pu/manifest.json").is_file()
}

/// `.git` is a file in a worktree.
fn is_repository(folder: &Path) -> bool {
    folder.join(".git").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever a checkout brings along.
    #[test]
    fn a_checkout_belongs_to_its_maker() {
        let temp = tempfile::tempdir().unwrap();
        for folder in [".pintle", ".pu"] {
            let shop = temp.path().join(format!("shop{folder}"));
            let checkout = shop.join(folder).join("worktrees/wt-1");
            std::fs::create_dir_all(checkout.join("src")).unwrap();
            std::fs::create_dir_all(checkout.join(".pintle/templates")).unwrap();
            // A folder that only looks like one.
            assert_eq!(root(&checkout.join("src"), None), checkout);
            std::fs::write(shop.join(folder).join("manifest.json"), "{}").unwrap();
            for here in [checkout.join("src"), checkout.clone()] {
                assert_eq!(root(&here, Some(Path::new("/elsewhere"))), shop);
            }
            assert_eq!(root(&shop.join(folder).join("worktrees"), None), shop);
        }
    }

    #[test]
    fn the_nearest_project_then_the_agents_then_the_repository() {
        fn check(made: &[&str], agents_own: Option<&str>, expected: &str) {
            let temp = tempfile::tempdir().unwrap();
            let here = temp.path().join("a/b/c");
            std::fs::create_dir_all(&here).unwrap();
            for path in made {
                let path = temp.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                if path.extension().is_some_and(|extension| extension == "json") {
                    std::fs::write(path, "{}").unwrap();
                } else {
                    std::fs::create_dir(path).unwrap();
                }
            }
            let expected = if expected.starts_with('/') { expected.into() } else { temp.path().join(expected) };
            assert_eq!(root(&here, agents_own.map(Path::new)), expected, "{made:?}");
        }
        check(&[], None, "a/b/c");
        check(&["a/.git"], None, "a");
        check(&["a/.git", "a/b/.git"], None, "a/b");
        check(&["a/.pintle", "a/b/.git"], None, "a");
        check(&["a/.pu/manifest.json"], None, "a");
        check(&["a/.pu", "a/b/.git"], None, "a/b");
        check(&["a/.git"], Some("/elsewhere"), "/elsewhere");
        check(&["a/.pintle"], Some("/elsewhere"), "a");
        check(&["a/.git"], Some("relative"), "a");
    }
}
