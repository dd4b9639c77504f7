//! The reference evaluator: runs one rule and explains the result.
//!
//! Two steps. *Facts*: each leaf of the plan on each event, once, one bit. *Decide*: a pure
//! function of plan, facts and overrides: the boolean tree gives the stages that an event meets,
//! the sequence or sample matcher takes `(ordinal, stage, key)` and gives the matches. Blockers,
//! waived runs, coverage, mutation and explain are [`Evaluation::decide_with`] with overrides; none
//! of them evaluates a query in a way of its own.
//!
//! `plan, events -> facts -> view (facts under overrides) -> decide -> matches, or blockers`

mod bits;
mod blocker;
mod condition;
mod context;
mod decide;
pub mod document;
mod facts;
mod facts_overlay;
pub mod failure;
#[cfg(test)]
mod fixture;
pub mod function;
pub mod indicator_match;
mod keys;
pub mod new_terms;
mod outcome;
pub mod pattern;
pub mod pipeline;
mod pipes;
pub mod reason;
mod sample;
mod sequence;
mod slots;
pub mod term;
mod test;
pub mod threshold;

pub use blocker::Rarity;
pub use context::{Context, Request, ResultPosition};
pub use failure::{FailureKind, QueryFailure};
pub use outcome::{BlockerHint, Blockers, Cause, CauseKind, Match, Override, Shortfall};

use std::sync::Arc;

use self::bits::BitMatrix;
use self::facts::{Facts, Tests};
use self::facts_overlay::FactsOverlay;
use crate::event::{Event, EventId, Timestamp};
use crate::plan::{ClauseId, LeafId, Plan, StageId};

/// A plan with its patterns compiled, ready for any number of evaluations.
#[derive(Debug)]
pub struct Prepared<'p> {
    plan: &'p Plan,
    tests: Arc<Tests>,
}

/// The compiled patterns of a plan, kept beside it: compiling them is most of the cost of preparing.
#[derive(Debug, Clone)]
pub struct Patterns(Arc<Tests>);

impl Patterns {
    /// Compiles the plan's patterns; the failure names the clause.
    pub fn of(plan: &Plan) -> Result<Self, QueryFailure> {
        Ok(Self(Arc::new(Tests::new(plan)?)))
    }

    /// The plan that they are of, prepared.
    pub fn with<'p>(&self, plan: &'p Plan) -> Prepared<'p> {
        Prepared {
            plan,
            tests: Arc::clone(&self.0),
        }
    }
}

impl<'p> Prepared<'p> {
    /// Compiles the plan's patterns; the failure names the clause.
    pub fn new(plan: &'p Plan) -> Result<Self, QueryFailure> {
        Ok(Patterns::of(plan)?.with(plan))
    }

    /// The plan.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// What one leaf says of one event; a script that fails on it gives its failure.
    pub fn holds(&self, leaf: LeafId, event: &Event) -> Result<bool, QueryFailure> {
        self.tests.holds(self.plan, leaf, event)
    }

    /// Whether an event meets the condition of a plan with one stage, read on its own.
    pub fn selects(&self, event: &Event) -> Result<bool, QueryFailure> {
        let Some(stage) = self.plan.stages.first() else {
            return Ok(false);
        };
        let failure = std::cell::RefCell::new(None);
        let bit = |leaf| {
            self.holds(leaf, event).unwrap_or_else(|reason| {
                failure.borrow_mut().get_or_insert(reason);
                false
            })
        };
        let holds = condition::holds(&stage.condition, &bit);
        match failure.into_inner() {
            Some(reason) => Err(reason),
            None => Ok(holds),
        }
    }

    /// Runs the plan over events; [`EventId`]s are their places in the slice.
    pub fn evaluate(
        &self,
        events: &[Event],
        ctx: &Context,
    ) -> Result<Evaluation<'p>, QueryFailure> {
        let facts = Facts::new(self.plan, &self.tests, events)?;
        Ok(Evaluation::new(self.plan, facts, ctx.request))
    }
}

/// Compiles and runs a plan over events.
pub fn evaluate<'p>(
    plan: &'p Plan,
    events: &[Event],
    ctx: &Context,
) -> Result<Evaluation<'p>, QueryFailure> {
    Prepared::new(plan)?.evaluate(events, ctx)
}

/// One plan evaluated on some events: the facts and the matches.
#[derive(Debug)]
pub struct Evaluation<'p> {
    plan: &'p Plan,
    found: Arc<EvaluationData>,
}

/// An evaluation without its plan, to be kept beside it. Questions to it evaluate nothing again.
#[derive(Debug, Clone)]
pub struct KeptEvaluation(Arc<EvaluationData>);

impl KeptEvaluation {
    /// The evaluation of the plan that it is of.
    pub fn with<'p>(&self, plan: &'p Plan) -> Evaluation<'p> {
        Evaluation {
            plan,
            found: Arc::clone(&self.0),
        }
    }
}

#[derive(Debug)]
struct EvaluationData {
    facts: Facts,
    met: BitMatrix,
    meeting_events: Vec<u32>,
    matches: Vec<Match>,
    request: Request,
}

impl EvaluationData {
    fn view<'f>(&'f self, plan: &'f Plan, overrides: &[Override]) -> FactsOverlay<'f> {
        FactsOverlay::new(
            plan,
            &self.facts,
            &self.met,
            &self.meeting_events,
            overrides,
        )
    }
}

impl<'p> Evaluation<'p> {
    fn new(plan: &'p Plan, facts: Facts, request: Request) -> Self {
        let events = facts
            .order
            .iter()
            .max()
            .map_or(0, |last| *last as usize + 1);
        let mut met = BitMatrix::new(events, plan.stages.len());
        let empty = BitMatrix::new(0, 0);
        let overlay = FactsOverlay::plain(plan, &facts, &empty);
        for event in &facts.order {
            for (id, stage) in plan.numbered() {
                if overlay.meets(id, stage, *event) {
                    met.set(*event as usize, id.index());
                }
            }
        }
        let order = facts.order.iter().copied();
        let interesting = order.filter(|event| met.any(*event as usize)).collect();
        let mut found = EvaluationData {
            facts,
            met,
            meeting_events: interesting,
            matches: Vec::new(),
            request,
        };
        found.matches = decide::decide(&found.view(plan, &[]), &request);
        Self {
            plan,
            found: Arc::new(found),
        }
    }

    /// The evaluation without its plan.
    pub fn keep(&self) -> KeptEvaluation {
        KeptEvaluation(Arc::clone(&self.found))
    }

    /// The plan that was run.
    pub fn plan(&self) -> &'p Plan {
        self.plan
    }

    /// The matches, in Elasticsearch's order.
    pub fn matches(&self) -> &[Match] {
        &self.found.matches
    }

    /// The matches under overrides. Costs bit operations only; no test is run again.
    pub fn decide_with(&self, overrides: &[Override]) -> Vec<Match> {
        if overrides.is_empty() {
            return self.found.matches.clone();
        }
        decide::decide(&self.view(overrides), &self.found.request)
    }

    /// Whether an event meets the condition of a clause's stage under the one overrides and not under
    /// the others.
    pub fn turns_stage(
        &self,
        clause: ClauseId,
        event: EventId,
        one: &[Override],
        other: &[Override],
    ) -> bool {
        let stage = self.plan.clause(clause).and_then(|clause| clause.stage);
        let Some(stage) = stage.and_then(|stage| self.plan.stages.get(stage)) else {
            return true;
        };
        let holds = |overrides| self.view(overrides).condition(stage, event.0);
        holds(one) != holds(other)
    }

    /// Why nothing matches.
    pub fn blockers(&self, hint: &BlockerHint) -> Blockers {
        blocker::blockers(self, hint)
    }

    /// The events that came nearest to a match, one a positive position, what is rare weighing
    /// more.
    pub fn nearest(&self, rarity: &Rarity) -> Vec<Option<EventId>> {
        blocker::nearest(self, rarity)
    }

    /// The unmet clauses of an event for a stage, ignoring keys and other events.
    pub fn unmet_clauses(&self, stage: StageId, event: EventId) -> Vec<Cause> {
        blocker::unmet_clauses(self, stage, event)
    }

    /// The longest beginning of a sequence that the matcher holds: of several the one that has
    /// most of the events in `near`, then the latest. Empty for what is no sequence.
    pub fn longest_prefix(&self, near: &[EventId]) -> Vec<EventId> {
        let shared = |events: &Vec<EventId>| events.iter().filter(|id| near.contains(id)).count();
        let begun = decide::longest_prefixes(&self.view(&[]));
        begun.into_iter().max_by_key(shared).unwrap_or_default()
    }

    /// All that is true of an event on its own, as bits: equal for events between which nothing
    /// but their keys and times can decide.
    pub fn pattern(&self, event: EventId) -> Vec<u64> {
        self.found.facts.pattern(event.index())
    }

    /// The bit of a clause's leaf on an event (not the outcome as written: see
    /// `Clause::negated`); `None` for a clause without a leaf.
    pub fn fact(&self, clause: ClauseId, event: EventId) -> Option<bool> {
        let leaf = self.plan.clause(clause)?.leaf?;
        Some(self.found.facts.leaf(leaf, event.index()))
    }

    /// Whether the event is of the category that a stage asks for.
    pub fn category(&self, stage: StageId, event: EventId) -> bool {
        self.found.facts.category(stage, event.index())
    }

    /// When the event was, by the field that orders events.
    pub fn time(&self, event: EventId) -> Option<Timestamp> {
        self.found.facts.time(event.index())
    }

    /// The stages that an event meets, join keys aside.
    pub fn stages_met(&self, event: EventId) -> impl Iterator<Item = StageId> + '_ {
        let stages = self.plan.numbered().map(|(id, _)| id);
        stages.filter(move |id| self.found.met.get(event.index(), id.index()))
    }

    fn view(&self, overrides: &[Override]) -> FactsOverlay<'_> {
        self.found.view(self.plan, overrides)
    }
}

#[cfg(test)]
mod tests;
