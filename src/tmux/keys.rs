//! Names of keys, as `send-keys` takes them. Pure.
//!
//! tmux types a name that it does not know as text, so a misspelt `Entr` would land in somebody's prompt. Nothing of tmux's says
//! beforehand what it knows without binding the key, so the names are repeated here: those of 3.2, which later versions have too.
//! Mouse events are left out: they cannot be sent.

/// Names without modifiers, in lower case: case makes no difference to tmux.
const NAMED: [&str; 38] = [
    "bspace", "btab", "dc", "delete", "down", "end", "enter", "escape", "home", "ic", "insert", "kp*", "kp+", "kp-",
    "kp.", "kp/", "kp0", "kp1", "kp2", "kp3", "kp4", "kp5", "kp6", "kp7", "kp8", "kp9", "kpenter", "left", "npage",
    "pagedown", "pageup", "pgdn", "pgup", "ppage", "right", "space", "tab", "up",
];

/// Whether tmux knows a key of this name: a character, `Enter`, `F1` to `F12`, each with `C-`, `M-` or `S-` in front or `^` for `C-`.
pub fn is_key(name: &str) -> bool {
    let mut rest = name.strip_prefix('^').filter(|rest| !rest.is_empty()).unwrap_or(name);
    while let [b'C' | b'c' | b'M' | b'm' | b'S' | b's', b'-', _, ..] = rest.as_bytes() {
        rest = &rest[2..];
    }
    let mut characters = rest.chars();
    if let (Some(only), None) = (characters.next(), characters.next()) {
        return !only.is_control();
    }
    let name = rest.to_ascii_lowercase();
    let function = name.strip_prefix('f').and_then(|number| number.parse::<u8>().ok());
    function.is_some_and(|number| (1..=12).contains(&number) && !name.contains(['+', '0']) || name == "f10")
        || NAMED.binary_search(&name.as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::tmux::private_server::PrivateServer;

    /// `bind-key` refuses what it does not know.
    #[test]
    fn tmux_knows_the_same_keys() {
        let server = PrivateServer::new();
        let mut names: Vec<String> = NAMED.iter().map(|name| (*name).to_owned()).collect();
        names.extend((0..14).map(|number| format!("F{number}")));
        let more = [
            "a",
            "Z",
            ";",
            "-",
            "^",
            "^a",
            "^C",
            "C-c",
            "c-C",
            "M-x",
            "S-Up",
            "C-M-S-Left",
            "C-Enter",
            "C-",
            "C",
            "é",
            "☃",
            "C-^",
            "Entr",
            "hello",
            "ls",
            "C-ls",
            "Foo",
            "F",
            "F01",
            "f10",
            "F+1",
            "X-a",
            "",
            "C-C-c",
            "KP",
            "kp10",
            "M--",
            "--",
            "C--",
        ];
        names.extend(more.iter().map(|name| (*name).to_owned()));
        for name in names {
            let bound = server.command(&["bind-key", "-T", "test", "--", &name.replace(';', "\\;"), "list-keys"]);
            let knows = { bound }.status().unwrap().success();
            assert_eq!(is_key(&name), knows, "{name:?}");
        }
    }

    #[test]
    fn names_are_sorted_for_the_search() {
        assert!(NAMED.is_sorted());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text: String) {
            let _ = is_key(&text);
        }
    }
}
