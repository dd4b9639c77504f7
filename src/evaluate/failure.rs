//! Failures of a query that runs, each with its kind.

use std::fmt;

pub use crate::diagnostic::failure::FailureKind;
use crate::plan::ClauseId;

/// An error that Elasticsearch reports only when it runs a query. It is a failure, never "no match".
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryFailure {
    /// Which kind.
    pub kind: FailureKind,
    /// The clause that failed.
    pub clause: Option<ClauseId>,
}

impl QueryFailure {
    /// The same failure, at this clause.
    #[must_use]
    pub fn at(self, clause: ClauseId) -> Self {
        Self {
            clause: Some(clause),
            ..self
        }
    }

    /// Whether Elasticsearch would run the query, and this evaluator cannot.
    pub fn is_unsupported(&self) -> bool {
        self.kind.is_unsupported()
    }
}

impl<K: Into<FailureKind>> From<K> for QueryFailure {
    fn from(kind: K) -> Self {
        Self {
            kind: kind.into(),
            clause: None,
        }
    }
}

impl fmt::Display for QueryFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)
    }
}

impl std::error::Error for QueryFailure {}
