//! The executions of an indicator-match rule over a recording.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::candidates::Candidates;
use super::reading::Reading;
use super::replay::{ExecutionResult, Group, Held, MOST_ALERTED, RuleExecutor};
use crate::compile::{Comparison, FoundIndicators, IndicatorSide};
use crate::evaluate::indicator_match::{Enumerated, Pair};
use crate::evaluate::{FailureKind, QueryFailure};
use crate::event::{Event, Timestamp, Value};
use crate::execution::Arrival;
use crate::execution::indicator_match::{self, Matched, Presence, Sides};
use crate::execution::replayed::Execution;
use crate::execution::suppress::{OpenGroups, values_of};
use crate::scan::EventRecord;

/// The indicators, and what executions have alerted on.
pub(super) struct IndicatorExecutor<'r> {
    side: &'r IndicatorSide,
    candidates: Candidates<'r>,
    /// The fields of events that are looked at.
    fields: Vec<String>,
    /// What the indicator query found last.
    found: Option<FoundIndicators>,
    /// The events of earlier alerts, by number.
    alerted: BTreeSet<usize>,
    open: OpenGroups<'r>,
    failure: Option<QueryFailure>,
}

/// An event, and the indicators that it may match, by number.
pub(super) struct Compared {
    event: Event,
    /// It has all fields of a group of entries.
    is_searched: bool,
    near: Vec<usize>,
}

impl<'r> IndicatorExecutor<'r> {
    pub(super) fn new(side: &'r IndicatorSide, open: OpenGroups<'r>) -> Self {
        let mut fields = side.entries().event_paths();
        let suppression = open.suppression();
        fields.extend(suppression.into_iter().flat_map(|own| own.group_by.clone()));
        Self {
            side,
            candidates: Candidates::new(side),
            fields,
            found: None,
            alerted: BTreeSet::new(),
            open,
            failure: None,
        }
    }

    /// Which of the events that an execution sees have alerted in an earlier one.
    fn alerted_before(&self, seen: &[(usize, &Held<Compared>)]) -> BTreeSet<usize> {
        let numbered = seen.iter().enumerate();
        numbered
            .filter(|(_, (_, held))| self.alerted.contains(&held.number))
            .map(|(event, _)| event)
            .collect()
    }

    /// Runs an execution over the events that it sees, each with its place among those held.
    fn matched(
        &mut self,
        execution: Execution,
        seen: &[(usize, &Held<Compared>)],
    ) -> Result<ExecutionResult, QueryFailure> {
        let side = self.side;
        let mut alerted = self.alerted_before(seen);
        let now = Timestamp::from_millis(execution.start);
        let found = side.indicators_at(now, self.found.as_ref())?;
        let found = &self.found.insert(found).indicators;
        let places: BTreeMap<usize, usize> = found
            .iter()
            .enumerate()
            .map(|(place, (number, _))| (*number, place))
            .collect();
        let near = |event: usize| {
            let held = seen.get(event).map(|(_, held)| &held.document);
            let near = held.into_iter().flat_map(|own| &own.near);
            let places = near.filter_map(|number| places.get(number)).copied();
            places.collect::<Vec<usize>>()
        };
        let event = |event: usize| seen.get(event).map(|(_, held)| &held.document.event);
        let indicator = |place: usize| side.document(found.get(place)?.0);
        let fresh = (0..seen.len()).filter(|event| !alerted.contains(event));
        let pairs: Vec<(usize, usize)> = fresh
            .flat_map(|event| near(event).into_iter().map(move |place| (event, place)))
            .collect();
        let comparison = Comparison::new(
            side.entries(),
            pairs.iter().filter_map(|(own, _)| event(*own)),
            pairs.iter().filter_map(|(_, place)| indicator(*place)),
            now,
        )?;
        let entries = |by: Enumerated, group: usize, own: usize, place: usize| -> Vec<Pair> {
            let pair = event(own).zip(indicator(place));
            pair.map_or_else(Vec::new, |(event, indicator)| {
                comparison.pairs(by, group, event, indicator)
            })
        };
        let events: Vec<Arrival> = seen.iter().map(|(_, held)| held.arrival).collect();
        let present = found
            .iter()
            .map(|(_, arrival)| Presence::since(arrival.arrived));
        let indicators: Vec<Presence> = present.collect();
        let sides = Sides {
            events: &events,
            indicators: &indicators,
            groups: side.entries().settings().groups.len(),
            near: &near,
            entries: &entries,
        };
        let values = |own: usize, field: &str| {
            event(own).map_or_else(Vec::new, |event| values_of(event, field))
        };
        let open = &mut self.open;
        let matching = indicator_match::execute(execution, &sides, &mut alerted, open, &values);
        let numbers = alerted.iter().filter_map(|event| seen.get(*event));
        self.alerted.extend(numbers.map(|(_, held)| held.number));
        let id = |one: &Matched| indicator(one.indicator)?.id.clone();
        let alerts = matching.alerts.iter().map(|(own, matched)| {
            let place = seen.get(*own).map(|(place, _)| *place);
            alert_of(matched.iter().filter_map(id).collect(), place)
        });
        Ok(ExecutionResult {
            alerts: alerts.collect(),
            cut: matching.cut.len(),
            suppressed: matching.suppressed.len(),
            ..ExecutionResult::default()
        })
    }
}

/// The alert of the event at this place, by the ids of the indicators that it matches.
fn alert_of(mut ids: Vec<String>, place: Option<usize>) -> Group {
    ids.dedup();
    Group {
        join: ids.iter().map(|id| Some(Value::text(id))).collect(),
        places: vec![place],
        ..Group::default()
    }
}

impl RuleExecutor for IndicatorExecutor<'_> {
    type Document = Compared;

    fn document(&self, reading: Reading, _: &EventRecord) -> Compared {
        let event = reading.content.event().only(&self.fields);
        let entries = self.side.entries();
        Compared {
            is_searched: entries.has_a_group(Enumerated::Events, &event),
            near: self.candidates.of(&event),
            event,
        }
    }

    fn execute(
        &mut self,
        execution: Execution,
        held: &VecDeque<Held<Compared>>,
    ) -> ExecutionResult {
        if self.alerted.len() > MOST_ALERTED {
            let oldest = held.iter().map(|held| held.number).min();
            self.alerted = self.alerted.split_off(&oldest.unwrap_or(usize::MAX));
        }
        let seen = held
            .iter()
            .enumerate()
            .filter(|(_, held)| held.document.is_searched && execution.sees(held.arrival));
        let seen: Vec<(usize, &Held<Compared>)> = seen.collect();
        self.matched(execution, &seen).unwrap_or_else(|failure| {
            self.failure = Some(failure);
            ExecutionResult::default()
        })
    }

    fn expire(&mut self, _: Compared) {}

    fn failure(&mut self) -> Option<FailureKind> {
        self.failure.take().map(|failure| failure.kind)
    }
}
