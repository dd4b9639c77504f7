//! Causes outside the query that kept a case from alerting: the schedule's look-back, an exception,
//! a filter of the rule.

use super::look_back::look_back;
use super::{esql_blockers, indicator_blockers};
use crate::diagnostic::observation::Pairs;
use crate::evaluate::Override;
use crate::event::EventId;
use crate::replay::outcome::{CauseRecord, NoneRecord};
use crate::replay::production::case_run::Run;
use crate::replay::reason::ReasonName;
use crate::replay::rule_types::alert_stopped::AlertStopped;
use crate::replay::rule_types::run_schedule;
use crate::replay::rule_types::{new_terms, threshold};
use crate::rule::RuleKind;

/// What outside the query stopped a run that gave no alert under `waived`; `None` when the query
/// itself did.
pub(in crate::replay) fn no_alert_reason(
    run: &Run<'_>,
    waived: &[Override],
) -> Option<AlertStopped> {
    let mut of_case = waived.to_vec();
    of_case.extend(run.case_events.without_context());
    if !run.evaluation.decide_with(&of_case).is_empty() {
        return Some(of_rule_type(run, waived).unwrap_or_else(|| {
            let found = run.evaluation.matches().first();
            let events = found.map_or(&[][..], |found| found.stages.as_slice());
            let events: Vec<EventId> = events.iter().flatten().copied().collect();
            look_back(run, &events)
        }));
    }
    by_exclusions(run, waived)
}

/// What stopped a rule that does more with the events that meet its query than to alert on them.
fn of_rule_type(run: &Run<'_>, waived: &[Override]) -> Option<AlertStopped> {
    match &run.schedule.rule().kind {
        RuleKind::Threshold(settings) => threshold::no_alert_reason(run, settings, waived),
        RuleKind::NewTerms(settings) => new_terms::no_alert_reason(run, settings, waived),
        RuleKind::Esql => esql_blockers::no_alert_reason(run, waived),
        RuleKind::ThreatMatch(_) => {
            let indicators = run.indicators.as_ref();
            indicators.and_then(|own| indicator_blockers::no_alert_reason(run, own, waived))
        }
        _ => None,
    }
}

/// The exclusions without which there would be an alert: each that is enough alone, or all of them
/// together.
fn by_exclusions(run: &Run<'_>, waived: &[Override]) -> Option<AlertStopped> {
    let names = names(run);
    let alerts_without = |lifted: &dyn Fn(&str) -> bool| {
        let mut overrides = waived.to_vec();
        overrides.extend(relaxing(run, lifted));
        !run_schedule(run, &run.schedule, &overrides)
            .matches
            .is_empty()
    };
    let alone: Vec<&String> = names
        .iter()
        .filter(|name| alerts_without(&|other| other == name.as_str()))
        .collect();
    if let [first, ..] = alone.as_slice() {
        let event = hidden(run, first);
        let value = event.and_then(|event| run.case_events.hiding_values(event, first));
        return Some(AlertStopped {
            reasons: alone.iter().map(|name| ReasonName::parse(name)).collect(),
            also: Vec::new(),
            record: NoneRecord {
                event: event.map(|event| run.case_events.label(event)),
                blocker: alone.iter().map(|name| (*name).clone()).collect(),
                causes: alone.iter().map(|name| cause(run, name)).collect(),
                value,
                ..NoneRecord::default()
            },
        });
    }
    if names.is_empty() || !alerts_without(&|_| true) {
        return None;
    }
    Some(AlertStopped {
        reasons: Vec::new(),
        also: Vec::new(),
        record: NoneRecord {
            blocker: names.clone(),
            causes: names.iter().map(|name| cause(run, name)).collect(),
            overdetermined: true,
            ..NoneRecord::default()
        },
    })
}

/// Exclusions that cause the alert by hiding an `until` event or a missing event.
pub(in crate::replay) fn created(run: &Run<'_>, waived: &[Override]) -> Option<Vec<String>> {
    let names = names(run);
    if names.is_empty() {
        return None;
    }
    let mut overrides = waived.to_vec();
    overrides.extend(relaxing(run, &|_| true));
    let silent = run_schedule(run, &run.schedule, &overrides)
        .matches
        .is_empty();
    silent.then_some(names)
}

/// Everything that hides an event, each once, in the order of the events.
fn names(run: &Run<'_>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for (name, _) in run
        .case_events
        .facts
        .iter()
        .flat_map(|facts| &facts.hidden_by)
    {
        if !names.contains(name) {
            names.push(name.clone());
        }
    }
    names
}

/// The overrides that show the events again once these exclusions are lifted.
fn relaxing(run: &Run<'_>, lifted: &dyn Fn(&str) -> bool) -> Vec<Override> {
    let events = (0u32..).map(EventId).zip(&run.case_events.facts);
    let is_shown =
        |by: &[(String, Pairs)]| !by.is_empty() && by.iter().all(|(name, _)| lifted(name));
    events
        .filter(|(_, facts)| is_shown(&facts.hidden_by))
        .map(|(event, _)| Override::Route(event))
        .collect()
}

/// The only event that this hides; `None` of several.
fn hidden(run: &Run<'_>, name: &str) -> Option<EventId> {
    let events = (0u32..).map(EventId).zip(&run.case_events.facts);
    let mut events = events.filter(|(_, facts)| facts.hidden_by.iter().any(|(own, _)| own == name));
    let (event, _) = events.next()?;
    events.next().is_none().then_some(event)
}

fn cause(run: &Run<'_>, name: &str) -> CauseRecord {
    CauseRecord {
        stage: None,
        event: hidden(run, name).map(|event| run.case_events.label(event)),
        clause: name.to_owned(),
        line: None,
    }
}
