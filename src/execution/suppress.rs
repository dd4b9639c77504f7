//! Alert suppression: one alert for a group of similar alerts (`docs/production.md`).

use std::collections::BTreeMap;

use super::alert::common;
use super::window::{PhaseOutcome, SearchHits};
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

/// Turns the hits of executions, in start order, into alerts: a match alerts once, matches of one
/// group go under its first alert, and a match cut by `max_signals` is lost unless another
/// execution finds it.
pub fn settle(
    ran: &[(i64, &SearchHits)],
    mut open: OpenGroups<'_>,
    group: &dyn Fn(usize) -> Group,
) -> PhaseOutcome {
    let mut outcome = PhaseOutcome::default();
    let mut cut = Vec::new();
    for (start, found) in ran {
        open.begin(*start);
        for hit in &found.hits {
            if outcome.alerts.contains(hit) || outcome.suppressed.contains(hit) {
                continue;
            }
            match open.outcome_of_group(|| group(*hit)) {
                HitOutcome::Alert => outcome.alerts.push(*hit),
                HitOutcome::Suppressed => outcome.suppressed.push(*hit),
                HitOutcome::Cut => cut.push(*hit),
            }
        }
        cut.extend(&found.cut);
    }
    for hit in cut {
        let is_found = outcome.alerts.contains(&hit) || outcome.suppressed.contains(&hit);
        if !is_found && !outcome.cut.contains(&hit) {
            outcome.cut.push(hit);
        }
    }
    outcome
}

/// The result of a hit of an execution.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HitOutcome {
    /// An alert.
    Alert,
    /// It goes under an earlier alert of its group.
    Suppressed,
    /// It is beyond `max_signals`.
    Cut,
}

/// With suppression, an execution examines this many times `max_signals` hits and makes at most
/// `max_signals` alerts.
const LOOKED_AT: usize = 5;

/// The alerts of consecutive executions: how many one of them may still make, and the groups under
/// which others are suppressed.
#[derive(Debug)]
pub struct OpenGroups<'s> {
    suppression: Option<&'s Suppression>,
    max_signals: usize,
    /// When the alert was made under which others of its group go.
    open: BTreeMap<Group, i64>,
    now: i64,
    /// How many alerts the execution made, and how many of its finds went under another.
    made: usize,
    suppressed: usize,
}

impl<'s> OpenGroups<'s> {
    /// No group is open. Without suppression none ever is.
    pub fn new(suppression: Option<&'s Suppression>, max_signals: usize) -> Self {
        Self {
            suppression,
            max_signals,
            open: BTreeMap::new(),
            now: 0,
            made: 0,
            suppressed: 0,
        }
    }

    /// How alerts are suppressed, if they are.
    pub fn suppression(&self) -> Option<&'s Suppression> {
        self.suppression
    }

    /// How many alerts one execution makes.
    pub fn max_signals(&self) -> usize {
        self.max_signals
    }

    /// An execution starts.
    pub fn begin(&mut self, start: i64) {
        let lasting = self
            .suppression
            .and_then(|suppression| suppression.duration);
        self.open
            .retain(|_, since| lasting.is_some_and(|lasting| start - *since <= lasting));
        (self.now, self.made, self.suppressed) = (start, 0, 0);
    }

    /// How many finds one execution looks at.
    pub fn looked_at(&self) -> usize {
        match self.suppression {
            Some(_) => self.max_signals.saturating_mul(LOOKED_AT),
            None => self.max_signals,
        }
    }

    /// Decides a hit by the values of its fields.
    pub fn outcome_of(&mut self, values: impl Fn(&str) -> Vec<String>) -> HitOutcome {
        let suppression = self.suppression;
        let fields = || suppression.into_iter().flat_map(|own| &own.group_by);
        let present = |field: &String| Some(values(field)).filter(|values| !values.is_empty());
        self.outcome_of_group(|| fields().map(present).collect())
    }

    /// Decides a hit by its group; `group` is called only if the rule has suppression.
    pub fn outcome_of_group(&mut self, group: impl FnOnce() -> Group) -> HitOutcome {
        let Some(suppression) = self.suppression else {
            return self.without_group();
        };
        let group = group();
        if group.iter().any(Option::is_none) && !suppression.group_missing {
            return self.without_group();
        }
        self.in_group(group)
    }

    /// Decides a hit of a group.
    pub fn in_group(&mut self, group: Group) -> HitOutcome {
        if self.suppression.is_some() && self.open.contains_key(&group) {
            if self.made + self.suppressed >= self.looked_at() {
                return HitOutcome::Cut;
            }
            self.suppressed += 1;
            return HitOutcome::Suppressed;
        }
        let outcome = self.without_group();
        if outcome == HitOutcome::Alert && self.suppression.is_some() {
            self.open.insert(group, self.now);
        }
        outcome
    }

    /// Decides a hit without a group.
    fn without_group(&mut self) -> HitOutcome {
        if self.made >= self.max_signals {
            return HitOutcome::Cut;
        }
        self.made += 1;
        HitOutcome::Alert
    }
}

/// The values of a field as suppression groups an event by them: in no order.
pub fn values_of(event: &Event, field: &str) -> Vec<String> {
    let mut values: Vec<String> = event
        .values(field)
        .iter()
        .map(ToString::to_string)
        .collect();
    values.sort();
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(hits: &[usize], cut: &[usize]) -> SearchHits {
        SearchHits {
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
        let outcome = settle(
            &[(0, &first), (5, &second)],
            OpenGroups::new(None, 100),
            &|_| Vec::new(),
        );
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
        let each = settle(&ran, OpenGroups::new(Some(&suppression), 100), &group);
        assert_eq!((each.alerts, each.suppressed), (vec![0, 2, 3], vec![1]));
        suppression.duration = Some(600);
        let longer = settle(&ran, OpenGroups::new(Some(&suppression), 100), &group);
        assert_eq!((longer.alerts, longer.suppressed), (vec![0, 2], vec![1, 3]));
    }

    #[test]
    fn an_execution_makes_max_signals_alerts_and_looks_at_five_times_as_many() {
        let suppression = Suppression {
            group_by: vec!["host.id".to_owned()],
            duration: None,
            group_missing: true,
        };
        let all = found(&[0, 1, 2, 3, 4, 5, 6], &[]);
        // One group of six, then another.
        let group = |hit: usize| vec![Some(vec![(hit / 6).to_string()])];
        let outcome = settle(&[(0, &all)], OpenGroups::new(Some(&suppression), 1), &group);
        assert_eq!(outcome.alerts, [0]);
        assert_eq!(outcome.suppressed, [1, 2, 3, 4]);
        assert_eq!(outcome.cut, [5, 6]);
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
            settle(&ran, OpenGroups::new(Some(&suppression), 100), &|_| vec![
                None
            ])
            .alerts,
            [0]
        );
        suppression.group_missing = false;
        assert_eq!(
            settle(&ran, OpenGroups::new(Some(&suppression), 100), &|_| vec![
                None
            ])
            .alerts,
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
