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

#[test]
fn what_to_do_about_a_start_that_failed() {
    #[track_caller]
    fn check(refusal: &str, expected: &str) {
        let spec = SpawnSpec { cwd: b"/".to_vec(), argv: vec![b"x".to_vec()], env: Vec::new() };
        let hint = what_to_do(&KeeperError::Refused(refusal.to_owned()), "claude", &spec);
        assert!(hint.starts_with(expected), "{refusal}: {hint}");
    }
    check("cannot run x: No such file or directory (os error 2)", "install it, or choose another program");
    check("cannot run x: Permission denied (os error 13)", "make it executable, or choose");
    check("the command is empty", "choose another program");
    let no_terminal = "no terminal could be opened: failed to openpty: Os { code: 28, kind: StorageFull, message: \
        \"No space left on device\" }";
    check(no_terminal, "the system has no more terminals: `pintle kill`");
    check("no terminal could be opened: No space left on device (os error 28)", "the system has no more terminals");
}
