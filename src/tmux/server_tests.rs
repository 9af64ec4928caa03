//! Tests of `server.rs`.

use proptest::prelude::*;

use super::*;

#[test]
fn ids_are_a_sigil_and_digits() {
    assert_eq!("%3".parse(), Ok(PaneId(3)));
    assert_eq!("@0".parse(), Ok(WindowId(0)));
    assert_eq!("$12".parse(), Ok(SessionId(12)));
    for wrong in ["", "%", "3", "%-3", "%+3", "% 3", "%3 ", "@3", "%3;kill-server", "%99999999999", "%٣"] {
        assert!(wrong.parse::<PaneId>().is_err(), "{wrong:?}");
    }
    let error = "main".parse::<PaneId>().unwrap_err().to_string();
    assert_eq!(error, "`main` is no pane id; those look like %3");
}

#[test]
fn sockets_are_where_tmux_looks() {
    let path = |socket: Result<Socket, ServerError>| socket.unwrap().path().to_str().unwrap().to_owned();
    assert_eq!(path(Socket::default_of(None, 1000)), "/tmp/tmux-1000/default");
    assert_eq!(path(Socket::default_of(Some(Path::new("")), 0)), "/tmp/tmux-0/default");
    assert_eq!(path(Socket::default_of(Some(Path::new("/run/x")), 5)), "/run/x/tmux-5/default");
    assert_eq!(path(Socket::of_variable("/tmp/a,b/default,123,0")), "/tmp/a,b/default");
    assert!(Socket::new("default").is_err());
    assert!(Socket::of_variable("").is_err());
}

#[track_caller]
fn check(text: &str, printed: &str) {
    assert_eq!(text.parse::<Version>().unwrap().to_string(), printed);
}

#[test]
fn versions() {
    check("tmux 3.3a", "3.3a");
    check("3.2\n", "3.2");
    check("tmux next-3.4", "next-3.4");
    check("3.5-rc2", "next-3.5");
    check("tmux master", "master");
    check("tmux openbsd-7.4", "master");
    for wrong in ["", "tmux", "3", "3.", ".3", "3.3aa", "3.x", "-3.2", "3.+2"] {
        assert!(wrong.parse::<Version>().is_err(), "{wrong:?}");
    }
    let order = ["2.9", "3.0a", "3.1c", "3.2", "3.2a", "3.3", "3.3a", "next-3.4", "3.4", "3.10", "master"];
    let parsed: Vec<Version> = order.iter().map(|text| text.parse().unwrap()).collect();
    assert!(parsed.is_sorted_by(|a, b| a < b), "{parsed:?}");
}

#[test]
fn a_tmux_that_is_too_old_is_told_what_is_missing() {
    let old: Version = "3.1c".parse().unwrap();
    let error = old.needs(Version::OLDEST, "the control client").unwrap_err().to_string();
    assert!(error.starts_with("the control client needs tmux 3.2 or later, this server is 3.1c"), "{error}");
    assert_eq!(Version::of(3, 3).needs(Version::OLDEST, "x"), Ok(()));
}

proptest! {
    #[test]
    fn what_is_printed_is_parsed(number: u32) {
        prop_assert_eq!(PaneId(number).to_string().parse(), Ok(PaneId(number)));
    }

    #[test]
    fn nothing_makes_them_panic(text: String) {
        let _ = text.parse::<PaneId>();
        let _ = text.parse::<Version>();
        let _ = Socket::of_variable(&text);
    }
}
