//! Why a rule has no request: said in the summary of `scan --emit-requests`.

use crate::diagnostic::failure::RefusedBy;
use crate::diagnostic::query::dsl::UnsupportedQuery;
use crate::event::Timestamp;

/// Why a rule has no request.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotEmitted {
    /// Each of its requests holds values of the answer before.
    #[error("each request of a threat_match rule needs the answer to the one before")]
    IndicatorMatch,
    /// It searches no index.
    #[error("a machine_learning rule asks an anomaly job, not an index")]
    MachineLearning,
    /// There is nothing to send.
    #[error("the rule has no query")]
    NoQuery,
    /// The indices are Kibana's.
    #[error("the rule names no index: Kibana takes those of a data view or its own default")]
    NoIndex,
    /// An index pattern that is none.
    #[error("an index pattern is no name of an index")]
    BadIndex,
    /// A filter that Trapline does not read.
    #[error("the rule has {0}, which is not written")]
    Filter(UnsupportedQuery),
    /// A filter or exception whose JSON would mean something else.
    #[error("{0}: this condition cannot be written as Query DSL without loss")]
    Unwritten(String),
    /// Kibana refuses the query.
    #[error("Kibana refuses the query: {0}")]
    Query(Box<RefusedBy>),
    /// The history of a new-terms rule.
    #[error("`history_window_start` cannot be read")]
    History,
    /// Kibana refuses such a rule, for every term would be new.
    #[error("its history begins at {0}, not before the time range: give a later --from")]
    ShortHistory(Timestamp),
}
