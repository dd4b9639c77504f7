//! Finds the events that came nearest to a match among very many, by weighing rare facts more than
//! common ones.
//!
//! Counting what an assignment lacks is not enough on a recording: any process start lacks only
//! the parent's name, and so does nearly every event some one thing. An event that meets what few
//! others meet, and fails what many meet, is the near miss that a person would look for. So each
//! fact weighs by how rare it is ([`Rarity`]), and the assignment that lacks least is the nearest.
//! For `explain` on recordings; blockers of cases count.

use super::super::condition::{self, IMPOSSIBLE};
use super::super::facts_overlay::FactsOverlay;
use super::super::{CauseKind, Evaluation};
use super::cost::{Candidate, Costs};
use crate::event::EventId;
use crate::plan::{ClauseKind, Operator};

/// What one bit of surprise weighs.
const BIT: u32 = 16;
/// What it weighs that an event is not routed: more than what any routed event may lack, for the
/// rule does not even see it.
const NOT_ROUTED: u32 = 1000 * BIT;
/// What a differing key weighs.
const JOIN: u32 = 4 * BIT;
/// What a wrong order, an `until` in between or the event of a missing clause weighs.
const STRUCTURE: u32 = 2 * BIT;
/// From how many events of each position the search begins.
const ANCHORS: usize = 32;

/// How much each leaf weighs, were it to come out the other way.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rarity {
    to_true: Vec<u32>,
    to_false: Vec<u32>,
}

impl Rarity {
    /// From, for each leaf of the plan, the number of events that were asked and of those on which
    /// it is true.
    pub fn new(counts: impl IntoIterator<Item = (u64, u64)>) -> Self {
        let mut rarity = Self::default();
        for (asked, holds) in counts {
            rarity.to_true.push(BIT + surprise(asked, holds));
            rarity
                .to_false
                .push(BIT + surprise(asked, asked.saturating_sub(holds)));
        }
        rarity
    }
}

/// The information content, in sixteenths of a bit, of a fact that holds for `few` of `all` events.
fn surprise(all: u64, few: u64) -> u32 {
    const SCALE: u32 = 20;
    let all = all.min(u64::from(u32::MAX));
    let ratio = (((all + 1) * 2) << SCALE) / (few.min(all) * 2 + 1);
    let whole = ratio.max(1 << SCALE).ilog2();
    let sixteenths = ratio.max(1 << SCALE) >> (whole - 4) & 15;
    (whole - SCALE) * BIT + u32::try_from(sixteenths).unwrap_or(0)
}

/// The nearest event for each positive position. Where a position has no event at all, the others
/// are the nearest each for itself.
pub(in crate::evaluate) fn nearest(
    evaluation: &Evaluation<'_>,
    rarity: &Rarity,
) -> Vec<Option<EventId>> {
    let overlay = evaluation.view(&[]);
    let costs = Costs::new(&overlay);
    let search = Search {
        overlay: &overlay,
        costs: &costs,
        positions: (0..costs.positions())
            .map(|position| candidates(&overlay, &costs, rarity, position))
            .collect(),
    };
    if search.positions.iter().any(Vec::is_empty) {
        let alone = search.positions.iter().map(|events| {
            let least = events.iter().min_by_key(|near| (near.weight, near.rank));
            least.map(|near| EventId(near.event))
        });
        return alone.collect();
    }
    let mut best: Option<(u64, Vec<Near>)> = None;
    for (position, events) in search.positions.iter().enumerate() {
        let mut anchors = events.clone();
        anchors.sort_by_key(|near| (near.weight, near.rank));
        for anchor in anchors.iter().take(ANCHORS) {
            let Some(assignment) = search.around(position, *anchor) else {
                continue;
            };
            let weight = search.weigh(&assignment);
            if best.as_ref().is_none_or(|(least, _)| weight < *least) {
                best = Some((weight, assignment));
            }
        }
    }
    let assignment = best.map_or_else(Vec::new, |(_, assignment)| assignment);
    let events = assignment.iter().map(|near| Some(EventId(near.event)));
    events.collect()
}

/// An event at a position.
#[derive(Debug, Clone, Copy)]
struct Near {
    event: u32,
    rank: u32,
    nanos: i128,
    weight: u32,
}

fn candidates(
    overlay: &FactsOverlay<'_>,
    costs: &Costs<'_>,
    rarity: &Rarity,
    position: usize,
) -> Vec<Near> {
    let Some((id, stage)) = costs.stage(position) else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for event in &overlay.facts.order {
        let (true, Some(ordered)) = (overlay.category(id, stage, *event), overlay.moment(*event))
        else {
            continue;
        };
        let bit = |leaf| overlay.bit(leaf, *event);
        let weight = |leaf: crate::plan::LeafId| {
            let table = if bit(leaf) {
                &rarity.to_false
            } else {
                &rarity.to_true
            };
            table.get(leaf.index()).copied().unwrap_or(BIT)
        };
        let lacks = condition::weighed(&stage.condition, true, &bit, &weight);
        if lacks == IMPOSSIBLE {
            continue;
        }
        let routed = if overlay.routed(*event) {
            0
        } else {
            NOT_ROUTED
        };
        found.push(Near {
            event: *event,
            rank: ordered.rank,
            nanos: ordered.nanos,
            weight: lacks.saturating_add(routed),
        });
    }
    found
}

struct Search<'s, 'v> {
    overlay: &'s FactsOverlay<'v>,
    costs: &'s Costs<'v>,
    positions: Vec<Vec<Near>>,
}

impl Search<'_, '_> {
    /// The anchor at its position, and at each other the event that goes best with those chosen
    /// before; of several the nearest in time.
    fn around(&self, position: usize, anchor: Near) -> Option<Vec<Near>> {
        let mut chosen: Vec<(usize, Near)> = vec![(position, anchor)];
        for (other, events) in self.positions.iter().enumerate() {
            if other == position {
                continue;
            }
            let free = events
                .iter()
                .filter(|near| chosen.iter().all(|(_, taken)| taken.event != near.event));
            let best = free.min_by_key(|near| {
                let apart = (near.nanos - anchor.nanos).unsigned_abs();
                (self.added_weight(other, near, &chosen), apart, near.rank)
            })?;
            chosen.push((other, *best));
        }
        chosen.sort_by_key(|(position, _)| *position);
        Some(chosen.into_iter().map(|(_, near)| near).collect())
    }

    /// What an event weighs beside those that are chosen.
    fn added_weight(&self, position: usize, near: &Near, chosen: &[(usize, Near)]) -> u64 {
        let mut weight = u64::from(near.weight);
        for (other, taken) in chosen {
            for join in 0..self.overlay.joins().len() {
                if !self.share(join, (position, near.event), (*other, taken.event)) {
                    weight += u64::from(JOIN);
                }
            }
            let Operator::Sequence(shape) = &self.overlay.plan.operator else {
                continue;
            };
            if (position < *other) != (near.rank < taken.rank) {
                weight += u64::from(STRUCTURE);
            }
            if let Some(limit) = shape.maxspan {
                weight += span_weight((near.nanos - taken.nanos).abs(), limit.millis);
            }
        }
        weight
    }

    fn share(&self, join: usize, a: (usize, u32), b: (usize, u32)) -> bool {
        let keys = |(position, event): (usize, u32)| {
            let (_, stage) = self.costs.stage(position)?;
            self.overlay.key(stage, join, event)
        };
        match (keys(a), keys(b)) {
            (Some(a), Some(b)) => a.iter().any(|value| b.contains(value)),
            _ => false,
        }
    }

    /// What a whole assignment weighs.
    fn weigh(&self, assignment: &[Near]) -> u64 {
        let events: Vec<u32> = assignment.iter().map(|near| near.event).collect();
        let of_events: u64 = assignment.iter().map(|near| u64::from(near.weight)).sum();
        let structural = self.costs.unmet_clauses(&events).into_iter();
        let structural = structural.map(|lack| self.structural(&lack, assignment));
        of_events + structural.sum::<u64>()
    }

    fn structural(&self, lack: &Candidate, assignment: &[Near]) -> u64 {
        let CauseKind::Clause(id) = lack.cause.kind else {
            return 0;
        };
        match self.overlay.plan.clause(id).map(|clause| clause.kind) {
            Some(ClauseKind::JoinKey) => u64::from(JOIN),
            Some(ClauseKind::Maxspan) => {
                let times = || assignment.iter().map(|near| near.nanos);
                let span = times().max().unwrap_or(0) - times().min().unwrap_or(0);
                match &self.overlay.plan.operator {
                    Operator::Sequence(shape) => shape
                        .maxspan
                        .map_or(0, |limit| span_weight(span, limit.millis)),
                    Operator::Select | Operator::Sample { .. } => 0,
                }
            }
            Some(ClauseKind::Order | ClauseKind::Until | ClauseKind::Missing) => {
                u64::from(STRUCTURE)
            }
            _ => 0,
        }
    }
}

/// What a span weighs: nothing within the limit, then half a bit more for each doubling.
fn span_weight(nanos: i128, limit_millis: i64) -> u64 {
    let limit = i128::from(limit_millis).saturating_mul(1_000_000);
    if nanos <= limit {
        return 0;
    }
    let times = u64::try_from(nanos / limit.max(1)).unwrap_or(u64::MAX);
    u64::from(BIT) + u64::from(BIT / 2 * times.saturating_add(1).ilog2())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_rarer_surprises_more() {
        assert_eq!(surprise(100, 100), 0);
        assert!(surprise(1000, 1) > surprise(1000, 500));
        assert!(surprise(1000, 500).abs_diff(BIT) <= 1);
        assert!(surprise(1000, 0) > surprise(1000, 1));
    }

    #[test]
    fn a_span_weighs_nothing_until_it_is_too_long() {
        assert_eq!(span_weight(2_000_000_000, 2000), 0);
        assert!(span_weight(2_000_000_001, 2000) > 0);
        assert!(span_weight(20_000_000_000, 2000) > span_weight(3_000_000_000, 2000));
    }
}
