//! Runs a loaded project, compares it with the snapshots, and decides the outcome of the run.

use std::collections::{BTreeMap, BTreeSet};

use super::conclusion::{Conclusion, ConclusionInputs};
use super::gates::{Gates, MissedGate};
use super::snapshot_files::{SnapshotComparison, SnapshotPolicy};
use super::{Loaded, Project, error};
use crate::data_source::Catalogue;
use crate::diagnostic::project::NotTested;
use crate::diagnostic::{Diagnostic, NameList};
use crate::event::io::Stop;
use crate::replay::census::{RuleCensus, TestedState};
use crate::replay::events::Ignore;
use crate::replay::listing::list;
use crate::replay::outcome::{Check, CheckKey, Outcome, ScenarioOutcome};
use crate::replay::reason::NotRun;
use crate::replay::select::Selection;
use crate::replay::trace::TestTrace;
use crate::replay::{self, Extent, Options, Receiver, Test};
use crate::snapshot::Scope;

/// The selection of a run, and the files that it may write.
#[derive(Clone, Default)]
#[non_exhaustive]
pub struct RunRequest<'a> {
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
    /// The requirements besides passing tests.
    pub gates: Gates,
    /// Whether a run without a check is one that had nothing to do.
    pub may_be_empty: bool,
    /// Record what decided each check ([`TestRun::observed`]).
    pub observe: bool,
    /// Ends the run as soon as a person asks for it.
    pub stop: Option<&'a Stop>,
    /// Receives what happens during the run.
    pub receiver: Option<&'a dyn Receiver>,
    /// How the run treats snapshots.
    pub snapshots: SnapshotPolicy,
}

impl<'a> RunRequest<'a> {
    /// The same for the checks that this expression selects.
    #[must_use]
    pub fn with_selection(self, selection: &'a Selection) -> Self {
        Self {
            selection: Some(selection),
            ..self
        }
    }

    /// The same for these data sources.
    #[must_use]
    pub fn with_sources(self, sources: &'a [String]) -> Self {
        Self { sources, ..self }
    }

    /// The same on so many threads.
    #[must_use]
    pub fn with_jobs(self, jobs: usize) -> Self {
        Self { jobs, ..self }
    }

    /// The same, ended by the first check that fails.
    #[must_use]
    pub fn with_fail_fast(self) -> Self {
        Self {
            fail_fast: true,
            ..self
        }
    }

    /// The same, failed by outcomes that are not proven, open or not implemented.
    #[must_use]
    pub fn with_strict(self) -> Self {
        Self {
            strict: true,
            ..self
        }
    }

    /// The same with a receiver of what happens during the run.
    #[must_use]
    pub fn with_receiver(self, receiver: &'a dyn Receiver) -> Self {
        Self {
            receiver: Some(receiver),
            ..self
        }
    }

    /// The same with these gates.
    #[must_use]
    pub fn with_gates(self, gates: Gates) -> Self {
        Self { gates, ..self }
    }

    /// The same, ended as soon as this is requested.
    #[must_use]
    pub fn with_stop(self, stop: &'a Stop) -> Self {
        Self {
            stop: Some(stop),
            ..self
        }
    }

    /// The same with this treatment of snapshots.
    #[must_use]
    pub fn with_snapshots(self, snapshots: SnapshotPolicy) -> Self {
        Self { snapshots, ..self }
    }

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

/// The checks that a run would have.
#[derive(Debug)]
#[non_exhaustive]
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
#[non_exhaustive]
pub struct TestRun {
    /// The checks of each scenario.
    pub outcome: Outcome,
    /// Files that could not be loaded, and warnings about those that could.
    pub diagnostics: Vec<Diagnostic>,
    /// How the outcome compares with the snapshots.
    pub compared: SnapshotComparison,
    /// One entry a scenario, if the request asked to observe.
    pub observed: Vec<TestTrace>,
    /// What could not be loaded, snapshots included.
    pub problems: Vec<Diagnostic>,
    /// The gates that were missed.
    pub gates: Vec<MissedGate>,
    /// Whether outcomes that are not proven, open or not implemented fail.
    pub strict: bool,
    /// Whether a run without a check is one that had nothing to do.
    pub may_be_empty: bool,
    /// Whether a person ended the run before it was done.
    pub interrupted: bool,
    /// The scenario files of which every check ran, by name.
    complete: BTreeSet<String>,
}

impl Project<'_> {
    /// Runs what was loaded.
    pub fn run(&self, loaded: Loaded, catalogue: &Catalogue, request: &RunRequest<'_>) -> TestRun {
        let options = request.options(&loaded.keys);
        let tests = loaded.tests();
        let replay = || {
            if request.observe {
                return replay::run_traced(&tests, catalogue, self.files, &options);
            }
            let replayed = replay::run(&tests, catalogue, self.files, &options);
            (replayed, Vec::new())
        };
        // What needs the names of files alone is found out beside the replay.
        let of_files = || {
            let unreferenced = loaded.whole.then(|| self.unreferenced(&loaded.names));
            let census = self.census_and_errors(&loaded, catalogue);
            (census, unreferenced, self.ignored())
        };
        let ((replayed, observed), of_files) = if request.jobs == 1 {
            (replay(), of_files())
        } else {
            rayon::join(replay, of_files)
        };
        let ((rules, broken), unreferenced, ignored) = of_files;
        let mut complete: BTreeSet<String> = loaded.names.iter().cloned().collect();
        for (number, test) in tests.iter().enumerate() {
            if replayed.extents.get(number) != Some(&Extent::All) {
                complete.remove(test.scenario_file);
            }
        }
        let mut outcome = Outcome {
            scenarios: replayed.scenarios,
            rules,
        };
        let idle = without_checks(&tests, &replayed.extents, &mut outcome);
        let mut diagnostics = loaded.diagnostics.clone();
        diagnostics.extend(broken);
        diagnostics.extend(replayed.diagnostics);
        diagnostics.extend(idle);
        diagnostics.extend(unreferenced.into_iter().flatten());
        diagnostics.extend(ignored.map(|one| {
            if request.strict {
                one.into_error()
            } else {
                one
            }
        }));
        let mut run = TestRun {
            gates: request.gates.missed(&outcome),
            outcome,
            diagnostics,
            observed,
            strict: request.strict,
            may_be_empty: request.may_be_empty,
            interrupted: replayed.interrupted,
            complete,
            ..TestRun::default()
        };
        // To free thousands of scenarios takes time, too.
        rayon::join(
            || self.compare_run(&mut run, &request.snapshots),
            || drop(loaded),
        );
        run
    }

    /// Lists the checks of a run and reads the rules that nothing tests, without running anything.
    pub fn list(&self, loaded: &Loaded, catalogue: &Catalogue, request: &RunRequest<'_>) -> Listed {
        let options = request.options(&loaded.keys);
        let (mut rules, broken) = self.census_and_errors(loaded, catalogue);
        let tests = loaded.tests();
        let listed = list(&tests, catalogue, self.files, &options);
        let mut runs: BTreeMap<&str, bool> = BTreeMap::new();
        for (test, listed) in tests.iter().zip(&listed) {
            *runs.entry(&test.subject.file).or_default() |= listed.runs_rule;
        }
        rules.mark_untested(|file| {
            (runs.get(file) == Some(&false)).then_some(TestedState::Untested)
        });
        Listed {
            keys: listed.into_iter().flat_map(|test| test.keys).collect(),
            rules,
            diagnostics: loaded.diagnostics.iter().cloned().chain(broken).collect(),
        }
    }

    /// Compares a finished run with the snapshots, again after a review changed them.
    pub fn compare_run(&self, run: &mut TestRun, policy: &SnapshotPolicy) {
        run.compared = self.compare(&run.outcome, policy, |scenario: &str| {
            if run.complete.contains(scenario) {
                Scope::All
            } else {
                Scope::Selected
            }
        });
        let all = run.diagnostics.iter().chain(&run.compared.diagnostics);
        run.problems = all.filter(|one| one.is_error()).cloned().collect();
    }
}

impl TestRun {
    /// How the run ended.
    pub fn conclusion(&self) -> Conclusion {
        Conclusion::of(&ConclusionInputs {
            outcome: &self.outcome,
            changes: &self.compared.open,
            problems: &self.problems,
            gates: &self.gates,
            strict: self.strict,
            may_be_empty: self.may_be_empty,
            interrupted: self.interrupted,
        })
    }
}

/// Returns an error for each scenario without checks, unless checks were left out; and marks the
/// rules of which no check ran as not tested.
fn without_checks(
    tests: &[Test<'_>],
    extents: &[Extent],
    outcome: &mut Outcome,
) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    let mut idle: BTreeMap<&str, UnrunRule> = BTreeMap::new();
    for ((test, scenario), extent) in tests.iter().zip(&outcome.scenarios).zip(extents) {
        let rule = idle.entry(&test.subject.file).or_default();
        let mut checks = scenario.checks.iter();
        rule.runs |= *extent == Extent::Selected || checks.any(|check| check.verdict.is_run());
        let reason = scenario.checks.iter().find_map(Check::unsupported);
        rule.unsupported = rule.unsupported.take().or_else(|| reason.cloned());
        if scenario.checks.is_empty() && *extent == Extent::All && test.scenario.skip.is_none() {
            found.push(no_check(test, scenario));
        }
    }
    outcome.rules.mark_untested(|file| {
        let idle = idle.get_mut(file).filter(|idle| !idle.runs)?;
        Some(match idle.unsupported.take() {
            Some(reason) => TestedState::NotRun(reason),
            None => TestedState::Untested,
        })
    });
    found
}

/// What is known of the checks of a rule that may be none that ran.
#[derive(Default)]
struct UnrunRule {
    /// Whether one ran, or some were left out of the run.
    runs: bool,
    /// Why one is unsupported.
    unsupported: Option<NotRun>,
}

fn no_check(test: &Test<'_>, scenario: &ScenarioOutcome) -> Diagnostic {
    let name = scenario.rule_name.clone();
    let unshaped = !scenario.unshaped.is_empty() && test.scenario.sources.is_none();
    let cause = if unshaped {
        let indices = NameList(scenario.unshaped.clone());
        NotTested::NoSource { name, indices }
    } else {
        NotTested::NothingLeft { name }
    };
    let place = test.scenario.attack.name.span;
    Diagnostic::caused(&error::NO_CHECK, &cause, &test.scenario.source, place)
}
