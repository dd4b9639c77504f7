//! The sentences of [`MatchError`], for users of the library.

use std::fmt;

use crate::scan::MatchError;

impl fmt::Display for MatchError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Invalid(diagnostics) => {
                let first = diagnostics.iter().find(|one| one.is_error());
                let first = first.map_or("no rule", |one| one.message.as_str());
                write!(f, "the rule cannot be read: {first}")
            }
            Self::Unsupported(what) => write!(f, "{what} are not supported"),
            Self::NotRun(why) => write!(f, "the rule cannot be run: {why}"),
            Self::BadDocument { line, reason } => write!(f, "line {line}: {reason}"),
            Self::Failed { line, reason } => write!(f, "line {line}: the query fails: {reason}"),
        }
    }
}
