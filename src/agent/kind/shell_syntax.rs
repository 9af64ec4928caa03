//! Whether a command a person typed needs a shell, or is words and nothing else.
//!
//! A process without a shell in front has the pid, the signals and the exit code that belong to it,
//! so a shell is used only where it has something to do. In doubt the answer is yes: a shell that
//! was not needed does no harm, a `*` that was not expanded does.

/// Words that a shell takes for itself at the start of a command, and that are no programs.
const SHELL_WORDS: [&str; 16] = [
    "!", ".", ":", "alias", "builtin", "cd", "command", "eval", "exec", "export", "set", "source", "time", "trap",
    "ulimit", "umask",
];

/// Whether `command` means more to a shell than the words it is split into.
pub fn needs_shell(command: &str) -> bool {
    let first = command.split_whitespace().next().unwrap_or_default();
    // `a=1 cmd`; only in front, so that `make CC=gcc` needs none.
    SHELL_WORDS.contains(&first) || is_assignment(first) || has_syntax(command)
}

fn is_assignment(word: &str) -> bool {
    let Some((name, _)) = word.split_once('=') else {
        return false;
    };
    let name = name.strip_suffix('+').unwrap_or(name);
    let mut chars = name.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

fn has_syntax(command: &str) -> bool {
    let mut chars = command.trim().char_indices();
    let command = chars.as_str();
    let mut quote = None;
    let mut word_start = true;
    while let Some((at, c)) = chars.next() {
        match (quote, c) {
            (Some('\''), '\'') | (Some('"'), '"') => quote = None,
            (Some('\''), _) => {}
            (_, '\\') => {
                chars.next();
            }
            // A double quote stops all but these two.
            (_, '$' | '`') => return true,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '|' | '&' | ';' | '<' | '>' | '(' | ')' | '*' | '?' | '[' | '\n') => {
                return true;
            }
            // `HEAD~1` and `a#b` are plain words.
            (None, '~' | '#') if word_start => return true,
            (None, '{') if expands(&command[at..]) => return true,
            (None, _) => {}
        }
        word_start = quote.is_none() && c.is_whitespace();
    }
    false
}

/// Whether a brace opens `{a,b}` or `{1..3}`, unlike the `{}` of `find -exec`.
fn expands(braces: &str) -> bool {
    let word = braces.split(char::is_whitespace).next().unwrap_or_default();
    let inside = word.split_once('}').map_or("", |(inside, _)| inside);
    inside.contains(',') || inside.contains("..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(expected: bool, commands: &[&str]) {
        for command in commands {
            assert_eq!(needs_shell(command), expected, "{command}");
        }
    }

    #[test]
    fn words_need_no_shell() {
        check(
            false,
            &[
                "",
                "ls",
                "ls -la /tmp",
                "  ls  ",
                "ls\t-l\n",
                "make CC=gcc",
                "git log HEAD~1",
                "git show a^!",
                "find . -exec rm {} +",
                "echo 'a | b & c; $x * ~ # {a,b}'",
                r#"echo "a | b & c; * ~ # {a,b}""#,
                r"echo \| \$x \* \~",
                r#"echo "\$x""#,
                "printf a#b",
                "say hi!",
                "test ]",
                "echo it\\'s",
                "a,b {x}",
                "--a=b",
                "1a=b c",
                "/usr/bin/time ls",
                "cdx",
                "set-up",
                "echo {",
                "user@host:/a%b",
            ],
        );
    }

    #[test]
    fn syntax_needs_one() {
        check(
            true,
            &[
                "a | b",
                "a && b",
                "a & ",
                "a; b",
                "a < b",
                "a > b",
                "a 2>&1",
                "(a)",
                "echo $HOME",
                "echo `a`",
                "ls *.rs",
                "ls a?",
                "ls [ab]",
                "cd /tmp",
                "~/bin/x",
                "ls ~",
                "a # comment",
                "A=1 b",
                "A+=1 b",
                "_a=1",
                "a\nb",
                "echo {a,b}",
                "echo x{1..3}",
                "! a",
                "exec a",
                ". ./env",
                "source env",
                r#"echo "$HOME""#,
                r#"echo "`a`""#,
                "echo 'a' | b",
                r"echo \\$x",
                "time ls",
                "echo a'b'*",
            ],
        );
    }
}
