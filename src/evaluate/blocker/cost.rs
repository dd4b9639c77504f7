//! The cost of an assignment of events to positions: the facts that would have to change and the
//! structural clauses that it breaks, each with the override that would repair it.

use super::super::condition::{self, IMPOSSIBLE};
use super::super::keys::KeyValue;
use super::super::sequence::{self, OrderedEvent, SequenceSpec, Violation};
use super::super::view::FactsOverlay;
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
    view: &'v FactsOverlay<'v>,
    positions: Vec<(StageId, &'v Stage)>,
    sequence: Option<(&'v Sequence, SequenceSpec)>,
    until: Option<Watched<'v>>,
    missing: Vec<Watched<'v>>,
}

impl<'v> Costs<'v> {
    /// For the events and overrides of a view.
    pub(super) fn new(view: &'v FactsOverlay<'v>) -> Self {
        let sequence = match &view.plan.operator {
            Operator::Sequence(shape) => Some((shape, decide::sequence_spec(view, shape))),
            Operator::Select | Operator::Sample { .. } => None,
        };
        let mut costs = Self {
            view,
            positions: decide::positions(view),
            sequence,
            until: None,
            missing: Vec::new(),
        };
        for (id, stage) in view.plan.numbered() {
            match stage.role {
                Role::Positive => {}
                Role::Until { clause } => costs.until = Some(watched(view, id, stage, clause)),
                Role::Missing { clause } => costs.missing.push(watched(view, id, stage, clause)),
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
        self.view.facts.order.len()
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
            self.view
                .moment(event)
                .filter(|_| !self.view.is_without(event))
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
        for event in &self.view.facts.order {
            let distance = self.distance(*id, stage, *event);
            if distance != IMPOSSIBLE
                && !self.view.is_without(*event)
                && let Some(moment) = self.view.moment(*event)
            {
                distances.push((*event, moment.rank, distance));
            }
        }
        distances.sort_unstable_by_key(|(_, rank, _)| *rank);
        distances
    }

    /// Routing, category and condition; keys are a matter of the whole assignment.
    fn distance(&self, id: StageId, stage: &Stage, event: u32) -> u32 {
        let unrouted = u32::from(!self.view.routed(event));
        let category = u32::from(!self.view.category(id, stage, event));
        let bit = |leaf| self.view.bit(leaf, event);
        condition::distance(&stage.condition, true, &bit).saturating_add(unrouted + category)
    }

    /// The number of unmet clauses of an assignment. A key counts once, however many events lack
    /// it, because relaxing it once is enough.
    pub(super) fn of(&self, assignment: &[u32]) -> u32 {
        let mut cost = 0_u32;
        for ((id, stage), event) in self.positions.iter().zip(assignment) {
            cost = cost.saturating_add(self.distance(*id, stage, *event));
        }
        let joins = 0..self.view.joins().len();
        let broken = joins.filter(|join| self.join_break(*join, assignment).is_some());
        cost = cost.saturating_add(count(broken.count()));
        if cost == IMPOSSIBLE {
            return cost;
        }
        let Some((moments, _, spec)) = self.in_sequence(assignment) else {
            return cost;
        };
        cost += u32::from(out_of_order(&moments).is_some());
        cost += u32::from(lateness(&moments, spec).is_some());
        cost += u32::from(self.until_between(assignment, &moments).is_some());
        cost + count(self.violations(assignment, &moments, spec).len())
    }

    /// The unmet clauses of an assignment, each with the override that would meet it; by position,
    /// then the structural clauses.
    pub(super) fn lacks(&self, assignment: &[u32]) -> Vec<Candidate> {
        let mut lacks = Vec::new();
        for ((id, stage), event) in self.positions.iter().zip(assignment) {
            self.event_lacks(*id, stage, *event, &mut lacks);
        }
        for join in 0..self.view.joins().len() {
            lacks.extend(self.join_lacks(join, assignment));
        }
        let Some((moments, shape, spec)) = self.in_sequence(assignment) else {
            return lacks;
        };
        lacks.extend(self.order_lacks(assignment, &moments, shape.order));
        let limit = shape.maxspan.map(|limit| limit.clause);
        lacks.extend(self.maxspan_lacks(assignment, &moments, spec, limit));
        if let (Some(moment), Some(until)) = (self.until_between(assignment, &moments), &self.until)
        {
            lacks.push(lift(until.clause, Some(until.id), Some(moment.event), None));
        }
        for (gap, time) in self.violations(assignment, &moments, spec).concat() {
            let Some(watched) = self.missing.get(gap) else {
                continue;
            };
            let at = |moment: &&OrderedEvent| {
                moment.millis() == time && self.shares_keys(watched, moment.event.0, assignment)
            };
            let event = watched.moments.iter().find(at).map(|moment| moment.event);
            lacks.push(lift(watched.clause, Some(watched.id), event, None));
        }
        lacks
    }

    /// What one event lacks for a stage, whatever the others are.
    pub(super) fn of_event(&self, id: StageId, event: u32) -> Vec<Candidate> {
        let mut lacks = Vec::new();
        let stage = self.view.plan.stages.at(id);
        self.event_lacks(id, stage, event, &mut lacks);
        lacks
    }

    fn event_lacks(&self, id: StageId, stage: &Stage, event: u32, lacks: &mut Vec<Candidate>) {
        let mut push = |kind, change| {
            lacks.push(Candidate {
                cause: Cause {
                    kind,
                    stage: Some(id),
                    event: Some(EventId(event)),
                    miss: None,
                },
                change,
            });
        };
        let on = EventId(event);
        if !self.view.routed(event) {
            push(CauseKind::NotRouted, Override::Route(on));
        }
        if !self.view.category(id, stage, event)
            && let Some(category) = &stage.category
        {
            let clause = category.clause;
            push(
                CauseKind::Clause(clause),
                Override::Category { clause, event: on },
            );
        }
        let mut leaves = Vec::new();
        let bit = |leaf| self.view.bit(leaf, event);
        condition::concerned(&stage.condition, true, &bit, &mut leaves);
        for leaf in leaves {
            let clause = self.view.plan.leaves.at(leaf).clause;
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
            let Some(values) = self.view.key(stage, join, *event) else {
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

    fn join_lacks(&self, join: usize, assignment: &[u32]) -> Option<Candidate> {
        let (index, want) = self.join_break(join, assignment)?;
        let clause = self.view.joins().get(join)?.clause;
        let (id, stage) = self.positions.get(index)?;
        let event = *assignment.get(index)?;
        let have = self.view.key(stage, join, event).unwrap_or(&[]);
        let miss = Shortfall::Join {
            have: self.values(have),
            want: self.values(&want),
        };
        Some(lift(clause, Some(*id), Some(EventId(event)), Some(miss)))
    }

    fn values(&self, numbers: &[KeyValue]) -> Vec<Value> {
        let values = numbers
            .iter()
            .filter_map(|number| self.view.facts.keys.value(*number));
        values.cloned().collect()
    }

    /// The moments of an assignment in the order of its positions, for a sequence.
    fn in_sequence(
        &self,
        assignment: &[u32],
    ) -> Option<(Vec<OrderedEvent>, &Sequence, &SequenceSpec)> {
        let (shape, spec) = self.sequence.as_ref()?;
        let moments = assignment
            .iter()
            .filter_map(|event| self.view.moment(*event));
        Some((moments.collect(), shape, spec))
    }

    fn order_lacks(
        &self,
        assignment: &[u32],
        moments: &[OrderedEvent],
        clause: ClauseId,
    ) -> Option<Candidate> {
        let (index, early) = out_of_order(moments)?;
        let event = EventId(*assignment.get(index)?);
        Some(Candidate {
            cause: Cause {
                kind: CauseKind::Clause(clause),
                stage: self.positions.get(index).map(|(id, _)| *id),
                event: Some(event),
                miss: Some(Shortfall::Order { early }),
            },
            change: Override::Order(assignment.iter().copied().map(EventId).collect()),
        })
    }

    fn maxspan_lacks(
        &self,
        assignment: &[u32],
        moments: &[OrderedEvent],
        spec: &SequenceSpec,
        clause: Option<ClauseId>,
    ) -> Option<Candidate> {
        let late = lateness(moments, spec)?;
        let last = moments.iter().max_by_key(|moment| moment.rank)?.event;
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
    fn until_between(&self, assignment: &[u32], moments: &[OrderedEvent]) -> Option<OrderedEvent> {
        let until = self.until.as_ref()?;
        if self.view.is_lifted(until.clause) {
            return None;
        }
        let first = moments.iter().map(|moment| moment.rank).min()?;
        let last = moments.iter().map(|moment| moment.rank).max()?;
        let start = until.moments.partition_point(|moment| moment.rank < first);
        let mut between = until.moments.get(start..)?.iter();
        let mut between = between.by_ref().take_while(|moment| moment.rank < last);
        let same = |moment: &&OrderedEvent| self.shares_keys(until, moment.event.0, assignment);
        between.find(same).copied()
    }

    fn violations(
        &self,
        assignment: &[u32],
        moments: &[OrderedEvent],
        spec: &SequenceSpec,
    ) -> Vec<Violation> {
        if self.missing.is_empty() {
            return Vec::new();
        }
        let mut moments = moments.to_vec();
        moments.sort_unstable_by_key(|moment| moment.rank);
        let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
            return Vec::new();
        };
        let window = i128::from(spec.window);
        let (from, to) = (first.millis() - window, last.millis() + window);
        let times: Vec<Vec<i128>> = self
            .missing
            .iter()
            .map(|watched| {
                if self.view.is_lifted(watched.clause) {
                    return Vec::new();
                }
                let start = watched
                    .moments
                    .partition_point(|moment| moment.millis() < from);
                let near = watched.moments.iter().skip(start);
                let near = near.take_while(|moment| moment.millis() <= to);
                let same =
                    near.filter(|moment| self.shares_keys(watched, moment.event.0, assignment));
                same.map(|moment| moment.millis()).collect()
            })
            .collect();
        sequence::violations(spec, &moments, |gap| {
            times.get(gap).map_or(&[], Vec::as_slice)
        })
    }

    /// Whether a watched event is of the assignment's keys, as far as the assignment has any.
    fn shares_keys(&self, watched: &Watched<'_>, event: u32, assignment: &[u32]) -> bool {
        (0..self.view.joins().len()).all(|join| {
            let Some(values) = self.view.key(watched.stage, join, event) else {
                return false;
            };
            let has = |((_, stage), other): (&(StageId, &Stage), &u32)| {
                let own = self.view.key(stage, join, *other).unwrap_or(&[]);
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
    view: &FactsOverlay<'v>,
    id: StageId,
    stage: &'v Stage,
    clause: ClauseId,
) -> Watched<'v> {
    let moments = view.interesting().into_iter();
    Watched {
        id,
        stage,
        clause,
        moments: moments
            .filter(|moment| view.meets(id, stage, moment.event.0))
            .collect(),
    }
}

/// The first position whose event does not come after the one before, and by how many
/// milliseconds it came too early.
fn out_of_order(moments: &[OrderedEvent]) -> Option<(usize, i64)> {
    let pairs = moments.iter().zip(moments.iter().skip(1)).enumerate();
    let mut broken = pairs.filter(|(_, (before, after))| after.rank <= before.rank);
    let (index, (before, after)) = broken.next()?;
    Some((index + 1, whole_millis(before.nanos - after.nanos)))
}

/// By how many milliseconds the moments exceed `maxspan`.
fn lateness(moments: &[OrderedEvent], spec: &SequenceSpec) -> Option<i64> {
    let first = moments.iter().map(|moment| moment.nanos).min()?;
    let last = moments.iter().map(|moment| moment.nanos).max()?;
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
    miss: Option<Shortfall>,
) -> Candidate {
    Candidate {
        cause: Cause {
            kind: CauseKind::Clause(clause),
            stage,
            event,
            miss,
        },
        change: Override::Relax(clause),
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(IMPOSSIBLE)
}
