use super::*;
use crate::cli::import::tree_of;

fn plan_of(files: &[(&str, &str)]) -> Plan {
    plan(&tree_of(files))
}

fn text<'a>(plan: &'a Plan, name: &str) -> &'a str {
    &plan.files.iter().find(|file| file.path == Path::new(name)).unwrap().text
}

fn left(plan: &Plan) -> Vec<&str> {
    plan.left.iter().map(|left| left.what.as_str()).collect()
}

/// As its documentation has it.
const ENVS: &str = "\
# Axium Environment Configuration

envs:
  # Root/production environment
  root:
    prefix: enva-root
    aws_profile: root
    color: teal
    account: \"0123\"
";

const PREFIXES: &str = "\
prefixes:
  # AWS CLI
  - command: aws
    prefix: ${env.prefix}
";

#[test]
fn what_is_the_same_is_copied_with_its_comments() {
    let hud = "# mine\nstyle: {wrapper: {prefix: '<', suffix: '>'}}\n";
    let plan = plan_of(&[("envs.yaml", ENVS), ("prefixes.yaml", PREFIXES), ("hud.yaml", hud)]);
    assert_eq!(text(&plan, "envs.yaml"), ENVS);
    assert_eq!(text(&plan, "prefixes.yaml"), PREFIXES);
    assert_eq!(text(&plan, "hud.yaml"), hud);
    assert!(plan.left.is_empty() && plan.files.iter().all(|file| file.changes.is_empty()), "{plan:?}");
    assert!(plan.notes[0].contains("pintle env set --global NAME"), "{:?}", plan.notes);
    assert_eq!(plan.programs.iter().collect::<Vec<_>>(), ["enva-root"]);
}

#[test]
fn what_pintle_reads_otherwise_becomes_a_comment() {
    let envs = "envs:\n  prod:\n    kube: blue\n    region: eu\n    guard: [a]\n  two words:\n    x: 1\n  dev:\n    extends: two words\n";
    let plan = plan_of(&[("envs.yaml", envs)]);
    let expected = "envs:\n  prod:\n#     kube: blue\n    region: eu\n#     guard: [a]\n#   two words:\n#     x: 1\n  dev:\n#     extends: two words\n";
    assert_eq!(text(&plan, "envs.yaml"), expected);
    assert_eq!(left(&plan), ["envs.yaml, line 3", "envs.yaml, line 5", "envs.yaml, lines 6 to 7", "envs.yaml, line 9"]);
    assert!(plan.left[0].why.contains("envs.prod.kube: this is a text, but has to be a map"), "{:?}", plan.left[0]);
}

#[test]
fn half_a_rule_is_no_rule() {
    let rules =
        "prefixes:\n  - command: aws\n    prefix: ${HOME}/x\n    when: {env: [a]}\n  - command: ls\n    prefix: nice\n";
    let plan = plan_of(&[("prefixes.yaml", rules)]);
    assert_eq!(
        text(&plan, "prefixes.yaml"),
        "prefixes:\n#   - command: aws\n#     prefix: ${HOME}/x\n#     when: {env: [a]}\n  - command: ls\n    prefix: nice\n"
    );
    assert_eq!(left(&plan), ["prefixes.yaml, lines 2 to 4"]);
}

#[test]
fn rules_are_made_for_the_environments_there_are() {
    let envs = "envs:\n  a: {prefix: 'vault exec a --'}\n";
    let plan = plan_of(&[("envs.yaml", envs), ("prefixes.yaml", PREFIXES)]);
    assert!(text(&plan, "prefixes.yaml").contains("prefix: [\"vault\",\"exec\",\"a\",\"--\"]"), "{plan:?}");
    assert_eq!(plan.files[1].changes, ["line 3: the rule for `aws` is a rule for each environment"]);
}

#[test]
fn a_file_that_is_no_yaml_stays_behind() {
    let plan = plan_of(&[("envs.yaml", "envs: [\n"), ("prefixes.yaml", "a: {\n"), ("hud.yaml", "}")]);
    assert!(plan.files.is_empty());
    assert_eq!(left(&plan), ["envs.yaml", "prefixes.yaml", "hud.yaml"]);
    assert!(plan.left[0].why.starts_with("line "), "{:?}", plan.left[0]);
}

#[test]
fn what_has_no_place_is_named_and_leftovers_are_not() {
    let plan = plan_of(&[
        ("spokes", "/"),
        ("spokes/aws", "/"),
        ("gears", "/"),
        ("gears/ansible", "/"),
        ("gears/.gear_metadata.json", "{}"),
        ("overrides", "/"),
        ("overrides/creds.yaml", "a: 1"),
        ("overrides/permissions", "/"),
        ("permissions.yaml", ""),
        ("state.json", r#"{"active_env": "prod"}"#),
        ("axiumd.log", "x"),
        ("axiumd.pid", "1"),
        ("completions.json", "{}"),
        ("notes.md", "x"),
    ]);
    assert_eq!(
        left(&plan),
        [
            "gears/ansible",
            "notes.md",
            "overrides/creds.yaml",
            "overrides/permissions",
            "permissions.yaml",
            "spokes/aws",
            "state.json"
        ]
    );
    assert!(plan.left[6].why.contains("pintle env set --global prod"));
    assert!(plan.files.is_empty() && plan.notes.is_empty());
}
