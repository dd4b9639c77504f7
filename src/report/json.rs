//! `--format json`: the contract of `design.md` §7, for other programs.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use super::View;
use crate::replay::outcome::{Check, Observed, Outcome, ScenarioOutcome, Verdict};

/// Writes the report as one JSON object and a line break.
pub fn write(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let report = Report {
        summary: summary(view.outcome),
        checks: view
            .outcome
            .scenarios
            .iter()
            .flat_map(|scenario| scenario.checks.iter().map(|check| entry(scenario, check)))
            .collect(),
        changes: view
            .changes
            .iter()
            .map(|change| ChangeEntry {
                key: change.key.to_string(),
                class: change.class.word(),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Report<'a> {
    summary: Map<String, Value>,
    checks: Vec<CheckEntry<'a>>,
    changes: Vec<ChangeEntry>,
}

#[derive(Serialize)]
struct CheckEntry<'a> {
    key: String,
    rule_id: &'a str,
    scenario: &'a str,
    case: &'a str,
    source: &'a str,
    verdict: &'static str,
    expected: &'a str,
    /// The labels of each alert's events by stage; `null` is a missing event.
    matches: Vec<Vec<Option<&'a str>>>,
    blockers: Vec<Blocker<'a>>,
    /// The clause that was waived.
    waived: Option<&'a str>,
    warnings: &'a [String],
}

#[derive(Serialize)]
struct Blocker<'a> {
    stage: Option<u16>,
    event: Option<&'a str>,
    clause: &'a str,
    line: Option<usize>,
}

#[derive(Serialize)]
struct ChangeEntry {
    key: String,
    class: &'static str,
}

/// One key a verdict, then how many checks, rules and scenarios ran.
fn summary(outcome: &Outcome) -> Map<String, Value> {
    let rules: BTreeSet<&str> = outcome
        .scenarios
        .iter()
        .map(|scenario| scenario.rule_file.as_str())
        .collect();
    let mut summary = Map::new();
    for verdict in Verdict::ALL {
        summary.insert(verdict.word().to_owned(), outcome.count(verdict).into());
    }
    summary.insert("checks".to_owned(), outcome.checks().count().into());
    summary.insert("rules".to_owned(), rules.len().into());
    summary.insert("scenarios".to_owned(), outcome.scenarios.len().into());
    summary
}

fn entry<'a>(scenario: &'a ScenarioOutcome, check: &'a Check) -> CheckEntry<'a> {
    CheckEntry {
        key: check.key.to_string(),
        rule_id: &scenario.rule_id,
        scenario: &check.key.scenario,
        case: &check.key.case,
        source: &check.key.source,
        verdict: check.verdict.word(),
        expected: &check.expected,
        matches: matches(&check.observed),
        blockers: blockers(&check.observed),
        waived: check.waived.as_deref(),
        warnings: &check.warnings,
    }
}

fn matches(observed: &Observed) -> Vec<Vec<Option<&str>>> {
    let Observed::Alert(alerts) = observed else {
        return Vec::new();
    };
    let mut matches = Vec::new();
    for alert in alerts {
        let events = alert.events.iter().map(Option::as_ref);
        matches.push(
            events
                .map(|event| event.map(|event| event.label.as_str()))
                .collect(),
        );
    }
    matches
}

fn blockers(observed: &Observed) -> Vec<Blocker<'_>> {
    let Observed::None(none) = observed else {
        return Vec::new();
    };
    none.causes
        .iter()
        .map(|cause| Blocker {
            stage: cause.stage,
            event: cause.event.as_deref(),
            clause: &cause.clause,
            line: cause.line,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::replay::test_fixtures::{self, ATTACK, alert, check, stopped};
    use crate::snapshot::{Scope, compare, current};

    #[test]
    fn the_report_is_the_contract() {
        let sid = || stopped("user.id : \"S-1-5-18\"", "S-1-5-18");
        let outcome = test_fixtures::outcome(vec![
            check(ATTACK, "elastic_defend", alert()),
            check(ATTACK, "sysmon", sid()).gap("the service's SID"),
            check("benign", "sysmon", sid()).waived(),
        ]);
        let current = current(&outcome).remove(0);
        let changes = compare(None, &current, Scope::All);
        let view = View {
            outcome: &outcome,
            changes: &changes,
            accepted: &[],
            strict: false,
        };
        let mut bytes = Vec::new();
        write(&view, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
