//! What is known of the tools: which words in front of a verb are values of flags, and which names a flag has.

/// A tool whose words are understood.
#[derive(Debug)]
pub(super) struct Tool {
    /// Its names: of itself, and of those that take the same words.
    pub names: &'static [&'static str],
    /// Flags in front of the verb that take the next word as their value.
    pub value_flags: &'static [&'static str],
    /// Flags with two names.
    pub same_flags: &'static [[&'static str; 2]],
}

/// The tools, in no order that matters.
pub(super) const TOOLS: [&Tool; 8] = [&KUBECTL, &HELM, &TERRAFORM, &AWS, &DOCKER, &COMPOSE, &PSQL, &GIT];

pub(super) const KUBECTL: Tool = Tool {
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
    ],
    same_flags: &[["-n", "--namespace"], ["-s", "--server"]],
};

pub(super) const HELM: Tool = Tool {
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
    same_flags: &[["-n", "--namespace"]],
};

/// `-chdir` and its kin take their value behind `=` only.
pub(super) const TERRAFORM: Tool = Tool { names: &["terraform", "tofu"], value_flags: &[], same_flags: &[] };

pub(super) const AWS: Tool = Tool {
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
    same_flags: &[],
};

pub(super) const DOCKER: Tool = Tool {
    names: &["docker", "podman"],
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
    ],
    same_flags: &[["-c", "--context"], ["-H", "--host"]],
};

pub(super) const COMPOSE: Tool = Tool {
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
    same_flags: &[["-f", "--file"], ["-p", "--project-name"]],
};

pub(super) const PSQL: Tool = Tool {
    names: &["psql"],
    value_flags: &[],
    same_flags: &[["-h", "--host"], ["-p", "--port"], ["-U", "--username"], ["-d", "--dbname"]],
};

pub(super) const GIT: Tool = Tool {
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
    same_flags: &[],
};

/// The tool of this name.
pub(super) fn tool(name: &str) -> Option<&'static Tool> {
    TOOLS.into_iter().find(|tool| tool.names.contains(&name))
}

impl Tool {
    /// How many of these words stand in front of the verb: flags and their values. All of them if there is no verb.
    pub fn before_verb(&self, words: &[&str]) -> usize {
        before_verb(words, self.value_flags)
    }

    /// The other name of a flag.
    pub fn other_name(&self, flag: &str) -> Option<&'static str> {
        self.same_flags.iter().find_map(|[one, other]| match flag {
            _ if flag == *one => Some(*other),
            _ if flag == *other => Some(*one),
            _ => None,
        })
    }
}

/// How many of these words are flags and the values that some of them take.
pub(super) fn before_verb(words: &[&str], value_flags: &[&str]) -> usize {
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|word| word.starts_with('-') && **word != "--") {
        at += if value_flags.contains(word) { 2 } else { 1 };
    }
    at.min(words.len())
}

/// Whether a word is this flag: itself, with a value behind `=`, or with one right behind a short one (`-nweb`).
pub(super) fn is_flag(word: &[u8], flag: &str) -> bool {
    let Some(rest) = word.strip_prefix(flag.as_bytes()) else { return false };
    let short = flag.len() == 2 && flag != "--";
    rest.is_empty() || rest[0] == b'=' || short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_in_front_of_the_verb_are_passed_over() {
        #[track_caller]
        fn check(tool: &Tool, line: &str, verb: Option<&str>) {
            let words: Vec<&str> = line.split_whitespace().collect();
            assert_eq!(words.get(tool.before_verb(&words)).copied(), verb, "{line}");
        }
        check(&KUBECTL, "-n x delete pod", Some("delete"));
        check(&KUBECTL, "--namespace=x -v=6 --insecure-skip-tls-verify delete", Some("delete"));
        check(&KUBECTL, "-nx delete", Some("delete"));
        check(&KUBECTL, "-n", None);
        check(&TERRAFORM, "-chdir=x apply", Some("apply"));
        check(&DOCKER, "-H x -D rm", Some("rm"));
        check(&GIT, "-C x -c a=b --no-pager push", Some("push"));
        check(&AWS, "", None);
    }

    #[test]
    fn a_flag_has_several_spellings() {
        #[track_caller]
        fn check(word: &str, flag: &str, expected: bool) {
            assert_eq!(is_flag(word.as_bytes(), flag), expected, "{word} {flag}");
        }
        check("--context", "--context", true);
        check("--context=x", "--context", true);
        check("--contexts", "--context", false);
        check("-n", "-n", true);
        check("-nx", "-n", true);
        check("-n=x", "-n", true);
        check("-m", "-n", false);
        check("-chdir=x", "-chdir", true);
        check("-chdirx", "-chdir", false);
        check("n", "-n", false);
        assert_eq!(KUBECTL.other_name("-n"), Some("--namespace"));
        assert_eq!(KUBECTL.other_name("--namespace"), Some("-n"));
        assert_eq!(KUBECTL.other_name("--context"), None);
    }
}
