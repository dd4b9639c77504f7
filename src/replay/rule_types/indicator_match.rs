//! Indicator-match rules on a case: the events that share values with indicators.

use std::collections::BTreeSet;

use super::stateful::{AlertNumbers, Selected, outcome, phases};
use crate::evaluate::indicator_match::{Enumerated, Pair};
use crate::evaluate::term::Term;
use crate::evaluate::{Match, Override};
use crate::event::{Event, EventId, Value};
use crate::execution::alert::Enrichment;
use crate::execution::indicator_match::{Matched, Matching, Presence, Sides, execute};
use crate::execution::replayed::Execution;
use crate::execution::suppress::{OpenGroups, values_of};
use crate::execution::{Arrival, PhaseOutcome};
use crate::replay::case::indicators::Indicators;
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};

/// What the executions of the schedule make of the events that meet the query.
pub(in crate::replay) fn run_schedule(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    indicators: &Indicators<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    let selected = Selected::of(run, schedule, overrides);
    let documents = Documents::of(run, schedule, indicators, &selected);
    let entries = documents.entries(run);
    let near = |_| (0..documents.found.len()).collect();
    let sides = documents.sides(&near, &entries, indicators);
    let mut numbers = AlertNumbers::default();
    let mut replay = |executions: &[Execution]| {
        let mut alerted = BTreeSet::new();
        let mut cut = BTreeSet::new();
        let mut done = PhaseOutcome::default();
        let mut open = OpenGroups::new(schedule.suppression, schedule.max_signals());
        let values = |event: usize, field: &str| {
            let event = documents.event(run, event);
            event.map_or_else(Vec::new, |event| values_of(event, field))
        };
        for execution in executions {
            let matching = execute(*execution, &sides, &mut alerted, &mut open, &values);
            if !selected.is_of_case(*execution) {
                continue;
            }
            let Matching {
                alerts,
                suppressed,
                cut: more,
                ..
            } = matching;
            for (event, matched) in alerts {
                done.alerts
                    .extend(documents.number(&mut numbers, event, &matched));
            }
            for (event, matched) in suppressed {
                let number = documents.number(&mut numbers, event, &matched);
                done.suppressed.extend(number);
            }
            cut.extend(more);
        }
        for event in cut.into_iter().filter(|event| !alerted.contains(event)) {
            done.cut.extend(documents.number(&mut numbers, event, &[]));
        }
        done
    };
    let moments = documents
        .stored
        .iter()
        .flat_map(|one| [one.from, one.until]);
    let moments: Vec<i64> = moments.collect();
    let phases = phases(schedule, &documents.arrivals, &moments, &mut replay);
    outcome(schedule, &numbers, phases)
}

/// Both sides of a case, narrowed to the documents that have the fields of a group.
struct Documents<'a, 'c> {
    indicators: &'a Indicators<'c>,
    /// The events.
    events: Vec<EventId>,
    /// When they can be found.
    arrivals: Vec<Arrival>,
    /// The indicators, by their numbers in the case.
    found: Vec<usize>,
    /// When they can be found.
    stored: Vec<Presence>,
}

impl<'a, 'c> Documents<'a, 'c> {
    fn of(
        run: &Run<'_>,
        schedule: &ScheduleConfig<'_>,
        indicators: &'a Indicators<'c>,
        selected: &Selected,
    ) -> Self {
        let (mut events, mut arrivals) = (Vec::new(), Vec::new());
        for (id, arrival) in selected.events.iter().zip(&selected.arrivals) {
            let event = run.case_events.events.get(id.index());
            if event.is_some_and(|event| indicators.has_a_group(Enumerated::Events, event)) {
                events.push(*id);
                arrivals.push(*arrival);
            }
        }
        let start = schedule.start_of(&run.case_events.events, &selected.events);
        let (mut found, mut stored) = (Vec::new(), Vec::new());
        for (number, presence) in indicators.found.iter().zip(&indicators.presence) {
            let Some(indicator) = indicators.case_events.events.get(*number) else {
                continue;
            };
            if indicators.has_a_group(Enumerated::Indicators, indicator) {
                let arrival = schedule.arrival(indicator);
                found.push(*number);
                stored.push(Presence {
                    from: arrival.arrived.max(presence.from).saturating_sub(start),
                    until: presence.until.saturating_sub(start),
                });
            }
        }
        Self {
            indicators,
            events,
            arrivals,
            found,
            stored,
        }
    }

    fn event<'r>(&self, run: &'r Run<'_>, number: usize) -> Option<&'r Event> {
        let id = self.events.get(number)?;
        run.case_events.events.get(id.index())
    }

    fn indicator(&self, number: usize) -> Option<&'c Event> {
        let number = self.found.get(number)?;
        self.indicators.case_events.events.get(*number)
    }

    fn entries<'r>(
        &'r self,
        run: &'r Run<'_>,
    ) -> impl Fn(Enumerated, usize, usize, usize) -> Vec<Pair> + 'r {
        move |side, group, event, indicator| {
            let pair = self.event(run, event).zip(self.indicator(indicator));
            pair.map_or_else(Vec::new, |(event, indicator)| {
                self.indicators
                    .compared
                    .pairs(side, group, event, indicator)
            })
        }
    }

    fn sides<'r>(
        &'r self,
        near: &'r dyn Fn(usize) -> Vec<usize>,
        entries: &'r dyn Fn(Enumerated, usize, usize, usize) -> Vec<Pair>,
        indicators: &Indicators<'_>,
    ) -> Sides<'r> {
        Sides {
            events: &self.arrivals,
            indicators: &self.stored,
            groups: indicators.settings.groups.len(),
            near,
            entries,
        }
    }

    /// The number of an alert of an event with what it matches.
    fn number(
        &self,
        numbers: &mut AlertNumbers,
        event: usize,
        matched: &[Matched],
    ) -> Option<usize> {
        let event = *self.events.get(event)?;
        let numbers_of = |one: &Matched| {
            let indicator = self.found.get(one.indicator).copied().unwrap_or_default();
            [indicator, one.group]
        };
        let values = matched.iter().flat_map(numbers_of);
        let key: Vec<Term> = values.map(|number| Term::new(whole(number))).collect();
        Some(numbers.number(&key, &[event]))
    }
}

fn whole(number: usize) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

/// What the event of an alert matches: the key of the alert holds the number of an indicator and that of a
/// group of entries in turn.
pub(in crate::replay) fn matched(found: &Match) -> Vec<Matched> {
    let numbers = found.join.iter().map(|value| match value {
        Some(Value::Integer(number)) => usize::try_from(*number).unwrap_or(usize::MAX),
        _ => usize::MAX,
    });
    let numbers: Vec<usize> = numbers.collect();
    let pairs = numbers.chunks_exact(2);
    let matched = pairs.filter_map(|pair| match pair {
        [indicator, group] => Some(Matched {
            indicator: *indicator,
            group: *group,
        }),
        _ => None,
    });
    matched.collect()
}

/// The labels of the indicators that the event of an alert matches, each once.
pub(in crate::replay) fn labels(run: &Run<'_>, found: &Match) -> Vec<String> {
    let Some(indicators) = &run.indicators else {
        return Vec::new();
    };
    let mut labels: Vec<String> = Vec::new();
    for one in matched(found) {
        let label = label(indicators, one.indicator);
        if !labels.contains(&label) {
            labels.push(label);
        }
    }
    labels
}

/// The label of an indicator by its number in the case.
pub(in crate::replay) fn label(indicators: &Indicators<'_>, number: usize) -> String {
    let id = u32::try_from(number).unwrap_or(u32::MAX);
    indicators.case_events.label(EventId(id))
}

/// What Kibana adds to an alert: one enrichment for each indicator and entry that match.
pub(in crate::replay) fn enrichments(
    run: &Run<'_>,
    found: &Match,
    event: &Event,
) -> Vec<Enrichment> {
    let Some(indicators) = &run.indicators else {
        return Vec::new();
    };
    let mut enrichments = Vec::new();
    for one in matched(found) {
        let Some(indicator) = indicators.case_events.events.get(one.indicator) else {
            continue;
        };
        let group = indicators.settings.groups.get(one.group);
        let entries = group.into_iter().flatten();
        for entry in entries.filter(|entry| !entry.is_negated) {
            let values = event.values(&entry.event_field.name);
            enrichments.push(Enrichment {
                atomic: values.to_vec(),
                field: entry.event_field.name.clone(),
                id: indicator.id.clone().unwrap_or_default(),
                index: indicator.index.clone().unwrap_or_default(),
                description: described(&indicators.settings.indicator_path, indicator),
                feed: indicator.values("threat.feed.name").to_vec(),
            });
        }
    }
    enrichments
}

/// The fields at the indicator path, without it.
fn described(path: &str, indicator: &Event) -> Vec<(String, Vec<crate::event::Scalar>)> {
    let below = format!("{path}.");
    let fields = indicator.fields().filter_map(|(field, values)| {
        let name = field.strip_prefix(&below)?;
        Some((name.to_owned(), values.to_vec()))
    });
    fields.collect()
}
