//! `kube:` of an environment, without a flag: a small file of ours in front of the user's in `KUBECONFIG`.
//!
//! kubectl merges the files of `KUBECONFIG` so that the first one with a value wins, and a context is one value: an entry that names
//! a namespace only hides cluster and user of the same context behind it (tried with kubectl 1.32). So a namespace needs the whole
//! entry, with the names of cluster and user from the user's file. They are names; no secret is copied.
//!
//! Whatever writes to the first file (`kubectl config use-context`) would write into ours: nobody may, and when root does the daemon
//! writes it anew (`environments/watch`).

use std::path::{Path, PathBuf};

use serde_json::json;
use thiserror::Error;

use super::envs::KubeContext;
use crate::base::near::near;
use crate::base::yaml::{Node, YamlError, text_of};

/// Why there is no overlay.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum KubeError {
    /// A kubeconfig cannot be read.
    #[error("{0}")]
    File(#[from] YamlError),
    /// No kubeconfig has the context, and without its cluster and user no namespace can be set in it.
    #[error(
        "no context `{context}` in {}{}; `kubectl config get-contexts` lists them",
        list(files),
        if near.is_empty() { String::new() } else { format!("; did you mean: {}?", near.join(", ")) }
    )]
    NoContext {
        /// The context that was asked for.
        context: String,
        /// Where it was looked for.
        files: Vec<PathBuf>,
        /// Contexts with names like it.
        near: Vec<String>,
    },
}

fn list(files: &[PathBuf]) -> String {
    match files {
        [] => "any kubeconfig: there is none".to_owned(),
        files => files.iter().map(|file| file.display().to_string()).collect::<Vec<_>>().join(", "),
    }
}

/// Whether [`overlay`] needs the user's files at all: it does for a namespace.
pub fn needs_users_files(kube: &KubeContext) -> bool {
    kube.namespace.is_some()
}

/// The text of the overlay, JSON and therefore YAML. `users` are the files of the user's own `KUBECONFIG` that exist, in their order,
/// with their bytes.
pub fn overlay(kube: &KubeContext, users: &[(&Path, &[u8])]) -> Result<String, KubeError> {
    let mut config = json!({"apiVersion": "v1", "kind": "Config", "current-context": kube.context});
    if let Some(namespace) = &kube.namespace {
        let mut context = context(&kube.context, users)?;
        context["namespace"] = json!(namespace);
        config["contexts"] = json!([{"name": kube.context, "context": context}]);
    }
    Ok(format!("{config:#}\n"))
}

/// The text of an overlay that lets nothing through: its current context is one that no file has, and says why. kubectl and its like then
/// refuse with that text. Without an overlay they would go to whichever cluster the user's file is set to, and with an entry that lacks
/// its cluster to localhost (both tried with kubectl 1.32).
pub fn closed(why: &str) -> String {
    format!("{:#}\n", json!({"apiVersion": "v1", "kind": "Config", "current-context": why}))
}

/// The entry of a context with the names in it, from the first file that has it.
fn context(name: &str, users: &[(&Path, &[u8])]) -> Result<serde_json::Value, KubeError> {
    let mut known = Vec::new();
    for (path, bytes) in users {
        let document = Node::parse(path, &text_of(path, bytes.to_vec())?)?;
        for entry in document.get("contexts").map(Node::items).unwrap_or_default() {
            let Some(of) = entry.get("name").and_then(Node::scalar) else { continue };
            if of == name {
                let text = |key| entry.get("context")?.get(key)?.scalar();
                let fields =
                    ["cluster", "user"].into_iter().filter_map(|key| Some((key.to_owned(), json!(text(key)?))));
                return Ok(serde_json::Value::Object(fields.collect()));
            }
            known.push(of.to_owned());
        }
    }
    known.sort_unstable();
    known.dedup();
    let near = near(name, known.iter().map(String::as_str)).into_iter().map(str::to_owned).collect();
    let files = users.iter().map(|(path, _)| path.to_path_buf()).collect();
    Err(KubeError::NoContext { context: name.to_owned(), files, near })
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: &str = "
contexts:
- name: prod
  context: {cluster: c1, user: u1, namespace: old}
- context: {cluster: c2}
  name: dev
users: [{name: u1, user: {token: secret}}]
";
    const TWO: &str = r#"{"contexts": [{"name": "prod", "context": {"cluster": "no"}}, {"name": "007", "context": {"cluster": "c7", "user": "u7"}}]}"#;

    fn made(context: &str, namespace: Option<&str>) -> Result<String, KubeError> {
        let kube = KubeContext { context: context.into(), namespace: namespace.map(str::to_owned) };
        overlay(&kube, &[(Path::new("/one"), ONE.as_bytes()), (Path::new("/two"), TWO.as_bytes())])
    }

    #[track_caller]
    fn check(context: &str, namespace: Option<&str>, expected: &str) {
        let text = made(context, namespace).unwrap();
        let value: serde_json::Value = serde_json::from_str(&text).unwrap();
        let head = format!(r#"{{"apiVersion":"v1","kind":"Config","current-context":{context:?}"#);
        assert_eq!(value.to_string(), format!("{head}{expected}}}"));
        assert!(Node::parse(Path::new("x"), &text).is_ok() && !text.contains("secret"), "{text}");
    }

    #[test]
    fn a_namespace_takes_the_whole_entry() {
        check("prod", None, "");
        check("not there", None, "");
        check(
            "prod",
            Some("web"),
            r#","contexts":[{"name":"prod","context":{"cluster":"c1","user":"u1","namespace":"web"}}]"#,
        );
        check("dev", Some("web"), r#","contexts":[{"name":"dev","context":{"cluster":"c2","namespace":"web"}}]"#);
        check(
            "007",
            Some("é\"'"),
            r#","contexts":[{"name":"007","context":{"cluster":"c7","user":"u7","namespace":"é\"'"}}]"#,
        );
    }

    #[test]
    fn what_is_missing_is_told() {
        let error = made("prof", Some("web")).unwrap_err().to_string();
        assert_eq!(
            error,
            "no context `prof` in /one, /two; did you mean: prod?; `kubectl config get-contexts` lists them"
        );
        let kube = KubeContext { context: "x".into(), namespace: Some("y".into()) };
        let error = overlay(&kube, &[]).unwrap_err().to_string();
        assert_eq!(error, "no context `x` in any kubeconfig: there is none; `kubectl config get-contexts` lists them");
        let error = overlay(&kube, &[(Path::new("/x"), b"a: [")]).unwrap_err().to_string();
        assert!(error.starts_with("/x: line 1, "), "{error}");
        assert!(needs_users_files(&kube));
    }
}
