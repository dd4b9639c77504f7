//! Which clauses of a rule its cases decide: decision coverage by clause.
//!
//! A clause is covered once both of its outcomes were decisive: in some check that matched,
//! inverting it alone loses the match; in some check that did not, it is a cause. What decided a
//! check is observed by [`crate::replay::trace`]; here it is counted and what is missing named.

mod gaps;
mod record;

pub use gaps::Gap;
pub use record::{DecidedChecks, Decisions};

use std::collections::BTreeMap;

use crate::plan::{ClauseKind, ClauseName};
use crate::replay::outcome::{Place, ScenarioOutcome};
pub use crate::replay::trace::Share;
use crate::replay::trace::setting::Setting;
use crate::replay::trace::{RuleClause, TestTrace};

/// The coverage of all rules, in the order of their scenarios.
#[derive(Debug, Default)]
pub struct Coverage {
    /// One entry a rule.
    pub rules: Vec<RuleCoverage>,
}

/// The coverage of one rule by all its scenarios.
#[derive(Debug)]
pub struct RuleCoverage {
    /// The rule file.
    pub rule_file: String,
    /// `rule_id`.
    pub rule_id: String,
    /// The rule's name.
    pub rule_name: String,
    /// The query's place in the rule file.
    pub query: Option<Place>,
    /// The clauses that count, and those that cannot be tested, in the order of the text.
    pub clauses: Vec<ClauseCoverage>,
}

/// One clause.
#[derive(Debug, Clone)]
pub struct ClauseCoverage {
    /// Its name.
    pub name: ClauseName,
    /// What it is.
    pub kind: ClauseKind,
    /// Its place in the rule file.
    pub place: Place,
    /// The outcome that a match needs of it.
    pub wanted: bool,
    /// The checks that it decided.
    pub decisions: Decisions,
    /// Some tested source maps a field that it reads.
    pub testable: bool,
    /// The fields that it reads.
    pub fields: Vec<String>,
    /// The setting that it is, where it is no part of the query.
    pub setting: Option<Setting>,
}

/// Counts what was observed; `observed` has one entry for each of `scenarios`.
pub fn coverage(scenarios: &[ScenarioOutcome], observed: &[TestTrace]) -> Coverage {
    let mut coverage = Coverage::default();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (scenario, observed) in scenarios.iter().zip(observed) {
        if observed.clauses.is_empty() && observed.settings.is_empty() {
            continue;
        }
        let decisions = record::decisions(&observed.checks);
        let known = places.get(scenario.rule_file.as_str());
        match known.and_then(|at| coverage.rules.get_mut(*at)) {
            Some(rule) => merge(rule, observed, &decisions),
            None => {
                places.insert(&scenario.rule_file, coverage.rules.len());
                let mut rule = RuleCoverage {
                    rule_file: scenario.rule_file.clone(),
                    rule_id: scenario.rule_id.clone(),
                    rule_name: scenario.rule_name.clone(),
                    query: observed.query.clone(),
                    clauses: Vec::new(),
                };
                merge(&mut rule, observed, &decisions);
                coverage.rules.push(rule);
            }
        }
    }
    coverage
}

fn merge(
    rule: &mut RuleCoverage,
    observed: &TestTrace,
    decisions: &BTreeMap<ClauseName, Decisions>,
) {
    let known = rule.clauses.iter().enumerate();
    let mut places: BTreeMap<ClauseName, usize> =
        known.map(|(at, own)| (own.name.clone(), at)).collect();
    let clauses = observed.clauses.iter().chain(&observed.settings);
    for clause in clauses.filter(|clause| counts(clause)) {
        let decided = decisions.get(&clause.name).cloned().unwrap_or_default();
        let next = rule.clauses.len();
        let at = *places.entry(clause.name.clone()).or_insert(next);
        match rule.clauses.get_mut(at) {
            Some(own) => {
                own.decisions.add(&decided);
                own.testable |= clause.testable;
            }
            None => rule.clauses.push(ClauseCoverage {
                name: clause.name.clone(),
                kind: clause.kind,
                place: clause.place.clone(),
                wanted: clause.wanted,
                decisions: decided,
                testable: clause.testable,
                fields: clause.fields.clone(),
                setting: clause.setting.clone(),
            }),
        }
    }
}

/// Whether a clause is one to cover: `category` and `order` hold a rule together rather than
/// decide, a constant never decides, and a list is its items.
fn counts(clause: &RuleClause) -> bool {
    let decides = !matches!(
        clause.kind,
        ClauseKind::Category | ClauseKind::Order | ClauseKind::Constant
    );
    decides && !clause.list
}

impl Coverage {
    /// Of all rules together.
    pub fn share(&self) -> Share {
        let shares = self.rules.iter().map(RuleCoverage::share);
        shares.fold(Share::default(), Share::and)
    }
}

impl RuleCoverage {
    /// How many of the clauses that can be tested are covered.
    pub fn share(&self) -> Share {
        let testable = || self.clauses.iter().filter(|clause| clause.testable);
        Share {
            good: testable().filter(|clause| clause.is_covered()).count(),
            all: testable().count(),
        }
    }

    /// The clauses that are not covered, with the cases that would cover them.
    pub fn gaps(&self) -> impl Iterator<Item = Gap<'_>> {
        self.clauses.iter().filter_map(Gap::of)
    }

    /// The clauses that no tested source can decide.
    pub fn untestable(&self) -> impl Iterator<Item = &ClauseCoverage> {
        self.clauses.iter().filter(|clause| !clause.testable)
    }
}

impl ClauseCoverage {
    /// Whether it is a part of the query, and no setting beside it.
    pub fn is_in_query(&self) -> bool {
        self.setting.is_none()
    }

    /// Whether both of its outcomes were decisive.
    pub fn is_covered(&self) -> bool {
        self.decisions.alert.count > 0 && self.decisions.none.count > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_to_cover_is_all_of_it_and_shares_add_up() {
        assert!((Share::default().percent() - 100.0).abs() < f64::EPSILON);
        let share = Share { good: 1, all: 2 }.and(Share { good: 1, all: 2 });
        assert_eq!(share, Share { good: 2, all: 4 });
        assert!((share.percent() - 50.0).abs() < f64::EPSILON);
    }
}
