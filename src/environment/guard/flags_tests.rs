//! Flags in front of a verb, known and not.

#![cfg(test)]

use super::*;
use crate::environment::tool::Tool;

#[test]
fn no_flag_hides_a_verb_of_kubernetes() {
    check(
        true,
        "kubectl -f x.yaml apply
        kubectl -l app=web delete pods
        kubectl --selector app=web delete pods
        kubectl --as-user-extra a=b delete pod x
        kubectl --as-user-extra=a=b delete pod x
        kubectl -nprod delete pod x
        kubectl -n=prod delete pod x
        kubectl -n prod -o name delete pod x
        kubectl --context prod -- delete pod x
        kubectl -- delete pod x
        kubectl '' delete pod x
        kubectl --new-switch delete pod x
        kubectl --new-switch --new-value x delete pod x
        kubectl -o -l delete pods
        kubectl --all --force delete pods
        kubectl --insecure-skip-tls-verify -R -f x apply
        kubectl -l app=web rollout restart deploy
        kubectl rollout -l app=web restart deploy
        kubectl rollout --new-switch restart deploy
        kubectl auth -f x reconcile
        kubectl certificate --new x approve y
        kubectl apply -f x view-last-applied
        oc --loglevel 5 delete pod x
        helm -f values.yaml upgrade r c
        helm --set a=b upgrade r c
        helm --set-string a=b --set c=d install r c
        helm --post-renderer x upgrade r c
        helm --kube-context=prod --atomic upgrade r c
        helm -nprod uninstall r
        helm --version 1.2 install r c
        helm secrets -f x upgrade r c
        helm --new x secrets upgrade r c",
    );
}

#[test]
fn no_flag_hides_a_verb_of_the_others() {
    check(
        true,
        "terraform -chdir=x apply
        terraform -chdir x apply
        terraform -var a=b apply
        terraform -new apply
        terraform state -lock=false rm a
        terraform state -state x rm a
        terraform workspace -lock false delete x
        aws --profile p ec2 terminate-instances
        aws --profile=p ec2 terminate-instances
        aws --prof p ec2 terminate-instances
        aws --no-cli-pager ec2 terminate-instances
        aws --new x ec2 terminate-instances
        aws --new ec2 terminate-instances
        aws -- s3 rm s3://a
        aws s3 -- rm s3://a
        aws --debug s3 --quiet rm s3://a
        aws ec2 --new x terminate-instances
        docker --context x rm y
        docker --context=x rm y
        docker -cx rm y
        docker -Dc x rm y
        docker --new x rm y
        docker --new rm y
        docker -H tcp://x:1 --tls rm y
        docker service --new x rm y
        docker --new service rm y
        docker --new x compose down
        docker compose --new x down
        docker compose -p x --new down
        podman --runtime x rm y
        podman -r rm y
        docker-compose --new x -f a -f b down
        git --new push
        git --new x push
        git -c a=b -C x --no-pager push
        git --git-dir=x lfs --new push
        psql -h x -c 'drop table y'
        psql --new -c 'drop table y'
        psql --new x --command='drop table y'
        psql -h x -f -
        psql -h x --new y
        psql -Xqc '\\! rm x'",
    );
}

#[test]
fn what_only_looks_is_not_asked_about() {
    check(
        false,
        "kubectl -n prod get pods
        kubectl -n delete get pods
        kubectl -ndelete get pods
        kubectl --namespace=delete get pods
        kubectl --context delete -v 6 --insecure-skip-tls-verify get delete
        kubectl -l app=web get pods
        kubectl -o yaml get pod x
        kubectl --new-switch get pods
        kubectl --new-value x get pods
        kubectl rollout -l app=web status deploy
        kubectl -l app=web rollout history deploy
        kubectl -n x
        kubectl --help delete
        helm --debug list test
        helm -n test list
        helm -f values.yaml template r c
        helm --set a=b template r c
        terraform -chdir=apply plan
        terraform -version
        terraform -help apply
        terraform state -state x list
        aws --no-cli-pager s3 ls s3://a
        aws --new s3 ls s3://a
        aws --profile rm --region x s3 ls s3://a
        aws --output text --query 'a.b[0]' ec2 describe-instances
        aws --debug --no-verify-ssl sts get-caller-identity
        docker -D logs rm
        docker -l debug --context rm ps
        docker --new x ps
        docker compose --profile down ps
        docker compose --new x ps
        podman --log-level debug ps
        git --no-pager log push
        git -C push -c push=push status
        git --new x status
        psql -h delete -U drop -c 'select 1'",
    );
}

#[test]
fn more_flags_than_anybody_means() {
    let many = "-x get ".repeat(40);
    check(true, &format!("kubectl {many}\nkubectl rollout {many}\nhelm secrets {many}\ndocker compose {many}"));
    let env = |commands: &str, line: &str| verdict("confirm", commands, line, false) != Verdict::Free;
    assert!(env("'make deploy*'", &format!("make {many}")));
    assert!(!env("'make deploy*'", &format!("ls {many}")), "it is not about this command");
    assert!(env("'make deploy*'", "make -j 4 deploy-prod"));
    assert!(env("'kubectl get secret*'", "kubectl -l app=web get secrets"));
}

/// Calls that change things, each of a tool and its words.
const CHANGES: [&str; 16] = [
    "kubectl delete pod x",
    "kubectl rollout restart deploy/x",
    "kubectl exec x -- ls",
    "oc apply -f x",
    "helm upgrade r c",
    "helm secrets install r c",
    "terraform apply",
    "terraform state rm a.b",
    "tofu workspace delete x",
    "aws ec2 terminate-instances",
    "aws s3 rm s3://a/b",
    "docker rm x",
    "docker volume prune",
    "docker compose down",
    "docker-compose up -d",
    "git push",
];

/// A flag that says that nothing is done.
fn is_harmless(flag: &str) -> bool {
    ["--help", "-help", "-h", "--dry-run", "--local", "--list"].iter().any(|one| flag.starts_with(one))
}

fn known_flag(tool: &'static Tool) -> impl Strategy<Value = Vec<String>> {
    let values = "[a-z0-9=./-]{0,8}";
    let with_value = if tool.value_flags.is_empty() { &["--flag=x"][..] } else { tool.value_flags };
    let alone = if tool.switches.is_empty() { &["--switch"][..] } else { tool.switches };
    prop_oneof![
        (prop::sample::select(with_value), values).prop_map(|(flag, value)| match flag.contains('=') {
            true => vec![flag.to_owned()],
            false => vec![flag.to_owned(), value],
        }),
        (prop::sample::select(with_value), values).prop_map(|(flag, value)| vec![format!("{flag}={value}")]),
        prop::sample::select(alone)
            .prop_filter("help", |flag| !is_harmless(flag))
            .prop_map(|flag| vec![flag.to_owned()]),
    ]
}

/// A flag that a tool may or may not know; one that is known to take a value has it.
fn any_flag(tool: &'static Tool) -> impl Strategy<Value = Vec<String>> {
    let flag = "--?[a-zA-Z][a-z0-9-]{0,10}(=[a-z0-9=./-]{0,6})?";
    (flag, prop::option::of("[a-z0-9=./-]{0,8}")).prop_filter_map("it says that nothing is done", |(flag, value)| {
        let attached = flag.get(..2).is_some_and(|short| short != "--" && tool.value_flags.contains(&short));
        Some(match value {
            _ if is_harmless(&flag) => return None,
            _ if tool.value_flags.contains(&flag.as_str()) => vec![flag, value.unwrap_or_default()],
            // A word behind a flag that takes none is the verb.
            _ if attached || tool.switches.contains(&flag.as_str()) || flag.contains('=') => vec![flag],
            Some(value) => vec![flag, value],
            None => vec![flag],
        })
    })
}

fn call_with_flags() -> impl Strategy<Value = Vec<String>> {
    prop::sample::select(&CHANGES[..]).prop_flat_map(|line| {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let tool = tool(&words[0]).unwrap();
        let flags = prop::collection::vec(prop_oneof![known_flag(tool), any_flag(tool)], 0..5);
        flags.prop_map(move |flags| {
            let mut call = words.clone();
            call.splice(1..1, flags.into_iter().flatten());
            call
        })
    })
}

proptest! {
    #[test]
    fn flags_in_front_of_a_verb_let_nothing_pass(call in call_with_flags()) {
        let args: Vec<OsString> = call[1..].iter().map(OsString::from).collect();
        let env = Environment { guard: Level::Confirm, ..Environment::default() };
        let verdict = judge(&env, &Suspect { name: &call[0], args: &args, has_rules: false });
        prop_assert_ne!(verdict, Verdict::Free);
    }
}
