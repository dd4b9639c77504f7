//! Builds an event as a source stores it: defaults of the shape, requested fields, fields that the
//! sensor pins, derived fields, the constants of the index. Generators of scenarios use it; written scenarios are expanded by
//! `scenario/expand.rs`, which adds labels, times and `force`.

use super::constants::constants;
use super::derive::derive;
use super::source::{DataSource, EventKind};
use crate::event::{Event, Scalar};

/// The event with these fields set; a field without values is taken out.
pub fn apply_shape<'f>(
    source: &DataSource,
    kind: &EventKind,
    set: impl IntoIterator<Item = (&'f String, &'f Vec<Scalar>)> + Clone,
) -> Event {
    let mut event = Event::default();
    for (path, values) in source.defaults.iter().chain(&kind.defaults) {
        event.set(path, values.clone());
    }
    for (path, values) in set.clone() {
        if kind.carries(path) {
            event.set(path, values.clone());
        }
    }
    for pin in source.pins.iter().chain(&kind.pins) {
        event.set(&pin.field, pin.value.clone());
    }
    derive(kind, &mut event);
    let index = source.indices.get(kind.index);
    let name = index.map_or("", |index| &index.name);
    // What is taken out is not filled in again.
    for (path, values) in set {
        if values.is_empty() {
            event.set(path, Vec::new());
        }
    }
    for (path, value) in constants(index, name) {
        if event.values(path).is_empty() {
            event.set(path, vec![Scalar::text(value)]);
        }
    }
    event
}
