//! Evaluates one case on one data source: the facts for its verdict.

use std::sync::Arc;

use super::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::compile::CompiledQuery;
use crate::evaluate::pipeline::Program;
use crate::evaluate::{Context, Evaluation, Match, Prepared, QueryFailure};
use crate::event::time::DateFormat;
use crate::event::{Event, EventId, Timestamp};
use crate::plan::Plan;
use crate::replay::START;
use crate::replay::case::case_events::CaseEvents;
use crate::replay::case::indicators::{self, Indicators};
use crate::replay::reason::Uncertainty;

/// A case that has run.
pub(in crate::replay) struct Run<'c> {
    /// What an ES|QL query does with the events that the evaluation selects.
    pub(in crate::replay) program: Option<Program<'c>>,
    /// The query as it was compiled for the case.
    pub(in crate::replay) query: &'c Arc<CompiledQuery>,
    /// The events.
    pub(in crate::replay) case_events: &'c CaseEvents,
    /// The indicators, of an indicator-match rule.
    pub(in crate::replay) indicators: Option<Indicators<'c>>,
    /// What the evaluator found.
    pub(in crate::replay) evaluation: Evaluation<'c>,
    /// The open point on which the outcome depends.
    pub(in crate::replay) uncertain: Option<Uncertainty>,
    /// How production runs the rule.
    pub(in crate::replay) schedule: ScheduleConfig<'c>,
    /// The effects of schedule, suppression and overrides on the alerts.
    pub(in crate::replay) scheduled: ScheduledOutcome,
}

impl<'c> Run<'c> {
    /// Runs the query on the events; what production makes of it is not known yet.
    pub(in crate::replay) fn new(
        query: &'c Arc<CompiledQuery>,
        case_events: &'c CaseEvents,
        context: &Context,
        schedule: ScheduleConfig<'c>,
        indicators: Option<&indicators::Input<'c>>,
    ) -> Result<Self, QueryFailure> {
        let run = Self::evaluated(query, case_events, context, schedule, indicators)?;
        let uncertain = match uncertain(query, case_events, &run.evaluation, context)? {
            None => execution_time(query, case_events, &run.evaluation, &run.schedule)?,
            known => known,
        };
        Ok(Self {
            program: query.pipeline.as_ref().map(Program::new).transpose()?,
            uncertain,
            ..run
        })
    }

    /// Runs another version of the query on the events of a case that has run.
    pub(in crate::replay) fn run_again(
        query: &'c Arc<CompiledQuery>,
        case_events: &'c CaseEvents,
        schedule: ScheduleConfig<'c>,
        indicators: Option<&indicators::Input<'c>>,
    ) -> Result<Self, QueryFailure> {
        let context = Context {
            now: START,
            ..Context::default()
        };
        Self::evaluated(query, case_events, &context, schedule, indicators)
    }

    /// The matches of the query, without its ES|QL program and without its open points.
    fn evaluated(
        query: &'c Arc<CompiledQuery>,
        case_events: &'c CaseEvents,
        context: &Context,
        schedule: ScheduleConfig<'c>,
        indicators: Option<&indicators::Input<'c>>,
    ) -> Result<Self, QueryFailure> {
        let prepared = query.patterns.clone()?.with(&query.plan);
        let evaluation = prepared.evaluate(&case_events.events, context)?;
        let times = indicators.and_then(|_| executions(case_events, &schedule));
        let indicators =
            indicators.map(|input| Indicators::new(input, &case_events.events, query, times));
        Ok(Self {
            program: None,
            query,
            case_events,
            indicators: indicators.transpose()?,
            evaluation,
            uncertain: None,
            schedule,
            scheduled: ScheduledOutcome::default(),
        })
    }

    /// An ES|QL rule on the events of a recording, of which nothing is judged.
    pub(in crate::replay) fn of_recording(
        query: &'c Arc<CompiledQuery>,
        case_events: &'c CaseEvents,
        schedule: ScheduleConfig<'c>,
    ) -> Result<Self, QueryFailure> {
        Ok(Self {
            program: query.pipeline.as_ref().map(Program::new).transpose()?,
            ..Self::run_again(query, case_events, schedule, None)?
        })
    }

    /// The plan that ran.
    pub(in crate::replay) fn plan(&self) -> &'c Plan {
        &self.query.plan
    }

    /// The time of an event, by the field of time that the rule reads.
    pub(in crate::replay) fn time_of(&self, event: EventId) -> Option<Timestamp> {
        let plan = self.plan();
        let field = plan.fields.at(plan.timestamp);
        let event: &Event = self.case_events.events.get(event.index())?;
        let text = event.values(&field.path).first()?.to_string();
        DateFormat::usual().parse(&text)
    }

    /// The labels of each match, missing events left out.
    pub(in crate::replay) fn labels_of(&self, matches: &[Match]) -> Vec<Vec<String>> {
        let labels = |found: &Match| {
            let events = found.stages.iter().flatten();
            events.map(|event| self.case_events.label(*event)).collect()
        };
        matches.iter().map(labels).collect()
    }
}

/// Evaluates whatever Elasticsearch's documentation leaves open both ways.
fn uncertain(
    query: &CompiledQuery,
    case_events: &CaseEvents,
    evaluation: &Evaluation<'_>,
    context: &Context,
) -> Result<Option<Uncertainty>, QueryFailure> {
    if let Some((folded, patterns)) = &query.folded {
        let prepared = patterns.clone()?.with(folded);
        let other = prepared.evaluate(&case_events.events, context)?;
        if other.matches() != evaluation.matches() {
            return Ok(Some(Uncertainty::OptionalFields {
                fields: query.unmapped.iter().map(ToString::to_string).collect(),
                missing: evaluation.matches().len(),
                folded: other.matches().len(),
            }));
        }
    }
    if query.plan.tiebreaker.is_none() && has_equal_times(&query.plan, case_events) {
        let reversed: Vec<Event> = case_events.events.iter().rev().cloned().collect();
        let prepared = query.patterns.clone()?.with(&query.plan);
        let other = prepared.evaluate(&reversed, context)?;
        let last = u32::try_from(case_events.events.len().saturating_sub(1)).unwrap_or(u32::MAX);
        if forward(other.matches(), last) != sorted(evaluation.matches()) {
            return Ok(Some(Uncertainty::EqualTimes {
                forward: evaluation.matches().len(),
                reversed: other.matches().len(),
            }));
        }
    }
    Ok(None)
}

/// When the first and the last execution start that see an event of the case, in milliseconds since
/// 1970.
pub(in crate::replay) fn executions(
    case_events: &CaseEvents,
    schedule: &ScheduleConfig<'_>,
) -> Option<(i64, i64)> {
    let ids = EventId::of(&case_events.events);
    let of_case: Vec<EventId> = ids.filter(|id| !case_events.is_context(*id)).collect();
    schedule.executions(&case_events.events, &of_case)
}

/// Runs a query whose date math counts from `now` at the times of the executions, too.
fn execution_time(
    query: &CompiledQuery,
    case_events: &CaseEvents,
    evaluation: &Evaluation<'_>,
    schedule: &ScheduleConfig<'_>,
) -> Result<Option<Uncertainty>, QueryFailure> {
    if query.at(query.now).is_none() {
        return Ok(None);
    }
    let times = executions(case_events, schedule);
    for now in times.into_iter().flat_map(|(first, last)| [first, last]) {
        let context = Context {
            now: Timestamp::from_millis(now),
            ..Context::default()
        };
        let Some(plan) = query.at(context.now) else {
            continue;
        };
        let other = Prepared::new(&plan)?.evaluate(&case_events.events, &context)?;
        if other.matches() != evaluation.matches() {
            return Ok(Some(Uncertainty::ExecutionTime {
                start: evaluation.matches().len(),
                execution: other.matches().len(),
            }));
        }
    }
    Ok(None)
}

fn has_equal_times(plan: &Plan, case_events: &CaseEvents) -> bool {
    let field = plan.fields.at(plan.timestamp);
    let mut times: Vec<String> = case_events
        .events
        .iter()
        .filter_map(|event| event.values(&field.path).first())
        .map(ToString::to_string)
        .collect();
    times.sort();
    times
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a == b))
}

/// The events of each match, in an order that does not depend on ties.
fn sorted(matches: &[Match]) -> Vec<Vec<Option<EventId>>> {
    let mut events: Vec<_> = matches.iter().map(|found| found.stages.clone()).collect();
    events.sort();
    events
}

/// The same for a run on the events in reverse.
fn forward(matches: &[Match], last: u32) -> Vec<Vec<Option<EventId>>> {
    let turn = |event: &Option<EventId>| event.map(|event| EventId(last.saturating_sub(event.0)));
    let mut events: Vec<Vec<Option<EventId>>> = matches
        .iter()
        .map(|found| found.stages.iter().map(turn).collect())
        .collect();
    events.sort();
    events
}
