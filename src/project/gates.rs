//! Gates: requirements on a project's tests beyond passing.

use std::collections::{BTreeMap, BTreeSet};

use crate::replay::census::TestedState;
use crate::replay::outcome::Outcome;

/// The gates of a run; none by default.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Gates {
    /// Which rules need a scenario.
    pub require_tested: RequireTested,
    /// How many cases each tested rule needs, of them one that alerts and one that does not.
    pub min_cases: Option<usize>,
}

/// Which rules need a scenario.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum RequireTested {
    /// None.
    #[default]
    None,
    /// All that Trapline can run.
    All,
    /// Those of these files: what a change touches.
    Changed(BTreeSet<String>),
}

/// A rule for which a gate is missed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MissedGate {
    /// The gate's option, without its dashes.
    pub gate: &'static str,
    /// The rule file.
    pub rule_file: String,
    /// What is missing.
    pub missing: Missing,
}

/// What a gate misses of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Missing {
    /// No scenario can test the rule.
    NotTestable(TestedState),
    /// The rule changed, and no scenario tests it.
    ChangedUntested,
    /// No scenario tests the rule.
    Untested,
    /// There are fewer cases than asked for.
    FewCases {
        /// How many there are.
        count: usize,
        /// How many there must be.
        least: usize,
    },
    /// No case expects an alert.
    NoAttack,
    /// Every case expects an alert.
    NoBenign,
}

impl Gates {
    /// The same, where these rules need a scenario.
    #[must_use]
    pub fn with_require_tested(self, require_tested: RequireTested) -> Self {
        Self {
            require_tested,
            ..self
        }
    }

    /// The same, where each tested rule needs so many cases.
    #[must_use]
    pub fn with_min_cases(self, min_cases: usize) -> Self {
        Self {
            min_cases: Some(min_cases),
            ..self
        }
    }

    /// Returns what is missing, by gate and rule file.
    pub fn missed(&self, outcome: &Outcome) -> Vec<MissedGate> {
        let mut missed = self.untested(outcome);
        if let Some(least) = self.min_cases {
            missed.extend(few_cases(outcome, least));
        }
        missed
    }

    fn untested(&self, outcome: &Outcome) -> Vec<MissedGate> {
        let asked = |file: &String| match &self.require_tested {
            RequireTested::None => false,
            RequireTested::All => true,
            RequireTested::Changed(files) => files.contains(file),
        };
        let rules = outcome.rules.0.iter().filter(|rule| asked(&rule.file));
        let changed = matches!(self.require_tested, RequireTested::Changed(_));
        let missing = rules.filter(|rule| match rule.standing {
            TestedState::Untested | TestedState::NotLoaded | TestedState::NotRun(_) => true,
            // All unshaped or unsupported rules would miss the gate, and their authors could not
            // fix that; in a change, a reviewer has to know.
            TestedState::Unshaped(_) | TestedState::Unsupported(_) => changed,
            TestedState::Tested => false,
        });
        let missed = missing.map(|rule| MissedGate {
            gate: "require-tested",
            rule_file: rule.file.clone(),
            missing: match rule.standing {
                TestedState::Tested | TestedState::Untested if changed => Missing::ChangedUntested,
                TestedState::Tested | TestedState::Untested => Missing::Untested,
                _ => Missing::NotTestable(rule.standing.clone()),
            },
        });
        missed.collect()
    }
}

/// The kinds of cases that a rule has.
#[derive(Default)]
struct CaseKinds<'a> {
    cases: BTreeSet<(&'a str, &'a str)>,
    attacks: usize,
    benign: usize,
}

fn few_cases(outcome: &Outcome, least: usize) -> Vec<MissedGate> {
    let mut rules: BTreeMap<&str, CaseKinds<'_>> = BTreeMap::new();
    for scenario in &outcome.scenarios {
        let shown = rules.entry(&scenario.rule_file).or_default();
        for check in scenario
            .checks
            .iter()
            .filter(|check| check.verdict.is_run())
        {
            shown.cases.insert((&check.key.scenario, &check.key.case));
            if check.expects_alert {
                shown.attacks += 1;
            } else {
                shown.benign += 1;
            }
        }
    }
    let missed = rules.into_iter().filter_map(|(file, shown)| {
        let count = shown.cases.len();
        let missing = if count < least {
            Missing::FewCases { count, least }
        } else if shown.attacks == 0 {
            Missing::NoAttack
        } else if shown.benign == 0 {
            Missing::NoBenign
        } else {
            return None;
        };
        let runs = outcome.rules.get(file);
        runs.is_none_or(|rule| rule.standing == TestedState::Tested)
            .then(|| MissedGate {
                gate: "min-cases",
                rule_file: file.to_owned(),
                missing,
            })
    });
    missed.collect()
}
