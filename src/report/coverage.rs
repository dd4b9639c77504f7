//! `trapline coverage` as JSON and as Markdown for a merge request.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;

use super::markdown::{code, plain};
use super::share::{rounded, table};
use crate::coverage::{ClauseCoverage, Coverage, DecidedChecks, Gap, RuleCoverage};

#[derive(Serialize)]
struct Report<'a> {
    summary: Summary,
    rules: Vec<RuleEntry<'a>>,
}

#[derive(Serialize)]
struct Summary {
    covered: usize,
    clauses: usize,
    percent: f64,
    rules: usize,
}

#[derive(Serialize)]
struct RuleEntry<'a> {
    rule_id: &'a str,
    rule: &'a str,
    file: &'a str,
    covered: usize,
    clauses_counted: usize,
    percent: f64,
    clauses: Vec<ClauseEntry<'a>>,
}

#[derive(Serialize)]
struct ClauseEntry<'a> {
    clause: String,
    stage: Option<u16>,
    line: usize,
    column: usize,
    testable: bool,
    covered: bool,
    alert: DecidedChecksEntry<'a>,
    none: DecidedChecksEntry<'a>,
    add: Vec<String>,
}

#[derive(Serialize)]
struct DecidedChecksEntry<'a> {
    checks: usize,
    waived: usize,
    forced: usize,
    first: Option<&'a str>,
}

/// Writes one JSON object and a line break.
pub fn json(coverage: &Coverage, out: &mut impl Write) -> io::Result<()> {
    let share = coverage.share();
    let report = Report {
        summary: Summary {
            covered: share.good,
            clauses: share.all,
            percent: rounded(share),
            rules: coverage.rules.len(),
        },
        rules: coverage.rules.iter().map(rule_entry).collect(),
    };
    serde_json::to_writer_pretty(&mut *out, &report)?;
    out.write_all(b"\n")
}

fn rule_entry(rule: &RuleCoverage) -> RuleEntry<'_> {
    let share = rule.share();
    RuleEntry {
        rule_id: &rule.rule_id,
        rule: &rule.rule_name,
        file: &rule.rule_file,
        covered: share.good,
        clauses_counted: share.all,
        percent: rounded(share),
        clauses: rule
            .clauses
            .iter()
            .map(|clause| clause_entry(rule, clause))
            .collect(),
    }
}

fn clause_entry<'a>(rule: &'a RuleCoverage, clause: &'a ClauseCoverage) -> ClauseEntry<'a> {
    let mut gaps = rule.gaps();
    let gap: Option<Gap<'_>> = gaps.find(|gap| gap.clause.name == clause.name);
    let missing_cases = gap.map_or_else(Vec::new, |gap| gap.missing_cases);
    let place = &clause.place;
    let (line, column) = place.source.line_column(place.span.start);
    ClauseEntry {
        clause: clause.name.to_string(),
        stage: clause.name.stage,
        line,
        column,
        testable: clause.testable,
        covered: clause.is_covered(),
        alert: decided_checks(&clause.decisions.alert),
        none: decided_checks(&clause.decisions.none),
        add: missing_cases
            .into_iter()
            .map(|missing| missing.case)
            .collect(),
    }
}

fn decided_checks(decided: &DecidedChecks) -> DecidedChecksEntry<'_> {
    DecidedChecksEntry {
        checks: decided.count,
        waived: decided.waived,
        forced: decided.forced,
        first: decided.first.as_deref(),
    }
}

/// Writes a table of the rules and a list of what is not covered.
pub fn markdown(coverage: &Coverage) -> String {
    let rules = coverage.rules.iter();
    let rules = rules.map(|rule| (rule.rule_name.as_str(), rule.share()));
    let mut text = table(("covered", "clauses"), rules, coverage.share());
    for rule in &coverage.rules {
        for gap in rule.gaps() {
            for missing in &gap.missing_cases {
                let _ = write!(
                    text,
                    "\n- {}: {}: {}; add {}",
                    code(&format!("{}:{}", rule.rule_file, gap.clause.place.line())),
                    code(&gap.clause.name.to_string()),
                    missing.lack,
                    plain(&missing.case)
                );
            }
        }
    }
    if !text.ends_with('\n') {
        text.push('\n');
    }
    text
}
