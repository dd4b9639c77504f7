//! Enumerates assignments of events to positions and finds what the cheapest of them lack.

use super::super::condition::IMPOSSIBLE;
use super::super::{Cause, EventId};
use super::cost::{Candidate, Costs};

/// All assignments are looked at while there are at most this many.
const MAX_ASSIGNMENTS: usize = 10_000;

/// Else this many events for each position.
const NEAREST: usize = 32;

/// And at most this many steps of the search.
const MAX_STEPS: usize = 200_000;

/// The shortfalls of the assignments.
#[derive(Debug, Default)]
pub(super) struct SearchResult {
    /// The shortfalls that are the only one of some assignment.
    pub(super) candidates: Vec<Candidate>,
    /// The first assignment that lacks nothing.
    pub(super) complete: Option<Vec<u32>>,
    /// The shortfalls of the cheapest assignment.
    pub(super) together: Vec<Cause>,
    /// The cheapest assignment.
    pub(super) nearest: Vec<u32>,
    /// Not all assignments were looked at.
    pub(super) approximate: bool,
}

/// Looks at the author's own assignment if it is whole, else at all, else at the nearest.
pub(super) fn search(costs: &Costs<'_>, hint: &[Option<EventId>]) -> SearchResult {
    let mut search = Search {
        costs,
        events: Vec::new(),
        chosen: Vec::new(),
        best: IMPOSSIBLE,
        steps: 0,
        found: SearchResult::default(),
    };
    if let Some(hinted) = costs.whole(hint) {
        search.judge(&hinted);
        return search.found;
    }
    let (events, all) = candidates(costs);
    search.events = events;
    search.found.approximate = !all;
    search.step(0, 0);
    search.found
}

/// For each position its events in order, with what each lacks; and whether these are all.
fn candidates(costs: &Costs<'_>) -> (Vec<Vec<(u32, u32)>>, bool) {
    let positions = costs.positions();
    let count = costs.events();
    let all = (0..positions).try_fold(1_usize, |product, taken| {
        let product = product.checked_mul(count.saturating_sub(taken))?;
        (product <= MAX_ASSIGNMENTS).then_some(product)
    });
    let mut candidates: Vec<Vec<(u32, u32)>> = Vec::with_capacity(positions);
    for position in 0..positions {
        // The positions of one stage `with runs` have the same events.
        if position > 0 && costs.same_stage(position - 1, position) {
            candidates.extend(candidates.last().cloned());
            continue;
        }
        let mut events = costs.distances(position);
        if all.is_none() && events.len() > NEAREST {
            events.sort_by_key(|(_, _, distance)| *distance);
            events.truncate(NEAREST.max(positions));
            events.sort_unstable_by_key(|(_, rank, _)| *rank);
        }
        let events = events
            .into_iter()
            .map(|(event, _, distance)| (event, distance));
        candidates.push(events.collect());
    }
    (candidates, all.is_some())
}

struct Search<'c, 'v> {
    costs: &'c Costs<'v>,
    events: Vec<Vec<(u32, u32)>>,
    chosen: Vec<u32>,
    best: u32,
    steps: usize,
    found: SearchResult,
}

impl Search<'_, '_> {
    /// Chooses an event for this position and those that follow. What an assignment lacks only
    /// grows, so one that lacks more than one thing and more than the best is left.
    fn step(&mut self, position: usize, cost: u32) {
        if position == self.costs.positions() {
            let chosen = std::mem::take(&mut self.chosen);
            self.judge(&chosen);
            self.chosen = chosen;
            return;
        }
        let count = self.events.get(position).map_or(0, Vec::len);
        for index in 0..count {
            let event = self
                .events
                .get(position)
                .and_then(|events| events.get(index));
            let Some((event, distance)) = event.copied() else {
                return;
            };
            let cost = cost.saturating_add(distance);
            if cost == IMPOSSIBLE || cost > self.best.max(1) || self.chosen.contains(&event) {
                continue;
            }
            self.steps += 1;
            if self.found.approximate && self.steps > MAX_STEPS {
                return;
            }
            self.chosen.push(event);
            self.step(position + 1, cost);
            self.chosen.pop();
        }
    }

    fn judge(&mut self, assignment: &[u32]) {
        let cost = self.costs.of(assignment);
        match cost {
            IMPOSSIBLE => {}
            0 if self.found.complete.is_none() => {
                self.found.complete = Some(assignment.to_vec());
            }
            1 => self
                .found
                .candidates
                .extend(self.costs.unmet_clauses(assignment)),
            _ => {}
        }
        if cost < self.best {
            self.best = cost;
            self.found.nearest = assignment.to_vec();
            let lacks = self.costs.unmet_clauses(assignment).into_iter();
            self.found.together = lacks.map(|candidate| candidate.cause).collect();
        }
    }
}
