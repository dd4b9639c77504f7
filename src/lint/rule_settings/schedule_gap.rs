//! `schedule-gap`: time that no execution of the rule looks at.

use std::sync::Arc;

use crate::diagnostic::{Code, Severity, SourceText};
use crate::lint::finding::{Finding, Lint};
use crate::rule::Rule;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "schedule-gap",
        title: "the rule looks back less than its interval",
        page: "The rule runs every `interval` and looks at the time since `from`. Where `from` is nearer \
               than one interval, the events in between are never searched.\n\n\
               Let `from` be at least one interval ago; with what events need to arrive, rather more: \
               Elastic's rules look back 9m every 5m.",
    },
    severity: Severity::Error,
};

pub(in crate::lint) fn run(rule: &Rule, source: &Arc<SourceText>, findings: &mut Vec<Finding>) {
    let gap = rule.schedule.interval - (rule.schedule.look_back - rule.schedule.until);
    if gap <= 0 {
        return;
    }
    let message = format!(
        "{} of every {} are never searched: the rule looks back {}",
        span_of(gap),
        span_of(rule.schedule.interval),
        span_of(rule.schedule.look_back)
    );
    findings.push(
        LINT.finding(source, rule.schedule_span, message, "")
            .help(format!(
                "write `from = \"now-{}\"` or more",
                span_of(rule.schedule.interval)
            )),
    );
}

/// Milliseconds in the largest unit that needs no fraction: `9m`, `90s`.
pub(in crate::lint) fn span_of(millis: i64) -> String {
    for (unit, length) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ] {
        if millis != 0 && millis % length == 0 {
            return format!("{}{unit}", millis / length);
        }
    }
    format!("{millis}ms")
}
