//! `threshold-window`: a threshold rule that looks at the same events many times.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "threshold-window",
        title: "a threshold rule looks at the same events many times",
        page: "The rule looks back many times its interval, so that each event is counted by many \
               executions. What was in an alert is left out of the next count by a condition for each \
               group, which grows until Elasticsearch refuses the search (`max_clause_count`). Let the \
               rule run less often, or look back less.",
    },
    severity: Severity::Warning,
};

/// The largest number of executions that see one event.
const TIMES: i64 = 12;

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::Threshold(_) = &subject.rule.kind else {
        return;
    };
    let schedule = &subject.rule.schedule;
    let times = (schedule.look_back - schedule.until) / schedule.interval.max(1);
    if times <= TIMES {
        return;
    }
    let message = format!("each event is counted by {times} executions");
    findings.push(
        LINT.finding(subject.source, subject.rule.schedule_span, message, "")
            .help("let the rule run less often, or look back less"),
    );
}
