//! `field-never-carried`: a clause on a field that the kind of event never carries on a source.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Severity};
use crate::language::eql::every;
use crate::language::eql::syntax::{Expr, ExprKind};
use crate::lint::Subject;
use crate::lint::condition::facts::{Facts, StageFacts};
use crate::lint::condition::walk::leaves;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "field-never-carried",
        title: "a field that the kind of event never carries",
        page: "The stage asks for a kind of event that never has the field on this data source, although \
               the field is mapped: a network event of Elastic Defend has no `process.command_line`. The \
               clause can never hold there, or with `not` and `!=` always does.\n\n\
               ```eql\nnetwork where process.command_line : \"*-enc*\"\n```\n\n\
               Ask the event that has the field, and join it: \
               `sequence by process.entity_id [process where …] [network where …]`. Write `?field` where \
               some of the rule's sources have it and others do not.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(
    subject: &Subject<'_>,
    facts: &[Facts<'_>],
    findings: &mut Vec<Finding>,
) {
    for stage in facts {
        let mut all = Vec::new();
        leaves(&stage.stage.query.condition, &mut all);
        for leaf in all {
            check(subject, stage, leaf, findings);
        }
    }
}

fn check(subject: &Subject<'_>, facts: &Facts<'_>, leaf: &Expr, findings: &mut Vec<Finding>) {
    for (place, field, optional) in fields(leaf) {
        let mut never: BTreeMap<bool, Vec<String>> = BTreeMap::new();
        for source in &facts.sources {
            if let Some(value) = never_on(source, leaf, &field) {
                never
                    .entry(value)
                    .or_default()
                    .push(source.source.name.clone());
            }
        }
        let everywhere: usize = never.values().map(Vec::len).sum();
        // `?field` says that some sources lack it.
        if optional && everywhere < facts.sources.len() {
            continue;
        }
        for (value, sources) in never {
            let then = if value {
                "always holds"
            } else {
                "can never hold"
            };
            let message = format!(
                "no event of {} that {} asks for carries {field}: `{leaf}` {then} there",
                sources.join(", "),
                facts.stage.name
            );
            findings.push(
                LINT.finding(subject.source(), subject.locate(place), message, "")
                    .help("ask an event that has the field, or write `?` before it if other sources have it")
                    .on(sources),
            );
        }
    }
}

/// What the leaf always is on a source because no kind of event there carries the field.
fn never_on(facts: &StageFacts<'_>, leaf: &Expr, field: &str) -> Option<bool> {
    let mut values = facts.kinds.iter().map(|kind| {
        let lacks = !kind.kind.carries(field);
        lacks
            .then(|| kind.decided.get(&leaf.span).copied())
            .flatten()
    });
    let first = values.next()??;
    values.all(|value| value == Some(first)).then_some(first)
}

/// The fields of a leaf: place, path, whether written with `?`.
fn fields(leaf: &Expr) -> Vec<(crate::diagnostic::Span, String, bool)> {
    let mut fields = Vec::new();
    every(leaf, &mut |expr| {
        if let ExprKind::Field(field) = &expr.kind {
            fields.push((expr.span, field.path.clone(), field.optional));
        }
    });
    fields
}
