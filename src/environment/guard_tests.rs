use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use proptest::prelude::*;

use super::*;
use crate::environment::envs::Envs;

#[path = "guard/flags_tests.rs"]
mod flags;

fn words(line: &str) -> Vec<OsString> {
    shell_words::split(line).unwrap().into_iter().map(OsString::from).collect()
}

fn verdict(level: &str, commands: &str, line: &str, has_rules: bool) -> Verdict {
    let text = format!("envs: {{prod: {{guard: {level}, guard_commands: [{commands}]}}}}");
    let envs = Envs::parse(Path::new("envs.yaml"), text.as_bytes()).unwrap();
    let words = words(line);
    let suspect = Suspect { name: words[0].to_str().unwrap(), args: &words[1..], has_rules };
    judge(envs.get("prod").unwrap(), &suspect)
}

#[track_caller]
fn check(changes: bool, lines: &str) {
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let verdict = verdict("confirm", "", line, false);
        assert_eq!(verdict != Verdict::Free, changes, "{line}: {verdict:?}");
    }
}

#[test]
fn kubernetes() {
    check(
        true,
        "kubectl delete pod x
        kubectl -n x delete pod
        kubectl --namespace=x -v=6 apply -f -
        oc delete project x
        kubectl --context prod scale deploy/x --replicas 0
        kubectl exec -it pod -- ls --help
        kubectl rollout restart deploy/x
        kubectl rollout -n x undo deploy/x
        kubectl auth reconcile -f x
        kubectl cp a x:/b
        kubectl edit deploy x
        kubectl certificate approve x
        kubectl apply edit-last-applied x
        helm upgrade --install x y
        helm -n x del y
        helm --kube-context prod rollback x
        helm secrets -n x upgrade y z",
    );
    check(
        false,
        "kubectl
        kubectl get pods
        kubectl -n delete get pods
        kubectl logs -f x
        kubectl describe pod delete
        kubectl apply view-last-applied deploy x
        kubectl label pod x --list
        kubectl set image -f x a=b --local -o yaml
        kubectl rollout status deploy/x
        kubectl delete --help
        kubectl diff -f x
        kubectl config use-context x
        kubectl my-plugin
        helm list
        helm template x
        helm upgrade --help
        helm secrets view x",
    );
}

#[test]
fn openshift() {
    check(
        true,
        "oc rollout latest dc/x
        oc rollout -n x cancel dc/x
        oc rollout retry dc/x
        oc rollout restart deploy/x
        oc idle svc
        oc secrets link a b
        oc new-app x
        oc start-build x
        oc cancel-build x
        oc adm drain node
        oc adm policy add-scc-to-user a b
        oc policy add-role-to-user view x
        oc import-image x
        oc tag a b
        oc rsh pod ls --help
        oc serviceaccounts new-token x
        oc whatever-comes-next x
        oc image mirror a b
        oc delete pod x
        oc set env dc/x A=1
        oc exec x -- tool --dry-run",
    );
    check(
        false,
        "oc
        oc get pods
        oc -n rollout get pods
        oc rollout status dc/x
        oc rollout history dc/x
        oc adm top nodes
        oc status
        oc project x
        oc login -u x
        oc whoami -t
        oc logs -f x
        oc process -f x
        oc image info x
        oc idle --help
        oc label pod x --list
        oc apply view-last-applied deploy x
        oc auth can-i delete pods
        oc delete pod x --dry-run=client",
    );
}

#[test]
fn a_dry_run_is_one_where_the_tool_takes_it_for_one() {
    check(
        true,
        "kubectl exec pod --dry-run=client -- rm -rf /
        kubectl delete pod x --dry-run=none
        kubectl delete pod x --dry-run=client --dry-run=none
        kubectl delete pod -- --dry-run=client
        kubectl delete pod x --dry-run=None
        kubectl delete pod x --dry-run=
        kubectl delete pod --dry-run=none x
        kubectl delete pod -l --dry-run
        kubectl delete pod -l --dry-run=client
        kubectl -n --dry-run delete pod x
        kubectl delete pod -Rf --dry-run
        kubectl delete pod x --dry-run=client --selector --dry-run
        kubectl delete pod x --dry-runs
        kubectl run x --image y -- tool --dry-run
        kubectl run x -it --image y -- tool --dry-run=client
        kubectl exec x -- tool --dry-run
        kubectl exec x tool --dry-run
        kubectl create job x --image --dry-run
        helm upgrade x y --dry-run=none
        helm upgrade x y --set --dry-run
        helm upgrade x y -f --dry-run=client
        helm upgrade x y --description --dry-run
        helm upgrade x y -- --dry-run
        helm upgrade x y --dry-run=false",
    );
    check(
        false,
        "kubectl apply -f x --dry-run=server
        kubectl --dry-run=client create ns x
        kubectl delete pod x --dry-run
        kubectl delete --all --dry-run=client pod
        kubectl delete pod x -nweb --dry-run=client
        kubectl delete pod x -l app=web --dry-run=client
        kubectl delete pod x --force --grace-period=0 --dry-run=server
        kubectl apply --server-side --dry-run=server -f x
        kubectl create deploy x --image=y --dry-run=client -o yaml -- tool --dry-run=none
        kubectl delete pod x --dry-run=none --dry-run=client
        helm install x y --dry-run=server
        helm upgrade --install --dry-run x y
        helm upgrade x y --atomic --dry-run=client",
    );
}

#[test]
fn infrastructure() {
    check(
        true,
        "terraform apply
        terraform -chdir=x apply -auto-approve
        tofu destroy
        terraform state rm a.b
        terraform workspace delete x
        terraform init -migrate-state
        terraform init -migrate-state=true
        terraform init -input=false --force-copy=1
        terraform workspace select -or-create x",
    );
    check(
        false,
        "terraform
        terraform plan -destroy
        terraform init
        terraform init -migrate-state=false
        terraform state list
        terraform workspace select x
        terraform -chdir=apply plan
        terraform apply -help",
    );
}

#[test]
fn clouds() {
    check(
        true,
        "aws s3 rm s3://a/b
        aws --profile p s3 rm s3://a/b
        aws s3 --region x rm s3://a/b
        aws s3 cp x s3://a/b
        aws s3 cp s3://a/b s3://c/d
        aws s3 sync . s3://a
        aws ec2 terminate-instances --instance-ids i-1
        aws ec2 terminate-instances --instance-ids i-1 --dry-run --no-dry-run
        aws ssm start-session --target i-1
        aws lambda invoke --function-name x out
        aws cloudformation deploy --stack-name x
        aws sns publish --topic-arn t --message help
        aws sns publish --message --help
        aws athena start-query-execution --query-string 'DROP TABLE x'
        aws elasticache test-failover --replication-group-id x
        aws apigateway generate-client-certificate
        aws apigateway test-invoke-method --rest-api-id x
        aws license-manager check-in-license
        aws cognito-identity get-id --identity-pool-id x
        aws sqs receive-message --queue-url x
        aws redshift-data execute-statement --sql 'select 1'",
    );
    check(
        false,
        "aws s3 ls
        aws s3 cp s3://a/b . --recursive
        aws s3 sync s3://a ./b
        aws s3 rm s3://a/b --dryrun
        aws --profile delete-x ec2 describe-instances
        aws sts get-caller-identity
        aws sts assume-role --role-arn x
        aws ec2 run-instances --dry-run
        aws ec2 terminate-instances help
        aws ec2 help
        aws help
        aws logs start-query --query-string x
        aws cloudformation validate-template --template-body x
        aws events test-event-pattern --event x
        aws cognito-idp admin-get-user --username x
        aws sns list-topics
        aws dynamodb batch-get-item --request-items x
        aws sso login
        aws configure set region x
        aws logs tail x
        aws eks update-kubeconfig --name x",
    );
}

#[test]
fn containers() {
    check(
        true,
        "docker rm x
        docker -H x rm y
        docker --context prod run --rm x --help
        docker container prune
        docker volume rm x
        docker image pull x
        docker system prune -af
        docker service update --image x y
        docker stack deploy -c x y
        docker compose down
        docker compose -f x -p y up -d
        docker-compose --file x restart
        docker compose run web ./migrate --dry-run
        docker compose run --rm web ./migrate --dry-run
        docker compose exec -T db dropdb shop --dry-run
        docker compose -f x exec db psql --dry-run=true
        docker compose run -e --dry-run web
        docker compose run --no-deps web --dry-run
        docker-compose exec db dropdb shop --dry-run
        docker-compose --ansi never run web ./migrate --dry-run
        podman-compose run web x --dry-run
        docker run x tool --dry-run
        docker exec x tool --help
        nerdctl -n k8s.io rm x
        podman kill x
        podman auto-update
        docker swarm join-token --rotate worker
        docker swarm join-token worker --rotate=true
        docker buildx build .",
    );
    check(
        false,
        "docker ps
        docker -c rm ps
        docker container ls
        docker image inspect rm
        docker system df
        docker swarm join-token worker
        docker compose ps
        docker compose -f down config
        docker compose --dry-run up
        docker compose up --dry-run
        docker compose up --build --dry-run
        docker compose up -d --dry-run
        docker compose --dry-run run web ./migrate
        docker compose run --dry-run web ./migrate
        docker compose run -it --dry-run web ./migrate
        docker-compose exec --help
        docker context use x
        docker logs x
        docker rm --help",
    );
}

#[test]
fn databases() {
    check(
        true,
        r#"psql
        psql -h x -U y db
        psql -f x.sql
        psql --file=x.sql
        psql -c 'DROP TABLE x'
        psql -Atc 'delete from x'
        psql -c"insert into x values (1)"
        psql --command='select 1; update x set y = 1'
        psql --comm 'truncate x'
        psql -c 'select 1' -c 'drop table x'
        psql -c 'select 1' -f x.sql
        psql -c 'with x as (delete from y returning *) select * from x'
        psql -c 'select * into x from y'
        psql -c '/* select /* */ */ drop table x'
        psql -c '-- harmless' -c 'vacuum'
        psql -c '\i x.sql'
        psql -c '\! rm x'
        psql -c '\dt \! rm x'
        psql -c '\echo `rm x`'
        psql -c '\lo_unlink 1'
        psql -c '\copy x from y'
        psql -c 'select '\''open'
        psql -c "select E'a\\' ; select '; drop table x --'"
        psql -c 'select pg_terminate_backend(1)'
        psql -Atc "select pg_drop_replication_slot('x')"
        psql -c 'select mine (1)'
        psql -c 'select count(*), mine /* x */ (y) from t'
        psql -c 'select "count"(1)'
        psql -c 'select public.lower(x) from t'
        psql -c 'select pg_catalog . set_config(a)'
        psql -c 'select * from t as u(a, b)'
        psql -c 'commit prepared $$x$$'
        psql -c 'explain analyze execute x'
        psql -c 'select x from t for share'
        psql -c 'select a$b$; drop table x; select a$b$'
        psql -c "select E'open"' drop'"#,
    );
    check(
        false,
        r#"psql -l
        psql --list
        psql --version
        psql -V
        psql -c 'select 1'
        psql -Atc 'SELECT * FROM x WHERE y = '\''drop table'\'''
        psql -c 'select "update" from x -- drop'
        psql -c 'select $$drop$$, $a$ delete $a$'
        psql -c '/* drop */ show all;'
        psql -c '\dt+ public.*'
        psql -c '\l'
        psql -c 'begin; select 1; commit'
        psql -d x --command 'with x as (select 1) table x'
        psql -c 'select count(*), max (x), pg_catalog.lower(y), coalesce(z, $$drop()$$) from t group by (y)'
        psql -c 'select * from t where x in (select y from u) and (y or not (z)) order by lower(x)'
        psql -c 'select x::numeric(10,2), "mine" from "public"."t" -- mine()'
        psql -c 'explain (analyze, buffers) select 1'
        psql -c '(select 1) union all (values (2))'"#,
    );
}

#[test]
fn repositories() {
    check(
        true,
        "git push\ngit -C x push\ngit -c a.b=c --no-pager push origin x\ngit lfs push x\ngit push --force\n         git push --dry-run --no-dry-run\ngit push -o --dry-run origin\ngit push --repo -n\n         git -c alias.p=push p\ngit -c Alias.P=!x -C y p\ngit --config-env=alias.p=X p\ngit --config-env alias.p=X p --dry-run",
    );
    check(
        false,
        "git\ngit status\ngit -C push status\ngit push --dry-run\ngit push -n\ngit push -u --dry-run origin x\ngit push origin x --dry-run\ngit commit -m push\ngit push --help\n         git -c alias.p=push status\ngit commit -m alias.p=push",
    );
}

#[test]
fn levels() {
    #[track_caller]
    fn check(level: &str, line: &str, has_rules: bool, expected: &str) {
        let verdict = verdict(level, "", line, has_rules);
        assert_eq!(format!("{verdict:?}").replace("\\\"", "\""), expected, "{level} {line}");
    }
    let delete = "reason: \"`kubectl delete` changes things\"";
    check("free", "kubectl delete x", true, "Free");
    check("confirm", "kubectl delete x", true, &format!("Confirm {{ {delete} }}"));
    check("typed", "kubectl delete x", true, &format!("Typed {{ {delete} }}"));
    let readonly = "Deny { reason: \"environment `prod` is readonly, and `kubectl delete` changes things\" }";
    check("readonly", "kubectl delete x", true, readonly);
    check("readonly", "kubectl get x", true, "Free");
    let locked = |what: &str| format!("Deny {{ reason: \"environment `prod` is locked, {what}\" }}");
    check("locked", "kubectl delete x", true, &locked("and `kubectl delete` changes things"));
    check("locked", "kubectl get x", false, &locked("for `kubectl` too"));
    check("locked", "mine", true, &locked("for `mine` too"));
    check("locked", "mine", false, "Free");
}

#[test]
fn guard_commands_are_globs() {
    #[track_caller]
    fn check(commands: &str, line: &str, expected: bool) {
        let verdict = verdict("readonly", commands, line, false);
        assert_eq!(verdict != Verdict::Free, expected, "{commands} {line}: {verdict:?}");
    }
    check("flux", "flux get all", true);
    check("flux", "fluxx", false);
    check("flux*", "fluxx", true);
    check("'make deploy*'", "make deploy-prod X=1", true);
    check("'make deploy*'", "make test", false);
    check("'make deploy*'", "make -j deploy", true);
    check("'kubectl get secret*'", "kubectl -n x get secrets", true);
    check("'kubectl get secret*'", "kubectl get pods", false);
    check("'* --prod'", "a/b c/d --prod", true);
    check("'x {a,b}', y", "x b", true);
}

#[test]
fn who_is_guarded() {
    let envs = "envs: {a: {guard: confirm, guard_commands: [flux, 'make x', 'z*']}, b: {guard_commands: [flux]}}";
    let envs = Envs::parse(Path::new("envs.yaml"), envs.as_bytes()).unwrap();
    let names = guarded_commands(envs.get("a").unwrap());
    for name in ["aws", "flux", "git", "helm", "kubectl", "make", "psql", "tofu"] {
        assert!(names.contains(&name), "{name}: {names:?}");
    }
    assert!(!names.contains(&"z*"));
    assert!(guarded_commands(envs.get("b").unwrap()).is_empty());
}

proptest! {
    #[test]
    fn no_words_break_it(
        name in prop::sample::select(vec!["kubectl", "helm", "aws", "docker", "psql", "git", "terraform", "x"]),
        args in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..12), 0..6),
    ) {
        let args: Vec<OsString> = args.into_iter().map(OsString::from_vec).collect();
        let env = Environment { guard: Level::Readonly, ..Environment::default() };
        let _ = judge(&env, &Suspect { name, args: &args, has_rules: false });
    }

    #[test]
    fn no_sql_breaks_it(text in "([$'\"/*;\\\\-]|drop|select|E'|[a-zé ]){0,30}") {
        let _ = sql::change(&text);
    }

    #[test]
    fn a_drop_is_seen_behind_whatever_is_closed(text in "[a-z0-9 ,.()]{0,30}") {
        let statement = format!("select '{text}'; drop table x");
        prop_assert!(sql::change(&statement).is_some());
    }
}
