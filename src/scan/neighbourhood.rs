//! The events that a slice of time looks at: its own and, for rules whose matches span time, those
//! around it. The others are read for their time alone.

use super::shards::{Division, Slice};
use crate::compile::CompiledRule;
use crate::engine::{LineHits, RuleSet};
use crate::event::Timestamp;

/// The events that a slice looks at, and the rules that look beyond it.
pub(super) struct Neighbourhood {
    slice: Slice,
    /// The first and the last time that is looked at, in milliseconds; `None` where a rule may need
    /// any event.
    times: Option<(i64, i64)>,
    /// For each stage, whether its rule looks at events outside of the slice.
    looks_beyond: Vec<bool>,
}

impl Neighbourhood {
    /// The neighbourhood for these rules. Of those for which `is_written` says so, only the stage
    /// hits in the slice are wanted.
    pub(super) fn new(
        slice: Slice,
        rules: &[CompiledRule],
        set: &RuleSet,
        is_written: impl Fn(&CompiledRule) -> bool,
    ) -> Self {
        let reach = |rule: &CompiledRule| match Division::of(rule, i64::MAX) {
            _ if is_written(rule) => Some(0),
            Division::Slice(span) => Some(span),
            Division::Key | Division::Whole => None,
        };
        let reaches: Vec<Option<i64>> = rules.iter().map(reach).collect();
        let furthest: Option<Vec<i64>> = reaches.iter().copied().collect();
        let furthest = furthest.map(|spans| spans.into_iter().max().unwrap_or(0));
        let times = furthest.map(|span| {
            let from = slice.from.map_or(i64::MIN, Timestamp::millis);
            // The end of the slice may lie within a millisecond.
            let to = slice
                .to
                .map_or(i64::MAX, |to| to.millis().saturating_add(1));
            (from.saturating_sub(span), to.saturating_add(span))
        });
        let stages = (0..).take_while(|stage| set.has_stage(*stage));
        let looks_beyond = stages.map(|stage| {
            let reach = reaches.get(set.rule_of(stage) as usize);
            reach.is_none_or(|reach| *reach != Some(0))
        });
        Self {
            slice,
            times,
            looks_beyond: looks_beyond.collect(),
        }
    }

    /// Whether some rule looks at an event of this time. An event without a time has no place, so
    /// that each slice looks at it.
    pub(super) fn has(&self, time: Option<Timestamp>) -> bool {
        match (self.times, time) {
            (Some((from, to)), Some(time)) => (from..=to).contains(&time.millis()),
            (None, _) | (_, None) => true,
        }
    }

    /// Keeps the hits of rules that look at the event.
    pub(super) fn keep(&self, found: &mut LineHits) {
        if found.time.is_none() || self.slice.holds(found.time) {
            return;
        }
        found.retain(|stage| {
            let looks_beyond = self.looks_beyond.get(stage as usize);
            looks_beyond.copied().unwrap_or(true)
        });
    }
}
