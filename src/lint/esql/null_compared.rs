//! `null-compared`: a comparison with a literal null is never true.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{CommandKind, Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, leaves};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "null-compared",
        title: "a comparison with a literal null is never true",
        page: "`==`, `!=`, `<` … with `null` on one side are null, and NOT of null is null: WHERE drops every row. A \
               `NOT IN` with a null among its values is null or false for every row, too (elasticsearch#154852).\n\n\
               ```esql\nFROM logs-* | WHERE user.name != null AND user.id NOT IN (\"S-1-5-18\", null)\n```\n\n\
               finds nothing. Write `user.name IS NOT NULL`, and leave null out of the list.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    for command in &subject.query.commands {
        let CommandKind::Where(condition) = &command.kind else {
            continue;
        };
        let mut found = Vec::new();
        leaves(condition, false, &mut found);
        for (leaf, is_negated) in found {
            let Some(help) = never_true(leaf, is_negated) else {
                continue;
            };
            let not = if is_negated { "NOT " } else { "" };
            let message = format!("`{not}{}` is never true", subject.words(leaf.span));
            findings.push(
                subject
                    .finding(&LINT, leaf.span, message, "null for every row")
                    .help(help),
            );
        }
    }
}

/// How to mend a leaf that holds for no row, below an odd number of NOTs or not.
pub(in crate::lint) fn never_true(leaf: &Expr, is_negated: bool) -> Option<&'static str> {
    let is_null = |expr: &Expr| expr.kind == ExprKind::Null;
    match &leaf.kind {
        ExprKind::Binary(operator, left, right)
            if operator.is_comparison() && (is_null(left) || is_null(right)) =>
        {
            Some("write IS NULL or IS NOT NULL")
        }
        ExprKind::In { items, negated, .. }
            if *negated != is_negated && items.iter().any(is_null) =>
        {
            Some("leave null out of the list")
        }
        _ => None,
    }
}
