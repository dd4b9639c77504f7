//! What a case's change does to the attack, and how it is told. Called by whoever judges and
//! reports.

use super::case::Case;
use super::event::{FieldChange, Operation, Text};
use super::expand::{Expanded, ExpandedEvent};
use super::model::Scenario;
use super::time;
use crate::data_source::DataSource;

/// Whether a case differs from its attack on one source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Effect {
    /// Its events differ.
    Changed,
    /// They would, but the sensor pins these fields.
    PinnedAway(Vec<String>),
    /// They are those of the attack.
    Equal,
}

/// How the events of a case differ from those of its attack.
pub fn effect(attack: &Expanded, case: &Expanded) -> Effect {
    let same = attack.events.len() == case.events.len()
        && attack.events.iter().zip(&case.events).all(|(one, other)| {
            one.label == other.label && one.at_millis == other.at_millis && one.event == other.event
        });
    if !same {
        return Effect::Changed;
    }
    let mut pinned: Vec<String> = Vec::new();
    for (before, after) in attack.events.iter().zip(&case.events) {
        let wishes = after
            .pinned
            .iter()
            .filter(|wish| !before.pinned.contains(wish));
        for wish in wishes {
            if !pinned.contains(&wish.field) {
                pinned.push(wish.field.clone());
            }
        }
    }
    if pinned.is_empty() {
        Effect::Equal
    } else {
        Effect::PinnedAway(pinned)
    }
}

/// The change of a case on one source, a line each: `child.process.executable = C:\…`.
pub fn describe_change(scenario: &Scenario, case: &Case, source: &DataSource) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(from) = &case.events_from {
        lines.push(format!("events from {}", from.file.text));
    }
    for change in &case.change {
        let label = &change.label.text;
        if let Some(kind) = &change.kind {
            lines.push(format!("{label}.is = {}", kind.text));
        }
        if let Some(at) = change.at_millis {
            lines.push(format!("{label}.at = {}", time::show(at)));
        }
        let fields = change
            .fields
            .iter()
            .map(|field| describe(field, label, scenario, source));
        lines.extend(fields);
    }
    for event in &case.add {
        let at = time::show(event.at_millis);
        lines.push(format!(
            "add {}: {} at {at}",
            event.label.text, event.kind.text
        ));
    }
    lines.extend(
        case.remove
            .iter()
            .map(|label| format!("remove {}", label.text)),
    );
    let forced = case
        .force
        .iter()
        .filter_map(|field| scenario.fields.path(field, &source.name));
    lines.extend(forced.map(|path| format!("force {path}")));
    lines
}

fn describe(change: &FieldChange, label: &str, scenario: &Scenario, source: &DataSource) -> String {
    let path = scenario.fields.path(&change.field, &source.name);
    let path = path.unwrap_or(&change.field.text);
    match &change.operation {
        Operation::Set(values) => format!("{label}.{path} = {}", shown(values)),
        Operation::Append(values) => format!("{label}.{path} += {}", shown(values)),
        Operation::Remove => format!("{label}.{path} = null"),
    }
}

fn shown(values: &[Text]) -> String {
    match values {
        [one] => one.text.clone(),
        several => {
            let texts: Vec<&str> = several.iter().map(|value| value.text.as_str()).collect();
            format!("[{}]", texts.join(", "))
        }
    }
}

impl Expanded {
    /// The event of a label.
    pub fn event(&self, label: &str) -> Option<&ExpandedEvent> {
        self.events.iter().find(|event| event.label == label)
    }
}
