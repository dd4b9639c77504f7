//! New-terms rules over consecutive executions: a term found by several executions is one alert as
//! long as its first document stays the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::replayed::Execution;
use super::suppress::{HitOutcome, OpenGroups};
use super::window::Arrival;
use crate::evaluate::new_terms::{Carried, Range, Seen, seen};
use crate::evaluate::term::Term;

/// A document that meets the rule's query, filters and exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What it carries.
    pub carried: Carried,
    /// When it can be found.
    pub arrival: Arrival,
}

/// What one execution gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Novelty {
    /// The terms of which alerts are made.
    pub alerts: Vec<Seen>,
    /// New terms beyond `max_signals`.
    pub cut: Vec<Seen>,
    /// New terms whose alert goes under an earlier one.
    pub suppressed: Vec<Seen>,
    /// Terms of the window that are known.
    pub known: Vec<Seen>,
}

/// The alerts of earlier executions, and what went under them: the document and its terms.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Alerted(BTreeSet<(usize, Arc<[Term]>)>);

impl Alerted {
    /// How many alerts are remembered.
    pub fn count(&self) -> usize {
        self.0.len()
    }

    /// Forgets the documents of lower numbers: none of them is new again.
    pub fn forget_before(&mut self, number: usize) {
        self.0.retain(|(first, _)| *first >= number);
    }
}

/// Runs one execution over documents, each with its number, and remembers what it alerted on.
/// `history` is the start of the history for a range that ends at `to`; `values` gives what a
/// document has in a field that alerts are suppressed by.
pub fn execute<'d>(
    execution: Execution,
    documents: impl Iterator<Item = (usize, &'d Document)>,
    history: &dyn Fn(i64) -> i64,
    alerted: &mut Alerted,
    open: &mut OpenGroups<'_>,
    values: &dyn Fn(usize, &str) -> Vec<String>,
) -> Novelty {
    open.begin(execution.start);
    let range = Range {
        history: history(execution.to),
        from: execution.from,
        to: execution.to,
    };
    let found = documents.filter(|(_, document)| {
        document.arrival.arrived <= execution.start && document.arrival.time.is_some()
    });
    let found = found.map(|(number, document)| (number, &document.carried));
    let (new, known): (Vec<Seen>, Vec<Seen>) = seen(found, range)
        .into_iter()
        .partition(|seen| seen.is_new(range));
    let mut novelty = Novelty {
        known,
        ..Novelty::default()
    };
    for seen in new {
        let alert = (seen.first, seen.terms.clone());
        if alerted.0.contains(&alert) {
            continue;
        }
        let of = match open.outcome_of(|field| values(seen.first, field)) {
            HitOutcome::Cut => {
                novelty.cut.push(seen);
                continue;
            }
            HitOutcome::Alert => &mut novelty.alerts,
            HitOutcome::Suppressed => &mut novelty.suppressed,
        };
        alerted.0.insert(alert);
        of.push(seen);
    }
    novelty
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Value;

    const MINUTE: i64 = 60_000;
    const DAY: i64 = 24 * 60 * MINUTE;

    /// A document so long before the execution, with these values in the two fields.
    fn before(ago: i64, user: &[&str], host: &[&str]) -> Document {
        let terms = |values: &[&str]| {
            let mut terms: Vec<Term> = values
                .iter()
                .map(|value| Term::new(Value::text(value)))
                .collect();
            terms.sort();
            terms
        };
        Document {
            carried: Carried::new(&[terms(user), terms(host)], -ago),
            arrival: Arrival {
                time: Some(-ago),
                arrived: -ago,
            },
        }
    }

    /// The terms of the alerts of one execution over ten minutes with a history of seven days.
    fn new(documents: &[Document]) -> Vec<String> {
        let execution = Execution {
            start: 0,
            from: -10 * MINUTE,
            to: 0,
        };
        let history = |to: i64| to - 7 * DAY;
        let found = execute(
            execution,
            documents.iter().enumerate(),
            &history,
            &mut Alerted::default(),
            &mut OpenGroups::new(None, 100),
            &|_, _| Vec::new(),
        );
        let terms = |seen: &Seen| {
            let terms: Vec<String> = seen.terms.iter().map(ToString::to_string).collect();
            format!("{}@{}", terms.join(","), seen.first)
        };
        found.alerts.iter().map(terms).collect()
    }

    #[test]
    fn a_combination_is_new_when_its_first_document_lies_in_the_window() {
        let event = || before(5 * MINUTE, &["a"], &["1"]);
        assert_eq!(new(&[event()]), ["a,1@0"]);
        assert_eq!(new(&[event(), before(3 * DAY, &["a"], &["1"])]), [""; 0]);
        assert_eq!(new(&[event(), before(8 * DAY, &["a"], &["1"])]), ["a,1@0"]);
        let parts = [
            event(),
            before(3 * DAY, &["a"], &["2"]),
            before(3 * DAY, &["b"], &["1"]),
        ];
        assert_eq!(new(&parts), ["a,1@0"]);
        assert_eq!(new(&[before(10 * MINUTE, &["a"], &["1"])]), [""; 0]);
        assert_eq!(new(&[before(10 * MINUTE - 1, &["a"], &["1"])]), ["a,1@0"]);
        assert_eq!(
            new(&[before(4 * MINUTE, &["a"], &["1"]), event()]),
            ["a,1@1"]
        );
        let several = [
            before(5 * MINUTE, &["a", "b"], &["1"]),
            before(3 * DAY, &["a"], &["1"]),
        ];
        assert_eq!(new(&several), ["b,1@0"]);
        assert_eq!(
            new(&[before(5 * MINUTE, &["b", "a"], &["1", "2"])]).len(),
            4
        );
        assert_eq!(new(&[before(5 * MINUTE, &["a"], &[])]), [""; 0]);
    }

    #[test]
    fn a_term_that_two_executions_find_is_one_alert_until_an_earlier_document_comes() {
        let execution = |minute: i64| Execution {
            start: minute * MINUTE,
            from: (minute - 10) * MINUTE,
            to: minute * MINUTE,
        };
        let history = |to: i64| to - DAY;
        let mut late = before(2 * MINUTE, &["a"], &["1"]);
        late.arrival.arrived = 2 * MINUTE;
        let documents = [before(MINUTE, &["a"], &["1"]), late];
        let mut alerted = Alerted::default();
        let mut alerts = |minute| {
            let found = execute(
                execution(minute),
                documents.iter().enumerate(),
                &history,
                &mut alerted,
                &mut OpenGroups::new(None, 100),
                &|_, _| Vec::new(),
            );
            found
                .alerts
                .iter()
                .map(|seen| seen.first)
                .collect::<Vec<_>>()
        };
        assert_eq!(alerts(0), [0]);
        assert_eq!(alerts(1), [0; 0]);
        assert_eq!(alerts(5), [1]);
        assert_eq!(alerts(6), [0; 0]);
    }

    #[test]
    fn terms_of_one_field_come_most_frequent_first() {
        let documents = ["a", "b", "b"].map(|user| Document {
            carried: Carried::new(&[vec![Term::new(Value::text(user))]], -MINUTE),
            ..before(MINUTE, &[], &[])
        });
        assert_eq!(new(&documents), ["b@1", "a@0"]);
    }
}
