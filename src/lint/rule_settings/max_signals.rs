//! `max-signals`: a limit of alerts above what Kibana allows.

use std::sync::Arc;

use crate::diagnostic::{Code, Severity, SourceText};
use crate::lint::finding::{Finding, Lint};
use crate::rule::{MOST_ALERTS, Rule};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "max-signals",
        title: "max_signals is above what Kibana allows",
        page: "Kibana makes no more alerts in one execution of a rule than \
               `xpack.alerting.rules.run.alerts.max` allows, which is 1000 unless the cluster's \
               configuration says otherwise. A greater `max_signals` is cut to it, with a warning when \
               the rule is saved and run; `trapline test` cuts it too.\n\n\
               Write `max_signals = 1000` or less. A rule that needs more finds too much, or belongs \
               to a threshold rule.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(rule: &Rule, source: &Arc<SourceText>, findings: &mut Vec<Finding>) {
    if rule.alert_limit() == rule.max_signals {
        return;
    }
    let message = format!(
        "`max_signals` is {}, but Kibana makes {MOST_ALERTS} alerts at most in an execution",
        rule.max_signals
    );
    findings.push(
        LINT.finding(source, rule.max_signals_span, message, "")
            .help(format!("write `max_signals = {MOST_ALERTS}` or less")),
    );
}
