//! Reports, one file per format. A report decides no verdict; it formats an [`Outcome`] and the
//! changes of the snapshots.

pub mod check;
pub mod compared;
pub mod comparison;
pub mod coverage;
mod decider;
pub mod explain;
mod explanation;
mod finding;
pub mod generated;
pub mod github;
pub mod glossary;
mod headline;
pub mod hits;
pub mod html;
pub mod json;
pub mod junit;
pub mod links;
pub mod markdown;
mod markup;
mod match_error;
pub mod mutation;
pub mod noise;
mod not_generated;
pub mod reason;
mod recorded;
pub mod rows;
mod rule_change;
mod rules;
pub mod sarif;
pub mod schema;
mod share;
pub mod terminal;
mod words;

use std::collections::BTreeSet;

use crate::diagnostic::Diagnostic;
use crate::project::{Conclusion, MissedGate, TestRun};
use crate::replay::outcome::{Check, Outcome};
use crate::rule_diff::RuleChange;
use crate::snapshot::Change;

/// The inputs of every format.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The outcome of the run.
    pub outcome: &'a Outcome,
    /// The changes that were not accepted, worst first, those that contradict their scenario
    /// included.
    pub changes: &'a [Change],
    /// The changes that this run accepted.
    pub accepted: &'a [Change],
    /// The load errors.
    pub problems: &'a [Diagnostic],
    /// The gates that were missed.
    pub gates: &'a [MissedGate],
    /// The rules that differ from the revision that a reader compares with; none where nobody asked
    /// for them.
    pub rules: &'a [RuleChange],
    /// Whether what is not proven, open or not implemented fails.
    pub strict: bool,
    /// How the run ended.
    pub conclusion: Conclusion,
}

impl<'a> From<&'a TestRun> for View<'a> {
    fn from(run: &'a TestRun) -> Self {
        Self {
            outcome: &run.outcome,
            changes: &run.compared.open,
            accepted: &run.compared.accepted,
            problems: &run.problems,
            gates: &run.gates,
            rules: &[],
            strict: run.strict,
            conclusion: run.conclusion(),
        }
    }
}

impl View<'_> {
    /// Whether the run fails with this check.
    pub fn fails(&self, check: &Check) -> bool {
        check.verdict.fails_run(self.strict)
    }

    /// The changes that wait for a review: a change whose check fails is reported with the check.
    pub fn reviewable(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.contradicts)
    }

    /// How many files could not be loaded; what has no place counts for itself.
    pub fn broken_files(&self) -> usize {
        let mut files = BTreeSet::new();
        let mut others = 0;
        for problem in self.problems {
            match problem.labels.first() {
                Some(label) => {
                    files.insert(label.source.name());
                }
                None => others += 1,
            }
        }
        files.len() + others
    }
}
