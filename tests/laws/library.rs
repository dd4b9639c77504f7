//! `test`, `explain`, `coverage` and `mutate` read one evaluation, so they agree: on every rule
//! that ships, with all of its cases and with some left out.

use std::collections::BTreeSet;

use camino::Utf8Path;
use trapline::cli::args::Global;
use trapline::cli::settings::Settings;
use trapline::coverage::{Coverage, coverage};
use trapline::data_source::Catalogue;
use trapline::event::io::NoProgress;
use trapline::explain::explain;
use trapline::mutation::{MutantStatus, Mutation, MutationRequest, Operator, mutate};
use trapline::replay::outcome::{Check, Observed, Verdict};
use trapline::replay::trace::TestTrace as Seen;
use trapline::replay::{self, Extent, Options, Replayed, Subject, Test};

/// The rules that ship, run with every case but those of these numbers.
struct Run {
    replayed: Replayed,
    seen: Vec<Seen>,
    coverage: Coverage,
    mutation: Mutation,
}

fn run(leaves_out: &dyn Fn(usize) -> bool) -> Run {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = Settings::at(root, &Global::default(), true).ok().unwrap();
    let loaded = settings.project().load(&[]);
    assert!(loaded.diagnostics.iter().all(|one| !one.is_error()));
    let tests = loaded.tests();
    let scenarios: Vec<_> = tests
        .iter()
        .map(|test| {
            let mut scenario = test.scenario.clone();
            let mut number = 0;
            scenario.cases.retain(|_| {
                number += 1;
                !leaves_out(number)
            });
            scenario
        })
        .collect();
    let tests: Vec<Test<'_>> = tests
        .iter()
        .zip(&scenarios)
        .map(|(test, scenario)| Test { scenario, ..*test })
        .collect();
    let subjects: Vec<&Subject> = tests.iter().map(|test| test.subject).collect();
    let catalogue = Catalogue::builtin().unwrap();
    let options = Options::default();
    let (replayed, seen) = replay::run_traced(&tests, &catalogue, &settings.files, &options);
    let bounds = MutationRequest {
        jobs: 0,
        selects: &|_, _, _| true,
        progress: &NoProgress,
    };
    Run {
        coverage: coverage(&replayed.scenarios, &seen),
        mutation: mutate(&replayed.scenarios, &subjects, &seen, &bounds),
        replayed,
        seen,
    }
}

/// All cases, and two ways to leave some out.
fn runs() -> Vec<Run> {
    vec![
        run(&|_| false),
        run(&|number| number % 2 == 0),
        run(&|number| number % 3 != 1),
    ]
}

#[test]
fn the_shipped_scenarios_decide_every_clause_and_catch_every_mutant() {
    let run = run(&|_| false);
    assert!(run.coverage.rules.len() >= 11);
    for rule in &run.coverage.rules {
        let gaps: Vec<String> = rule.gaps().map(|gap| gap.clause.name.to_string()).collect();
        assert!(gaps.is_empty(), "{}: {gaps:?}", rule.rule_file);
    }
    for rule in &run.mutation.rules {
        let survivors: Vec<_> = rule
            .survivors()
            .map(|one| (&one.before, &one.after))
            .collect();
        assert!(survivors.is_empty(), "{}: {survivors:?}", rule.rule_file);
    }
    let fails = |check: &&Check| check.verdict.fails() || check.verdict == Verdict::Vacuous;
    let checks = || run.replayed.scenarios.iter().flat_map(|one| &one.checks);
    let failing: Vec<String> = checks()
        .filter(fails)
        .map(|check| check.key.to_string())
        .collect();
    assert!(failing.is_empty(), "{failing:?}");
}

#[test]
fn explain_says_what_test_saw() {
    for run in runs() {
        let mut explained = 0;
        for (scenario, seen) in run.replayed.scenarios.iter().zip(&run.seen) {
            for check in &seen.checks {
                let key = &check.key;
                let explanation = explain(check, &seen.clauses);
                explained += 1;
                let own = scenario.checks.iter().find(|own| own.key == *key).unwrap();
                if check.waived.is_some() || check.verdict == Verdict::Invalid {
                    continue;
                }
                if let Some(outside) = &check.outside {
                    let named = explanation.unmet.iter().map(|lack| &lack.clause);
                    assert!(named.eq(&outside.blocker), "{key}");
                    continue;
                }
                let alerts = matches!(own.observed, Observed::Alert(_));
                assert_eq!(explanation.alerted, alerts, "{key}");
                let decided: BTreeSet<&str> = check
                    .decided
                    .iter()
                    .map(|one| one.clause.text.as_str())
                    .collect();
                for clause in explanation.clauses.iter().filter(|clause| clause.decisive) {
                    let names = explanation.alerted || explanation.alone;
                    assert!(!names || decided.contains(clause.text.as_str()), "{key}");
                }
                for lack in explanation.unmet.iter().filter(|_| explanation.alone) {
                    let outside =
                        lack.clause == "not routed" || lack.clause.starts_with("taken by");
                    assert!(outside || decided.contains(lack.clause.as_str()), "{key}");
                }
            }
        }
        assert!(explained > 150, "{explained}");
    }
}

#[test]
fn a_covered_clause_has_a_mutant_that_some_check_catches() {
    for run in runs() {
        for (rule, mutants) in run.coverage.rules.iter().zip(&run.mutation.rules) {
            assert_eq!(rule.rule_file, mutants.rule_file);
            for clause in rule.clauses.iter().filter(|clause| clause.is_covered()) {
                let span = clause.place.span;
                let caught = mutants.mutants.iter().any(|mutant| {
                    let near = mutant.place.span.contains(span) || span.contains(mutant.place.span);
                    near && matches!(mutant.status, MutantStatus::Caught(_))
                });
                assert!(caught, "{}: {}", rule.rule_file, clause.name);
            }
        }
    }
}

#[test]
fn a_mutant_of_one_clause_survives_only_where_coverage_says_what_is_missing() {
    let of_a_clause = [Operator::Drop, Operator::Negate, Operator::DropItem];
    for (number, run) in runs().into_iter().enumerate() {
        let mut survivors = 0;
        for (rule, mutants) in run.coverage.rules.iter().zip(&run.mutation.rules) {
            for mutant in mutants.survivors() {
                survivors += 1;
                let what = format!(
                    "{}: {} {:?}",
                    rule.rule_file, mutant.before, mutant.operator
                );
                // Of every other change the mutant itself says which case is missing.
                assert!(!mutant.case.is_empty(), "{what}");
                let own = rule
                    .clauses
                    .iter()
                    .find(|clause| clause.place.span == mutant.place.span);
                if let (true, Some(own)) = (of_a_clause.contains(&mutant.operator), own) {
                    assert!(!own.is_covered(), "{what}");
                }
            }
        }
        assert_eq!(survivors > 0, number > 0, "run {number}: {survivors}");
    }
}

/// Counts the events of a run.
#[derive(Default)]
struct Counted {
    started: std::sync::atomic::AtomicUsize,
    finished: std::sync::atomic::AtomicUsize,
    scenarios: std::sync::atomic::AtomicUsize,
}

impl trapline::replay::Receiver for Counted {
    fn receive(&self, event: trapline::replay::RunEvent<'_>) {
        use trapline::replay::RunEvent;
        let counter = match event {
            RunEvent::CheckStarted(_) => &self.started,
            RunEvent::CheckFinished(_) => &self.finished,
            RunEvent::ScenarioFinished(_) => &self.scenarios,
            _ => return,
        };
        counter.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
    }
}

#[test]
fn a_listing_names_the_checks_that_a_run_has_and_a_run_tells_of_each() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = Settings::at(root, &Global::default(), true).ok().unwrap();
    let catalogue = Catalogue::builtin().unwrap();
    let counted = Counted::default();
    let request = trapline::project::RunRequest::default().with_receiver(&counted);
    let project = settings.project();
    let loaded = project.load(&[]);
    let listed = project.list(&loaded, &catalogue, &request);
    let run = project.run(loaded, &catalogue, &request);
    let ran: Vec<_> = run
        .outcome
        .checks()
        .map(|check| check.key.clone())
        .collect();
    assert_eq!(listed.keys, ran);
    assert_eq!(listed.rules, run.outcome.rules);
    let counts = [&counted.started, &counted.finished, &counted.scenarios];
    let counts = counts.map(|count| count.load(std::sync::atomic::Ordering::Relaxed));
    assert_eq!(counts, [ran.len(), ran.len(), run.outcome.scenarios.len()]);
}

#[test]
fn fail_fast_ends_with_the_first_failure_whatever_the_number_of_threads() {
    let root = Utf8Path::new(env!("CARGO_MANIFEST_DIR"));
    let settings = Settings::at(root, &Global::default(), true).ok().unwrap();
    let catalogue = Catalogue::builtin().unwrap();
    let options = |jobs| Options {
        jobs,
        stop_after: Some(|check| check.verdict == Verdict::Pinned),
        ..Options::default()
    };
    let loaded = settings.project().load(&[]);
    let tests = loaded.tests();
    let whole = replay::run(&tests, &catalogue, &settings.files, &Options::default());
    let all = whole.scenarios.iter().flat_map(|one| &one.checks);
    let first = all
        .clone()
        .position(|check| check.verdict == Verdict::Pinned);
    let expected: Vec<_> = all
        .map(|check| &check.key)
        .take(first.unwrap() + 1)
        .collect();
    for jobs in [1, 2, 8] {
        let run = replay::run(&tests, &catalogue, &settings.files, &options(jobs));
        let checks = run.scenarios.iter().flat_map(|one| &one.checks);
        let keys: Vec<_> = checks.map(|check| &check.key).collect();
        assert_eq!(keys, expected, "{jobs} threads");
        assert_eq!(run.extents.last(), Some(&Extent::Selected));
    }
}
