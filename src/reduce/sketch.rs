//! Builds a scenario from recorded events in the shape of their data source: every field that the
//! query reads, labels, and times from the first event. [`super::reduce`] removes what is not
//! needed.

use std::collections::{BTreeMap, BTreeSet};

use super::Request;
use super::find::FoundEvent;
use crate::data_source::derive::derive;
use crate::data_source::{DataSource, EventKind};
use crate::event::{Event, Scalar};
use crate::language::eql::RequestFieldNames;
use crate::scenario::write::{Expect, Sketch, SketchEvent};

/// The fields that tell of which kind an event is.
const TELLING: &[&str] = &[
    "event.code",
    "event.type",
    "event.category",
    "event.action",
    "event.dataset",
    "data_stream.dataset",
];

/// What every sketch of a recording has in common.
pub(super) struct Writer<'a> {
    pub(super) request: &'a Request<'a>,
    pub(super) source: &'a DataSource,
    pub(super) settings: &'a RequestFieldNames,
    /// The clauses that stop an alert.
    pub(super) stopped_by: &'a BTreeSet<String>,
}

impl Writer<'_> {
    /// The scenario of these events.
    pub(super) fn sketch(&self, found: &[FoundEvent<'_>]) -> Sketch {
        let request = self.request;
        let mut named = super::required_fields(request.subject, &request.exclusions());
        named.remove(&self.settings.timestamp);
        let start = found.first().map_or(0, |first| first.time);
        let mut force = BTreeSet::new();
        let mut labels = BTreeMap::new();
        let events: Vec<SketchEvent> = found
            .iter()
            .filter_map(|found| event(found, start, self.source, &named, &mut force, &mut labels))
            .collect();
        Sketch {
            indicators: Vec::new(),
            completions: None,
            rule: request.rule.clone(),
            sources: vec![self.source.name.clone()],
            exceptions: request.files_of(self.stopped_by),
            name: request.name.clone(),
            events,
            force: force.into_iter().collect(),
            expect: if request.benign {
                Expect::None
            } else {
                Expect::Alert
            },
            gaps: Vec::new(),
            cases: Vec::new(),
        }
    }
}

fn event(
    found: &FoundEvent<'_>,
    start: i64,
    source: &DataSource,
    named: &BTreeSet<String>,
    force: &mut BTreeSet<String>,
    labels: &mut BTreeMap<String, usize>,
) -> Option<SketchEvent> {
    let kind = kind(found.event, source)?;
    let shaped = shaped(found.event, kind, source, named);
    let mut fields = Vec::new();
    for path in named {
        let values = found.event.values(path);
        if values == shaped.values(path) {
            continue;
        }
        if !fits(path, values, kind, source) {
            force.insert(path.clone());
        }
        fields.push((path.clone(), values.to_vec()));
    }
    Some(SketchEvent {
        label: label(kind, labels),
        kind: name(kind, source),
        at: found.time - start,
        fields,
        copies: None,
    })
}

/// The kind that has most in common with the event, by what its source sets.
fn kind<'s>(event: &Event, source: &'s DataSource) -> Option<&'s EventKind> {
    let likeness = |kind: &EventKind| -> i32 {
        let telling = kind
            .defaults
            .iter()
            .filter(|(path, _)| TELLING.contains(&path.as_str()));
        telling
            .map(|(path, values)| {
                let have = event.values(path);
                if have == values.as_slice() {
                    2
                } else if have.is_empty() {
                    0
                } else if values.iter().any(|value| have.contains(value)) {
                    1
                } else {
                    -2
                }
            })
            .sum()
    };
    // Of kinds that are equally like it the first.
    let mut best: Option<(i32, &EventKind)> = None;
    for kind in &source.kinds {
        let like = likeness(kind);
        if best.is_none_or(|(most, _)| like > most) {
            best = Some((like, kind));
        }
    }
    best.map(|(_, kind)| kind)
}

/// The shortest name that means the kind.
fn name(kind: &EventKind, source: &DataSource) -> String {
    let whole = kind.name();
    match source.kind(&kind.group) {
        Some(first) if first.name() == whole => kind.group.clone(),
        _ => whole,
    }
}

/// `network`, and for the next of its kind `network2`.
fn label(kind: &EventKind, labels: &mut BTreeMap<String, usize>) -> String {
    let count = labels.entry(kind.group.clone()).or_default();
    *count += 1;
    match *count {
        1 => kind.group.clone(),
        more => format!("{}{more}", kind.group),
    }
}

/// What the source's shape has without being told, and what it would derive from the event's own
/// fields where the event has nothing.
fn shaped(event: &Event, kind: &EventKind, source: &DataSource, named: &BTreeSet<String>) -> Event {
    let mut shaped = Event::default();
    for (path, values) in source.defaults.iter().chain(&kind.defaults) {
        shaped.set(path, values.clone());
    }
    for pin in source.pins.iter().chain(&kind.pins) {
        shaped.set(&pin.field, pin.value.clone());
    }
    let plain = shaped.clone();
    for path in named {
        let values = event.values(path);
        if !values.is_empty() {
            shaped.set(path, values.to_vec());
        }
    }
    derive(kind, &mut shaped);
    for path in named.iter().filter(|path| !event.values(path).is_empty()) {
        shaped.set(path, plain.values(path).to_vec());
    }
    shaped
}

/// Whether the sensor reports these values, so that they need not be forced.
fn fits(path: &str, values: &[Scalar], kind: &EventKind, source: &DataSource) -> bool {
    let mut pins = source.pins.iter().chain(&kind.pins);
    let pinned = pins.find(|pin| pin.field == path);
    pinned.is_none_or(|pin| pin.value == values)
        && (values.is_empty() || (kind.carries(path) && source.field_type(path).is_some()))
}
