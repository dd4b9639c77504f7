//! The state of one sequence rule: the waiting partial sequences per join key. Fed in
//! event order by `correlate.rs`, and by `end_of_stream.rs`.
//!
//! A position under one key holds only its newest partial sequence, because using it discards the
//! older ones. State older than `maxspan` is swept before the map has doubled since the last sweep.

use std::collections::VecDeque;

use rustc_hash::FxHashMap;

use super::sequence_spec::{SequenceSpec, StageAction};

/// Sweeps start at this number of keys.
const MIN_SWEEP: usize = 1_024;

/// One event in the order of events.
#[derive(Debug, Clone)]
pub(super) struct OrderedEvent<E> {
    /// Its place in the order; no two events share one.
    pub(super) rank: u64,
    pub(super) nanos: i128,
    pub(super) event: E,
}

impl<E> OrderedEvent<E> {
    pub(super) fn millis(&self) -> i64 {
        millis(self.nanos)
    }
}

impl<E, F: FnMut() -> E> OrderedEvent<F> {
    /// The same moment with the event itself.
    fn with_event(&mut self) -> OrderedEvent<E> {
        OrderedEvent {
            rank: self.rank,
            nanos: self.nanos,
            event: (self.event)(),
        }
    }
}

/// Nanoseconds to milliseconds, rounded down.
pub(super) fn millis(nanos: i128) -> i64 {
    i64::try_from(nanos.div_euclid(1_000_000)).unwrap_or(if nanos < 0 {
        i64::MIN
    } else {
        i64::MAX
    })
}

/// The partial sequences of one rule, by key.
#[derive(Debug)]
pub(super) struct SequenceState<E> {
    by_key: FxHashMap<Box<[u8]>, KeyedState<E>>,
    sweep_at: usize,
    /// Partial sequences, and events of missing clauses, that are held.
    pub(super) held: usize,
}

#[derive(Debug)]
struct KeyedState<E> {
    /// The newest partial sequence whose last event stands at this position.
    pending: Vec<Option<Vec<OrderedEvent<E>>>>,
    /// The rank of the latest `until` event.
    until: Option<u64>,
    /// For each missing clause the times of its events in milliseconds, ascending.
    missing: Vec<VecDeque<i64>>,
}

impl<E> Default for KeyedState<E> {
    fn default() -> Self {
        Self {
            pending: Vec::new(),
            until: None,
            missing: Vec::new(),
        }
    }
}

impl<E> Default for SequenceState<E> {
    fn default() -> Self {
        Self {
            by_key: FxHashMap::default(),
            sweep_at: MIN_SWEEP,
            held: 0,
        }
    }
}

impl<E: Clone> SequenceState<E> {
    /// Applies one action of one event under one key; returns the sequence that it completes.
    /// Events come in ascending rank, and the actions of one event in the order of
    /// [`StageAction::turn`]. The event is created only if it is kept.
    pub(super) fn take(
        &mut self,
        spec: &SequenceSpec,
        ordered: &mut OrderedEvent<impl FnMut() -> E>,
        key: &[u8],
        action: StageAction,
    ) -> Option<Vec<OrderedEvent<E>>> {
        match action {
            StageAction::Until => {
                // Without state for the key there is nothing to end, and later events are not
                // affected.
                if let Some(state) = self.by_key.get_mut(key) {
                    state.until = Some(ordered.rank);
                }
                None
            }
            StageAction::Missing(gap) => {
                self.held += 1;
                let state = self.state_of(spec, ordered.nanos, key)?;
                if state.missing.len() <= gap {
                    state.missing.resize_with(gap + 1, VecDeque::new);
                }
                state.missing.get_mut(gap)?.push_back(ordered.millis());
                None
            }
            StageAction::Stage(0) => self.advance(spec, vec![ordered.with_event()], key, 0),
            StageAction::Stage(position) => {
                let state = self.by_key.get_mut(key)?;
                let mut partial = state.pending.get_mut(position - 1)?.take()?;
                self.held -= 1;
                let (first, last) = (partial.first()?, partial.last()?);
                let late = |limit| ordered.nanos - first.nanos > limit;
                if spec.maxspan.is_some_and(late)
                    || state.until.is_some_and(|until| last.rank <= until)
                {
                    return None;
                }
                partial.push(ordered.with_event());
                self.advance(spec, partial, key, position)
            }
        }
    }

    /// A partial sequence has come to `position`.
    fn advance(
        &mut self,
        spec: &SequenceSpec,
        partial: Vec<OrderedEvent<E>>,
        key: &[u8],
        position: usize,
    ) -> Option<Vec<OrderedEvent<E>>> {
        if position + 1 >= spec.positions {
            return Some(partial);
        }
        let state = self.state_of(spec, partial.last()?.nanos, key)?;
        if state.pending.len() <= position {
            state.pending.resize_with(position + 1, || None);
        }
        let replaced = state.pending.get_mut(position)?.replace(partial);
        self.held += usize::from(replaced.is_none());
        None
    }

    fn state_of(
        &mut self,
        spec: &SequenceSpec,
        now: i128,
        key: &[u8],
    ) -> Option<&mut KeyedState<E>> {
        if self.by_key.contains_key(key) {
            return self.by_key.get_mut(key);
        }
        if self.by_key.len() >= self.sweep_at {
            self.sweep(spec, now);
            self.sweep_at = (self.by_key.len() * 2).max(MIN_SWEEP);
        }
        Some(self.by_key.entry(key.into()).or_default())
    }

    /// Drops the state that no event at `now` or later can complete.
    pub(super) fn sweep(&mut self, spec: &SequenceSpec, now: i128) {
        let Some(maxspan) = spec.maxspan else {
            return;
        };
        // A candidate may wait for one window, and look back for another one.
        let oldest = millis(now).saturating_sub(spec.window.saturating_mul(2));
        let mut held = 0;
        self.by_key.retain(|_, state| {
            for pending in &mut state.pending {
                let first = pending.as_ref().and_then(|partial| partial.first());
                if first.is_some_and(|first| now - first.nanos > maxspan) {
                    *pending = None;
                }
                held += usize::from(pending.is_some());
            }
            for times in &mut state.missing {
                while times.front().is_some_and(|time| *time < oldest) {
                    times.pop_front();
                }
                held += times.len();
            }
            state.pending.iter().any(Option::is_some)
                || state.missing.iter().any(|times| !times.is_empty())
        });
        self.held = held;
    }

    /// The rank of the last event of each partial sequence held.
    pub(super) fn ranks(&self) -> Vec<u64> {
        let partials = self.by_key.values().flat_map(|state| &state.pending);
        let mut ranks: Vec<u64> = partials
            .flatten()
            .filter_map(|partial| Some(partial.last()?.rank))
            .collect();
        ranks.sort_unstable();
        ranks
    }

    /// Drops the partial sequences whose last event is not later than `rank`; how many those were.
    pub(super) fn drop_until(&mut self, rank: u64) -> u64 {
        self.drop_where(|last| last.rank <= rank)
    }

    /// Drops what happened after `now`, to which time has gone back; how many partial sequences that
    /// were.
    pub(super) fn drop_after(&mut self, now: i128) -> u64 {
        let mut missing = 0;
        self.by_key.retain(|_, state| {
            for times in &mut state.missing {
                let before = times.len();
                times.truncate(times.partition_point(|time| *time <= millis(now)));
                missing += before - times.len();
            }
            true
        });
        self.held = self.held.saturating_sub(missing);
        self.drop_where(|last| last.nanos > now)
    }

    /// Drops the partial sequences of whose last event this holds.
    fn drop_where(&mut self, is_dropped: impl Fn(&OrderedEvent<E>) -> bool) -> u64 {
        let mut dropped = 0;
        self.by_key.retain(|_, state| {
            for pending in &mut state.pending {
                let last = pending.as_ref().and_then(|partial| partial.last());
                if last.is_some_and(&is_dropped) {
                    *pending = None;
                    dropped += 1;
                }
            }
            state.pending.iter().any(Option::is_some)
                || state.missing.iter().any(|times| !times.is_empty())
        });
        self.held -= usize::try_from(dropped).unwrap_or(0).min(self.held);
        dropped
    }

    /// Whether an event is present that must be missing.
    ///
    /// With leading and trailing clauses together, one violation alone does not discard (public
    /// issue 101025).
    pub(super) fn is_violated(
        &self,
        spec: &SequenceSpec,
        key: &[u8],
        ordered_events: &[OrderedEvent<E>],
    ) -> bool {
        let (Some(first), Some(last)) = (ordered_events.first(), ordered_events.last()) else {
            return false;
        };
        let Some(state) = self.by_key.get(key) else {
            return false;
        };
        let (first, last) = (first.millis(), last.millis());
        let (mut leading, mut trailing): (Option<i64>, Option<i64>) = (None, None);
        for (before, times) in spec.gaps.iter().copied().zip(&state.missing) {
            if before == 0 {
                let latest = times.partition_point(|time| *time < first).checked_sub(1);
                leading = leading.max(latest.and_then(|index| times.get(index)).copied());
            } else if before >= ordered_events.len() {
                let earliest = times
                    .get(times.partition_point(|time| *time <= last))
                    .copied();
                trailing = match (trailing, earliest) {
                    (Some(a), Some(b)) => Some(a.min(b)),
                    (a, b) => a.or(b),
                };
            } else if let (Some(after), Some(until)) =
                (ordered_events.get(before - 1), ordered_events.get(before))
            {
                let next = times.get(times.partition_point(|time| *time <= after.millis()));
                if next.is_some_and(|time| *time < until.millis()) {
                    return true;
                }
            }
        }
        let has_leading = spec.gaps.contains(&0);
        let has_trailing = spec.waits();
        let within = |from: i64, to: i64| to.saturating_sub(from) <= spec.window;
        match (leading, trailing) {
            (Some(from), Some(to)) if within(from, to) => true,
            (Some(from), _) if !has_trailing => within(from, last),
            (_, Some(to)) if !has_leading => within(first, to),
            _ => false,
        }
    }
}
