//! Runs what was loaded, compares it with the snapshots, and decides how the run ended.

use std::collections::BTreeSet;

use super::snapshot_files::{Compared, SnapshotPolicy};
use super::{ExitCode, Loaded, Project};
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::replay::outcome::{Check, Outcome, ScenarioOutcome};
use crate::replay::select::Selection;
use crate::replay::trace::Observed;
use crate::replay::{self, Options};
use crate::snapshot::Scope;

/// What to run of the loaded scenarios, and what a run may write.
#[derive(Debug, Clone, Default)]
pub struct Request<'a> {
    /// Only the checks that this expression selects.
    pub selection: Option<&'a Selection>,
    /// Only these data sources; all of them when empty.
    pub sources: &'a [String],
    /// How many threads; as many as there are cores when 0.
    pub jobs: usize,
    /// Leave out what comes after the first check that fails.
    pub fail_fast: bool,
    /// Fail on outcomes that are not proven, open or not implemented.
    pub strict: bool,
    /// Record what decided each check ([`TestRun::observed`]).
    pub observe: bool,
    /// What becomes of the snapshots.
    pub snapshots: SnapshotPolicy,
}

/// A finished run: all that reports and the exit code are made from.
#[derive(Debug, Default)]
pub struct TestRun {
    /// The checks of each scenario.
    pub outcome: Outcome,
    /// Files that could not be loaded, and warnings about those that could.
    pub diagnostics: Vec<Diagnostic>,
    /// How the outcome compares with the snapshots.
    pub compared: Compared,
    /// One entry a scenario, if the request asked to observe.
    pub observed: Vec<Observed>,
    /// Whether outcomes that are not proven, open or not implemented fail.
    pub strict: bool,
    /// The scenario files of which every check ran, by name.
    complete: BTreeSet<String>,
}

impl Project<'_> {
    /// Runs what was loaded.
    pub fn run(&self, loaded: Loaded, catalogue: &Catalogue, request: &Request<'_>) -> TestRun {
        let options = Options {
            selection: request.selection,
            sources: request.sources,
            keys: &loaded.keys,
            jobs: request.jobs,
        };
        let tests = loaded.tests();
        let (replayed, observed) = if request.observe {
            replay::observe(&tests, catalogue, self.files, &options)
        } else {
            let replayed = replay::run(&tests, catalogue, self.files, &options);
            (replayed, Vec::new())
        };
        let mut complete: BTreeSet<String> = loaded.names.iter().cloned().collect();
        for (test, partial) in tests.iter().zip(&replayed.partial) {
            if *partial {
                complete.remove(test.scenario_file);
            }
        }
        drop(tests);
        let mut scenarios = replayed.scenarios;
        if request.fail_fast {
            stop_at_first_failure(&mut scenarios, &mut complete, request.strict);
        }
        let mut diagnostics = loaded.diagnostics;
        diagnostics.extend(replayed.diagnostics);
        if loaded.whole {
            diagnostics.extend(self.unreferenced(&loaded.names));
        }
        let mut run = TestRun {
            outcome: Outcome {
                scenarios,
                rules: loaded.rules,
            },
            diagnostics,
            compared: Compared::default(),
            observed,
            strict: request.strict,
            complete,
        };
        run.compared = self.compare_run(&run, &request.snapshots);
        run
    }

    /// Compares a finished run with the snapshots, again after a review changed them.
    pub fn compare_run(&self, run: &TestRun, policy: &SnapshotPolicy) -> Compared {
        self.compare(&run.outcome, policy, |scenario: &str| {
            if run.complete.contains(scenario) {
                Scope::All
            } else {
                Scope::Selected
            }
        })
    }
}

impl TestRun {
    /// Whether no check ran.
    pub fn is_empty(&self) -> bool {
        self.outcome.checks().next().is_none()
    }

    /// How the run ended.
    pub fn exit_code(&self) -> ExitCode {
        let loading = ExitCode::of_loading(&self.diagnostics);
        if self.is_empty() {
            return match loading {
                ExitCode::Passed => ExitCode::NothingSelected,
                loading => loading,
            };
        }
        loading
            .and(ExitCode::of_loading(&self.compared.diagnostics))
            .and(ExitCode::of(
                &self.outcome,
                &self.compared.open,
                self.strict,
            ))
    }
}

/// Leaves out what comes after the first check that fails.
fn stop_at_first_failure(
    scenarios: &mut Vec<ScenarioOutcome>,
    complete: &mut BTreeSet<String>,
    strict: bool,
) {
    let fails = |check: &Check| check.verdict.fails_run(strict);
    let stop = scenarios
        .iter()
        .position(|scenario| scenario.checks.iter().any(fails));
    let Some(stop) = stop else { return };
    for scenario in scenarios.iter().skip(stop) {
        complete.remove(&scenario.scenario);
    }
    scenarios.truncate(stop + 1);
    if let Some(last) = scenarios.last_mut()
        && let Some(first) = last.checks.iter().position(fails)
    {
        last.checks.truncate(first + 1);
    }
}
