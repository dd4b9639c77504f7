//! Rules that the engine cannot run.

pub(super) use crate::diagnostic::failure::EngineRefusal;
use crate::evaluate::failure::QueryFailure;

/// A rule that cannot be run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RefusedRule {
    /// The number it was given with.
    pub rule: u32,
    /// Why.
    pub reason: EngineRefusal,
}

impl From<QueryFailure> for EngineRefusal {
    fn from(failure: QueryFailure) -> Self {
        Self::Failure(failure.kind)
    }
}
