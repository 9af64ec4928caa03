use super::*;

#[test]
fn what_to_do_without_worktrees() {
    #[track_caller]
    fn check(root: bool, base: Option<&str>, worktree: Option<&str>, expected: Option<&str>) {
        let (base, worktree) = (base.map(str::to_owned), worktree.map(str::to_owned));
        let request = Spawn { root, base, worktree, ..Spawn::default() };
        assert_eq!(not_in_a_worktree(&request).as_deref(), expected);
    }
    check(true, None, None, None);
    check(false, None, None, Some("set `root` to true"));
    check(true, Some("main"), None, Some("leave `base` out"));
    check(true, Some("main"), Some("wt-1"), Some("leave `base` and `worktree` out"));
    check(false, None, Some("wt-1"), Some("leave `worktree` out and set `root` to true"));
}
