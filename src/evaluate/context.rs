//! The inputs of a search besides query and events, and the ways in which it can fail.

use crate::event::Timestamp;
use crate::plan::ClauseId;

/// The inputs of a search besides query and events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context {
    /// `now` of date math; fixed for the whole search.
    pub now: Timestamp,
    /// The request's parameters.
    pub request: Request,
}

/// The request parameters of Elasticsearch's EQL search API that change results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// How many events, sequences or samples are returned; `None` for all of them.
    pub size: Option<usize>,
    /// Which end of the results is returned when there are more.
    pub position: ResultPosition,
    /// How many samples a key may give.
    pub max_samples_per_key: usize,
}

/// `result_position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResultPosition {
    /// The earliest.
    Head,
    /// The most recent.
    #[default]
    Tail,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            size: None,
            position: ResultPosition::default(),
            max_samples_per_key: 1,
        }
    }
}

/// An error that Elasticsearch reports only when it runs a query. It is a failure, never "no match".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryFailure {
    /// Elasticsearch's message in substance.
    pub message: String,
    /// The clause that failed.
    pub clause: Option<ClauseId>,
    /// Elasticsearch would run it, and this evaluator cannot.
    pub unsupported: bool,
}

impl QueryFailure {
    /// A failure that Elasticsearch would report.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            clause: None,
            unsupported: false,
        }
    }

    /// A construct that only Elasticsearch can run.
    pub fn unsupported(message: impl Into<String>) -> Self {
        Self {
            unsupported: true,
            ..Self::new(message)
        }
    }

    /// The same failure, at this clause.
    #[must_use]
    pub fn at(self, clause: ClauseId) -> Self {
        Self {
            clause: Some(clause),
            ..self
        }
    }
}
