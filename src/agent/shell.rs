//! Which programs are shells, and which of them wait for commands. Pure.

/// Programs that wait for commands when they are alone in the foreground of a terminal.
const SHELLS: [&str; 11] = ["sh", "bash", "zsh", "fish", "dash", "ash", "ksh", "mksh", "tcsh", "nu", "xonsh"];

/// Options whose value is a word of its own.
const WITH_VALUE: [&[u8]; 5] = [b"--rcfile", b"--init-file", b"--config", b"--env-config", b"--init-command"];

/// Whether a process of this name is a shell.
pub fn is_one(name: &str) -> bool {
    SHELLS.contains(&name)
}

/// Whether a shell that was started with these words takes commands from its terminal: not when it was given a script, or a
/// command with `-c`. Such a one is a program like any other, even while it has no child.
pub fn takes_commands(argv: &[Vec<u8>]) -> bool {
    let mut words = argv.iter().skip(1).map(Vec::as_slice);
    while let Some(word) = words.next() {
        match word {
            // What follows is a script.
            b"--" => return words.next().is_none(),
            b"-" => {}
            b"--command" | b"--commands" => return false,
            _ if word.starts_with(b"--command=") || word.starts_with(b"--commands=") => return false,
            _ if WITH_VALUE.contains(&word) => drop(words.next()),
            _ if word.starts_with(b"--") => {}
            [b'-' | b'+', cluster @ ..] => {
                if word[0] == b'-' && cluster.contains(&b'c') {
                    return false;
                }
                // Commands come from the input, whatever else is there.
                if cluster.contains(&b's') {
                    return true;
                }
                // `-o vi`, `+O extglob`, fish's `-C command`.
                if matches!(cluster.last(), Some(b'o' | b'O' | b'C')) {
                    words.next();
                }
            }
            _ => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: bool) {
        let argv: Vec<Vec<u8>> = line.split(' ').map(|word| word.as_bytes().to_vec()).collect();
        assert_eq!(takes_commands(&argv), expected, "{line}");
    }

    #[test]
    fn a_shell_with_a_script_or_a_command_is_a_program() {
        for line in [
            "bash",
            "-bash",
            "zsh -il",
            "bash --login -i",
            "bash --rcfile /x",
            "bash -o vi -i",
            "fish -C ls",
            "sh -s a b",
        ] {
            check(line, true);
        }
        for line in [
            "sh -c true",
            "bash -lc true",
            "zsh -ic true",
            "sh /x/script",
            "bash -x script a",
            "bash -- script",
            "nu --commands ls",
        ] {
            check(line, false);
        }
        assert!(takes_commands(&[]));
    }
}
