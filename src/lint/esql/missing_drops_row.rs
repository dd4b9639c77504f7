//! `missing-drops-row`: an exclusion drops the rows that lack its field.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::before_stats;
use crate::language::esql::syntax::{CommandKind, Expr, ExprKind};
use crate::lint::esql::null_compared::never_true;
use crate::lint::esql::walk::{EsqlSubject, leaves, subject_of};
use crate::lint::finding::{Finding, Lint};
use crate::plan::pipeline::Operator;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "missing-drops-row",
        title: "an exclusion drops the rows that lack its field",
        page: "In ES|QL `a != \"x\"`, `NOT a == \"x\"`, `NOT a LIKE \"x*\"` and `a NOT IN (…)` are null, \
               and not true, where `a` has no value: the row is dropped. EQL, KQL and Lucene keep it. An \
               exclusion that is meant for a few values then hides every event without the field.\n\n\
               ```esql\nFROM logs-* | WHERE user.name != \"backup\"\n```\n\n\
               finds nothing of hosts whose events name no user. Write `(user.name IS NULL OR user.name != \
               \"backup\")`, or say that it is meant: `user.name IS NOT NULL AND …`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut cared: Vec<&str> = Vec::new();
    let mut excluded: Vec<(&Expr, &str)> = Vec::new();
    for (command, made) in before_stats(subject.query) {
        let CommandKind::Where(condition) = &command.kind else {
            continue;
        };
        let mut found = Vec::new();
        leaves(condition, false, &mut found);
        for (leaf, is_negated) in found {
            let Some(name) = subject_of(leaf) else {
                continue;
            };
            if !excludes(leaf, is_negated) {
                // The field is asked for, so that rows without it go in any case.
                cared.push(name);
            } else if !made.contains(name) && never_true(leaf, is_negated).is_none() {
                excluded.push((leaf, name));
            }
        }
    }
    for (leaf, name) in excluded {
        if cared.contains(&name) {
            continue;
        }
        let message = format!("rows without `{name}` are dropped by its exclusion");
        findings.push(
            subject
                .finding(&LINT, leaf.span, message, "null where the field is missing")
                .help(format!(
                    "write `({name} IS NULL OR …)` to keep them, or `{name} IS NOT NULL AND …`"
                )),
        );
    }
}

/// Whether a leaf keeps all but some values, rather than asking for the field itself or for
/// certain values.
fn excludes(leaf: &Expr, is_negated: bool) -> bool {
    match &leaf.kind {
        ExprKind::IsNull { .. } => false,
        ExprKind::Binary(Operator::NotEqual, ..) => !is_negated,
        ExprKind::Binary(Operator::Equal, ..) => is_negated,
        ExprKind::In { negated, .. } | ExprKind::Like { negated, .. } => *negated != is_negated,
        _ => false,
    }
}
