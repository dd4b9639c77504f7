//! Events: their kind, time and fields, as the attack, `change` and `add` write them.

use super::{Parser, each, field, near_or_all, production, repeated};
use crate::diagnostic::Span;
use crate::diagnostic::scenario_event::{LabelledEvent, ScenarioEvent};
use crate::diagnostic::scenario_part::{Counted, ScenarioPart};
use crate::diagnostic::scenario_time::ScenarioTime;
use crate::scenario::error::{BAD_TIME, UNKNOWN_LABEL, WRONG_SHAPE};
use crate::scenario::model::{Base, EventRole, EventSpec, EventsFrom, FieldKey, Located, Scenario};
use crate::scenario::yaml::{Key, Node, NodeKind};

/// The most events that a scenario writes out; more belong in a capture.
const MAX_EVENTS: usize = 1_000;

/// The keys of `events_from`.
pub(in crate::scenario) const CAPTURE_KEYS: &[&str] = &["file", "label", "source"];

/// Events of one role: label → event, each with its kind.
pub(super) fn events(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
    role: EventRole,
) -> Vec<EventSpec> {
    let key = match role {
        EventRole::Event => "events",
        EventRole::History => "history",
        EventRole::Indicator => "indicators",
    };
    if let NodeKind::List(items) = &node.kind {
        events_as_list(parser, key, node, items);
        return Vec::new();
    }
    let Some(entries) = parser.map(node, &ScenarioPart::Key(key)) else {
        return Vec::new();
    };
    if entries.entries.is_empty() {
        parser.missing(node.span, &ScenarioEvent::EmptyEvents { key });
    }
    let count = entries.entries.len();
    if !parser.few(node.span, count, MAX_EVENTS, Counted::Events) {
        return Vec::new();
    }
    let events = entries.entries.into_iter().filter_map(|(label, node)| {
        let mut event = event(parser, scenario, label, node)?;
        event.role = role;
        if role == EventRole::Indicator {
            let kind = || Located::new("indicator".to_owned(), label.span);
            event.kind.get_or_insert_with(kind);
        }
        if role == EventRole::History && event.at.as_ref().is_none_or(|at| at.value >= 0) {
            let name = label.text.clone();
            let place = event.at.as_ref().map_or(label.span, |at| at.span);
            parser.error(&BAD_TIME, place, &ScenarioTime::NotBeforeCase { name });
        }
        if event.kind.is_none() {
            let name = label.text.clone();
            parser.missing(label.span, &ScenarioEvent::NoKind { name });
        }
        Some(event)
    });
    events.collect()
}

/// A list where labels are wanted: the error shows the first event in the form of a map.
fn events_as_list(parser: &mut Parser<'_>, key: &'static str, node: &Node, items: &[Node]) {
    let kind = items.first().and_then(|item| match &item.kind {
        NodeKind::Map(entries) => entries.iter().find(|(key, _)| key.text == "is"),
        NodeKind::List(_) | NodeKind::Scalar { .. } => None,
    });
    let kind = match kind.map(|(_, value)| &value.kind) {
        Some(NodeKind::Scalar { text, .. }) if !text.is_empty() => text.as_str(),
        _ => "process",
    };
    let fix = LabelledEvent {
        kind: kind.to_owned(),
    };
    // The first item is enough to show what is meant.
    let span = items.first().map_or(node.span, |item| item.span);
    parser.error(
        &WRONG_SHAPE,
        span,
        &ScenarioEvent::ListOfEvents { key, fix },
    );
}

/// One event, or what a change makes of it.
pub(super) fn event(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    label: &Key,
    node: &Node,
) -> Option<EventSpec> {
    let name = label.text.clone();
    let mut entries = parser.map(node, &ScenarioPart::Event { name })?;
    let kind = entries
        .take("is")
        .and_then(|node| parser.text(node, &ScenarioPart::Key("is")));
    let at = entries.take("at").and_then(|node| field::at(parser, node));
    let ingested = entries
        .take("ingested")
        .and_then(|node| production::span(parser, node, "ingested"));
    let repeat = entries
        .take("repeat")
        .and_then(|node| production::repeat(parser, node));
    let vary = entries.take_entry("vary");
    let copies = repeated::copies(parser, scenario, repeat, vary);
    let fields = field::settings(parser, scenario, &entries);
    Some(EventSpec {
        label: Located::new(label.text.clone(), label.span),
        role: EventRole::Event,
        kind,
        at,
        ingested,
        fields,
        copies,
    })
}

/// `force`: fields by path or `$name`.
pub(super) fn force(
    parser: &mut Parser<'_>,
    scenario: &Scenario,
    node: &Node,
) -> Vec<Located<FieldKey>> {
    let texts = parser.texts(node, &ScenarioPart::Key("force"));
    let keys = texts.into_iter().filter_map(|text| {
        let path = each::unescaped(&text.value);
        let key = field::field_key(parser, scenario, &path, &text.value, text.span)?;
        Some(Located::new(key, text.span))
    });
    keys.collect()
}

/// `events_from`: a file, or a map with the file, labels and the source.
pub(super) fn events_from(parser: &mut Parser<'_>, node: &Node) -> Option<EventsFrom> {
    if matches!(node.kind, NodeKind::Scalar { .. }) {
        let file = parser.text(node, &ScenarioPart::Key("events_from"))?;
        return Some(EventsFrom {
            file,
            labels: Vec::new(),
            source: None,
        });
    }
    let part = ScenarioPart::Key("events_from");
    let mut entries = parser.map(node, &part)?;
    let file = entries.take("file");
    let label = entries.take("label");
    let source = entries.take("source");
    parser.rest(&entries, &part, CAPTURE_KEYS);
    let labels = label
        .and_then(|node| parser.map(node, &ScenarioPart::Key("label")))
        .map_or_else(Vec::new, |entries| {
            let labels = entries.entries.into_iter().filter_map(|(label, query)| {
                let query = parser.text(query, &ScenarioPart::LabelQuery)?;
                Some((Located::new(label.text.clone(), label.span), query))
            });
            labels.collect()
        });
    let source = source.and_then(|node| parser.text(node, &ScenarioPart::Key("source")));
    let Some(file) = file else {
        parser.missing(node.span, &ScenarioEvent::CaptureWithoutFile);
        return None;
    };
    Some(EventsFrom {
        file: parser.text(file, &ScenarioPart::Key("file"))?,
        labels,
        source,
    })
}

/// Reports a label that no event has.
pub(super) fn unknown_label(parser: &mut Parser<'_>, label: &str, span: Span, labels: &[String]) {
    let known: Vec<&str> = labels.iter().map(String::as_str).collect();
    let (suggestion, expected) = near_or_all(label, &known);
    let cause = ScenarioEvent::UnknownLabel {
        name: label.to_owned(),
        suggestion,
        expected,
    };
    parser.error(&UNKNOWN_LABEL, span, &cause);
}

/// The labels of the events of a base.
pub(super) fn labels(base: &Base) -> Vec<String> {
    match base {
        Base::Written(events) => {
            let labels = events.iter().map(|event| event.label.value.clone());
            labels.collect()
        }
        Base::Captured(from) => {
            let labels = from.labels.iter().map(|(label, _)| label.value.clone());
            labels.collect()
        }
    }
}
