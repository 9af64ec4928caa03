use proptest::prelude::{prop, proptest};
use serde_json::json;

use super::*;

fn parse(text: &str) -> Result<Rules, YamlError> {
    Rules::parse(Path::new("p.yaml"), text.as_bytes())
}

/// Rules as lines: where from, strategy, command.
fn shown(rules: &Rules) -> Vec<String> {
    rules.iter().map(|rule| format!("{} {} {}", rule.source, rule.strategy, rule.command)).collect()
}

#[track_caller]
fn fails(text: &str, expected: &str) {
    assert_eq!(parse(text).unwrap_err().to_string(), expected, "{text}");
}

#[test]
fn every_shape_is_read() {
    let list = "
- {command: a, strategy: env_vars, config: {vars: {A: x, B: ~}}}
- {command: a, strategy: env_vars, config: {A: x}}
- {command: a, strategy: env_vars, vars: {A: 1.10}}
- {command: b, strategy: args_prepend, config: {args: [-x, 1], after: [one, two]}}
- {command: b, strategy: args_append, args: \"-x '{{ env }} 1'\", after: one two}
- {command: b, strategy: args_prepend, config: [-x], position: after-subcommand}
- {command: b, strategy: args_prepend, config: -x, position: 2}
- {command: [c, d], prefix: \"sudo -u {{ env.user }}\"}
- {command: c, strategy: wrapper, config: {command: [nice, -n, 5]}}
- {command: c, strategy: wrapper, config: time, when: {env: prod}, skip_if_flag: [-x, --yes]}
- preset: helm
";
    let bare = parse(list).unwrap();
    let expected = [
        "p.yaml:2 env_vars a",
        "p.yaml:3 env_vars a",
        "p.yaml:4 env_vars a",
        "p.yaml:5 args_prepend b",
        "p.yaml:6 args_append b",
        "p.yaml:7 args_prepend b",
        "p.yaml:8 args_prepend b",
        "p.yaml:9 wrapper c",
        "p.yaml:9 wrapper d",
        "p.yaml:10 wrapper c",
        "p.yaml:11 wrapper c",
        "p.yaml:12 (preset helm) env_vars helm",
        "p.yaml:12 (preset helm) env_vars helm",
    ];
    assert_eq!(shown(&bare), expected);
    assert_eq!(bare.warnings(), []);
    assert_eq!(bare.commands(), ["a", "b", "c", "d", "helm"]);
    assert_eq!(bare.for_command("c").count(), 3);
    let keyed = parse(&format!("prefixes:{}", list.replace('\n', "\n  "))).unwrap();
    assert_eq!(shown(&keyed), expected);
    for empty in ["", "prefixes:", "[]", "prefixes: []"] {
        assert_eq!(parse(empty).unwrap().iter().count(), 0, "{empty}");
    }
}

#[test]
fn mistakes_name_their_place() {
    fails(
        "- {command: a}\n",
        "p.yaml: line 1, column 3: [0]: `strategy` is missing: args_append, args_prepend, env_vars or wrapper",
    );
    fails(
        "- {command: a, strategy: env_var}\n",
        "p.yaml: line 1, column 26: [0].strategy: unknown word `env_var`; did you mean: env_vars?",
    );
    fails("- {strategy: wrapper, prefix: x}\n", "p.yaml: line 1, column 3: [0]: `command` is missing");
    fails(
        "- {prefix: x, comand: y}\n",
        "p.yaml: line 1, column 15: [0]: `command` is missing; is it what `comand` means?",
    );
    fails(
        "- {command: /bin/a, prefix: x}\n",
        "p.yaml: line 1, column 13: [0].command: \"/bin/a\" is no file name: a command is known by the last part of its path",
    );
    fails(
        "- {command: pintle, prefix: x}\n",
        "p.yaml: line 1, column 13: [0].command: pintle calls itself by this name",
    );
    fails(
        "prefixes:\n- {command: a, strategy: env_vars, vars: {PINTLE_BYPASS: x}}\n",
        "p.yaml: line 2, column 43: prefixes[0].vars.PINTLE_BYPASS: `PINTLE_BYPASS` belongs to pintle",
    );
    fails(
        "- {command: a, strategy: env_vars, vars: {A: '${HOME}'}}\n",
        "p.yaml: line 1, column 46: [0].vars.A: unknown `${HOME}`; known are: env, env.KEY, pane, tmux_pane, cwd; write `$${` if it is meant as text",
    );
    fails("- {command: a, prefix: \"x 'y\"}\n", "p.yaml: line 1, column 24: [0].prefix: a quote is not closed");
    fails("- {command: a, prefix: []}\n", "p.yaml: line 1, column 24: [0].prefix: there are none");
    fails(
        "- {command: a, strategy: args_append, args: x, config: {args: y}}\n",
        "p.yaml: line 1, column 45: [0].args: it is said twice: under `config` and here",
    );
    fails(
        "- {command: a, strategy: wrapper}\n",
        "p.yaml: line 1, column 3: [0]: `prefix` is missing: the words in front",
    );
    fails(
        "- {command: a, strategy: env_vars, vars: {A: x}, position: end}\n",
        "p.yaml: line 1, column 60: [0].position: `position` is for arguments, `env_vars` has none",
    );
    fails(
        "- {command: a, strategy: args_append, args: x, position: ende}\n",
        "p.yaml: line 1, column 58: [0].position: unknown word `ende`; did you mean: end?",
    );
    fails(
        "- {command: a, prefix: x, skip_if_flag: yes}\n",
        "p.yaml: line 1, column 41: [0].skip_if_flag: \"yes\" is no flag: it begins with `-` and has no `=`",
    );
}

#[test]
fn mistakes_of_presets_and_shapes_name_their_place() {
    fails(
        "- {preset: kubctl}\n",
        "p.yaml: line 1, column 12: [0].preset: unknown word `kubctl`; did you mean: kubectl?",
    );
    fails(
        "- {preset: aws, config: {profil: x}}\n",
        "p.yaml: line 1, column 26: [0].config: preset `aws` has no `profil`; did you mean: profile?",
    );
    fails(
        "- {preset: aws, args: x}\n",
        "p.yaml: line 1, column 23: [0].args: a preset has its own; write a rule of your own instead",
    );
    fails("- x\n", "p.yaml: line 1, column 3: [0]: this is a text, but has to be a map");
    fails("x\n", "p.yaml: line 1, column 1: this is a text, but has to be a map");
    fails(
        "- {command: a, strategy: args_append, prefix: x}\n",
        "p.yaml: line 1, column 47: [0].prefix: `prefix` is for `wrapper`, but `strategy` is `args_append`",
    );
}

#[test]
fn slips_are_warnings() {
    let rules = parse("prefixs: []\nprefixes:\n- {command: a, prefix: x, wen: {}}\n- {command: a, prefix: x, when: {envs: [b]}}\n- {command: b, strategy: args_append, config: {args: x, aftr: y}}\n- {command: b, prefix: x, when: {env: [prd]}}\n").unwrap();
    let expected = [
        "p.yaml: line 1, column 1: prefixs: unknown key, without effect; did you mean: prefixes?",
        "p.yaml: line 3, column 27: prefixes[0].wen: unknown key, without effect; did you mean: when?",
        "p.yaml: line 4, column 34: prefixes[1].when.envs: unknown key, without effect; did you mean: env?",
        "p.yaml: line 5, column 57: prefixes[2].config.aftr: unknown key, without effect; did you mean: after?",
    ];
    assert_eq!(rules.warnings().iter().map(ToString::to_string).collect::<Vec<_>>(), expected);
    let envs = Envs::parse(Path::new("e"), b"envs: {prod: {}}").unwrap();
    assert_eq!(
        rules.unknown_environments(&envs).iter().map(ToString::to_string).collect::<Vec<_>>(),
        ["p.yaml: line 6, column 39: when.env: unknown environment `prd`; did you mean: prod?"]
    );
}

#[test]
fn rules_are_registered_and_taken_away() {
    let mut rules = parse("- {command: a, prefix: x}\n").unwrap();
    let rule = |owner: &str, strategy: &str, config| Rule::registered(owner, "a", strategy, &config);
    rules.add(rule("gear", "wrapper", json!("nice -n 5")).unwrap()).unwrap();
    rules
        .add(rule("gear", "args_append", json!({"args": ["-x"], "after": ["y"], "when": {"env": "prod"}})).unwrap())
        .unwrap();
    rules.add(rule("other", "env_vars", json!({"A": 1, "when": "x"})).unwrap()).unwrap();
    let conflict = rules.add(rule("other", "wrapper", json!(["time"])).unwrap()).unwrap_err();
    assert!(matches!(conflict, RuleError::Conflict { .. }));
    assert_eq!(conflict.to_string(), "`a` has a wrapper rule by gear already");
    rules.add(rule("gear", "wrapper", json!({"command": ["time"]})).unwrap()).unwrap();
    assert_eq!(
        shown(&rules),
        [
            "p.yaml:1 wrapper a",
            "registered by gear wrapper a",
            "registered by gear args_append a",
            "registered by other env_vars a"
        ]
    );
    assert_eq!(rules.remove("a", Some(Strategy::Wrapper), Some("other")), 0);
    assert_eq!(rules.remove("b", None, None), 0);
    assert_eq!(rules.remove("a", Some(Strategy::Wrapper), None), 1);
    assert_eq!(rules.remove("a", None, None), 2);
    assert_eq!(shown(&rules), ["p.yaml:1 wrapper a"]);
    #[track_caller]
    fn fails(strategy: &str, config: serde_json::Value, expected: &str) {
        assert_eq!(Rule::registered("o", "a", strategy, &config).unwrap_err().to_string(), expected);
    }
    fails("wraper", json!("x"), "rule for `a`: strategy: unknown word `wraper`; did you mean: wrapper?");
    fails("wrapper", json!({}), "rule for `a`: `prefix` is missing: the words in front");
    fails(
        "env_vars",
        json!({"A B": "x"}),
        "rule for `a`: config.A B: \"A B\" is no name of a variable: letters, digits and `_`, no digit first",
    );
    fails("args_append", json!({"args": ["\0"]}), "rule for `a`: config.args[0]: it holds a NUL character");
    fails("env_vars", json!(null), "rule for `a`: `vars` is missing: the variables to set");
}

proptest! {
    #[test]
    fn no_text_breaks_it(text in "[ -~\n]{0,80}", key in prop::sample::select(vec!["config", "prefix", "args", "when", "position"])) {
        let _ = parse(&text);
        let _ = parse(&format!("- {{command: a, strategy: args_append, {key}: {text}}}\n"));
    }
}
