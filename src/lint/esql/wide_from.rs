//! `wide-from`: FROM reads every index.

use crate::diagnostic::{Code, Severity};
use crate::lint::esql::walk::EsqlSubject;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "wide-from",
        title: "FROM reads every index",
        page: "A field must have one type in all indices that FROM matches, or the query is refused; a field that \
               none maps refuses it too. `FROM logs-*` reads the data of every integration: a new one with a type \
               of its own stops the rule, and the query costs what all of them hold.\n\n\
               Name the data streams that the rule is about.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    for pattern in subject.query.patterns() {
        if matches!(
            pattern.text.as_str(),
            "*" | "logs*" | "logs-*" | "logs-*-*" | "*-*"
        ) {
            let message = format!(
                "`FROM {}` reads the data of every integration",
                pattern.text
            );
            findings.push(
                subject
                    .finding(&LINT, pattern.span, message, "")
                    .help("name the data streams that the rule is about"),
            );
        }
    }
}
