//! The clause that makes a source blind, waived to judge the cases of that source.

use super::record;
use crate::evaluate::{Blockers, CauseKind, Override};
use crate::plan::{ClauseId, ClauseKind};
use crate::replay::production::case_run::Run;

/// The clause that makes a source blind.
#[derive(Debug, Clone)]
pub(in crate::replay) struct Waiver {
    /// Its words.
    pub(in crate::replay) text: String,
    pub(in crate::replay) clause: ClauseId,
    /// The label of the event on which it blocked the attack, and the bit that lets it pass;
    /// `None` for a structural clause, which is lifted.
    fact: Option<(String, bool)>,
}

impl Waiver {
    /// The waiver of a gap with this single blocker; `None` where no single clause can be waived.
    pub(in crate::replay) fn of(run: &Run<'_>, blockers: &Blockers) -> Option<Self> {
        let cause = blockers.causes.first()?;
        let CauseKind::Clause(clause) = cause.kind else {
            return None;
        };
        let text = record::words(run, std::slice::from_ref(cause)).pop()?;
        let kind = run.plan().clause(clause)?.kind;
        let fact = if kind.is_condition() {
            let event = cause.event?;
            let bit = run.evaluation.fact(clause, event)?;
            Some((run.case_events.label(event), !bit))
        } else if matches!(kind, ClauseKind::Order | ClauseKind::Category) {
            return None;
        } else {
            None
        };
        Some(Self { text, clause, fact })
    }

    /// What lifts it on a run.
    pub(in crate::replay) fn overrides(&self, run: &Run<'_>) -> Vec<Override> {
        match &self.fact {
            None => vec![Override::Relax(self.clause)],
            Some((label, bit)) => {
                let event = run.case_events.find(label);
                let fact = event.map(|event| Override::Fact {
                    clause: self.clause,
                    event: Some(event),
                    bit: *bit,
                });
                fact.into_iter().collect()
            }
        }
    }
}
