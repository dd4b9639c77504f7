//! `new-terms-window`: a history that is too short to say what is new, or long enough to cost much.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "new-terms-window",
        title: "a history that is very short or very long",
        page: "What is new is what the time from `history_window_start` to `from` does not have. A \
               history of less than ten times what an execution looks at makes the everyday new again \
               and again; one of more than 14 days costs much, as every execution reads it whole. Elastic's \
               own rules look at 5 to 14 days.",
    },
    severity: Severity::Warning,
};

/// A shorter history, in executions' windows, says little.
const LEAST: i64 = 10;

/// A longer one is read whole every time.
const MOST: i64 = 14 * 86_400_000;

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::NewTerms(settings) = &subject.rule.kind else {
        return;
    };
    let Some(length) = settings.history_length() else {
        return;
    };
    let look_back = subject.rule.schedule.look_back;
    let start = &settings.history_window_start;
    let (message, fix) = if length < LEAST * look_back {
        (
            format!(
                "a history since `{start}` is less than {LEAST} times what an execution looks at"
            ),
            "let the history begin earlier",
        )
    } else if length > MOST {
        (
            format!("a history since `{start}` is read by every execution"),
            "let the history begin later",
        )
    } else {
        return;
    };
    findings.push(
        LINT.finding(subject.source, settings.history_span, message, "")
            .help(fix),
    );
}
