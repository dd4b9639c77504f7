//! `window-beyond-look-back`: a window is longer than what the rule looks back.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{Expr, ExprKind};
use crate::lint::esql::walk::{EsqlSubject, every, is_call};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::schedule_gap::span_of;
use crate::plan::pipeline::Timespan;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "window-beyond-look-back",
        title: "a window is longer than what the rule looks back",
        page: "`DATE_TRUNC(1 hour, @timestamp)` cuts time into windows of an hour, but an execution sees only \
               the events since `from`. Where that is less than a window, no group ever has all events of its \
               window, and a count that needs them is not reached.\n\n\
               Look back at least one window, and better one window and an interval.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let look_back = subject.rule.schedule.look_back;
    let mut check = |expr: &Expr| {
        let ExprKind::Call { arguments, .. } = &expr.kind else {
            return;
        };
        let Some(window) = arguments.first().filter(|_| is_call(expr, "date_trunc")) else {
            return;
        };
        let length = match &window.kind {
            ExprKind::Timespan(Timespan::Duration(millis)) => *millis,
            ExprKind::Timespan(Timespan::Period { months, days }) => {
                (days + months * 30).saturating_mul(86_400_000)
            }
            _ => return,
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
