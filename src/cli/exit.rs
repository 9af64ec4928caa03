//! How a command ends.

use crate::client::ClientError;
use crate::protocol::{Code, WireError};

/// What stands at the end of `pintle --help`.
pub const MANUAL: &str = "\
Exit codes:
  0    it is done
  1    it was refused, or it failed
  2    the command line was not understood
  3    no daemon answers
  4    no such agent, worktree or definition, or the folder is no project
  5    time is up: `wait` saw nothing, or the daemon gave no answer
  128+ the signal that ended it
  With `wait --exit-code` it is the agent's own code.

Messages go to standard error. With --json the daemon's answers go to standard
output, one object a line, and so do errors:
  {\"type\":\"error\",\"code\":CODE,\"message\":TEXT,\"hint\":TEXT}";

/// An exit code with its meaning.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It is done.
    Done,
    /// It was refused, or it failed.
    Failed,
    /// The command line was not understood.
    Usage,
    /// No daemon answers.
    Unreachable,
    /// What was named does not exist.
    NotFound,
    /// Time is up.
    TimedOut,
    /// A signal ended it.
    Signal(i32),
    /// Somebody else's code, passed on.
    Code(i32),
}

impl Exit {
    /// The number.
    pub fn code(self) -> i32 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Unreachable => 3,
            Self::NotFound => 4,
            Self::TimedOut => 5,
            Self::Signal(signal) => 128 + signal,
            Self::Code(code) => code,
        }
    }
}

impl From<Code> for Exit {
    fn from(code: Code) -> Self {
        match code {
            Code::AgentNotFound | Code::WorktreeNotFound | Code::NotFound | Code::NotInitialized => Self::NotFound,
            Code::Timeout => Self::TimedOut,
            _ => Self::Failed,
        }
    }
}

impl From<&WireError> for Exit {
    fn from(error: &WireError) -> Self {
        error.code.into()
    }
}

impl From<&ClientError> for Exit {
    fn from(error: &ClientError) -> Self {
        match error {
            ClientError::Unreachable { .. } | ClientError::NotStarted { .. } | ClientError::Start(_) => {
                Self::Unreachable
            }
            ClientError::TimedOut { .. } => Self::TimedOut,
            ClientError::Refused(error) => error.into(),
            _ => Self::Failed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_the_wire() {
        fn check(code: Code, expected: i32) {
            assert_eq!(Exit::from(&WireError::new(code, "")).code(), expected, "{code:?}");
            assert_eq!(Exit::from(&ClientError::Refused(WireError::new(code, ""))).code(), expected, "{code:?}");
        }
        check(Code::AgentNotFound, 4);
        check(Code::WorktreeNotFound, 4);
        check(Code::NotFound, 4);
        check(Code::NotInitialized, 4);
        check(Code::Timeout, 5);
        check(Code::InvalidArgument, 1);
        check(Code::SpawnFailed, 1);
        check(Code::Busy, 1);
        check(Code::InternalError, 1);
    }

    #[test]
    fn codes_of_our_own() {
        let lost = ClientError::Lost { request: "kill".into() };
        assert_eq!(Exit::from(&lost).code(), 1);
        let source = std::io::ErrorKind::NotFound.into();
        assert_eq!(Exit::from(&ClientError::Unreachable { socket: "/s".into(), source }).code(), 3);
        let limit = std::time::Duration::from_secs(30);
        assert_eq!(Exit::from(&ClientError::TimedOut { request: "health".into(), limit }).code(), 5);
        assert_eq!(Exit::Signal(15).code(), 143);
        assert_eq!(Exit::Code(7).code(), 7);
    }

    #[test]
    fn the_manual_names_them_all() {
        for exit in [Exit::Done, Exit::Failed, Exit::Usage, Exit::Unreachable, Exit::NotFound, Exit::TimedOut] {
            assert!(MANUAL.contains(&format!("\n  {}  ", exit.code())), "{exit:?}");
        }
    }
}
