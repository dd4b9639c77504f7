//! Above each case what became of it, and what can be done.

use std::collections::BTreeMap;

use crate::diagnostic::Span;
use crate::language_server::jobs::Run;
use crate::replay::outcome::{Check, Verdict};
use crate::scenario::Scenario;

/// Something above a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::language_server) struct Lens {
    pub(in crate::language_server) span: Span,
    pub(in crate::language_server) title: String,
    /// The command and the KEYs that it is about.
    pub(in crate::language_server) command: &'static str,
    pub(in crate::language_server) keys: Vec<String>,
}

/// Runs checks.
pub(in crate::language_server) const RUN: &str = "trapline.run";
/// Takes their changes into the snapshot.
pub(in crate::language_server) const ACCEPT: &str = "trapline.accept";
/// Says why they alerted, or why not.
pub(in crate::language_server) const EXPLAIN: &str = "trapline.explain";

/// The lenses of a file; `run` is its last one, if the texts are still the same.
pub(in crate::language_server) fn lenses(
    scenarios: &[Scenario],
    name: &str,
    run: Option<&Run>,
) -> Vec<Lens> {
    let mut cases: BTreeMap<Span, Vec<&str>> = BTreeMap::new();
    for scenario in scenarios {
        let attack = &scenario.attack.name;
        cases.entry(attack.span).or_default().push(&attack.value);
        for case in &scenario.cases {
            cases.entry(case.name_span).or_default().push(&case.name);
        }
    }
    let mut lenses = Vec::new();
    for (span, names) in cases {
        let keys: Vec<String> = names.iter().map(|case| format!("{name}::{case}")).collect();
        let lens = |title: &str, command, keys: &[String]| Lens {
            span,
            title: title.to_owned(),
            command,
            keys: keys.to_vec(),
        };
        let checks: Vec<&Check> = run.map_or_else(Vec::new, |run| {
            let checks = run.test.outcome.checks();
            checks
                .filter(|check| names.contains(&check.key.case.as_str()))
                .collect()
        });
        let shown: Vec<String> = shown(&checks).map(|check| check.key.to_string()).collect();
        if !checks.is_empty() {
            lenses.push(lens(&verdicts(&checks), EXPLAIN, &shown));
        }
        lenses.push(lens("run", RUN, &keys));
        let open = run.map_or(&[][..], |run| &run.test.compared.open);
        let open = open.iter().filter(|change| !change.contradicts);
        let open = open.filter(|change| names.contains(&change.key.case.as_str()));
        let open: Vec<String> = open.map(|change| change.key.to_string()).collect();
        if !open.is_empty() {
            lenses.push(lens("accept", ACCEPT, &open));
        }
        if !checks.is_empty() {
            lenses.push(lens("explain", EXPLAIN, &shown));
        }
    }
    lenses
}

/// The checks that are worth an explanation: those that fail, else all.
fn shown<'c>(checks: &[&'c Check]) -> impl Iterator<Item = &'c Check> {
    let fails = checks.iter().any(|check| check.verdict.fails());
    let checks: Vec<&Check> = checks.to_vec();
    let ran = move |check: &&Check| check.verdict.is_run() && (!fails || check.verdict.fails());
    checks.into_iter().filter(ran)
}

/// `✗ failed on sysmon · ✓ 2 passed`
fn verdicts(checks: &[&Check]) -> String {
    let mut words = Vec::new();
    for verdict in Verdict::ALL {
        let own: Vec<&&Check> = checks
            .iter()
            .filter(|check| check.verdict == verdict)
            .collect();
        if own.is_empty() {
            continue;
        }
        let mut sources: Vec<&str> = own.iter().map(|check| check.key.source.as_str()).collect();
        sources.dedup();
        let sign = match verdict {
            Verdict::Passed | Verdict::Pinned => "✓",
            verdict if verdict.fails() => "✗",
            _ => "•",
        };
        words.push(if own.len() == 1 || verdict.fails() {
            format!("{sign} {verdict} on {}", sources.join(", "))
        } else {
            format!("{sign} {} {verdict}", own.len())
        });
    }
    words.join(" · ")
}
