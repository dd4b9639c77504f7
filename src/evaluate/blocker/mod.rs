//! Finds blockers: the clauses of which each, inverted alone, makes a match.
//!
//! What each event would need for each stage is counted on the boolean tree; the cheapest
//! assignments of events to positions give the candidates; and each candidate is tried by deciding
//! again with it inverted or lifted, so that no cause is ever reported that does not make a match.
//! Called by [`Evaluation::blockers`] only.

mod assignment;
mod cost;
mod nearest;

pub use nearest::Rarity;
pub(super) use nearest::nearest;

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use self::cost::{Candidate, Costs};
use super::facts_overlay::FactsOverlay;
use super::{BlockerHint, Blockers, Cause, CauseKind, Evaluation, Override, decide};
use crate::event::EventId;
use crate::plan::{ClauseKind, PartId, Plan, Role, StageId};

/// How many events one decision may look at in all while candidates are tried.
const CHECK_BUDGET: usize = 4_000_000;

/// The most competing events that are named.
const MAX_COMPETITORS: usize = 32;

/// The blockers of an evaluation under the waived overrides.
pub(super) fn blockers(evaluation: &Evaluation<'_>, hint: &BlockerHint) -> Blockers {
    let overlay = evaluation.view(&hint.waived);
    if !decide::decide(&overlay, &evaluation.found.request).is_empty() {
        return Blockers::default();
    }
    let costs = Costs::new(&overlay);
    let found = assignment::search(&costs, &hint.assignment);
    let mut check = CandidateFilter::new(evaluation, &hint.waived, &overlay);
    let mut causes = check.filter(found.candidates);
    if causes.is_empty()
        && let Some(assignment) = &found.complete
    {
        causes = check.filter(competitors(&overlay, assignment));
    }
    causes.sort_by_key(|cause| (order_of(cause.kind), cause.event));
    let together = if causes.is_empty() {
        let mut together = found.together;
        together.sort_by_key(|cause| (order_of(cause.kind), cause.event));
        together
    } else {
        Vec::new()
    };
    Blockers {
        part: common_part(evaluation.plan, &causes),
        causes,
        together,
        nearest: found.nearest.into_iter().map(EventId).collect(),
        approximate: found.approximate || check.exhausted,
    }
}

/// The unmet clauses of one event for one stage.
pub(super) fn unmet_clauses(
    evaluation: &Evaluation<'_>,
    stage: StageId,
    event: EventId,
) -> Vec<Cause> {
    let overlay = evaluation.view(&[]);
    let lacks = Costs::new(&overlay).of_event(stage, event.0).into_iter();
    lacks.map(|candidate| candidate.cause).collect()
}

/// In the order of the text, what is outside the text before and after it.
fn order_of(kind: CauseKind) -> (u8, u32) {
    match kind {
        CauseKind::NotRouted => (0, 0),
        CauseKind::Clause(clause) => (1, clause.0.into()),
        CauseKind::ConsumedBy(event) => (2, event.0),
    }
}

/// Tries candidates by deciding again.
struct CandidateFilter<'e, 'p> {
    evaluation: &'e Evaluation<'p>,
    waived: &'e [Override],
    budget: usize,
    exhausted: bool,
}

impl<'e, 'p> CandidateFilter<'e, 'p> {
    fn new(
        evaluation: &'e Evaluation<'p>,
        waived: &'e [Override],
        overlay: &FactsOverlay<'_>,
    ) -> Self {
        Self {
            evaluation,
            waived,
            budget: (CHECK_BUDGET / (overlay.meeting_events().len() + 1)).max(64),
            exhausted: false,
        }
    }

    /// The causes among the candidates: a clause on one event once, a structural clause once.
    fn filter(&mut self, candidates: Vec<Candidate>) -> Vec<Cause> {
        let mut seen = BTreeSet::new();
        let mut causes = Vec::new();
        let mut known = FxHashMap::default();
        for candidate in candidates {
            let identity = self.identity(&candidate.cause);
            if seen.contains(&identity) {
                continue;
            }
            let alike = self.alike(&candidate.change);
            let known_of = alike.and_then(|alike| known.get(&alike).copied());
            let matches = match known_of {
                Some(matches) => matches,
                None => {
                    if self.budget == 0 {
                        self.exhausted = true;
                        break;
                    }
                    self.budget -= 1;
                    let mut overrides = self.waived.to_vec();
                    overrides.push(candidate.change);
                    let matches = !self.evaluation.decide_with(&overrides).is_empty();
                    known.extend(alike.map(|alike| (alike, matches)));
                    matches
                }
            };
            if matches {
                seen.insert(identity);
                causes.push(candidate.cause);
            }
        }
        causes
    }

    /// What items of one list have in common when their facts change in one way: it makes the same
    /// of the list, whichever of them it is. A waived fact may be one of the list's.
    fn alike(&self, change: &Override) -> Option<(PartId, Option<EventId>, bool)> {
        let Override::Fact { clause, event, bit } = change else {
            return None;
        };
        let plan = self.evaluation.plan;
        let clause = plan.clause(*clause)?;
        let is_item = clause.kind == ClauseKind::ListItem && self.waived.is_empty();
        let list = plan.parts.get(clause.part)?.parent?;
        is_item.then_some((list, *event, *bit))
    }

    fn identity(&self, cause: &Cause) -> ((u8, u32), Option<EventId>) {
        let on_event = match cause.kind {
            CauseKind::Clause(id) => {
                let found = self.evaluation.plan.clause(id);
                let kind = found.map(|clause| clause.kind);
                kind.is_some_and(|kind| kind.is_condition() || kind == ClauseKind::Category)
            }
            CauseKind::NotRouted => true,
            CauseKind::ConsumedBy(_) => false,
        };
        (order_of(cause.kind), cause.event.filter(|_| on_event))
    }
}

/// The events that may have taken the partial sequence of an assignment that lacks nothing.
fn competitors(overlay: &FactsOverlay<'_>, assignment: &[u32]) -> Vec<Candidate> {
    let ranks = assignment.iter().filter_map(|event| overlay.moment(*event));
    let ranks: Vec<u32> = ranks.map(|ordered| ordered.rank).collect();
    let (Some(first), Some(last)) = (ranks.iter().min(), ranks.iter().max()) else {
        return Vec::new();
    };
    let mut candidates = Vec::new();
    for ordered in overlay.meeting_events() {
        let event = ordered.event.0;
        if ordered.rank < *first || ordered.rank > *last || assignment.contains(&event) {
            continue;
        }
        let mut stages = overlay.plan.numbered();
        let taker = stages
            .find(|(id, stage)| stage.role == Role::Positive && overlay.meets(*id, stage, event));
        if let Some((stage, _)) = taker {
            candidates.push(Candidate {
                cause: Cause {
                    kind: CauseKind::ConsumedBy(ordered.event),
                    stage: Some(stage),
                    event: Some(ordered.event),
                    shortfall: None,
                },
                change: Override::Without(ordered.event),
            });
            if candidates.len() == MAX_COMPETITORS {
                break;
            }
        }
    }
    candidates
}

/// The smallest part of the query that contains all causes that are conditions.
fn common_part(plan: &Plan, causes: &[Cause]) -> Option<PartId> {
    let parts = causes.iter().filter_map(|cause| match cause.kind {
        CauseKind::Clause(clause) => plan.clause(clause),
        CauseKind::NotRouted | CauseKind::ConsumedBy(_) => None,
    });
    let parts = parts.filter(|clause| clause.kind.is_condition());
    let mut paths = parts.map(|clause| path_to(plan, clause.part));
    let mut common = paths.next()?;
    for path in paths {
        let shared = common.iter().zip(&path).take_while(|(a, b)| a == b).count();
        common.truncate(shared);
    }
    common.pop()
}

/// From the largest part to this one.
fn path_to(plan: &Plan, part: PartId) -> Vec<PartId> {
    let mut path = vec![part];
    let mut next = part;
    while let Some(parent) = plan.parts.at(next).parent {
        // A part stands in a larger one; a plan whose parts go round would never end.
        if path.len() > plan.parts.len() {
            break;
        }
        path.push(parent);
        next = parent;
    }
    path.reverse();
    path
}

#[cfg(test)]
mod tests;
