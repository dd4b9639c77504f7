//! `array-compared`: a list is compared as though it had one value.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{CommandKind, Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, column, every, is_call, is_list, subject_of};
use crate::lint::finding::{Finding, Lint};

/// Functions of one value.
const OF_ONE_VALUE: &[&str] = &[
    "cidr_match",
    "contains",
    "ends_with",
    "length",
    "locate",
    "replace",
    "split",
    "starts_with",
    "substring",
];

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "array-compared",
        title: "a list is compared as though it had one value",
        page: "In ES|QL a comparison, `IN`, `LIKE`, `RLIKE` or a function of one value is null where \
               the field has two values or more, even if one of them or all of them would match: the row is \
               dropped, and nothing says so in the alerts. ECS defines `event.category`, `event.type`, \
               `process.args`, `threat.*` and others as lists; `VALUES(…)` gives one.\n\n\
               ```esql\nFROM logs-* | WHERE event.type == \"start\"\n```\n\n\
               does not find an event whose type is `[\"start\", \"info\"]`. Write \
               `MV_CONTAINS(event.type, \"start\")`, or `KQL(\"event.type : start\")`, which match any value; \
               or make one value of them first (`MV_CONCAT`, `MV_EXPAND`).",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    subject.each_stored(&mut |expr, is_stored| {
        for name in compared(expr) {
            if is_list(name) && is_stored(name) {
                let message = format!(
                    "`{}` is null where `{name}` has several values",
                    subject.words(expr.span)
                );
                let label = "a list, by its definition in ECS";
                findings.push(
                    subject
                        .finding(&LINT, expr.span, message, label)
                        .help(format!(
                            "`MV_CONTAINS({name}, …)` and `KQL(…)` match any value"
                        )),
                );
            }
        }
    });
    of_values(subject, findings);
}

/// Comparisons of columns that VALUES makes.
fn of_values(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let mut lists: Vec<&str> = Vec::new();
    for command in &subject.query.commands {
        for expr in command.kind.expressions() {
            every(expr, &mut |expr| {
                for name in compared(expr)
                    .into_iter()
                    .filter(|name| lists.contains(name))
                {
                    let message = format!(
                        "`{}` is null where `{name}` has several values",
                        subject.words(expr.span)
                    );
                    let label = "a list, made by VALUES";
                    findings.push(
                        subject
                            .finding(&LINT, expr.span, message, label)
                            .help(format!("`MV_CONTAINS({name}, …)` matches any value")),
                    );
                }
            });
        }
        match &command.kind {
            CommandKind::Stats(stats) => {
                let made = stats.aggregates.iter().filter_map(|aggregate| {
                    let is_list = is_call(&aggregate.field.expr, "values");
                    let name = aggregate.field.name.as_ref().filter(|_| is_list)?;
                    Some(name.text.as_str())
                });
                lists = made.collect();
            }
            // What makes another column of the name, or one value of it.
            CommandKind::Eval(fields) => {
                let made = fields.iter().filter_map(|field| field.name.as_ref());
                for name in made {
                    lists.retain(|list| *list != name.text);
                }
            }
            CommandKind::MvExpand(name) => lists.retain(|list| *list != name.text),
            _ => {}
        }
    }
}

/// The columns that an expression takes as one value each.
fn compared(expr: &Expr) -> Vec<&str> {
    match &expr.kind {
        ExprKind::Binary(operator, left, right) if operator.is_comparison() => [left, right]
            .into_iter()
            .filter_map(|side| column(side))
            .collect(),
        ExprKind::In { .. } | ExprKind::Like { .. } => subject_of(expr).into_iter().collect(),
        ExprKind::Call { arguments, .. }
            if OF_ONE_VALUE.iter().any(|function| is_call(expr, function)) =>
        {
            arguments.iter().filter_map(column).collect()
        }
        _ => Vec::new(),
    }
}
