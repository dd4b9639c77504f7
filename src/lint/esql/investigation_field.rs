//! `investigation-field`: a field of the investigation guide is no column of the alert.

use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Code, Severity};
use crate::lint::esql::walk::EsqlSubject;
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "investigation-field",
        title: "a field of `investigation_fields` is no column of the alert",
        page: "`investigation_fields` names the fields that the page of an alert shows first. The alert of a rule with \
               STATS holds the columns of its row and nothing else, so that a field which no command makes, or which \
               KEEP leaves out, is never shown.\n\n\
               Group by it in STATS, collect it with VALUES, or take it out of the list.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    let Some(names) = subject.columns_of_groups() else {
        return;
    };
    for (field, span) in &subject.rule.investigation_fields {
        if names.contains(&field.as_str()) || is_of_every_alert(field) {
            continue;
        }
        let message = format!("`{field}` is an investigation field, and no row has it");
        let found = LINT.finding(
            subject.text.source(),
            *span,
            message,
            "no column of the result",
        );
        findings.push(match nearest(field, names.iter().copied()) {
            Some(near) => found.suggest(field, near),
            None => found,
        });
    }
}

/// Whether Kibana writes the field into alerts itself, whatever the row: what it says of the alert, and
/// what its enrichment adds to a host and a user.
fn is_of_every_alert(field: &str) -> bool {
    const ADDED: [&str; 6] = [
        "kibana.",
        "host.asset.",
        "host.risk.",
        "service.asset.",
        "user.asset.",
        "user.risk.",
    ];
    let is_added = ADDED.iter().any(|prefix| field.starts_with(prefix));
    is_added || field == "@timestamp" || field == "event.kind"
}
