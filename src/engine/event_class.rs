//! Event classes: which conditions can hold for the events of one index that have the same values in
//! the dispatch columns. `matcher.rs` creates a class for the first event that belongs to it.

use super::event_context::{EventContext, is_set};
use super::numbers::{ColumnId, ConditionId, RuleNumber};
use super::program::LeafEvaluator as _;
use super::routing::Routing;
use super::slots::SlotId;
use crate::plan::IndexVec;

/// The events of one index with the same values in the dispatch columns.
#[derive(Debug)]
pub(super) struct EventClass {
    /// The outcomes of the tests that are the same for the whole class.
    pub(super) bits: Box<[u64]>,
    /// The conditions that can hold.
    alive: Box<[u64]>,
    /// The stages whose rules see events of this index.
    routed: Box<[u64]>,
    /// The conditions that can hold and that no witness finds.
    pub(super) always: Vec<ConditionId>,
    /// The columns on which a witness may be found, each with its slot.
    pub(super) columns: Vec<(ColumnId, SlotId)>,
    /// The index, when no rule sees it.
    pub(super) unrouted: Option<Box<str>>,
}

impl EventClass {
    /// The class of an event of this index.
    pub(super) fn new(
        context: &mut EventContext<'_>,
        routing: &dyn Routing,
        index: Option<String>,
    ) -> Self {
        let set = context.set;
        let bits = bits_of(set.given.iter().map(|test| context.test(*test)));
        let sees = |rule| index.as_ref().is_none_or(|index| routing.sees(rule, index));
        let rules = set.rules.iter();
        let sees: IndexVec<RuleNumber, bool> = rules.map(|rule| sees(rule.number)).collect();
        let routed = bits_of(set.stages.iter().map(|stage| *sees.at(stage.rule)));
        let alive = bits_of(set.conditions.iter().map(|condition| {
            let mut stages = condition.stages.iter();
            stages.any(|stage| is_set(&routed, *stage))
                && condition.node.given(&|bit| is_set(&bits, bit)) != Some(false)
        }));
        let is_alive = |condition: ConditionId| is_set(&alive, condition.0);
        let always = set.without_prefilter.iter().copied();
        let always = always.filter(|condition| is_alive(*condition)).collect();
        let columns = set.columns.numbered().zip(&set.prefilters);
        let columns = columns
            .filter(|(_, prefilters)| prefilters.conditions().any(is_alive))
            .map(|((number, column), _)| (number, column.slot))
            .collect();
        let is_seen = set.rules.is_empty() || sees.iter().any(|sees| *sees);
        Self {
            bits,
            alive,
            routed,
            always,
            columns,
            unrouted: index.filter(|_| !is_seen).map(String::into_boxed_str),
        }
    }

    /// Whether a condition can hold.
    pub(super) fn may_hold(&self, condition: ConditionId) -> bool {
        is_set(&self.alive, condition.0)
    }

    /// Filters stages: those whose rules see events of this class.
    pub(super) fn routed<'c>(&'c self, stages: &'c [u32]) -> impl Iterator<Item = u32> {
        let stages = stages.iter().copied();
        stages.filter(|stage| is_set(&self.routed, *stage))
    }
}

/// A bit for each truth.
fn bits_of(truths: impl ExactSizeIterator<Item = bool>) -> Box<[u64]> {
    let mut bits = vec![0_u64; truths.len().div_ceil(64)];
    for (number, truth) in truths.enumerate() {
        if let Some(word) = bits.get_mut(number / 64) {
            *word |= u64::from(truth) << (number % 64);
        }
    }
    bits.into()
}
