//! What keeps the events of a case from sharing values with the indicators of an indicator-match
//! rule.

use crate::diagnostic::observation::{Among, ClausesSeen, EntriesSeen, EntrySeen, Seen};
use crate::evaluate::Override;
use crate::evaluate::indicator_match::{Enumerated, Pair, Unmet, group_holds};
use crate::event::EventId;
use crate::replay::case::indicators::{Indicators, LostIndicator};
use crate::replay::production::case_run::Run;
use crate::replay::reason::ReasonWord;
use crate::replay::rule_types::alert_stopped::AlertStopped;
use crate::replay::rule_types::indicator_match::label;
use crate::replay::rule_types::stateful::{EVERY_EXECUTION, Selected};
use crate::rule::MappingEntry;

/// Why no event matches although events meet the query; `None` where none does, or where some
/// match.
pub(in crate::replay) fn no_alert_reason(
    run: &Run<'_>,
    indicators: &Indicators<'_>,
    overrides: &[Override],
) -> Option<AlertStopped> {
    let selected = Selected::of(run, &run.schedule, overrides);
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
        group_holds(&self.pairs(side, triple))
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
        let value = match why {
            LostIndicator::Filtered => Seen::FilteredIndicator { name },
            LostIndicator::Unselected => Seen::UnselectedIndicator { name },
            LostIndicator::Excepted(exception) => Seen::HiddenIndicator {
                name,
                exception: exception.clone(),
            },
            LostIndicator::Unmet(unmet) => Seen::UnmetIndicatorQuery {
                name,
                clauses: ClausesSeen(unmet.texts.clone()),
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
            let others = group_holds(&positive).is_ok();
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
