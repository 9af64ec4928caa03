//! Ids of agents and worktrees, and names for agents that nobody named.

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// `ag-` and eight of `[a-z0-9]`. The caller checks for collision, since only it knows what exists.
pub fn agent() -> String {
    with_prefix("ag-")
}

/// `wt-` and eight of `[a-z0-9]`.
pub fn worktree() -> String {
    with_prefix("wt-")
}

/// `run-` and eight of `[a-z0-9]`: one run of a swarm.
pub fn swarm_run() -> String {
    with_prefix("run-")
}

fn with_prefix(prefix: &str) -> String {
    let mut id = String::with_capacity(prefix.len() + 8);
    id.push_str(prefix);
    while id.len() < prefix.len() + 8 {
        let byte = random_byte();
        // 252 is the largest multiple of 36 in a byte: taking the rest modulo 36 would favour the first letters.
        if byte < 252 {
            id.push(ALPHABET[usize::from(byte % 36)] as char);
        }
    }
    id
}

const ADJECTIVES: [&str; 24] = [
    "amber", "bold", "brisk", "calm", "clear", "deep", "eager", "fair", "fleet", "fresh", "gentle", "keen", "light",
    "lucid", "merry", "noble", "plain", "quick", "quiet", "ready", "sharp", "steady", "swift", "warm",
];
const NOUNS: [&str; 24] = [
    "anchor", "beacon", "bow", "buoy", "cable", "compass", "cove", "current", "gull", "halyard", "harbor", "helm",
    "hull", "keel", "lantern", "mast", "oar", "reef", "rudder", "sail", "sextant", "shoal", "tide", "wake",
];

/// A name that can be said aloud (`quiet-rudder`), for a root agent that was given none.
pub fn agent_name() -> String {
    let pick = |words: &[&'static str; 24]| words[usize::from(random_byte()) % words.len()];
    format!("{}-{}", pick(&ADJECTIVES), pick(&NOUNS))
}

fn random_byte() -> u8 {
    let mut byte = [0];
    // getrandom fails only where the kernel has no random source at all; the time of day would be a worse id than a crash,
    // so the failure is not papered over.
    #[allow(clippy::expect_used, reason = "no ids can be made without a random source")]
    getrandom::fill(&mut byte).expect("the kernel gives random bytes");
    byte[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_the_documented_shape() {
        for id in (0..200).map(|_| agent()) {
            let rest = id.strip_prefix("ag-").unwrap();
            assert_eq!(rest.len(), 8);
            assert!(rest.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit()), "{id}");
        }
        assert!(worktree().starts_with("wt-"));
        assert_ne!(agent(), agent());
    }
}
