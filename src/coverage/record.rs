//! Collects the decisions of the checks by clause.

use std::collections::BTreeMap;

use crate::plan::ClauseName;
use crate::replay::outcome::Verdict;
use crate::replay::trace::CheckTrace;

/// The checks that a clause decided.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Decisions {
    /// Of those that alerted.
    pub alert: DecidedChecks,
    /// Of those that did not.
    pub none: DecidedChecks,
}

/// Checks that a clause decided with one outcome.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DecidedChecks {
    /// How many.
    pub count: usize,
    /// How many of them had another clause waived.
    pub waived: usize,
    /// How many of them force a field that the sensor pins.
    pub forced: usize,
    /// The first of them, its key in words.
    pub first: Option<String>,
}

impl DecidedChecks {
    fn note(&mut self, check: &CheckTrace) {
        self.count += 1;
        self.waived += usize::from(check.waived.is_some());
        self.forced += usize::from(check.forced);
        if self.first.is_none() {
            self.first = Some(check.key.to_string());
        }
    }

    fn add(&mut self, other: &Self) {
        self.count += other.count;
        self.waived += other.waived;
        self.forced += other.forced;
        if self.first.is_none() {
            self.first.clone_from(&other.first);
        }
    }

    /// What all of them have in common that a reader should know.
    pub fn mark(&self) -> Option<&'static str> {
        match self.count {
            0 => None,
            all if self.forced == all => Some("forced"),
            all if self.waived == all => Some("waived"),
            all if self.waived + self.forced >= all => Some("forced or waived"),
            _ => None,
        }
    }
}

impl Decisions {
    /// Adds those of another scenario.
    pub fn add(&mut self, other: &Self) {
        self.alert.add(&other.alert);
        self.none.add(&other.none);
    }
}

/// The decisions by clause. A check from which nothing can be learnt decides nothing.
pub(super) fn decisions(checks: &[CheckTrace]) -> BTreeMap<ClauseName, Decisions> {
    let mut decisions: BTreeMap<ClauseName, Decisions> = BTreeMap::new();
    for check in checks.iter().filter(|check| learns(check)) {
        for decided in check.decided.iter().chain(&check.settings) {
            let of_clause = decisions.entry(decided.clause.clone()).or_default();
            if decided.matched {
                of_clause.alert.note(check);
            } else {
                of_clause.none.note(check);
            }
        }
    }
    decisions
}

fn learns(check: &CheckTrace) -> bool {
    check.verdict != Verdict::Invalid
}
