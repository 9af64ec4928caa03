//! The words on the line that is being completed.

use std::ffi::OsString;

/// The arguments of a completion script as they are meant: bash and zsh send the words as they were typed, quotes and all, and fish
/// the last one.
pub fn arguments() -> Vec<OsString> {
    let mut args: Vec<OsString> = std::env::args_os().collect();
    let start = args.iter().position(|arg| arg == "--").map_or(args.len(), |at| at + 1);
    let first = if index().is_some() { start } else { args.len().saturating_sub(1).max(start) };
    for word in &mut args[first..] {
        if let Some(meant) = word.to_str().and_then(unquoted) {
            *word = meant.into();
        }
    }
    args
}

/// A word without its quotes, the last of which may still be missing. `None` where it has none, or is not one word.
fn unquoted(word: &str) -> Option<String> {
    let split = ["", "'", "\""].into_iter().find_map(|end| shell_words::split(&format!("{word}{end}")).ok())?;
    <[String; 1]>::try_from(split).ok().map(|[word]| word)
}

/// Where the word that is completed stands, as the scripts of bash and zsh say; fish sends none that stand behind it.
fn index() -> Option<usize> {
    std::env::var("_CLAP_COMPLETE_INDEX").ok()?.parse().ok()
}

/// The word that is being completed, which the candidates of an argument are not shown.
pub fn current() -> Option<String> {
    let mut words = arguments().into_iter().skip_while(|word| word != "--").skip(1);
    let word = match index() {
        Some(index) => words.nth(index),
        None => words.last(),
    };
    word?.into_string().ok()
}

/// The value of a global option on the line that is being completed: clap does not show candidates what it has parsed.
pub fn option(name: &str) -> Option<OsString> {
    let mut words = arguments().into_iter();
    words.find(|word| word == name)?;
    words.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_as_they_were_typed() {
        for (typed, meant) in [
            ("plain", Some("plain")),
            ("two\\ words", Some("two words")),
            ("'two words'", Some("two words")),
            ("\"two wo", Some("two wo")),
            ("'$(two", Some("$(two")),
            ("--name=\"a b", Some("--name=a b")),
            ("", None),
            ("a b", None),
        ] {
            assert_eq!(unquoted(typed).as_deref(), meant, "{typed}");
        }
    }
}
