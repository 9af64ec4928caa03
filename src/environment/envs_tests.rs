use std::time::Duration;

use super::*;
use crate::base::clock::Clock;

fn parse(text: &str) -> Result<Envs, YamlError> {
    Envs::parse(Path::new("envs.yaml"), text.as_bytes())
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
}

const TREE: &str = "
envs:
  base:
    region: eu-central-1
    account: 0042
    tls: yes
    color: green
    vars: {A: one, B: 1.10, C: ~}
    kube: {context: base, namespace: shop}
    guard: confirm
    guard_commands: [\"make deploy*\"]
  prod:
    extends: base
    color: ~
    account: 0043
    tls:
    vars: {A: ~, D: x}
    kube: {namespace: web}
    guard_commands: [flux]
  other:
    extends: prod
    kube: {context: o}
    guard: ~
    vars: ~
    guard_commands: ~
  empty:
";

#[test]
fn parents_are_laid_under() {
    let envs = parse(TREE).unwrap();
    assert_eq!(envs.names().collect::<Vec<_>>(), ["base", "empty", "other", "prod"]);
    let prod = envs.get("prod").unwrap();
    let vars: Vec<_> = prod.vars.iter().map(|(name, value)| (name.as_str(), value.as_deref())).collect();
    assert_eq!(vars, [("A", None), ("B", Some("1.10")), ("C", None), ("D", Some("x"))]);
    assert_eq!(prod.kube, Some(KubeContext { context: "base".into(), namespace: Some("web".into()) }));
    assert_eq!((prod.guard, prod.color.as_deref(), prod.extends.as_deref()), (Level::Confirm, None, Some("base")));
    assert_eq!(prod.guard_commands.patterns().collect::<Vec<_>>(), ["make deploy*", "flux"]);
    assert_eq!(prod.guard_commands.command_words().collect::<Vec<_>>(), ["make", "flux"]);
    assert_eq!(prod.at.line(), Some(12));
    let values = ["region", "account", "tls", "name", "vars.B", "vars.C", "kube.namespace", "guard", "color"];
    let values = values.map(|key| prod.value(key));
    let expected = [Some("eu-central-1"), Some("0043"), None, Some("prod"), Some("1.10"), None, Some("web")];
    assert_eq!(values[..7], expected);
    assert_eq!(values[7..], [Some("confirm"), None]);
    let other = envs.get("other").unwrap();
    assert_eq!(other.kube, Some(KubeContext { context: "o".into(), namespace: None }));
    assert_eq!((other.guard, other.vars.len(), other.guard_commands.patterns().count()), (Level::Free, 0, 0));
    assert_eq!(other.value("account"), Some("0043"));
    assert_eq!(envs.get("base").unwrap().value("tls"), Some("yes"));
    assert_eq!(envs.warnings(), []);
}

#[test]
fn an_unknown_name_is_told() {
    let envs = parse("envs: {prod: {}, prod2: {}, dev: {}}").unwrap();
    #[track_caller]
    fn check(envs: &Envs, name: &str, expected: &str) {
        assert_eq!(envs.find(name).unwrap_err().to_string(), expected);
    }
    check(&envs, "prof", "Unknown environment: prof\nDid you mean: prod, prod2?");
    check(&envs, "x", "Unknown environment: x");
    check(&envs, "", "Environment name cannot be empty");
    assert_eq!(envs.find("dev").unwrap().name, "dev");
    for empty in ["", "# nothing\n", "envs:\n", "envs: {}\n"] {
        assert_eq!(parse(empty).unwrap().names().count(), 0, "{empty:?}");
    }
}

#[test]
fn mistakes_name_their_place() {
    fails(
        "envs:\n  a:\n    guard: fre\n",
        "envs.yaml: line 3, column 12: envs.a.guard: unknown word `fre`; did you mean: free?",
    );
    fails("envs: [a]\n", "envs.yaml: line 1, column 7: envs: this is a list, but has to be a map");
    fails("envs:\n  a: x\n", "envs.yaml: line 2, column 6: envs.a: this is a text, but has to be a map");
    fails(
        "envs:\n  a: {extends: bse}\n  base: {}\n",
        "envs.yaml: line 2, column 16: envs.a.extends: unknown environment `bse`; did you mean: base?",
    );
    fails(
        "envs:\n  a: {extends: b}\n  b: {extends: c}\n  c: {extends: b}\n",
        "envs.yaml: line 4, column 16: envs.c.extends: these environments extend each other: b -> c -> b",
    );
    fails(
        "envs: {a: {extends: a}}\n",
        "envs.yaml: line 1, column 21: envs.a.extends: these environments extend each other: a -> a",
    );
    fails(
        "envs: {a: {vars: {A-B: x}}}\n",
        "envs.yaml: line 1, column 19: envs.a.vars.A-B: \"A-B\" is no name of a variable: letters, digits and `_`, no digit first",
    );
    fails(
        "envs: {a: {vars: {PINTLE_BYPASS: 1}}}\n",
        "envs.yaml: line 1, column 19: envs.a.vars.PINTLE_BYPASS: `PINTLE_BYPASS` belongs to pintle",
    );
    fails(
        "envs: {a: {vars: {UID: 1}}}\n",
        "envs.yaml: line 1, column 19: envs.a.vars.UID: `UID` belongs to the shell, which lets nobody set it",
    );
    fails(
        "envs: {a: {vars: {A: [x]}}}\n",
        "envs.yaml: line 1, column 22: envs.a.vars.A: this is a list, but has to be a text",
    );
    fails("envs: {a: {vars: {A: \"\\0\"}}}\n", "envs.yaml: line 1, column 22: envs.a.vars.A: it holds a NUL character");
    fails(
        "envs: {a: {kube: {namespace: x}}}\n",
        "envs.yaml: line 1, column 18: envs.a.kube: `context` is missing: the name of a context of your kubeconfig",
    );
    fails(
        "envs: {\"a b\": {}}\n",
        "envs.yaml: line 1, column 8: envs: the name \"a b\" may not have blanks, `/` or control characters in it",
    );
    fails("envs: {\"\": {}}\n", "envs.yaml: line 1, column 8: envs: Environment name cannot be empty");
    for name in ["a/b", "\\u0007", "\\u202e", "\\n"] {
        assert!(parse(&format!("envs: {{\"{name}\": {{}}}}\n")).is_err(), "{name}");
    }
    assert!(
        parse("envs: {a: {guard_commands: [\"a[\"]}}\n")
            .unwrap_err()
            .to_string()
            .contains("envs.a.guard_commands[0]: ")
    );
    assert!(parse("envs:\n  a: {}\n  a: {}\n").unwrap_err().to_string().starts_with("envs.yaml: line 3, "));
}

#[test]
fn what_would_be_mistaken_for_something_else_is_a_mistake() {
    for odd in ["\\x1e", "\\x1f"] {
        fails(
            &format!("envs: {{a: {{vars: {{A: \"x{odd}\"}}}}}}\n"),
            "envs.yaml: line 1, column 22: envs.a.vars.A: U+001E and U+001F cannot be in a value: what is started here could not be told that it is not its own",
        );
    }
    fails(
        "envs: {\"?\": {}}\n",
        "envs.yaml: line 1, column 8: envs: the name `?` is what is shown where nobody knows which environment holds",
    );
}

#[test]
fn slips_are_warnings() {
    let envs = parse("env: {}\nenvs:\n  a:\n    extnds: b\n    kube: {context: x, namespce: y}\n    tags: [x]\n    guard_commands: ['k* x']\n").unwrap();
    let expected = [
        "envs.yaml: line 1, column 1: env: unknown key, without effect; did you mean: envs?",
        "envs.yaml: line 4, column 5: envs.a.extnds: a key of your own; did you mean `extends`?",
        "envs.yaml: line 5, column 24: envs.a.kube.namespce: unknown key, without effect; did you mean: namespace?",
        "envs.yaml: line 6, column 5: envs.a.tags: only texts, numbers and booleans can be used as {{env.KEY}}: this has no effect; did you mean `vars`?",
        "envs.yaml: line 7, column 22: envs.a.guard_commands[0]: the command word is a pattern: it guards what has rules or is known, but can wrap nothing by itself",
    ];
    assert_eq!(envs.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    assert_eq!(envs.get("a").unwrap().value("extnds"), Some("b"));
}

/// A chain as long as the file is no deep recursion, and 10,000 lines are no reason to wait.
#[test]
fn a_long_file_is_read_fast() {
    let mut text = String::from("envs:\n  e0: {guard: confirm}\n");
    for number in 1..1000 {
        let lines = format!("  e{number}:\n    extends: e{}\n    vars:\n      A{number}: x\n", number - 1);
        text += &lines;
        text += &(0..6).map(|key| format!("    key{key}: {number}.10\n")).collect::<String>();
    }
    let clock = Clock::default();
    let before = clock.instant();
    let envs = parse(&text).unwrap();
    let took = clock.instant().duration_since(before);
    assert_eq!(envs.get("e999").unwrap().vars.len(), 999);
    // Unoptimised, on a busy machine; `cargo bench envs` has the figure that counts.
    assert!(took < Duration::from_secs(5), "{took:?}");
}
