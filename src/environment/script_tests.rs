use std::io::ErrorKind;
use std::process::Command;

use proptest::prelude::*;

use super::*;
use crate::base::clock::Clock;

fn made(envs: &str, rules: &str, env: &str, overlay: Option<&str>) -> Script {
    let envs = Envs::parse(Path::new("envs.yaml"), envs.as_bytes()).unwrap();
    let rules = Rules::parse(Path::new("p.yaml"), rules.as_bytes()).unwrap();
    script(&rules, envs.get(env), overlay.map(Path::new), &[""; 0])
}

const RULES: &str = "
- {command: aws, strategy: env_vars, vars: {P: '{{env}}', Q: ~}}
- {command: aws, strategy: env_vars, vars: {P: last}, when: {env: [dev]}}
- {command: by-pane, strategy: env_vars, vars: {P: '{{pane}}'}}
- {command: by-flag, strategy: env_vars, vars: {P: x}, skip_if_flag: -x}
- {command: by-kube, strategy: env_vars, vars: {KUBECONFIG: x}}
- {command: missing, strategy: env_vars, vars: {P: '{{env.x}}'}}
- {command: mixed, strategy: env_vars, vars: {P: x}}
- {command: mixed, prefix: nice}
- {command: [cd, 'a b', 'x;y', '-z'], prefix: nice}
- {command: elsewhere, prefix: nice, when: {env: [other]}}
- {preset: helm}
";

#[test]
fn it_says_what_the_environment_means() {
    let envs = "envs: {dev: {vars: {A: \"it's\\\\\", B: ~}}, other: {}}";
    let script = made(envs, RULES, "dev", Some("/run/a b"));
    let sh = r"__pintle_set PINTLE_ENV 'dev'
__pintle_set A 'it'\''s\'
__pintle_unset B
__pintle_kube '/run/a b'
__pintle_wrap aws vars P 'last' -u Q
__pintle_wrap by-flag run
__pintle_wrap by-kube run
__pintle_wrap by-pane run
__pintle_wrap missing run
__pintle_wrap mixed run
";
    assert_eq!(script.sh, sh);
    assert_eq!(script.fish, sh.replace(r"'it'\''s\'", r"'it\'s\\'"));
    assert_eq!(script.hash.len(), 16);
    assert_eq!(script, made(envs, RULES, "dev", Some("/run/a b")));
    assert_ne!(script.hash, made(envs, RULES, "dev", Some("/run/a")).hash);
    assert_ne!(made("envs: {a: {}, b: {}}", "", "a", None).hash, made("envs: {a: {}, b: {}}", "", "b", None).hash);
    let none = made(envs, RULES, "", None);
    assert!(none.sh.starts_with("__pintle_wrap aws run\n__pintle_wrap by-flag run\n"), "{}", none.sh);
    assert!(!none.sh.contains("elsewhere") && !none.sh.contains("helm"), "{}", none.sh);
}

#[test]
fn what_is_guarded_runs_through_us() {
    let script = made("envs: {dev: {guard: confirm, guard_commands: [flux]}}", RULES, "dev", None);
    for name in ["aws", "flux", "git", "kubectl", "psql"] {
        assert!(script.sh.contains(&format!("__pintle_wrap {name} run\n")), "{name}: {}", script.sh);
    }
    let locked = made("envs: {dev: {guard: locked}}", "- {command: x, strategy: env_vars, vars: {P: y}}", "dev", None);
    assert!(locked.sh.contains("__pintle_wrap x run\n"), "{}", locked.sh);
    let pattern = made(
        "envs: {dev: {guard: confirm, guard_commands: ['x*']}}",
        "- {command: xy, strategy: env_vars, vars: {P: y}}",
        "dev",
        None,
    );
    assert!(pattern.sh.contains("__pintle_wrap xy run\n"), "{}", pattern.sh);
    let other = made("envs: {dev: {guard: confirm}}", "- {command: xy, strategy: env_vars, vars: {P: y}}", "dev", None);
    assert!(other.sh.contains("__pintle_wrap xy vars P 'y'\n"), "{}", other.sh);
}

/// What a shell that reads the script calls: the words of `__pintle_set`, each with a NUL behind it. `None` where the shell is missing.
fn read_by(shell: &str, text: &str) -> Option<Vec<u8>> {
    let (define, flags): (&str, &[&str]) = match shell {
        "fish" => ("function __pintle_set; printf '%s\\0' $argv; end\n", &["--no-config", "-c"]),
        "zsh" => ("function __pintle_set { printf '%s\\0' \"$@\"; }\n", &["-f", "-c"]),
        _ => ("function __pintle_set { printf '%s\\0' \"$@\"; }\n", &["--norc", "-c"]),
    };
    let output = match Command::new(shell).args(flags).arg(format!("{define}{text}")).output() {
        Ok(output) => output,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => panic!("{shell}: {error}"),
    };
    assert!(output.status.success(), "{shell}: {}", String::from_utf8_lossy(&output.stderr));
    Some(output.stdout)
}

#[test]
fn shells_read_what_was_meant() {
    let hostile = [
        "",
        "'",
        "''",
        "'''",
        "\\",
        "\\'",
        "\\\\'",
        "$HOME",
        "$(touch /tmp/pwned)",
        "`x`",
        "a\nb",
        "\n",
        "!x",
        "!!",
        "\t",
        "~",
        "*",
        "é日",
        "\"",
        "a;b",
        "#",
        "\\n",
        "%s",
        "-x",
        "--",
        "{a,b}",
        "(x)",
        "\u{7f}\u{1b}[0m",
        "a'b\\",
        "'; rm -rf / #",
    ];
    let mut text = Text::default();
    for value in hostile {
        text.set("A", value);
    }
    let expected: Vec<u8> = hostile.iter().flat_map(|value| [b"A\0", value.as_bytes(), b"\0"].concat()).collect();
    for (shell, text) in [("bash", &text.sh), ("zsh", &text.sh), ("fish", &text.fish)] {
        match read_by(shell, text) {
            Some(got) => assert_eq!(String::from_utf8_lossy(&got), String::from_utf8_lossy(&expected), "{shell}"),
            None => eprintln!("{shell} is not installed: not tried"),
        }
    }
}

#[test]
fn the_commands_in_it() {
    let mut text = Text::default();
    text.set("A", "it's\n__pintle_wrap fake run\n\\");
    text.line(&["__pintle_wrap", "kubectl", "run"].map(Word::Plain));
    text.wrap("aws", &Variables::from([("X", Some("1".into()))]));
    text.wrap("helm", &Variables::new());
    let expected = [("kubectl", Wrapped::Runs), ("aws", Wrapped::Sets), ("helm", Wrapped::Looks)];
    assert_eq!(wrapped_in(&text.sh), expected);
    assert_eq!(wrapped_in("__pintle_wrap"), []);
}

#[test]
fn commands_of_other_environments_look_again() {
    let rules =
        Rules::parse(Path::new("p"), b"- {command: kubectl, strategy: args_append, config: {args: [x]}}").unwrap();
    let script = script(&rules, None, None, &["aws", "cd", "kubectl"]);
    assert_eq!(script.sh, "__pintle_wrap kubectl run\n__pintle_wrap aws vars\n");
    assert_eq!(script.fish, script.sh);
}

#[test]
fn what_nobody_describes_goes_to_run() {
    let rules = Rules::parse(Path::new("p.yaml"), RULES.as_bytes()).unwrap();
    let script = refusing("prod", &rules, &["of-a-guard", "cd"]);
    for name in ["aws", "elsewhere", "kubectl", "helm", "terraform", "docker", "psql", "git", "of-a-guard"] {
        assert!(script.sh.contains(&format!("__pintle_wrap {name} run\n")), "{name}: {}", script.sh);
    }
    let (first, rest) = script.sh.split_once('\n').unwrap();
    assert_eq!(first, "__pintle_set PINTLE_ENV 'prod?'", "nothing that looks as if prod were applied");
    assert!(rest.lines().all(|line| line.starts_with("__pintle_wrap ") && line.ends_with(" run")), "{rest}");
    assert_eq!(script.fish, script.sh);
    assert!(refusing("?", &rules, &["x"]).sh.starts_with("__pintle_set PINTLE_ENV '?'\n"));
    assert_eq!(script, refusing("prod", &rules, &["of-a-guard"]));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn bash_reads_any_value(values in prop::collection::vec("[^\\x00]{0,20}", 1..20)) {
        let mut text = Text::default();
        values.iter().for_each(|value| text.set("A", value));
        let expected: Vec<u8> = values.iter().flat_map(|value| [b"A\0", value.as_bytes(), b"\0"].concat()).collect();
        prop_assert_eq!(read_by("bash", &text.sh), Some(expected));
    }
}

/// Environments and rules, from numbers: which key, guard and command an environment has, and where a rule applies.
fn files(envs: &[(u8, u8)], rules: &[(u8, u8)]) -> (Envs, Rules) {
    let mut envs_text = String::from("envs:\n");
    for (at, (key, guard)) in envs.iter().enumerate() {
        let guard_word = Level::WORDS[usize::from(guard % 5)].0;
        let key = ["x", "aws_profile", "kube_context"][usize::from(key % 3)];
        let _ = writeln!(envs_text, "  e{at}: {{{key}: v, guard: {guard_word}, guard_commands: [g{guard}]}}");
    }
    let mut rules_text = String::from("prefixes:\n");
    for (at, (shape, env)) in rules.iter().enumerate() {
        let when = format!("when: {{env: [e{env}, e{}]}}", env.wrapping_add(1));
        let _ = match shape % 4 {
            0 => writeln!(rules_text, "- {{command: c{at}, prefix: nice}}"),
            1 => writeln!(rules_text, "- {{command: c{at}, prefix: nice, {when}}}"),
            2 => writeln!(rules_text, "- {{preset: aws, {when}}}"),
            _ => writeln!(rules_text, "- {{preset: kubectl}}"),
        };
    }
    let envs = Envs::parse(Path::new("e"), if envs.is_empty() { b"" } else { envs_text.as_bytes() }).unwrap();
    (envs, Rules::parse(Path::new("p"), if rules.is_empty() { b"" } else { rules_text.as_bytes() }).unwrap())
}

proptest! {
    #[test]
    fn anywhere_is_in_any_environment_or_in_none(
        envs in prop::collection::vec((any::<u8>(), any::<u8>()), 0..5),
        rules in prop::collection::vec((any::<u8>(), 0u8..6), 0..6),
    ) {
        let (envs, rules) = files(&envs, &rules);
        let each = envs.iter().map(Some).chain([None]).flat_map(|env| wrapped_commands(&rules, env));
        prop_assert_eq!(wrapped_anywhere(&rules, &envs), each.collect::<BTreeSet<_>>());
    }
}

/// Many of both take about as long as many of the one and many of the other. A product would take a thousand times as long.
#[test]
fn environments_are_not_multiplied_by_rules() {
    let many_envs: Vec<(u8, u8)> = (0..2_500u32).map(|at| (0, (at % 5) as u8)).collect();
    let many_rules: Vec<(u8, u8)> = (0..1_000u32).map(|at| (at as u8, (at % 200) as u8)).collect();
    let took = |(envs, rules): &(Envs, Rules)| {
        let once = || {
            let start = Clock::System.instant();
            assert!(wrapped_anywhere(rules, envs).len() > 1);
            Clock::System.instant() - start
        };
        // The quickest: what disturbs a run makes it longer.
        (0..9).map(|_| once()).min().unwrap()
    };
    let (few_rules, few_envs) = (files(&many_envs, &many_rules[..4]), files(&many_envs[..2], &many_rules));
    let apart = took(&few_rules) + took(&few_envs);
    let both = took(&files(&many_envs, &many_rules));
    assert!(both < apart * 20, "{both:?} for both, {apart:?} for each alone");
}
