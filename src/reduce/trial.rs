//! Replays a sketch as `trapline test` would and compares the outcome with the recording's.

use super::Request;
use crate::data_source::{Catalogue, DataSource};
use crate::diagnostic::no_scenario::StoppingClauses;
use crate::replay::dry_run::{self, DryRunError, DryRunPlace};
use crate::replay::outcome::{Check, Observed};
use crate::replay::reason::Reason;
use crate::replay::{Subject, Verdict};
use crate::scenario::write::Sketch;

/// The structural word for an event that took the partial sequence, whatever it is called.
pub(super) const TAKEN: &str = "taken by";

/// What a scenario tells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TrialOutcome {
    /// The rule alerts on all of its events.
    Alerted,
    /// The rule does not alert, because of these clauses.
    Stopped(StoppingClauses),
}

/// Why a scenario does not show what the recording shows.
#[derive(Debug, Clone)]
pub enum TrialFailure {
    /// It cannot be replayed.
    NotRehearsed(DryRunError),
    /// Nothing of it runs on this source.
    NotRun(String),
    /// A check of it does not pass.
    Judged {
        /// The verdict.
        verdict: Verdict,
        /// Why.
        reason: Option<Reason>,
    },
    /// Other clauses stop it.
    StoppedBy(StoppingClauses),
    /// It alerts and should not, or on other events.
    Other,
}

impl From<DryRunError> for TrialFailure {
    fn from(why: DryRunError) -> Self {
        Self::NotRehearsed(why)
    }
}

/// Runs sketches of a scenario and compares what they give with what is expected.
pub(super) struct Trials<'a> {
    subject: &'a Subject,
    catalogue: &'a Catalogue,
    source: &'a DataSource,
    expected: TrialOutcome,
    place: DryRunPlace<'a>,
    count: usize,
}

impl<'a> Trials<'a> {
    pub(super) fn new(
        request: &Request<'a>,
        source: &'a DataSource,
        expected: TrialOutcome,
    ) -> Self {
        Self {
            subject: request.subject,
            catalogue: request.catalogue,
            source,
            expected,
            place: request.place,
            count: 0,
        }
    }

    /// How many were tried.
    pub(super) fn count(&self) -> usize {
        self.count
    }

    /// Whether the sketch tells it.
    pub(super) fn holds(&mut self, sketch: &Sketch) -> bool {
        self.must_hold(sketch).is_ok()
    }

    /// Like [`Self::holds`], with the reason of a failure.
    pub(super) fn must_hold(&mut self, sketch: &Sketch) -> Result<(), TrialFailure> {
        self.count += 1;
        let checks = self.replay(sketch)?;
        let wanted = sketch.cases.first().map_or(&sketch.name, |case| &case.name);
        for check in &checks {
            if check.verdict != Verdict::Passed {
                return Err(TrialFailure::Judged {
                    verdict: check.verdict,
                    reason: check.reason.clone(),
                });
            }
        }
        let check = checks.iter().find(|check| check.key.case == *wanted);
        match check.and_then(outcome) {
            Some(outcome) if outcome == self.expected => Ok(()),
            Some(TrialOutcome::Stopped(by)) => Err(TrialFailure::StoppedBy(by)),
            _ => Err(TrialFailure::Other),
        }
    }

    /// Whether the rule alerts on the sketch's attack.
    pub(super) fn alerts(&mut self, sketch: &Sketch) -> bool {
        self.count += 1;
        let checks = self.replay(sketch).unwrap_or_default();
        let alerts = |check: &Check| {
            check.verdict == Verdict::Passed && outcome(check) == Some(TrialOutcome::Alerted)
        };
        !checks.is_empty() && checks.iter().all(alerts)
    }

    /// What the sketch shows, in a few words.
    pub(super) fn shows(&self, sketch: &Sketch) -> String {
        match &self.expected {
            TrialOutcome::Alerted => {
                let labels: Vec<&str> = sketch.events.iter().map(|e| e.label.as_str()).collect();
                format!("alert {}", labels.join(", "))
            }
            TrialOutcome::Stopped(by) => format!("no alert: {by}"),
        }
    }

    /// The checks on the source.
    fn replay(&self, sketch: &Sketch) -> Result<Vec<Check>, TrialFailure> {
        let text = sketch.text();
        let rehearsed = dry_run::run(self.subject, self.catalogue, self.place, &text, false)?;
        let outcomes = rehearsed.into_iter().map(|(outcome, _)| outcome.checks);
        let mut checks: Vec<Check> = outcomes.flatten().collect();
        checks.retain(|check| check.key.source == self.source.name);
        if checks.is_empty() {
            return Err(TrialFailure::NotRun(self.source.name.clone()));
        }
        Ok(checks)
    }
}

fn outcome(check: &Check) -> Option<TrialOutcome> {
    match &check.observed {
        Observed::Alert(_) => Some(TrialOutcome::Alerted),
        Observed::None(none) => {
            let clauses = none.causes.iter().map(|cause| {
                if cause.clause.starts_with(TAKEN) {
                    TAKEN.to_owned()
                } else {
                    cause.clause.clone()
                }
            });
            Some(TrialOutcome::Stopped(StoppingClauses(clauses.collect())))
        }
        _ => None,
    }
}
