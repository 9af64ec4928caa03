//! What config files say.

use std::sync::Arc;

use serde_json::Value;

use crate::base::files::read_if_there;
use crate::base::yaml::{Node, YamlError, parse, suggestion, text_of};
use crate::daemon::check::Which;
use crate::daemon::environments::watch;
use crate::daemon::services::Services;
use crate::environment::secret;
use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::GetConfig;
use crate::protocol::{Code, WireError};

/// `get_config`
pub async fn get_config(services: &Arc<Services>, request: &GetConfig) -> Result<reply::GetConfig, WireError> {
    let mut path = request.key.split('.');
    let name = path.next().unwrap_or_default();
    let Some(which) = Which::of(name) else {
        let hint = suggestion(name, Which::ALL.map(Which::as_str));
        return Err(WireError::new(Code::NotFound, format!("no config is called `{name}`; {hint}")));
    };
    let file = which.path(&services.places);
    if services.environments.is_stale() {
        watch::filled(services).await;
        services.reload_environments();
    }
    // Not what stands in it: it is not what holds.
    if let Some(broken) = services.environments.loaded().broken_file(&file) {
        return Err(WireError::new(Code::ConfigError, broken.to_string()));
    }
    let bytes = read_if_there(&file).map_err(|error| WireError::new(Code::IoError, error.to_string()))?;
    let broken = |error: YamlError| WireError::new(Code::ConfigError, error.to_string());
    let text = text_of(&file, bytes.unwrap_or_default()).map_err(broken)?;
    let mut value: Value = parse(&file, &text).map_err(broken)?;
    spell(&mut value, &Node::parse(&file, &text).map_err(broken)?);
    if !request.reveal {
        conceal(&mut value);
    }
    for key in path {
        value = match value {
            Value::Object(mut map) => map.remove(key),
            Value::Array(mut list) => {
                key.parse().ok().filter(|at| *at < list.len()).map(|at: usize| list.swap_remove(at))
            }
            _ => None,
        }
        .ok_or_else(|| WireError::new(Code::NotFound, format!("{}: no key `{}`", file.display(), request.key)))?;
    }
    Ok(reply::GetConfig { config: value.clone(), value, source: file.display().to_string() })
}

/// Puts back how numbers are spelt, where that says more than the number: `0042` is an account, and `1.10` a version.
fn spell(value: &mut Value, node: &Node) {
    match value {
        Value::Object(map) => {
            for (key, below) in node.entries() {
                if let Some(value) = map.get_mut(&key.value) {
                    spell(value, below);
                }
            }
        }
        Value::Array(list) => list.iter_mut().zip(node.items()).for_each(|(value, node)| spell(value, node)),
        Value::Number(number) => {
            if let Some(spelt) = node.scalar().filter(|spelt| *spelt != number.to_string()) {
                *value = spelt.into();
            }
        }
        _ => {}
    }
}

/// Hides what looks like a secret by the key it stands under, whatever stands there.
fn conceal(value: &mut Value) {
    match value {
        Value::Object(map) => map.iter_mut().for_each(|(key, value)| match secret::is_secret(key) {
            true => blank(value),
            false => conceal(value),
        }),
        Value::Array(list) => list.iter_mut().for_each(conceal),
        _ => {}
    }
}

/// Keeps the shape: maps and lists, and that nothing is set.
fn blank(value: &mut Value) {
    match value {
        Value::Object(map) => map.values_mut().for_each(blank),
        Value::Array(list) => list.iter_mut().for_each(blank),
        Value::Null => {}
        scalar => *scalar = secret::CONCEALED.into(),
    }
}
