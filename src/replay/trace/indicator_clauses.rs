//! The clauses of an indicator query: which of them decided that an indicator is found, or is not.

use std::sync::Arc;

use super::clause::{Decided, RuleClause};
use super::plan_clauses::clauses_of;
use super::setting::Setting;
use crate::compile::CompiledQuery;
use crate::diagnostic::QueryText;
use crate::evaluate::{BlockerHint, CauseKind, Context, Evaluation, Match, Override};
use crate::event::EventId;
use crate::plan::{ClauseId, Plan};
use crate::replay::case::indicators::Indicators;
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
        decides(evaluation.plan(), &clauses, true)
    })
}

/// The clauses each of which alone keeps an indicator from being found.
pub(in crate::replay) fn of_lost(indicators: &Indicators<'_>, number: usize) -> Vec<Decided> {
    let is_hidden = indicators
        .case_events
        .facts
        .get(number)
        .is_some_and(|facts| !facts.hidden_by.is_empty());
    if is_hidden {
        return Vec::new();
    }
    with_evaluation(indicators, |evaluation| {
        let others = EventId::of(&indicators.case_events.events);
        let others = others.filter(|event| event.index() != number);
        let blockers = evaluation.blockers(&BlockerHint {
            waived: others.map(Override::Without).collect(),
            ..BlockerHint::default()
        });
        let causes = blockers.causes.iter();
        let clauses: Vec<ClauseId> = causes
            .filter_map(|cause| match cause.kind {
                CauseKind::Clause(id) => Some(id),
                CauseKind::NotRouted | CauseKind::ConsumedBy(_) => None,
            })
            .collect();
        decides(evaluation.plan(), &clauses, false)
    })
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

fn decides(plan: &Plan, clauses: &[ClauseId], matched: bool) -> Vec<Decided> {
    let names = clauses.iter().filter_map(|id| plan.clause_name(*id));
    let decided = names.map(|name| Decided {
        clause: Setting::IndicatorClause(name).name(),
        matched,
    });
    decided.collect()
}
