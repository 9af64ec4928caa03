use proptest::prelude::*;

use super::*;
use crate::environment::envs::Envs;

const ENVS: &str = "
envs:
  prod:
    account: 0042
    kube_context: p-ctx
    aws_profile: p-aws
    vars: {A: env, B: env, C: ~}
    kube: {context: k}
    guard: confirm
  dev: {}
";

fn resolved<T>(rules: &str, env: &str, line: &str, see: impl FnOnce(Result<Resolved<'_>, ResolveError>) -> T) -> T {
    let rules = Rules::parse(Path::new("p.yaml"), rules.as_bytes()).unwrap();
    let envs = Envs::parse(Path::new("envs.yaml"), ENVS.as_bytes()).unwrap();
    let argv: Vec<OsString> = shell_words::split(line).unwrap().into_iter().map(OsString::from).collect();
    let call = Call { argv: &argv, pane: Some("%3"), cwd: Some(Path::new("/w")) };
    see(resolve(&rules, envs.get(env), &call))
}

fn line(resolved: &Resolved<'_>) -> String {
    resolved.argv.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

#[track_caller]
fn check(rules: &str, call: &str, expected: &str) {
    resolved(rules, "prod", call, |got| assert_eq!(line(&got.unwrap()), expected, "{rules}"));
}

/// Variables as words: `A=x`, `-B`.
fn vars(resolved: &Resolved<'_>) -> String {
    let set = resolved.env_vars.iter().map(|(name, value)| format!("{name}={}", value.to_string_lossy()));
    set.chain(resolved.unset.iter().map(|name| format!("-{name}"))).collect::<Vec<_>>().join(" ")
}

#[test]
fn words_go_where_they_belong() {
    let prepend = "- {command: t, strategy: args_prepend, config: {args: [--one, x], after: [do, it]}}";
    check(prepend, "t", "t --one x");
    check(prepend, "t run", "t --one x run");
    check(prepend, "t do it now", "t do it --one x now");
    check(prepend, "t do not", "t --one x do not");
    check(prepend, "/usr/bin/t a", "/usr/bin/t --one x a");
    check(prepend, "tt a", "tt a");
    let append = "- {command: t, strategy: args_append, args: --end}";
    check(append, "t a b", "t a b --end");
    check(append, "t a -- b -- c", "t a --end -- b -- c");
    check(append, "t --", "t --end --");
    let at =
        |position: &str| format!("- {{command: kubectl, strategy: args_prepend, args: --x, position: {position}}}");
    check(&at("after-subcommand"), "kubectl -n y get pods", "kubectl -n y get --x pods");
    check(&at("after-subcommand"), "kubectl -v", "kubectl -v --x");
    check(&at("2"), "kubectl a b c", "kubectl a b --x c");
    check(&at("9"), "kubectl a -- b", "kubectl a --x -- b");
    check(&at("end"), "kubectl a", "kubectl a --x");
}

#[test]
fn all_rules_apply_in_order() {
    let rules = "
- {command: t, strategy: args_prepend, args: -a}
- {command: t, strategy: args_append, args: -y}
- {command: t, prefix: inner}
- {command: t, strategy: args_prepend, args: -b}
- {command: t, strategy: args_append, args: -z}
- {command: t, prefix: 'outer {{env}} {{pane}} {{cwd}}', when: {env: [prod]}}
- {command: t, prefix: never, when: {env: [dev]}}
";
    check(rules, "t x", "outer prod %3 /w inner t -a -b x -y -z");
    resolved(rules, "prod", "t x", |got| {
        let got = got.unwrap();
        let applied: Vec<String> = got.applied.iter().map(|rule| rule.source.to_string()).collect();
        assert_eq!(applied, ["p.yaml:2", "p.yaml:3", "p.yaml:4", "p.yaml:5", "p.yaml:6", "p.yaml:7"]);
        let passed: Vec<String> = got.passed.iter().map(|(rule, why)| format!("{}: {why}", rule.source)).collect();
        assert_eq!(passed, ["p.yaml:8: it is for dev"]);
    });
}

#[test]
fn what_the_user_gave_wins() {
    let rules = "- {command: kubectl, strategy: args_prepend, args: [--context, p, -n, web]}";
    check(rules, "kubectl get", "kubectl --context p -n web get");
    check(rules, "kubectl get --context x", "kubectl -n web get --context x");
    check(rules, "kubectl get --context=x", "kubectl -n web get --context=x");
    check(rules, "kubectl get -n x", "kubectl --context p get -n x");
    check(rules, "kubectl get -nx", "kubectl --context p get -nx");
    check(rules, "kubectl get --namespace=x", "kubectl --context p get --namespace=x");
    check(rules, "kubectl exec x -- --context y", "kubectl --context p -n web exec x -- --context y");
    check(rules, "kubectl -n x --context y get", "kubectl -n x --context y get");
    let attached = "- {command: kubectl, strategy: args_prepend, args: [--context=p, -nweb]}";
    check(attached, "kubectl --context x get", "kubectl -nweb --context x get");
    check(attached, "kubectl -n x get", "kubectl --context=p -n x get");
    let skip = "- {command: t, strategy: args_prepend, args: [sub, --x], skip_if_flag: [-l, --local]}";
    check(skip, "t a --local=1", "t a --local=1");
    check(skip, "t a -lx", "t a -lx");
    check(skip, "t a --locale", "t sub --x a --locale");
    check(skip, "t a -- -l", "t sub --x a -- -l");
    resolved(skip, "prod", "t -l", |got| {
        let got = got.unwrap();
        assert_eq!((got.applied.len(), got.passed[0].1.to_string()), (0, "`-l` was given".to_owned()));
    });
}

#[test]
fn completions_are_left_alone() {
    let rules = "
- {command: kubectl, strategy: args_prepend, args: --context=p}
- {command: kubectl, strategy: args_prepend, args: -n web, after: [exec]}
- {command: kubectl, strategy: args_append, args: --end}
";
    check(rules, "kubectl __complete get ''", "kubectl __complete --context=p -n web --end get ");
    check(rules, "kubectl __complete exec ''", "kubectl __complete --context=p --end exec -n web ");
    check(rules, "kubectl __completeNoDesc exec", "kubectl __completeNoDesc --context=p -n web --end exec");
    check(rules, "kubectl __complete delete --context x ''", "kubectl __complete -n web --end delete --context x ");
    resolved(rules, "prod", "kubectl __complete delete ''", |got| assert_eq!(got.unwrap().verdict, Verdict::Free));
}

#[test]
fn variables_of_the_last_rule_win() {
    let rules = "
- {command: t, strategy: env_vars, vars: {B: rule, A: ~, C: '{{env.account}}'}}
- {command: t, strategy: env_vars, vars: {B: last, D: x}}
- {command: other, strategy: env_vars, vars: {KUBECONFIG: mine}}
";
    resolved(rules, "prod", "t", |got| {
        let got = got.unwrap();
        assert_eq!(vars(&got), "B=last C=0042 D=x -A");
        assert_eq!(got.kube.unwrap().context, "k");
    });
    resolved(rules, "prod", "no-rules", |got| assert_eq!(vars(&got.unwrap()), "A=env B=env -C"));
    resolved(rules, "prod", "other", |got| assert_eq!(got.unwrap().kube, None));
    resolved(rules, "none", "no-rules", |got| assert_eq!(vars(&got.unwrap()), ""));
}

#[test]
fn presets_do_what_their_tools_need() {
    let rules = "
- preset: kubectl
- preset: aws
- {preset: docker, config: {context: 'c-{{env}}', host: ~}}
";
    check(rules, "kubectl get pods", "kubectl --context=p-ctx get pods");
    check(rules, "kubectl -v 6 get", "kubectl --context=p-ctx -v 6 get");
    check(rules, "kubectl", "kubectl --context=p-ctx");
    check(rules, "kubectl ns x", "kubectl ns x");
    check(rules, "kubectl --context x get", "kubectl --context x get");
    resolved(rules, "prod", "kubectl ns x", |got| {
        let got = got.unwrap();
        let passed: Vec<String> = got.passed.iter().map(|(_, why)| why.to_string()).collect();
        let plugin = "this is a plugin, which may not know the flag";
        assert_eq!(passed, [plugin, "the environment has no `kube_namespace`"]);
    });
    let keys = "-AWS_ACCESS_KEY_ID -AWS_SECRET_ACCESS_KEY -AWS_SESSION_TOKEN";
    resolved(rules, "prod", "aws", |got| {
        assert_eq!(vars(&got.unwrap()), format!("A=env AWS_PROFILE=p-aws B=env {}", keys.to_owned() + " -C"));
    });
    resolved(rules, "dev", "aws", |got| assert_eq!(vars(&got.unwrap()), ""));
    resolved(rules, "dev", "docker ps", |got| assert_eq!(vars(&got.unwrap()), "DOCKER_CONTEXT=c-dev -DOCKER_HOST"));
    resolved(rules, "none", "docker ps", |got| {
        let error = got.unwrap_err().to_string();
        assert_eq!(
            error,
            "p.yaml:4 (preset docker): vars.DOCKER_CONTEXT of `docker`: `{{env}}` has no value: no environment is set here"
        );
    });
}

#[test]
fn what_is_missing_names_rule_and_key() {
    #[track_caller]
    fn check(rules: &str, expected: &str) {
        resolved(rules, "prod", "t", |got| assert_eq!(got.unwrap_err().to_string(), expected));
    }
    check(
        "- {command: t, strategy: args_append, args: [a, '{{env.x}}']}",
        "p.yaml:1: args[1] of `t`: `{{env.x}}` has no value: environment `prod` has no `x`",
    );
    check(
        "- {command: t, strategy: env_vars, vars: {V: '${env.x}'}}",
        "p.yaml:1: vars.V of `t`: `{{env.x}}` has no value: environment `prod` has no `x`",
    );
    resolved("", "prod", "", |got| assert_eq!(got.unwrap_err(), ResolveError::NoCommand));
}

#[test]
fn the_guard_sees_what_was_typed() {
    #[track_caller]
    fn check(rules: &str, line: &str, expected: &str) {
        resolved(rules, "prod", line, |got| assert_eq!(got.unwrap().verdict.reason().unwrap_or_default(), expected));
    }
    check("", "/usr/bin/kubectl delete x", "`kubectl delete` changes things");
    check("", "kubectl get x", "");
    let dry = "- {command: kubectl, strategy: args_append, args: --dry-run=client}";
    check(dry, "kubectl delete x", "`kubectl delete` changes things");
    check("- {command: kubectl, strategy: args_prepend, args: delete}", "kubectl x", "`kubectl delete` changes things");
    check("- {command: git, strategy: args_prepend, args: [-c, x=y]}", "git push", "`git push` changes things");
    resolved("", "dev", "kubectl delete x", |got| assert_eq!(got.unwrap().verdict, Verdict::Free));
}

#[test]
fn words_may_be_any_bytes_and_long() {
    let rules = Rules::parse(Path::new("p.yaml"), b"- {command: t, strategy: args_append, args: '{{cwd}}'}").unwrap();
    let long = OsString::from_vec(vec![0xff; 100_000]);
    let argv = [OsString::from_vec(b"/\xff/t".to_vec()), long.clone()];
    let call = Call { argv: &argv, cwd: Some(Path::new(OsStr::from_bytes(b"/\xfe"))), ..Call::default() };
    let got = resolve(&rules, None, &call).unwrap();
    assert_eq!(got.argv, [argv[0].clone(), long, OsString::from_vec(b"/\xfe".to_vec())]);
}

proptest! {
    /// The user's words are all there, in their order, and nothing of ours stands behind a bare `--`.
    #[test]
    fn no_word_is_lost(
        args in prop::collection::vec("[-a-c=]{0,4}|--|__complete|do", 0..8),
        position in prop::sample::select(vec!["start", "end", "after-subcommand", "0", "3"]),
    ) {
        let text = format!("
- {{command: t, strategy: args_prepend, args: [ours1, ours2], position: {position}}}
- {{command: t, strategy: args_append, args: [ours3], after: [do]}}
");
        let rules = Rules::parse(Path::new("p"), text.as_bytes()).unwrap();
        let argv: Vec<OsString> = std::iter::once("t".to_owned()).chain(args).map(OsString::from).collect();
        let got = resolve(&rules, None, &Call { argv: &argv, ..Call::default() }).unwrap();
        let (ours, theirs): (Vec<OsString>, Vec<OsString>) =
            got.argv.iter().cloned().partition(|word| word.as_bytes().starts_with(b"ours"));
        prop_assert_eq!(ours.len(), 3);
        prop_assert_eq!(theirs, argv);
        let bare = got.argv.iter().position(|word| word == "--").unwrap_or(got.argv.len());
        prop_assert!(got.argv[bare..].iter().all(|word| !word.as_bytes().starts_with(b"ours")));
    }
}
