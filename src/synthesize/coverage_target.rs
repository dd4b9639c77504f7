//! A clause's outcome that a generated case is to show.

use super::unsolved::{Unsolved, UnsolvedClause, UnsolvedReason};
use crate::data_source::DataSource;
use crate::plan::ClauseName;
use crate::scenario::write::SketchCase;

/// A clause and the outcome with which it decides a check on a source.
pub(super) type Decides = (String, ClauseName, bool);

/// A clause's outcome that no check decides yet.
pub(super) struct CoverageTarget {
    pub(super) decides: Decides,
    /// The proposals that are not tried yet, the likeliest last.
    pub(super) proposals: Vec<SketchCase>,
    /// Whether there was any proposal.
    pub(super) found: bool,
    /// Whether the search had used up its budget.
    pub(super) budget_exhausted: bool,
    /// Whether the attack's events on this source can have other values in the clause's fields.
    pub(super) settable: bool,
    pub(super) line: usize,
}

impl CoverageTarget {
    pub(super) fn unsolved(self, source: &DataSource) -> Unsolved {
        let (_, clause, alert) = self.decides;
        let reason = match (self.settable, self.found, alert) {
            (true, false, _) if self.budget_exhausted => UnsolvedReason::BudgetExhausted,
            (false, ..) => UnsolvedReason::FixedField(source.title.clone()),
            (_, false, true) => UnsolvedReason::NoDecidingAlert,
            (_, false, false) => UnsolvedReason::NoStop,
            (_, true, true) => UnsolvedReason::AlertNotConfirmed,
            (_, true, false) => UnsolvedReason::StopNotConfirmed,
        };
        Unsolved {
            source: source.name.clone(),
            clause: Some(UnsolvedClause {
                text: clause.to_string(),
                line: self.line,
            }),
            reason,
        }
    }
}
