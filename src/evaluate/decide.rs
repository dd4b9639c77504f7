//! Decides matches from a [`FactsOverlay`], as a pure function. The boolean tree gives the stages
//! that each event meets; the matcher of the plan's operator combines them.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::keys::KeyValue;
use super::sequence::{Matcher, OrderedEvent, SequenceSpec, StageAction};
use super::view::FactsOverlay;
use super::{Match, Request, pipes, sample};
use crate::event::{EventId, Value};
use crate::plan::{Operator, Role, Sequence, Stage, StageId};

/// Decides the matches of a view.
pub(super) fn decide(view: &FactsOverlay<'_>, request: &Request) -> Vec<Match> {
    match &view.plan.operator {
        Operator::Select => pipes::cut(events(view), &view.plan.pipes, request),
        Operator::Sequence(shape) => pipes::cut(sequences(view, shape), &view.plan.pipes, request),
        Operator::Sample { .. } => samples(view, request),
    }
}

/// The stage of each positive position, runs expanded.
pub(super) fn positions<'a>(view: &FactsOverlay<'a>) -> Vec<(StageId, &'a Stage)> {
    let positive = view.plan.positive();
    positive
        .flat_map(|(id, stage)| std::iter::repeat_n((id, stage), usize::from(stage.runs)))
        .collect()
}

/// The correlation part of a sequence, without the clauses that overrides disable.
pub(super) fn sequence_spec(view: &FactsOverlay<'_>, shape: &Sequence) -> SequenceSpec {
    let mut spec = SequenceSpec::default();
    for stage in &view.plan.stages {
        match stage.role {
            Role::Positive => spec.positions += usize::from(stage.runs),
            Role::Missing { .. } => spec.gaps.push(spec.positions),
            Role::Until { .. } => {}
        }
    }
    if let Some(limit) = shape.maxspan {
        spec.window = limit.millis;
        spec.maxspan = (!view.is_lifted(limit.clause))
            .then(|| i128::from(limit.millis).saturating_mul(1_000_000));
    }
    spec
}

fn events(view: &FactsOverlay<'_>) -> Vec<Match> {
    let Some((id, stage)) = view.plan.positive().next() else {
        return Vec::new();
    };
    let moments = view.interesting().into_iter();
    moments
        .filter(|moment| view.meets(id, stage, moment.event.0))
        .map(|moment| Match {
            stages: vec![Some(moment.event)],
            join: Vec::new(),
        })
        .collect()
}

/// Key tuples as numbers.
#[derive(Default)]
struct Tuples {
    numbers: FxHashMap<Vec<KeyValue>, u32>,
    tuples: Vec<Vec<KeyValue>>,
}

impl Tuples {
    fn number(&mut self, tuple: Vec<KeyValue>) -> u32 {
        if let Some(number) = self.numbers.get(&tuple) {
            return *number;
        }
        let number = u32::try_from(self.tuples.len()).unwrap_or(u32::MAX);
        self.tuples.push(tuple.clone());
        self.numbers.insert(tuple, number);
        number
    }

    fn get(&self, number: u32) -> &[KeyValue] {
        self.tuples.get(number as usize).map_or(&[], Vec::as_slice)
    }
}

fn compare_tuples(view: &FactsOverlay<'_>, a: &[KeyValue], b: &[KeyValue]) -> Ordering {
    let mut orders = a
        .iter()
        .zip(b)
        .map(|(a, b)| view.facts.keys.compare(*a, *b));
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn join_values(view: &FactsOverlay<'_>, tuple: &[KeyValue]) -> Vec<Option<Value>> {
    let values = tuple.iter().map(|number| view.facts.keys.value(*number));
    values.map(Option::<&Value>::cloned).collect()
}

/// The action of each stage of a sequence on an event that meets it.
fn acts_of_stages(view: &FactsOverlay<'_>) -> Vec<Vec<StageAction>> {
    let (mut position, mut gap) = (0, 0);
    let mut acts = Vec::with_capacity(view.plan.stages.len());
    for stage in &view.plan.stages {
        acts.push(match stage.role {
            Role::Positive => {
                let first = position;
                position += usize::from(stage.runs);
                (first..position).map(StageAction::Stage).collect()
            }
            Role::Missing { clause } => {
                gap += 1;
                let lifted = view.is_lifted(clause);
                if lifted {
                    Vec::new()
                } else {
                    vec![StageAction::Missing(gap - 1)]
                }
            }
            Role::Until { clause } => {
                let lifted = view.is_lifted(clause);
                if lifted {
                    Vec::new()
                } else {
                    vec![StageAction::Until]
                }
            }
        });
    }
    acts
}

fn sequences(view: &FactsOverlay<'_>, shape: &Sequence) -> Vec<Match> {
    let mut tuples = Tuples::default();
    let mut found = matched(view, sequence_spec(view, shape), &mut tuples);
    found.sort_by(|a, b| {
        let last = |moments: &[OrderedEvent]| moments.last().map(|moment| moment.rank);
        let keys = || compare_tuples(view, tuples.get(a.key), tuples.get(b.key));
        last(&a.moments).cmp(&last(&b.moments)).then_with(keys)
    });
    let found = found.into_iter().map(|found| {
        let events = found.moments.iter().map(|moment| moment.event);
        Match {
            stages: laid_out(view, events),
            join: join_values(view, tuples.get(found.key)),
        }
    });
    found.collect()
}

/// The events of the longest beginnings of a sequence that the matcher holds, missing events
/// aside, in order.
pub(super) fn furthest(view: &FactsOverlay<'_>) -> Vec<Vec<EventId>> {
    let Operator::Sequence(shape) = &view.plan.operator else {
        return Vec::new();
    };
    let whole = sequence_spec(view, shape);
    // One that lacks nothing but the absence of an event is whole.
    let longest = whole
        .positions
        .saturating_sub(usize::from(whole.gaps.is_empty()));
    for positions in (1..=longest).rev() {
        let spec = SequenceSpec {
            positions,
            gaps: Vec::new(),
            ..whole.clone()
        };
        let found = matched(view, spec, &mut Tuples::default());
        if !found.is_empty() {
            let events = |found: super::sequence::Found| {
                let events = found.moments.iter().map(|moment| moment.event);
                events.collect()
            };
            return found.into_iter().map(events).collect();
        }
    }
    Vec::new()
}

/// Runs the matcher; positions after the last of the sequence are left out.
fn matched(
    view: &FactsOverlay<'_>,
    spec: SequenceSpec,
    tuples: &mut Tuples,
) -> Vec<super::sequence::Found> {
    let positions = spec.positions;
    let mut matcher = Matcher::new(spec);
    let acts_of_stages = acts_of_stages(view);
    let mut acts: Vec<(StageAction, u32)> = Vec::new();
    for moment in view.interesting() {
        let event = moment.event.0;
        acts.clear();
        for ((id, stage), stage_acts) in view.plan.numbered().zip(&acts_of_stages) {
            if stage_acts.is_empty() || !view.meets(id, stage, event) {
                continue;
            }
            let within =
                |act: &&StageAction| !matches!(act, StageAction::Stage(at) if *at >= positions);
            for tuple in view.tuples(stage, event) {
                let key = tuples.number(tuple);
                // An event can only follow one that waits. No act of this event makes another one
                // wait for it: later positions are taken first.
                let waits = |act: &&StageAction| match act {
                    StageAction::Stage(at) => matcher.waits(key, *at),
                    StageAction::Missing(_) | StageAction::Until => true,
                };
                let own = stage_acts.iter().filter(within).filter(waits);
                acts.extend(own.map(|act| (*act, key)));
            }
        }
        acts.sort_by_key(|(act, key)| (act.turn(), *key));
        for (act, key) in &acts {
            matcher.take(moment, *key, *act);
        }
    }
    matcher.finish()
}

/// The events of the positive positions with the missing ones between them.
fn laid_out(
    view: &FactsOverlay<'_>,
    mut events: impl Iterator<Item = EventId>,
) -> Vec<Option<EventId>> {
    let mut stages = Vec::new();
    for stage in &view.plan.stages {
        for _ in 0..stage.runs {
            match stage.role {
                Role::Positive => stages.push(events.next()),
                Role::Missing { .. } => stages.push(None),
                Role::Until { .. } => {}
            }
        }
    }
    stages
}

fn samples(view: &FactsOverlay<'_>, request: &Request) -> Vec<Match> {
    let stages = positions(view);
    let mut tuples = Tuples::default();
    let mut candidates: Vec<Vec<Vec<EventId>>> = Vec::new();
    for moment in view.interesting() {
        for (index, (id, stage)) in stages.iter().enumerate() {
            if !view.meets(*id, stage, moment.event.0) {
                continue;
            }
            for tuple in view.tuples(stage, moment.event.0) {
                let key = tuples.number(tuple) as usize;
                if candidates.len() <= key {
                    candidates.resize_with(key + 1, || vec![Vec::new(); stages.len()]);
                }
                let slot = candidates
                    .get_mut(key)
                    .and_then(|stages| stages.get_mut(index));
                if let Some(events) = slot {
                    events.push(moment.event);
                }
            }
        }
    }
    let mut keys: Vec<u32> = (0u32..).take(candidates.len()).collect();
    keys.sort_by(|a, b| compare_tuples(view, tuples.get(*a), tuples.get(*b)));
    let mut matches = Vec::new();
    for key in keys {
        let Some(stages) = candidates.get(key as usize) else {
            continue;
        };
        for events in sample::assign(stages, request.max_samples_per_key) {
            if request.size.is_some_and(|size| matches.len() >= size) {
                return matches;
            }
            matches.push(Match {
                stages: events.into_iter().map(Some).collect(),
                join: join_values(view, tuples.get(key)),
            });
        }
    }
    matches
}
