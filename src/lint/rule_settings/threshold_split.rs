//! `threshold-split`: a threshold over groups of one thing each.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::lint::rule_settings::threshold_redundant::is_single_thing;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "threshold-split",
        title: "groups of one thing each",
        page: "Grouped by the id of one process or event, a threshold above 1 counts only what that one \
               thing does, and what an attacker spreads over several processes is never put together. \
               It also makes a group, and a condition of the history, for every process there is. Group \
               by the host or the user.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::Threshold(settings) = &subject.rule.kind else {
        return;
    };
    if settings.count < 2 {
        return;
    }
    for field in settings
        .group_by
        .iter()
        .filter(|field| is_single_thing(&field.name))
    {
        let message = format!(
            "each group is one {}: what several do is not counted together",
            field.name
        );
        findings.push(
            LINT.finding(subject.source, field.span, message, "")
                .help("group by the host or the user"),
        );
    }
}
