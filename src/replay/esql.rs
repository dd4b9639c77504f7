//! ES|QL rules on a case: the rows that each execution of the schedule finds, and at which step of
//! the query the events of a silent case end (`esql-semantics` §13, §15).

use std::collections::BTreeMap;

use super::outcome::{CauseRecord, NoneRecord};
use super::reason::ReasonName;
use super::run::Run;
use super::schedule::{ScheduleConfig, ScheduledOutcome};
use super::stateful::{Selected, phases};
use super::stopped::Stopped;
use crate::evaluate::pipeline::{DroppedRow, FailedCondition, Input, OutputRow, StepCount};
use crate::evaluate::{Match, Override};
use crate::event::{Event, EventId, Timestamp, Value};
use crate::execution::replayed::Execution;
use crate::execution::{Outcome, Phase};
use crate::plan::pipeline::{Cell, ColumnOrigin, NullReason, Operation, Pipeline};

/// With more events than this there is one run over all of them, and no phases.
const MOST: usize = 2_000;
const MINUTE: i64 = 60_000;

/// What the executions of the schedule find in every phase.
pub(super) fn produce(
    run: &Run<'_>,
    setting: &ScheduleConfig<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    let selected = Selected::of(run, setting, overrides);
    let start = setting.start_of(&run.stage.events, &selected.events);
    let mut found = FoundRows::default();
    if selected.events.len() > MOST {
        let latest = selected
            .arrivals
            .iter()
            .filter_map(|arrival| arrival.time)
            .max();
        let rows = rows(run, &selected.events, start + latest.unwrap_or_default());
        for row in rows {
            found.number(run, &row, 0);
        }
        return ScheduledOutcome::new(found.matches, Vec::new(), setting.phase().is_some());
    }
    let once = is_deduplicated(run);
    let mut replay = |executions: &[Execution]| {
        let mut done = Outcome::default();
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        for execution in executions {
            let sees = selected.events.iter().zip(&selected.arrivals);
            let visible: Vec<EventId> = sees
                .filter(|(_, arrival)| execution.sees(**arrival))
                .map(|(event, _)| *event)
                .collect();
            let rows = rows(run, &visible, start + execution.start);
            for (place, row) in rows.iter().enumerate() {
                let first = found.number(run, row, 0);
                let seen = times.entry(first).or_default();
                // The alert of a known event is there already; a group alerts again.
                if once && *seen > 0 {
                    continue;
                }
                let number = found.number(run, row, *seen);
                *seen += 1;
                if place < setting.max_signals() {
                    done.alerts.push(number);
                } else {
                    done.cut.push(number);
                }
            }
        }
        done
    };
    let moments = moments(run, &selected);
    let phases = phases(setting, &selected.arrivals, &moments, &mut replay);
    outcome(setting, &found, phases)
}

/// The alerts of the phases that last longest, as the case's.
fn outcome(
    setting: &ScheduleConfig<'_>,
    found: &FoundRows,
    phases: Vec<Phase>,
) -> ScheduledOutcome {
    let mut lengths: Vec<(&[usize], i64)> = Vec::new();
    for phase in &phases {
        let alerts = phase.outcome.alerts.as_slice();
        match lengths.iter_mut().find(|(own, _)| *own == alerts) {
            Some((_, length)) => *length += phase.until - phase.from,
            None => lengths.push((alerts, phase.until - phase.from)),
        }
    }
    let alerting = lengths.iter().filter(|(alerts, _)| !alerts.is_empty());
    // The first of those that last equally long.
    let longest = alerting.rev().max_by_key(|(_, length)| *length);
    let matches = longest.map_or_else(Vec::new, |(alerts, _)| {
        let matches = alerts
            .iter()
            .filter_map(|number| found.matches.get(*number));
        matches.cloned().collect()
    });
    ScheduledOutcome::new(matches, phases, setting.phase().is_some())
}

/// The rows that were found so far: each as a match, once for each time that it alerts again.
#[derive(Default)]
struct FoundRows {
    matches: Vec<Match>,
    numbers: BTreeMap<(Vec<EventId>, Vec<String>, usize), usize>,
}

impl FoundRows {
    fn number(&mut self, run: &Run<'_>, row: &OutputRow, again: usize) -> usize {
        let cells: Vec<String> = row.cells.iter().map(text).collect();
        let key = (row.events.clone(), cells, again);
        let next = self.matches.len();
        *self.numbers.entry(key).or_insert_with(|| {
            self.matches.push(Match {
                stages: row.events.iter().copied().map(Some).collect(),
                join: shown(run)
                    .into_iter()
                    .map(|(place, _)| row.cells.get(place).and_then(cell_value))
                    .collect(),
            });
            next
        })
    }
}

/// The rows of the query over these events, when an execution starts at `now`.
fn rows(run: &Run<'_>, ids: &[EventId], now: i64) -> Vec<OutputRow> {
    let Some(program) = &run.program else {
        return Vec::new();
    };
    let events = events(run, ids);
    let input = Input {
        events: &events,
        now: Timestamp::from_millis(now),
        ..Input::default()
    };
    // A search that fails fails on every document: the run over all of them has said so.
    let mut rows = program
        .run(&input)
        .map(|outcome| outcome.rows)
        .unwrap_or_default();
    for row in &mut rows {
        let original = row.events.iter().filter_map(|event| ids.get(event.index()));
        row.events = original.copied().collect();
    }
    rows
}

fn events(run: &Run<'_>, ids: &[EventId]) -> Vec<Event> {
    let events = ids.iter().filter_map(|id| run.stage.events.get(id.index()));
    events.cloned().collect()
}

fn pipeline<'r>(run: &'r Run<'_>) -> Option<&'r Pipeline> {
    run.query.pipeline.as_ref()
}

/// Whether an event alerts once, whatever executions find it: without STATS, and with `_id`.
fn is_deduplicated(run: &Run<'_>) -> bool {
    let Some(pipeline) = pipeline(run) else {
        return false;
    };
    let mut steps = pipeline.steps.iter();
    let is_aggregating = steps.any(|step| matches!(step.operation, Operation::Group(_)));
    !is_aggregating && pipeline.outputs.iter().any(|output| output.name == "_id")
}

/// The columns of a row that the query computes; those of the event itself are shown with it.
fn shown<'r>(run: &'r Run<'_>) -> Vec<(usize, &'r str)> {
    let Some(pipeline) = pipeline(run) else {
        return Vec::new();
    };
    let outputs = pipeline.outputs.iter().enumerate();
    let computed = outputs.filter(|(_, output)| {
        let column = output.column.and_then(|id| pipeline.column(id));
        column.is_some_and(|column| column.origin == ColumnOrigin::Computed)
    });
    computed
        .map(|(place, output)| (place, output.name.as_str()))
        .collect()
}

/// The names of the columns that a match carries.
pub(super) fn columns<'r>(run: &'r Run<'_>) -> Vec<&'r str> {
    shown(run).into_iter().map(|(_, name)| name).collect()
}

/// The value of a column of a match; `None` for a column that the query does not compute.
pub(super) fn value(run: &Run<'_>, found: &Match, name: &str) -> Option<String> {
    let place = columns(run).iter().position(|column| *column == name)?;
    let value = found.join.get(place)?;
    Some(
        value
            .as_ref()
            .map_or_else(|| "null".to_owned(), ToString::to_string),
    )
}

fn cell_value(cell: &Cell) -> Option<Value> {
    match cell {
        Cell::Null(_) => None,
        Cell::One(value) => Some(value.clone()),
        Cell::Many(_) => Some(Value::text(&text(cell))),
    }
}

fn text(cell: &Cell) -> String {
    let values: Vec<String> = cell.values().iter().map(ToString::to_string).collect();
    match cell {
        Cell::Null(_) => "null".to_owned(),
        _ => values.join(", "),
    }
}

/// The times at which an execution starts to do otherwise although it sees the same events: a query
/// that asks for NOW() counts in whole minutes from its events.
fn moments(run: &Run<'_>, selected: &Selected) -> Vec<i64> {
    let text = run
        .query
        .pipeline
        .iter()
        .flat_map(|pipeline| &pipeline.locations);
    let asks = text
        .into_iter()
        .any(|location| location.text.to_ascii_lowercase().contains("now("));
    if !asks {
        return Vec::new();
    }
    let interval = run.setting.schedule().interval;
    let minutes = (interval / MINUTE).clamp(1, 60);
    let times = selected.arrivals.iter().filter_map(|arrival| arrival.time);
    times
        .flat_map(|time| {
            (0..=minutes).flat_map(move |count| {
                let moment = time + count * MINUTE;
                [moment, moment + 1]
            })
        })
        .collect()
}

/// At which step the events end; `None` where the query gives rows over all of them together.
pub(super) fn stopped(run: &Run<'_>, overrides: &[Override]) -> Option<Stopped> {
    let selected = Selected::of(run, &run.setting, overrides);
    let program = run.program.as_ref()?;
    let start = run.setting.start_of(&run.stage.events, &selected.events);
    let latest = selected
        .arrivals
        .iter()
        .map(|arrival| arrival.arrived)
        .max()?;
    let events = events(run, &selected.events);
    let input = Input {
        events: &events,
        now: Timestamp::from_millis(start + latest),
        trace: true,
        ..Input::default()
    };
    let outcome = program.run(&input).ok()?;
    if !outcome.rows.is_empty() {
        return None;
    }
    let step = last_step(&outcome.steps)?;
    let dropped = outcome.dropped.iter().filter(|row| row.step == step);
    // The row that comes nearest: with the fewest conditions that do not hold, then the first.
    let nearest = dropped.min_by_key(|row| row.conditions.len());
    match nearest {
        Some(row) => Some(of_filter(run, row, &selected.events)),
        None => Some(of_step(run, step)),
    }
}

/// The step from which no row goes on although some come in.
fn last_step(steps: &[StepCount]) -> Option<usize> {
    steps
        .iter()
        .position(|step| step.rows_in > 0 && step.rows_out == 0)
}

fn of_filter(run: &Run<'_>, row: &DroppedRow, selected: &[EventId]) -> Stopped {
    let words: Vec<String> = row
        .conditions
        .iter()
        .map(|condition| words_of(run, condition))
        .collect();
    let label = match row.events.as_slice() {
        [one] => selected
            .get(one.index())
            .map(|event| run.stage.label(*event)),
        _ => None,
    };
    let values: Vec<String> = row
        .conditions
        .iter()
        .flat_map(|condition| condition.inputs.iter().map(|(name, cell)| said(name, cell)))
        .collect();
    let causes = row
        .conditions
        .iter()
        .zip(&words)
        .map(|(condition, clause)| CauseRecord {
            stage: None,
            event: label.clone(),
            clause: clause.clone(),
            line: line_of(run, condition),
        });
    Stopped {
        record: NoneRecord {
            event: label.clone(),
            causes: causes.collect(),
            blocker: words.clone(),
            value: (!values.is_empty()).then(|| values.join("; ")),
            ..NoneRecord::default()
        },
        reasons: words.into_iter().map(ReasonName::Text).collect(),
    }
}

fn of_step(run: &Run<'_>, step: usize) -> Stopped {
    let pipeline = pipeline(run);
    let location =
        pipeline.and_then(|pipeline| pipeline.location(pipeline.steps.get(step)?.location));
    let word = location.map_or_else(String::new, |location| one_line(&location.text));
    Stopped {
        reasons: vec![ReasonName::Text(word.clone())],
        record: NoneRecord {
            blocker: vec![word.clone()],
            causes: vec![CauseRecord {
                stage: None,
                event: None,
                clause: word,
                line: None,
            }],
            ..NoneRecord::default()
        },
    }
}

/// A condition as the query writes it, white space aside.
fn words_of(run: &Run<'_>, condition: &FailedCondition) -> String {
    let location = pipeline(run).and_then(|pipeline| pipeline.location(condition.location));
    location.map_or_else(String::new, |location| one_line(&location.text))
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<&str>>().join(" ")
}

fn line_of(run: &Run<'_>, condition: &FailedCondition) -> Option<usize> {
    let query = run.setting.rule().query.as_ref()?;
    let location = pipeline(run)?.location(condition.location)?;
    let place = query.text.locate(location.span);
    Some(query.text.source().line_column(place.start).0)
}

/// Whether `because` is a part of one of the conditions that stopped an ES|QL query.
pub(super) fn names(run: &Run<'_>, because: &ReasonName, found: &[ReasonName]) -> bool {
    let because = because.to_string();
    let mut found = found.iter().map(ToString::to_string);
    run.program.is_some() && found.any(|found| found.contains(&because))
}

/// Whether `because` stands in the query.
pub(super) fn has(run: &Run<'_>, because: &ReasonName) -> bool {
    let because = because.to_string();
    let query = run.setting.rule().query.as_ref();
    let text = query.filter(|_| run.program.is_some());
    text.is_some_and(|query| one_line(query.text.text()).contains(&because))
}

/// A column and what is in it: `a = 4`, `a has 2 values: x, y`, `a is missing`.
fn said(name: &str, cell: &Cell) -> String {
    match cell {
        Cell::Null(NullReason::Missing) => format!("{name} is missing"),
        Cell::Null(NullReason::SeveralValues) => {
            format!("{name} is null: it was computed from several values")
        }
        Cell::Null(NullReason::Failed) => format!("{name} is null: it could not be computed"),
        Cell::One(value) => format!("{name} = {value}"),
        Cell::Many(values) => format!("{name} has {} values: {}", values.len(), text(cell)),
    }
}
