//! `literal-wildcard`: a star or question mark that is not expanded.

use crate::diagnostic::{Code, Severity};
use crate::language::eql::syntax::{CompareOp, Expr, ExprKind};
use crate::language::kql::syntax::LiteralKind;
use crate::lint::Subject;
use crate::lint::condition::walk::all_leaves;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;
use crate::plan::Function;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "literal-wildcard",
        title: "a wildcard that is not expanded",
        page: "`==`, `!=`, `in`, `in~` and `startsWith` take `*` and `?` as these characters; only `:`, \
               `like`, `like~` and `wildcard` expand them:\n\n\
               ```eql\nprocess where process.name in (\"cmd*\", \"powershell*\")\n```\n\n\
               finds a process whose name ends in a star. Write `:` or `like` for a pattern; if the \
               character itself is meant, allow the lint.\n\n\
               KQL expands a `*` that stands without quotes, and none within them:\n\n\
               ```kuery\nurl.path: \"*/services/restore*\"\n```\n\n\
               finds a path with two stars in it. Leave the quotes out, and write a backslash before each \
               `\\ ( ) : < > \"` of the value; a space may stay only on a keyword. A star alone, and one \
               between two backslashes (`\"\\\\*\\IPC$\"`), are left alone.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &Subject<'_>, findings: &mut Vec<Finding>) {
    for leaf in all_leaves(subject.syntax) {
        match &leaf.kind {
            ExprKind::Compare(op, left, right) => {
                let operator = match op {
                    CompareOp::Equal => "==",
                    CompareOp::NotEqual => "!=",
                    _ => continue,
                };
                for side in [left, right] {
                    check(
                        subject,
                        side,
                        operator,
                        "write `:` (or `like`, which is case-sensitive)",
                        findings,
                    );
                }
            }
            ExprKind::In(inner) => {
                let (operator, fix) = if inner.insensitive {
                    ("in~", "write `: (…)`")
                } else {
                    ("in", "write `like (…)`, or `: (…)` without regard to case")
                };
                for item in &inner.items {
                    check(subject, item, operator, fix, findings);
                }
            }
            ExprKind::Call(call)
                if Function::named(&call.name.text) == Some(Function::StartsWith) =>
            {
                if let Some(prefix) = call.arguments.get(1) {
                    let fix = "write `like \"…*\"`; without a wildcard within, leave the star out";
                    check(subject, prefix, "startsWith", fix, findings);
                }
            }
            _ => {}
        }
    }
}

pub(in crate::lint) fn of_kql(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        let LiteralKind::Quoted(text) = &leaf.value.kind else {
            continue;
        };
        let is_worded = text.chars().any(char::is_alphanumeric);
        if !is_worded || !text.replace("\\*\\", "").contains('*') {
            continue;
        }
        let written = subject.written(leaf.value);
        let message = format!("KQL does not expand the wildcard in {written}");
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(
                subject.source(),
                place,
                message,
                "compared character by character",
            )
            .help("leave the quotes out, and write a backslash before each special character"),
        );
    }
}

fn check(
    subject: &Subject<'_>,
    constant: &Expr,
    operator: &str,
    fix: &str,
    findings: &mut Vec<Finding>,
) {
    let ExprKind::String(text) = &constant.kind else {
        return;
    };
    // A star alone is an argument of many programs, and `* * * * *` a schedule.
    let worded = text.chars().any(char::is_alphanumeric);
    if !worded || !is_pattern(text) {
        return;
    }
    let message = format!("`{operator}` does not expand the wildcard in {constant}");
    let label = "compared character by character";
    findings.push(
        LINT.finding(
            subject.source(),
            subject.locate(constant.span),
            message,
            label,
        )
        .help(fix),
    );
}

/// Whether the text looks like a pattern. The `?` of an address of the Web, between its path and
/// its arguments, does not.
fn is_pattern(text: &str) -> bool {
    let query_of_a_url = text.contains('=') && !text.starts_with('?');
    text.contains('*') || (text.contains('?') && !query_of_a_url)
}
