//! `threshold-group-missing`: a field of a threshold that a data source never carries.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "threshold-group-missing",
        title: "a field of a threshold that a data source lacks",
        page: "An event that lacks a field by which a threshold groups is in no group, and one that \
               lacks the field whose values are counted adds none. No event of the data source that is \
               named carries the field: the rule never alerts there. Group by a field that all sources \
               have, or leave the source out of `index`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::Threshold(settings) = &subject.rule.kind else {
        return;
    };
    let cardinality = settings.cardinality.as_ref().map(|own| &own.field);
    let fields = settings.group_by.iter().chain(cardinality);
    findings.extend(subject.missing_fields(&LINT, fields, "it is counted in no group"));
}
