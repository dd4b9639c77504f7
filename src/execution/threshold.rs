//! Threshold rules over consecutive executions: events of an earlier alert are not counted again,
//! events that stayed below the threshold are.

use std::collections::BTreeMap;

use super::replayed::Execution;
use super::suppress::{Group, HitOutcome, OpenGroups};
use super::window::Arrival;
use crate::evaluate::term::Term;
use crate::evaluate::threshold::{Bucket, Counted, Threshold, buckets};

/// A document that meets the rule's query, filters and exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// What is counted.
    pub counted: Counted,
    /// When it can be found.
    pub arrival: Arrival,
}

/// What one execution gives.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Counting {
    /// The groups of which alerts are made, in the order of their keys.
    pub alerts: Vec<Bucket>,
    /// The groups that reach the threshold beyond `max_signals`.
    pub cut: Vec<Bucket>,
    /// The groups whose alert goes under an earlier one.
    pub suppressed: Vec<Bucket>,
    /// The groups that do not reach it.
    pub below: Vec<Bucket>,
    /// Documents in range that an earlier alert has counted, by number.
    pub counted_before: Vec<usize>,
}

/// What earlier executions have counted: for each group the time of the latest document of its
/// last alert.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct History(BTreeMap<Vec<Term>, i64>);

impl History {
    /// Whether a document was counted in an alert of one of its groups. It is then left out of all
    /// its groups, because Kibana excludes documents.
    fn has_counted(&self, document: &Counted) -> bool {
        let counted = |key: &[Term]| self.0.get(key).is_some_and(|last| document.time <= *last);
        !self.0.is_empty() && document.keys.iter().any(|key| counted(key))
    }
}

/// Runs one execution over documents, each with its number, and remembers what it alerted on. What
/// goes under an earlier alert is not remembered: its documents are counted again.
pub fn execute<'d>(
    execution: Execution,
    documents: impl Iterator<Item = (usize, &'d Document)>,
    threshold: Threshold,
    history: &mut History,
    open: &mut OpenGroups<'_>,
) -> Counting {
    open.begin(execution.start);
    history.0.retain(|_, last| *last > execution.from);
    let (counted_before, counted): (Vec<_>, Vec<_>) = documents
        .filter(|(_, document)| execution.sees(document.arrival))
        .partition(|(_, document)| history.has_counted(&document.counted));
    let counted = counted
        .into_iter()
        .map(|(number, one)| (number, &one.counted));
    let (mut reached, below): (Vec<Bucket>, Vec<Bucket>) = buckets(counted)
        .into_iter()
        .partition(|bucket| threshold.is_met(bucket));
    let mut counting = Counting {
        cut: reached.split_off(open.max_signals().min(reached.len())),
        below,
        counted_before: counted_before
            .into_iter()
            .map(|(number, _)| number)
            .collect(),
        ..Counting::default()
    };
    for bucket in reached {
        match open.in_group(group(&bucket)) {
            HitOutcome::Alert => {
                history.0.insert(bucket.key.clone(), bucket.last);
                counting.alerts.push(bucket);
            }
            HitOutcome::Suppressed => counting.suppressed.push(bucket),
            HitOutcome::Cut => counting.cut.push(bucket),
        }
    }
    counting
}

/// A threshold rule's alerts are suppressed by the fields that it counts by.
fn group(bucket: &Bucket) -> Group {
    let key = bucket.key.iter();
    key.map(|term| Some(vec![term.to_string()])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Value;
    use crate::execution::Windows;
    use crate::rule::Schedule;

    const MINUTE: i64 = 60_000;

    fn term(text: &str) -> Term {
        Term::new(Value::text(text))
    }

    /// A document at a minute, with these values in the field that groups.
    fn at(minute: i64, values: &[&str]) -> Document {
        let time = minute * MINUTE;
        Document {
            counted: Counted::new(
                &[values.iter().map(|value| term(value)).collect()],
                vec![term("p")],
                time,
            ),
            arrival: Arrival {
                time: Some(time),
                arrived: time,
            },
        }
    }

    /// Key, count, first and last minute of every alert of the executions at 10, 15 and 20, each
    /// over ten minutes.
    fn alerts(documents: &[Document], cardinality: Option<u64>) -> Vec<(String, usize, i64, i64)> {
        let windows = Windows(Schedule {
            interval: 5 * MINUTE,
            look_back: 10 * MINUTE,
            until: 0,
        });
        let threshold = Threshold {
            count: 3,
            cardinality,
        };
        let arrivals: Vec<Arrival> = documents.iter().map(|one| one.arrival).collect();
        let mut history = History::default();
        let mut open = OpenGroups::new(None, 100);
        let mut found = Vec::new();
        for execution in windows.executions(0, &arrivals) {
            if execution.start < 10 * MINUTE {
                continue;
            }
            let counting = execute(
                execution,
                documents.iter().enumerate(),
                threshold,
                &mut history,
                &mut open,
            );
            found.extend(counting.alerts.iter().map(|alert| {
                let key: Vec<String> = alert.key.iter().map(ToString::to_string).collect();
                let minutes = (alert.first / MINUTE, alert.last / MINUTE);
                (key.join(","), alert.documents.len(), minutes.0, minutes.1)
            }));
        }
        found
    }

    #[test]
    fn what_an_alert_counted_is_not_counted_again_and_what_stayed_below_is() {
        let x = |minutes: &[i64]| minutes.iter().map(|m| at(*m, &["x"])).collect::<Vec<_>>();
        let one = |count, first, last| vec![("x".to_owned(), count, first, last)];
        assert_eq!(alerts(&x(&[6, 7, 8]), None), one(3, 6, 8));
        assert_eq!(alerts(&x(&[6, 7, 11]), None), one(3, 6, 11));
        assert_eq!(alerts(&x(&[2, 3, 13]), None), []);
        assert_eq!(alerts(&x(&[6, 7, 8, 12, 13]), None), one(3, 6, 8));
        let two = [one(3, 6, 8), one(3, 12, 14)].concat();
        assert_eq!(alerts(&x(&[6, 7, 8, 12, 13, 14]), None), two);
        let split = [at(6, &["x"]), at(7, &["x"]), at(8, &["y"])];
        assert_eq!(alerts(&split, None), []);
        let both: Vec<Document> = (6..9).map(|minute| at(minute, &["x", "y"])).collect();
        let keys: Vec<String> = alerts(&both, None).into_iter().map(|one| one.0).collect();
        assert_eq!(keys, ["x", "y"]);
        let without: Vec<Document> = (6..11).map(|minute| at(minute, &[])).collect();
        assert_eq!(alerts(&without, None), []);
        assert_eq!(alerts(&x(&[6, 7, 8]), Some(2)), []);
        assert_eq!(alerts(&x(&[6, 7, 8]), Some(1)), one(3, 6, 8));
    }

    #[test]
    fn a_document_of_two_groups_is_left_out_of_both_once_one_has_alerted() {
        let documents = [
            at(6, &["a"]),
            at(7, &["a"]),
            at(8, &["a", "b"]),
            at(11, &["b"]),
            at(12, &["b"]),
        ];
        let found = alerts(&documents, None);
        assert_eq!(found, [("a".to_owned(), 3, 6, 8)]);
    }

    #[test]
    fn groups_beyond_max_signals_are_cut_in_the_order_of_their_keys() {
        let documents: Vec<Document> = ["b", "a", "c"]
            .iter()
            .flat_map(|key| (1..4).map(|minute| at(minute, &[key])))
            .collect();
        let execution = Execution {
            start: 5 * MINUTE,
            from: 0,
            to: 5 * MINUTE,
        };
        let threshold = Threshold {
            count: 3,
            cardinality: None,
        };
        let numbered = documents.iter().enumerate();
        let mut open = OpenGroups::new(None, 2);
        let mut history = History::default();
        let counting = execute(execution, numbered, threshold, &mut history, &mut open);
        let keys = |buckets: &[Bucket]| {
            let keys = buckets.iter().map(|bucket| bucket.key.clone());
            keys.collect::<Vec<_>>()
        };
        assert_eq!(keys(&counting.alerts), [[term("a")], [term("b")]]);
        assert_eq!(keys(&counting.cut), [[term("c")]]);
    }

    #[test]
    fn without_groups_all_documents_are_one_bucket() {
        let mut documents: Vec<Document> = (6..9).map(|minute| at(minute, &[])).collect();
        for document in &mut documents {
            document.counted.keys = vec![Vec::new().into()];
        }
        assert_eq!(alerts(&documents, None), [(String::new(), 3, 6, 8)]);
    }
}
