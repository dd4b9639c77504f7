//! `new-terms-time-in-query`: a query of a new-terms rule that restricts time.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;
use crate::rule::{Rule, RuleKind};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "new-terms-time-in-query",
        title: "the query cuts the history short",
        page: "The history of a new-terms rule is read through the rule's own query. A restriction of \
               time in it holds for the past as well: with `@timestamp >= now-1d` whatever is older \
               than a day was never seen, and the same terms are new every day. Leave the time to \
               `from` and `history_window_start`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(rule: &Rule, subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::NewTerms(settings) = &rule.kind else {
        return;
    };
    for leaf in subject.leaves() {
        let Some(field) = leaf.name() else { continue };
        let is_time = matches!(field, "@timestamp" | "event.ingested" | "event.created");
        if leaf.operator.is_none() || !is_time {
            continue;
        }
        let message = format!("{field} is restricted, and the history is read through the query");
        let place = subject.locate(leaf.field_span.to(leaf.value.span));
        findings.push(
            LINT.finding(
                subject.source(),
                place,
                message,
                "holds for the past as well",
            )
            .also(
                subject.source(),
                settings.history_span,
                "the history begins here",
            )
            .help("leave the time to `from` and `history_window_start`"),
        );
    }
}
