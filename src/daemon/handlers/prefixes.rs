//! Prefix rules, and what commands become.

use std::sync::Arc;

use crate::daemon::flows;
use crate::daemon::services::Services;
use crate::environment::prefix::{Rule, RuleError, Strategy};
use crate::project::state::RuleEntry;
use crate::protocol::cmd::reply;
use crate::protocol::cmd::request::{ApplyPrefixes, Command, RegisterPrefix, UnregisterPrefix};
use crate::protocol::{Code, WireError};

/// Who adds rules without saying who they are.
const ANYBODY: &str = "client";

/// `apply_prefixes`
pub async fn apply_prefixes(
    services: &Arc<Services>,
    request: &ApplyPrefixes,
    peer: Option<i32>,
) -> Result<reply::ApplyPrefixes, WireError> {
    flows::apply_prefixes::apply_prefixes(services, request, peer).await
}

/// `list_prefixed_commands`: what has a rule, in whichever environment.
pub fn list_prefixed_commands(services: &Services) -> reply::ListPrefixedCommands {
    let loaded = services.environments.loaded();
    reply::ListPrefixedCommands { commands: loaded.rules.commands().into_iter().map(str::to_owned).collect() }
}

/// `register_prefix`
pub async fn register_prefix(services: &Arc<Services>, request: RegisterPrefix) -> Result<reply::Done, WireError> {
    let invalid = |text: &str| WireError::new(Code::InvalidArgument, text);
    let owner = request.owner.unwrap_or_else(|| ANYBODY.to_owned());
    let (strategy, mut config) = match (request.strategy, &request.wrapper) {
        (Some(strategy), _) => (strategy, request.config),
        (None, Some(_)) => (Strategy::Wrapper.to_string(), request.config),
        (None, None) => return Err(invalid("`strategy` is missing: args_append, args_prepend, env_vars or wrapper")),
    };
    if let Some(wrapper) = request.wrapper {
        let words = match wrapper {
            Command::Line(line) => line.into(),
            Command::Argv(argv) => argv.into(),
        };
        config.insert("command".to_owned(), words);
    }
    let entry = RuleEntry { owner, command: request.command, strategy, config };
    let rule = Rule::registered(&entry.owner, &entry.command, &entry.strategy, &entry.config.clone().into());
    let added =
        rule.and_then(|rule| crate::environment::prefix::Rules::clone(&services.environments.loaded().rules).add(rule));
    added.map_err(refused)?;
    services.environments.add_rule(entry);
    services.environments.written().await;
    services.reload_environments();
    Ok(reply::Done {})
}

fn refused(error: RuleError) -> WireError {
    let refused = WireError::new(Code::InvalidArgument, error.to_string());
    match error {
        RuleError::Conflict { .. } => refused.conflicting().with_hint("`unregister_prefix` takes the other one away"),
        RuleError::Invalid { .. } => refused,
    }
}

/// `unregister_prefix`
pub async fn unregister_prefix(
    services: &Arc<Services>,
    request: &UnregisterPrefix,
) -> Result<reply::UnregisterPrefix, WireError> {
    if let Some(strategy) = &request.strategy
        && !Strategy::WORDS.iter().any(|(word, _)| word == strategy)
    {
        let known: Vec<&str> = Strategy::WORDS.iter().map(|(word, _)| *word).collect();
        let text = format!("unknown strategy `{strategy}`: known are {}", known.join(", "));
        return Err(WireError::new(Code::InvalidArgument, text));
    }
    let removed = services.environments.remove_rules(|entry| {
        entry.command == request.command
            && request.strategy.as_ref().is_none_or(|strategy| *strategy == entry.strategy)
            && request.owner.as_ref().is_none_or(|owner| *owner == entry.owner)
    });
    services.environments.written().await;
    services.reload_environments();
    Ok(reply::UnregisterPrefix { removed })
}
