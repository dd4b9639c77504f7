//! Runs what was loaded, compares it with the snapshots, and decides how the run ended.

use std::collections::BTreeSet;

use super::snapshot_files::{Compared, SnapshotPolicy};
use super::{ExitCode, Loaded, Project};
use crate::data_source::Catalogue;
use crate::diagnostic::Diagnostic;
use crate::event::io::Stop;
use crate::replay::census::RuleCensus;
use crate::replay::events::Ignore;
use crate::replay::listing::list;
use crate::replay::outcome::{CheckKey, Outcome};
use crate::replay::select::Selection;
use crate::replay::trace::Observed;
use crate::replay::{self, Options, Receiver};
use crate::snapshot::Scope;

/// What to run of the loaded scenarios, and what a run may write.
#[derive(Clone, Default)]
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
    /// Ends the run as soon as a person asks for it.
    pub stop: Option<&'a Stop>,
    /// Receives what happens during the run.
    pub receiver: Option<&'a dyn Receiver>,
    /// What becomes of the snapshots.
    pub snapshots: SnapshotPolicy,
}

impl<'a> Request<'a> {
    /// What the rooms below are asked, for these KEYs.
    fn options(&self, keys: &'a [String]) -> Options<'a> {
        Options {
            selection: self.selection,
            sources: self.sources,
            keys,
            jobs: self.jobs,
            stop_after: match (self.fail_fast, self.strict) {
                (false, _) => None,
                (true, false) => Some(|check| check.verdict.fails_run(false)),
                (true, true) => Some(|check| check.verdict.fails_run(true)),
            },
            stop: self.stop,
            receiver: self.receiver.unwrap_or(&Ignore),
        }
    }
}

/// What a run would have.
#[derive(Debug)]
pub struct Listed {
    /// The checks, in the order of the files.
    pub keys: Vec<CheckKey>,
    /// The rules, by whether anything tests them.
    pub rules: RuleCensus,
    /// Files that could not be loaded, and warnings about those that could.
    pub diagnostics: Vec<Diagnostic>,
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
    /// Whether a person ended the run before it was done.
    pub interrupted: bool,
    /// The scenario files of which every check ran, by name.
    complete: BTreeSet<String>,
}

impl Project<'_> {
    /// Runs what was loaded.
    pub fn run(&self, loaded: Loaded, catalogue: &Catalogue, request: &Request<'_>) -> TestRun {
        let options = request.options(&loaded.keys);
        let tests = loaded.tests();
        let (replayed, observed) = if request.observe {
            replay::observe(&tests, catalogue, self.files, &options)
        } else {
            let replayed = replay::run(&tests, catalogue, self.files, &options);
            (replayed, Vec::new())
        };
        let mut complete: BTreeSet<String> = loaded.names.iter().cloned().collect();
        for (number, test) in tests.iter().enumerate() {
            if replayed.partial.get(number) != Some(&false) {
                complete.remove(test.scenario_file);
            }
        }
        drop(tests);
        let rules = self.census(&loaded, catalogue);
        let mut diagnostics = loaded.diagnostics;
        diagnostics.extend(replayed.diagnostics);
        if loaded.whole {
            diagnostics.extend(self.unreferenced(&loaded.names));
        }
        let mut run = TestRun {
            outcome: Outcome {
                scenarios: replayed.scenarios,
                rules,
            },
            diagnostics,
            compared: Compared::default(),
            observed,
            strict: request.strict,
            interrupted: replayed.interrupted,
            complete,
        };
        run.compared = self.compare_run(&run, &request.snapshots);
        run
    }

    /// Lists the checks of a run and reads the rules that nothing tests, without running anything.
    pub fn list(&self, loaded: &Loaded, catalogue: &Catalogue, request: &Request<'_>) -> Listed {
        let options = request.options(&loaded.keys);
        let found = list(&loaded.tests(), catalogue, self.files, &options);
        let mut diagnostics = loaded.diagnostics.clone();
        diagnostics.extend(found.diagnostics);
        Listed {
            keys: found.keys,
            rules: self.census(loaded, catalogue),
            diagnostics,
        }
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
        if self.interrupted {
            return ExitCode::Interrupted;
        }
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
