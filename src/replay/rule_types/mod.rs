//! Runs the schedule of a rule, one file a rule type: which executions see which events, and the
//! alerts of every phase.

pub(in crate::replay) mod alert_stopped;
pub(in crate::replay) mod esql;
pub(in crate::replay) mod indicator_match;
pub(in crate::replay) mod new_terms;
mod query_rule;
pub(in crate::replay) mod stateful;
pub(in crate::replay) mod threshold;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::case::case_events::CaseEvents;
use super::case::indicators;
use super::production::case_run::Run;
use super::production::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::compile::CompiledQuery;
use crate::evaluate::{Context, Match, Override, QueryFailure};
use crate::event::{Event, EventId};
use crate::execution::suppress::{Group, OpenGroups, group, settle};
use crate::execution::window::SearchHits;
use crate::execution::{Phase, Search};
use crate::plan::Operator;
use crate::rule::RuleKind;
/// More events than this that meet a stage are taken as one search: a long recording is no case
/// for a schedule.
const MOST: usize = 2_000;
/// Runs a rule on the events of a case, and its schedule on what it finds.
pub(super) fn run<'c>(
    query: &'c Arc<CompiledQuery>,
    case_events: &'c CaseEvents,
    context: &Context,
    setting: ScheduleConfig<'c>,
    indicators: Option<&indicators::Input<'c>>,
) -> Result<Run<'c>, QueryFailure> {
    let mut run = Run::new(query, case_events, context, setting, indicators)?;
    run.produced = run_schedule(&run, &run.setting, &[]);
    let failure = run.produced.take_failure().or_else(|| esql::failure(&run));
    failure.map_or(Ok(run), Err)
}

/// What the executions make of a run under these overrides.
pub(super) fn run_schedule(
    run: &Run<'_>,
    setting: &ScheduleConfig<'_>,
    overrides: &[Override],
) -> ScheduledOutcome {
    match &setting.rule.kind {
        RuleKind::Threshold(settings) => {
            return threshold::run_schedule(run, setting, settings, overrides);
        }
        RuleKind::NewTerms(settings) => {
            return new_terms::run_schedule(run, setting, settings, overrides);
        }
        RuleKind::Esql => return esql::run_schedule(run, setting, overrides),
        RuleKind::ThreatMatch(_) => {
            if let Some(indicators) = &run.indicators {
                return indicator_match::run_schedule(run, setting, indicators, overrides);
            }
        }
        RuleKind::Query | RuleKind::SavedQuery { .. } => {
            return query_rule::run_schedule(run, setting, overrides);
        }
        RuleKind::Eql | RuleKind::MachineLearning => {}
    }
    let whole = || run.evaluation.decide_with(overrides);
    let meets = |event: &EventId| {
        !overrides.is_empty() || run.evaluation.stages_met(*event).next().is_some()
    };
    let numbers = EventId::of(&run.case_events.events);
    let events: Vec<EventId> = numbers.filter(meets).collect();
    if events.len() > MOST || events.is_empty() {
        return ScheduledOutcome::new(whole(), Vec::new(), false);
    }
    let mut replayed = Replayed {
        run,
        setting,
        overrides,
        events: &events,
        pool: Vec::new(),
        numbers: BTreeMap::new(),
    };
    for found in whole() {
        replayed.number(found);
    }
    let found = replayed.search_hits();
    let repeats = setting.suppression.is_some();
    let settle = |ran: &[(i64, &SearchHits)]| {
        let open = OpenGroups::new(setting.suppression, setting.max_signals);
        settle(ran, open, &|number| replayed.group(number))
    };
    let phases = match setting.phase {
        Some(phase) => vec![Phase {
            from: phase,
            until: phase + 1,
            outcome: setting.windows.phase(phase, &found, repeats, &settle),
        }],
        None => setting.windows.phases(&found, repeats, &settle),
    };
    let alerted = |number: &usize| {
        let mut all = phases.iter();
        all.any(|phase| phase.outcome.alerts.contains(number))
    };
    let numbers = 0..replayed.pool.len();
    let matches = numbers
        .filter(alerted)
        .filter_map(|number| replayed.pool.get(number).cloned())
        .collect();
    let alerting = phases.iter().find(|phase| !phase.outcome.alerts.is_empty());
    let alerts = alerting.map_or_else(Vec::new, |phase| phase.outcome.alerts.clone());
    let outcome = ScheduledOutcome::new(matches, phases, setting.phase.is_some());
    outcome.with_suppressed(&alerts, &|number| replayed.pool.get(number).cloned())
}

struct Replayed<'a, 'c> {
    run: &'a Run<'c>,
    setting: &'a ScheduleConfig<'a>,
    overrides: &'a [Override],
    events: &'a [EventId],
    /// All matches of all searches, those of the search over everything first.
    pool: Vec<Match>,
    numbers: BTreeMap<Vec<Option<EventId>>, usize>,
}

impl Replayed<'_, '_> {
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
            .setting
            .relative(&self.run.case_events.events, self.events);
        let mut found = Vec::new();
        let interval = self.setting.schedule().interval.max(1);
        let runs = |search: &Search| {
            let after = |phase: i64| (phase - search.from).rem_euclid(interval);
            let phase = self.setting.phase;
            phase.is_none_or(|phase| search.from + after(phase) < search.until)
        };
        let searches = self.setting.windows.searches(&arrivals);
        for search in searches.into_iter().filter(runs) {
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
            let open = OpenGroups::new(self.setting.suppression, self.setting.max_signals);
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
        let (Some(suppression), Some(found)) = (self.setting.suppression, self.pool.get(number))
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
