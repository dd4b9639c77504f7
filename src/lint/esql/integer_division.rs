//! `integer-division`: a ratio of whole numbers is a whole number.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, every, is_call};
use crate::lint::finding::{Finding, Lint};
use crate::plan::pipeline::Operator;

/// Functions that give a whole number.
const WHOLE: &[&str] = &[
    "count",
    "count_distinct",
    "date_diff",
    "length",
    "locate",
    "mv_count",
    "to_integer",
    "to_long",
];

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "integer-division",
        title: "a ratio of whole numbers is a whole number",
        page: "`/` of two whole numbers gives a whole number: `1 / 2` is 0, and so is every ratio of a part to \
               its whole. COUNT, COUNT_DISTINCT, LENGTH and MV_COUNT give whole numbers.\n\n\
               ```esql\nFROM logs-* | STATS failed = COUNT(*) WHERE event.outcome == \"failure\", all = COUNT(*)\n| WHERE failed / all > 0.9\n```\n\n\
               holds only where all of them fail. Write `failed::double / all`, or `failed * 1.0 / all`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut whole: Vec<&str> = Vec::new();
    for command in &subject.query.commands {
        for expr in command.kind.expressions() {
            every(expr, &mut |expr| {
                let ExprKind::Binary(Operator::Divide, left, right) = &expr.kind else {
                    return;
                };
                let is_ratio = !matches!(right.kind, ExprKind::Integer(_));
                if is_ratio && is_whole(left, &whole) && is_whole(right, &whole) {
                    let message = format!(
                        "`{}` is a whole number, rounded down",
                        subject.words(expr.span)
                    );
                    findings.push(
                        subject
                            .finding(&LINT, expr.span, message, "both sides are whole numbers")
                            .help("write `::double` after one of them"),
                    );
                }
            });
        }
        for field in command.kind.computed() {
            let Some(name) = &field.name else { continue };
            let is_own = is_whole(&field.expr, &whole);
            whole.retain(|known| *known != name.text);
            if is_own {
                whole.push(&name.text);
            }
        }
    }
}

fn is_whole(expr: &Expr, columns: &[&str]) -> bool {
    match &expr.kind {
        ExprKind::Integer(_) => true,
        ExprKind::Column(name) => columns.contains(&name.text.as_str()),
        ExprKind::Binary(operator, left, right) if !operator.is_comparison() => {
            is_whole(left, columns) && is_whole(right, columns)
        }
        ExprKind::Call { .. } => WHOLE.iter().any(|function| is_call(expr, function)),
        _ => false,
    }
}
