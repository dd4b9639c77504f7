//! Decides matches from a [`FactsOverlay`], as a pure function. The boolean tree gives the stages
//! that each event meets; the matcher of the plan's operator combines them.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::facts_overlay::FactsOverlay;
use super::keys::KeyValue;
use super::sequence::{Matcher, OrderedEvent, SequenceSpec, StageAction};
use super::{Match, Request, pipes, sample};
use crate::event::{EventId, Value};
use crate::plan::{Operator, Role, Sequence, Stage, StageId};

/// Decides the matches of a view.
pub(super) fn decide(overlay: &FactsOverlay<'_>, request: &Request) -> Vec<Match> {
    match &overlay.plan.operator {
        Operator::Select => pipes::cut(events(overlay), &overlay.plan.pipes, request),
        Operator::Sequence(shape) => {
            pipes::cut(sequences(overlay, shape), &overlay.plan.pipes, request)
        }
        Operator::Sample { .. } => samples(overlay, request),
    }
}

/// The stage of each positive position, runs expanded.
pub(super) fn positions<'a>(overlay: &FactsOverlay<'a>) -> Vec<(StageId, &'a Stage)> {
    let positive = overlay.plan.positive();
    positive
        .flat_map(|(id, stage)| std::iter::repeat_n((id, stage), usize::from(stage.runs)))
        .collect()
}

/// The correlation part of a sequence, without the clauses that overrides disable.
pub(super) fn sequence_spec(overlay: &FactsOverlay<'_>, shape: &Sequence) -> SequenceSpec {
    let mut spec = SequenceSpec::default();
    for stage in &overlay.plan.stages {
        match stage.role {
            Role::Positive => spec.positions += usize::from(stage.runs),
            Role::Missing { .. } => spec.gaps.push(spec.positions),
            Role::Until { .. } => {}
        }
    }
    if let Some(limit) = shape.maxspan {
        spec.window = limit.millis;
        spec.maxspan = (!overlay.is_relaxed(limit.clause))
            .then(|| i128::from(limit.millis).saturating_mul(1_000_000));
    }
    spec
}

fn events(overlay: &FactsOverlay<'_>) -> Vec<Match> {
    let Some((id, stage)) = overlay.plan.positive().next() else {
        return Vec::new();
    };
    let ordered_events = overlay.meeting_events().into_iter();
    ordered_events
        .filter(|ordered| overlay.meets(id, stage, ordered.event.0))
        .map(|ordered| Match {
            stages: vec![Some(ordered.event)],
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

fn compare_tuples(overlay: &FactsOverlay<'_>, a: &[KeyValue], b: &[KeyValue]) -> Ordering {
    let mut orders = a
        .iter()
        .zip(b)
        .map(|(a, b)| overlay.facts.keys.compare(*a, *b));
    orders
        .find(|order| order.is_ne())
        .unwrap_or(Ordering::Equal)
}

fn join_values(overlay: &FactsOverlay<'_>, tuple: &[KeyValue]) -> Vec<Option<Value>> {
    let values = tuple.iter().map(|number| overlay.facts.keys.value(*number));
    values.map(Option::<&Value>::cloned).collect()
}

/// The action of each stage of a sequence on an event that meets it.
fn actions_of_stages(overlay: &FactsOverlay<'_>) -> Vec<Vec<StageAction>> {
    let (mut position, mut gap) = (0, 0);
    let mut actions = Vec::with_capacity(overlay.plan.stages.len());
    for stage in &overlay.plan.stages {
        actions.push(match stage.role {
            Role::Positive => {
                let first = position;
                position += usize::from(stage.runs);
                // Later positions are taken first: sorting finds them in order.
                (first..position).rev().map(StageAction::Stage).collect()
            }
            Role::Missing { clause } => {
                gap += 1;
                let lifted = overlay.is_relaxed(clause);
                if lifted {
                    Vec::new()
                } else {
                    vec![StageAction::Missing(gap - 1)]
                }
            }
            Role::Until { clause } => {
                let lifted = overlay.is_relaxed(clause);
                if lifted {
                    Vec::new()
                } else {
                    vec![StageAction::Until]
                }
            }
        });
    }
    actions
}

fn sequences(overlay: &FactsOverlay<'_>, shape: &Sequence) -> Vec<Match> {
    let mut tuples = Tuples::default();
    let mut found = matched(overlay, sequence_spec(overlay, shape), &mut tuples);
    found.sort_by(|a, b| {
        let last =
            |ordered_events: &[OrderedEvent]| ordered_events.last().map(|ordered| ordered.rank);
        let keys = || compare_tuples(overlay, tuples.get(a.key), tuples.get(b.key));
        last(&a.moments).cmp(&last(&b.moments)).then_with(keys)
    });
    let found = found.into_iter().map(|found| {
        let events = found.moments.iter().map(|ordered| ordered.event);
        Match {
            stages: laid_out(overlay, events),
            join: join_values(overlay, tuples.get(found.key)),
        }
    });
    found.collect()
}

/// The events of the longest beginnings of a sequence that the matcher holds, missing events
/// aside, in order.
pub(super) fn longest_prefixes(overlay: &FactsOverlay<'_>) -> Vec<Vec<EventId>> {
    let Operator::Sequence(shape) = &overlay.plan.operator else {
        return Vec::new();
    };
    let whole = sequence_spec(overlay, shape);
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
        let found = matched(overlay, spec, &mut Tuples::default());
        if !found.is_empty() {
            let events = |found: super::sequence::CompletedSequence| {
                let events = found.moments.iter().map(|ordered| ordered.event);
                events.collect()
            };
            return found.into_iter().map(events).collect();
        }
    }
    Vec::new()
}

/// Runs the matcher; positions after the last of the sequence are left out.
fn matched(
    overlay: &FactsOverlay<'_>,
    spec: SequenceSpec,
    tuples: &mut Tuples,
) -> Vec<super::sequence::CompletedSequence> {
    let positions = spec.positions;
    let mut matcher = Matcher::new(spec);
    let acts_of_stages = actions_of_stages(overlay);
    let stages: Vec<&Stage> = overlay.plan.stages.iter().collect();
    let (mut actions, mut met) = (Vec::<(StageAction, u32)>::new(), Vec::new());
    for ordered in overlay.meeting_events() {
        let event = ordered.event.0;
        actions.clear();
        overlay.stages_met(event, &mut met);
        for number in &met {
            let (Some(stage), Some(stage_acts)) =
                (stages.get(*number), acts_of_stages.get(*number))
            else {
                continue;
            };
            if stage_acts.is_empty() {
                continue;
            }
            let within = |action: &&StageAction| !matches!(action, StageAction::Stage(at) if *at >= positions);
            for tuple in overlay.tuples(stage, event) {
                let key = tuples.number(tuple);
                // An event can only follow one that waits. No act of this event makes another one
                // wait for it: later positions are taken first.
                let waits = |action: &&StageAction| match action {
                    StageAction::Stage(at) => matcher.waits(key, *at),
                    StageAction::Missing(_) | StageAction::Until => true,
                };
                let own = stage_acts.iter().filter(within).filter(waits);
                actions.extend(own.map(|action| (*action, key)));
            }
        }
        actions.sort_by_key(|(action, key)| (action.priority(), *key));
        for (action, key) in &actions {
            matcher.take(ordered, *key, *action);
        }
    }
    matcher.finish()
}

/// The events of the positive positions with the missing ones between them.
fn laid_out(
    overlay: &FactsOverlay<'_>,
    mut events: impl Iterator<Item = EventId>,
) -> Vec<Option<EventId>> {
    let mut stages = Vec::new();
    for stage in &overlay.plan.stages {
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

fn samples(overlay: &FactsOverlay<'_>, request: &Request) -> Vec<Match> {
    let stages = positions(overlay);
    let mut tuples = Tuples::default();
    let mut candidates: Vec<Vec<Vec<EventId>>> = Vec::new();
    for ordered in overlay.meeting_events() {
        for (index, (id, stage)) in stages.iter().enumerate() {
            if !overlay.meets(*id, stage, ordered.event.0) {
                continue;
            }
            for tuple in overlay.tuples(stage, ordered.event.0) {
                let key = tuples.number(tuple) as usize;
                if candidates.len() <= key {
                    candidates.resize_with(key + 1, || vec![Vec::new(); stages.len()]);
                }
                let slot = candidates
                    .get_mut(key)
                    .and_then(|stages| stages.get_mut(index));
                if let Some(events) = slot {
                    events.push(ordered.event);
                }
            }
        }
    }
    let mut keys: Vec<u32> = (0u32..).take(candidates.len()).collect();
    keys.sort_by(|a, b| compare_tuples(overlay, tuples.get(*a), tuples.get(*b)));
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
                join: join_values(overlay, tuples.get(key)),
            });
        }
    }
    matches
}
