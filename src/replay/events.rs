//! Events of a running test run, and its cancellation: for progress, streaming reports and
//! `--fail-fast`.

use super::outcome::{Check, CheckKey, ScenarioOutcome};

/// Something that happened during a run.
#[derive(Debug, Clone, Copy)]
#[non_exhaustive]
pub enum RunEvent<'a> {
    /// A check is about to be evaluated.
    CheckStarted(&'a CheckKey),
    /// A check has its verdict.
    CheckFinished(&'a Check),
    /// All checks of a scenario that run have their verdict.
    ScenarioFinished(&'a ScenarioOutcome),
}

/// Receives the events of a run. Scenarios run at the same time, so events of different scenarios
/// come from any thread and in any order; those of one scenario come in order, source by source.
pub trait Receiver: Sync {
    /// Takes an event.
    fn receive(&self, event: RunEvent<'_>);
}

/// A receiver that ignores every event.
#[derive(Debug, Clone, Copy)]
pub struct Ignore;

impl Receiver for Ignore {
    fn receive(&self, _: RunEvent<'_>) {}
}
