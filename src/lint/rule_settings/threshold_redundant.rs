//! `threshold-redundant`: a threshold of one event.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "threshold-redundant",
        title: "a threshold of one event is a query rule",
        page: "A threshold of 1 without a cardinality alerts on every group that has an event. Where an \
               execution may make one alert only (`max_signals = 1`), or the groups are single things \
               (`process.entity_id`), that is a query rule without the fields of the event in its \
               alerts. Write a query rule, with `alert_suppression` for one alert a group.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::Threshold(settings) = &subject.rule.kind else {
        return;
    };
    let mut fields = settings.group_by.iter();
    let is_single =
        subject.rule.max_signals == 1 || fields.any(|field| is_single_thing(&field.name));
    if settings.count > 1 || settings.cardinality.is_some() || !is_single {
        return;
    }
    let message = "a threshold of 1 event without a cardinality counts nothing";
    findings.push(
        LINT.finding(subject.source, settings.count_span, message, "")
            .help("write a query rule, with `alert_suppression` for one alert a group"),
    );
}

/// Whether a field's values are of one event or process each.
pub(in crate::lint) fn is_single_thing(field: &str) -> bool {
    field.ends_with(".entity_id") || matches!(field, "event.id" | "_id")
}
