//! `--format json`: a contract for other programs. Its shape is described by
//! [`super::schema`]; what is added leaves the version, what is taken away or means something else
//! raises it.

use std::collections::BTreeSet;
use std::io::{self, Write};

use serde::Serialize;
use serde_json::{Map, Value};

use super::reason::{sentence, skipped, warnings};
use super::{View, rules};
use crate::diagnostic::{Details, Diagnostic, SourceText, Span};
use crate::replay::outcome::{Check, NoneRecord, Observed, Place, ScenarioOutcome, Verdict};
use crate::replay::reason::Reason;
use crate::snapshot::words;

/// The version of the report's shape.
pub const VERSION: u32 = 1;

/// Writes the report as one JSON object and a line break.
pub fn write(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let report = Report {
        version: VERSION,
        conclusion: view.conclusion.word(),
        summary: summary(view),
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
        errors: view.problems.iter().map(error).collect(),
        gates: view
            .gates
            .iter()
            .map(|missed| GateEntry {
                gate: missed.gate,
                rule_file: &missed.rule_file,
                message: rules::missing(&missed.missing),
            })
            .collect(),
        rules: view
            .outcome
            .rules
            .0
            .iter()
            .map(|rule| RuleEntry {
                file: &rule.file,
                rule_id: &rule.id,
                name: &rule.name,
                standing: rule.standing.word(),
                reason: rules::reason(&rule.standing),
                cause: rule.standing.cause(),
                details: rule.standing.details(),
            })
            .collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

#[derive(Serialize)]
struct Report<'a> {
    version: u32,
    conclusion: &'static str,
    summary: Map<String, Value>,
    checks: Vec<CheckEntry<'a>>,
    changes: Vec<ChangeEntry>,
    errors: Vec<ErrorEntry<'a>>,
    gates: Vec<GateEntry<'a>>,
    rules: Vec<RuleEntry<'a>>,
}

#[derive(Serialize)]
struct CheckEntry<'a> {
    key: String,
    rule_id: &'a str,
    rule_file: &'a str,
    scenario: &'a str,
    case: &'a str,
    source: &'a str,
    verdict: &'static str,
    expected: &'a str,
    /// Why the verdict is what it is, where that must be said: the word, and the sentence.
    reason: Option<&'static str>,
    /// What is behind the reason, as a word: the code of an error, the kind of a failure.
    cause: Option<String>,
    /// What the reason names; nothing where it names nothing.
    details: Option<Details>,
    message: Option<String>,
    observed: ObservedEntry,
    /// The labels of each alert's events by stage; `null` is a missing event.
    matches: Vec<Vec<Option<&'a str>>>,
    blockers: Vec<Blocker<'a>>,
    /// The clause that was waived.
    waived: Option<&'a str>,
    warnings: Vec<String>,
    /// Where the case is written.
    place: Option<At<'a>>,
    /// Where its expectation is written.
    expectation: Option<At<'a>>,
    /// The clause of the rule that the verdict is about.
    clause: Option<ClauseEntry<'a>>,
}

/// What the check did.
#[derive(Serialize)]
struct ObservedEntry {
    outcome: &'static str,
    /// Why there was no alert, or no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    miss: Option<String>,
}

#[derive(Serialize)]
struct Blocker<'a> {
    stage: Option<u16>,
    event: Option<&'a str>,
    clause: &'a str,
    line: Option<usize>,
}

#[derive(Serialize)]
struct At<'a> {
    file: &'a str,
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct ClauseEntry<'a> {
    file: &'a str,
    line: usize,
    text: String,
}

#[derive(Serialize)]
struct ChangeEntry {
    key: String,
    class: &'static str,
}

#[derive(Serialize)]
struct ErrorEntry<'a> {
    code: &'static str,
    cause: Option<&'a str>,
    message: &'a str,
    file: Option<&'a str>,
    line: Option<usize>,
    column: Option<usize>,
    help: &'a [String],
    /// What the message names; nothing where it names nothing.
    details: Option<&'a Details>,
}

#[derive(Serialize)]
struct GateEntry<'a> {
    gate: &'static str,
    rule_file: &'a str,
    message: String,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    file: &'a str,
    rule_id: &'a str,
    name: &'a str,
    standing: &'static str,
    reason: Option<String>,
    cause: Option<String>,
    details: Option<Details>,
}

/// One key a verdict, then how many checks, rules and scenarios ran, then what did not.
fn summary(view: &View<'_>) -> Map<String, Value> {
    let outcome = view.outcome;
    let rules: BTreeSet<&str> = outcome
        .scenarios
        .iter()
        .map(|scenario| scenario.rule_file.as_str())
        .collect();
    let mut summary = Map::new();
    for verdict in Verdict::ALL {
        summary.insert(verdict.word().to_owned(), outcome.count(verdict).into());
    }
    let census = &outcome.rules;
    for (key, count) in [
        ("checks", outcome.checks().count()),
        ("rules", rules.len()),
        ("scenarios", outcome.scenarios.len()),
        ("tested_rules", census.count("tested")),
        ("untested_rules", census.count("untested")),
        ("unshaped_rules", census.count("unshaped")),
        ("unsupported_rules", census.count("unsupported")),
        ("broken_rules", census.count("not loaded")),
        ("errors", view.problems.len()),
        ("missed_gates", view.gates.len()),
    ] {
        summary.insert(key.to_owned(), count.into());
    }
    summary
}

fn entry<'a>(scenario: &'a ScenarioOutcome, check: &'a Check) -> CheckEntry<'a> {
    let place = |place: &'a Option<Place>| {
        let place = place.as_ref()?;
        Some(at(&place.source, place.span))
    };
    let clause = check.clauses(&scenario.rule_file).into_iter().next();
    CheckEntry {
        key: check.key.to_string(),
        rule_id: &scenario.rule_id,
        rule_file: &scenario.rule_file,
        scenario: &check.key.scenario,
        case: &check.key.case,
        source: &check.key.source,
        verdict: check.verdict.word(),
        expected: &check.expected,
        reason: check.reason.as_ref().map(Reason::word),
        cause: check.reason.as_ref().and_then(Reason::cause),
        details: check.reason.as_ref().and_then(Reason::details),
        message: check.reason.as_ref().map(sentence),
        observed: observed(&check.observed),
        matches: matches(&check.observed),
        blockers: blockers(&check.observed),
        waived: check.waived.as_deref(),
        warnings: warnings(check),
        place: place(&check.place),
        expectation: place(&check.expectation),
        clause: clause.map(|(file, line, text)| ClauseEntry { file, line, text }),
    }
}

fn at(source: &SourceText, span: Span) -> At<'_> {
    let (line, column) = source.line_column(span.start);
    At {
        file: source.name(),
        line,
        column,
    }
}

fn error(problem: &Diagnostic) -> ErrorEntry<'_> {
    let label = problem.labels.first();
    let at = label.map(|label| at(&label.source, label.span));
    ErrorEntry {
        code: problem.code.number,
        cause: problem.cause.as_deref(),
        message: &problem.message,
        file: at.as_ref().map(|at| at.file),
        line: at.as_ref().map(|at| at.line),
        column: at.as_ref().map(|at| at.column),
        help: &problem.help,
        details: (!problem.details.is_empty()).then_some(&*problem.details),
    }
}

fn observed(observed: &Observed) -> ObservedEntry {
    let entry = |outcome, reason: Option<String>| ObservedEntry {
        outcome,
        reason,
        value: None,
        miss: None,
    };
    match observed {
        Observed::Alert(_) => entry("alert", None),
        Observed::None(none) => ObservedEntry {
            reason: reason(none),
            value: none.value.as_ref().map(ToString::to_string),
            miss: none.miss.as_ref().map(ToString::to_string),
            outcome: "none",
        },
        Observed::Uncertain(on) => entry("uncertain", Some(words::uncertainty(on))),
        Observed::Unverifiable(why) => entry("unverifiable", Some(words::not_run(why))),
        Observed::Unsupported(what) => entry("unsupported", Some(words::not_run(what))),
        Observed::Skipped(why) => entry("skipped", Some(skipped(why))),
    }
}

fn reason(none: &NoneRecord) -> Option<String> {
    (!none.blocker.is_empty()).then(|| none.blocker.join("; "))
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
    use crate::project::Conclusion;
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
            problems: &[],
            gates: &[],
            rules: &[],
            strict: false,
            conclusion: Conclusion::Added,
        };
        let mut bytes = Vec::new();
        write(&view, &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
