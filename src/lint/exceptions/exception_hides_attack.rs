//! `exception-hides-attack`: an exception that keeps a rule from alerting where a scenario expects
//! it. It is found by running the scenarios.

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::replay::outcome::{Check, Observed, ScenarioOutcome};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "exception-hides-attack",
        title: "an exception hides the attack of a scenario",
        page: "An exception item hides events from every stage of the rule. One that fits an event of the \
               attack takes the whole alert away. A scenario expects that alert, and the item alone keeps \
               it from being made.\n\n\
               Add entries to the item until it fits only what is known to be good (all entries of an item \
               must fit), or take it out. A miss that is known and stays is pinned with `gap:`.",
    },
    severity: Severity::Error,
};

/// The cases of scenarios that have run whose alert an exception takes away.
pub fn hidden_attacks(scenarios: &[ScenarioOutcome]) -> Vec<Finding> {
    let checks = scenarios.iter().flat_map(|scenario| &scenario.checks);
    once(checks.filter_map(hides))
}

/// Of findings that say the same at the same place the first: one for all data sources.
pub(in crate::lint) fn once(found: impl Iterator<Item = Finding>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = Vec::new();
    for finding in found {
        let same = |other: &Finding| {
            other.diagnostic.message == finding.diagnostic.message
                && other.diagnostic.sort_key() == finding.diagnostic.sort_key()
        };
        if !findings.iter().any(same) {
            findings.push(finding);
        }
    }
    findings
}

fn hides(check: &Check) -> Option<Finding> {
    let Observed::None(none) = &check.observed else {
        return None;
    };
    let name = none
        .blocker
        .iter()
        .find(|text| text.starts_with("exception "))?;
    if !check.verdict.fails() || check.expected.starts_with("none") {
        return None;
    }
    let place = check.place.as_ref()?;
    let case = &check.key.case;
    let event = none.event.as_ref();
    let label = event.map_or_else(String::new, |event| format!("it hides `{event}`"));
    let message = format!("`{case}` gives no alert: {name} hides it");
    let finding = LINT.finding(&place.source, place.span, message, label);
    Some(match &none.value {
        Some(value) => finding.help(format!("the item fits {value}")),
        None => finding,
    })
}
