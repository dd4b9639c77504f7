//! Selects the changes to accept and builds the new snapshot. It writes no file.

use std::collections::BTreeSet;

use super::{Case, Change, Class, Current, Record, Snapshot, error, format};
use crate::diagnostic::snapshot::BadAccept;
use crate::diagnostic::{Diagnostic, suggest};

/// The requested acceptance.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Accept {
    classes: BTreeSet<Class>,
    keys: Vec<String>,
    rebuild: bool,
}

impl Accept {
    /// What `--accept` takes without a list: nothing that changes whether there is an alert.
    pub fn harmless() -> Self {
        Self {
            classes: BTreeSet::from([Class::Reason, Class::Content, Class::Added]),
            keys: Vec::new(),
            rebuild: false,
        }
    }

    /// Reads the list of `--accept=LIST`: classes separated by commas, `all`, or one KEY.
    pub fn parse(list: &str) -> Result<Self, Box<Diagnostic>> {
        let mut accept = Self::default();
        if list.contains("::") {
            accept.keys.push(list.to_owned());
            return Ok(accept);
        }
        for word in list.split(',').map(str::trim) {
            let known = Class::ALL
                .into_iter()
                .find(|class| class.word().eq_ignore_ascii_case(word));
            if let Some(class) = known {
                accept.classes.insert(class);
            } else if word.eq_ignore_ascii_case("all") {
                accept.classes.extend(Class::ALL);
                accept.rebuild = true;
            } else {
                return Err(Box::new(unknown(word)));
            }
        }
        Ok(accept)
    }

    /// These checks, by their keys.
    pub fn keys(keys: impl IntoIterator<Item = String>) -> Self {
        Self {
            keys: keys.into_iter().collect(),
            ..Self::default()
        }
    }

    /// Both wishes in one.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        self.classes.extend(other.classes);
        self.keys.extend(other.keys);
        self.rebuild |= other.rebuild;
        self
    }

    /// Whether a snapshot that cannot be read may be written anew (`--accept=all`).
    pub fn rebuilds(&self) -> bool {
        self.rebuild
    }

    /// Whether every change of this class is taken.
    pub(crate) fn takes_class(&self, class: Class) -> bool {
        self.classes.contains(&class)
    }

    /// Whether the change is taken. One that contradicts its scenario never is.
    pub(crate) fn takes(&self, change: &Change) -> bool {
        let named = || self.keys.iter().any(|key| change.key.matches(key));
        !change.contradicts && (self.classes.contains(&change.class) || named())
    }
}

fn unknown(word: &str) -> Diagnostic {
    let words = Class::ALL.map(Class::word);
    let near = suggest::nearest(word, words.into_iter().chain(["all"]));
    let cause = BadAccept::Unknown {
        name: word.to_owned(),
        suggestion: near.map(str::to_owned),
        known: words.join(", "),
    };
    Diagnostic::of(&error::BAD_ACCEPT, &cause)
}

/// The bytes to write for one scenario file.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Resolution {
    /// The new text of the snapshot; `None` when it stays as it is.
    pub snapshot: Option<String>,
    /// The text that waits for a review; `None` when nothing waits and a pending file is removed.
    pub pending: Option<String>,
    /// The changes that were taken.
    pub accepted: Vec<Change>,
    /// The changes that were not, those that contradict the scenario included.
    pub open: Vec<Change>,
}

/// Takes the changes that `accept` names into the snapshot.
pub fn resolve(
    old: Option<&Snapshot>,
    current: &Current,
    changes: &[Change],
    accept: Option<&Accept>,
) -> Resolution {
    let (accepted, open): (Vec<Change>, Vec<Change>) = changes
        .iter()
        .cloned()
        .partition(|change| accept.is_some_and(|accept| accept.takes(change)));
    let waits: Vec<Change> = changes
        .iter()
        .filter(|change| !change.contradicts)
        .cloned()
        .collect();
    let text = |taken: &[Change]| format::text(&merge(old, &current.snapshot, taken, current));
    let waiting = open.iter().any(|change| !change.contradicts);
    Resolution {
        snapshot: (!accepted.is_empty()).then(|| text(&accepted)),
        pending: waiting.then(|| text(&waits)),
        accepted,
        open,
    }
}

/// The old snapshot with the `taken` changes applied, in the order of the new one. Changes that are
/// not taken, contradict the scenario or did not run leave their entries as they were.
fn merge(old: Option<&Snapshot>, new: &Snapshot, taken: &[Change], current: &Current) -> Snapshot {
    let taken = AcceptedChanges(taken);
    let mut cases = Vec::new();
    for case in &new.cases {
        let old_case = old.and_then(|old| old.case(&case.name));
        let records: Vec<Record> = case
            .records
            .iter()
            .filter_map(|record| {
                let before = old_case.and_then(|old| by_source(old, &record.source));
                let place = (case.name.clone(), record.source.clone());
                let fails = current.failing.contains(&place);
                let same = before == Some(record) && !fails;
                if same || taken.record(&case.name, &record.source) {
                    Some(record.clone())
                } else {
                    before.cloned()
                }
            })
            .collect();
        let header = match old_case {
            Some(old_case) if !taken.header() => old_case.header.clone(),
            _ => case.header.clone(),
        };
        let name = case.name.clone();
        cases.push(Case {
            header,
            name,
            records,
        });
    }
    if let Some(old) = old {
        keep_old(old, new, &taken, &mut cases);
    }
    cases.retain(|case| !case.records.is_empty());
    one_header(old, new, &taken, &mut cases);
    Snapshot {
        scenario: new.scenario.clone(),
        cases,
    }
}

/// Puts the records that are not in the new snapshot, and whose removal is not taken, back where
/// they stood.
fn keep_old(old: &Snapshot, new: &Snapshot, taken: &AcceptedChanges<'_>, cases: &mut Vec<Case>) {
    let mut after = 0;
    for old_case in &old.cases {
        let kept = old_case.records.iter().filter(|record| {
            new.record(&old_case.name, &record.source).is_none()
                && !taken.record(&old_case.name, &record.source)
        });
        let kept: Vec<&str> = kept.map(|record| record.source.as_str()).collect();
        let known = cases.iter().position(|case| case.name == old_case.name);
        let at = known.unwrap_or(after);
        if known.is_none() {
            if kept.is_empty() {
                continue;
            }
            let empty = Case {
                records: Vec::new(),
                ..old_case.clone()
            };
            cases.insert(at, empty);
        }
        after = at + 1;
        if let Some(case) = cases.get_mut(at) {
            weave(old_case, &kept, case);
        }
    }
}

/// Inserts the kept records behind the one that they stood behind.
fn weave(old: &Case, kept: &[&str], case: &mut Case) {
    let mut after = 0;
    for record in &old.records {
        let known = case
            .records
            .iter()
            .position(|other| other.source == record.source);
        if let Some(at) = known {
            after = at + 1;
        } else if kept.contains(&record.source.as_str()) {
            case.records.insert(after, record.clone());
            after += 1;
        }
    }
}

/// A case that did not run follows the other cases of its rule to the new line, or new cases stay
/// with the old one, so that the line is written once.
fn one_header(
    old: Option<&Snapshot>,
    new: &Snapshot,
    taken: &AcceptedChanges<'_>,
    cases: &mut [Case],
) {
    let Some(old) = old else { return };
    let pairs: Vec<(&str, &str)> = new
        .cases
        .iter()
        .filter_map(|case| {
            let before = &old.case(&case.name)?.header;
            (*before != case.header).then_some((before.as_str(), case.header.as_str()))
        })
        .collect();
    for case in cases {
        let pair = pairs
            .iter()
            .find(|(before, after)| case.header == if taken.header() { *before } else { *after });
        if let Some((before, after)) = pair {
            case.header = (if taken.header() { *after } else { *before }).to_owned();
        }
    }
}

fn by_source<'a>(case: &'a Case, source: &str) -> Option<&'a Record> {
    case.records.iter().find(|record| record.source == source)
}

/// The changes that are taken, by what they are about.
struct AcceptedChanges<'a>(&'a [Change]);

impl AcceptedChanges<'_> {
    fn record(&self, case: &str, source: &str) -> bool {
        self.0
            .iter()
            .any(|change| !change.header && change.key.case == case && change.key.source == source)
    }

    fn header(&self) -> bool {
        self.0.iter().any(|change| change.header)
    }
}
