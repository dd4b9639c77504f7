//! ES|QL rules on a case: the rows that each execution of the schedule finds, and the query over
//! all events together, for what explains it.

use std::collections::{BTreeMap, BTreeSet};

use super::stateful::{Selected, longest_alerts, phases};
use crate::evaluate::pipeline::{ForcedOutcome, Input, Outcome as RowsFound, OutputRow};
use crate::evaluate::{Match, Override, QueryFailure};
use crate::event::{Event, EventId, Timestamp};
use crate::execution::replayed::Execution;
use crate::execution::suppress::{HitOutcome, OpenGroups};
use crate::execution::{Phase, PhaseOutcome, esql_row};
use crate::plan::pipeline::{Cell, Pipeline};
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};

/// With more events than this there is one run over all of them, and no phases.
const MOST: usize = 2_000;
const MINUTE: i64 = 60_000;

/// What one run over all events finds, without phases.
fn run_once(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    selected: &Selected,
    start: i64,
) -> ScheduledOutcome {
    let mut found = FoundRows::default();
    let mut seen = SeenRows::new(run);
    let latest = selected
        .arrivals
        .iter()
        .filter_map(|arrival| arrival.time)
        .max();
    for row in seen.rows(&selected.events, start + latest.unwrap_or_default()) {
        found.number(run, row, 0);
    }
    let outcome = ScheduledOutcome::new(found.matches, Vec::new(), schedule.phase().is_some());
    outcome.failing(seen.failure)
}

/// What the executions of the schedule find in every phase.
pub(in crate::replay) fn run_schedule(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    let selected = Selected::of(run, schedule, overrides);
    let start = schedule.start_of(&run.case_events.events, &selected.events);
    if selected.events.len() > MOST {
        return run_once(run, schedule, &selected, start);
    }
    let mut found = FoundRows::default();
    let mut seen = SeenRows::new(run);
    let once = pipeline(run).filter(|pipeline| pipeline.is_deduplicated());
    let mut replay = |executions: &[Execution]| {
        let mut done = PhaseOutcome::default();
        let mut times: BTreeMap<usize, usize> = BTreeMap::new();
        let mut known: BTreeSet<(Vec<EventId>, Vec<String>)> = BTreeSet::new();
        let mut groups = OpenGroups::new(schedule.suppression, schedule.max_signals());
        for execution in executions {
            groups.begin(execution.start);
            let sees = selected.events.iter().zip(&selected.arrivals);
            let visible: Vec<EventId> = sees
                .filter(|(_, arrival)| execution.sees(**arrival))
                .map(|(event, _)| *event)
                .collect();
            for row in seen.rows(&visible, start + execution.start) {
                let identity = once.map(|pipeline| {
                    let values = esql_row::expanded_values(pipeline, row);
                    (row.events.clone(), values)
                });
                // Pages go past a known event, whose alert is there already; a group alerts again.
                if identity.as_ref().is_some_and(|own| known.contains(own)) {
                    continue;
                }
                let first = found.number(run, row, 0);
                let again = times.entry(first).or_default();
                let number = found.number(run, row, *again);
                let outcome = groups.outcome_of(|field| column_or_field(run, row, field));
                match identity {
                    Some(_) if outcome == HitOutcome::Cut => {}
                    Some(identity) => drop(known.insert(identity)),
                    // A group is lost anew in each execution, as it alerts anew.
                    None => *again += 1,
                }
                match outcome {
                    HitOutcome::Alert => done.alerts.push(number),
                    HitOutcome::Suppressed => done.suppressed.push(number),
                    HitOutcome::Cut if !done.cut.contains(&number) => done.cut.push(number),
                    HitOutcome::Cut => {}
                }
            }
        }
        let alerts = done.alerts.clone();
        done.cut.retain(|number| !alerts.contains(number));
        done
    };
    let moments = moments(run, &selected);
    let phases = phases(schedule, &selected.arrivals, &moments, &mut replay);
    outcome(schedule, &found, phases).failing(seen.failure)
}

/// The alerts of the phases that last longest, as the case's.
fn outcome(
    schedule: &ScheduleConfig<'_>,
    found: &FoundRows,
    phases: Vec<Phase>,
) -> ScheduledOutcome {
    let made = longest_alerts(&phases).iter().filter_map(|number| {
        let row = found.made.get(*number)?;
        Some((found.matches.get(*number)?.clone(), row.clone()))
    });
    let rows: Vec<(Match, OutputRow)> = made.collect();
    let matches = rows.iter().map(|(own, _)| own.clone()).collect();
    ScheduledOutcome::new(matches, phases, schedule.phase().is_some()).with_rows(rows)
}

/// The rows that were found so far: each as a match, once for each time that it alerts again.
#[derive(Default)]
struct FoundRows {
    matches: Vec<Match>,
    /// The row of each match.
    made: Vec<OutputRow>,
    numbers: BTreeMap<(Vec<EventId>, Vec<String>, usize), usize>,
}

impl FoundRows {
    fn number(&mut self, run: &Run<'_>, row: &OutputRow, repetition: usize) -> usize {
        let cells: Vec<String> = row.cells.iter().map(Cell::text).collect();
        let key = (row.events.clone(), cells, repetition);
        let next = self.matches.len();
        *self.numbers.entry(key).or_insert_with(|| {
            self.made.push(row.clone());
            self.matches.push(Match {
                stages: row.events.iter().copied().map(Some).collect(),
                join: computed_columns(run)
                    .into_iter()
                    .map(|(place, _)| row.cells.get(place).and_then(Cell::as_one))
                    .collect(),
            });
            next
        })
    }
}

/// The values of an alert in a field, as suppression groups by them.
fn column_or_field(run: &Run<'_>, row: &OutputRow, field: &str) -> Vec<String> {
    let event = only_event(run, row);
    pipeline(run).map_or_else(Vec::new, |pipeline| {
        esql_row::values(pipeline, row, event, field)
    })
}

/// The event of a row of one event.
fn only_event<'r>(run: &'r Run<'_>, row: &OutputRow) -> Option<&'r Event> {
    match row.events.as_slice() {
        [event] => run.case_events.events.get(event.index()),
        _ => None,
    }
}

/// The document that the alert of a match is made of; an empty one of a match that the run has not
/// made.
pub(in crate::replay) fn document(run: &Run<'_>, found: &Match) -> Event {
    let mut rows = run.scheduled.rows.iter();
    let row = rows.find(|(own, _)| own == found).map(|(_, row)| row);
    let made = row.zip(pipeline(run));
    made.map_or_else(Event::default, |(row, pipeline)| {
        esql_row::document(pipeline, row, only_event(run, row))
    })
}

/// The rows of executions. Those that see the same events give the same rows, unless the query asks
/// for NOW().
struct SeenRows<'r, 'c> {
    run: &'r Run<'c>,
    /// All events of the case, each with an id.
    events: Vec<Event>,
    asks_now: bool,
    known: BTreeMap<(Vec<EventId>, Option<i64>), Vec<OutputRow>>,
    /// How the query fails in the first execution in which it does.
    failure: Option<QueryFailure>,
}

impl<'r, 'c> SeenRows<'r, 'c> {
    fn new(run: &'r Run<'c>) -> Self {
        let ids: Vec<EventId> = (0u32..)
            .map(EventId)
            .take(run.case_events.events.len())
            .collect();
        Self {
            run,
            events: events(run, &ids),
            asks_now: counts_from_now(run),
            known: BTreeMap::new(),
            failure: None,
        }
    }

    /// The rows of an execution that starts at `now` and sees these events.
    fn rows(&mut self, ids: &[EventId], now: i64) -> &[OutputRow] {
        let key = (ids.to_vec(), self.asks_now.then_some(now));
        let (run, all, failure) = (self.run, &self.events, &mut self.failure);
        self.known.entry(key).or_insert_with(|| {
            // Events that stand side by side are not copied.
            let rows = match side_by_side(ids).and_then(|places| all.get(places)) {
                Some(seen) => rows(run, seen, ids, now),
                None => rows(run, &events(run, ids), ids, now),
            };
            rows.unwrap_or_else(|why| {
                failure.get_or_insert(why);
                Vec::new()
            })
        })
    }
}

/// The places of these events, if they stand one behind the other.
fn side_by_side(ids: &[EventId]) -> Option<std::ops::Range<usize>> {
    let (first, last) = (ids.first()?.index(), ids.last()?.index());
    let is_next = |pair: &[EventId]| match pair {
        [one, next] => next.index() == one.index() + 1,
        _ => true,
    };
    ids.windows(2).all(is_next).then_some(first..last + 1)
}

/// The rows of the query over these events, when an execution starts at `now`.
fn rows(
    run: &Run<'_>,
    seen: &[Event],
    ids: &[EventId],
    now: i64,
) -> Result<Vec<OutputRow>, QueryFailure> {
    let input = Input {
        events: seen,
        now: Timestamp::from_millis(now),
        answers: &run.case_events.given.answers,
        tables: &run.case_events.given.tables,
        memory: run.case_events.given.memory,
        ..Input::default()
    };
    let Some(program) = &run.program else {
        return Ok(Vec::new());
    };
    let mut rows = program.run(&input)?.rows;
    for row in &mut rows {
        row.events = originals(ids, &row.events);
    }
    Ok(rows)
}

/// The events of these places in a choice of events.
fn originals(ids: &[EventId], places: &[EventId]) -> Vec<EventId> {
    let original = places.iter().filter_map(|event| ids.get(event.index()));
    original.copied().collect()
}

/// A choice of events. Each has an id that does not depend on the choice.
fn events(run: &Run<'_>, ids: &[EventId]) -> Vec<Event> {
    let event = |id: &EventId| {
        let mut event = run.case_events.events.get(id.index())?.clone();
        event.id.get_or_insert_with(|| run.case_events.label(*id));
        Some(event)
    };
    ids.iter().filter_map(event).collect()
}

/// The query over all events that it sees, together, at the arrival of the last; of a recording over
/// those that an execution sees.
pub(in crate::replay) struct WholeRun<'r, 'c> {
    pub(in crate::replay) run: &'r Run<'c>,
    ids: Vec<EventId>,
    pub(in crate::replay) events: Vec<Event>,
    pub(in crate::replay) now: Timestamp,
}

impl<'r, 'c> WholeRun<'r, 'c> {
    /// `None` where no event is to be seen.
    pub(in crate::replay) fn of(run: &'r Run<'c>, overrides: &[Override]) -> Option<Self> {
        let selected = Selected::of(run, &run.schedule, overrides);
        let start = run
            .schedule
            .start_of(&run.case_events.events, &selected.events);
        let arrivals = selected.arrivals.iter();
        let latest = arrivals.map(|arrival| arrival.arrived).max()?;
        let now = Timestamp::from_millis(start + latest);
        Some(Self::at(run, selected.events, now))
    }

    /// The query over these events at this time.
    pub(in crate::replay) fn at(run: &'r Run<'c>, ids: Vec<EventId>, now: Timestamp) -> Self {
        Self {
            run,
            events: events(run, &ids),
            ids,
            now,
        }
    }

    /// The events of these places, as the case numbers them.
    pub(in crate::replay) fn originals(&self, places: &[EventId]) -> Vec<EventId> {
        originals(&self.ids, places)
    }

    /// What the query gives; with `forced`, under the outcome of a clause. The events are numbered
    /// by their place in [`WholeRun::events`].
    pub(in crate::replay) fn outcome(
        &self,
        forced: Option<ForcedOutcome>,
        trace: bool,
    ) -> Option<RowsFound> {
        // How it fails was said before anything is explained.
        self.run(forced, trace)?.ok()
    }

    /// `None` of a rule in another language.
    pub(in crate::replay) fn run(
        &self,
        forced: Option<ForcedOutcome>,
        trace: bool,
    ) -> Option<Result<RowsFound, QueryFailure>> {
        let input = Input {
            events: &self.events,
            now: self.now,
            trace,
            forced,
            answers: &self.run.case_events.given.answers,
            tables: &self.run.case_events.given.tables,
            memory: self.run.case_events.given.memory,
            ..Input::default()
        };
        Some(self.run.program.as_ref()?.run(&input))
    }

    /// The places of the events.
    pub(in crate::replay) fn places(&self) -> impl Iterator<Item = EventId> + use<> {
        (0u32..).map(EventId).take(self.ids.len())
    }

    /// What an event is called.
    pub(in crate::replay) fn label(&self, place: EventId) -> String {
        let id = self.ids.get(place.index());
        id.map_or_else(String::new, |id| self.run.case_events.label(*id))
    }
}

/// How the query over all events together fails, on which explanations rest.
pub(in crate::replay) fn failure(run: &Run<'_>) -> Option<QueryFailure> {
    run.program.as_ref()?;
    WholeRun::of(run, &[])?.run(None, false)?.err()
}

pub(in crate::replay) fn pipeline<'r>(run: &'r Run<'_>) -> Option<&'r Pipeline> {
    run.query.pipeline.as_ref()
}

/// The columns of a row that the query computes.
fn computed_columns<'r>(run: &'r Run<'_>) -> Vec<(usize, &'r str)> {
    pipeline(run).map_or_else(Vec::new, Pipeline::computed_outputs)
}

/// The names of the columns that a match carries.
pub(in crate::replay) fn columns<'r>(run: &'r Run<'_>) -> Vec<&'r str> {
    computed_columns(run)
        .into_iter()
        .map(|(_, name)| name)
        .collect()
}

/// The value of a column of a match; `None` for a column that the query does not compute.
pub(in crate::replay) fn value(run: &Run<'_>, found: &Match, name: &str) -> Option<String> {
    let place = columns(run).iter().position(|column| *column == name)?;
    let value = found.join.get(place)?;
    Some(
        value
            .as_ref()
            .map_or_else(|| "null".to_owned(), ToString::to_string),
    )
}

/// The times at which an execution starts to do otherwise although it sees the same events: a query
/// that asks for NOW() counts in whole minutes from its events.
fn moments(run: &Run<'_>, selected: &Selected) -> Vec<i64> {
    if !counts_from_now(run) {
        return Vec::new();
    }
    let interval = run.schedule.timing().interval;
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

/// Whether the query may ask for NOW().
pub(in crate::replay) fn counts_from_now(run: &Run<'_>) -> bool {
    let pipelines = run.query.pipeline.iter();
    pipelines
        .filter_map(|pipeline| pipeline.locations.first())
        .any(|location| location.source.text().to_ascii_lowercase().contains("now("))
}
