//! `--format junit`: the XML that CI systems show as test results; the elements and attributes are
//! those of the schema that Jenkins publishes (`jenkins-junit.xsd`).

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::{self, Write};

use super::finding::{Finding, findings, meaning};
use super::markup::escaped;
use super::terminal::quote;
use super::{View, reason};
use crate::replay::outcome::{Check, CheckKey, ScenarioOutcome, Verdict};
use crate::snapshot::Change;

/// Writes a suite a scenario and a test case a check; the name of a test case is its case and
/// source, unique in its class, which is the scenario.
pub fn write(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let changes: BTreeMap<&CheckKey, &Change> = view
        .reviewable()
        .filter(|change| !change.header)
        .map(|change| (&change.key, change))
        .collect();
    let suites: Vec<Suite<'_>> = view
        .outcome
        .scenarios
        .iter()
        .map(|scenario| suite(view, scenario, &changes))
        .collect();
    let tests: usize = suites.iter().map(|suite| suite.cases.len()).sum();
    let failures: usize = suites.iter().map(Suite::failures).sum();
    let errors = view.problems.len() + view.gates.len();
    let tests = tests + errors;
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let _ = writeln!(
        text,
        "<testsuites name=\"trapline\" tests=\"{tests}\" failures=\"{failures}\" errors=\"{errors}\">",
    );
    problems(view, &mut text);
    for suite in &suites {
        suite.write(&mut text);
    }
    text.push_str("</testsuites>\n");
    out.write_all(text.as_bytes())
}

/// A suite of what could not be loaded and of the gates that were missed: errors, for no check
/// could tell.
fn problems(view: &View<'_>, text: &mut String) {
    let findings: Vec<Finding<'_>> = findings(view)
        .into_iter()
        .filter(|finding| ["not-loaded", "gate-missed"].contains(&finding.kind))
        .collect();
    if findings.is_empty() {
        return;
    }
    let count = findings.len();
    let _ = writeln!(
        text,
        "  <testsuite name=\"project\" tests=\"{count}\" failures=\"0\" errors=\"{count}\" skipped=\"0\">",
    );
    for finding in &findings {
        let at = finding.places.first().map(|place| match place.start {
            Some((line, column)) => format!("{}:{line}:{column}", place.file),
            None => place.file.to_owned(),
        });
        let at = at.unwrap_or_default();
        let _ = writeln!(
            text,
            "    <testcase classname=\"{}\" name=\"{}\">\n      <error type=\"{}\" message=\"{}\">{}</error>\n    </testcase>",
            escaped(&finding.name),
            escaped(&finding.message),
            finding.kind,
            escaped(&finding.message),
            escaped(&at),
        );
    }
    text.push_str("  </testsuite>\n");
}

struct Suite<'a> {
    scenario: &'a ScenarioOutcome,
    cases: Vec<TestCase<'a>>,
}

struct TestCase<'a> {
    check: &'a Check,
    ended: Ended,
}

enum Ended {
    Passed,
    Skipped(String),
    Failed {
        kind: &'static str,
        message: String,
        text: String,
    },
}

fn suite<'a>(
    view: &View<'a>,
    scenario: &'a ScenarioOutcome,
    changes: &BTreeMap<&CheckKey, &'a Change>,
) -> Suite<'a> {
    let cases = scenario.checks.iter().map(|check| TestCase {
        check,
        ended: ended(
            view,
            check,
            &scenario.rule_file,
            changes.get(&check.key).copied(),
        ),
    });
    Suite {
        scenario,
        cases: cases.collect(),
    }
}

fn ended(view: &View<'_>, check: &Check, rule_file: &str, change: Option<&Change>) -> Ended {
    let message = reason::message(check);
    if view.fails(check) {
        let mut text = format!("expected {}\n", check.expected);
        for line in &check.change {
            let _ = writeln!(text, "change   {line}");
        }
        text.push_str(&places(check, rule_file));
        let _ = writeln!(
            text,
            "again    trapline test {}",
            quote(&check.key.to_string())
        );
        return Ended::Failed {
            kind: check.verdict.word(),
            message,
            text,
        };
    }
    if let Some(change) = change {
        return Ended::Failed {
            kind: change.class.word(),
            message: format!(
                "{}: {}",
                change.class.word().to_uppercase(),
                meaning(change.class).1
            ),
            text: format!(
                "recorded\n{}\nfound\n{}\n{}accept   trapline test {} --accept={}\n",
                change.before.as_deref().unwrap_or("nothing\n"),
                change.after.as_deref().unwrap_or("nothing\n"),
                places(check, rule_file),
                quote(&change.key.scenario),
                change.class.word(),
            ),
        };
    }
    match check.verdict {
        Verdict::Skipped | Verdict::Unsupported => Ended::Skipped(message),
        _ => Ended::Passed,
    }
}

/// The case and the clauses that decide it, a line each with its place.
fn places(check: &Check, rule_file: &str) -> String {
    let mut text = String::new();
    if let Some(place) = &check.place {
        let _ = writeln!(text, "case     {}:{}", place.source.name(), place.line());
    }
    for (file, line, clause) in check.clauses(rule_file) {
        let _ = writeln!(text, "clause   {file}:{line} {clause}");
    }
    text
}

impl Suite<'_> {
    fn failures(&self) -> usize {
        let failed = |case: &&TestCase<'_>| matches!(case.ended, Ended::Failed { .. });
        self.cases.iter().filter(failed).count()
    }

    fn write(&self, text: &mut String) {
        let skipped = |case: &&TestCase<'_>| matches!(case.ended, Ended::Skipped(_));
        let _ = writeln!(
            text,
            "  <testsuite name=\"{}\" tests=\"{}\" failures=\"{}\" errors=\"0\" skipped=\"{}\">",
            escaped(&format!(
                "{}: {}",
                self.scenario.scenario, self.scenario.rule_name
            )),
            self.cases.len(),
            self.failures(),
            self.cases.iter().filter(skipped).count(),
        );
        for case in &self.cases {
            case.write(text);
        }
        text.push_str("  </testsuite>\n");
    }
}

impl TestCase<'_> {
    fn write(&self, text: &mut String) {
        let key = &self.check.key;
        let _ = write!(
            text,
            "    <testcase classname=\"{}\" name=\"{}\"",
            escaped(&key.scenario),
            escaped(&format!("{}[{}]", key.case, key.source)),
        );
        match &self.ended {
            Ended::Passed => text.push_str("/>\n"),
            Ended::Skipped(reason) => {
                let _ = writeln!(
                    text,
                    ">\n      <skipped message=\"{}\"/>\n    </testcase>",
                    escaped(reason)
                );
            }
            Ended::Failed {
                kind,
                message,
                text: body,
            } => {
                let _ = writeln!(
                    text,
                    ">\n      <failure type=\"{kind}\" message=\"{}\">{}</failure>\n    </testcase>",
                    escaped(message),
                    escaped(body),
                );
            }
        }
    }
}
