//! `lost-id`: a rule that lists events loses their ids.

use crate::diagnostic::{Code, Severity};
use crate::language::esql::syntax::{CommandKind, Source};
use crate::lint::esql::walk::{EsqlSubject, selects};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "lost-id",
        title: "a rule that lists events loses their ids",
        page: "A rule without STATS makes one alert of each event, and knows an event that it has alerted on by \
               its `_id`, `_version` and `_index`. Without `METADATA _id` in FROM (stacks before 9.4), or where \
               KEEP or DROP takes `_id` away, every execution that sees the event alerts on it again.\n\n\
               Write `FROM … METADATA _id, _version, _index` and keep them.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &EsqlSubject<'_>, findings: &mut Vec<Finding>) {
    if subject.query.is_aggregating() {
        return;
    }
    let Source::From { metadata, span, .. } = &subject.query.source else {
        return;
    };
    if !metadata.iter().any(|name| name.text == "_id") {
        let message = "without `METADATA _id` an event alerts in every execution that sees it";
        findings.push(
            subject
                .finding(&LINT, *span, message, "")
                .help("write `METADATA _id, _version, _index`; stacks from 9.4 on add it"),
        );
        return;
    }
    for command in &subject.query.commands {
        let is_lost = match &command.kind {
            CommandKind::Keep(names) => !names.iter().any(|name| selects(&name.text, "_id")),
            CommandKind::Drop(names) => names.iter().any(|name| selects(&name.text, "_id")),
            _ => false,
        };
        if is_lost {
            let message =
                "`_id` is lost here, so that an event alerts in every execution that sees it";
            findings.push(
                subject
                    .finding(&LINT, command.span, message, "")
                    .help("keep `_id`, `_version` and `_index`"),
            );
            return;
        }
    }
}
