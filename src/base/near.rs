//! Names close to one that nobody knows, for "did you mean".

/// The names of `known` that are a slip of the fingers away from `word`, closest first, three at most.
///
/// "Close" grows with the word: one edit in a short word, up to three in a long one. A longer leash suggests names
/// that share nothing with what was meant, and a wrong suggestion is worse than none.
pub fn near<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    const LONGEST: usize = 64; // no name is longer, and the work below grows with the square
    let word: Vec<char> = word.chars().take(LONGEST + 1).collect();
    if word.len() > LONGEST {
        return Vec::new();
    }
    let leash = (1 + word.len() / 4).min(3);
    let mut close: Vec<(usize, &str)> =
        known.into_iter().map(|name| (distance(&word, name), name)).filter(|&(edits, _)| edits <= leash).collect();
    close.sort_unstable();
    close.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Insertions, deletions and replacements between two words, case ignored. One row of the usual table at a time.
fn distance(word: &[char], name: &str) -> usize {
    let mut row: Vec<usize> = (0..=word.len()).collect();
    for (above, wanted) in name.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = above + 1;
        for (column, given) in word.iter().enumerate() {
            let replaced = diagonal + usize::from(!given.eq_ignore_ascii_case(&wanted));
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[word.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: &[&str] = &["status", "suspend", "spawn", "resume", "rename", "kill"];

    fn check(word: &str, expected: &[&str]) {
        assert_eq!(near(word, NAMES.iter().copied()), expected, "{word}");
    }

    #[test]
    fn finds_slips() {
        check("statsu", &["status"]);
        check("STATUS", &["status"]);
        check("spwan", &["spawn"]);
        check("kil", &["kill"]);
        check("suspended", &["suspend"]);
        check("", &[]);
        check("frobnicate", &[]);
        check(&"x".repeat(100_000), &[]);
        check("réname", &["rename"]);
    }

    #[test]
    fn sorts_by_distance() {
        assert_eq!(near("prob", ["prod", "prob2", "prob"]), ["prob", "prob2", "prod"]);
    }
}
