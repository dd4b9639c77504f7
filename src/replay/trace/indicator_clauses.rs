//! The clauses of an indicator query: which of them decided that an indicator is found, or is not.

use std::sync::Arc;

use super::clause::{Decided, RuleClause};
use super::plan_clauses::clauses_of;
use super::setting::Setting;
use crate::compile::CompiledQuery;
use crate::diagnostic::QueryText;
use crate::evaluate::{Context, Evaluation, Match};
use crate::plan::ClauseName;
use crate::replay::case::indicators::{Indicators, LostIndicator};
use crate::replay::judge::deciding::deciding;
use crate::replay::rule_types::indicator_match::matched;

/// The clauses of an indicator query with their places in the rule file.
pub(in crate::replay) fn clauses(query: &CompiledQuery, text: &QueryText) -> Vec<RuleClause> {
    let clauses = clauses_of(&query.plan, text).into_iter();
    let named = clauses.map(|clause| {
        let setting = Setting::IndicatorClause(clause.name.clone());
        RuleClause {
            name: setting.name(),
            setting: Some(setting),
            ..clause
        }
    });
    named.collect()
}

/// The clauses without which an indicator of these alerts would not be found.
pub(in crate::replay) fn of_alerts(indicators: &Indicators<'_>, alerts: &[Match]) -> Vec<Decided> {
    let numbers: Vec<usize> = alerts
        .iter()
        .flat_map(matched)
        .map(|one| one.indicator)
        .collect();
    with_evaluation(indicators, |evaluation| {
        let is_of_alert = |found: &&Match| {
            let mut events = found.stages.iter().flatten();
            events.any(|event| numbers.contains(&event.index()))
        };
        let matches: Vec<Match> = evaluation
            .matches()
            .iter()
            .filter(is_of_alert)
            .cloned()
            .collect();
        let count = indicators.case_events.events.len();
        let clauses = deciding(evaluation, count, &matches, &[]);
        let plan = evaluation.plan();
        let names = clauses.iter().filter_map(|id| plan.clause_name(*id));
        decided(names, true)
    })
}

/// The clauses each of which alone keeps an indicator from being found.
pub(super) fn of_lost(why: &LostIndicator) -> Vec<Decided> {
    match why {
        LostIndicator::Unmet(unmet) => decided(unmet.alone.iter().cloned(), false),
        LostIndicator::Filtered | LostIndicator::Excepted(_) | LostIndicator::Unselected => {
            Vec::new()
        }
    }
}

/// Runs the indicator query once more; a query that fails decides nothing.
fn with_evaluation(
    indicators: &Indicators<'_>,
    ask: impl FnOnce(&Evaluation<'_>) -> Vec<Decided>,
) -> Vec<Decided> {
    let query: &Arc<CompiledQuery> = indicators.query;
    let context = Context {
        now: query.now,
        ..Context::default()
    };
    let Ok(patterns) = query.patterns.clone() else {
        return Vec::new();
    };
    let prepared = patterns.with(&query.plan);
    let evaluation = prepared.evaluate(&indicators.case_events.events, &context);
    evaluation.map_or_else(|_| Vec::new(), |evaluation| ask(&evaluation))
}

fn decided(names: impl Iterator<Item = ClauseName>, matched: bool) -> Vec<Decided> {
    let decided = names.map(|name| Decided {
        clause: Setting::IndicatorClause(name).name(),
        matched,
    });
    decided.collect()
}
