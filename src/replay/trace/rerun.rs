//! A check run again with another query or other settings of its rule. A mutant of a rule whose
//! executions count, remember or compare with indicators is caught by different alerts; the events
//! that its query finds do not decide.

use std::sync::Arc;

use crate::compile::{CompiledExclusions, CompiledQuery, Exclusion};
use crate::evaluate::{Match, Override, QueryFailure};
use crate::event::EventId;
use crate::execution::Windows;
use crate::replay::case::case_events::CaseEvents;
use crate::replay::case::indicators::Input;
use crate::replay::production::case_run::Run;
use crate::replay::production::schedule::{ScheduleConfig, ScheduledOutcome};
use crate::replay::rule_types;
use crate::rule::{Rule, RuleKind};

/// What the executions of a check ran on.
#[derive(Debug)]
pub struct ProductionInput {
    case_events: CaseEvents,
    windows: Windows,
    phase: Option<i64>,
    start: Option<i64>,
    query: Arc<CompiledQuery>,
    indicators: Option<IndicatorInput>,
    waived: Vec<Override>,
}

/// The indicators of a check.
#[derive(Debug)]
struct IndicatorInput {
    case_events: CaseEvents,
    query: Arc<CompiledQuery>,
    /// What hides some of them.
    exclusions: Option<Arc<CompiledExclusions>>,
}

/// Another version of a rule.
#[derive(Debug, Clone, Copy)]
pub struct Variant<'v> {
    /// The rule with its settings.
    pub rule: &'v Rule,
    /// Its query, where it is not the rule's own.
    pub query: Option<&'v Arc<CompiledQuery>>,
    /// Its indicator query, where it is not the rule's own.
    pub indicator_query: Option<&'v Arc<CompiledQuery>>,
    /// The number of the `threat_filters` entry that it lacks.
    pub without_filter: Option<usize>,
    /// What is waived, where its query is not the rule's own.
    pub waived: Option<&'v [Override]>,
}

impl<'v> Variant<'v> {
    /// The rule itself.
    pub fn of(rule: &'v Rule) -> Self {
        Self {
            rule,
            query: None,
            indicator_query: None,
            without_filter: None,
            waived: None,
        }
    }
}

impl ProductionInput {
    /// Keeps what a rerun needs; `None` if the matches of the query are the alerts.
    pub(in crate::replay) fn of(run: &Run<'_>, waived: &[Override]) -> Option<Self> {
        let schedule = &run.schedule;
        if !schedule.rule().kind.is_stateful() {
            return None;
        }
        let indicators = run.indicators.as_ref().map(|indicators| IndicatorInput {
            case_events: indicators.case_events.clone(),
            query: Arc::clone(indicators.query),
            exclusions: indicators.exclusions.cloned(),
        });
        Some(Self {
            case_events: run.case_events.clone(),
            windows: schedule.windows(),
            phase: schedule.phase(),
            start: schedule.start(),
            query: Arc::clone(run.query),
            indicators,
            waived: waived.to_vec(),
        })
    }

    /// The query as it was compiled for the indicators.
    pub fn indicator_query(&self) -> Option<&Arc<CompiledQuery>> {
        self.indicators.as_ref().map(|own| &own.query)
    }

    /// The events of each alert that the executions of another version of the rule make.
    pub fn alerts(&self, variant: &Variant<'_>) -> Result<Vec<Vec<EventId>>, QueryFailure> {
        let query = variant.query.unwrap_or(&self.query);
        let shown;
        let input = match (&variant.rule.kind, &self.indicators) {
            (RuleKind::ThreatMatch(settings), Some(indicators)) => {
                shown = indicators.without_filter(variant)?;
                Some(Input {
                    settings,
                    case_events: shown.as_ref().unwrap_or(&indicators.case_events),
                    query: variant.indicator_query.unwrap_or(&indicators.query),
                    exclusions: None,
                })
            }
            _ => None,
        };
        let run = Run::run_again(
            query,
            &self.case_events,
            self.schedule(variant.rule),
            input.as_ref(),
        )?;
        let mut scheduled =
            rule_types::run_schedule(&run, &run.schedule, variant.waived.unwrap_or(&self.waived));
        match scheduled.take_failure() {
            None => Ok(events(&scheduled)),
            Some(failure) => Err(failure),
        }
    }

    fn schedule<'r>(&self, rule: &'r Rule) -> ScheduleConfig<'r> {
        ScheduleConfig::for_variant(rule, self.windows, self.phase, self.start)
    }
}

impl IndicatorInput {
    /// The indicators as a rule sees them that lacks a filter.
    fn without_filter(&self, variant: &Variant<'_>) -> Result<Option<CaseEvents>, QueryFailure> {
        let (Some(number), Some(exclusions)) = (variant.without_filter, &self.exclusions) else {
            return Ok(None);
        };
        let mut case_events = self.case_events.clone();
        for (event, facts) in case_events.events.iter_mut().zip(&mut case_events.facts) {
            if facts.hidden_by.is_empty() {
                continue;
            }
            let found = exclusions
                .of_event(event)
                .map_err(|refused| refused.failure())?;
            let is_other = |one: &Exclusion<'_>| match one {
                Exclusion::Filter(own, _) => *own != number,
                Exclusion::Exception(_) => true,
            };
            if !found.iter().any(is_other) {
                event.unrouted = false;
                facts.hidden_by.clear();
            }
        }
        Ok(Some(case_events))
    }
}

/// The events of each alert, in an order that the settings have no part in.
fn events(scheduled: &ScheduledOutcome) -> Vec<Vec<EventId>> {
    let of_alert = |found: &Match| found.stages.iter().flatten().copied().collect();
    let mut alerts: Vec<Vec<EventId>> = scheduled.matches.iter().map(of_alert).collect();
    alerts.sort();
    alerts
}
