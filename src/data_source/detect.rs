//! Detects the source of recorded events from the indices that they are stored in. Called by the
//! modules that replay or minimise recordings.

use super::catalogue::Catalogue;
use super::route::{IndexPatterns, stored_in};
use super::source::DataSource;
use crate::event::Event;

/// Marks the events whose index the rule does not search. An event of unknown index is shown.
pub fn route(events: &mut [Event], patterns: &IndexPatterns) {
    for event in events {
        event.unrouted = stored_in(event).is_some_and(|index| !patterns.selects(&index));
    }
}

/// The claimed source whose indices hold most of the routed events; the first that is claimed
/// where none is known.
pub fn serves_most<'c>(
    events: &[Event],
    catalogue: &'c Catalogue,
    patterns: &IndexPatterns,
) -> Option<&'c DataSource> {
    let mut best: Option<(usize, &DataSource)> = None;
    let routed = events.iter().filter(|event| !event.unrouted);
    let indices: Vec<String> = routed.filter_map(stored_in).collect();
    for source in catalogue.claimed(patterns) {
        let serves = |index: &&String| source.indices.iter().any(|own| own.stores(index));
        let count = indices.iter().filter(serves).count();
        if best.is_none_or(|(most, _)| count > most) {
            best = Some((count, source));
        }
    }
    best.map(|(_, source)| source)
}
