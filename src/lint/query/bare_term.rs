//! `bare-term`: a value without a field.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "bare-term",
        title: "a value without a field",
        page: "A value without a field is searched in every field of every index. That is hardly ever \
               meant: `event.code = 1` and `event.code == 1` are no comparisons in KQL but such values, \
               and match nothing. Write `field: value`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        if leaf.field.is_some() || leaf.value.is_lone_star() {
            continue;
        }
        let Some(text) = leaf.value.text() else {
            continue;
        };
        let message = format!("`{text}` has no field: it is searched in all fields");
        let place = subject.locate(leaf.value.span);
        let finding = LINT.finding(subject.source(), place, message, "");
        findings.push(match text.split_once('=') {
            Some((field, value)) => {
                let value = value.trim_start_matches('=').trim();
                finding.help(format!("write `{}: {value}`", field.trim()))
            }
            None => finding.help("write `field: value`"),
        });
    }
}
