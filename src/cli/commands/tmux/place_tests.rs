use proptest::prelude::*;

use super::*;

fn seen(options: &[(&str, &str)]) -> Seen {
    let stock = [("status-left", "[#S] "), ("status-left-length", "10"), ("status-right", "clock")];
    let stock = stock.into_iter().chain([("status-right-length", "40"), ("status-format[0]", "#{T:status-right}")]);
    let all = stock.chain(options.iter().copied());
    Seen { options: all.map(|(name, value)| (name.to_owned(), value.into())).collect(), ..Seen::default() }
}

/// As tmux does it.
fn write(seen: &mut Seen, options: Options) {
    for (name, value) in options {
        match value {
            Some(value) => drop(seen.options.insert(name, value)),
            None => drop(seen.options.remove(&name)),
        }
    }
}

fn install(seen: &mut Seen) {
    write(seen, options(seen, &wanted(seen)));
}

fn uninstall(seen: &mut Seen) {
    write(seen, options(seen, &Place::Off));
}

#[track_caller]
fn check(seen: &Seen, name: &str, expected: &str) {
    assert_eq!(seen.option_text(name).as_deref(), Some(expected), "{name}");
}

#[test]
fn where_the_user_wants_it() {
    #[track_caller]
    fn check(options: &[(&str, &str)], expected: Place) {
        assert_eq!(wanted(&seen(options)), expected, "{options:?}");
    }
    check(&[], Place::Added(Side::Right));
    check(&[("@pintle_status", "right")], Place::Added(Side::Right));
    check(&[("@pintle_status", "left")], Place::Added(Side::Left));
    check(&[("@pintle_status", "off")], Place::Off);
    check(&[("@pintle_status", "")], Place::Off);
    check(&[("@pintle_status", "top")], Place::Strange("top".into()));
    check(&[("status-left", "#{@pintle_hud}")], Place::Own("status-left".into()));
    check(&[("status-right", "#{?@pintle_hud,x,y}")], Place::Own("status-right".into()));
    check(&[("status-format[1]", "#{@pintle_hud}")], Place::Own("status-format[1]".into()));
    check(&[("status-right", "#{@pintle_hud}"), ("@pintle_status", "off")], Place::Off);
}

#[test]
fn in_front_on_the_right_and_behind_on_the_left_with_room() {
    let mut seen = seen(&[]);
    install(&mut seen);
    check(&seen, "status-right", &format!("{PIECE}clock"));
    check(&seen, "status-right-length", "100");
    check(&seen, "status-left", "[#S] ");
    assert_eq!(present(&seen), Some(Side::Right));
    seen.options.insert("@pintle_status".into(), b"left".into());
    install(&mut seen);
    check(&seen, "status-left", &format!("[#S] {PIECE}"));
    check(&seen, "status-left-length", "70");
    check(&seen, "status-right", "clock");
    check(&seen, "status-right-length", "40");
}

#[test]
fn what_the_user_changes_since_stays() {
    let mut seen = seen(&[]);
    install(&mut seen);
    // A configuration that was sourced again.
    seen.options.insert("status-right".into(), b"date".into());
    seen.options.insert("status-right-length".into(), b"50".into());
    install(&mut seen);
    check(&seen, "status-right", &format!("{PIECE}date"));
    check(&seen, "status-right-length", "110");
    // `set -ga` and `set -g status-right "x #{status-right}"`, done by hand.
    seen.options.insert("status-right".into(), format!("x {PIECE}date y").into_bytes());
    install(&mut seen);
    check(&seen, "status-right", &format!("x {PIECE}date y"));
    seen.options.insert("status-right-length".into(), b"200".into());
    uninstall(&mut seen);
    check(&seen, "status-right", "x date y");
    check(&seen, "status-right-length", "200");
    assert!(!seen.options.keys().any(|name| name.starts_with('@')), "{:?}", seen.options.keys());
}

#[test]
fn what_the_user_shows_himself_is_not_taken_out() {
    let own = seen(&[("status-right", "#{@pintle_hud} mine")]);
    let mut seen = own.clone();
    install(&mut seen);
    assert_eq!(seen, own);
    uninstall(&mut seen);
    assert_eq!(seen, own);
}

#[test]
fn a_length_at_its_limit_stays_there() {
    let mut seen = seen(&[("status-right-length", "32760")]);
    install(&mut seen);
    check(&seen, "status-right-length", "32767");
    uninstall(&mut seen);
    check(&seen, "status-right-length", "32760");
}

proptest! {
    #[test]
    fn twice_is_once_and_taken_out_is_as_it_was(line: Vec<u8>, left: bool, length in 0_u32..=32_767) {
        let mut seen = seen(&[("@pintle_status", if left { "left" } else { "right" })]);
        seen.options.insert("status-right".into(), line.clone());
        seen.options.insert("status-left".into(), line);
        seen.options.insert("status-right-length".into(), length.to_string().into_bytes());
        let before = seen.clone();
        install(&mut seen);
        prop_assert_ne!(&seen, &before);
        let once = seen.clone();
        install(&mut seen);
        prop_assert_eq!(&seen, &once);
        uninstall(&mut seen);
        prop_assert_eq!(&seen, &before);
        uninstall(&mut seen);
        prop_assert_eq!(&seen, &before);
    }
}
