//! A case's executions over time: what each sees and finds. Drawn by `explain --schedule`.

use super::case_run::Run;
use super::schedule::ScheduleConfig;
use crate::evaluate::Override;
use crate::event::EventId;
use crate::execution::Arrival;
use crate::replay::reason::BlindPhases;

/// The executions of one phase of the schedule, as far as they see anything of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Timeline {
    /// Executions start so long after the start of the case, in milliseconds, and an interval
    /// later again.
    pub phase: i64,
    /// The rule's interval.
    pub interval: i64,
    /// In how many phases there is an alert, and where the others are; `None`: in every one.
    pub blind: Option<BlindPhases>,
    /// The events that meet a stage, in the order of the file.
    pub events: Vec<Mark>,
    /// The most matches of which one execution makes alerts.
    pub max_signals: usize,
    /// The executions.
    pub executions: Vec<Execution>,
}

/// One event on the timeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its label.
    pub label: String,
    /// Milliseconds after the start of the case, by the field that the range filters.
    pub at: i64,
    /// When it could first be found.
    pub arrived: i64,
}

/// One search of one execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Execution {
    /// When it starts.
    pub start: i64,
    /// The first instant that it searches.
    pub from: i64,
    /// The last one.
    pub to: i64,
    /// The events that it sees, by number in [`Timeline::events`].
    pub sees: Vec<usize>,
    /// How many matches it finds.
    pub matches: usize,
}

/// More executions are not drawn.
const MOST: i64 = 40;

/// The executions of a run: of the phase that was asked for, else of the worst one.
pub(in crate::replay) fn timeline(run: &Run<'_>, overrides: &[Override]) -> Option<Timeline> {
    let schedule = &run.schedule;
    let ids: Vec<EventId> = EventId::of(&run.case_events.events)
        .filter(|event| run.evaluation.stages_met(*event).next().is_some())
        .collect();
    let arrivals = schedule.relative(&run.case_events.events, &ids);
    let marks = ids.iter().zip(&arrivals);
    let events: Vec<Mark> = marks
        .filter_map(|(id, arrival)| {
            Some(Mark {
                label: run.case_events.label(*id),
                at: arrival.time?,
                arrived: arrival.arrived,
            })
        })
        .collect();
    if events.len() != ids.len() || events.is_empty() {
        return None;
    }
    let phase = run.scheduled.worst();
    Some(Timeline {
        phase,
        interval: schedule.timing().interval,
        blind: run.scheduled.blind(),
        max_signals: schedule.rule.alert_limit() as usize,
        events,
        executions: executions(run, schedule, overrides, &ids, &arrivals, phase),
    })
}

fn executions(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    overrides: &[Override],
    ids: &[EventId],
    arrivals: &[Arrival],
    phase: i64,
) -> Vec<Execution> {
    let timing = schedule.timing();
    let windows = schedule.windows();
    let mut executions = Vec::new();
    for shift in windows.shifts() {
        let seen: Vec<Option<(i64, i64)>> = arrivals
            .iter()
            .map(|arrival| windows.seen(*arrival, shift))
            .collect();
        let first = seen.iter().flatten().map(|(first, _)| *first).min();
        let last = seen.iter().flatten().map(|(_, last)| *last).max();
        let Some((first, last)) = first.zip(last) else {
            continue;
        };
        let interval = timing.interval.max(1);
        let mut start = first + (phase - first).rem_euclid(interval);
        let end = last.min(start + MOST * interval);
        while start <= end {
            let sees: Vec<usize> = (0..ids.len())
                .filter(|number| {
                    let seen = seen.get(*number).copied().flatten();
                    seen.is_some_and(|(first, last)| first <= start && start <= last)
                })
                .collect();
            let hidden = ids.iter().enumerate();
            let hidden = hidden.filter(|(number, _)| !sees.contains(number));
            let mut without = overrides.to_vec();
            without.extend(hidden.map(|(_, id)| Override::Without(*id)));
            executions.push(Execution {
                start,
                from: start - timing.look_back - shift,
                to: start - timing.until - shift,
                matches: run.evaluation.decide_with(&without).len(),
                sees,
            });
            start += interval;
        }
    }
    executions.sort_by_key(|execution| (execution.start, execution.from));
    executions
}
