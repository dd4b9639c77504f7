//! An ES|QL rule over a recording: the alerts of the executions of its schedule, and the execution to
//! explain: the first that alerts, or the one that comes nearest to an alert.
//!
//! Executions start at whole multiples of the interval since 1970, as those of a scan do.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::blockers::esql_blockers::{self, shortfall};
use super::blockers::look_back::look_back;
use super::case::case_events::{CaseEvents, EventFacts};
use super::outcome::NoneRecord;
use super::production::case_run::Run;
use super::production::schedule::ScheduleConfig;
use super::rule_types::esql::{WholeRun, counts_from_now, pipeline};
use super::rule_types::stateful::Selected;
use super::trace::{Decided, StepRecord, esql_trace};
use crate::compile::CompiledQuery;
use crate::evaluate::QueryFailure;
use crate::evaluate::pipeline::{DroppedRow, FailedCondition, Outcome, RequestData};
use crate::event::io::RowMemory;
use crate::event::{Event, EventId, Timestamp};
use crate::execution::Arrival;
use crate::execution::replayed::Execution;
use crate::plan::pipeline::{Cell, LocationId, Pipeline, PipelineClause};
use crate::rule::Rule;

/// What an ES|QL rule does on a recording.
#[derive(Debug, Default)]
pub struct RecordedRun {
    /// The events of each alert of all executions.
    pub alerts: Vec<Vec<EventId>>,
    /// The execution that is explained; `None` where none sees an event.
    pub shown: Option<ShownExecution>,
    /// The clauses that decided.
    pub decided: Vec<Decided>,
    /// What stopped an alert.
    pub stopped: Option<NoneRecord>,
}

/// An execution that is explained.
#[derive(Debug)]
pub struct ShownExecution {
    /// When it starts.
    pub start: Timestamp,
    /// The events that it sees.
    pub events: Vec<EventId>,
    /// Those of them that came nearest to an alert, where there is none.
    pub near: Vec<EventId>,
    /// The steps of the query.
    pub steps: Vec<StepRecord>,
}

/// Runs the executions of a rule over the events of a recording; `labels` says what they are called.
pub fn run_recording(
    query: &Arc<CompiledQuery>,
    rule: &Rule,
    events: Vec<Event>,
    labels: Vec<String>,
    memory: RowMemory,
) -> Result<RecordedRun, QueryFailure> {
    let case_events = CaseEvents {
        events,
        facts: labels.into_iter().map(EventFacts::labelled).collect(),
        given: Arc::new(RequestData {
            memory,
            ..RequestData::default()
        }),
    };
    let schedule = ScheduleConfig::new(rule, &[], None, false);
    let run = Run::of_recording(query, &case_events, schedule)?;
    match pipeline(&run) {
        Some(pipeline) => Recording::new(&run, pipeline).run(),
        None => Ok(RecordedRun::default()),
    }
}

/// A recording and the pipeline that runs over it.
struct Recording<'r, 'c> {
    run: &'r Run<'c>,
    pipeline: &'r Pipeline,
    clauses: Vec<PipelineClause<'r>>,
    /// The events that the query sees, by time.
    by_time: Vec<(Arrival, EventId)>,
}

/// The execution nearest to an alert so far.
struct Nearest {
    /// The step that stops its last rows.
    step: usize,
    /// How far its nearest row is from passing it.
    distance: f64,
    events: Vec<EventId>,
    start: Timestamp,
}

impl<'r, 'c> Recording<'r, 'c> {
    fn new(run: &'r Run<'c>, pipeline: &'r Pipeline) -> Self {
        let selected = Selected::of(run, &run.schedule, &[]);
        let with_arrival = |id: EventId| {
            let event = run.case_events.events.get(id.index())?;
            let arrival = run.schedule.arrival(event);
            arrival.time.map(|_| (arrival, id))
        };
        let by_time = selected.events.into_iter().filter_map(with_arrival);
        let mut by_time: Vec<(Arrival, EventId)> = by_time.collect();
        by_time.sort_by_key(|(arrival, id)| (arrival.time, *id));
        Self {
            run,
            pipeline,
            clauses: pipeline.clauses(),
            by_time,
        }
    }

    /// The events that an execution sees, in the order of the recording.
    fn seen(&self, execution: Execution) -> Vec<EventId> {
        let place = |time: i64| {
            let is_before = |(arrival, _): &(Arrival, EventId)| arrival.time < Some(time);
            self.by_time.partition_point(is_before)
        };
        let range = place(execution.from)..place(execution.to.saturating_add(1));
        let in_range = self.by_time.get(range).unwrap_or(&[]).iter();
        let seen = in_range.filter(|(arrival, _)| execution.sees(*arrival));
        let mut seen: Vec<EventId> = seen.map(|(_, id)| *id).collect();
        seen.sort_unstable();
        seen
    }

    fn run(&self) -> Result<RecordedRun, QueryFailure> {
        let arrivals: Vec<Arrival> = self.by_time.iter().map(|(arrival, _)| *arrival).collect();
        let counts_from_now = counts_from_now(self.run);
        let mut alerts = Vec::new();
        let mut known: BTreeSet<(Vec<EventId>, Vec<String>)> = BTreeSet::new();
        let mut alerting: Option<(Vec<EventId>, Timestamp)> = None;
        let mut nearest: Option<Nearest> = None;
        let mut last = Vec::new();
        for execution in self.run.schedule.windows().aligned(&arrivals) {
            let seen = self.seen(execution);
            let is_other = seen != last;
            if seen.is_empty() || !(is_other || counts_from_now) {
                continue;
            }
            last.clone_from(&seen);
            let start = Timestamp::from_millis(execution.start);
            let whole = WholeRun::at(self.run, seen, start);
            let outcome = whole.run(None, false).transpose()?.unwrap_or_default();
            for row in &outcome.rows {
                let events = whole.originals(&row.events);
                let cells = row.cells.iter().map(Cell::text).collect();
                // Executions overlap: what one alerts on, the next may find again.
                if known.insert((events.clone(), cells)) {
                    alerts.push(events);
                }
            }
            if !outcome.rows.is_empty() {
                alerting.get_or_insert_with(|| (last.clone(), start));
            } else if alerting.is_none() && is_other {
                self.compare(&whole, &outcome, &last, &mut nearest);
            }
        }
        let shown = alerting.or_else(|| nearest.map(|own| (own.events, own.start)));
        self.explained(alerts, shown)
    }

    /// Takes an execution without an alert if it comes nearer than the one so far.
    fn compare(
        &self,
        whole: &WholeRun<'_, '_>,
        outcome: &Outcome,
        seen: &[EventId],
        nearest: &mut Option<Nearest>,
    ) {
        let step = esql_blockers::stop(outcome).unwrap_or(0);
        if nearest.as_ref().is_some_and(|own| step < own.step) {
            return;
        }
        let Some(traced) = whole.outcome(None, true) else {
            return;
        };
        let distance = self
            .nearest_row(&traced, step)
            .map_or(f64::MAX, |(own, _)| own);
        let is_nearer = |own: &Nearest| step > own.step || distance < own.distance;
        if nearest.as_ref().is_none_or(is_nearer) {
            *nearest = Some(Nearest {
                step,
                distance,
                events: seen.to_vec(),
                start: whole.now,
            });
        }
    }

    /// The row nearest to passing a step, and how far it is from it. A condition that it does not
    /// meet weighs the less the more rows meet it, and a threshold by the share that is missing.
    fn nearest_row<'t>(&self, traced: &'t Outcome, step: usize) -> Option<(f64, &'t DroppedRow)> {
        let rows = traced.steps.get(step)?.rows_in;
        let dropped = || traced.dropped.iter().filter(|row| row.step == step);
        let mut failed: BTreeMap<LocationId, u64> = BTreeMap::new();
        for condition in dropped().flat_map(|row| &row.conditions) {
            *failed.entry(condition.location).or_default() += 1;
        }
        let weight = |condition: &FailedCondition| match self.missing_share(condition, step) {
            Some(share) => share,
            None => {
                let failed = failed.get(&condition.location).copied().unwrap_or(0);
                weight(rows.saturating_sub(failed), rows)
            }
        };
        let mut nearest: Option<(f64, &DroppedRow)> = None;
        for row in dropped() {
            let distance: f64 = row.conditions.iter().map(weight).sum();
            if nearest.is_none_or(|(least, _)| distance < least) {
                nearest = Some((distance, row));
            }
        }
        nearest
    }

    /// The share of a threshold that is missing: 0.2 of 4 of 5.
    fn missing_share(&self, condition: &FailedCondition, step: usize) -> Option<f64> {
        let mut clauses = self.clauses.iter();
        let clause =
            clauses.find(|own| own.step == step && own.expr.location == condition.location)?;
        let (_, cell) = condition.inputs.first()?;
        shortfall(clause, cell).map(|own| own.share())
    }

    fn explained(
        &self,
        alerts: Vec<Vec<EventId>>,
        shown: Option<(Vec<EventId>, Timestamp)>,
    ) -> Result<RecordedRun, QueryFailure> {
        let Some((events, start)) = shown else {
            return Ok(RecordedRun {
                alerts,
                ..RecordedRun::default()
            });
        };
        let whole = WholeRun::at(self.run, events.clone(), start);
        let traced = whole.run(None, true).transpose()?.unwrap_or_default();
        let (mut near, mut stopped) = (Vec::new(), None);
        if alerts.is_empty() {
            let step = esql_blockers::stop(&traced).unwrap_or(0);
            let nearest = |step| self.nearest_row(&traced, step).map(|(_, row)| row);
            let row = nearest(step);
            near = row.map_or_else(Vec::new, |row| whole.originals(&row.events));
            let of_all = match WholeRun::of(self.run, &[]) {
                Some(all) => all.run(None, false).transpose()?.map(|own| (all, own)),
                None => None,
            };
            let together =
                of_all.and_then(|(all, own)| Some(all.originals(&own.rows.first()?.events)));
            stopped = match together {
                // Only no execution sees the events together.
                Some(events) => Some(look_back(self.run, &events)),
                None => esql_blockers::stopped(&whole, &traced, &nearest),
            };
            if let (Some(stopped), Some([event])) = (&mut stopped, row.map(|row| &*row.events)) {
                let nearest = Some(whole.label(*event));
                stopped
                    .record
                    .causes
                    .sort_by_key(|cause| cause.event != nearest);
            }
        }
        Ok(RecordedRun {
            alerts,
            decided: esql_trace::decided_in(&whole),
            stopped: stopped.map(|own| own.record),
            shown: Some(ShownExecution {
                start,
                near,
                steps: esql_trace::steps(&whole, self.pipeline, &traced),
                events,
            }),
        })
    }
}

/// The weight of a condition that `met` of `rows` rows meet: the fewer meet it, the more it weighs.
#[expect(
    clippy::cast_precision_loss,
    reason = "only which of two is larger counts"
)]
fn weight(met: u64, rows: u64) -> f64 {
    -((met as f64 + 1.0) / (rows as f64 + 1.0)).ln()
}
