//! Evaluates one case on one data source: the facts for its verdict.

use std::sync::Arc;

use super::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::compile::CompiledQuery;
use crate::evaluate::pipeline::Program;
use crate::evaluate::{Context, Evaluation, Match, Override, Prepared, QueryFailure};
use crate::event::{Event, EventId};
use crate::plan::Plan;
use crate::scenario::model::EventRole;

/// The events of a case as one data source stores them.
#[derive(Debug, Clone, Default)]
pub(super) struct Stage {
    /// The events in file order.
    pub(super) events: Vec<Event>,
    /// A label for each event, empty where it has none.
    pub(super) labels: Vec<String>,
    /// What each event is to the rule; of a recording nothing is said.
    pub(super) roles: Vec<EventRole>,
    /// For each event the fields that the scenario sets.
    pub(super) set: Vec<Vec<String>>,
    /// For each event the fields that the sensor pins against the scenario's wish.
    pub(super) pinned: Vec<Vec<String>>,
    /// For each event what hides it from the query, and the values for which it does.
    pub(super) hidden: Vec<Vec<(String, String)>>,
}

impl Stage {
    /// Whether the event is there for what it says of the past, and not to be found.
    pub(super) fn is_context(&self, event: EventId) -> bool {
        let role = self.roles.get(event.index()).copied();
        role.is_some_and(|role| role != EventRole::Event)
    }

    /// Leaves out the events that are context.
    pub(super) fn without_context(&self) -> impl Iterator<Item = Override> + '_ {
        let events = (0u32..).map(EventId).take(self.events.len());
        events
            .filter(|event| self.is_context(*event))
            .map(Override::Without)
    }

    /// The label of an event; its number where it has none.
    pub(super) fn label(&self, event: EventId) -> String {
        match self.labels.get(event.index()) {
            Some(label) if !label.is_empty() => label.clone(),
            _ => format!("#{}", event.0 + 1),
        }
    }

    /// The event of a label.
    pub(super) fn find(&self, label: &str) -> Option<EventId> {
        let position = self.labels.iter().position(|own| own == label)?;
        u32::try_from(position).ok().map(EventId)
    }

    /// The values for which this hides the event.
    pub(super) fn seen_by(&self, event: EventId, name: &str) -> Option<String> {
        let by = self.hidden.get(event.index())?.iter();
        let (_, values) = by.into_iter().find(|(own, _)| own == name)?;
        (!values.is_empty()).then(|| values.clone())
    }

    /// Whether the sensor pins the field on the event.
    pub(super) fn pins(&self, event: EventId, field: &str) -> bool {
        self.pinned
            .get(event.index())
            .is_some_and(|fields| fields.iter().any(|pinned| pinned == field))
    }
}

/// A case that has run.
pub(super) struct Run<'c> {
    /// What an ES|QL query does with the events that the evaluation selects.
    pub(super) program: Option<Program<'c>>,
    /// The query as it was compiled for the case.
    pub(super) query: &'c Arc<CompiledQuery>,
    /// The events.
    pub(super) stage: &'c Stage,
    /// What the evaluator found.
    pub(super) evaluation: Evaluation<'c>,
    /// The open point that the outcome hangs on.
    pub(super) uncertain: Option<String>,
    /// How production runs the rule.
    pub(super) setting: ScheduleConfig<'c>,
    /// What production makes of it.
    pub(super) produced: ScheduledOutcome,
}

impl<'c> Run<'c> {
    /// Runs the query on the events; what production makes of it is not known yet.
    pub(super) fn new(
        query: &'c Arc<CompiledQuery>,
        stage: &'c Stage,
        context: &Context,
        setting: ScheduleConfig<'c>,
    ) -> Result<Self, QueryFailure> {
        let prepared = query.patterns.clone()?.with(&query.plan);
        let evaluation = prepared.evaluate(&stage.events, context)?;
        let uncertain = uncertain(query, stage, &evaluation, context)?;
        let program = query.pipeline.as_ref().map(Program::new).transpose()?;
        Ok(Self {
            program,
            query,
            stage,
            evaluation,
            uncertain,
            setting,
            produced: ScheduledOutcome::default(),
        })
    }

    /// The plan that ran.
    pub(super) fn plan(&self) -> &'c Plan {
        &self.query.plan
    }

    /// The labels of each match, missing events left out.
    pub(super) fn labels_of(&self, matches: &[Match]) -> Vec<Vec<String>> {
        let labels = |found: &Match| {
            let events = found.stages.iter().flatten();
            events.map(|event| self.stage.label(*event)).collect()
        };
        matches.iter().map(labels).collect()
    }
}

/// Evaluates whatever Elasticsearch's documentation leaves open both ways.
fn uncertain(
    query: &CompiledQuery,
    stage: &Stage,
    evaluation: &Evaluation<'_>,
    context: &Context,
) -> Result<Option<String>, QueryFailure> {
    if let Some(folded) = &query.folded {
        let other = Prepared::new(folded)?.evaluate(&stage.events, context)?;
        if other.matches() != evaluation.matches() {
            let fields: Vec<String> = query
                .unmapped
                .iter()
                .map(|path| format!("?{path}"))
                .collect();
            return Ok(Some(format!(
                "{} is unmapped: as a missing field {}, as Elasticsearch's optimizer folds it {}",
                fields.join(", "),
                count(evaluation.matches()),
                count(other.matches()),
            )));
        }
    }
    if query.plan.tiebreaker.is_none() && has_equal_times(&query.plan, stage) {
        let reversed: Vec<Event> = stage.events.iter().rev().cloned().collect();
        let prepared = query.patterns.clone()?.with(&query.plan);
        let other = prepared.evaluate(&reversed, context)?;
        let last = u32::try_from(stage.events.len().saturating_sub(1)).unwrap_or(u32::MAX);
        if forward(other.matches(), last) != sorted(evaluation.matches()) {
            return Ok(Some(format!(
                "events of equal time without a tiebreaker: in file order {}, in reverse {}",
                count(evaluation.matches()),
                count(other.matches()),
            )));
        }
    }
    Ok(None)
}

fn count(matches: &[Match]) -> String {
    match matches.len() {
        0 => "no alert".to_owned(),
        1 => "1 alert".to_owned(),
        more => format!("{more} alerts"),
    }
}

fn has_equal_times(plan: &Plan, stage: &Stage) -> bool {
    let field = plan.fields.at(plan.timestamp);
    let mut times: Vec<String> = stage
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
