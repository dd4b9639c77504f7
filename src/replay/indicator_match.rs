//! Indicator-match rules on a case: the events that share values with indicators, and what keeps the
//! others from doing so.

use std::collections::BTreeSet;

use super::alert_stopped::AlertStopped;
use super::indicators::Indicators;
use super::reason::ReasonWord;
use super::run::Run;
use super::schedule::{ScheduleConfig, ScheduledOutcome};
use super::stateful::{AlertNumbers, EVERY_EXECUTION, Selected, outcome, phases};
use crate::diagnostic::observation::{Among, EntriesSeen, EntrySeen, Seen};
use crate::evaluate::indicator_match::{Enumerated, Pair, Unmet};
use crate::evaluate::term::Term;
use crate::evaluate::{Match, Override};
use crate::event::{Event, EventId, Value};
use crate::execution::alert::Enrichment;
use crate::execution::indicator_match::{Matched, Matching, Presence, Sides, execute};
use crate::execution::replayed::Execution;
use crate::execution::suppress::{OpenGroups, values_of};
use crate::execution::{Arrival, PhaseOutcome};
use crate::rule::MappingEntry;

/// What the executions of the schedule make of the events that meet the query.
pub(super) fn run_schedule(
    run: &Run<'_>,
    setting: &ScheduleConfig<'_>,
    indicators: &Indicators<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    let selected = Selected::of(run, setting, overrides);
    let documents = Documents::of(run, setting, indicators, &selected);
    let entries = documents.entries(run);
    let near = |_| (0..documents.found.len()).collect();
    let sides = documents.sides(&near, &entries, indicators);
    let mut numbers = AlertNumbers::default();
    let mut replay = |executions: &[Execution]| {
        let mut alerted = BTreeSet::new();
        let mut cut = BTreeSet::new();
        let mut done = PhaseOutcome::default();
        let mut open = OpenGroups::new(setting.suppression, setting.max_signals());
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
    let phases = phases(setting, &documents.arrivals, &moments, &mut replay);
    outcome(setting, &numbers, phases)
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
        setting: &ScheduleConfig<'_>,
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
        let start = setting.start_of(&run.case_events.events, &selected.events);
        let (mut found, mut stored) = (Vec::new(), Vec::new());
        for (number, presence) in indicators.found.iter().zip(&indicators.presence) {
            let Some(indicator) = indicators.case_events.events.get(*number) else {
                continue;
            };
            if indicators.has_a_group(Enumerated::Indicators, indicator) {
                let arrival = setting.arrival(indicator);
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
pub(super) fn matched(found: &Match) -> Vec<Matched> {
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
pub(super) fn labels(run: &Run<'_>, found: &Match) -> Vec<String> {
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

fn label(indicators: &Indicators<'_>, number: usize) -> String {
    let id = u32::try_from(number).unwrap_or(u32::MAX);
    indicators.case_events.label(EventId(id))
}

/// What Kibana adds to an alert: one enrichment for each indicator and entry that match.
pub(super) fn enrichments(run: &Run<'_>, found: &Match, event: &Event) -> Vec<Enrichment> {
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

/// Why no event matches although events meet the query; `None` where none does, or where some
/// match.
pub(super) fn no_alert_reason(
    run: &Run<'_>,
    indicators: &Indicators<'_>,
    overrides: &[Override],
) -> Option<AlertStopped> {
    let selected = Selected::of(run, &run.setting, overrides);
    let of_case = selected.events.iter().zip(&selected.of_case);
    let ids: Vec<EventId> = of_case
        .filter(|(_, own)| **own)
        .map(|(id, _)| *id)
        .collect();
    let reasons = Reasons {
        run,
        indicators,
        side: Enumerated::of(ids.len(), indicators.found.len()),
        events: ids,
    };
    if reasons.events.is_empty() || reasons.pair(reasons.side, &indicators.found).is_some() {
        return None;
    }
    let reason = reasons
        .several_values()
        .or_else(|| reasons.not_found())
        .or_else(|| reasons.negated())
        .or_else(|| reasons.split());
    Some(reason.unwrap_or_else(|| reasons.nowhere()))
}

/// What is asked about a case in which no event matches.
struct Reasons<'a, 'c> {
    run: &'a Run<'c>,
    indicators: &'a Indicators<'c>,
    /// The events of the case that meet the query.
    events: Vec<EventId>,
    /// The side that gives the values.
    side: Enumerated,
}

/// An event, an indicator by its number in the case, and a group of entries.
type Triple = (EventId, usize, usize);

impl Reasons<'_, '_> {
    fn triples<'r>(&'r self, indicators: &'r [usize]) -> impl Iterator<Item = Triple> + 'r {
        let groups = 0..self.indicators.settings.groups.len();
        self.events.iter().flat_map(move |event| {
            let groups = groups.clone();
            indicators.iter().flat_map(move |indicator| {
                let groups = groups.clone();
                groups.map(move |group| (*event, *indicator, group))
            })
        })
    }

    fn pairs(&self, side: Enumerated, (event, indicator, group): Triple) -> Vec<Pair> {
        let event = self.run.case_events.events.get(event.index());
        let indicator = self.indicators.case_events.events.get(indicator);
        event
            .zip(indicator)
            .map_or_else(Vec::new, |(event, indicator)| {
                self.indicators
                    .compared
                    .pairs(side, group, event, indicator)
            })
    }

    fn holds(&self, side: Enumerated, triple: Triple) -> Result<(), Unmet> {
        crate::evaluate::indicator_match::group_holds(&self.pairs(side, triple))
    }

    /// The first match of an event and one of these indicators.
    fn pair(&self, side: Enumerated, indicators: &[usize]) -> Option<Triple> {
        let mut triples = self.triples(indicators);
        triples.find(|triple| self.holds(side, *triple).is_ok())
    }

    fn entry(&self, group: usize, entry: usize) -> Option<&MappingEntry> {
        self.indicators.settings.groups.get(group)?.get(entry)
    }

    /// `source.ip = 10.0.0.5`, or `no source.ip`.
    fn seen(&self, event: EventId, entry: &MappingEntry) -> EntrySeen {
        let event = self.run.case_events.events.get(event.index());
        let values =
            event.map_or_else(Vec::new, |event| self.indicators.event_values(entry, event));
        EntrySeen {
            name: entry.event_field.name.clone(),
            values,
            indicator: None,
        }
    }

    /// A field with several values, of which the other side has one.
    fn several_values(&self) -> Option<AlertStopped> {
        let other = match self.side {
            Enumerated::Events => Enumerated::Indicators,
            Enumerated::Indicators => Enumerated::Events,
        };
        let triple = self.pair(other, &self.indicators.found)?;
        let (event, indicator, group) = triple;
        let pairs = self.pairs(self.side, triple);
        let number = pairs.iter().position(|pair| pair.enumerated > 1)?;
        let entry = self.entry(group, number)?;
        let (field, of) = match self.side {
            Enumerated::Events => (&entry.event_field.name, self.run.case_events.label(event)),
            Enumerated::Indicators => (
                &entry.indicator_field.name,
                label(self.indicators, indicator),
            ),
        };
        let count = pairs.get(number).map_or(0, |pair| pair.enumerated);
        let value = Seen::SeveralValues {
            name: field.clone(),
            of,
            found: count,
        };
        Some(self.reason(ReasonWord::SeveralValues, Some(event), value))
    }

    /// An indicator that the rule does not find.
    fn not_found(&self) -> Option<AlertStopped> {
        let lost = &self.indicators.lost;
        let numbers: Vec<usize> = lost.iter().map(|(number, _)| *number).collect();
        let (event, indicator, _) = self.pair(self.side, &numbers)?;
        let (_, why) = lost.iter().find(|(number, _)| *number == indicator)?;
        let name = label(self.indicators, indicator);
        let value = match why.as_str() {
            "threat_filters" => Seen::FilteredIndicator { name },
            "threat_index" => Seen::UnselectedIndicator { name },
            why if why.starts_with("exception") => Seen::HiddenIndicator {
                name,
                exception: why.to_owned(),
            },
            why => Seen::UnmetIndicatorQuery {
                name,
                clause: why.to_owned(),
            },
        };
        Some(self.reason(ReasonWord::IndicatorQuery, Some(event), value))
    }

    /// A pair for which only an entry that is negated does not hold.
    fn negated(&self) -> Option<AlertStopped> {
        let found = &self.indicators.found;
        let mut triples = self.triples(found);
        let (event, entry, indicator) = triples.find_map(|triple| {
            let pairs = self.pairs(self.side, triple);
            let positive: Vec<Pair> = pairs
                .iter()
                .filter(|pair| !pair.is_negated)
                .copied()
                .collect();
            let (event, indicator, group) = triple;
            let unmet = self.holds(self.side, triple).err()?;
            let (Unmet::Entry(number) | Unmet::SeveralValues(number)) = unmet;
            let entry = self.entry(group, number)?;
            let others = crate::evaluate::indicator_match::group_holds(&positive).is_ok();
            (entry.is_negated && others).then_some((event, entry, indicator))
        })?;
        let value = Seen::NegatedEntry {
            entry: self.seen(event, entry),
            indicator: label(self.indicators, indicator),
        };
        Some(self.reason(ReasonWord::NegatedEntry, Some(event), value))
    }

    /// A group each of whose entries holds for another indicator.
    fn split(&self) -> Option<AlertStopped> {
        let found = &self.indicators.found;
        let groups = self.indicators.settings.groups.iter().enumerate();
        for (group, entries) in groups.filter(|(_, entries)| entries.len() > 1) {
            for event in &self.events {
                let met = |entry: usize| {
                    found.iter().copied().find(|indicator| {
                        let pairs = self.pairs(self.side, (*event, *indicator, group));
                        let pair = pairs.get(entry);
                        pair.is_some_and(|pair| pair.is_negated || pair.is_shared)
                    })
                };
                let by: Option<Vec<usize>> = (0..entries.len()).map(met).collect();
                let Some(by) = by else { continue };
                let parts = entries
                    .iter()
                    .zip(by)
                    .filter(|(entry, _)| !entry.is_negated);
                let parts = parts.map(|(entry, indicator)| EntrySeen {
                    indicator: Some(label(self.indicators, indicator)),
                    ..self.seen(*event, entry)
                });
                let value = Seen::SplitGroup {
                    entries: EntriesSeen(parts.collect()),
                };
                return Some(self.reason(ReasonWord::IndicatorGroup, Some(*event), value));
            }
        }
        None
    }

    /// No indicator has the values of any group.
    fn nowhere(&self) -> AlertStopped {
        let event = self.events.first().copied();
        let entries = self.indicators.settings.groups.iter().flatten();
        let mut parts: Vec<EntrySeen> = Vec::new();
        for entry in entries.filter(|entry| !entry.is_negated) {
            let Some(event) = event else { continue };
            let seen = self.seen(event, entry);
            if !parts.contains(&seen) {
                parts.push(seen);
            }
        }
        let value = Seen::NoIndicator {
            entries: EntriesSeen(parts),
            among: Among(self.indicators.case_events.events.len()),
        };
        let mut stopped = self.reason(ReasonWord::Indicator, event, value);
        // Without indicators nothing could have matched.
        stopped.record.overdetermined = self.indicators.case_events.events.is_empty();
        stopped
    }

    /// A reason with the word by which `because` knows it.
    fn reason(&self, word: ReasonWord, event: Option<EventId>, value: Seen) -> AlertStopped {
        let event = match self.events.as_slice() {
            [_] => event.map(|event| self.run.case_events.label(event)),
            _ => Some(EVERY_EXECUTION.to_owned()),
        };
        AlertStopped::by_words(&[word], value).at(event)
    }
}
