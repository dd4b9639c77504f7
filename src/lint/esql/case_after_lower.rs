//! `case-after-lower`: a text of the other case is compared with TO_LOWER or TO_UPPER.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{CommandKind, Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, every, is_call, texts};
use crate::lint::finding::{Finding, Lint};
use crate::plan::pipeline::Operator;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "case-after-lower",
        title: "a text of the other case is compared with TO_LOWER or TO_UPPER",
        page: "`==`, `IN` and `LIKE` are case-sensitive. What TO_LOWER gives has no upper-case letter, so that it never \
               equals a text with one; the same holds of TO_UPPER and lower-case letters.\n\n\
               ```esql\nFROM logs-* | WHERE TO_LOWER(process.name) == \"PowerShell.exe\"\n```\n\n\
               finds nothing. Write the text in the case of the function.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut folded: Vec<(&str, bool)> = Vec::new();
    for command in &subject.query.commands {
        for expr in command.kind.expressions() {
            every(expr, &mut |expr| {
                let Some(is_lower) = folds(expr, &folded) else {
                    return;
                };
                let other = |c: char| {
                    if is_lower {
                        c.is_uppercase()
                    } else {
                        c.is_lowercase()
                    }
                };
                for (text, span) in texts(expr)
                    .into_iter()
                    .filter(|(text, _)| text.contains(other))
                {
                    let (function, case) = if is_lower {
                        ("TO_LOWER", "an upper-case")
                    } else {
                        ("TO_UPPER", "a lower-case")
                    };
                    let message =
                        format!("{text:?} has {case} letter, which {function} never gives");
                    findings.push(subject.finding(&LINT, span, message, "never equal"));
                }
            });
        }
        if let CommandKind::Eval(fields) = &command.kind {
            for field in fields {
                let Some(name) = &field.name else { continue };
                folded.retain(|(known, _)| *known != name.text);
                folded.extend(fold(&field.expr).map(|is_lower| (name.text.as_str(), is_lower)));
            }
        }
    }
}

/// Whether a leaf compares what is all lower case (`true`) or all upper case.
fn folds(leaf: &Expr, columns: &[(&str, bool)]) -> Option<bool> {
    let value = match &leaf.kind {
        ExprKind::Binary(Operator::Equal | Operator::NotEqual, left, _) => left,
        ExprKind::In { value, .. }
        | ExprKind::Like {
            value,
            is_regex: false,
            ..
        } => value,
        _ => return None,
    };
    if let ExprKind::Column(name) = &value.kind {
        let mut known = columns.iter();
        return known
            .find(|(own, _)| *own == name.text)
            .map(|(_, is_lower)| *is_lower);
    }
    fold(value)
}

fn fold(expr: &Expr) -> Option<bool> {
    if is_call(expr, "to_lower") {
        Some(true)
    } else {
        is_call(expr, "to_upper").then_some(false)
    }
}
