//! The outcome of a whole run: decides the headline of every report and the exit code.

use super::ExitCode;
use super::gates::MissedGate;
use crate::diagnostic::Diagnostic;
use crate::replay::outcome::{Outcome, Verdict};
use crate::snapshot::{Change, Class};

/// How a run ended, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Conclusion {
    /// A person ended it.
    Interrupted,
    /// No check was selected.
    NothingSelected,
    /// Something could not be loaded or, under `--strict`, cannot be run.
    NotLoaded,
    /// A check does not do what its scenario expects.
    Failed,
    /// Behaviour differs from what is recorded.
    Changed,
    /// The checks hold and a gate is missed.
    GateMissed,
    /// Checks wait to be recorded for the first time.
    Added,
    /// All is as expected and as recorded.
    Passed,
}

/// The inputs of a conclusion.
#[derive(Debug, Clone, Copy)]
pub struct ConclusionInputs<'a> {
    /// The checks and the rules.
    pub outcome: &'a Outcome,
    /// The changes against the snapshots that were not accepted.
    pub changes: &'a [Change],
    /// What could not be loaded.
    pub problems: &'a [Diagnostic],
    /// The gates that were missed.
    pub gates: &'a [MissedGate],
    /// Whether outcomes that are not proven, open or not implemented fail.
    pub strict: bool,
    /// Whether a run without a check is one that had nothing to do.
    pub may_be_empty: bool,
    /// Whether a person ended the run.
    pub interrupted: bool,
}

impl Conclusion {
    /// All conclusions, worst first.
    pub const ALL: [Self; 8] = [
        Self::Interrupted,
        Self::NothingSelected,
        Self::NotLoaded,
        Self::Failed,
        Self::Changed,
        Self::GateMissed,
        Self::Added,
        Self::Passed,
    ];

    /// Draws the conclusion of a run.
    pub fn of(evidence: &ConclusionInputs<'_>) -> Self {
        let ConclusionInputs {
            outcome,
            changes,
            strict,
            ..
        } = *evidence;
        let empty = outcome.checks().next().is_none();
        let not_run = strict
            && (outcome.count(Verdict::Unsupported) > 0
                || outcome.rules.count("not loaded") > 0
                || outcome.unshaped().next().is_some());
        let fails = |verdict: Verdict| verdict.fails_run(strict) && verdict != Verdict::Unsupported;
        let failed = outcome.checks().any(|check| fails(check.verdict));
        if evidence.interrupted {
            Self::Interrupted
        } else if !evidence.problems.is_empty() || not_run {
            Self::NotLoaded
        } else if empty && !evidence.may_be_empty {
            Self::NothingSelected
        } else if failed {
            Self::Failed
        } else if changes.iter().any(|change| change.class != Class::Added) {
            Self::Changed
        } else if !evidence.gates.is_empty() {
            Self::GateMissed
        } else if !changes.is_empty() {
            Self::Added
        } else {
            Self::Passed
        }
    }

    /// The exit code.
    pub fn exit_code(self) -> ExitCode {
        match self {
            Self::Interrupted => ExitCode::Interrupted,
            Self::NothingSelected => ExitCode::NothingSelected,
            Self::NotLoaded => ExitCode::NotLoaded,
            Self::Failed | Self::Changed => ExitCode::Failed,
            Self::GateMissed => ExitCode::GateMissed,
            Self::Added => ExitCode::NewSnapshots,
            Self::Passed => ExitCode::Passed,
        }
    }

    /// The word for it, as in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Interrupted => "interrupted",
            Self::NothingSelected => "nothing selected",
            Self::NotLoaded => "not loaded",
            Self::Failed => "failed",
            Self::Changed => "changed",
            Self::GateMissed => "gate missed",
            Self::Added => "added",
            Self::Passed => "passed",
        }
    }
}
