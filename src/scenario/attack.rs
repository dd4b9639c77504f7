//! The attack: the base that every case changes. Called by `model` only.

use super::error::{CONTRADICTION, MISSING};
use super::event::{self, EventSpec};
use super::expectation::{self, Expectations};
use super::names::{self, FieldName, Names};
use super::reader::{Located, Reader};
use super::yaml::Node;
use crate::diagnostic::{QueryText, SourceText, Span};
use std::sync::Arc;

/// The base of a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Attack {
    /// Its name, which no case shares.
    pub name: String,
    /// The place of its name.
    pub span: Span,
    /// What happens.
    pub base: Base,
    /// Fields that the sensor does not pin here.
    pub force: Vec<FieldName>,
    /// What is expected of it.
    pub expect: Expectations,
}

/// The events of an attack.
#[derive(Debug, Clone, PartialEq)]
pub enum Base {
    /// Written out, in file order.
    Events(Vec<EventSpec>),
    /// Taken from a capture as they are.
    Recorded(EventsFrom),
}

/// Events of a capture.
#[derive(Debug, Clone, PartialEq)]
pub struct EventsFrom {
    /// The file, relative to the scenario.
    pub file: Located,
    /// `(label, EQL event query)`: each label names the first event that its query finds.
    pub labels: Vec<(Located, Located)>,
    /// The data source under which the events are checked, where the scenario says so.
    pub source: Option<Located>,
    /// The place of the whole.
    pub span: Span,
}

impl Attack {
    /// The events that are written out; none for a recorded attack.
    pub fn events(&self) -> &[EventSpec] {
        match &self.base {
            Base::Events(events) => events,
            Base::Recorded(_) => &[],
        }
    }

    /// The labels of its events, in file order.
    pub fn labels(&self) -> Vec<&Located> {
        match &self.base {
            Base::Events(events) => events.iter().map(|event| &event.label).collect(),
            Base::Recorded(from) => from.labels.iter().map(|(label, _)| label).collect(),
        }
    }
}

impl EventsFrom {
    /// A label's query with its place in the scenario, for the messages of its parser.
    pub fn query_text(query: &Located, source: &Arc<SourceText>) -> QueryText {
        let inside = source.slice(query.span).find(&query.text).unwrap_or(0);
        let start = query.span.start + u32::try_from(inside).unwrap_or(0);
        let map = vec![(0, start)];
        QueryText::embedded(source, query.text.as_str(), map, query.span.end)
    }
}

/// The keys of an attack.
const KEYS: &[&str] = &[
    "name",
    "events",
    "events_from",
    "expect",
    "force",
    "because",
    "with",
    "gap",
    "noise",
];

/// Reads `attack:`. `context` is what the scenario says of its sources.
pub(super) fn read(
    reader: &mut Reader<'_>,
    node: &Node,
    context: &expectation::Context<'_>,
) -> Option<Attack> {
    let entries = reader.entries(node, "an attack", KEYS)?;
    let before = reader.diagnostics.len();
    let name = match entries.get("name") {
        Some(name) => reader.text(name, "the attack's `name`"),
        None => {
            reader.error(
                MISSING,
                node.span,
                "the attack has no name",
                "no `name:`",
                "say in a few words what happens: `name: remote WMI starts PowerShell`",
            );
            None
        }
    };
    let base = read_base(
        reader,
        node,
        entries.get("events"),
        entries.get("events_from"),
        context.names,
    );
    let force = read_force(reader, entries.get("force"), context.names);
    let expect = expectation::read(
        reader,
        &entries,
        name.as_ref(),
        expectation::Role::Attack,
        context,
    );
    let attack = Attack {
        name: name.as_ref()?.text.clone(),
        span: name?.span,
        base: base?,
        force,
        expect: expect?,
    };
    (reader.diagnostics.len() == before).then_some(attack)
}

fn read_base(
    reader: &mut Reader<'_>,
    node: &Node,
    events: Option<&Node>,
    recorded: Option<&Node>,
    names: &Names,
) -> Option<Base> {
    match (events, recorded) {
        (Some(_), Some(recorded)) => {
            reader.error(
                CONTRADICTION,
                recorded.span,
                "an attack has `events` or `events_from`, not both",
                "",
                "take one of them out",
            );
            None
        }
        (Some(events), None) => {
            let specs = event::read_events(reader, events, "`events`", names);
            if specs.is_empty() && reader.diagnostics.is_empty() {
                reader.error(
                    MISSING,
                    events.span,
                    "the attack has no events",
                    "empty",
                    "give it at least one event",
                );
            }
            Some(Base::Events(specs))
        }
        (None, Some(recorded)) => read_events_from(reader, recorded).map(Base::Recorded),
        (None, None) => {
            reader.error(
                MISSING,
                node.span,
                "the attack has no events",
                "neither `events:` nor `events_from:`",
                "write its events under `events:`, each with a label",
            );
            None
        }
    }
}

/// Reads `events_from:`.
pub(super) fn read_events_from(reader: &mut Reader<'_>, node: &Node) -> Option<EventsFrom> {
    let entries = reader.entries(node, "`events_from`", &["file", "label", "source"])?;
    let source = entries
        .get("source")
        .and_then(|source| reader.text(source, "`source`"));
    let mut labels = Vec::new();
    if let Some(node) = entries.get("label") {
        for (key, query) in reader.map(node, "`label`").unwrap_or(&[]) {
            let what = format!("the query of label `{}`", key.text);
            if let Some(query) = reader.text(query, &what) {
                labels.push((names::located(key), query));
            }
        }
    }
    let Some(file) = entries.get("file") else {
        reader.error(
            MISSING,
            node.span,
            "`events_from` names no file",
            "no `file:`",
            "give the path of an NDJSON file, relative to the scenario",
        );
        return None;
    };
    let file = reader.text(file, "`file`")?;
    Some(EventsFrom {
        file,
        labels,
        source,
        span: node.span,
    })
}

/// Reads `force:`.
pub(super) fn read_force(
    reader: &mut Reader<'_>,
    node: Option<&Node>,
    names: &Names,
) -> Vec<FieldName> {
    let Some(node) = node else { return Vec::new() };
    let texts = reader.texts(node, "`force`");
    let fields = texts
        .iter()
        .filter_map(|text| names::field(reader, names, text));
    fields.collect()
}
