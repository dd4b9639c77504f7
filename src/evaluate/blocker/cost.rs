//! The cost of an assignment of events to positions: the facts that would have to change and the
//! structural clauses that it breaks, each with the override that would repair it.

use super::super::condition::{self, IMPOSSIBLE};
use super::super::facts_overlay::FactsOverlay;
use super::super::keys::KeyValue;
use super::super::sequence::{self, OrderedEvent, SequenceSpec, Violation};
use super::super::{Cause, CauseKind, Override, Shortfall, decide};
use crate::event::{EventId, Value};
use crate::plan::{ClauseId, Operator, Role, Sequence, Stage, StageId};

/// A cause that is not tried yet, and what to try.
#[derive(Debug)]
pub(super) struct Candidate {
    pub(super) cause: Cause,
    pub(super) change: Override,
}

/// The events of an `until` or a missing clause, in order.
struct Watched<'a> {
    id: StageId,
    stage: &'a Stage,
    clause: ClauseId,
    moments: Vec<OrderedEvent>,
}

/// The inputs that are fixed while assignments are compared.
pub(super) struct Costs<'v> {
    overlay: &'v FactsOverlay<'v>,
    positions: Vec<(StageId, &'v Stage)>,
    sequence: Option<(&'v Sequence, SequenceSpec)>,
    until: Option<Watched<'v>>,
    missing: Vec<Watched<'v>>,
}

impl<'v> Costs<'v> {
    /// For the events and overrides of a view.
    pub(super) fn new(overlay: &'v FactsOverlay<'v>) -> Self {
        let sequence = match &overlay.plan.operator {
            Operator::Sequence(shape) => Some((shape, decide::sequence_spec(overlay, shape))),
            Operator::Select | Operator::Sample { .. } => None,
        };
        let mut costs = Self {
            overlay,
            positions: decide::positions(overlay),
            sequence,
            until: None,
            missing: Vec::new(),
        };
        for (id, stage) in overlay.plan.numbered() {
            match stage.role {
                Role::Positive => {}
                Role::Until { clause } => costs.until = Some(watched(overlay, id, stage, clause)),
                Role::Missing { clause } => costs.missing.push(watched(overlay, id, stage, clause)),
            }
        }
        costs
    }

    /// How many positions there are.
    pub(super) fn positions(&self) -> usize {
        self.positions.len()
    }

    /// The stage of a position.
    pub(super) fn stage(&self, position: usize) -> Option<(StageId, &'v Stage)> {
        self.positions.get(position).copied()
    }

    /// How many events there are.
    pub(super) fn events(&self) -> usize {
        self.overlay.facts.order.len()
    }

    /// Whether two positions are of one stage.
    pub(super) fn same_stage(&self, a: usize, b: usize) -> bool {
        let stage = |position: usize| self.positions.get(position).map(|(id, _)| *id);
        stage(a) == stage(b)
    }

    /// The author's assignment, if it has an event for each position and all of them exist.
    pub(super) fn whole(&self, hint: &[Option<EventId>]) -> Option<Vec<u32>> {
        if hint.len() != self.positions.len() {
            return None;
        }
        let present = |event: &Option<EventId>| {
            let event = (*event)?.0;
            self.overlay
                .moment(event)
                .filter(|_| !self.overlay.is_without(event))
                .map(|_| event)
        };
        hint.iter().map(present).collect()
    }

    /// For each event `(event, rank, what it lacks for this position)`, in order; those for which
    /// no fact would help are left out.
    pub(super) fn distances(&self, position: usize) -> Vec<(u32, u32, u32)> {
        let Some((id, stage)) = self.positions.get(position) else {
            return Vec::new();
        };
        let mut distances: Vec<(u32, u32, u32)> = Vec::new();
        for event in &self.overlay.facts.order {
            let distance = self.distance(*id, stage, *event);
            if distance != IMPOSSIBLE
                && !self.overlay.is_without(*event)
                && let Some(ordered) = self.overlay.moment(*event)
            {
                distances.push((*event, ordered.rank, distance));
            }
        }
        distances.sort_unstable_by_key(|(_, rank, _)| *rank);
        distances
    }

    /// Routing, category and condition; keys are a matter of the whole assignment.
    fn distance(&self, id: StageId, stage: &Stage, event: u32) -> u32 {
        let unrouted = u32::from(!self.overlay.routed(event));
        let category = u32::from(!self.overlay.category(id, stage, event));
        let bit = |leaf| self.overlay.bit(leaf, event);
        condition::distance(&stage.condition, true, &bit).saturating_add(unrouted + category)
    }

    /// The number of unmet clauses of an assignment. A key counts once, however many events lack
    /// it, because relaxing it once is enough.
    pub(super) fn of(&self, assignment: &[u32]) -> u32 {
        let mut cost = 0_u32;
        for ((id, stage), event) in self.positions.iter().zip(assignment) {
            cost = cost.saturating_add(self.distance(*id, stage, *event));
        }
        let joins = 0..self.overlay.joins().len();
        let broken = joins.filter(|join| self.join_break(*join, assignment).is_some());
        cost = cost.saturating_add(count(broken.count()));
        if cost == IMPOSSIBLE {
            return cost;
        }
        let Some((ordered_events, _, spec)) = self.in_sequence(assignment) else {
            return cost;
        };
        cost += u32::from(out_of_order(&ordered_events).is_some());
        cost += u32::from(lateness(&ordered_events, spec).is_some());
        cost += u32::from(self.until_between(assignment, &ordered_events).is_some());
        cost + count(self.violations(assignment, &ordered_events, spec).len())
    }

    /// The unmet clauses of an assignment, each with the override that would meet it; by position,
    /// then the structural clauses.
    pub(super) fn unmet_clauses(&self, assignment: &[u32]) -> Vec<Candidate> {
        let mut unmet = Vec::new();
        for ((id, stage), event) in self.positions.iter().zip(assignment) {
            self.unmet_by_event(*id, stage, *event, &mut unmet);
        }
        for join in 0..self.overlay.joins().len() {
            unmet.extend(self.unmet_join(join, assignment));
        }
        let Some((ordered_events, shape, spec)) = self.in_sequence(assignment) else {
            return unmet;
        };
        unmet.extend(self.unmet_order(assignment, &ordered_events, shape.order));
        let limit = shape.maxspan.map(|limit| limit.clause);
        unmet.extend(self.unmet_maxspan(assignment, &ordered_events, spec, limit));
        if let (Some(ordered), Some(until)) =
            (self.until_between(assignment, &ordered_events), &self.until)
        {
            unmet.push(lift(
                until.clause,
                Some(until.id),
                Some(ordered.event),
                None,
            ));
        }
        for (gap, time) in self.violations(assignment, &ordered_events, spec).concat() {
            let Some(watched) = self.missing.get(gap) else {
                continue;
            };
            let at = |ordered: &&OrderedEvent| {
                ordered.millis() == time && self.shares_keys(watched, ordered.event.0, assignment)
            };
            let event = watched.moments.iter().find(at).map(|ordered| ordered.event);
            unmet.push(lift(watched.clause, Some(watched.id), event, None));
        }
        unmet
    }

    /// What one event lacks for a stage, whatever the others are.
    pub(super) fn of_event(&self, id: StageId, event: u32) -> Vec<Candidate> {
        let mut unmet = Vec::new();
        let stage = self.overlay.plan.stages.at(id);
        self.unmet_by_event(id, stage, event, &mut unmet);
        unmet
    }

    fn unmet_by_event(&self, id: StageId, stage: &Stage, event: u32, unmet: &mut Vec<Candidate>) {
        let mut push = |kind, change| {
            unmet.push(Candidate {
                cause: Cause {
                    kind,
                    stage: Some(id),
                    event: Some(EventId(event)),
                    shortfall: None,
                },
                change,
            });
        };
        let on = EventId(event);
        if !self.overlay.routed(event) {
            push(CauseKind::NotRouted, Override::Route(on));
        }
        if !self.overlay.category(id, stage, event)
            && let Some(category) = &stage.category
        {
            let clause = category.clause;
            push(
                CauseKind::Clause(clause),
                Override::Category { clause, event: on },
            );
        }
        let mut leaves = Vec::new();
        let bit = |leaf| self.overlay.bit(leaf, event);
        condition::concerned(&stage.condition, true, &bit, &mut leaves);
        for leaf in leaves {
            let clause = self.overlay.plan.leaves.at(leaf).clause;
            let change = Override::Fact {
                clause,
                event: Some(on),
                bit: !bit(leaf),
            };
            push(CauseKind::Clause(clause), change);
        }
    }

    /// Where a key position breaks: the index of the event and what those before it have.
    fn join_break(&self, join: usize, assignment: &[u32]) -> Option<(usize, Vec<KeyValue>)> {
        let mut common: Option<Vec<KeyValue>> = None;
        for (index, ((_, stage), event)) in self.positions.iter().zip(assignment).enumerate() {
            let Some(values) = self.overlay.key(stage, join, *event) else {
                return Some((index, common.unwrap_or_default()));
            };
            common = Some(match common {
                None => values.to_vec(),
                Some(common) => {
                    let shared = common.iter().filter(|value| values.contains(value));
                    let shared: Vec<KeyValue> = shared.copied().collect();
                    if shared.is_empty() {
                        return Some((index, common));
                    }
                    shared
                }
            });
        }
        None
    }

    fn unmet_join(&self, join: usize, assignment: &[u32]) -> Option<Candidate> {
        let (index, want) = self.join_break(join, assignment)?;
        let clause = self.overlay.joins().get(join)?.clause;
        let (id, stage) = self.positions.get(index)?;
        let event = *assignment.get(index)?;
        let have = self.overlay.key(stage, join, event).unwrap_or(&[]);
        let shortfall = Shortfall::Join {
            have: self.values(have),
            want: self.values(&want),
        };
        Some(lift(
            clause,
            Some(*id),
            Some(EventId(event)),
            Some(shortfall),
        ))
    }

    fn values(&self, numbers: &[KeyValue]) -> Vec<Value> {
        let values = numbers
            .iter()
            .filter_map(|number| self.overlay.facts.keys.value(*number));
        values.cloned().collect()
    }

    /// The moments of an assignment in the order of its positions, for a sequence.
    fn in_sequence(
        &self,
        assignment: &[u32],
    ) -> Option<(Vec<OrderedEvent>, &Sequence, &SequenceSpec)> {
        let (shape, spec) = self.sequence.as_ref()?;
        let ordered_events = assignment
            .iter()
            .filter_map(|event| self.overlay.moment(*event));
        Some((ordered_events.collect(), shape, spec))
    }

    fn unmet_order(
        &self,
        assignment: &[u32],
        ordered_events: &[OrderedEvent],
        clause: ClauseId,
    ) -> Option<Candidate> {
        let (index, early) = out_of_order(ordered_events)?;
        let event = EventId(*assignment.get(index)?);
        Some(Candidate {
            cause: Cause {
                kind: CauseKind::Clause(clause),
                stage: self.positions.get(index).map(|(id, _)| *id),
                event: Some(event),
                shortfall: Some(Shortfall::Order { early }),
            },
            change: Override::Order(assignment.iter().copied().map(EventId).collect()),
        })
    }

    fn unmet_maxspan(
        &self,
        assignment: &[u32],
        ordered_events: &[OrderedEvent],
        spec: &SequenceSpec,
        clause: Option<ClauseId>,
    ) -> Option<Candidate> {
        let late = lateness(ordered_events, spec)?;
        let last = ordered_events
            .iter()
            .max_by_key(|ordered| ordered.rank)?
            .event;
        let index = assignment.iter().position(|event| *event == last.0)?;
        let stage = self.positions.get(index).map(|(id, _)| *id);
        Some(lift(
            clause?,
            stage,
            Some(last),
            Some(Shortfall::Maxspan { late }),
        ))
    }

    /// The first `until` event from the first event of the assignment to before its last.
    fn until_between(
        &self,
        assignment: &[u32],
        ordered_events: &[OrderedEvent],
    ) -> Option<OrderedEvent> {
        let until = self.until.as_ref()?;
        if self.overlay.is_relaxed(until.clause) {
            return None;
        }
        let first = ordered_events.iter().map(|ordered| ordered.rank).min()?;
        let last = ordered_events.iter().map(|ordered| ordered.rank).max()?;
        let start = until
            .moments
            .partition_point(|ordered| ordered.rank < first);
        let mut between = until.moments.get(start..)?.iter();
        let mut between = between.by_ref().take_while(|ordered| ordered.rank < last);
        let same = |ordered: &&OrderedEvent| self.shares_keys(until, ordered.event.0, assignment);
        between.find(same).copied()
    }

    fn violations(
        &self,
        assignment: &[u32],
        ordered_events: &[OrderedEvent],
        spec: &SequenceSpec,
    ) -> Vec<Violation> {
        if self.missing.is_empty() {
            return Vec::new();
        }
        let mut ordered_events = ordered_events.to_vec();
        ordered_events.sort_unstable_by_key(|ordered| ordered.rank);
        let (Some(first), Some(last)) = (ordered_events.first(), ordered_events.last()) else {
            return Vec::new();
        };
        let window = i128::from(spec.window);
        let (from, to) = (first.millis() - window, last.millis() + window);
        let times: Vec<Vec<i128>> = self
            .missing
            .iter()
            .map(|watched| {
                if self.overlay.is_relaxed(watched.clause) {
                    return Vec::new();
                }
                let start = watched
                    .moments
                    .partition_point(|ordered| ordered.millis() < from);
                let near = watched.moments.iter().skip(start);
                let near = near.take_while(|ordered| ordered.millis() <= to);
                let same =
                    near.filter(|ordered| self.shares_keys(watched, ordered.event.0, assignment));
                same.map(|ordered| ordered.millis()).collect()
            })
            .collect();
        sequence::violations(spec, &ordered_events, |gap| {
            times.get(gap).map_or(&[], Vec::as_slice)
        })
    }

    /// Whether a watched event is of the assignment's keys, as far as the assignment has any.
    fn shares_keys(&self, watched: &Watched<'_>, event: u32, assignment: &[u32]) -> bool {
        (0..self.overlay.joins().len()).all(|join| {
            let Some(values) = self.overlay.key(watched.stage, join, event) else {
                return false;
            };
            let has = |((_, stage), other): (&(StageId, &Stage), &u32)| {
                let own = self.overlay.key(stage, join, *other).unwrap_or(&[]);
                own.iter().any(|value| values.contains(value))
            };
            if self.join_break(join, assignment).is_some() {
                self.positions.iter().zip(assignment).any(has)
            } else {
                self.positions.iter().zip(assignment).all(has)
            }
        })
    }
}

fn watched<'v>(
    overlay: &FactsOverlay<'v>,
    id: StageId,
    stage: &'v Stage,
    clause: ClauseId,
) -> Watched<'v> {
    let ordered_events = overlay.meeting_events().into_iter();
    Watched {
        id,
        stage,
        clause,
        moments: ordered_events
            .filter(|ordered| overlay.meets(id, stage, ordered.event.0))
            .collect(),
    }
}

/// The first position whose event does not come after the one before, and by how many
/// milliseconds it came too early.
fn out_of_order(ordered_events: &[OrderedEvent]) -> Option<(usize, i64)> {
    let pairs = ordered_events
        .iter()
        .zip(ordered_events.iter().skip(1))
        .enumerate();
    let mut broken = pairs.filter(|(_, (before, after))| after.rank <= before.rank);
    let (index, (before, after)) = broken.next()?;
    Some((index + 1, whole_millis(before.nanos - after.nanos)))
}

/// By how many milliseconds the moments exceed `maxspan`.
fn lateness(ordered_events: &[OrderedEvent], spec: &SequenceSpec) -> Option<i64> {
    let first = ordered_events.iter().map(|ordered| ordered.nanos).min()?;
    let last = ordered_events.iter().map(|ordered| ordered.nanos).max()?;
    let over = last - first - spec.maxspan?;
    (over > 0).then(|| whole_millis(over))
}

fn whole_millis(nanos: i128) -> i64 {
    i64::try_from(nanos / 1_000_000).unwrap_or(i64::MAX)
}

fn lift(
    clause: ClauseId,
    stage: Option<StageId>,
    event: Option<EventId>,
    shortfall: Option<Shortfall>,
) -> Candidate {
    Candidate {
        cause: Cause {
            kind: CauseKind::Clause(clause),
            stage,
            event,
            shortfall,
        },
        change: Override::Relax(clause),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(IMPOSSIBLE)
}
