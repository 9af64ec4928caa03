//! What one look has shown.

use crate::cli::style::Paint;

/// How good or bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Worth {
    /// As it should be.
    Ok,
    /// Something works less well, or not at all, that may not be needed.
    Warn,
    /// Something has to be done.
    Fail,
}

impl Worth {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Warn => "warn",
            Self::Fail => "fail",
        }
    }
}

/// A line of the doctor's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    /// How good or bad.
    pub worth: Worth,
    /// What was looked at.
    pub what: &'static str,
    /// What was seen.
    pub seen: String,
    /// What to do about it.
    pub advice: Option<String>,
}

impl Verdict {
    /// As it should be.
    pub fn ok(what: &'static str, seen: impl Into<String>) -> Self {
        Self { worth: Worth::Ok, what, seen: seen.into(), advice: None }
    }

    /// Not as it should be, and what can be done.
    pub fn warn(what: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { worth: Worth::Warn, what, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// Broken, and what has to be done.
    pub fn fail(what: &'static str, seen: impl Into<String>, advice: impl Into<String>) -> Self {
        Self { worth: Worth::Fail, what, seen: seen.into(), advice: Some(advice.into()) }
    }

    /// For people.
    pub fn words(&self, paint: Paint) -> String {
        let word = format!("{:4}", self.worth.word());
        let word = match self.worth {
            Worth::Ok => paint.good(&word),
            Worth::Warn => paint.warning(&word),
            Worth::Fail => paint.error(&word),
        };
        let line = format!("{word}  {:10}  {}\n", self.what, self.seen);
        match &self.advice {
            Some(advice) => format!("{line}                  {} {advice}\n", paint.hint("->")),
            None => line,
        }
    }
}
