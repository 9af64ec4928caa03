use std::path::Path;

use super::*;
use crate::environment::prefix::Rules;

const ENVS: &str = "
envs:
  dev: {prefix: enva-dev, vault: 'aws-vault exec dev --', cluster: blue, host: 'tcp://d:1'}
  prod: {prefix: enva-prod, vault: 'aws-vault exec prod --', quoted: \"it's\", host: 'tcp://p:1'}
  local: {prefix: '', cost: '$5 {{x}}', vault: 'aws-vault exec dev --'}
";

#[track_caller]
fn rewritten(text: &str) -> Rewritten {
    let envs = Envs::parse(Path::new("envs.yaml"), ENVS.as_bytes()).unwrap();
    let document = Node::parse(Path::new("prefixes.yaml"), text).unwrap();
    let rewritten = rewrite(text, &document, &envs);
    Rules::parse(Path::new("prefixes.yaml"), rewritten.text.as_bytes()).unwrap();
    rewritten
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(rewritten(text).text, expected);
}

#[test]
fn a_rule_whose_values_are_words_stays() {
    for text in [
        "prefixes:\n  # why\n  - command: kubectl\n    prefix: \"ctx-${env.cluster:-none} --\"\n",
        "- {command: aws, prefix: aws-vault exec x --}",
        "prefixes:\n- command: a\n  strategy: args_append\n  config: {args: [x]}\n",
        "",
    ] {
        check(text, text);
    }
}

#[test]
fn a_value_of_several_words_or_none_is_a_rule_an_environment() {
    check(
        "prefixes:\n  # aws\n  - command: aws\n    prefix: ${env.vault}  # long\n\n  - command: ls\n    prefix: nice\n",
        "prefixes:\n  # aws\n#   - command: aws\n#     prefix: ${env.vault}  # long\n\
         \x20 - command: \"aws\"\n    prefix: [\"aws-vault\",\"exec\",\"dev\",\"--\"]\n    when: {env: [\"dev\",\"local\"]}\n\
         \x20 - command: \"aws\"\n    prefix: [\"aws-vault\",\"exec\",\"prod\",\"--\"]\n    when: {env: [\"prod\"]}\n\
         \n  - command: ls\n    prefix: nice\n",
    );
    check(
        "- command: aws\n  prefix: ${env.prefix}",
        "# - command: aws\n#   prefix: ${env.prefix}\n\
         - command: \"aws\"\n  prefix: [\"enva-dev\"]\n  when: {env: [\"dev\"]}\n\
         - command: \"aws\"\n  prefix: [\"enva-prod\"]\n  when: {env: [\"prod\"]}\n",
    );
    check(
        "- command: aws\n  prefix: run ${env.cost}",
        "# - command: aws\n#   prefix: run ${env.cost}\n\
         - command: \"aws\"\n  prefix: [\"run\",\"$$5\",\"{{{{x}}\"]\n  when: {env: [\"local\"]}\n\
         - command: \"aws\"\n  prefix: [\"run\",\"${env.cost}\"]\n  when: {env: [\"dev\",\"prod\"]}\n",
    );
}

#[test]
fn a_variable_in_front_is_set() {
    check(
        "- command: docker\n  prefix: DOCKER_HOST=${env.host} nice -n 5\n",
        "# - command: docker\n#   prefix: DOCKER_HOST=${env.host} nice -n 5\n\
         - command: \"docker\"\n  strategy: env_vars\n  vars: {\"DOCKER_HOST\":\"${env.host}\"}\n\
         - command: \"docker\"\n  prefix: [\"nice\",\"-n\",\"5\"]\n",
    );
}

#[test]
fn what_will_be_different_is_said() {
    #[track_caller]
    fn notes(text: &str, expected: &[&str]) {
        let found = rewritten(text).notes;
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for (note, part) in found.iter().zip(expected) {
            assert!(note.contains(part), "{found:?}");
        }
    }
    notes("- {command: k, prefix: 'x ${env.cluster}'}", &["no value in local, prod"]);
    notes("- {command: a, prefix: x}\n- {command: a, prefix: y}", &["line 2: line 1 has a rule for `a` too"]);
    notes("- {command: docker, prefix: docker --tls}", &["begins with the command itself"]);
    // What cannot be written anew is left as it was.
    notes("[{command: a, prefix: '${env.prefix}'}]", &["apart into words"]);
    notes("- command: a\n  prefix: ${env.prefix} ${tmux_pane}\n", &["apart into words"]);
    notes("- command: a\n  prefix: ${env.prefix}\n  when: {env: [dev]}\n", &["apart into words"]);
}

#[test]
fn programs_are_known() {
    let text = "- {command: a, prefix: X=1 nice}\n- {command: b, prefix: '${env.prefix}'}\n- {command: c, prefix: A=1}";
    let found = rewritten(text).programs;
    assert_eq!(found.iter().map(String::as_str).collect::<Vec<_>>(), ["enva-dev", "enva-prod", "nice"]);
}

#[test]
fn words_of_a_value() {
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        assert_eq!(split(text), expected, "{text}");
    }
    check("a 'b c' d\\ e", &["a", "b c", "d e"]);
    check("a #b # c#d", &["a", "#b", "#", "c#d"]);
    check(r##"'x #y' "x #y" \"#z"##, &["x #y", "x #y", "\"#z"]);
    check(r##""a\" #b" #c"##, &["a\" #b", "#c"]);
    check(r"'a\' #b", &["a\\", "#b"]);
    check(r"a\\ #b", &["a\\", "#b"]);
    check("it's #1", &["it's", "#1"]);
    check("", &[]);
}
