use super::*;

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
