//! Rules that the engine cannot run.

use crate::evaluate::failure::QueryFailure;

/// A rule that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRule {
    /// The number it was given with.
    pub rule: u32,
    /// Why.
    pub reason: EngineRefusal,
}

/// Why the engine cannot run a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum EngineRefusal {
    /// The query would fail on every event, or the evaluator cannot run it.
    #[error(transparent)]
    Failure(#[from] QueryFailure),
    /// A test of several fields stands where a column has one.
    #[error("a condition over several fields")]
    SeveralFields,
}
