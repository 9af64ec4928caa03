//! What was asked of guards, and what came of it: one line of JSON each, in `guard.jsonl`.

use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::base::files::{FileError, give_to_owner};

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Deed {
    /// A guard was lifted for a while.
    Armed,
    /// It was put back before its time.
    Disarmed,
    /// A command ran because its guard was lifted.
    RanArmed,
    /// A command ran after somebody had said yes.
    Confirmed,
    /// Somebody was asked and did not say yes.
    Declined,
    /// A command was refused.
    Refused,
    /// A command that would have been asked about or refused ran past its guard (`PINTLE_BYPASS`).
    Bypassed,
}

impl Deed {
    /// In words for people.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Armed => "armed",
            Self::Disarmed => "disarmed",
            Self::RanArmed => "ran while armed",
            Self::Confirmed => "confirmed",
            Self::Declined => "declined",
            Self::Refused => "refused",
            Self::Bypassed => "bypassed",
        }
    }
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditEntry {
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub deed: Deed,
    /// The environment.
    pub env: String,
    /// The pane.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pane: Option<String>,
    /// The agent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub agent: Option<String>,
    /// The words of the command.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub argv: Vec<String>,
    /// The folder it was to run in.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cwd: Option<String>,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Until when a guard was lifted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl AuditEntry {
    /// Something happened to an environment's guard.
    pub fn new(at: Timestamp, deed: Deed, env: &str) -> Self {
        Self {
            at,
            deed,
            env: env.to_owned(),
            pane: None,
            agent: None,
            argv: Vec::new(),
            cwd: None,
            reason: None,
            until: None,
        }
    }

    /// In this pane.
    #[must_use]
    pub fn in_pane(self, pane: String) -> Self {
        Self { pane: Some(pane), ..self }
    }

    /// Until then.
    #[must_use]
    pub fn until(self, until: Timestamp) -> Self {
        Self { until: Some(until), ..self }
    }

    /// Appends it to the log at `path`. One write: lines of several processes do not mix.
    pub fn append(&self, path: &Path) -> Result<(), FileError> {
        let mut line = serde_json::to_vec(self).map_err(std::io::Error::from).map_err(FileError::at(path))?;
        line.push(b'\n');
        let append = || {
            let mut log = OpenOptions::new().append(true).create(true).mode(0o600).open(path)?;
            give_to_owner(&log, path.parent().unwrap_or(Path::new(".")))?;
            log.write_all(&line)
        };
        append().map_err(FileError::at(path))
    }

    /// The entries of a log, the oldest first. A line that is none is passed over: somebody's hand has been there, or the disk was full.
    pub fn parse(log: &[u8]) -> Vec<Self> {
        log.split(|byte| *byte == b'\n').filter_map(|line| serde_json::from_slice(line).ok()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_each_and_what_is_none_is_passed_over() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("guard.jsonl");
        let armed = AuditEntry::new(Timestamp::UNIX_EPOCH, Deed::Armed, "prod").in_pane("%3".to_owned());
        let ran = AuditEntry { argv: vec!["kubectl".into(), "a\nb".into()], deed: Deed::RanArmed, ..armed.clone() };
        armed.append(&path).unwrap();
        std::fs::write(&path, [std::fs::read(&path).unwrap(), b"{\"at\n\n".to_vec()].concat()).unwrap();
        ran.append(&path).unwrap();
        let log = std::fs::read(&path).unwrap();
        assert_eq!(log.iter().filter(|byte| **byte == b'\n').count(), 4);
        assert_eq!(AuditEntry::parse(&log), [armed, ran]);
    }
}
