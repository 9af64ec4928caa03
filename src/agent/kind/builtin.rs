//! The kinds that need no configuration. The one place that knows a program by its name.

use crate::agent::kind::{Kind, LaunchArgs, PlanBy, PromptBy, SESSION_ID};
use crate::agent::rule::RuleSpec;
use crate::agent::status::Activity::{self, Blocked, Working};

/// Names of the built-in kinds, in the order in which they are shown.
pub const NAMES: [&str; 4] = ["claude", "codex", "opencode", "terminal"];

/// Lines at the end of the screen on which a program says what it does: the line above its input
/// box, the box and a list of tasks. Above them is its conversation, which may quote anything.
const FOOT: usize = 20;

/// A built-in kind, or `None` if there is none of that name.
pub fn builtin(name: &str) -> Option<Kind> {
    let kind = Kind::custom(name);
    Some(match name {
        "claude" => Kind {
            launch_args: built_in(&["--dangerously-skip-permissions"]),
            plan: PlanBy::Args(words(&["--permission-mode", "plan"])),
            session_args: words(&["--session-id", SESSION_ID]),
            resume: words(&["--resume", SESSION_ID]),
            rules: claude_rules(),
            ..kind
        },
        "codex" => Kind {
            launch_args: built_in(&["--full-auto"]),
            prompt: PromptBy::Argv,
            resume: words(&["resume", SESSION_ID]),
            resume_last: Some(words(&["resume", "--last"])),
            rules: codex_rules(),
            ..kind
        },
        "opencode" => Kind {
            prompt: PromptBy::Argv,
            prompt_flag: Some("--prompt".to_owned()),
            resume: words(&["--continue"]),
            rules: opencode_rules(),
            ..kind
        },
        "terminal" => Kind { command: String::new(), plan: PlanBy::Refused, rules: terminal_rules(), ..kind },
        _ => return None,
    })
}

// In each list the questions come first: a menu may stand below a line that still says "working".
// There is no rule for idle. The input box of these programs looks the same while they work, and an
// agent taken for idle too early sets off its triggers; silence and hooks tell without guessing.

fn claude_rules() -> Vec<RuleSpec> {
    vec![
        rule(Blocked, r"^[\s│|]*[❯>]\s*\d+\.\s+(Yes|No)\b", FOOT, "it asks for permission"),
        rule(Blocked, r"Do you want to .*\?|Would you like to proceed\?", FOOT, "it asks for permission"),
        rule(
            Blocked,
            r"Do you trust the files in this folder|Yes, I trust this folder",
            FOOT,
            "it asks whether to trust the folder",
        ),
        rule(Blocked, r"(?i)enter to (select|confirm|continue)\b", FOOT, "it shows a menu"),
        rule(Working, r"(?i)\besc to interrupt\b", FOOT, "its screen says it works"),
    ]
}

fn codex_rules() -> Vec<RuleSpec> {
    vec![
        rule(Blocked, r"^[\s│|]*[❯›>▌]\s*\d+\.\s+(Yes|No|Approve|Allow)\b", FOOT, "it asks for permission"),
        rule(
            Blocked,
            r"Allow command\?|Do you want to approve |Would you like to (run|make|grant|apply|proceed)\b.*\?",
            FOOT,
            "it asks for permission",
        ),
        rule(Blocked, r"(?i)press \S+ to (confirm|continue)\b", FOOT, "it shows a menu"),
        rule(Working, r"(?i)\besc to interrupt\b", FOOT, "its screen says it works"),
    ]
}

fn opencode_rules() -> Vec<RuleSpec> {
    vec![
        rule(Blocked, r"(?i)\bpermission required\b|\ballow once\b.*\breject\b", FOOT, "it asks for permission"),
        rule(Working, r"(?i)\besc (again to |to )?interrupt\b", FOOT, "its screen says it works"),
    ]
}

fn terminal_rules() -> Vec<RuleSpec> {
    vec![rule(
        Blocked,
        r"(?i)([\[(]y(es)?/n(o)?(/\[fingerprint\])?[\])]\??|password( for [^:\n]*)?:|passphrase[^:\n]*:)\s*$",
        1,
        "it asks a question",
    )]
}

fn rule(activity: Activity, pattern: &str, last_lines: usize, because: &str) -> RuleSpec {
    RuleSpec { pattern: pattern.to_owned(), activity, because: because.to_owned(), last_lines: Some(last_lines) }
}

fn built_in(args: &[&str]) -> LaunchArgs {
    LaunchArgs::BuiltIn(words(args))
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|word| (*word).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::agent::rule::Rules;

    #[test]
    fn every_name_is_a_kind_whose_rules_compile() {
        for name in NAMES {
            let kind = builtin(name).unwrap();
            assert_eq!(kind.name, name);
            Rules::compile(&kind.rules).unwrap();
        }
        assert_eq!(builtin("aider"), None);
    }

    fn check(kind: &str, screen: &str, expected: Option<Activity>) {
        let rules = Rules::compile(&builtin(kind).unwrap().rules).unwrap();
        let verdict = rules.judge(screen);
        assert_eq!(verdict.map(|verdict| verdict.activity), expected, "{kind}: {screen}");
    }

    #[test]
    fn screens_of_claude() {
        let check = |screen, expected| check("claude", screen, expected);
        check("✻ Pondering… (3s · ↑ 1.2k tokens · esc to interrupt)\n\n> ", Some(Working));
        check("✻ Pondering… (esc to interrupt · ctrl+t to show todos)", Some(Working));
        check("│ Do you want to proceed?\n│ ❯ 1. Yes\n│   2. No, tell Claude", Some(Blocked));
        check("Do you want to make this edit to a.rs?\n ❯ 1. Yes", Some(Blocked));
        check(" ❯ 2. No, exit\n Enter to confirm · Esc to exit", Some(Blocked));
        check("Enter to select · ↑/↓ to navigate · Esc to cancel", Some(Blocked));
        check("❯ 1. Yes\n✻ Waiting… (esc to interrupt)", Some(Blocked));
        check("WARNING: Bypass Permissions mode\n ❯ 1. No, exit\n   2. Yes, I accept", Some(Blocked));
        check("⏺ Done.\n\n> \n  ? for shortcuts", None);
        check("> 1. first do this", None);
        let quoted = format!("⏺ press esc to interrupt{}> ", "\n.".repeat(FOOT));
        check(&quoted, None);
    }

    #[test]
    fn screens_of_codex() {
        let check = |screen, expected| check("codex", screen, expected);
        check("• Working (12s • esc to interrupt)\n\n› ", Some(Working));
        check("Would you like to run the following command?\n$ rm x\n› 1. Yes, proceed (y)", Some(Blocked));
        check("▌ Allow command?", Some(Blocked));
        check("  Press enter to confirm or esc to cancel", Some(Blocked));
        check("  Press space to confirm or esc to cancel", Some(Blocked));
        check("Do you want to approve network access to x.org?", Some(Blocked));
        check("› Summarize recent commits", None);
    }

    #[test]
    fn screens_of_opencode() {
        let check = |screen, expected| check("opencode", screen, expected);
        check("  ■■■⬝⬝⬝  esc interrupt", Some(Working));
        check("  esc again to interrupt", Some(Working));
        check("△ Permission required\n  Allow once   Allow always   Reject", Some(Blocked));
        check("┃ Ask anything…", None);
    }

    #[test]
    fn screens_of_a_terminal() {
        let check = |screen, expected| check("terminal", screen, expected);
        check("Do you want to continue? [Y/n] ", Some(Blocked));
        check("proceed (yes/no/[fingerprint])?", Some(Blocked));
        check("[sudo] password for me:", Some(Blocked));
        check("Enter passphrase for key '/home/me/.ssh/id':", Some(Blocked));
        check("continue? [Y/n] y\n$ ", None);
        check("$ ", None);
    }
}
