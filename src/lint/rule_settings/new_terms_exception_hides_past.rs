//! `new-terms-exception-hides-past`: an exception on a field of new terms, which hides its past.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::lint::rule_settings::subject::SettingsSubject;
use crate::rule::RuleKind;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "new-terms-exception-hides-past",
        title: "an exception hides the past of a term",
        page: "The history of a new-terms rule is read through its exceptions as well as its query. \
               While an exception names a value, that value gathers no past: when the exception ends, \
               or for any other field beside it, the first event is new although it was there all the \
               time. Expect one alert for it then, or narrow the exception by a field that is no new \
               term.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &SettingsSubject<'_>, findings: &mut Vec<Finding>) {
    let RuleKind::NewTerms(settings) = &subject.rule.kind else {
        return;
    };
    for item in &subject.rule.exceptions {
        let read = item.filter.fields();
        let Some(field) = settings
            .fields
            .iter()
            .find(|field| read.contains(&field.name))
        else {
            continue;
        };
        let message = format!("the {item} hides the past of {} as well", field.name);
        findings.push(
            LINT.finding(&item.source, item.span, message, "")
                .also(subject.source, field.span, "a new term")
                .help("narrow the exception by a field that is no new term"),
        );
    }
}
