//! `window-beyond-look-back`: a window is longer than what the rule looks back.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, column, every, is_call};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::schedule_gap::span_of;
use crate::plan::pipeline::{Operator, Timespan};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "window-beyond-look-back",
        title: "a window is longer than what the rule looks back",
        page: "`DATE_TRUNC(1 hour, @timestamp)` cuts time into windows of an hour, but an execution sees only \
               the events since `from`. Where that is less than a window, no group ever has all events of its \
               window, and a count that needs them is not reached. Neither does `@timestamp > NOW() - 8 hours` look back \
               for eight hours: it leaves out events, and brings none.\n\n\
               Look back at least one window, and better one window and an interval.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let look_back = subject.rule.schedule.look_back;
    let is_by_timestamp = subject.rule.fields.timestamp_override.is_none();
    let mut check = |expr: &Expr| {
        let window = truncated(expr).or_else(|| since(expr).filter(|_| is_by_timestamp));
        let Some((window, length)) = window.and_then(|window| Some((window, length_of(window)?)))
        else {
            return;
        };
        if length > look_back {
            let message = format!(
                "a window of {} is longer than the {} that the rule looks back",
                subject.words(window.span),
                span_of(look_back)
            );
            findings.push(subject.finding(&LINT, window.span, message, ""));
        }
    };
    for expr in subject.query.expressions() {
        every(expr, &mut check);
    }
}

/// The window that DATE_TRUNC cuts time into.
fn truncated(expr: &Expr) -> Option<&Expr> {
    let ExprKind::Call { arguments, .. } = &expr.kind else {
        return None;
    };
    arguments.first().filter(|_| is_call(expr, "date_trunc"))
}

/// The window of `@timestamp > NOW() - window`.
fn since(expr: &Expr) -> Option<&Expr> {
    let (time, start) = match &expr.kind {
        ExprKind::Binary(Operator::Greater | Operator::GreaterOrEqual, time, start) => {
            (time, start)
        }
        ExprKind::Binary(Operator::Less | Operator::LessOrEqual, start, time) => (time, start),
        _ => return None,
    };
    let ExprKind::Binary(Operator::Subtract, now, window) = &start.kind else {
        return None;
    };
    let is_since = column(time) == Some("@timestamp") && is_call(now, "now");
    is_since.then_some(window)
}

/// The milliseconds of a constant timespan.
fn length_of(window: &Expr) -> Option<i64> {
    match &window.kind {
        ExprKind::Timespan(Timespan::Duration(millis)) => Some(*millis),
        ExprKind::Timespan(Timespan::Period { months, days }) => {
            Some((days + months * 30).saturating_mul(86_400_000))
        }
        _ => None,
    }
}
