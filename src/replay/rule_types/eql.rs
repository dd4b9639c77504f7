//! EQL rules on a case: what each search of the schedule matches, and the alerts of every phase.

use std::collections::BTreeMap;

use crate::evaluate::{Match, Override};
use crate::event::{Event, EventId};
use crate::execution::suppress::{Group, OpenGroups, group, settle};
use crate::execution::window::SearchHits;
use crate::execution::{Phase, Search};
use crate::plan::Operator;
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};

/// More events than this that meet a stage are taken as one search: a long recording is no case
/// for a schedule.
const MOST: usize = 2_000;

/// What the executions of the schedule match in every phase.
pub(super) fn run_schedule(
    run: &Run<'_>,
    schedule: &ScheduleConfig<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    let whole = || run.evaluation.decide_with(overrides);
    let meets = |event: &EventId| {
        !overrides.is_empty() || run.evaluation.stages_met(*event).next().is_some()
    };
    let numbers = EventId::of(&run.case_events.events);
    let events: Vec<EventId> = numbers.filter(meets).collect();
    if events.len() > MOST || events.is_empty() {
        return ScheduledOutcome::new(whole(), Vec::new(), false);
    }
    let mut searches = Searches {
        run,
        schedule,
        overrides,
        events: &events,
        pool: Vec::new(),
        numbers: BTreeMap::new(),
    };
    for found in whole() {
        searches.number(found);
    }
    let found = searches.search_hits();
    let repeats = schedule.suppression.is_some();
    let settle = |ran: &[(i64, &SearchHits)]| {
        let open = OpenGroups::new(schedule.suppression, schedule.max_signals);
        settle(ran, open, &|number| searches.group(number))
    };
    let phases = match schedule.phase {
        Some(phase) => vec![Phase {
            from: phase,
            until: phase + 1,
            outcome: schedule.windows.phase(phase, &found, repeats, &settle),
        }],
        None => schedule.windows.phases(&found, repeats, &settle),
    };
    let alerted = |number: &usize| {
        let mut all = phases.iter();
        all.any(|phase| phase.outcome.alerts.contains(number))
    };
    let numbers = 0..searches.pool.len();
    let matches = numbers
        .filter(alerted)
        .filter_map(|number| searches.pool.get(number).cloned())
        .collect();
    let alerting = phases.iter().find(|phase| !phase.outcome.alerts.is_empty());
    let alerts = alerting.map_or_else(Vec::new, |phase| phase.outcome.alerts.clone());
    let outcome = ScheduledOutcome::new(matches, phases, schedule.phase.is_some());
    outcome.with_suppressed(&alerts, &|number| searches.pool.get(number).cloned())
}

/// The searches of a schedule, and all matches that they find.
struct Searches<'a, 'c> {
    run: &'a Run<'c>,
    schedule: &'a ScheduleConfig<'a>,
    overrides: &'a [Override],
    events: &'a [EventId],
    /// All matches of all searches, those of the search over everything first.
    pool: Vec<Match>,
    numbers: BTreeMap<Vec<Option<EventId>>, usize>,
}

impl Searches<'_, '_> {
    fn number(&mut self, found: Match) -> usize {
        if let Some(number) = self.numbers.get(&found.stages) {
            return *number;
        }
        let number = self.pool.len();
        self.numbers.insert(found.stages.clone(), number);
        self.pool.push(found);
        number
    }

    /// What each of the different searches finds.
    fn search_hits(&mut self) -> Vec<SearchHits> {
        let arrivals = self
            .schedule
            .relative(&self.run.case_events.events, self.events);
        let mut found = Vec::new();
        let interval = self.schedule.timing().interval.max(1);
        let runs = |search: &Search| {
            let after = |phase: i64| (phase - search.from).rem_euclid(interval);
            let phase = self.schedule.phase;
            phase.is_none_or(|phase| search.from + after(phase) < search.until)
        };
        let all = self.schedule.windows.searches(&arrivals);
        for search in all.into_iter().filter(runs) {
            let mut overrides = self.overrides.to_vec();
            let mut seen = search.visible.iter().peekable();
            for (number, event) in self.events.iter().enumerate() {
                if seen.next_if(|next| **next == number).is_none() {
                    overrides.push(Override::Without(*event));
                }
            }
            let matches = self.run.evaluation.decide_with(&overrides);
            if matches.is_empty() {
                continue;
            }
            let mut hits: Vec<usize> = matches.into_iter().map(|one| self.number(one)).collect();
            // The response holds the latest.
            let open = OpenGroups::new(self.schedule.suppression, self.schedule.max_signals);
            let cut = hits.len().saturating_sub(open.looked_at());
            let kept = hits.split_off(cut);
            found.push(SearchHits {
                from: search.from,
                until: search.until,
                shift: search.shift,
                hits: kept,
                cut: hits,
            });
        }
        found
    }

    /// What a match is grouped by.
    fn group(&self, number: usize) -> Group {
        let (Some(suppression), Some(found)) = (self.schedule.suppression, self.pool.get(number))
        else {
            return Group::new();
        };
        let ids = found.stages.iter().flatten();
        let events = ids.filter_map(|id| self.run.case_events.events.get(id.index()));
        let events: Vec<&Event> = events.collect();
        let sequence = !matches!(self.run.plan().operator, Operator::Select);
        group(suppression, &events, sequence)
    }
}
