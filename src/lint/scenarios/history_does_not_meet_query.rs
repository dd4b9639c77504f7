//! `history-does-not-meet-query`: an event of the past that the rule does not count. It is found by
//! running the scenarios.

use crate::diagnostic::{Code, Severity};
use crate::lint::exceptions::exception_hides_attack::once;
use crate::lint::finding::{Finding, Lint};
use crate::replay::outcome::{Check, ScenarioOutcome};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "history-does-not-meet-query",
        title: "an event of the past that the rule does not count",
        page: "A new-terms rule has seen a value when an event within its history has it **that meets the \
               rule's own query, filters and exceptions**; a threshold rule counts no others either. An \
               event of `history` that does not meet them is nothing to the rule: a case that alerts with \
               it alerts without it, and says nothing of what the rule remembers.\n\n\
               ```yaml\n\
               history:\n\
               \x20 before: {is: api, event.outcome: failure, user.name: alice, at: -3d}   # the rule asks for success\n\
               ```\n\n\
               Fix: give the event what the query asks for, or write `seen: {user.name: alice, at: -3d}`, \
               which copies the first event of the attack. A case that shows that such an event does not \
               count is what it should be: leave the lint out with `allow` in `[check]` of trapline.toml.",
    },
    severity: Severity::Warning,
};

/// The attacks and cases that alert beside a past which their rule does not count.
pub fn uncounted_history(scenarios: &[ScenarioOutcome]) -> Vec<Finding> {
    let checks = scenarios.iter().flat_map(|scenario| &scenario.checks);
    once(checks.filter_map(of_check))
}

fn of_check(check: &Check) -> Option<Finding> {
    let labels = &check.uncounted_history;
    if labels.is_empty() || !check.expects_alert {
        return None;
    }
    let place = check.place.as_ref()?;
    let message = format!(
        "`{}` has a past that the rule does not count: {}",
        check.key.case,
        labels.join(", ")
    );
    let finding = LINT.finding(&place.source, place.span, message, "");
    Some(finding.help("give it what the query asks for, or write `seen`"))
}
