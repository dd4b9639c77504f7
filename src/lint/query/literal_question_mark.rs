//! `literal-question-mark`: a question mark that is taken as this character.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "literal-question-mark",
        title: "a question mark that is no wildcard",
        page: "KQL has one wildcard, `*`. A `?` is an ordinary \
               character:\n\n```kuery\ndns.question.name: cdn??.space\n```\n\nfinds a name with two \
               question marks, which there is none of. Write `*`, or the names one by one; if the \
               character itself is meant, allow the lint. Text fields, whose words have no punctuation, \
               and addresses of the Web with arguments (`?a=b`) are left alone.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    for leaf in subject.leaves() {
        let text = leaf.value.text().unwrap_or_default();
        let Some((before, after)) = text.split_once('?') else {
            continue;
        };
        let is_worded = text.chars().any(char::is_alphanumeric);
        if !is_worded || begins_arguments(before, after) || subject.is_text(leaf.field.as_ref()) {
            continue;
        }
        let message = format!("KQL does not expand the `?` in `{text}`");
        let place = subject.locate(leaf.value.span);
        findings.push(
            LINT.finding(
                subject.source(),
                place,
                message,
                "compared character by character",
            )
            .help("write `*`, the only wildcard of KQL, or the values one by one"),
        );
    }
}

/// Whether a question mark stands between an address of the Web and its arguments.
fn begins_arguments(before: &str, after: &str) -> bool {
    let is_name = after.starts_with(|c: char| c.is_alphanumeric());
    after.contains('=') || (before.contains('/') && is_name && !after.contains(['/', '.']))
}
