//! Rules that can only run when the stream has ended, over the stage hits that were kept: samples,
//! pipes, and rules with an order of their own. Called by `correlate.rs`.

use std::cmp::Ordering;

use rustc_hash::FxHashMap;

use super::found_match::Match;
use super::keys;
use super::sequence::{OrderedEvent, SequenceState};
use super::sequence_spec::{MatchKind, SequenceSpec, StageAction};
use crate::event::{Timestamp, Value};
use crate::plan::Pipe;

/// The most steps of one sample search.
const MAX_STEPS: usize = 1_000_000;

/// One stage hit.
#[derive(Debug, Clone)]
pub(super) struct KeptHit<E> {
    pub(super) time: Option<Timestamp>,
    /// The place of the event in the input.
    pub(super) position: u64,
    /// The stage within its rule.
    pub(super) stage: usize,
    /// Order and key, as the hit carries them.
    pub(super) key: Box<[u8]>,
    pub(super) event: E,
}

/// Splits the bytes of a hit of a rule with its own order into time, tiebreaker and join key.
pub(super) fn split_order(bytes: &[u8]) -> (Option<Timestamp>, Option<Value>, &[u8]) {
    let Some((length, rest)) = bytes.split_first_chunk::<4>() else {
        return (None, None, &[]);
    };
    let length = u32::from_le_bytes(*length) as usize;
    let (order, key) = rest.split_at_checked(length).unwrap_or((rest, &[]));
    let mut order = keys::read(order).into_iter();
    let time = match order.next().flatten() {
        Some(Value::Date(time)) => Some(time),
        _ => None,
    };
    (time, order.next().flatten(), key)
}

struct Ordered<'k, E> {
    time: Option<Timestamp>,
    tiebreaker: Option<Value>,
    position: u64,
    stage: usize,
    key: &'k [u8],
    event: &'k E,
}

/// The matches of a rule over what was kept of it.
pub(super) fn run<E: Clone>(spec: &SequenceSpec, rule: u32, kept: &[KeptHit<E>]) -> Vec<Match<E>> {
    let sample = spec.kind == MatchKind::Sample;
    let mut hits: Vec<Ordered<'_, E>> = kept
        .iter()
        .map(|kept| {
            let (time, tiebreaker, key) = if spec.has_own_order {
                split_order(&kept.key)
            } else {
                (kept.time, None, &*kept.key)
            };
            Ordered {
                // Samples have no order, so they accept events without a time.
                time: time.or_else(|| sample.then(Timestamp::default)),
                tiebreaker,
                position: kept.position,
                stage: kept.stage,
                key,
                event: &kept.event,
            }
        })
        .filter(|hit| hit.time.is_some())
        .collect();
    hits.sort_by(|a, b| {
        a.time
            .cmp(&b.time)
            .then_with(|| compare_tiebreakers(a.tiebreaker.as_ref(), b.tiebreaker.as_ref()))
            .then(a.position.cmp(&b.position))
    });
    let matches = match spec.kind {
        MatchKind::Events => events(rule, &hits),
        MatchKind::Sequence => sequences(spec, rule, &hits),
        MatchKind::Sample => samples(spec, rule, &hits),
    };
    cut(matches, &spec.pipes)
}

fn compare_tiebreakers(a: Option<&Value>, b: Option<&Value>) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => a.compare(b).unwrap_or(Ordering::Equal),
        (a, b) => b.is_some().cmp(&a.is_some()),
    }
}

fn cut<E>(mut matches: Vec<Match<E>>, pipes: &[Pipe]) -> Vec<Match<E>> {
    for pipe in pipes {
        match pipe {
            Pipe::Head(count) => matches.truncate(usize::try_from(*count).unwrap_or(usize::MAX)),
            Pipe::Tail(count) => {
                let count = usize::try_from(*count).unwrap_or(usize::MAX);
                matches.drain(..matches.len().saturating_sub(count));
            }
        }
    }
    matches
}

fn events<E: Clone>(rule: u32, hits: &[Ordered<'_, E>]) -> Vec<Match<E>> {
    let matches = hits.iter().map(|hit| Match {
        rule,
        join: Vec::new(),
        stages: vec![Some(hit.event.clone())],
    });
    matches.collect()
}

fn sequences<E: Clone>(spec: &SequenceSpec, rule: u32, hits: &[Ordered<'_, E>]) -> Vec<Match<E>> {
    let mut tracks = SequenceState::default();
    let mut found: Vec<(Vec<OrderedEvent<E>>, &[u8])> = Vec::new();
    let same_event = |a: &Ordered<'_, E>, b: &Ordered<'_, E>| a.position == b.position;
    for (rank, group) in (0u64..).zip(hits.chunk_by(same_event)) {
        let Some(first) = group.first() else { continue };
        let mut ordered = OrderedEvent {
            rank,
            nanos: first.time.map_or(0, Timestamp::nanoseconds),
            event: || first.event.clone(),
        };
        let mut actions: Vec<(StageAction, &[u8])> = Vec::new();
        for hit in group {
            let own = spec.actions.get(hit.stage).map_or(&[][..], Vec::as_slice);
            actions.extend(own.iter().map(|action| (*action, hit.key)));
        }
        actions.sort_by_key(|(action, _)| action.priority());
        for (action, key) in actions {
            if let Some(ordered_events) = tracks.take(spec, &mut ordered, key, action) {
                found.push((ordered_events, key));
            }
        }
    }
    found.retain(|(ordered_events, key)| {
        spec.gaps.is_empty() || !tracks.is_violated(spec, key, ordered_events)
    });
    found.sort_by(|a, b| {
        let last =
            |ordered_events: &[OrderedEvent<E>]| ordered_events.last().map(|ordered| ordered.rank);
        last(&a.0)
            .cmp(&last(&b.0))
            .then_with(|| keys::compare(a.1, b.1))
    });
    let matches = found.into_iter().map(|(ordered_events, key)| Match {
        rule,
        join: spec.join(key),
        stages: spec.laid_out(ordered_events.into_iter().map(|ordered| ordered.event)),
    });
    matches.collect()
}

fn samples<E: Clone>(spec: &SequenceSpec, rule: u32, hits: &[Ordered<'_, E>]) -> Vec<Match<E>> {
    let mut numbers: FxHashMap<&[u8], usize> = FxHashMap::default();
    let mut candidates: Vec<(&[u8], Vec<Candidates<'_, E>>)> = Vec::new();
    for hit in hits {
        let number = *numbers.entry(hit.key).or_insert_with(|| {
            candidates.push((hit.key, vec![Vec::new(); spec.positions]));
            candidates.len() - 1
        });
        let own = spec.actions.get(hit.stage).map_or(&[][..], Vec::as_slice);
        for action in own {
            if let StageAction::Stage(position) = action
                && let Some((_, stages)) = candidates.get_mut(number)
                && let Some(events) = stages.get_mut(*position)
            {
                events.push((hit.position, hit.event));
            }
        }
    }
    candidates.sort_by(|a, b| keys::compare(a.0, b.0));
    let matches = candidates.iter().filter_map(|(key, stages)| {
        let mut search = Search {
            stages,
            steps: 0,
            chosen: Vec::new(),
        };
        search.step(0).then(|| Match {
            rule,
            join: spec.join(key),
            stages: search
                .chosen
                .iter()
                .map(|(_, event)| Some((*event).clone()))
                .collect(),
        })
    });
    matches.collect()
}

/// The events that meet one stage, with their places in the input.
type Candidates<'s, E> = Vec<(u64, &'s E)>;

/// Looks for one assignment of a distinct event to each stage.
struct Search<'s, E> {
    stages: &'s [Candidates<'s, E>],
    steps: usize,
    chosen: Vec<(u64, &'s E)>,
}

impl<E> Search<'_, E> {
    fn step(&mut self, stage: usize) -> bool {
        let Some(events) = self.stages.get(stage) else {
            return true;
        };
        // As many candidates as there are stages suffice: if an assignment exists, these contain
        // one.
        for event in events.iter().take(self.stages.len()) {
            self.steps += 1;
            if self.steps > MAX_STEPS {
                return false;
            }
            if self.chosen.iter().all(|(position, _)| *position != event.0) {
                self.chosen.push(*event);
                if self.step(stage + 1) {
                    return true;
                }
                self.chosen.pop();
            }
        }
        false
    }
}
