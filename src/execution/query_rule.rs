//! Query rules over consecutive executions: the oldest events first, past those that have an alert,
//! or an alert for each bucket of the fields that alerts are suppressed by
//! (`search_after_bulk_create_factory.ts`).

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use super::replayed::Execution;
use super::suppress::{Group, HitOutcome, OpenGroups};
use super::window::Arrival;
use crate::evaluate::term::Term;

/// A document that meets the rule's query, filters and exceptions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// The terms of each field that alerts are suppressed by.
    pub groups: Vec<Vec<Term>>,
    /// When it can be found.
    pub arrival: Arrival,
}

/// What one execution gives, the documents by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Paging {
    /// Those of which alerts are made; one of several buckets makes several.
    pub alerts: Vec<usize>,
    /// Those that only go under an alert.
    pub suppressed: Vec<usize>,
    /// Those beyond `max_signals`.
    pub cut: Vec<usize>,
}

/// One value for each field, `None` for a field that is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Key(Vec<Option<Term>>);

/// A missing field comes last.
impl Ord for Key {
    fn cmp(&self, other: &Self) -> Ordering {
        let rank = |term: &Option<Term>| term.is_none();
        let pairs = self.0.iter().zip(&other.0);
        let orders = pairs.map(|(a, b)| rank(a).cmp(&rank(b)).then_with(|| a.cmp(b)));
        orders.fold(Ordering::Equal, Ordering::then)
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Key {
    /// The buckets that a document is in: every combination of its values.
    fn of(document: &Document) -> Vec<Self> {
        let mut keys = vec![Vec::new()];
        for terms in &document.groups {
            let mut values: Vec<Option<Term>> = terms.iter().cloned().map(Some).collect();
            if values.is_empty() {
                values.push(None);
            }
            let longer = keys.iter().flat_map(|start: &Vec<Option<Term>>| {
                values.iter().map(|value| {
                    let mut longer = start.clone();
                    longer.push(value.clone());
                    longer
                })
            });
            keys = longer.collect();
        }
        keys.into_iter().map(Self).collect()
    }

    fn group(&self) -> Group {
        let terms = self.0.iter();
        let text = |term: &Option<Term>| term.as_ref().map(|term| vec![term.to_string()]);
        terms.map(text).collect()
    }
}

/// What earlier executions alerted on.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Documents with an alert of their own.
    alerted: BTreeSet<usize>,
    /// The time of the latest document of each bucket.
    buckets: BTreeMap<Key, i64>,
}

impl Known {
    /// How many documents are remembered.
    pub fn count(&self) -> usize {
        self.alerted.len()
    }

    /// Forgets the documents of lower numbers: none of them is found again.
    pub fn forget_before(&mut self, number: usize) {
        self.alerted = self.alerted.split_off(&number);
    }

    /// Whether a document belongs to a bucket that was alerted on up to its time. It is then left
    /// out of all its buckets, because Kibana excludes documents.
    fn has(&self, document: &Document, time: i64) -> bool {
        let known = |key: &Key| self.buckets.get(key).is_some_and(|end| time <= *end);
        !self.buckets.is_empty() && Key::of(document).iter().any(known)
    }
}

/// Runs one execution over documents, each with its number, and remembers what it alerted on. Those
/// of one time are taken in the order in which they come.
pub fn execute<'d>(
    execution: Execution,
    documents: impl Iterator<Item = (usize, &'d Document)>,
    known: &mut Known,
    open: &mut OpenGroups<'_>,
) -> Paging {
    open.begin(execution.start);
    let time = |document: &Document| document.arrival.time.unwrap_or_default();
    let mut seen: Vec<(usize, &Document)> = documents
        .filter(|(_, document)| execution.sees(document.arrival))
        .collect();
    seen.sort_by_key(|(_, document)| time(document));
    let mut paging = Paging::default();
    let mut left = open.max_signals();
    if let Some(suppression) = open.suppression() {
        known.buckets.retain(|_, end| *end >= execution.from);
        seen.retain(|(_, document)| !known.has(document, time(document)));
        let is_grouped = |(_, document): &(usize, &Document)| {
            let missing = document.groups.iter().any(Vec::is_empty);
            suppression.group_missing || !missing
        };
        let (grouped, single): (Vec<_>, Vec<_>) = seen.into_iter().partition(is_grouped);
        let buckets = by_bucket(&grouped, known, open, &mut paging);
        (seen, left) = (single, left - buckets);
    }
    for (number, _) in seen {
        if known.alerted.contains(&number) {
            continue;
        }
        if left == 0 {
            paging.cut.push(number);
            continue;
        }
        left -= 1;
        known.alerted.insert(number);
        paging.alerts.push(number);
    }
    paging
}

/// An alert for each bucket, of its earliest document, in the order of the keys: no more buckets
/// than `max_signals` are looked at. How many were.
fn by_bucket(
    documents: &[(usize, &Document)],
    known: &mut Known,
    open: &mut OpenGroups<'_>,
    paging: &mut Paging,
) -> usize {
    let mut buckets: BTreeMap<Key, Vec<(usize, i64)>> = BTreeMap::new();
    for (number, document) in documents {
        let time = document.arrival.time.unwrap_or_default();
        for key in Key::of(document) {
            buckets.entry(key).or_default().push((*number, time));
        }
    }
    let looked_at = buckets.len().min(open.max_signals());
    let (mut others, mut cut) = (Vec::new(), Vec::new());
    for (place, (key, own)) in buckets.into_iter().enumerate() {
        let numbers = own.iter().map(|(number, _)| *number);
        let outcome = if place < looked_at {
            open.in_group(key.group())
        } else {
            HitOutcome::Cut
        };
        match outcome {
            HitOutcome::Alert => {
                paging.alerts.extend(numbers.clone().take(1));
                others.extend(numbers.skip(1));
            }
            HitOutcome::Suppressed => others.extend(numbers),
            HitOutcome::Cut => {
                cut.extend(numbers);
                continue;
            }
        }
        let end = own.iter().map(|(_, time)| *time).max();
        known.buckets.extend(end.map(|end| (key, end)));
    }
    others.retain(|number| !paging.alerts.contains(number));
    others.sort_unstable();
    others.dedup();
    cut.retain(|number| !paging.alerts.contains(number) && !others.contains(number));
    cut.sort_unstable();
    cut.dedup();
    (paging.suppressed, paging.cut) = (others, cut);
    looked_at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::Value;
    use crate::rule::Suppression;

    const MINUTE: i64 = 60_000;

    /// A document at a minute with these values in each of the fields.
    fn at(minute: i64, fields: &[&[&str]]) -> Document {
        let time = minute * MINUTE;
        let terms = |values: &&[&str]| {
            let terms = values.iter().map(|value| Term::new(Value::text(value)));
            terms.collect()
        };
        Document {
            groups: fields.iter().map(terms).collect(),
            arrival: Arrival {
                time: Some(time),
                arrived: time,
            },
        }
    }

    fn by(fields: &[&str]) -> Suppression {
        Suppression {
            group_by: fields.iter().map(ToString::to_string).collect(),
            duration: None,
            group_missing: true,
        }
    }

    /// What the executions at these minutes, each over ten, alert on, suppress and cut.
    fn run(
        documents: &[Document],
        minutes: &[i64],
        suppression: Option<&Suppression>,
        max_signals: usize,
    ) -> Vec<Paging> {
        let (mut known, mut open) = (Known::default(), OpenGroups::new(suppression, max_signals));
        let starts = minutes.iter().map(|minute| minute * MINUTE);
        let executions = starts.map(|start| Execution {
            start,
            from: start - 10 * MINUTE,
            to: start,
        });
        let numbered = || documents.iter().enumerate();
        executions
            .map(|execution| execute(execution, numbered(), &mut known, &mut open))
            .collect()
    }

    fn alerts(documents: &[Document], minutes: &[i64], by: &Suppression) -> Vec<Vec<usize>> {
        let found = run(documents, minutes, Some(by), 100);
        found.into_iter().map(|one| one.alerts).collect()
    }

    #[test]
    fn the_oldest_come_first_and_the_next_execution_goes_on_behind_them() {
        let burst: Vec<Document> = (0..5).rev().map(|minute| at(minute, &[])).collect();
        let found = run(&burst, &[5, 10, 15], None, 2);
        assert_eq!(found[0].alerts, [4, 3]);
        assert_eq!(found[0].cut, [2, 1, 0]);
        assert_eq!(found[1].alerts, [2, 1]);
        assert_eq!(found[1].cut, [0]);
        assert_eq!(found[2], Paging::default());
        let exactly = run(&burst[..2], &[5], None, 2);
        assert_eq!((exactly[0].alerts.len(), exactly[0].cut.len()), (2, 0));
    }

    #[test]
    fn a_bucket_is_one_alert_of_its_earliest_document() {
        let documents = [
            at(3, &[&["b"]]),
            at(1, &[&["b"]]),
            at(2, &[&["a"]]),
            at(4, &[&[]]),
        ];
        let found = run(&documents, &[5], Some(&by(&["u"])), 100);
        assert_eq!(found[0].alerts, [2, 1, 3]);
        assert_eq!(found[0].suppressed, [0]);
    }

    #[test]
    fn a_document_is_in_the_bucket_of_each_of_its_values() {
        let documents = [at(1, &[&["a", "b"], &["1", "2"]]), at(2, &[&["a"], &["1"]])];
        let found = run(&documents, &[5], Some(&by(&["u", "h"])), 100);
        assert_eq!(found[0].alerts, [0, 0, 0, 0]);
        assert_eq!(found[0].suppressed, [1]);
    }

    #[test]
    fn what_lacks_a_field_alerts_by_itself_where_it_is_not_suppressed() {
        let documents = [at(1, &[&[]]), at(2, &[&[]]), at(3, &[&["a"]])];
        let mut single = by(&["u"]);
        single.group_missing = false;
        assert_eq!(
            alerts(&documents, &[5, 10], &single),
            [vec![2, 0, 1], vec![]]
        );
        assert_eq!(alerts(&documents, &[5], &by(&["u"])), [vec![2, 0]]);
        let found = run(&documents, &[5], Some(&single), 2);
        assert_eq!((&*found[0].alerts, &*found[0].cut), (&[2, 0][..], &[1][..]));
    }

    #[test]
    fn a_bucket_begins_anew_behind_its_last_document() {
        let documents = [at(1, &[&["a"]]), at(4, &[&["a"]]), at(7, &[&["a"]])];
        assert_eq!(
            alerts(&documents, &[5, 10], &by(&["u"])),
            [vec![0], vec![2]]
        );
        // A late document with a time before the end of its bucket is never found.
        let mut late = at(3, &[&["a"]]);
        late.arrival.arrived = 6 * MINUTE;
        let documents = [at(1, &[&["a"]]), at(4, &[&["a"]]), late];
        assert_eq!(alerts(&documents, &[5, 10], &by(&["u"])), [vec![0], vec![]]);
    }

    #[test]
    fn an_alert_takes_up_what_comes_while_it_lasts() {
        let documents: Vec<Document> = [1, 7, 12, 17].map(|minute| at(minute, &[&["a"]])).into();
        let mut lasting = by(&["u"]);
        lasting.duration = Some(10 * MINUTE);
        let found = alerts(&documents, &[5, 10, 15, 20], &lasting);
        assert_eq!(found, [vec![0], vec![], vec![], vec![3]]);
    }

    #[test]
    fn no_more_buckets_than_max_signals_are_looked_at() {
        let documents = ["c", "a", "b"].map(|user| at(1, &[&[user]]));
        let found = run(&documents, &[5, 10], Some(&by(&["u"])), 2);
        assert_eq!((&*found[0].alerts, &*found[0].cut), (&[1, 2][..], &[0][..]));
        assert_eq!(found[1].alerts, [0]);
    }
}
