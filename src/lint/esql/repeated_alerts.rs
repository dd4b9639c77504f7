//! `repeated-alerts`: every execution that sees a group raises its alert again.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::CommandKind;
use crate::lint::esql::walk::{EsqlSubject, every, is_call};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::schedule_gap::span_of;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "repeated-alerts",
        title: "every execution that sees a group raises its alert again",
        page: "The alert of a row of STATS has no identity beyond its execution: an execution that looks \
               back over events which an earlier one has seen raises the alert again. Where the rule looks \
               back more than one and a half intervals, one attack becomes several alerts.\n\n\
               Let the rule look back little more than its interval, ask only for what is new (a guard with \
               `NOW()` on the first or last time of the group), or suppress: `[rule.alert_suppression]` with \
               `group_by` the keys of the group and a `duration`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let rule = subject.rule;
    let (look_back, interval) = (rule.schedule.look_back, rule.schedule.interval);
    let mut commands = subject.query.commands.iter();
    let stats = commands.find(|command| matches!(command.kind, CommandKind::Stats(_)));
    let Some(stats) = stats else { return };
    let is_suppressed = rule.production.suppression.is_some();
    if is_suppressed || look_back.saturating_mul(2) <= interval.saturating_mul(3) {
        return;
    }
    let mut has_guard = false;
    for expr in subject.query.expressions() {
        every(expr, &mut |expr| has_guard |= is_call(expr, "now"));
    }
    if has_guard {
        return;
    }
    let message = format!(
        "a group alerts again in every execution that sees it: the rule looks back {} every {}",
        span_of(look_back),
        span_of(interval)
    );
    findings.push(
        subject
            .finding(&LINT, stats.span, message, "rows of a group are no events")
            .help("suppress by the keys of the group, or ask for what is new with NOW()"),
    );
}
