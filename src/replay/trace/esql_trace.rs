//! What coverage, mutation and explain ask of an ES|QL rule on a case: its clauses, those that
//! decided, and the rows that went into and out of each step.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::clause::{Decided, RuleClause};
use crate::diagnostic::QueryText;
use crate::evaluate::Override;
use crate::evaluate::pipeline::{ForcedOutcome, Outcome, OutputRow, RequestData};
use crate::event::{Event, Timestamp};
use crate::plan::pipeline::{ClauseRole, ColumnOrigin, Operation, Pipeline, PipelineClause};
use crate::plan::{ClauseKind, ClauseName};
use crate::replay::blockers::esql_blockers::{causes, clause_words, column_seen};
use crate::replay::outcome::Place;
use crate::replay::production::case_run::Run;
use crate::replay::rule_types::esql::{WholeRun, pipeline};

/// The number of rows for which the step that stopped them is shown.
const MOST_STOPPED: usize = 20;

/// A run of a pipeline over a case, with which a changed pipeline can be compared.
#[derive(Debug)]
pub struct PipelineRun {
    /// The events that the query sees.
    pub events: Vec<Event>,
    /// The value of NOW().
    pub now: Timestamp,
    /// What comes with the request.
    pub given: Arc<RequestData>,
    /// The rows that it gives.
    pub rows: Vec<OutputRow>,
    /// Its steps.
    pub steps: Vec<StepRecord>,
}

/// A step of a pipeline on a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StepRecord {
    /// The command, white space aside.
    pub text: String,
    /// Its line in the rule file.
    pub line: Option<usize>,
    /// Rows in.
    pub rows_in: u64,
    /// Rows out.
    pub rows_out: u64,
    /// The rows that stopped there.
    pub stopped: Vec<StoppedRow>,
}

/// A row that a WHERE dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoppedRow {
    /// The labels of its events.
    pub events: Vec<String>,
    /// The conditions that were not true, each with what it saw.
    pub conditions: Vec<(String, String)>,
}

/// The run of a case's pipeline; `None` of a rule in another language, or where it sees no event.
pub(in crate::replay) fn observed(run: &Run<'_>, overrides: &[Override]) -> Option<PipelineRun> {
    let pipeline = pipeline(run)?;
    let whole = WholeRun::of(run, overrides)?;
    let outcome = whole.outcome(None, true)?;
    Some(PipelineRun {
        now: whole.now,
        given: Arc::clone(&run.case_events.given),
        steps: steps(&whole, pipeline, &outcome),
        rows: outcome.rows,
        events: whole.events,
    })
}

/// The steps of a run, with the rows that stopped at each.
pub(in crate::replay) fn steps(
    whole: &WholeRun<'_, '_>,
    pipeline: &Pipeline,
    outcome: &Outcome,
) -> Vec<StepRecord> {
    let mut steps = Vec::new();
    for (number, (step, count)) in pipeline.steps.iter().zip(&outcome.steps).enumerate() {
        let text = clause_words(pipeline, step.location);
        // Reading fields is a step of the plan, not of the query; nor is the limit that is implied.
        if matches!(step.operation, Operation::Load(_)) || text.is_empty() {
            continue;
        }
        let rows = outcome.dropped.iter().filter(|row| row.step == number);
        let stopped = rows.take(MOST_STOPPED).map(|row| StoppedRow {
            events: row.events.iter().map(|event| whole.label(*event)).collect(),
            conditions: row
                .conditions
                .iter()
                .map(|condition| {
                    let inputs = condition.inputs.iter();
                    let inputs = inputs.map(|(name, cell)| column_seen(name, cell).to_string());
                    let values: Vec<String> = inputs.collect();
                    let words = clause_words(pipeline, condition.location);
                    (words, values.join("; "))
                })
                .collect(),
        });
        steps.push(StepRecord {
            text,
            line: crate::replay::blockers::esql_blockers::line_of(
                whole.run,
                pipeline,
                step.location,
            ),
            rows_in: count.rows_in,
            rows_out: count.rows_out,
            stopped: stopped.collect(),
        });
    }
    steps
}

/// The clauses that decided: of a silent case those each of which alone would make a row, of an
/// alert those whose other outcome would take a row away or change it.
pub(in crate::replay) fn decided(run: &Run<'_>, overrides: &[Override]) -> Vec<Decided> {
    WholeRun::of(run, overrides).map_or_else(Vec::new, |whole| decided_in(&whole))
}

/// The same of these events.
pub(in crate::replay) fn decided_in(whole: &WholeRun<'_, '_>) -> Vec<Decided> {
    let Some(pipeline) = pipeline(whole.run) else {
        return Vec::new();
    };
    let rows =
        |forced: Option<ForcedOutcome>| whole.outcome(forced, false).unwrap_or_default().rows;
    let found = rows(None);
    let clauses = pipeline.clauses();
    let names = names(pipeline, &clauses);
    let named = |clause: &PipelineClause<'_>| {
        let place = clauses.iter().position(|own| own == clause)?;
        names.get(place).cloned()
    };
    if found.is_empty() {
        let causes = causes(whole, pipeline, None);
        let decided = causes.iter().filter_map(|cause| {
            let clause = named(&cause.clause)?;
            Some(Decided {
                clause,
                matched: false,
            })
        });
        return decided.collect();
    }
    let mut decided = Vec::new();
    for (clause, name) in clauses.iter().zip(&names) {
        let differs = |outcome: bool| {
            let forced = ForcedOutcome {
                location: clause.expr.location,
                outcome,
                event: None,
            };
            let other = rows(Some(forced));
            !found.iter().all(|row| other.contains(row))
        };
        let mut add = |matched: bool| {
            decided.push(Decided {
                clause: name.clone(),
                matched,
            });
        };
        if differs(!clause.wanted) {
            add(true);
        }
        // What a row counts, or what CASE gives, shows in an alert whichever way it was decided.
        if clause.role != ClauseRole::Filter && differs(clause.wanted) {
            add(false);
        }
    }
    decided
}

/// The names of a pipeline's clauses, in their order.
pub fn clause_names(pipeline: &Pipeline) -> Vec<ClauseName> {
    names(pipeline, &pipeline.clauses())
}

/// The names of clauses: their texts, numbered where one occurs again.
fn names(pipeline: &Pipeline, clauses: &[PipelineClause<'_>]) -> Vec<ClauseName> {
    let mut seen: BTreeMap<String, u16> = BTreeMap::new();
    let name = |clause: &PipelineClause<'_>| {
        let text = clause_words(pipeline, clause.expr.location);
        let next = seen.entry(text.clone()).or_default();
        let occurrence = *next;
        *next = next.saturating_add(1);
        ClauseName {
            stage: None,
            text,
            occurrence,
        }
    };
    clauses.iter().map(name).collect()
}

/// The clauses of a pipeline with their places in the rule file.
pub(in crate::replay) fn clauses_of(pipeline: &Pipeline, query: &QueryText) -> Vec<RuleClause> {
    let clauses = pipeline.clauses();
    let names = names(pipeline, &clauses);
    let described = clauses.iter().zip(names).filter_map(|(clause, name)| {
        let location = pipeline.location(clause.expr.location)?;
        let ids = clause.columns();
        let columns: Vec<_> = ids.iter().filter_map(|id| pipeline.column(*id)).collect();
        let is_known = columns.iter().any(|column| match &column.origin {
            ColumnOrigin::Field { readers, .. } => readers.iter().any(Option::is_some),
            ColumnOrigin::Metadata(_) | ColumnOrigin::Ignored(_) | ColumnOrigin::Computed => true,
        });
        Some(RuleClause {
            name,
            kind: ClauseKind::Comparison,
            list: false,
            place: Place {
                source: Arc::clone(query.source()),
                span: query.locate(location.span),
            },
            wanted: clause.wanted,
            testable: columns.is_empty() || is_known,
            setting: None,
            fields: columns.iter().map(|column| column.name.clone()).collect(),
        })
    });
    described.collect()
}
