//! `stage-never-matches`: no event of a data source can meet a stage, so the rule is blind there.

use crate::diagnostic::{Code, Severity};
use crate::language::eql::every;
use crate::language::eql::syntax::{Expr, ExprKind};
use crate::lint::Subject;
use crate::lint::condition::facts::{Facts, KindFacts, StageFacts, condition};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "stage-never-matches",
        title: "no event of a data source can meet the stage",
        page: "With what the sensor always writes, and the fields that its events never carry, the \
               condition is false for every kind of event that the stage asks for: the rule can never \
               alert on this data source.\n\n\
               ```eql\nprocess where process.name : \"cmd.exe\" and user.id != \"S-1-5-18\"\n```\n\n\
               is such a rule on Sysmon, whose events all carry the SID of Sysmon's own service in \
               `user.id`. `trapline sources NAME` shows what a sensor pins, with the evidence. Except \
               the source from the clause, or use a field that has the same meaning on every source.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(
    subject: &Subject<'_>,
    facts: &[Facts<'_>],
    findings: &mut Vec<Finding>,
) {
    for stage in facts.iter().filter(|facts| facts.stage.needed) {
        let mut by_leaf: Vec<(&Expr, Vec<String>, String)> = Vec::new();
        for source in &stage.sources {
            let Some(leaf) = blind(source, &stage.stage.query.condition) else {
                continue;
            };
            let name = source.source.name.clone();
            match by_leaf
                .iter_mut()
                .find(|(other, ..)| other.span == leaf.span)
            {
                Some((_, names, _)) => names.push(name),
                None => by_leaf.push((leaf, vec![name], reason(source, leaf))),
            }
        }
        for (leaf, sources, reason) in by_leaf {
            let message = format!(
                "{} can never match on {}: {reason}",
                stage.stage.name,
                sources.join(", ")
            );
            findings.push(
                LINT.finding(subject.source(), subject.locate(leaf.span), message, "decides it there")
                    .help("except these sources from the clause, or use a field that means the same on all")
                    .on(sources),
            );
        }
    }
}

/// The leaf that makes the condition false for every kind of event, if it is false.
fn blind<'q>(facts: &StageFacts<'_>, query: &'q Expr) -> Option<&'q Expr> {
    let first = facts.kinds.first()?;
    let all_false = facts.kinds.iter().all(|kind| kind.whole == Some(false));
    all_false.then(|| deciding(query, first, false))?
}

/// The first leaf that makes `expr` what it is.
fn deciding<'q>(expr: &'q Expr, facts: &KindFacts<'_>, value: bool) -> Option<&'q Expr> {
    let is = |item: &&Expr| condition(item, &facts.decided) == Some(value);
    match &expr.kind {
        ExprKind::And(items) | ExprKind::Or(items) => items
            .iter()
            .find(is)
            .and_then(|item| deciding(item, facts, value)),
        ExprKind::Not(inner) => deciding(inner, facts, !value),
        _ => Some(expr),
    }
}

fn reason(facts: &StageFacts<'_>, leaf: &Expr) -> String {
    let mut reasons = Vec::new();
    every(leaf, &mut |expr| {
        let ExprKind::Field(field) = &expr.kind else {
            return;
        };
        let kind = facts.kinds.first();
        let pins = kind.into_iter().flat_map(|kind| &kind.kind.pins);
        let pin = pins
            .chain(&facts.source.pins)
            .find(|pin| pin.field == field.path);
        reasons.push(match pin {
            Some(pin) if !pin.value.is_empty() => {
                let values: Vec<String> = pin.value.iter().map(ToString::to_string).collect();
                format!("{} is always {} there", field.path, values.join(", "))
            }
            _ => format!("no such event carries {}", field.path),
        });
    });
    reasons.join(", ")
}
