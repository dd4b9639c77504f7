//! Alert suppression: one alert for a group of similar alerts (`eql-semantics` §10.10).

use std::collections::BTreeMap;

use super::alert::common;
use super::window::{Found, Outcome};
use crate::event::Event;
use crate::rule::Suppression;

/// The values of the fields that a match is grouped by; `None` for a field that it lacks. Groups are
/// equal where their arrays are equal, in the same order.
pub type Group = Vec<Option<Vec<String>>>;

/// The group of a match from its events, missing ones left out: of a sequence by the shell alert,
/// which has what all events have in common, the elements of arrays in their order; of an event by
/// its own values, whose order Kibana does not look at (`getSuppressionTerms` sorts them).
pub fn group(suppression: &Suppression, events: &[&Event], sequence: bool) -> Group {
    let shell = sequence.then(|| common(events));
    let values = |field: &String| -> Vec<String> {
        let values = match &shell {
            Some(shell) => shell.values(field),
            None => events.first().map_or(&[][..], |event| event.values(field)),
        };
        values.iter().map(ToString::to_string).collect()
    };
    let fields = suppression.group_by.iter();
    fields
        .map(|field| {
            let mut values = values(field);
            if !sequence {
                values.sort();
            }
            (!values.is_empty()).then_some(values)
        })
        .collect()
}

/// What becomes of the hits of executions, in their order: each match is alerted once, those of
/// one group under the first of them, and what `max_signals` cut off is lost unless another
/// execution finds it.
pub fn settle(
    ran: &[(i64, &Found)],
    suppression: Option<&Suppression>,
    group: &dyn Fn(usize) -> Group,
) -> Outcome {
    let mut outcome = Outcome::default();
    let mut open: BTreeMap<Group, i64> = BTreeMap::new();
    for (start, found) in ran {
        let Some(suppression) = suppression else {
            for hit in &found.hits {
                add(&mut outcome.alerts, *hit);
            }
            continue;
        };
        if suppression.duration.is_none() {
            open.clear();
        }
        for hit in &found.hits {
            if outcome.alerts.contains(hit) || outcome.suppressed.contains(hit) {
                continue;
            }
            let group = group(*hit);
            if group.iter().any(Option::is_none) && !suppression.group_missing {
                outcome.alerts.push(*hit);
                continue;
            }
            let lasts = |since: &i64| {
                suppression
                    .duration
                    .is_none_or(|lasts| start - since <= lasts)
            };
            if open.get(&group).is_some_and(lasts) {
                outcome.suppressed.push(*hit);
            } else {
                open.insert(group, *start);
                outcome.alerts.push(*hit);
            }
        }
    }
    for (_, found) in ran {
        for hit in &found.cut {
            if !outcome.alerts.contains(hit) && !outcome.suppressed.contains(hit) {
                add(&mut outcome.cut, *hit);
            }
        }
    }
    outcome
}

fn add(list: &mut Vec<usize>, hit: usize) {
    if !list.contains(&hit) {
        list.push(hit);
    }
}

/// The groups under which alerts are suppressed, from execution to execution: for rules whose alerts
/// are no matches of events.
#[derive(Debug)]
pub struct OpenGroups<'s> {
    suppression: Option<&'s Suppression>,
    open: BTreeMap<Group, i64>,
    now: i64,
}

impl<'s> OpenGroups<'s> {
    /// No group is open. Without suppression none ever is.
    pub fn new(suppression: Option<&'s Suppression>) -> Self {
        Self {
            suppression,
            open: BTreeMap::new(),
            now: 0,
        }
    }

    /// An execution starts.
    pub fn begin(&mut self, start: i64) {
        let lasting = self
            .suppression
            .and_then(|suppression| suppression.duration);
        if lasting.is_none() {
            self.open.clear();
        }
        self.now = start;
    }

    /// Whether an alert whose fields have these values goes under an earlier one; if it does not,
    /// later ones may go under it.
    pub fn suppresses(&mut self, values: impl Fn(&str) -> Vec<String>) -> bool {
        let Some(suppression) = self.suppression else {
            return false;
        };
        let fields = suppression.group_by.iter();
        let group: Group = fields
            .map(|field| {
                let values = values(field);
                (!values.is_empty()).then_some(values)
            })
            .collect();
        if group.iter().any(Option::is_none) && !suppression.group_missing {
            return false;
        }
        let lasts = |since: &i64| {
            let duration = suppression.duration;
            duration.is_none_or(|duration| self.now - since <= duration)
        };
        if self.open.get(&group).is_some_and(lasts) {
            return true;
        }
        self.open.insert(group, self.now);
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hits: &[usize], cut: &[usize]) -> Found {
        Found {
            from: 0,
            until: 1,
            shift: 0,
            hits: hits.to_vec(),
            cut: cut.to_vec(),
        }
    }

    #[test]
    fn a_match_that_two_executions_find_is_one_alert() {
        let (first, second) = (found(&[0, 1], &[]), found(&[1, 2], &[0, 3]));
        let outcome = settle(&[(0, &first), (5, &second)], None, &|_| Vec::new());
        assert_eq!(outcome.alerts, [0, 1, 2]);
        assert_eq!(outcome.cut, [3]);
    }

    #[test]
    fn alike_matches_are_one_alert_for_as_long_as_it_lasts() {
        let mut suppression = Suppression {
            group_by: vec!["host.id".to_owned()],
            duration: None,
            group_missing: true,
        };
        let (first, second) = (found(&[0, 1, 2], &[]), found(&[3], &[]));
        let group = |hit: usize| vec![(hit != 2).then(|| vec!["a".to_owned()])];
        let ran = [(0, &first), (500, &second)];
        let each = settle(&ran, Some(&suppression), &group);
        assert_eq!((each.alerts, each.suppressed), (vec![0, 2, 3], vec![1]));
        suppression.duration = Some(600);
        let longer = settle(&ran, Some(&suppression), &group);
        assert_eq!((longer.alerts, longer.suppressed), (vec![0, 2], vec![1, 3]));
    }

    #[test]
    fn what_lacks_a_field_is_grouped_or_alerted_one_by_one() {
        let mut suppression = Suppression {
            group_by: vec!["host.id".to_owned()],
            duration: None,
            group_missing: true,
        };
        let both = found(&[0, 1], &[]);
        let ran = [(0, &both)];
        assert_eq!(
            settle(&ran, Some(&suppression), &|_| vec![None]).alerts,
            [0]
        );
        suppression.group_missing = false;
        assert_eq!(
            settle(&ran, Some(&suppression), &|_| vec![None]).alerts,
            [0, 1]
        );
    }

    #[test]
    fn a_sequence_is_grouped_by_its_shell_and_an_event_by_its_values_in_any_order() {
        let suppression = Suppression {
            group_by: vec!["ip".to_owned(), "name".to_owned()],
            duration: None,
            group_missing: true,
        };
        let event = |json: &str| Event::from_json_line(json).unwrap();
        let both = event(r#"{"ip": ["1", "2", "2"], "name": "a"}"#);
        let turned = event(r#"{"ip": ["2", "1", "2"], "name": "b"}"#);
        let one = event(r#"{"ip": ["2", "3"], "name": "a"}"#);
        let of = |events: &[&Event], sequence| group(&suppression, events, sequence);
        let text = |values: &[&str]| Some(values.iter().map(ToString::to_string).collect());
        assert_eq!(of(&[&both, &one], true), [text(&["2"]), text(&["a"])]);
        assert_eq!(of(&[&both, &turned], true), [text(&["1", "2"]), None]);
        assert_ne!(of(&[&both, &turned], true), of(&[&turned, &both], true));
        assert_eq!(of(&[&both], false)[0], of(&[&turned], false)[0]);
    }
}
