//! Events in the shape of a data source: drafts and settings become documents. Used by `expand`.

use std::collections::{BTreeMap, BTreeSet};

use super::MAX_SHOWN;
use super::draft::EventDraft;
use super::expanded::{ExpandedEvent, PinnedField, START_MILLIS, Skipped};
use super::known_types::KnownTypes;
use super::model::{
    Base, Case, EventRole, FieldAction, FieldKey, FieldSetting, Located, Scenario, WrittenValue,
};
use super::problem::Problem;
use super::value::{self, Place};
use crate::data_source::constants::constants;
use crate::data_source::derive::derive;
use crate::data_source::{DataSource, EventKind};
use crate::diagnostic::Span;
use crate::diagnostic::scenario_source::PinEvidence;
use crate::event::{Event, FieldType, Scalar, Timestamp};

/// A source, and what the attack or case that is shaped forces there.
#[derive(Clone)]
pub(super) struct Shape<'a> {
    scenario: &'a Scenario,
    source: &'a DataSource,
    /// The source that stores the indicators of compromise.
    indicators: Option<&'a DataSource>,
    forced: BTreeSet<&'a str>,
    systems: Vec<StatedSystem<'a>>,
    known_types: Option<&'a KnownTypes>,
}

/// The operating system that an event of the attack states for its host.
#[derive(Clone)]
struct StatedSystem<'a> {
    /// `host.id` as it is written; `None` for the host of the source.
    host: Option<&'a str>,
    system: &'a str,
    /// The scenario sets it; else only such hosts have that kind of event.
    written: bool,
}

const OS_TYPE: &str = "host.os.type";
const OS_FAMILY: &str = "host.os.family";

/// Where an ingest pipeline writes when it saw the event.
pub(super) const INGESTED: &str = "event.ingested";

/// The scenario's action on a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Touch {
    Set,
    Removed,
}

impl<'a> Shape<'a> {
    pub(super) fn new(
        scenario: &'a Scenario,
        case: Option<&'a Case>,
        source: &'a DataSource,
    ) -> Self {
        let of_case = case.map_or(&[][..], |case| &case.force);
        let keys = scenario.attack.force.iter().chain(of_case);
        let forced = keys.filter_map(|key| scenario.path(&key.value, &source.name));
        Self {
            scenario,
            source,
            indicators: None,
            forced: forced.collect(),
            systems: stated_systems(scenario, source),
            known_types: None,
        }
    }

    /// Field types that were looked up before are taken from here.
    pub(super) fn with_known_types(mut self, types: &'a KnownTypes) -> Self {
        self.known_types = Some(types);
        self
    }

    /// Indicators of compromise take the shape of this source.
    pub(super) fn with_indicators(mut self, source: Option<&'a DataSource>) -> Self {
        self.indicators = source;
        self
    }

    /// The shape of events of a role.
    fn of_role(&self, role: EventRole) -> Self {
        let source = match role {
            EventRole::Indicator => self.indicators.unwrap_or(self.source),
            EventRole::Event | EventRole::History => self.source,
        };
        let is_own = std::ptr::eq(source, self.source);
        Self {
            source,
            known_types: self.known_types.filter(|_| is_own),
            ..self.clone()
        }
    }

    pub(super) fn forced(&self) -> Vec<String> {
        self.forced.iter().map(|path| (*path).to_owned()).collect()
    }

    /// The documents, those that are made already taken as they are; within, the reason why the
    /// source has no such events.
    pub(super) fn events<'e>(
        &self,
        drafts: &[EventDraft<'_>],
        made: impl Fn(&EventDraft<'_>) -> Option<&'e ExpandedEvent>,
    ) -> Result<Result<Vec<ExpandedEvent>, Skipped>, Vec<Problem>> {
        let mut problems = Vec::new();
        let mut events = Vec::new();
        let mut skipped = None;
        for draft in drafts {
            let name = draft.kind.unwrap_or("");
            let shape = self.of_role(draft.role);
            if let Some(made) = made(draft) {
                events.push(made.clone());
            } else if let Some(first) = drafts.iter().zip(&events).find(|(own, _)| own.again(draft))
            {
                events.push(again(first.1, draft));
            } else if let Some(kind) = shape.source.kind(name) {
                events.push(shape.event(draft, kind, &mut problems));
            } else {
                skipped = Some(Skipped::NoKind {
                    source: shape.source.title.clone(),
                    kind: name.to_owned(),
                });
            }
        }
        match skipped {
            Some(reason) => Ok(Err(reason)),
            None if problems.is_empty() => Ok(Ok(events)),
            None => Err(problems),
        }
    }

    fn event(
        &self,
        draft: &EventDraft<'_>,
        kind: &EventKind,
        problems: &mut Vec<Problem>,
    ) -> ExpandedEvent {
        let index = self.source.indices.get(kind.index);
        let mut event = Event::default();
        event.index = index.map(|index| index.name.clone());
        event.id = Some(draft.label.clone().into_owned());
        for (path, values) in self.source.defaults.iter().chain(&kind.defaults) {
            event.set(path, values.clone());
        }
        self.share_system(draft, kind, &mut event);
        let touched = self.apply(&draft.settings, &mut event, problems);
        let time = Timestamp::from_millis(START_MILLIS + draft.at_millis);
        event.set("@timestamp", vec![Scalar::text(time.to_string())]);
        let pinned = self.pin(kind, &touched, &mut event);
        if let Some(delay) = draft.ingested {
            let time = Timestamp::from_millis(START_MILLIS + draft.at_millis + delay);
            event.set(INGESTED, vec![Scalar::text(time.to_string())]);
        }
        derive(kind, &mut event);
        // What the scenario or the sensor leaves out is not filled in again.
        let removed = touched
            .iter()
            .filter(|(_, touch)| **touch == Touch::Removed);
        let removed: Vec<&String> = removed.map(|(path, _)| path).collect();
        let missing = self.pins(kind).filter(|pin| pin.value.is_empty());
        let missing: Vec<&String> = missing.map(|pin| &pin.field).collect();
        let repinned = pinned.iter().filter(|pinned| !pinned.pinned.is_empty());
        let repinned: BTreeSet<&String> = repinned.map(|pinned| &pinned.field).collect();
        for path in removed.into_iter().filter(|path| !repinned.contains(path)) {
            event.set(path, Vec::new());
        }
        for path in missing.into_iter().filter(|path| !self.forces(path)) {
            event.set(path, Vec::new());
        }
        let mut pinned = pinned;
        pinned.extend(self.pin_constants(kind, &touched, &mut event));
        ExpandedEvent {
            label: Some(draft.label.clone().into_owned()),
            role: draft.role,
            at_millis: draft.at_millis,
            ingested: draft.ingested,
            kind: Some(kind.name()),
            event,
            set_fields: touched.into_keys().collect(),
            pinned,
        }
    }

    /// Gives an event that does not state its operating system the one that the attack's other
    /// events state for the same host, where they agree.
    fn share_system(&self, draft: &EventDraft<'_>, kind: &EventKind, event: &mut Event) {
        let own = |path| written_text(self.scenario, self.source, &draft.settings, path);
        if event.values(OS_TYPE).is_empty() || own(OS_TYPE).is_some() {
            return;
        }
        let host = own("host.id");
        let agreed = |written: bool| {
            let stated = self.systems.iter();
            let mut stated = stated.filter(|one| one.host == host && one.written == written);
            let system = stated.next()?.system;
            stated.all(|other| other.system == system).then_some(system)
        };
        let of_kind = || agreed(false).filter(|_| default_system(kind).is_none());
        let Some(system) = agreed(true).or_else(of_kind) else {
            return;
        };
        let system = vec![Scalar::text(system)];
        if event.values(OS_TYPE) != system {
            event.set(OS_TYPE, system);
            // The family that went with the default; `derive` knows some.
            event.set(OS_FAMILY, Vec::new());
        }
    }

    fn pins<'b>(
        &'b self,
        kind: &'b EventKind,
    ) -> impl Iterator<Item = &'b crate::data_source::Pin> {
        self.source.pins.iter().chain(&kind.pins)
    }

    fn forces(&self, path: &str) -> bool {
        self.forced.contains(path)
    }

    /// Gives the pinned fields their values; what the scenario wanted otherwise comes back.
    fn pin(
        &self,
        kind: &EventKind,
        touched: &BTreeMap<String, Touch>,
        event: &mut Event,
    ) -> Vec<PinnedField> {
        let mut pinned = Vec::new();
        let mut pin = |event: &mut Event,
                       path: &str,
                       value: &[Scalar],
                       evidence: &dyn Fn() -> PinEvidence| {
            let wanted = event.values(path);
            if wanted == value {
                return;
            }
            if touched.contains_key(path) {
                pinned.push(PinnedField {
                    field: path.to_owned(),
                    wanted: wanted.to_vec(),
                    pinned: value.to_vec(),
                    evidence: evidence(),
                });
            }
            event.set(path, value.to_vec());
        };
        for sensor in self.pins(kind).filter(|pin| !self.forces(&pin.field)) {
            let evidence = || PinEvidence::Stated(sensor.evidence.clone());
            pin(event, &sensor.field, &sensor.value, &evidence);
        }
        let fields = event.fields().map(|(path, _)| path);
        let unknown = fields.filter(|path| !kind.carries(path) && !self.forces(path));
        let unknown: Vec<String> = unknown.map(str::to_owned).collect();
        for path in unknown {
            let evidence = || PinEvidence::NoSuchField {
                source: self.source.title.clone(),
                kind: kind.name(),
            };
            pin(event, &path, &[], &evidence);
        }
        pinned
    }

    /// Adds the constants of the event's index; those that the scenario removed come back.
    fn pin_constants(
        &self,
        kind: &EventKind,
        touched: &BTreeMap<String, Touch>,
        event: &mut Event,
    ) -> Vec<PinnedField> {
        let mut pinned = Vec::new();
        let Some(index) = self.source.indices.get(kind.index) else {
            return pinned;
        };
        for (path, value) in constants(Some(index), &index.name) {
            // Another value stands for an event of another data set.
            if !event.values(path).is_empty() || self.forces(path) {
                continue;
            }
            let value = vec![Scalar::text(value)];
            if touched.contains_key(path) {
                pinned.push(PinnedField {
                    field: path.to_owned(),
                    wanted: Vec::new(),
                    pinned: value.clone(),
                    evidence: PinEvidence::OneValue {
                        index: index.name.clone(),
                    },
                });
            }
            event.set(path, value);
        }
        pinned
    }

    /// Applies settings in order; which fields they touch.
    pub(super) fn apply(
        &self,
        settings: &[&[FieldSetting]],
        event: &mut Event,
        problems: &mut Vec<Problem>,
    ) -> BTreeMap<String, Touch> {
        let mut touched = BTreeMap::new();
        for settings in settings {
            let mut here: BTreeMap<String, Span> = BTreeMap::new();
            for setting in *settings {
                let Some((path, field_type)) = self.field(setting, problems) else {
                    continue;
                };
                if let Some(first) = here.insert(path.clone(), setting.key.span) {
                    let problem = Problem::twice(&path, setting.key.span, first, &self.source.name);
                    problems.push(problem);
                }
                let touch = self.set(&path, &field_type, &setting.action, event, problems);
                touched.insert(path, touch);
            }
        }
        touched
    }

    fn set(
        &self,
        path: &str,
        field_type: &FieldType,
        action: &FieldAction,
        event: &mut Event,
        problems: &mut Vec<Problem>,
    ) -> Touch {
        match action {
            FieldAction::Remove(_) => {
                event.set(path, Vec::new());
                Touch::Removed
            }
            FieldAction::Set(written) => {
                let values = self.values(path, field_type, written, problems);
                let touch = if written.value.is_empty() {
                    Touch::Removed
                } else {
                    Touch::Set
                };
                event.set(path, values);
                touch
            }
            FieldAction::Append(written) => {
                for value in self.values(path, field_type, written, problems) {
                    event.push(path, value);
                }
                Touch::Set
            }
        }
    }

    fn values(
        &self,
        path: &str,
        field_type: &FieldType,
        written: &Located<Vec<WrittenValue>>,
        problems: &mut Vec<Problem>,
    ) -> Vec<Scalar> {
        let place = Place {
            path,
            source: &self.source.name,
        };
        let values = written.value.iter().filter_map(|written| {
            value::scalar(written, field_type, place)
                .map_err(|misfit| problems.push(Problem::misfit(misfit, written.span)))
                .ok()
        });
        values.collect()
    }

    fn field_type(&self, path: &str) -> Option<FieldType> {
        match self.known_types {
            Some(known) => known.on(self.source, path),
            None => self.source.field_type(path),
        }
    }

    /// The path and the type that a setting has on this source.
    fn field(
        &self,
        setting: &FieldSetting,
        problems: &mut Vec<Problem>,
    ) -> Option<(String, FieldType)> {
        let key = &setting.key;
        let (path, span) = match &key.value {
            FieldKey::Path(path) => (path, key.span),
            FieldKey::Name(name) => {
                let mut names = self.scenario.names.iter();
                let known = names.find(|known| known.name.value == *name)?;
                let mut paths = known.paths.iter();
                let here = paths.find(|(source, _)| source.value == self.source.name);
                let Some((_, path)) = here else {
                    problems.push(Problem::nameless(known, key.span, &self.source.name));
                    return None;
                };
                (&path.value, path.span)
            }
        };
        match self.field_type(path) {
            Some(field_type) => Some((path.clone(), field_type)),
            // What Kibana writes into alerts is in no list of a source.
            None if self.forces(path) || is_of_alerts(path) => {
                Some((path.clone(), FieldType::ecs_keyword()))
            }
            None => {
                // Of so many errors the last are not shown.
                let many = problems.len() > 4 * MAX_SHOWN;
                problems.push(Problem::no_field(key, path, span, self.source, many));
                None
            }
        }
    }
}

/// What the events of the attack say of the operating systems of their hosts on a source.
fn stated_systems<'a>(scenario: &'a Scenario, source: &'a DataSource) -> Vec<StatedSystem<'a>> {
    let Base::Written(events) = &scenario.attack.base else {
        return Vec::new();
    };
    let stated = events.iter().filter_map(|event| {
        let own = |path| written_text(scenario, source, &[event.fields.as_slice()], path);
        let of_kind = || default_system(source.kind(&event.kind.as_ref()?.value)?);
        let written = own(OS_TYPE);
        Some(StatedSystem {
            host: own("host.id"),
            system: written.or_else(of_kind)?,
            written: written.is_some(),
        })
    });
    stated.collect()
}

/// The operating system of hosts that have events of this kind, where only those have them.
fn default_system(kind: &EventKind) -> Option<&str> {
    let mut defaults = kind.defaults.iter();
    let (_, values) = defaults.find(|(path, _)| path == OS_TYPE)?;
    match values.first()? {
        Scalar::Text(system) => Some(system),
        Scalar::Bool(_) | Scalar::Number(_) => None,
    }
}

/// The last single value that settings give to a field, as it is written.
fn written_text<'a>(
    scenario: &Scenario,
    source: &DataSource,
    settings: &[&'a [FieldSetting]],
    path: &str,
) -> Option<&'a str> {
    let mut settings = settings.iter().rev().flat_map(|settings| settings.iter());
    let set = settings.find(|set| scenario.path(&set.key.value, &source.name) == Some(path))?;
    match &set.action {
        FieldAction::Set(values) => match values.value.as_slice() {
            [one] => Some(&one.text),
            _ => None,
        },
        FieldAction::Remove(_) | FieldAction::Append(_) => None,
    }
}

/// An event that happens again: another label, another time, and all else alike.
fn again(first: &ExpandedEvent, draft: &EventDraft<'_>) -> ExpandedEvent {
    let mut event = first.event.clone();
    event.id = Some(draft.label.clone().into_owned());
    let at = START_MILLIS + draft.at_millis;
    let stored = draft.ingested.map(|delay| (INGESTED, at + delay));
    for (path, millis) in [("@timestamp", at)].into_iter().chain(stored) {
        // What the scenario removes stays away.
        if !event.values(path).is_empty() {
            let time = Timestamp::from_millis(millis);
            event.set(path, vec![Scalar::text(time.to_string())]);
        }
    }
    ExpandedEvent {
        label: Some(draft.label.clone().into_owned()),
        at_millis: draft.at_millis,
        event,
        ..first.clone()
    }
}

/// Whether a field is one of alerts and of no event: Kibana's own, what it copies from indicators,
/// and by the convention of published rules the columns that an ES|QL query computes.
fn is_of_alerts(path: &str) -> bool {
    ["kibana.", "threat.enrichments.", "Esql.", "Esql_priv."]
        .iter()
        .any(|prefix| path.starts_with(prefix))
}
