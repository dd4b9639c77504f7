//! The solver on real rules: for nine of ten that a known source serves it finds an attack, and
//! what it writes passes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use trapline::data_source::{Catalogue, IndexPatterns};
use trapline::diagnostic::SourceText;
use trapline::lint;
use trapline::replay::Subject;
use trapline::replay::dry_run::{DryRunPlace, run};
use trapline::replay::outcome::Verdict;
use trapline::rule::RuleType;
use trapline::synthesize::{self, NewScenarios, Request, UnsolvedReason};

use crate::shared::shared;

/// What came of one rule.
struct Solved {
    file: String,
    /// No sketch: why, by source.
    failed: Option<String>,
    /// Whether the query can be run on a source: it is not refused there for a field that the
    /// source lacks, nor for what is not supported.
    runs: bool,
    cases: usize,
    /// What no case was found for, by reason.
    unsolved: BTreeMap<String, usize>,
    wrong: Vec<String>,
}

#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn nine_of_ten_public_rules_that_a_source_serves_are_solved() {
    at_least(90, &[RuleType::Eql]);
}

/// Of the rules in ES|QL that run on a source that serves them. Attacks of a thousand events take
/// minutes without optimisation: run with `--ignored`.
#[test]
#[ignore = "takes minutes without optimisation: cargo test --release --test laws -- --ignored"]
fn public_rules_in_esql_are_solved() {
    at_least(80, &[RuleType::Esql]);
}

/// Counts, terms and indicators are made beside what the query asks for.
#[test]
#[cfg_attr(not(shared_corpus), ignore = "../shared is absent")]
fn public_rules_that_count_remember_or_compare_are_solved() {
    at_least(
        95,
        &[
            RuleType::Threshold,
            RuleType::NewTerms,
            RuleType::ThreatMatch,
        ],
    );
}

/// This many of a hundred rules of these types are solved, and nothing that is written is wrong.
fn at_least(share: usize, types: &[RuleType]) {
    let Some(folder) = shared("corpus/rules") else {
        return;
    };
    let catalogue = Catalogue::builtin().unwrap();
    let mut files = Vec::new();
    crate::public_rules::toml_files(&folder, &mut files);
    files.sort();
    let halves: Vec<Vec<PathBuf>> = (0..2)
        .map(|half| files.iter().skip(half).step_by(2).cloned().collect())
        .collect();
    let mut solved: Vec<Solved> = std::thread::scope(|scope| {
        let threads: Vec<_> = halves
            .iter()
            .map(|files| {
                scope.spawn(|| {
                    files
                        .iter()
                        .filter_map(|file| solve(file, &catalogue, types))
                        .collect::<Vec<_>>()
                })
            })
            .collect();
        threads
            .into_iter()
            .flat_map(|thread| thread.join().unwrap())
            .collect()
    });
    solved.sort_by(|a, b| a.file.cmp(&b.file));
    let mut report = String::new();
    for one in &solved {
        if let Some(reason) = &one.failed {
            let _ = writeln!(report, "{}: {reason}", one.file);
        }
        for wrong in &one.wrong {
            let _ = writeln!(report, "{}: WRONG {wrong}", one.file);
        }
    }
    let good = solved.iter().filter(|one| one.failed.is_none()).count();
    let cases: usize = solved.iter().map(|one| one.cases).sum();
    let mut unsolved: BTreeMap<&str, usize> = BTreeMap::new();
    for (reason, count) in solved.iter().flat_map(|one| &one.unsolved) {
        *unsolved.entry(reason).or_default() += count;
    }
    let run = solved.iter().filter(|one| one.runs).count();
    eprintln!(
        "{report}\n{good} of {run} rules that run, of {} that a source serves, {cases} cases",
        solved.len()
    );
    for (reason, count) in unsolved {
        eprintln!("{count:6} not found: {reason}");
    }
    assert!(solved.iter().all(|one| one.wrong.is_empty()), "{report}");
    assert!(good * 100 >= run * share, "{report}");
}

fn solve(file: &PathBuf, catalogue: &Catalogue, types: &[RuleType]) -> Option<Solved> {
    let name = file.file_name()?.to_string_lossy().into_owned();
    let source = SourceText::new(&name, fs::read_to_string(file).ok()?);
    let linted = lint::lint(&source, catalogue);
    let rule = linted.rule?;
    if !types.contains(&rule.kind.rule_type()) {
        return None;
    }
    let patterns = IndexPatterns::new(rule.index.iter().map(|(pattern, _)| pattern.as_str()));
    if catalogue.claimed(&patterns).is_empty() {
        return None;
    }
    let subject = Subject {
        file: name.clone(),
        rule,
        syntax: linted.syntax,
    };
    let request = Request {
        subject: &subject,
        catalogue,
        sources: &[],
    };
    let made = synthesize::new(&request).unwrap_or_else(|why| panic!("{name}: {why}"));
    Some(Solved {
        failed: failed(&made),
        runs: runs(&made),
        cases: made.sketches.iter().map(|sketch| sketch.cases.len()).sum(),
        unsolved: reasons(&made),
        wrong: wrong(&request, &made),
        file: name,
    })
}

fn runs(made: &NewScenarios) -> bool {
    let of_sources = made.unsolved.iter().filter(|one| one.clause.is_none());
    let mut reasons = of_sources.map(|one| &one.reason);
    let is_run = |reason: &UnsolvedReason| {
        !matches!(
            reason,
            UnsolvedReason::Refused(_) | UnsolvedReason::Failure(_)
        )
    };
    !made.sketches.is_empty() || reasons.any(is_run)
}

fn reasons(made: &NewScenarios) -> BTreeMap<String, usize> {
    let mut reasons = BTreeMap::new();
    for one in &made.unsolved {
        *reasons.entry(one.reason.to_string()).or_default() += 1;
    }
    reasons
}

fn failed(made: &NewScenarios) -> Option<String> {
    made.sketches.is_empty().then(|| {
        let reasons = made.unsolved.iter();
        let reasons: Vec<String> = reasons
            .map(|one| format!("{}: {}", one.source, one.reason))
            .collect();
        reasons.join("; ")
    })
}

/// The checks of what was written that do not end well.
fn wrong(request: &Request<'_>, made: &NewScenarios) -> Vec<String> {
    let mut wrong = Vec::new();
    for sketch in &made.sketches {
        match run(
            request.subject,
            request.catalogue,
            DryRunPlace::NOWHERE,
            &sketch.text(),
            false,
        ) {
            Err(reason) => wrong.push(reason.to_string()),
            Ok(rehearsed) => {
                let bad = |verdict| !matches!(verdict, Verdict::Passed | Verdict::Pinned);
                let checks = rehearsed.iter().flat_map(|(outcome, _)| &outcome.checks);
                for check in checks.filter(|check| bad(check.verdict)) {
                    wrong.push(format!("{} {:?}", check.key, check.reason));
                }
            }
        }
    }
    wrong
}
