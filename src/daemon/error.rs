//! Every error of a domain as the wire has it. One place, exhaustive: a new error does not compile until it has a code.

use crate::agent::delivery::DeliveryError;
use crate::agent::kind::KindError;
use crate::agent::pty::WriteError;
use crate::agent::rule::RuleError;
use crate::definition::DefinitionError;
use crate::environment::envs::UnknownEnvironment;
use crate::project::config::ConfigError;
use crate::project::registry::ProjectError;
use crate::project::store::StoreError;
use crate::project::worktree::{GitError, WorktreeError};
use crate::protocol::{Code, WireError};
use crate::tmux::error::TmuxError;
use crate::tmux::server::ServerError;

use super::keeper::KeeperError;

impl From<StoreError> for WireError {
    fn from(error: StoreError) -> Self {
        let code = match &error {
            StoreError::NotInitialized(_) => Code::NotInitialized,
            StoreError::Damaged { .. } | StoreError::Version { .. } => Code::ConfigError,
            StoreError::Locked(_) | StoreError::Ending => Code::InvalidState,
            StoreError::File(_) => Code::IoError,
        };
        WireError::new(code, error.to_string())
    }
}

impl From<ConfigError> for WireError {
    fn from(error: ConfigError) -> Self {
        let code = match &error {
            ConfigError::Invalid(_) | ConfigError::CannotEdit(..) => Code::ConfigError,
            ConfigError::File(_) => Code::IoError,
        };
        WireError::new(code, error.to_string())
    }
}

impl From<UnknownEnvironment> for WireError {
    fn from(error: UnknownEnvironment) -> Self {
        WireError::new(Code::InvalidArgument, error.to_string())
    }
}

impl From<ProjectError> for WireError {
    fn from(error: ProjectError) -> Self {
        let code = match error {
            ProjectError::Store(error) => return error.into(),
            ProjectError::Config(error) => return error.into(),
            ProjectError::NotAbsolute(_) | ProjectError::NoFolder(_) | ProjectError::LineBreak(_) => {
                Code::InvalidArgument
            }
            ProjectError::File(_) => Code::IoError,
        };
        WireError::new(code, error.to_string())
    }
}

impl From<WorktreeError> for WireError {
    fn from(error: WorktreeError) -> Self {
        let code = match &error {
            WorktreeError::NoRepository(_) | WorktreeError::NoCommit(_) => Code::InvalidState,
            WorktreeError::NoBase(_) => Code::InvalidArgument,
            WorktreeError::Unmerged { .. }
            | WorktreeError::CheckedOut { .. }
            | WorktreeError::CheckedOutNowhere { .. } => Code::SpawnFailed,
            WorktreeError::NoCheckout(_)
            | WorktreeError::Unsaved { .. }
            | WorktreeError::Unseen { .. }
            | WorktreeError::Mounted(_)
            | WorktreeError::Moved { .. } => Code::InvalidState,
            WorktreeError::File { .. } => Code::IoError,
            WorktreeError::Git(_) => Code::GitError,
        };
        WireError::new(code, error.to_string())
    }
}

impl From<DefinitionError> for WireError {
    fn from(error: DefinitionError) -> Self {
        let code = match &error {
            DefinitionError::Name(_) | DefinitionError::Invalid(_) => Code::InvalidArgument,
            DefinitionError::NotFound { .. } | DefinitionError::NotIn { .. } | DefinitionError::Elsewhere { .. } => {
                Code::NotFound
            }
            DefinitionError::Broken { .. } | DefinitionError::CannotEdit { .. } => Code::ConfigError,
            DefinitionError::File(_) => Code::IoError,
        };
        let wire = WireError::new(code, error.to_string());
        match error {
            DefinitionError::NotFound { known, .. } => wire.with_hint(known),
            DefinitionError::Elsewhere { delete, .. } => wire.with_hint(format!("`{delete}` deletes that one")),
            DefinitionError::Broken { edit, .. } => wire.with_hint(format!("`{edit}` opens it")),
            DefinitionError::CannotEdit { edit, .. } => wire.with_hint(format!("change it by hand: `{edit}`")),
            _ => wire,
        }
    }
}

impl From<GitError> for WireError {
    fn from(error: GitError) -> Self {
        WorktreeError::from(error).into()
    }
}

impl From<KindError> for WireError {
    fn from(error: KindError) -> Self {
        WireError::new(Code::InvalidArgument, error.to_string())
    }
}

impl From<RuleError> for WireError {
    fn from(error: RuleError) -> Self {
        WireError::new(Code::ConfigError, error.to_string())
    }
}

impl From<KeeperError> for WireError {
    fn from(error: KeeperError) -> Self {
        let code = match &error {
            KeeperError::Refused(_) | KeeperError::NoAnswer => Code::SpawnFailed,
            KeeperError::NoSocket | KeeperError::Link(_) | KeeperError::Version(_) | KeeperError::Gone => {
                Code::InternalError
            }
        };
        WireError::new(code, error.to_string())
    }
}

impl From<WriteError> for WireError {
    fn from(error: WriteError) -> Self {
        WireError::new(Code::DeliveryFailed, error.to_string())
    }
}

impl From<DeliveryError> for WireError {
    fn from(error: DeliveryError) -> Self {
        WireError::new(Code::DeliveryFailed, error.to_string())
    }
}

impl From<TmuxError> for WireError {
    fn from(error: TmuxError) -> Self {
        let code = match &error {
            TmuxError::NoTarget
            | TmuxError::NoKey(_)
            | TmuxError::NoSize(_)
            | TmuxError::Nul(_)
            | TmuxError::TooLong { .. } => Code::InvalidArgument,
            TmuxError::Server(ServerError::TooOld { .. }) => Code::TmuxError,
            TmuxError::Server(_) => Code::InvalidArgument,
            TmuxError::NoPane(_) | TmuxError::ServerGone(_) => Code::NotFound,
            TmuxError::InMode(_) => Code::InvalidState,
            TmuxError::Missing(_)
            | TmuxError::Foreign { .. }
            | TmuxError::Refused(_)
            | TmuxError::NoSession(_)
            | TmuxError::Silent(_)
            | TmuxError::Unanswered(_)
            | TmuxError::Unexpected { .. }
            | TmuxError::Closed => Code::TmuxError,
        };
        WireError::new(code, error.to_string())
    }
}

/// There is no such agent.
pub fn no_agent(id: &str) -> WireError {
    WireError::new(Code::AgentNotFound, format!("no agent has the id `{id}`"))
}
