//! Runs tests: cases × data sources, with results in file order.
//!
//! For each source of a scenario the attack runs first ([`checks::source_runner`]), then every case
//! is judged against it ([`judge`]). Threads work on scenarios; what they give is put back in file
//! order. The folders in the order in which a case passes them: [`case`] its documents,
//! [`production`] and [`rule_types`] what the rule finds in them on its schedule, [`judge`] the
//! verdict, with its [`reason`] and its [`blockers`]; [`trace`] for those who ask more than that.

mod blockers;
pub(crate) mod case;
pub mod census;
mod checks;
pub mod dry_run;
pub mod error;
pub mod esql_recording;
pub mod events;
mod judge;
pub mod listing;
pub mod outcome;
pub mod production;
pub mod reason;
mod rule_types;
pub mod select;
#[cfg(test)]
pub(crate) mod test_fixtures;
pub mod trace;

use std::collections::BTreeSet;
use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};

use rayon::prelude::*;

pub use case::exclusions::{LinkedException, exceptions_of, read_list};
pub use events::{Receiver, RunEvent};
pub use outcome::{Check, Observed, Outcome, Verdict};

use crate::compile::Syntax;
use crate::compile::{Unsupported, supported, unsupported_on_recordings, unsupported_on_streams};
use crate::data_source::{Catalogue, DataSource, IndexPatterns};
use crate::diagnostic::Diagnostic;
use crate::event::Timestamp;
use crate::event::io::{FilesBeside, Stop};
use crate::rule::{Rule, RuleKind};
use crate::scenario::{self, Expander, Scenario};
use case::exclusions::Exceptions;
use checks::source_runner::{self, RunInputs, SourceRun};
use outcome::{CheckKey, ScenarioOutcome};
use select::{Candidate, Selection};

/// The start of every case, 2024-01-01T00:00:00Z: what date math counts from.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_704_067_200_000);

/// One scenario and the rule that it tests.
#[derive(Debug)]
pub struct Test<'a> {
    /// The scenario file, relative to the project's root, with `/`.
    pub scenario_file: &'a str,
    /// The scenario.
    pub scenario: &'a Scenario,
    /// The rule.
    pub subject: &'a Subject,
}

/// A rule under test.
#[derive(Debug)]
pub struct Subject {
    /// The rule file, relative to the project's root, with `/`.
    pub file: String,
    /// The rule.
    pub rule: Rule,
    /// Its query, if it is in a language that Trapline runs.
    pub syntax: Option<Syntax>,
}

/// What to run and how.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// `-k`: which checks.
    pub selection: Option<&'a Selection>,
    /// `--source`: which sources; all of them when empty.
    pub sources: &'a [String],
    /// KEYs: which checks; all of them when empty.
    pub keys: &'a [String],
    /// How many threads; as many as there are cores when 0.
    pub jobs: usize,
    /// Ends the run after the first check, in file order, for which this holds.
    pub stop_after: Option<fn(&Check) -> bool>,
    /// Ends the run as soon as a person asks for it.
    pub stop: Option<&'a Stop>,
    /// Receives the events of the run.
    pub receiver: &'a dyn Receiver,
}

impl Default for Options<'_> {
    fn default() -> Self {
        Self {
            selection: None,
            sources: &[],
            keys: &[],
            jobs: 0,
            stop_after: None,
            stop: None,
            receiver: &events::Ignore,
        }
    }
}

impl fmt::Debug for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Options")
            .field("selection", &self.selection)
            .field("sources", &self.sources)
            .field("keys", &self.keys)
            .field("jobs", &self.jobs)
            .finish_non_exhaustive()
    }
}

impl Options<'_> {
    /// Whether a person asked the run to end.
    fn is_stopped(&self) -> bool {
        self.stop.is_some_and(Stop::is_requested)
    }

    /// Whether the options select a data source.
    pub(crate) fn takes_source(&self, source: &str) -> bool {
        self.sources.is_empty() || self.sources.iter().any(|name| name == source)
    }

    /// Whether the options select a check; without a verdict, whether some verdict would do.
    pub(crate) fn takes(&self, test: &Test<'_>, key: &CheckKey, verdict: Option<Verdict>) -> bool {
        let candidate = Candidate {
            rule: &test.subject.rule.name,
            case: &key.case,
            source: &key.source,
            tags: &test.subject.rule.tags,
            verdict,
        };
        let expression = self
            .selection
            .is_none_or(|selection| selection.matches(&candidate));
        let typed = self.keys.is_empty() || self.keys.iter().any(|typed| key.matches(typed));
        self.takes_source(&key.source) && typed && expression
    }
}

/// Which of the checks of a scenario ran.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of them.
    All,
    /// Those that the options selected, up to where the run stopped.
    Selected,
    /// Those that an error in the scenario left.
    Faulty,
}

/// What a run gave.
#[derive(Debug, Default)]
pub struct Replayed {
    /// One entry a test, in order; those that a stop left out are missing at the end.
    pub scenarios: Vec<ScenarioOutcome>,
    /// What is wrong with the scenarios on the sources that they run on.
    pub diagnostics: Vec<Diagnostic>,
    /// The exceptions that the scenarios link their rules to, each once a rule.
    pub exceptions: Vec<LinkedException>,
    /// Which checks of each scenario ran.
    pub extents: Vec<Extent>,
    /// Whether a person ended the run before it was done.
    pub interrupted: bool,
}

/// Runs the tests.
pub fn run(
    tests: &[Test<'_>],
    catalogue: &Catalogue,
    files: &dyn FilesBeside,
    options: &Options<'_>,
) -> Replayed {
    run_all(tests, catalogue, files, options, false).0
}

/// Runs the tests and observes every check: what decided it, and what it ran on. One entry a test.
pub fn run_traced(
    tests: &[Test<'_>],
    catalogue: &Catalogue,
    files: &dyn FilesBeside,
    options: &Options<'_>,
) -> (Replayed, Vec<trace::TestTrace>) {
    run_all(tests, catalogue, files, options, true)
}

fn run_all(
    tests: &[Test<'_>],
    catalogue: &Catalogue,
    files: &dyn FilesBeside,
    options: &Options<'_>,
    observing: bool,
) -> (Replayed, Vec<trace::TestTrace>) {
    // The number of the first test in which the run stops.
    let last = AtomicUsize::new(usize::MAX);
    let one = |(number, test): (usize, &Test<'_>)| {
        if options.is_stopped() || number > last.load(Ordering::Relaxed) {
            return None;
        }
        // Sources in parallel within scenarios in parallel could nest as deeply as there are scenarios.
        let by_source = tests.len() == 1 && options.jobs != 1;
        let one = replay(test, catalogue, files, options, by_source, observing);
        options
            .receiver
            .receive(RunEvent::ScenarioFinished(&one.outcome));
        if one.stopped {
            last.fetch_min(number, Ordering::Relaxed);
        }
        Some(one)
    };
    // From one queue: scenarios differ in cost by a factor of a hundred, and the dear ones of a
    // folder often stand together.
    let on_threads = || {
        let queue = tests.iter().enumerate().par_bridge();
        let mut results: Vec<_> = queue.map(|test| (test.0, one(test))).collect();
        results.sort_by_key(|(number, _)| *number);
        results.into_iter().map(|(_, one)| one).collect()
    };
    let one_by_one = || tests.iter().enumerate().map(one).collect();
    let results: Vec<_> = match options.jobs {
        // The threads that have read the files hold memory that is free again.
        0 => on_threads(),
        1 => one_by_one(),
        jobs => match rayon::ThreadPoolBuilder::new().num_threads(jobs).build() {
            Ok(threads) => threads.install(on_threads),
            // Without threads the same is done one by one.
            Err(_) => one_by_one(),
        },
    };
    let mut replayed = Replayed::default();
    let mut observed = Vec::new();
    for one in results {
        let Some(one) = one else {
            replayed.interrupted = options.is_stopped();
            break;
        };
        let stopped = one.stopped;
        replayed.scenarios.push(one.outcome);
        replayed.diagnostics.extend(one.diagnostics);
        replayed.extents.push(one.extent);
        replayed.exceptions.extend(one.exceptions);
        observed.push(one.observed);
        if stopped {
            break;
        }
    }
    (replayed, observed)
}

/// Runs one test on all its sources.
fn replay(
    test: &Test<'_>,
    catalogue: &Catalogue,
    files: &dyn FilesBeside,
    options: &Options<'_>,
    by_source: bool,
    observing: bool,
) -> ScenarioRun {
    let patterns = test.subject.patterns();
    let claimed = catalogue.claimed(&patterns);
    let sources = sources(test, catalogue, &patterns);
    let mut outcome = outcome_without_checks(test, catalogue, &patterns);
    let untested = claimed.iter().filter(|source| {
        let mut own = sources.iter();
        !own.any(|own| own.name == source.name)
    });
    outcome.untested = untested.map(|source| source.name.clone()).collect();
    let indicators = test.subject.indicator_source(catalogue);
    let scenario::Checked {
        mut diagnostics,
        mut expanders,
    } = scenario::check(test.scenario, catalogue, &claimed, indicators);
    let exceptions = Exceptions::load(test, files);
    diagnostics.extend(exceptions.diagnostics.iter().cloned());
    if test.scenario.attack_is_broken || diagnostics.iter().any(Diagnostic::is_error) {
        return ScenarioRun {
            exceptions: Vec::new(),
            outcome,
            diagnostics,
            extent: Extent::Faulty,
            stopped: false,
            observed: trace::TestTrace::default(),
        };
    }
    let with = RunInputs {
        catalogue,
        patterns: &patterns,
        files,
        exceptions: &exceptions,
        options,
        by_source,
    };
    let mut ran = run_on_sources(
        test,
        &sources,
        |source| {
            let checked = expanders.remove(source.name.as_str());
            checked
                .unwrap_or_else(|| Expander::new(test.scenario, source).with_indicators(indicators))
        },
        &with,
        observing,
    );
    diagnostics.append(&mut ran.diagnostics);
    let stopped = cut_off(&mut ran, options);
    outcome.checks = ran.checks;
    ScenarioRun {
        exceptions: exceptions.linked(&claimed),
        outcome,
        diagnostics,
        extent: match (ran.left_out, test.scenario.lacks_cases) {
            (true, _) => Extent::Selected,
            (false, true) => Extent::Faulty,
            (false, false) => Extent::All,
        },
        stopped,
        observed: trace::TestTrace::of(&test.subject.rule, ran.observations),
    }
}

/// What reports say of a test beside its checks.
fn outcome_without_checks(
    test: &Test<'_>,
    catalogue: &Catalogue,
    patterns: &IndexPatterns,
) -> ScenarioOutcome {
    let rule = &test.subject.rule;
    let unshaped = catalogue.unserved(patterns).into_iter();
    ScenarioOutcome {
        scenario: test.scenario_file.to_owned(),
        rule_file: test.subject.file.clone(),
        rule_id: rule.id.clone(),
        rule_name: rule.name.clone(),
        severity: rule.severity.word().to_owned(),
        risk_score: rule.risk_score,
        checks: Vec::new(),
        untested: Vec::new(),
        unshaped: unshaped.map(str::to_owned).collect(),
    }
}

/// Runs a test on each of its sources that the options select; the checks are in file order.
fn run_on_sources<'e>(
    test: &Test<'_>,
    sources: &[&'e DataSource],
    mut expander: impl FnMut(&'e DataSource) -> Expander<'e>,
    with: &RunInputs<'_>,
    observing: bool,
) -> SourceRun {
    let mut all = SourceRun {
        checks: Vec::new(),
        diagnostics: Vec::new(),
        observations: Vec::new(),
        // Where a source stops, the others need only the cases before.
        before: usize::MAX,
        left_out: false,
    };
    let mut taken = Vec::new();
    for source in sources {
        if with.options.takes_source(&source.name) {
            taken.push((*source, expander(source)));
        } else {
            all.left_out = true;
        }
    }
    let mut before = all.before;
    let run = |(source, expander): (&'e DataSource, Expander<'e>), before: usize| {
        source_runner::run(test, source, expander, with, before, observing)
    };
    let ran: Vec<SourceRun> = if with.by_source && with.options.stop_after.is_none() {
        let each = taken.into_par_iter().with_max_len(1);
        each.map(|one| run(one, before)).collect()
    } else {
        let one_by_one = taken.into_iter().map(|one| {
            let ran = run(one, before);
            before = ran.before;
            ran
        });
        one_by_one.collect()
    };
    let mut by_source = Vec::new();
    for ran in ran {
        all.diagnostics.extend(ran.diagnostics);
        all.left_out |= ran.left_out;
        all.before = ran.before;
        all.observations.extend(ran.observations);
        by_source.push(ran.checks);
    }
    all.checks = in_file_order(by_source);
    // A stable sort: within a case the sources stay in their order.
    all.observations
        .sort_by_key(|observation| observation.order);
    all
}

/// Drops what stands behind the check that ends the run, if one does, and the observations of
/// checks that were left out.
fn cut_off(ran: &mut SourceRun, options: &Options<'_>) -> bool {
    let stops = |check: &Check| options.stop_after.is_some_and(|stops| stops(check));
    let stop = ran.checks.iter().position(stops);
    if let Some(stop) = stop {
        ran.checks.truncate(stop + 1);
        ran.left_out = true;
    }
    if ran.left_out {
        let kept: BTreeSet<&CheckKey> = ran.checks.iter().map(|check| &check.key).collect();
        ran.observations.retain(|one| kept.contains(&one.key));
    }
    stop.is_some()
}

/// The sources that a test runs on. A source that the scenario names is run although the rule does
/// not claim it: its events are then not routed.
fn sources<'c>(
    test: &Test<'_>,
    catalogue: &'c Catalogue,
    patterns: &IndexPatterns,
) -> Vec<&'c DataSource> {
    let Some(named) = &test.scenario.sources else {
        return catalogue.claimed(patterns);
    };
    let all = catalogue.sources().iter();
    all.filter(|source| named.iter().any(|name| name.value == source.name))
        .collect()
}

/// What one test gave.
struct ScenarioRun {
    exceptions: Vec<LinkedException>,
    outcome: ScenarioOutcome,
    diagnostics: Vec<Diagnostic>,
    extent: Extent,
    /// The run stops with it.
    stopped: bool,
    observed: trace::TestTrace,
}

/// Checks by case, then by source, from checks by source, then by case.
fn in_file_order(by_source: Vec<Vec<Check>>) -> Vec<Check> {
    let mut all = Vec::with_capacity(by_source.iter().map(Vec::len).sum());
    all.extend(by_source.into_iter().flatten());
    // A stable sort: within a case the sources stay in their order.
    all.sort_by_key(|check: &Check| check.order);
    all
}

impl Subject {
    /// The indices that the rule searches.
    pub fn patterns(&self) -> IndexPatterns {
        let patterns = self.rule.index.iter();
        IndexPatterns::new(patterns.map(|(pattern, _)| pattern.as_str()))
    }

    /// The source that stores the indicators which the rule searches.
    pub fn indicator_source<'c>(&self, catalogue: &'c Catalogue) -> Option<&'c DataSource> {
        catalogue.indicators(&self.indicator_patterns())
    }

    /// The indices of indicators that the rule searches; none of a rule of another type.
    pub fn indicator_patterns(&self) -> IndexPatterns {
        match &self.rule.kind {
            RuleKind::ThreatMatch(settings) => {
                let patterns = settings.index.iter();
                IndexPatterns::new(patterns.map(|(pattern, _)| pattern.as_str()))
            }
            _ => IndexPatterns::default(),
        }
    }

    /// What Trapline cannot run of the rule.
    pub fn unsupported(&self) -> Option<Unsupported> {
        supported(&self.rule).err()
    }

    /// Why a recording is not explained with the rule, or made a scenario of it.
    pub fn unsupported_on_recordings(&self) -> Option<Unsupported> {
        self.unsupported()
            .or_else(|| unsupported_on_recordings(&self.rule))
    }

    /// Why it cannot be run over a stream of events.
    pub fn unsupported_on_streams(&self) -> Option<Unsupported> {
        self.unsupported()
            .or_else(|| unsupported_on_streams(&self.rule))
    }
}
