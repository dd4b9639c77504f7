//! Classifies the changes between two snapshots, worst first.

use super::{Case, Current, Record, Snapshot};
use crate::replay::outcome::CheckKey;

/// The class of a change, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Class {
    /// An alert is gone.
    Lost,
    /// There is an alert that was not there.
    New,
    /// Data sources that behaved alike now differ.
    Split,
    /// Something else stops it now.
    Reason,
    /// The same outcome, with other values.
    Content,
    /// A case or source that was not recorded yet.
    Added,
    /// A recorded case or source that is gone.
    Removed,
}

impl Class {
    /// All classes, worst first.
    pub const ALL: [Self; 7] = [
        Self::Lost,
        Self::New,
        Self::Split,
        Self::Reason,
        Self::Content,
        Self::Added,
        Self::Removed,
    ];

    /// The word for it, as in JSON and in `--accept=…`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Lost => "lost",
            Self::New => "new",
            Self::Split => "split",
            Self::Reason => "reason",
            Self::Content => "content",
            Self::Added => "added",
            Self::Removed => "removed",
        }
    }
}

/// One change of behaviour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The check.
    pub key: CheckKey,
    /// The class.
    pub class: Class,
    /// The entry as it was recorded; `None` for an addition.
    pub before: Option<String>,
    /// The entry as it is now; `None` for a removal.
    pub after: Option<String>,
    /// The check fails: the change contradicts the scenario and cannot be accepted.
    pub contradicts: bool,
    /// It is the rule's line that changed, not the check.
    pub header: bool,
}

/// How much of a scenario file ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Every check; one that is recorded and did not run is gone.
    All,
    /// A selection; what did not run stays as it is recorded.
    Selected,
}

/// The changes of one scenario file, worst first, in file order within a class. An addition that
/// contradicts its scenario is not a change: the check fails, and nothing is recorded.
pub fn compare(old: Option<&Snapshot>, current: &Current, scope: Scope) -> Vec<Change> {
    let new = &current.snapshot;
    let mut changes = Vec::new();
    if let Some(old) = old {
        changes.extend(header_change(old, new));
    }
    for case in &new.cases {
        let old_case = old.and_then(|old| old.case(&case.name));
        for record in &case.records {
            let place = (case.name.clone(), record.source.clone());
            let contradicts = current.failing.contains(&place);
            let before = old_case.and_then(|old| find(old, &record.source));
            let class = match (before, old_case) {
                (Some(before), Some(old_case)) => class(before, record, old_case, case),
                _ if contradicts => None,
                _ => Some(Class::Added),
            };
            changes.extend(class.map(|class| Change {
                key: key(new, &case.name, &record.source),
                class,
                before: before.map(Record::text),
                after: Some(record.text()),
                contradicts,
                header: false,
            }));
        }
    }
    if let (Some(old), Scope::All) = (old, scope) {
        changes.extend(removals(old, new));
    }
    changes.sort_by_key(|change| change.class);
    changes
}

fn class(before: &Record, after: &Record, old: &Case, new: &Case) -> Option<Class> {
    if before == after {
        return None;
    }
    // Between a plain and a waived run only what alerts in production counts.
    let alerts = |record: &Record| {
        if before.waived == after.waived {
            record.all_alerts()
        } else {
            record.alerts()
        }
    };
    Some(match alerts(after).cmp(&alerts(before)) {
        std::cmp::Ordering::Less => Class::Lost,
        std::cmp::Ordering::Greater => Class::New,
        std::cmp::Ordering::Equal if splits(before, after, old, new) => Class::Split,
        std::cmp::Ordering::Equal if reason(before) != reason(after) => Class::Reason,
        std::cmp::Ordering::Equal => Class::Content,
    })
}

/// Whether another source had the same facts before and has not now.
fn splits(before: &Record, after: &Record, old: &Case, new: &Case) -> bool {
    old.records
        .iter()
        .filter(|other| other.source != before.source && other.facts == before.facts)
        .filter_map(|other| find(new, &other.source))
        .any(|other| other.facts != after.facts)
}

/// The facts that say why there is no alert.
fn reason(record: &Record) -> Vec<(&str, &str)> {
    let says_why = [
        "none",
        "blocker",
        "vacuous",
        "uncertain",
        "unverifiable",
        "unsupported",
    ];
    record
        .facts
        .iter()
        .filter(|fact| says_why.contains(&fact.key.as_str()))
        .map(|fact| (fact.key.as_str(), fact.value.as_str()))
        .collect()
}

/// The rule's name, severity or risk changed: said once, under the first case.
fn header_change(old: &Snapshot, new: &Snapshot) -> Option<Change> {
    let (before, after) = new.cases.iter().find_map(|case| {
        let before = old.case(&case.name)?;
        (before.header != case.header).then_some((before, case))
    })?;
    let source = after
        .records
        .first()
        .map_or("", |record| record.source.as_str());
    Some(Change {
        key: key(new, &after.name, source),
        class: Class::Content,
        before: Some(format!("{}\n", before.header)),
        after: Some(format!("{}\n", after.header)),
        contradicts: false,
        header: true,
    })
}

fn removals(old: &Snapshot, new: &Snapshot) -> Vec<Change> {
    let mut removals = Vec::new();
    for case in &old.cases {
        let gone = case
            .records
            .iter()
            .filter(|record| new.record(&case.name, &record.source).is_none());
        removals.extend(gone.map(|record| Change {
            key: key(new, &case.name, &record.source),
            class: Class::Removed,
            before: Some(record.text()),
            after: None,
            contradicts: false,
            header: false,
        }));
    }
    removals
}

fn find<'a>(case: &'a Case, source: &str) -> Option<&'a Record> {
    case.records.iter().find(|record| record.source == source)
}

fn key(snapshot: &Snapshot, case: &str, source: &str) -> CheckKey {
    CheckKey {
        scenario: snapshot.scenario.clone(),
        case: case.to_owned(),
        source: source.to_owned(),
    }
}
