//! The sequence matcher: takes events in order, each with its actions under one join key, and gives
//! matches. It knows neither plans nor documents; only `decide.rs` calls it.
//!
//! Elasticsearch runs it stage by stage over windows (`SequenceMatcher`, `TumblingWindow`); this
//! single pass gives the same results. Of the partial sequences that wait at one position under
//! one key only the newest can ever be used, because using it discards the older ones
//! (`KeyToSequences`, `SequenceGroup.trimBefore`): one slot a position is the whole state.

use crate::event::EventId;

/// The correlation part of a sequence: stage order, `maxspan`, `until`, missing events.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct SequenceSpec {
    /// How many positive positions there are, runs expanded.
    pub(super) positions: usize,
    /// The longest span in nanoseconds, inclusive; `None` for no limit.
    pub(super) maxspan: Option<i128>,
    /// The missing clauses, each by the number of positive positions before it.
    pub(super) gaps: Vec<usize>,
    /// The span within which leading and trailing missing clauses look, in milliseconds.
    pub(super) window: i64,
}

/// One event in the order of events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OrderedEvent {
    /// Its place in the order; no two events share one.
    pub(super) rank: u32,
    /// Its time in nanoseconds.
    pub(super) nanos: i128,
    /// Which event it is.
    pub(super) event: EventId,
}

impl OrderedEvent {
    /// Its time, to the millisecond.
    pub(super) fn millis(self) -> i128 {
        self.nanos.div_euclid(1_000_000)
    }
}

/// The actions of an event under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StageAction {
    /// It meets the stage at this position.
    Stage(usize),
    /// It meets `until`.
    Until,
    /// It meets the missing clause of this number.
    Missing(usize),
}

impl StageAction {
    /// The order in which the actions of one event apply: later positions first, so that an event
    /// never follows itself; `until` last, so that an event that meets both still completes its
    /// sequence.
    pub(super) fn priority(self) -> usize {
        match self {
            Self::Stage(position) => usize::MAX / 2 - position,
            Self::Until => usize::MAX - 1,
            Self::Missing(_) => usize::MAX,
        }
    }
}

/// A complete sequence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CompletedSequence {
    /// Its events, one a position.
    pub(super) moments: Vec<OrderedEvent>,
    /// Its key.
    pub(super) key: u32,
}

/// The state of one key.
#[derive(Debug, Default)]
struct KeyState {
    /// The newest partial sequence whose last event stands at this position.
    pending: Vec<Option<Vec<OrderedEvent>>>,
    /// The rank of the latest `until` event.
    until: Option<u32>,
    /// For each missing clause the times of its events in milliseconds, ascending.
    missing: Vec<Vec<i128>>,
}

/// The matcher of one sequence.
#[derive(Debug)]
pub(super) struct Matcher {
    spec: SequenceSpec,
    tracks: Vec<KeyState>,
    found: Vec<CompletedSequence>,
}

impl Matcher {
    /// A matcher that has seen nothing.
    pub(super) fn new(spec: SequenceSpec) -> Self {
        Self {
            spec,
            tracks: Vec::new(),
            found: Vec::new(),
        }
    }

    /// Whether an event at this position would follow another one, or begin a sequence.
    pub(super) fn waits(&self, key: u32, position: usize) -> bool {
        let Some(before) = position.checked_sub(1) else {
            return true;
        };
        let pending = self.tracks.get(key as usize).map(|track| &track.pending);
        pending.is_some_and(|pending| matches!(pending.get(before), Some(Some(_))))
    }

    /// Takes one act of one event under one key. Events come in ascending rank, the acts of one
    /// event in the order of [`StageAction::priority`].
    pub(super) fn take(&mut self, ordered: OrderedEvent, key: u32, action: StageAction) {
        let index = key as usize;
        if self.tracks.len() <= index {
            self.tracks.resize_with(index + 1, KeyState::default);
        }
        let Some(track) = self.tracks.get_mut(index) else {
            return;
        };
        match action {
            StageAction::Until => track.until = Some(ordered.rank),
            StageAction::Missing(gap) => track.note_missing(gap, ordered),
            StageAction::Stage(position) => {
                let Some(partial) = track.extend(&self.spec, position, ordered) else {
                    return;
                };
                if position + 1 == self.spec.positions {
                    let ordered_events = partial;
                    self.found.push(CompletedSequence {
                        moments: ordered_events,
                        key,
                    });
                } else {
                    track.hold(position, partial);
                }
            }
        }
    }

    /// The sequences found, ascending by their last event, without those in which an event is
    /// present that must be missing.
    pub(super) fn finish(self) -> Vec<CompletedSequence> {
        let Self {
            spec,
            tracks,
            mut found,
        } = self;
        if !spec.gaps.is_empty() {
            found.retain(|found| {
                let missing = tracks.get(found.key as usize).map(|track| &track.missing);
                let times = |gap: usize| {
                    let times = missing.and_then(|missing| missing.get(gap));
                    times.map_or(&[] as &[i128], Vec::as_slice)
                };
                violations(&spec, &found.moments, times).is_empty()
            });
        }
        found
    }
}

impl KeyState {
    /// The partial sequence that the event makes at this position, if any.
    fn extend(
        &mut self,
        spec: &SequenceSpec,
        position: usize,
        ordered: OrderedEvent,
    ) -> Option<Vec<OrderedEvent>> {
        let Some(before) = position.checked_sub(1) else {
            return Some(vec![ordered]);
        };
        let mut partial = self.pending.get_mut(before)?.take()?;
        let (first, last) = (partial.first()?, partial.last()?);
        let late = |limit| ordered.nanos - first.nanos > limit;
        if spec.maxspan.is_some_and(late) {
            return None;
        }
        if self.until.is_some_and(|until| last.rank <= until) {
            return None;
        }
        partial.push(ordered);
        Some(partial)
    }

    fn hold(&mut self, position: usize, partial: Vec<OrderedEvent>) {
        if self.pending.len() <= position {
            self.pending.resize_with(position + 1, || None);
        }
        if let Some(slot) = self.pending.get_mut(position) {
            *slot = Some(partial);
        }
    }

    fn note_missing(&mut self, gap: usize, ordered: OrderedEvent) {
        if self.missing.len() <= gap {
            self.missing.resize_with(gap + 1, Vec::new);
        }
        if let Some(times) = self.missing.get_mut(gap) {
            times.push(ordered.millis());
        }
    }
}

/// A reason to discard a sequence: the missing clauses (by number) that are violated together,
/// each with the time of its event in milliseconds. Lifting any one of them ends the reason.
pub(super) type Violation = Vec<(usize, i128)>;

/// The reasons to discard the sequence; `times` gives the times of each missing clause's events
/// of the same key in milliseconds, ascending.
///
/// With leading and trailing clauses together, one violation alone does not discard (public issue
/// 101025); both sides are then one reason.
pub(super) fn violations<'a>(
    spec: &SequenceSpec,
    ordered_events: &[OrderedEvent],
    times: impl Fn(usize) -> &'a [i128],
) -> Vec<Violation> {
    let (Some(first), Some(last)) = (ordered_events.first(), ordered_events.last()) else {
        return Vec::new();
    };
    let (first, last) = (first.millis(), last.millis());
    let window = i128::from(spec.window);
    let mut violations = Vec::new();
    let mut leading: Option<(usize, i128)> = None;
    let mut trailing: Option<(usize, i128)> = None;
    for (gap, before) in spec.gaps.iter().copied().enumerate() {
        let times = times(gap);
        if before == 0 {
            let latest = times.partition_point(|time| *time < first).checked_sub(1);
            let latest = latest.and_then(|index| times.get(index)).copied();
            if latest.is_some_and(|time| leading.is_none_or(|(_, best)| time > best)) {
                leading = latest.map(|time| (gap, time));
            }
        } else if before >= ordered_events.len() {
            let earliest = times.get(times.partition_point(|time| *time <= last));
            if earliest.is_some_and(|time| trailing.is_none_or(|(_, best)| *time < best)) {
                trailing = earliest.map(|time| (gap, *time));
            }
        } else if let Some(time) = time_between(
            times,
            ordered_events.get(before - 1),
            ordered_events.get(before),
        ) {
            violations.push(vec![(gap, time)]);
        }
    }
    let has_leading = spec.gaps.contains(&0);
    let has_trailing = spec
        .gaps
        .iter()
        .any(|before| *before >= ordered_events.len());
    violations.extend(match (leading, trailing) {
        (Some(before), Some(after)) if after.1 - before.1 <= window => Some(vec![before, after]),
        (Some(before), _) if !has_trailing && last - before.1 <= window => Some(vec![before]),
        (_, Some(after)) if !has_leading && after.1 - first <= window => Some(vec![after]),
        _ => None,
    });
    violations
}

/// The first time strictly between two moments.
fn time_between(
    times: &[i128],
    after: Option<&OrderedEvent>,
    before: Option<&OrderedEvent>,
) -> Option<i128> {
    let (after, before) = (after?.millis(), before?.millis());
    let next = times
        .get(times.partition_point(|time| *time <= after))
        .copied();
    next.filter(|time| *time < before)
}

#[cfg(test)]
#[path = "sequence_tests.rs"]
mod tests;
