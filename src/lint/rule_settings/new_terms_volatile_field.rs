//! `new-terms-volatile-field`: a field of new terms that is almost always new.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "new-terms-volatile-field",
        title: "a field that is almost always new",
        page: "The values of the field hardly ever come twice: numbers and ids of processes, sessions \
               and events, ports that a program is given, and whole command lines. A rule over it \
               alerts on nearly every event that its query finds. Name what stays the same, such as the \
               program (`process.executable`) or the signer.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::NewTerms(settings) = &subject.rule.kind else {
        return;
    };
    for field in settings
        .fields
        .iter()
        .filter(|field| is_volatile(&field.name))
    {
        let message = format!("{} is new with nearly every event", field.name);
        findings.push(
            LINT.finding(subject.source, field.span, message, "")
                .help("name what stays the same, such as `process.executable`"),
        );
    }
}

fn is_volatile(field: &str) -> bool {
    let ends = [
        ".entity_id",
        ".pid",
        ".command_line",
        ".session_id",
        ".request_id",
    ];
    ends.iter().any(|end| field.ends_with(end))
        || matches!(
            field,
            "event.id" | "event.hash" | "network.community_id" | "source.port" | "client.port"
        )
}
