//! Compares two versions of the rules: which rules differ, and the outcome of every case under
//! each.
//!
//! Called by `trapline diff`, which runs the same scenarios with the rules of both sides and hands
//! over what came of it. Classes of change are those of the snapshots.

pub mod recordings;
mod rules;

pub use rules::{
    ChangedSetting, Exceptions, RuleChange, RuleChangeKind, counterpart, rule_changes,
};

use std::collections::BTreeMap;

use self::recordings::Recordings;
use crate::replay::outcome::{CauseRecord, Check, CheckKey, Observed, Outcome};
use crate::replay::trace::Share;
use crate::snapshot::{Change, Class, Scope, compare, current};

/// The differences between two versions of a project.
#[derive(Debug, Default)]
pub struct Comparison {
    /// The name of the older side.
    pub old: String,
    /// The name of the newer side.
    pub new: String,
    /// The rules that differ, in the order of their files.
    pub rules: Vec<RuleChange>,
    /// The cases with a different outcome, worst first.
    pub differences: Vec<Difference>,
    /// How many checks ran under both sides.
    pub checks: usize,
    /// Clauses that the cases of each side decide, of the rules that differ.
    pub coverage: Option<Measure>,
    /// Changes of the rules that the cases of each side notice.
    pub mutation: Option<Measure>,
    /// What the rules that differ do otherwise over recordings, where there are any.
    pub recordings: Option<Recordings>,
}

/// A share before and after.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Measure {
    /// Of the older side.
    pub before: Share,
    /// Of the newer side.
    pub after: Share,
}

/// A check that behaves otherwise.
#[derive(Debug)]
pub struct Difference {
    /// The check, its class and both entries.
    pub change: Change,
    /// `rule_id`.
    pub rule_id: String,
    /// The rule's name.
    pub rule_name: String,
    /// The clauses that made the difference.
    pub decided: Vec<Decider>,
}

/// A clause that made a difference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decider {
    /// Its canonical text, or a structural word.
    pub clause: String,
    /// The rule file.
    pub file: String,
    /// Its line, from 1, where it stands in the text.
    pub line: Option<usize>,
    /// Whether it is the older side's.
    pub before: bool,
}

impl Comparison {
    /// How many differences are of this class.
    pub fn count(&self, class: Class) -> usize {
        let all = self.differences.iter();
        all.filter(|one| one.change.class == class).count()
    }

    /// Whether a case or an alert over the recordings is of this class.
    pub fn has(&self, class: Class) -> bool {
        let recordings = self.recordings.as_ref();
        self.count(class) > 0 || recordings.is_some_and(|one| one.count(class) > 0)
    }

    /// Rules that changed or are new and that no check runs, so the effect of the change is
    /// unknown.
    pub fn untested(&self) -> impl Iterator<Item = &RuleChange> {
        let rules = self.rules.iter();
        rules.filter(|rule| !rule.tested && rule.kind != RuleChangeKind::Removed)
    }
}

/// What checks do otherwise, worst first, in file order within a class. Both runs are of the same
/// scenarios.
pub fn differences(old: &Outcome, new: &Outcome) -> Vec<Difference> {
    let (before, after) = (by_key(old), by_key(new));
    let recorded = current(old);
    let mut found = Vec::new();
    for now in current(new) {
        let same =
            |file: &&crate::snapshot::Current| file.snapshot.scenario == now.snapshot.scenario;
        let was = recorded.iter().find(same).map(|file| &file.snapshot);
        for change in compare(was, &now, Scope::All) {
            // A rule's name, severity and risk are reported with the rule.
            if change.header {
                continue;
            }
            let (was, is) = (before.get(&change.key), after.get(&change.key));
            let Some(rule) = is.or(was).map(|(rule, _)| rule) else {
                continue;
            };
            found.push(Difference {
                rule_id: rule.rule_id.clone(),
                rule_name: rule.rule_name.clone(),
                decided: decided(change.class, was, is),
                change,
            });
        }
    }
    found.sort_by_key(|difference| difference.change.class);
    found
}

type Found<'o> = (&'o crate::replay::outcome::ScenarioOutcome, &'o Check);

fn by_key(outcome: &Outcome) -> BTreeMap<&CheckKey, Found<'_>> {
    let scenarios = outcome.scenarios.iter();
    let checks = scenarios.flat_map(|one| one.checks.iter().map(move |check| (one, check)));
    checks
        .map(|(one, check)| (&check.key, (one, check)))
        .collect()
}

/// The clauses that stopped the alert on the side without one: the newer rule for a lost alert, the
/// older rule for a new one.
fn decided(class: Class, was: Option<&Found<'_>>, is: Option<&Found<'_>>) -> Vec<Decider> {
    let sides: &[(Option<&Found<'_>>, bool)] = match class {
        Class::New => &[(was, true)],
        Class::Lost => &[(is, false)],
        _ => &[(was, true), (is, false)],
    };
    let mut deciders: Vec<Decider> = Vec::new();
    for (found, before) in sides {
        let Some((scenario, check)) = found else {
            continue;
        };
        for cause in causes(&check.observed) {
            let decider = Decider {
                clause: cause.clause.clone(),
                file: scenario.rule_file.clone(),
                line: cause.line,
                before: *before,
            };
            if !deciders.contains(&decider) {
                deciders.push(decider);
            }
        }
    }
    deciders
}

fn causes(observed: &Observed) -> &[CauseRecord] {
    match observed {
        Observed::None(none) => &none.causes,
        _ => &[],
    }
}
