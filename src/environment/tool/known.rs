//! The tools, with the flags that they take in front of a verb. A flag that stands in no list may take a value or not, so a list that
//! lacks one asks a question too many; one that has a flag it should not have lets something pass.

use super::Tool;

/// The tools, in no order that matters.
pub(in crate::environment) const TOOLS: [&Tool; 8] =
    [&KUBECTL, &HELM, &TERRAFORM, &AWS, &DOCKER, &COMPOSE, &PSQL, &GIT];

pub(in crate::environment) const KUBECTL: Tool = Tool {
    names: &["kubectl", "oc"],
    value_flags: &[
        "-n",
        "--namespace",
        "--context",
        "--cluster",
        "--user",
        "--kubeconfig",
        "-s",
        "--server",
        "--token",
        "--as",
        "--as-group",
        "--as-uid",
        "--cache-dir",
        "--certificate-authority",
        "--client-certificate",
        "--client-key",
        "--request-timeout",
        "--tls-server-name",
        "--username",
        "--password",
        "-v",
        "--v",
        "--vmodule",
        "--profile",
        "--profile-output",
        "--log-flush-frequency",
        "--kuberc",
        "--as-user-extra",
        "--log-dir",
        "--log-file",
        "--stderrthreshold",
    ],
    switches: &[
        "--insecure-skip-tls-verify",
        "--match-server-version",
        "--disable-compression",
        "--warnings-as-errors",
        "--alsologtostderr",
        "--logtostderr",
    ],
    same_flags: &[["-n", "--namespace"], ["-s", "--server"]],
};

pub(in crate::environment) const HELM: Tool = Tool {
    names: &["helm"],
    value_flags: &[
        "-n",
        "--namespace",
        "--kube-context",
        "--kubeconfig",
        "--kube-apiserver",
        "--kube-as-group",
        "--kube-as-user",
        "--kube-ca-file",
        "--kube-token",
        "--kube-tls-server-name",
        "--registry-config",
        "--repository-cache",
        "--repository-config",
        "--burst-limit",
        "--qps",
        "--content-cache",
        "--color",
        "--colour",
    ],
    switches: &["--debug", "--kube-insecure-skip-tls-verify"],
    same_flags: &[["-n", "--namespace"]],
};

/// `-chdir` takes its value behind `=` only.
pub(in crate::environment) const TERRAFORM: Tool = Tool {
    names: &["terraform", "tofu"],
    value_flags: &[],
    switches: &["-help", "--help", "-h", "-version", "--version", "-v"],
    same_flags: &[],
};

pub(in crate::environment) const AWS: Tool = Tool {
    names: &["aws"],
    value_flags: &[
        "--profile",
        "--region",
        "--output",
        "--endpoint-url",
        "--query",
        "--color",
        "--ca-bundle",
        "--cli-read-timeout",
        "--cli-connect-timeout",
        "--cli-binary-format",
    ],
    switches: &[
        "--debug",
        "--no-verify-ssl",
        "--no-paginate",
        "--no-sign-request",
        "--no-cli-pager",
        "--cli-auto-prompt",
        "--no-cli-auto-prompt",
    ],
    same_flags: &[],
};

pub(in crate::environment) const DOCKER: Tool = Tool {
    names: &["docker", "podman", "nerdctl"],
    value_flags: &[
        "-c",
        "--context",
        "-H",
        "--host",
        "-l",
        "--log-level",
        "--config",
        "--tlscacert",
        "--tlscert",
        "--tlskey",
        "--connection",
        "--url",
        "--identity",
        "--root",
        "--runroot",
        "--storage-driver",
        "--storage-opt",
        "--tmpdir",
        "--cgroup-manager",
        "--conmon",
        "--events-backend",
        "--hooks-dir",
        "--imagestore",
        "--module",
        "--network-cmd-path",
        "--network-config-dir",
        "--out",
        "--runtime",
        "--runtime-flag",
        "--ssh",
        "--volumepath",
    ],
    switches: &["-D", "--debug", "--tls", "--tlsverify", "--remote", "--syslog", "--noout", "--transient-store"],
    same_flags: &[["-c", "--context"], ["-H", "--host"]],
};

pub(in crate::environment) const COMPOSE: Tool = Tool {
    names: &["docker-compose", "podman-compose"],
    value_flags: &[
        "-f",
        "--file",
        "-p",
        "--project-name",
        "--profile",
        "--env-file",
        "--project-directory",
        "--ansi",
        "--progress",
        "--parallel",
        "-c",
        "--context",
        "-H",
        "--host",
        "--log-level",
    ],
    switches: &["--all-resources", "--compatibility", "--dry-run", "--no-ansi", "--tls", "--verbose"],
    same_flags: &[["-f", "--file"], ["-p", "--project-name"]],
};

pub(in crate::environment) const PSQL: Tool = Tool {
    names: &["psql"],
    value_flags: &[],
    switches: &[],
    same_flags: &[["-h", "--host"], ["-p", "--port"], ["-U", "--username"], ["-d", "--dbname"]],
};

pub(in crate::environment) const GIT: Tool = Tool {
    names: &["git"],
    value_flags: &[
        "-C",
        "-c",
        "--git-dir",
        "--work-tree",
        "--namespace",
        "--super-prefix",
        "--config-env",
        "--attr-source",
    ],
    switches: &[
        "-p",
        "--paginate",
        "-P",
        "--no-pager",
        "--no-replace-objects",
        "--no-lazy-fetch",
        "--no-optional-locks",
        "--no-advice",
        "--bare",
        "--literal-pathspecs",
        "--glob-pathspecs",
        "--noglob-pathspecs",
        "--icase-pathspecs",
    ],
    same_flags: &[],
};
