//! Runs the schedule of a rule, one file a rule type: which executions see which events, and the
//! alerts of every phase.

pub(in crate::replay) mod alert_stopped;
mod eql;
pub(in crate::replay) mod esql;
pub(in crate::replay) mod indicator_match;
pub(in crate::replay) mod new_terms;
mod query_rule;
pub(in crate::replay) mod stateful;
pub(in crate::replay) mod threshold;

use std::sync::Arc;

use super::case::case_events::CaseEvents;
use super::case::indicators;
use super::production::case_run::Run;
use super::production::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::compile::CompiledQuery;
use crate::evaluate::{Context, Override, QueryFailure};
use crate::plan::index_vec::present;
use crate::rule::RuleKind;

/// Runs a rule on the events of a case, and its schedule on what it finds.
pub(super) fn run<'c>(
    query: &'c Arc<CompiledQuery>,
    case_events: &'c CaseEvents,
    context: &Context,
    schedule: ScheduleConfig<'c>,
    indicators: Option<&indicators::Input<'c>>,
) -> Result<Run<'c>, QueryFailure> {
    let mut run = Run::new(query, case_events, context, schedule, indicators)?;
    run.scheduled = run_schedule(&run, &run.schedule, &[]);
    let failure = run.scheduled.take_failure().or_else(|| esql::failure(&run));
    failure.map_or(Ok(run), Err)
}

/// What the executions make of a run under these overrides.
pub(super) fn run_schedule(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    match &schedule.rule.kind {
        RuleKind::Threshold(settings) => {
            threshold::run_schedule(run, schedule, settings, overrides)
        }
        RuleKind::NewTerms(settings) => new_terms::run_schedule(run, schedule, settings, overrides),
        RuleKind::Esql => esql::run_schedule(run, schedule, overrides),
        RuleKind::Query | RuleKind::SavedQuery { .. } => {
            query_rule::run_schedule(run, schedule, overrides)
        }
        RuleKind::ThreatMatch(_) => {
            let indicators = present(run.indicators.as_ref(), 0, 0);
            indicator_match::run_schedule(run, schedule, indicators, overrides)
        }
        RuleKind::Eql | RuleKind::MachineLearning => eql::run_schedule(run, schedule, overrides),
    }
}
