//! `threshold-unreachable`: a threshold that no events can reach.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "threshold-unreachable",
        title: "a threshold that can never be reached",
        page: "Two thresholds are out of reach whatever happens. Without a field to group by, \
               Elasticsearch counts to 10,000 events and stops, so that a greater `value` is never met. \
               And the values of a field that groups are one in each group, so that a cardinality of it \
               above 1 is never met. Group by a field, lower the number, or count the values of another \
               field.",
    },
    severity: Severity::Warning,
};

/// Elasticsearch counts no further unless it is asked to.
const COUNTED: u64 = 10_000;

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::Threshold(settings) = &subject.rule.kind else {
        return;
    };
    if settings.group_by.is_empty() && settings.count > COUNTED {
        let message = format!(
            "`value` is {}, but without a field to group by Elasticsearch counts to {COUNTED}",
            settings.count
        );
        findings.push(
            LINT.finding(
                subject.source,
                settings.count_span,
                message,
                "never reached",
            )
            .help("group by a field, or lower the value"),
        );
    }
    let Some(cardinality) = &settings.cardinality else {
        return;
    };
    let name = &cardinality.field.name;
    if cardinality.count > 1 && settings.group_by.iter().any(|field| field.name == *name) {
        let message = format!("each group has one value of {name}, by which it is grouped");
        findings.push(
            LINT.finding(
                subject.source,
                cardinality.field.span,
                message,
                "never reached",
            )
            .help("count the values of a field that does not group"),
        );
    }
}
