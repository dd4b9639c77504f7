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
    let whole = whole().into_iter();
    let whole: Vec<usize> = whole.map(|found| searches.number(found)).collect();
    let found = searches.search_hits(&whole);
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

    /// The numbers of what a search finds that sees these of the events.
    fn hits(&mut self, visible: &[usize]) -> Vec<usize> {
        let mut overrides = self.overrides.to_vec();
        let mut seen = visible.iter().peekable();
        for (number, event) in self.events.iter().enumerate() {
            if seen.next_if(|next| **next == number).is_none() {
                overrides.push(Override::Without(*event));
            }
        }
        let matches = self.run.evaluation.decide_with(&overrides).into_iter();
        matches.map(|one| self.number(one)).collect()
    }

    /// The events that a match has at least.
    fn fewest(&self) -> usize {
        let plan = self.run.plan();
        match plan.operator {
            Operator::Sequence(_) => plan
                .positive()
                .map(|(_, stage)| usize::from(stage.runs))
                .sum(),
            _ => 1,
        }
    }

    /// What each of the different searches finds; `whole` is what the search over everything does.
    fn search_hits(&mut self, whole: &[usize]) -> Vec<SearchHits> {
        let fewest = self.fewest();
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
            let mut hits = match search.visible.len() {
                all if all == self.events.len() => whole.to_vec(),
                few if few < fewest => Vec::new(),
                _ => self.hits(&search.visible),
            };
            if hits.is_empty() {
                continue;
            }
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
