//! `scenario`: what is wrong in a scenario file, on the data sources that its rule claims.

use super::finding::{Finding, Lint};
use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::{Code, Diagnostic, Severity};
use crate::rule::Rule;
use crate::scenario::{self, Scenario};

pub(super) static LINT: Lint = Lint {
    code: Code {
        number: "scenario",
        title: "a mistake in a scenario",
        page: "A scenario names a field, a kind of event, a label or a data source that does not exist, \
               or gives a field a value that its type cannot hold. The finding has the number of the \
               error, with a page of its own in `docs/errors/`.",
    },
    severity: Severity::Error,
};

/// Holds a scenario against the data sources on which it would run.
pub fn scenario(scenario: &Scenario, rule: &Rule, catalogue: &Catalogue) -> Vec<Finding> {
    let patterns = IndexPatterns::new(rule.index.iter().map(|(pattern, _)| pattern.as_str()));
    let claimed = catalogue.claimed(&patterns);
    let found = scenario::check(scenario, catalogue, &claimed);
    found.into_iter().map(as_finding).collect()
}

/// What a scenario file's reader said of a file that can be used all the same.
pub fn as_finding(diagnostic: Diagnostic) -> Finding {
    Finding {
        lint: &LINT,
        diagnostic,
        sources: Vec::new(),
    }
}
