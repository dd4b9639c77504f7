//! `vacuous-case`: a case without an alert that the attack does not explain. It is found by running
//! the scenarios; `trapline test` gives the same checks the verdict `vacuous`.

use std::collections::BTreeMap;

use crate::diagnostic::{Code, Severity};
use crate::lint::finding::{Finding, Lint};
use crate::replay::outcome::{Check, Observed, ScenarioOutcome, Verdict};
use crate::replay::reason::Reason;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "vacuous-case",
        title: "a case whose silence proves nothing",
        page: "The case expects no alert and there is none; but what stops it is nothing that the case \
               changed: the clauses that stop it stop the attack as well, or several stop it at once, so \
               that none of them alone would let it through. The rule could lose any one of them, and \
               the case would still pass.\n\n\
               ```yaml\n\
               - name: signed and started by another\n\
               \x20 change:\n\
               \x20   child.process.code_signature.trusted: true\n\
               \x20   child.process.parent.name: explorer.exe\n\
               \x20 expect: none\n\
               ```\n\n\
               Of a rule that counts, remembers or compares with indicators a case is vacuous, too, whose \
               events do not meet the query and would give no alert if they did: there are too few of \
               them, their terms were seen before, or no indicator matches.\n\n\
               Mend: change one thing a case, so that one clause decides it; `trapline explain RULE --case \
               NAME` shows which do now.",
    },
    severity: Severity::Warning,
};

/// The vacuous cases of scenarios that have run, each once for all its data sources.
pub fn vacuous_cases(scenarios: &[ScenarioOutcome]) -> Vec<Finding> {
    scenarios.iter().flat_map(of_scenario).collect()
}

fn of_scenario(scenario: &ScenarioOutcome) -> Vec<Finding> {
    let mut cases: BTreeMap<usize, Vec<&Check>> = BTreeMap::new();
    for check in &scenario.checks {
        cases.entry(check.order).or_default().push(check);
    }
    cases
        .values()
        .filter_map(|checks| of_case(checks))
        .collect()
}

fn of_case(checks: &[&Check]) -> Option<Finding> {
    let is_vacuous = |check: &&&Check| check.verdict == Verdict::Vacuous;
    let vacuous: Vec<&Check> = checks.iter().filter(is_vacuous).copied().collect();
    let first = vacuous.first()?;
    let place = first.place.as_ref()?;
    let message = format!(
        "`{}` gives no alert, and the attack does not prove why",
        first.key.case
    );
    let finding = LINT
        .finding(&place.source, place.span, message, label(first))
        .help("change one thing a case, so that one clause decides it");
    if vacuous.len() == checks.len() {
        return Some(finding);
    }
    let sources = vacuous.iter().map(|check| check.key.source.clone());
    Some(finding.on(sources.collect()))
}

/// The blockers of the case.
fn label(check: &Check) -> String {
    let Observed::None(none) = &check.observed else {
        return String::new();
    };
    if let Some(Reason::SilentAnyway(why)) = &check.reason {
        return format!(
            "no event meets the query, and if they did there would be no alert either: {why}"
        );
    }
    let clauses = none.blocker.join(", ");
    match (none.blocker.len(), none.overdetermined) {
        (0, _) => String::new(),
        (1, _) | (_, false) => format!("stopped by what stops the attack as well: {clauses}"),
        (count, true) => format!("{count} clauses stop it at once: {clauses}"),
    }
}
