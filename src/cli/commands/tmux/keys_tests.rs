use super::*;

const CALLER: Caller<'_> = Caller("/bin/pintle");

/// A tmux with these options and, under the prefix, these keys, each with its command.
fn seen(options: &[(&str, &str)], keys: &[(&str, &str)]) -> Seen {
    let binding = |(key, command): &(&str, &str)| Binding {
        key: (*key).to_owned(),
        command: command.as_bytes().to_vec(),
        line: format!("bind-key -T prefix {key} {command}").into_bytes(),
    };
    Seen {
        options: options.iter().map(|(name, value)| ((*name).to_owned(), value.as_bytes().to_vec())).collect(),
        bindings: keys.iter().map(binding).collect(),
        ..Seen::default()
    }
}

/// What a tmux is after these commands; it reads those that are written here only.
fn then(mut seen: Seen, keys: Keys) -> Seen {
    for words in keys.put_back.into_iter().chain(keys.bind) {
        let words: Vec<String> = words.into_iter().map(|word| String::from_utf8(word).unwrap()).collect();
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let (key, command) = match words[..] {
            ["unbind-key", "-T", "prefix", key] => (key, None),
            ["bind-key", "-N", _, "-T", "prefix", key, "run-shell", "-b", command] => {
                (key, Some(format!("run-shell -b \"{command}\"")))
            }
            ["if-shell", "-F", "1", line] => {
                let (key, command) = line.strip_prefix("bind-key -T prefix ").unwrap().split_once(' ').unwrap();
                (key, Some(command.to_owned()))
            }
            _ => panic!("{words:?}"),
        };
        seen.bindings.retain(|binding| binding.key != key);
        seen.bindings.extend(command.map(|command| self::seen(&[], &[(key, &command)]).bindings.remove(0)));
    }
    for (name, value) in keys.options {
        match value {
            Some(value) => drop(seen.options.insert(name, value)),
            None => drop(seen.options.remove(&name)),
        }
    }
    seen
}

fn set(mut seen: Seen, option: &str, value: &str) -> Seen {
    seen.options.insert(option.to_owned(), value.as_bytes().to_vec());
    seen
}

fn installed(seen: Seen) -> Seen {
    let keys = install(&seen, CALLER);
    then(seen, keys)
}

fn uninstalled(seen: Seen) -> Seen {
    let keys = uninstall(&seen);
    then(seen, keys)
}

#[track_caller]
fn fate(seen: &Seen, key: Key, name: Option<&str>, expected: &Fate) {
    let outcome = install(seen, CALLER).outcomes.into_iter().find(|outcome| outcome.key == key).unwrap();
    assert_eq!((outcome.name.as_deref(), &outcome.fate), (name, expected), "{key:?}");
}

#[track_caller]
fn does(seen: &Seen, key: &str, expected: Option<&str>) {
    let command = seen.binding(key).map(|binding| String::from_utf8_lossy(&binding.command).into_owned());
    let is = command.as_deref().is_some_and(|command| expected.is_some_and(|expected| command.contains(expected)));
    assert!(is || command.as_deref() == expected, "{key}: {command:?}");
}

#[test]
fn free_keys_are_bound_and_others_left_alone() {
    let before = seen(&[], &[("n", "next-window"), ("P", "display-panes"), ("N", "command-prompt")]);
    fate(&before, Key::Right, Some("A"), &Fate::Bound);
    fate(&before, Key::Palette, Some("P"), &Fate::Taken("display-panes".into()));
    let after = installed(before.clone());
    does(&after, "A", Some("/bin/pintle tmux key right --client=#{q:client_name} --pane=#{q:pane_id} --cwd="));
    does(&after, "P", Some("display-panes"));
    does(&after, "n", Some("next-window"));
    assert_eq!(installed(after.clone()), after, "twice is once");
    assert_eq!(install(&after, CALLER).bind, Vec::<Words>::new());
    assert_eq!(uninstalled(after), before);
}

#[test]
fn what_is_asked_for_is_taken_and_given_back() {
    let keys = [("n", "next-window"), ("C-n", "next-window -a")];
    let before = seen(&[("@pintle_next_key", "n"), ("@pintle_notify_key", "off"), ("@pintle_below_key", "")], &keys);
    fate(&before, Key::Next, Some("n"), &Fate::Bound);
    fate(&before, Key::Notify, None, &Fate::Off);
    fate(&before, Key::Below, None, &Fate::Off);
    let after = installed(before.clone());
    does(&after, "n", Some(" tmux key next "));
    does(&after, "W", None);
    let after = installed(set(after, "@pintle_next_key", "C-n"));
    does(&after, "n", Some("next-window"));
    does(&after, "C-n", Some(" tmux key next "));
    let after = set(uninstalled(after), "@pintle_next_key", "n");
    assert_eq!(after.options, before.options);
    does(&after, "C-n", Some("next-window -a"));
}

#[test]
fn one_key_of_ours_may_get_anothers() {
    let first = [("@pintle_right_key", "n"), ("@pintle_below_key", "x")];
    let before = seen(&first, &[("n", "next-window"), ("x", "kill-pane")]);
    let after = installed(before.clone());
    let swapped = installed(set(set(after, "@pintle_right_key", "x"), "@pintle_below_key", "n"));
    does(&swapped, "x", Some(" tmux key right "));
    does(&swapped, "n", Some(" tmux key below "));
    let back = uninstalled(swapped);
    does(&back, "n", Some("next-window"));
    does(&back, "x", Some("kill-pane"));
    // And where both want the same one, the first has it.
    let both = seen(&[("@pintle_right_key", "x"), ("@pintle_below_key", "x")], &[]);
    fate(&both, Key::Below, Some("x"), &Fate::Taken("pintle tmux key right".into()));
}

#[test]
fn what_the_user_binds_since_is_his() {
    let before = seen(&[], &[]);
    let after = installed(before.clone());
    let mut theirs = after.clone();
    theirs.bindings.retain(|binding| binding.key != "A");
    theirs.bindings.extend(seen(&[], &[("A", "display-panes")]).bindings);
    fate(&theirs, Key::Right, Some("A"), &Fate::Taken("display-panes".into()));
    let left = uninstalled(theirs);
    does(&left, "A", Some("display-panes"));
    assert_eq!((left.bindings.len(), left.options), (1, before.options));
    // A binding that the user has written himself looks like ours, and is not.
    let own = seen(&[], &[("|", "run-shell -b \"pintle tmux key right --pane=#{q:pane_id}\"")]);
    assert_eq!(uninstalled(own.clone()), own);
}

#[test]
fn names_that_tmux_alone_understands() {
    let options = [("@pintle_right_key", "^n"), ("@pintle_below_key", "Zz"), ("@pintle_next_key", "C-M-x")];
    let mut before = seen(&options, &[("C-n", "next-window")]);
    assert_eq!(unclear(&before), ["C-M-x", "Zz", "^n"]);
    let asked = [("^n", Asked::Bound("C-n".into())), ("Zz", Asked::Unknown), ("C-M-x", Asked::Free)];
    before.asked = asked.map(|(key, asked)| (key.to_owned(), asked)).into();
    fate(&before, Key::Right, Some("C-n"), &Fate::Bound);
    fate(&before, Key::Below, Some("Zz"), &Fate::Unknown);
    fate(&before, Key::Next, Some("C-M-x"), &Fate::Bound);
    let mut after = installed(before);
    // Bound, it has tmux's name for it.
    after.bindings.iter_mut().filter(|binding| binding.key == "C-M-x").for_each(|binding| binding.key = "M-C-x".into());
    after.asked.insert("C-M-x".into(), Asked::Bound("M-C-x".into()));
    let again = install(&after, CALLER);
    assert_eq!((again.put_back, again.bind), (Vec::new(), Vec::new()));
    does(&uninstalled(after), "C-n", Some("next-window"));
}

#[test]
fn another_program_is_bound_anew() {
    let after = installed(seen(&[("@pintle_next_key", "n")], &[("n", "next-window")]));
    let moved = install(&after, Caller("'/opt/a b#{x}/pintle'"));
    assert_eq!((moved.put_back.len(), moved.bind.len()), (0, Key::ALL.len()));
    let after = then(after, moved);
    does(&after, "n", Some("'/opt/a b##{x}/pintle' tmux key next "));
    does(&uninstalled(after), "n", Some("next-window"));
}

#[test]
fn every_key_has_words_of_its_own() {
    let mut names: Vec<&str> = Key::ALL.iter().flat_map(|key| [key.name(), key.default_key(), key.note()]).collect();
    let count = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), count);
    for key in Key::ALL {
        assert_eq!(key.to_possible_value().map(|word| word.get_name().to_owned()).as_deref(), Some(key.name()));
        assert_eq!(key.default_key().len(), 1);
    }
}
