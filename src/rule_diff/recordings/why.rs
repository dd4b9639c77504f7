//! Finds the clause that keeps one version of a rule from alerting on the events of the other
//! version's alert.

use std::collections::{BTreeMap, BTreeSet};

use super::super::Decider;
use super::pairing::Places;
use super::{CauseExplanation, Version};
use crate::compile::CompiledRule;
use crate::data_source::detect::route;
use crate::evaluate::{BlockerHint, Cause, CauseKind, Context, Prepared, reason};
use crate::event::{Event, EventId};
use crate::plan::{Operator, Plan};
use crate::scan::Alert;

/// The most events of a key that are looked at.
const MOST_EVENTS: usize = 2000;
/// No shorter value is looked for in a line before the line is read as a document.
const SHORTEST: usize = 4;

/// File and line.
type Place = (u32, u64);

/// Finds out why one version of a rule does not give an alert of the other version.
pub(super) struct CauseAnalysis<'v> {
    /// Which difference it is about.
    pub(super) about: usize,
    /// The rule that does not alert.
    version: &'v Version<'v>,
    rule: &'v CompiledRule,
    prepared: Prepared<'v>,
    /// The events of the alert.
    places: Places,
    events: BTreeMap<Place, Event>,
    /// What the rule's keys are in these events.
    keys: BTreeSet<Vec<String>>,
}

impl<'v> CauseAnalysis<'v> {
    /// Starts the analysis of an alert; `None` if the query fails or is ES|QL, where no single
    /// event decides a step.
    pub(super) fn new(
        about: usize,
        version: &'v Version<'v>,
        rule: &'v CompiledRule,
        alert: &Alert,
    ) -> Option<Self> {
        if rule.pipeline.is_some() {
            return None;
        }
        let places = alert.events.iter();
        Some(Self {
            about,
            version,
            rule,
            prepared: Prepared::new(&rule.plan).ok()?,
            places: places
                .map(|event| event.as_ref().map(|event| (event.file, event.line)))
                .collect(),
            events: BTreeMap::new(),
            keys: BTreeSet::new(),
        })
    }

    /// Where the alert's own events stand.
    pub(super) fn own(&self) -> impl Iterator<Item = Place> + '_ {
        self.places.iter().flatten().copied()
    }

    /// Takes an event of the alert.
    pub(super) fn take(&mut self, place: Place, event: &Event) {
        let event = self.routed(event);
        for tuple in keys(&self.rule.plan, &event) {
            self.keys.insert(tuple);
        }
        self.events.insert(place, event);
    }

    /// Whether other events can matter: an `until`, a stage that the other version has not.
    pub(super) fn asks_for_more(&self) -> bool {
        self.rule.plan.operator != Operator::Select && self.events.len() < MOST_EVENTS
    }

    /// Whether a line may hold an event of the key; no event of it is refused.
    pub(super) fn may_hold(&self, line: &str) -> bool {
        self.keys.iter().any(|tuple| {
            let plain = |value: &&String| {
                value.len() >= SHORTEST
                    && value
                        .bytes()
                        .all(|byte| byte.is_ascii_alphanumeric() || b"-{}_.:".contains(&byte))
            };
            tuple.iter().find(plain).is_none_or(|value| {
                memchr::memmem::find(line.as_bytes(), value.as_bytes()).is_some()
            })
        })
    }

    /// Takes an event that is of the key and meets some stage of the rule.
    pub(super) fn offer(&mut self, place: Place, event: &Event) {
        let is_of_key = keys(&self.rule.plan, event).any(|tuple| self.keys.contains(&tuple));
        if !is_of_key || self.events.contains_key(&place) || !self.asks_for_more() {
            return;
        }
        let event = [self.routed(event)];
        let evaluated = self.prepared.evaluate(&event, &Context::default());
        if evaluated.is_ok_and(|one| one.stages_met(EventId(0)).next().is_some()) {
            let [event] = event;
            self.events.insert(place, event);
        }
    }

    /// What stopped it. `name` gives the name of a file.
    pub(super) fn explain(&self, name: &dyn Fn(u32) -> String) -> CauseExplanation {
        let places: Vec<Place> = self.events.keys().copied().collect();
        let events: Vec<Event> = self.events.values().cloned().collect();
        let Ok(evaluation) = self.prepared.evaluate(&events, &Context::default()) else {
            return CauseExplanation::default();
        };
        if let Some(found) = evaluation.matches().first() {
            if self.rule.is_executed() {
                // The query matches, but the executions do not alert.
                return CauseExplanation::default();
            }
            let events = found.stages.iter().flatten();
            let events = events.filter_map(|event| places.get(event.index()).copied());
            return CauseExplanation {
                instead: events.map(|place| words(place, name)).collect(),
                ..CauseExplanation::default()
            };
        }
        let hint = BlockerHint {
            assignment: self.assignment(&places),
            waived: Vec::new(),
        };
        let blockers = evaluation.blockers(&hint);
        let causes = if blockers.causes.is_empty() {
            &blockers.together
        } else {
            &blockers.causes
        };
        let label = |event: EventId| {
            let place = places.get(event.index()).copied();
            place.map_or_else(String::new, |place| words(place, name))
        };
        let mut explanation = CauseExplanation::default();
        for cause in causes {
            let decider = Decider {
                clause: excluded_by(cause, &events)
                    .unwrap_or_else(|| reason::words(&self.rule.plan, cause, label)),
                file: self.version.subject.file.clone(),
                line: self.line(cause),
                before: self.version.before,
            };
            if !explanation.decided.contains(&decider) {
                explanation.decided.push(decider);
            }
        }
        explanation
    }

    /// The alert's events, one a position, where both versions have as many.
    fn assignment(&self, places: &[Place]) -> Vec<Option<EventId>> {
        let positions = self.rule.plan.positive();
        let positions: usize = positions.map(|(_, stage)| usize::from(stage.runs)).sum();
        let own: Vec<Place> = self.own().collect();
        if own.len() != positions {
            return vec![None; positions];
        }
        let number = |place: &Place| {
            let at = places.binary_search(place).ok()?;
            u32::try_from(at).ok().map(EventId)
        };
        own.iter().map(number).collect()
    }

    fn line(&self, cause: &Cause) -> Option<usize> {
        let CauseKind::Clause(id) = cause.kind else {
            return None;
        };
        let clause = self.rule.plan.clause(id)?;
        let text = &self.version.subject.rule.query.as_ref()?.text;
        let place = text.locate(clause.span);
        Some(text.source().line_column(place.start).0)
    }

    fn routed(&self, event: &Event) -> Event {
        let mut events = [event.clone()];
        let [event] = &mut events;
        self.rule.constants.fill(event);
        route(&mut events, &self.rule.patterns);
        let [mut event] = events;
        // A rule of which Elasticsearch refuses a filter finds nothing.
        event.unrouted |= self.rule.hide(&mut event).is_err();
        event
    }
}

/// What beside the index patterns hides the event of a cause.
fn excluded_by(cause: &Cause, events: &[Event]) -> Option<String> {
    let event = events.get(cause.event?.index())?;
    let name = event.excluded_by.as_deref()?;
    (cause.kind == CauseKind::NotRouted).then(|| name.to_owned())
}

fn words((file, line): Place, name: &dyn Fn(u32) -> String) -> String {
    format!("{}:{line}", name(file))
}

/// The key tuple that each stage reads from an event.
fn keys<'p>(plan: &'p Plan, event: &'p Event) -> impl Iterator<Item = Vec<String>> + 'p {
    plan.stages.iter().map(|stage| {
        let keys = stage.keys.iter().map(|key| plan.fields.at(key.field));
        keys.map(|field| {
            let readers = field.readers.iter().flatten();
            let paths = std::iter::once(&*field.path).chain(readers.map(|one| &*one.read_from));
            let mut values = paths.filter_map(|path| event.values(path).first());
            values.next().map_or_else(String::new, ToString::to_string)
        })
        .collect()
    })
}
