//! `new-terms-missing-field`: a field of new terms that a data source never carries.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "new-terms-missing-field",
        title: "a field of new terms that a data source lacks",
        page: "An event that lacks one of the fields of a new-terms rule is left out, in the rule's \
               window and in its history. No event of the data source that is named carries the field: \
               the rule never alerts there. Name a field that all sources have, or leave the source out \
               of `index`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::NewTerms(settings) = &subject.rule.kind else {
        return;
    };
    let fields = settings.fields.iter();
    findings.extend(subject.missing_fields(&LINT, fields, "nothing is ever new there"));
}
