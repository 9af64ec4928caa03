//! What a worktree and its branch are called.

/// In front of a worktree's name in that of its branch, where no config says otherwise.
pub const BRANCH_PREFIX: &str = "pintle/";

/// The longest name, in characters: folders and branches are files, whose names have 255 bytes.
pub const LONGEST: usize = 100;

/// The name as it is used: lower case; white space, `_` and `/` are `-`; anything but letters a to z, digits and `-` is left out; one `-` at a
/// time, and none at either end. `None` if nothing is left.
pub fn normalised(name: &str) -> Option<String> {
    let mut normal = String::with_capacity(name.len());
    for char in name.chars().flat_map(char::to_lowercase) {
        match char {
            'a'..='z' | '0'..='9' => normal.push(char),
            '-' | '_' | '/' if !normal.is_empty() && !normal.ends_with('-') => normal.push('-'),
            _ if char.is_whitespace() && !normal.is_empty() && !normal.ends_with('-') => normal.push('-'),
            _ => {}
        }
    }
    normal.truncate(normal.trim_end_matches('-').len());
    Some(normal).filter(|normal| !normal.is_empty())
}

/// Whether a branch may begin with it.
pub fn is_branch_prefix(prefix: &str) -> bool {
    git2::Branch::name_is_valid(&format!("{prefix}a")).unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_become_what_branches_and_folders_can_be_called() {
        #[track_caller]
        fn check(name: &str, expected: &str) {
            assert_eq!(normalised(name).unwrap_or_default(), expected, "{name:?}");
        }
        check("fix-auth", "fix-auth");
        check("Fix Auth", "fix-auth");
        check("feature/login_form", "feature-login-form");
        check("  a \t b\n", "a-b");
        check("a - / _ b", "a-b");
        check("--a--", "a");
        check("Größe", "gre");
        check("it's (v2)!", "its-v2");
        check("../../etc/passwd", "etc-passwd");
        check("a.lock", "alock");
        check("İ", "i");
        check("", "");
        check("日本", "");
        check("-_/ ", "");
    }

    #[test]
    fn what_a_branch_may_begin_with() {
        for right in ["pintle/", "ann/wt-", "", "x"] {
            assert!(is_branch_prefix(right), "{right}");
        }
        for wrong in ["/", "a//", "a b/", "-", "..", "a:", "refs/.x/"] {
            assert!(!is_branch_prefix(wrong), "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn what_is_normal_stays_so(name in ".{0,40}") {
            if let Some(normal) = normalised(&name) {
                prop_assert!(!normal.starts_with('-') && !normal.ends_with('-') && !normal.contains("--"));
                prop_assert!(normal.bytes().all(|byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-')));
                let branch = [BRANCH_PREFIX, &normal].concat();
                prop_assert!(git2::Branch::name_is_valid(&branch).unwrap());
                prop_assert_eq!(normalised(&normal), Some(normal));
            }
        }
    }
}
