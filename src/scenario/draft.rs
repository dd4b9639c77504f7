//! The events of an attack or a case as the scenario writes them, before they have the shape of a
//! data source.

use std::borrow::Cow;

use super::model::{Base, Case, Change, EventRole, EventSpec, FieldSetting, Repeat, Scenario};

/// An event as it is asked for: the last kind and time, and all settings in order.
#[derive(Clone)]
pub(super) struct EventDraft<'a> {
    pub(super) label: Cow<'a, str>,
    pub(super) role: EventRole,
    pub(super) kind: Option<&'a str>,
    pub(super) at_millis: i64,
    pub(super) ingested: Option<i64>,
    pub(super) settings: Vec<&'a [FieldSetting]>,
}

impl EventDraft<'_> {
    /// Whether the other is this event once more, at another time.
    pub(super) fn again(&self, other: &EventDraft<'_>) -> bool {
        let alike =
            |(own, others): (&&[FieldSetting], &&[FieldSetting])| std::ptr::eq(*own, *others);
        self.kind == other.kind
            && self.role == other.role
            && self.ingested == other.ingested
            && self.settings.len() == other.settings.len()
            && self.settings.iter().zip(&other.settings).all(alike)
    }

    /// Whether the two are one event of the file that nothing has changed.
    pub(super) fn is(&self, other: &EventDraft<'_>) -> bool {
        match (self.settings.as_slice(), other.settings.as_slice()) {
            ([own], [others]) => {
                let same = self.label == other.label && self.at_millis == other.at_millis;
                same && std::ptr::eq(*own, *others)
            }
            _ => false,
        }
    }
}

pub(super) fn drafts<'a>(scenario: &'a Scenario, case: Option<&'a Case>) -> Vec<EventDraft<'a>> {
    let base: &[EventSpec] = match &scenario.attack.base {
        Base::Written(events) => events,
        Base::Captured(_) => &[],
    };
    let mut planned: Vec<Planned<'a>> = Vec::new();
    for event in base {
        planned.push(Planned::after(planned.last(), event));
    }
    for change in case.map_or(&[][..], |case| &case.changes) {
        match change {
            Change::Remove(label) => planned.retain(|event| event.spec.label.value != label.value),
            Change::Add(event) => planned.push(Planned::after(planned.last(), event)),
            Change::Event(event) => {
                let mut all = planned.iter_mut();
                let same =
                    |planned: &&mut Planned<'_>| planned.spec.label.value == event.label.value;
                if let Some(planned) = all.find(same) {
                    planned.changes.push(event);
                }
            }
        }
    }
    let drafts: Vec<EventDraft<'a>> = planned.iter().flat_map(Planned::drafts).collect();
    match case.and_then(|case| case.repeat) {
        Some(repeat) => repeated(&drafts, repeat),
        None => drafts,
    }
}

/// An event of the scenario and the case's changes of it, in order.
struct Planned<'a> {
    spec: &'a EventSpec,
    changes: Vec<&'a EventSpec>,
    /// Its time where neither the event nor a change says one.
    in_turn: i64,
}

impl<'a> Planned<'a> {
    /// An event written after `before`: without an `at` it happens one millisecond later. An
    /// indicator is no event of the case.
    fn after(before: Option<&Self>, spec: &'a EventSpec) -> Self {
        let before = before.filter(|_| spec.role != EventRole::Indicator);
        let before = before.filter(|before| before.spec.role == EventRole::Event);
        Self {
            spec,
            changes: Vec::new(),
            in_turn: before.map_or(0, |before| before.end().saturating_add(1)),
        }
    }

    fn at_millis(&self) -> i64 {
        let stated = self.last(|spec| spec.at.as_ref());
        stated.map_or(self.in_turn, |at| at.value)
    }

    /// The time of the event, or of its last copy.
    fn end(&self) -> i64 {
        let copies = self.last(|spec| spec.copies.as_ref());
        let repeats = copies.map_or(0, |copies| copies.repeat.times.saturating_sub(1));
        let every = copies.map_or(0, |copies| copies.repeat.every);
        let repeats = i64::try_from(repeats).unwrap_or(i64::MAX);
        self.at_millis()
            .saturating_add(every.saturating_mul(repeats))
    }

    /// The last of the changes that says it, or else the event itself.
    fn last<T>(&self, of: impl Fn(&'a EventSpec) -> Option<T>) -> Option<T> {
        let mut changes = self.changes.iter().rev();
        changes
            .find_map(|change| of(change))
            .or_else(|| of(self.spec))
    }

    /// The event, or its copies.
    fn drafts(&self) -> Vec<EventDraft<'a>> {
        let specs = std::iter::once(self.spec).chain(self.changes.iter().copied());
        let once = EventDraft {
            label: self.spec.label.value.as_str().into(),
            role: self.spec.role,
            kind: self
                .last(|spec| spec.kind.as_ref())
                .map(|kind| kind.value.as_str()),
            at_millis: self.at_millis(),
            ingested: self
                .last(|spec| spec.ingested.as_ref())
                .map(|own| own.value),
            settings: specs.map(|spec| spec.fields.as_slice()).collect(),
        };
        let Some(copies) = self.last(|spec| spec.copies.as_ref()) else {
            return vec![once];
        };
        let mut drafts = repeated(&[once], copies.repeat);
        let varied = copies.varied.iter().cycle();
        for (draft, fields) in drafts.iter_mut().zip(varied) {
            draft.settings.push(fields);
        }
        drafts
    }
}

/// The events as they are, and then again: `child`, `child#2` …
fn repeated<'a>(drafts: &[EventDraft<'a>], repeat: Repeat) -> Vec<EventDraft<'a>> {
    let mut all = Vec::with_capacity(drafts.len() * repeat.times);
    for (number, after) in (1..=repeat.times).zip((0_i64..).map(|number| number * repeat.every)) {
        for draft in drafts {
            let mut again = draft.clone();
            if number > 1 {
                again.label = format!("{}#{number}", draft.label).into();
            }
            again.at_millis += after;
            all.push(again);
        }
    }
    all
}
