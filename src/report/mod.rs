//! Say what a run gave: one file for each format. A reporter never decides a verdict; it reads an
//! [`Outcome`] and the changes of the snapshots, and writes.

pub mod hits;
pub mod check;
pub mod comparison;
pub mod coverage;
pub mod explain;
mod finding;
pub mod github;
pub mod html;
pub mod json;
pub mod junit;
pub mod markdown;
mod markup;
pub mod mutation;
mod recorded;
mod rules;
pub mod sarif;
pub mod noise;
pub mod terminal;

use crate::replay::outcome::{Check, Outcome};
use crate::snapshot::{Change, Class};

/// What every format reads.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// What the run gave.
    pub outcome: &'a Outcome,
    /// The changes that were not accepted, worst first, those that contradict their scenario
    /// included.
    pub changes: &'a [Change],
    /// The changes that this run accepted.
    pub accepted: &'a [Change],
    /// Whether what is not proven, open or not implemented fails.
    pub strict: bool,
}

impl View<'_> {
    /// Whether the run fails with this check.
    pub fn fails(&self, check: &Check) -> bool {
        check.verdict.fails_run(self.strict)
    }

    /// The changes that wait for a review: a change whose check fails is told there.
    pub fn reviewable(&self) -> impl Iterator<Item = &Change> {
        self.changes.iter().filter(|change| !change.contradicts)
    }

    /// Whether anything but an addition changed.
    pub fn changed(&self) -> bool {
        self.changes
            .iter()
            .any(|change| change.class != Class::Added)
    }
}
