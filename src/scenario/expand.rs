//! Expands an attack or a case to the events of one data source: defaults of the shape, the attack,
//! the changes in order, fields that the sensor pins (unless forced), and derived fields.

use std::cell::{Cell, OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};

use super::draft::{EventDraft, drafts};
use super::expanded::PinnedField;
pub use super::expanded::{CapturedEvent, Effect, Expanded, ExpandedCase, ExpandedEvent, Skipped};
use super::known_types::KnownTypes;
use super::model::{
    Alerts, Base, Case, Change, EventRole, EventSpec, EventsFrom, Expected, FieldAction, Scenario,
};
use super::problem::{Problem, diagnostics};
use super::shape::Shape;
use crate::data_source::DataSource;
use crate::diagnostic::{Diagnostic, Span};
use crate::event::{Event, Scalar};

/// How many events an [`Expander`] keeps for the run that follows the check.
const KEPT_EVENTS: usize = 4_096;

/// A scenario on one source. The attack is made once: the cases are compared with it, and share the
/// events that they leave alone. What `check` expands is kept for the run, up to a bound.
pub struct Expander<'a> {
    scenario: &'a Scenario,
    source: &'a DataSource,
    /// What stores the indicators of compromise.
    indicators: Option<&'a DataSource>,
    attack: OnceCell<Result<Expanded, Vec<Problem>>>,
    /// By the span of the case and its name: the cases of an `each` share a span.
    kept: RefCell<HashMap<(Span, String), Expanded>>,
    kept_events: Cell<usize>,
    types: KnownTypes,
}

impl<'a> Expander<'a> {
    /// Prepares the scenario for the source.
    pub fn new(scenario: &'a Scenario, source: &'a DataSource) -> Self {
        Self {
            scenario,
            source,
            indicators: None,
            attack: OnceCell::new(),
            kept: RefCell::default(),
            kept_events: Cell::default(),
            types: KnownTypes::default(),
        }
    }

    /// Indicators of compromise take the shape of this source; without, that of the source of the
    /// events.
    #[must_use]
    pub fn with_indicators(mut self, source: Option<&'a DataSource>) -> Self {
        self.indicators = source;
        self
    }

    /// The attack (without `case`) or a case.
    pub fn expand(&self, case: Option<&Case>) -> Result<Expanded, Vec<Diagnostic>> {
        let kept = case.and_then(|case| self.kept.borrow_mut().remove(&key(case)));
        if let Some(expanded) = kept {
            return Ok(expanded);
        }
        let expanded = self.try_expand(case);
        expanded.map_err(|problems| diagnostics(self.scenario, &problems))
    }

    /// The problems of a case, which `check` puts together over several sources. `keep`: the
    /// expanded case is kept for [`Expander::expand`].
    pub(super) fn problems(&self, case: Option<&Case>, keep: bool) -> Vec<Problem> {
        let Some(case) = case else {
            let attack = self.attack().as_ref();
            return attack.err().cloned().unwrap_or_default();
        };
        let expanded = match self.try_expand(Some(case)) {
            Ok(expanded) => expanded,
            Err(problems) => return problems,
        };
        if let Expanded::Events(made) = &expanded {
            let events = self.kept_events.get() + made.events.len();
            if keep && events <= KEPT_EVENTS {
                self.kept_events.set(events);
                self.kept.borrow_mut().insert(key(case), expanded);
            }
        }
        Vec::new()
    }

    fn try_expand(&self, case: Option<&Case>) -> Result<Expanded, Vec<Problem>> {
        let Some(case) = case else {
            return self.attack().clone();
        };
        if let Some(reason) = case.skipped(&self.source.name) {
            return Ok(Expanded::Skipped(Skipped::Stated(reason.value.clone())));
        }
        let own = case.events_from.as_ref();
        if let Some(from) = own.or_else(|| self.captured()) {
            return Ok(Expanded::Capture(from.clone()));
        }
        let shape = self.shape(Some(case));
        let attack = match self.attack() {
            Ok(Expanded::Events(attack)) => Some(attack),
            _ => None,
        };
        let alike = attack.filter(|attack| attack.forced == shape.forced());
        let base = drafts(self.scenario, None);
        let shared = |draft: &EventDraft<'_>| {
            let same = |(own, _): &(&EventDraft<'_>, &ExpandedEvent)| own.is(draft);
            let events = base.iter().zip(&alike?.events);
            events.into_iter().find(same).map(|(_, event)| event)
        };
        let events = match shape.events(&drafts(self.scenario, Some(case)), shared)? {
            Ok(events) => events,
            Err(skipped) => return Ok(Expanded::Skipped(skipped)),
        };
        let effect = attack.map_or(Effect::Changed, |attack| {
            effect(self.scenario, case, self.source, &events, attack)
        });
        Ok(Expanded::Events(ExpandedCase {
            events,
            effect,
            forced: shape.forced(),
        }))
    }

    fn shape<'s>(&'s self, case: Option<&'s Case>) -> Shape<'s> {
        Shape::new(self.scenario, case, self.source)
            .with_indicators(self.indicators)
            .with_known_types(&self.types)
    }

    /// The capture that the attack is.
    fn captured(&self) -> Option<&'a EventsFrom> {
        match &self.scenario.attack.base {
            Base::Captured(from) => Some(from),
            Base::Written(_) => None,
        }
    }

    fn attack(&self) -> &Result<Expanded, Vec<Problem>> {
        self.attack.get_or_init(|| {
            if let Some(from) = self.captured() {
                return Ok(Expanded::Capture(from.clone()));
            }
            let shape = self.shape(None);
            let events = match shape.events(&drafts(self.scenario, None), |_| None)? {
                Ok(events) => events,
                Err(skipped) => return Ok(Expanded::Skipped(skipped)),
            };
            Ok(Expanded::Events(ExpandedCase {
                events,
                effect: Effect::Equal,
                forced: shape.forced(),
            }))
        })
    }
}

fn key(case: &Case) -> (Span, String) {
    (case.name_span, case.name.clone())
}

/// Expands a case over the events of a capture: the events stay as they are except for the case's
/// changes.
pub fn expand_captured(
    scenario: &Scenario,
    case: Option<&Case>,
    source: &DataSource,
    captured: Vec<CapturedEvent>,
) -> Result<ExpandedCase, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let shape = Shape::new(scenario, case, source);
    let mut events: Vec<ExpandedEvent> = captured
        .into_iter()
        .map(|captured| ExpandedEvent {
            label: captured.label,
            role: EventRole::Event,
            at_millis: captured.at_millis,
            ingested: None,
            kind: None,
            event: captured.event,
            set_fields: BTreeSet::new(),
            pinned: Vec::new(),
        })
        .collect();
    let mut effect = Effect::Equal;
    for change in case.map_or(&[][..], |case| &case.changes) {
        let changed = match change {
            Change::Remove(label) => {
                let before = events.len();
                events.retain(|event| event.label.as_ref() != Some(&label.value));
                events.len() != before
            }
            Change::Event(spec) => {
                let mut labelled = events.iter_mut();
                let named = Some(&spec.label.value);
                labelled
                    .find(|event| event.label.as_ref() == named)
                    .is_some_and(|event| {
                        let before = event.event.clone();
                        let set = shape.apply(&[&spec.fields], &mut event.event, &mut problems);
                        event.set_fields.extend(set.into_keys());
                        event.event != before
                    })
            }
            // Refused where the case is read.
            Change::Add(_) => false,
        };
        if changed {
            effect = Effect::Changed;
        }
    }
    if problems.is_empty() {
        Ok(ExpandedCase {
            events,
            effect,
            forced: shape.forced(),
        })
    } else {
        Err(diagnostics(scenario, &problems))
    }
}

/// The fields that an expected match must have on a source, with their values; none for a field
/// that must be missing.
pub fn expected_fields(
    scenario: &Scenario,
    case: Option<&Case>,
    source: &DataSource,
) -> Result<Vec<(String, Vec<Scalar>)>, Vec<Diagnostic>> {
    let mut problems = Vec::new();
    let fields = with_fields(scenario, case, source, &mut problems);
    if problems.is_empty() {
        Ok(fields)
    } else {
        Err(diagnostics(scenario, &problems))
    }
}

/// The fields of the group, or row, of which an alert is expected.
pub fn group_fields(
    scenario: &Scenario,
    case: Option<&Case>,
    source: &DataSource,
) -> Result<Vec<(String, Vec<Scalar>)>, Vec<Diagnostic>> {
    let expect = case.map_or(&scenario.attack.expect, |case| &case.expect);
    let expected = expect.get(&source.name).map(|expect| &expect.expected);
    let Some(Expected::Alert {
        alerts: Alerts::Group { fields, .. },
        ..
    }) = expected
    else {
        return Ok(Vec::new());
    };
    let mut problems = Vec::new();
    let shape = Shape::new(scenario, case, source);
    let mut wanted = Event::default();
    let set = shape.apply(&[fields], &mut wanted, &mut problems);
    if !problems.is_empty() {
        return Err(diagnostics(scenario, &problems));
    }
    let fields = set.into_keys().map(|path| {
        let values = wanted.values(&path).to_vec();
        (path, values)
    });
    Ok(fields.collect())
}

pub(super) fn with_fields(
    scenario: &Scenario,
    case: Option<&Case>,
    source: &DataSource,
    problems: &mut Vec<Problem>,
) -> Vec<(String, Vec<Scalar>)> {
    let expect = case.map_or(&scenario.attack.expect, |case| &case.expect);
    let Some(Expected::Alert { with, .. }) =
        expect.get(&source.name).map(|expect| &expect.expected)
    else {
        return Vec::new();
    };
    let mut wanted = Event::default();
    let shape = Shape::new(scenario, case, source);
    let set = shape.apply(&[with], &mut wanted, problems);
    let fields = set.into_keys().map(|path| {
        let values = wanted.values(&path).to_vec();
        (path, values)
    });
    fields.collect()
}

fn effect(
    scenario: &Scenario,
    case: &Case,
    source: &DataSource,
    events: &[ExpandedEvent],
    attack: &ExpandedCase,
) -> Effect {
    let same = |(case, attack): (&ExpandedEvent, &ExpandedEvent)| {
        case.label == attack.label
            && case.at_millis == attack.at_millis
            && case.ingested == attack.ingested
            && case.event == attack.event
    };
    if events.len() != attack.events.len() || !events.iter().zip(&attack.events).all(same) {
        return Effect::Changed;
    }
    let touched: BTreeSet<&str> = case
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Event(event) => Some(&event.fields),
            Change::Remove(_) | Change::Add(_) => None,
        })
        .flatten()
        .filter_map(|setting| scenario.path(&setting.key.value, &source.name))
        .collect();
    let pinned: Vec<PinnedField> = events
        .iter()
        .flat_map(|event| &event.pinned)
        .filter(|pinned| touched.contains(pinned.field.as_str()))
        .cloned()
        .collect();
    if pinned.is_empty() {
        Effect::Equal
    } else {
        Effect::PinnedAway(pinned)
    }
}

/// What a case changes against the attack on a source, one line each.
pub fn change_lines(scenario: &Scenario, case: &Case, source: &str) -> Vec<String> {
    let mut lines = Vec::new();
    for change in &case.changes {
        match change {
            Change::Remove(label) => lines.push(format!("{} removed", label.value)),
            Change::Add(event) => {
                lines.push(format!("{} added", event.label.value));
                event_lines(scenario, event, source, &mut lines);
            }
            Change::Event(event) => event_lines(scenario, event, source, &mut lines),
        }
    }
    if let Some(repeat) = &case.repeat {
        let every = seconds(repeat.every);
        lines.push(format!("{} times, one every {every}", repeat.times));
    }
    for answer in &case.completions {
        lines.push(format!("COMPLETION answers {}", answer.answer));
    }
    for file in &case.exceptions {
        lines.push(format!("exceptions of {}", file.value));
    }
    for key in &case.force {
        let path = scenario
            .path(&key.value, source)
            .unwrap_or(key.value.text());
        lines.push(format!("{path} forced"));
    }
    lines.shrink_to_fit();
    lines
}

fn event_lines(scenario: &Scenario, event: &EventSpec, source: &str, lines: &mut Vec<String>) {
    let label = &event.label.value;
    if let Some(kind) = &event.kind {
        lines.push(format!("{label} is {}", kind.value));
    }
    if let Some(at) = &event.at {
        lines.push(format!("{label} at {}", seconds(at.value)));
    }
    if let Some(delay) = &event.ingested {
        lines.push(format!("{label} ingested +{}", seconds(delay.value)));
    }
    for setting in &event.fields {
        let key = &setting.key.value;
        let path = scenario.path(key, source).unwrap_or(key.text());
        let line = match &setting.action {
            FieldAction::Remove(_) => format!("{label}.{path} removed"),
            FieldAction::Set(values) => {
                format!("{label}.{path} = {}", display_values(&values.value))
            }
            FieldAction::Append(values) => {
                format!("{label}.{path} += {}", display_values(&values.value))
            }
        };
        lines.push(line);
    }
}

fn display_values(values: &[super::model::WrittenValue]) -> String {
    match values {
        [one] => one.text.clone(),
        many => {
            let texts: Vec<&str> = many.iter().map(|value| value.text.as_str()).collect();
            format!("[{}]", texts.join(", "))
        }
    }
}

/// A time as scenarios write it: `0s`, `-0.214s`, `2.001s`.
pub fn seconds(millis: i64) -> String {
    let sign = if millis < 0 { "-" } else { "" };
    let (whole, part) = (millis.unsigned_abs() / 1000, millis.unsigned_abs() % 1000);
    let fraction = format!("{part:03}");
    match fraction.trim_end_matches('0') {
        "" => format!("{sign}{whole}s"),
        fraction => format!("{sign}{whole}.{fraction}s"),
    }
}
