//! `exception-creates-alert`: an exception that hides what would have ended a sequence. It is found
//! by running the scenarios.

use crate::diagnostic::{Code, Severity};
use crate::lint::exceptions::exception_hides_attack::once;
use crate::lint::finding::{Finding, Lint};
use crate::replay::outcome::{Check, ProductionFact, ScenarioOutcome};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "exception-creates-alert",
        title: "an exception makes the rule alert",
        page: "An exception hides events from `until` and from missing events (`![…]`) too. Where the event \
               that it hides is the one that would have ended the sequence, the rule alerts because of the \
               exception, which was made to keep it silent.\n\n\
               Let the item ask for something that the events of `until` and of missing events do not have, \
               such as a category or an action.",
    },
    severity: Severity::Warning,
};

/// The cases of scenarios that have run that alert only because of an exception.
pub fn created_alerts(scenarios: &[ScenarioOutcome]) -> Vec<Finding> {
    let checks = scenarios.iter().flat_map(|scenario| &scenario.checks);
    once(checks.filter_map(creates))
}

fn creates(check: &Check) -> Option<Finding> {
    let names = check.production.iter().find_map(|fact| match fact {
        ProductionFact::CreatedBy(names) => Some(names.join(", ")),
        _ => None,
    })?;
    let place = check.place.as_ref()?;
    let message = format!("`{}` alerts only because of {names}", check.key.case);
    let label = "it hides an event of `until` or of a missing event";
    Some(LINT.finding(&place.source, place.span, message, label))
}
