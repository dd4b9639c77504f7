//! `indicator-many-values`: an entry of threat_mapping on a field with several values.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "indicator-many-values",
        title: "an event field with several values",
        page: "Kibana compares one value of the document that it enumerates: of a field with several \
               values the first, and in a group of several entries none at all. Events fill this field \
               with lists (`related.ip`, `host.ip`, `dns.resolved_ip`), so that all but the first value \
               are compared or not as the numbers of events and indicators have it. Name a field with \
               one value, such as `source.ip` or `destination.ip`.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::ThreatMatch(settings) = &subject.rule.kind else {
        return;
    };
    for entry in settings.groups.iter().flatten() {
        let field = &entry.event_field;
        if !has_many(&field.name) {
            continue;
        }
        let message = format!(
            "{} has several values in most events, of which one is compared",
            field.name
        );
        findings.push(
            LINT.finding(subject.source, field.span, message, "")
                .help("name a field with one value"),
        );
    }
}

/// Fields that the integrations fill with lists.
fn has_many(field: &str) -> bool {
    field.starts_with("related.")
        || matches!(
            field,
            "host.ip"
                | "host.mac"
                | "dns.resolved_ip"
                | "dns.answers.data"
                | "dns.answers.name"
                | "email.to.address"
                | "email.cc.address"
                | "email.bcc.address"
                | "process.args"
                | "tls.server.x509.alternative_names"
        )
}
