//! Hands over alerts. Called by a pass, whose threads share what comes after matching.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::shards::Slice;
use super::{Alert, EventRecord, Stats, Watcher};
use crate::engine::Match;

/// Counts an alert and hands it over, if it lies in the slice.
pub(super) fn give(
    found: Match<Arc<EventRecord>>,
    slice: Option<Slice>,
    stats: &mut Stats,
    watcher: &mut dyn Watcher,
    stopped: &mut bool,
) {
    if *stopped || !is_reported(&found.stages, slice) {
        return;
    }
    *stats.alerts.entry(found.rule).or_insert(0) += 1;
    *stopped = !watcher.alert(Alert {
        rule: found.rule,
        join: found.join,
        events: found.stages,
    });
}

/// Whether the last event of an alert lies in the slice.
pub(super) fn is_reported(events: &[Option<Arc<EventRecord>>], slice: Option<Slice>) -> bool {
    let last = || events.iter().flatten().filter_map(|event| event.time).max();
    slice.is_none_or(|slice| slice.holds(last()))
}

pub(super) fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
