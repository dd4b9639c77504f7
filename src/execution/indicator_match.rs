//! Indicator-match rules over consecutive executions: one alert an event, whatever the number of
//! indicators.

use std::cmp::Reverse;
use std::collections::BTreeSet;

use super::replayed::Execution;
use super::suppress::{HitOutcome, OpenGroups};
use super::window::Arrival;
use crate::evaluate::indicator_match::{Enumerated, Pair, Unmet, group_holds};

/// The most matches that are kept of one event.
pub const MOST_MATCHES: usize = 200;

/// The two sides of a rule, each document by its number.
pub struct Sides<'a> {
    /// The events that meet the rule's query, filters and exceptions.
    pub events: &'a [Arrival],
    /// When each indicator that meets the indicator query, filters and exceptions can be found.
    /// The time range of the rule does not hold for them.
    pub indicators: &'a [Presence],
    /// How many groups of entries there are.
    pub groups: usize,
    /// The indicators that may match an event, in ascending order; all others do not.
    pub near: &'a dyn Fn(usize) -> Vec<usize>,
    /// The entries of a group on an event and an indicator.
    pub entries: &'a dyn Fn(Enumerated, usize, usize, usize) -> Vec<Pair>,
}

/// Which executions find an indicator, by the milliseconds at which they start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Presence {
    /// The first of them.
    pub from: i64,
    /// The first that finds it no longer.
    pub until: i64,
}

impl Presence {
    /// In every execution from this one on.
    pub fn since(from: i64) -> Self {
        Self {
            from,
            until: i64::MAX,
        }
    }
}

/// An indicator that an event matches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Matched {
    /// The indicator.
    pub indicator: usize,
    /// The group of entries that holds.
    pub group: usize,
}

/// What one execution gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Matching {
    /// The events of which alerts are made, with what they match.
    pub alerts: Vec<(usize, Vec<Matched>)>,
    /// Events that match beyond `max_signals`.
    pub cut: Vec<usize>,
    /// Events whose alert goes under an earlier one, with what they match.
    pub suppressed: Vec<(usize, Vec<Matched>)>,
    /// Which side gave the values.
    pub enumerated: Option<Enumerated>,
}

impl Sides<'_> {
    /// The side that gives the values in this execution.
    pub fn enumerated(&self, execution: Execution) -> Enumerated {
        let events = self.events.iter().filter(|event| execution.sees(**event));
        let indicators = 0..self.indicators.len();
        let present = indicators.filter(|number| self.is_present(*number, execution));
        Enumerated::of(events.count(), present.count())
    }

    /// Whether the indicator is there when the execution starts.
    fn is_present(&self, indicator: usize, execution: Execution) -> bool {
        let presence = self.indicators.get(indicator);
        presence.is_some_and(|own| own.from <= execution.start && execution.start < own.until)
    }

    /// Whether a group of entries holds for a pair.
    pub fn holds(
        &self,
        enumerated: Enumerated,
        group: usize,
        event: usize,
        indicator: usize,
    ) -> Result<(), Unmet> {
        group_holds(&(self.entries)(enumerated, group, event, indicator))
    }

    fn matches(&self, enumerated: Enumerated, event: usize, execution: Execution) -> Vec<Matched> {
        let near = (self.near)(event).into_iter();
        let pairs = near
            .filter(|indicator| self.is_present(*indicator, execution))
            .flat_map(|indicator| (0..self.groups).map(move |group| Matched { indicator, group }));
        let holds = |one: &Matched| {
            let holds = self.holds(enumerated, one.group, event, one.indicator);
            holds.is_ok()
        };
        pairs.filter(holds).take(MOST_MATCHES).collect()
    }
}

/// Runs one execution; `alerted` holds the events of earlier alerts and those that went under them,
/// which are passed over. Events are taken newest first, with suppression oldest first; `values`
/// gives what an event has in a field that alerts are suppressed by.
pub fn execute(
    execution: Execution,
    sides: &Sides<'_>,
    alerted: &mut BTreeSet<usize>,
    open: &mut OpenGroups<'_>,
    values: &dyn Fn(usize, &str) -> Vec<String>,
) -> Matching {
    open.begin(execution.start);
    let enumerated = sides.enumerated(execution);
    let numbered = sides.events.iter().enumerate();
    let mut seen: Vec<(usize, Arrival)> = numbered
        .map(|(number, event)| (number, *event))
        .filter(|(_, event)| execution.sees(*event))
        .collect();
    match open.suppression() {
        Some(_) => seen.sort_by_key(|(number, event)| (event.time, *number)),
        None => seen.sort_by_key(|(number, event)| (Reverse(event.time), *number)),
    }
    let mut matching = Matching {
        enumerated: Some(enumerated),
        ..Matching::default()
    };
    for (event, _) in seen {
        if alerted.contains(&event) {
            continue;
        }
        let matches = sides.matches(enumerated, event, execution);
        if matches.is_empty() {
            continue;
        }
        let of = match open.outcome_of(|field| values(event, field)) {
            HitOutcome::Cut => {
                matching.cut.push(event);
                continue;
            }
            HitOutcome::Alert => &mut matching.alerts,
            HitOutcome::Suppressed => &mut matching.suppressed,
        };
        alerted.insert(event);
        of.push((event, matches));
    }
    matching
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fields of a document: name and values.
    type Fields = &'static [(&'static str, &'static [&'static str])];

    /// `source.ip` is `ti.ip`, or `file.name` and `file.md5` are `ti.name` and `ti.md5`.
    const GROUPS: [&[(&str, &str)]; 2] = [
        &[("source.ip", "ti.ip")],
        &[("file.name", "ti.name"), ("file.md5", "ti.md5")],
    ];

    fn values(fields: Fields, name: &str) -> &'static [&'static str] {
        let found = fields.iter().find(|(own, _)| *own == name);
        found.map_or(&[], |(_, values)| values)
    }

    fn alerts(events: &[Fields], indicators: &[Fields]) -> Vec<(usize, Vec<(usize, usize)>)> {
        let at = Arrival {
            time: Some(0),
            arrived: 0,
        };
        let entries = |side: Enumerated, group: usize, event: usize, indicator: usize| {
            let pair = |(own, other): &(&str, &str)| {
                let event = values(events[event], own);
                let indicator = values(indicators[indicator], other);
                let (enumerated, searched) = match side {
                    Enumerated::Events => (event, indicator),
                    Enumerated::Indicators => (indicator, event),
                };
                let first = enumerated.first();
                Pair {
                    enumerated: enumerated.len(),
                    has_searched: !searched.is_empty(),
                    is_shared: first.is_some_and(|first| searched.contains(first)),
                    is_exact: true,
                    is_negated: false,
                }
            };
            GROUPS[group].iter().map(pair).collect()
        };
        let sides = Sides {
            events: &vec![at; events.len()],
            indicators: &vec![Presence::since(0); indicators.len()],
            groups: GROUPS.len(),
            near: &|_| (0..indicators.len()).collect(),
            entries: &entries,
        };
        let execution = Execution {
            start: 10,
            from: -10,
            to: 10,
        };
        let mut open = OpenGroups::new(None, 100);
        let values = |_: usize, _: &str| Vec::new();
        let found = execute(execution, &sides, &mut BTreeSet::new(), &mut open, &values);
        let plain = |(event, matches): (usize, Vec<Matched>)| {
            let matches = matches.iter().map(|one| (one.indicator, one.group));
            (event, matches.collect())
        };
        found.alerts.into_iter().map(plain).collect()
    }

    #[test]
    fn an_event_alerts_once_and_a_group_holds_within_one_indicator() {
        let ip: Fields = &[("source.ip", &["1.1.1.1"])];
        let by_ip: Fields = &[("ti.ip", &["1.1.1.1"])];
        let file: Fields = &[("file.name", &["x"]), ("file.md5", &["m"])];
        let name: Fields = &[("ti.name", &["x"])];
        let md5: Fields = &[("ti.md5", &["m"])];
        let both: Fields = &[("ti.name", &["x"]), ("ti.md5", &["m"])];
        assert_eq!(alerts(&[ip], &[by_ip]), [(0, vec![(0, 0)])]);
        assert_eq!(alerts(&[ip], &[by_ip, by_ip]), [(0, vec![(0, 0), (1, 0)])]);
        assert_eq!(alerts(&[file], &[name, md5]), []);
        assert_eq!(alerts(&[file], &[both]), [(0, vec![(0, 1)])]);
        assert_eq!(alerts(&[&[("file.name", &["x"])]], &[both]), []);
        assert_eq!(alerts(&[ip], &[]), []);
    }

    #[test]
    fn the_enumerated_side_gives_its_first_value_only() {
        let event: Fields = &[("source.ip", &["2.2.2.2", "1.1.1.1"])];
        let hit: Fields = &[("ti.ip", &["1.1.1.1"])];
        let other: Fields = &[("ti.ip", &["3.3.3.3"])];
        // As many indicators as events: the indicators are enumerated, and any value of the event fits.
        assert_eq!(alerts(&[event], &[hit]), [(0, vec![(0, 0)])]);
        // More indicators: the event is enumerated, by its first value.
        assert_eq!(alerts(&[event], &[hit, other]), []);
    }
}
