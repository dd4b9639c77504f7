//! Events of an attack or a case in the shape of one data source.
//!
//! In order of precedence: what the shape fills in, the attack, the change, what the sensor pins
//! (unless forced), and what follows from fields that nobody set. Called by whoever replays a
//! scenario.

use std::sync::Arc;

use super::attack::{Attack, Base, EventsFrom};
use super::case::Case;
use super::event::FieldChange;
use super::meaning::{self, Meaning, Typed};
use super::model::Scenario;
use super::names::{FieldName, Names};
use super::reader::Located;
use crate::data_source::{DataSource, Kind, Pin, derive::derive};
use crate::diagnostic::{Diagnostic, SourceText};
use crate::event::{Event, Scalar, Timestamp};

/// 2024-01-01T00:00:00Z, when every case starts.
const START_MILLIS: i64 = 1_704_067_200_000;

/// What is expanded.
#[derive(Debug, Clone, Copy)]
pub enum Which<'a> {
    /// The attack alone.
    Attack,
    /// The attack with a case's change.
    Case(&'a Case),
}

/// What an attack or a case is on one source.
#[derive(Debug, Clone, PartialEq)]
pub enum Expansion {
    /// Nothing, with the reason.
    Skipped(String),
    /// These events.
    Events(Expanded),
    /// The events of a capture, which the caller reads; [`change_recorded`] changes them.
    Recorded(EventsFrom),
}

/// Events in file order.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Expanded {
    /// The events.
    pub events: Vec<ExpandedEvent>,
}

/// One event in the shape of a source.
#[derive(Debug, Clone, PartialEq)]
pub struct ExpandedEvent {
    /// Its label.
    pub label: String,
    /// Milliseconds from the case's start.
    pub at_millis: i64,
    /// The document, with its index and the label as its id.
    pub event: Event,
    /// The fields that the scenario gave a value, and has it: not those that are pinned.
    pub set: Vec<String>,
    /// The fields that the scenario set and the sensor pins to something else.
    pub pinned: Vec<PinnedField>,
}

/// A wish of the scenario that the sensor does not grant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PinnedField {
    /// The field.
    pub field: String,
    /// What the scenario says; nothing if it removes the field.
    pub wanted: Vec<Scalar>,
    /// The origin of the sensor fact.
    pub evidence: String,
}

/// The events of `which` as `source` would store them.
pub fn expand(
    scenario: &Scenario,
    which: Which<'_>,
    source: &DataSource,
    text: &Arc<SourceText>,
) -> Result<Expansion, Vec<Diagnostic>> {
    if let Some(reason) = skipped(which, source) {
        return Ok(Expansion::Skipped(reason));
    }
    if let Some(from) = recorded(&scenario.attack, which) {
        return Ok(Expansion::Recorded(from.clone()));
    }
    let mut expanded = Expanded::default();
    let mut diagnostics = Vec::new();
    let force = forced(scenario, which, source);
    for draft in drafts(&scenario.attack, which) {
        let Some(kind) = source.kind(&draft.kind.text) else {
            let reason = format!("{} has no events of kind {}", source.title, draft.kind.text);
            return Ok(Expansion::Skipped(reason));
        };
        let meanings = draft.meanings(&scenario.fields, source, &force, text, &mut diagnostics);
        let builder = Builder {
            source,
            kind,
            force: &force,
        };
        expanded.events.push(builder.build(&draft, &meanings));
    }
    if diagnostics.is_empty() {
        Ok(Expansion::Events(expanded))
    } else {
        Err(diagnostics)
    }
}

/// Applies a case's change to one event of a capture; gives the fields that it set.
///
/// Recorded events are taken as they are: nothing is pinned or derived. The events that the case
/// removes are the caller's to leave out.
pub fn change_recorded(
    scenario: &Scenario,
    case: &Case,
    source: &DataSource,
    text: &Arc<SourceText>,
    label: &str,
    event: &mut Event,
) -> Result<Vec<String>, Vec<Diagnostic>> {
    let force = forced(scenario, Which::Case(case), source);
    let changes = case
        .change
        .iter()
        .filter(|change| change.label.text == label);
    let mut set = Vec::new();
    let mut diagnostics = Vec::new();
    for change in changes.flat_map(|change| &change.fields) {
        match meaning::of(
            change,
            &scenario.fields,
            source,
            is_forced(change, &scenario.fields, source, &force),
        ) {
            Ok(meaning) => {
                apply(event, &meaning);
                note(&mut set, &meaning);
            }
            Err(fault) => {
                let faults = [(source, fault)];
                diagnostics.extend(meaning::explain(
                    text,
                    &scenario.fields,
                    &change.field,
                    &faults,
                    &[],
                ));
            }
        }
    }
    if diagnostics.is_empty() {
        Ok(set)
    } else {
        Err(diagnostics)
    }
}

/// An event before it has the shape of a source.
pub(super) struct Draft<'a> {
    pub(super) label: &'a Located,
    pub(super) kind: &'a Located,
    pub(super) at_millis: i64,
    pub(super) fields: Vec<&'a FieldChange>,
}

/// The events of an attack or a case, in file order, with all changes in order.
pub(super) fn drafts<'a>(attack: &'a Attack, which: Which<'a>) -> Vec<Draft<'a>> {
    let added = match which {
        Which::Attack => [].iter(),
        Which::Case(case) => case.add.iter(),
    };
    let mut drafts: Vec<Draft<'a>> = attack
        .events()
        .iter()
        .chain(added)
        .map(|event| Draft {
            label: &event.label,
            kind: &event.kind,
            at_millis: event.at_millis,
            fields: event.fields.iter().collect(),
        })
        .collect();
    if let Which::Case(case) = which {
        for change in &case.change {
            let draft = drafts
                .iter_mut()
                .find(|draft| draft.label.text == change.label.text);
            if let Some(draft) = draft {
                draft.kind = change.kind.as_ref().unwrap_or(draft.kind);
                draft.at_millis = change.at_millis.unwrap_or(draft.at_millis);
                draft.fields.extend(&change.fields);
            }
        }
        drafts.retain(|draft| !case.remove.iter().any(|gone| gone.text == draft.label.text));
    }
    drafts
}

impl Draft<'_> {
    fn meanings(
        &self,
        names: &Names,
        source: &DataSource,
        force: &[String],
        text: &Arc<SourceText>,
        diagnostics: &mut Vec<Diagnostic>,
    ) -> Vec<Meaning> {
        let mut meanings = Vec::with_capacity(self.fields.len());
        for change in &self.fields {
            match meaning::of(
                change,
                names,
                source,
                is_forced(change, names, source, force),
            ) {
                Ok(meaning) => meanings.push(meaning),
                Err(fault) => {
                    let faults = [(source, fault)];
                    diagnostics.extend(meaning::explain(text, names, &change.field, &faults, &[]));
                }
            }
        }
        meanings
    }
}

/// The paths that the attack or the case forces on `source`.
pub(super) fn forced(scenario: &Scenario, which: Which<'_>, source: &DataSource) -> Vec<String> {
    let case: &[FieldName] = match which {
        Which::Attack => &[],
        Which::Case(case) => &case.force,
    };
    let fields = scenario.attack.force.iter().chain(case);
    let paths = fields.filter_map(|field| scenario.fields.path(field, &source.name));
    paths.map(str::to_owned).collect()
}

pub(super) fn is_forced(
    change: &FieldChange,
    names: &Names,
    source: &DataSource,
    force: &[String],
) -> bool {
    let path = names.path(&change.field, &source.name);
    path.is_some_and(|path| force.iter().any(|forced| forced == path))
}

fn skipped(which: Which<'_>, source: &DataSource) -> Option<String> {
    let Which::Case(case) = which else {
        return None;
    };
    if let Some(reason) = case.skips(&source.name) {
        return Some(reason.to_owned());
    }
    (!case.is_for(&source.name)).then(|| format!("the case is not for {}", source.name))
}

fn recorded<'a>(attack: &'a Attack, which: Which<'a>) -> Option<&'a EventsFrom> {
    let own = match which {
        Which::Attack => None,
        Which::Case(case) => case.events_from.as_ref(),
    };
    own.or(match &attack.base {
        Base::Recorded(from) => Some(from),
        Base::Events(_) => None,
    })
}

/// Makes one event.
struct Builder<'a> {
    source: &'a DataSource,
    kind: &'a Kind,
    force: &'a [String],
}

impl Builder<'_> {
    fn build(&self, draft: &Draft<'_>, meanings: &[Meaning]) -> ExpandedEvent {
        let index = self.source.indices.get(self.kind.index);
        let mut event = Event::default();
        event.index = index.map(|index| index.name.clone());
        event.id = Some(draft.label.text.clone());
        for (path, values) in self.source.defaults.iter().chain(&self.kind.defaults) {
            event.set(path, values.clone());
        }
        let time = Timestamp::from_millis(START_MILLIS.saturating_add(draft.at_millis));
        event.set("@timestamp", vec![Scalar::text(time.to_string())]);
        let mut set = Vec::new();
        for meaning in meanings {
            apply(&mut event, meaning);
            note(&mut set, meaning);
        }
        let said: Vec<&str> = meanings
            .iter()
            .map(|meaning| meaning.path.as_str())
            .collect();
        let pinned = self.pin(&mut event, &said);
        set.retain(|path| !pinned.iter().any(|pinned| pinned.field == *path));
        let empty: Vec<String> = self.empty(&event, &said);
        derive(self.kind, &mut event);
        for path in empty {
            event.set(&path, Vec::new());
        }
        ExpandedEvent {
            label: draft.label.text.clone(),
            at_millis: draft.at_millis,
            event,
            set,
            pinned,
        }
    }

    /// Gives the event what the sensor pins, and tells what the scenario wanted instead.
    fn pin(&self, event: &mut Event, said: &[&str]) -> Vec<PinnedField> {
        let mut pinned = Vec::new();
        let mut overrule = |field: &str, value: &[Scalar], evidence: String, event: &mut Event| {
            let wanted = event.values(field).to_vec();
            if said.contains(&field) && wanted != value {
                pinned.push(PinnedField {
                    field: field.to_owned(),
                    wanted,
                    evidence,
                });
            }
            event.set(field, value.to_vec());
        };
        for pin in self.pins() {
            overrule(&pin.field, &pin.value, pin.evidence.clone(), event);
        }
        let fields: Vec<String> = event.fields().map(|(path, _)| path.to_owned()).collect();
        for field in fields {
            if !self.kind.carries(&field) && !self.is_forced(&field) {
                let evidence = format!(
                    "{} reports no {field} on {} events",
                    self.source.title,
                    self.kind.name()
                );
                overrule(&field, &[], evidence, event);
            }
        }
        pinned
    }

    /// The pins that hold; the kind's count more than the source's.
    fn pins(&self) -> impl Iterator<Item = &Pin> {
        let own = |pin: &&Pin| !self.kind.pins.iter().any(|other| other.field == pin.field);
        let general = self.source.pins.iter().filter(own);
        let pins = general.chain(&self.kind.pins);
        pins.filter(|pin| !self.is_forced(&pin.field))
    }

    /// Fields that the scenario or the sensor leaves without a value, so that none is derived.
    fn empty(&self, event: &Event, said: &[&str]) -> Vec<String> {
        let pinned = self.pins().map(|pin| pin.field.as_str());
        let fields = said.iter().copied().chain(pinned);
        let empty = fields.filter(|path| event.values(path).is_empty());
        empty.map(str::to_owned).collect()
    }

    fn is_forced(&self, path: &str) -> bool {
        self.force.iter().any(|forced| forced == path)
    }
}

fn apply(event: &mut Event, meaning: &Meaning) {
    match &meaning.operation {
        Typed::Set(values) => event.set(&meaning.path, values.clone()),
        Typed::Append(values) => {
            for value in values {
                event.push(&meaning.path, value.clone());
            }
        }
        Typed::Remove => event.set(&meaning.path, Vec::new()),
    }
}

/// Keeps the list of fields that have a value because the scenario says so.
fn note(set: &mut Vec<String>, meaning: &Meaning) {
    match meaning.operation {
        Typed::Remove => set.retain(|path| *path != meaning.path),
        Typed::Set(_) | Typed::Append(_) if !set.contains(&meaning.path) => {
            set.push(meaning.path.clone());
        }
        Typed::Set(_) | Typed::Append(_) => {}
    }
}
