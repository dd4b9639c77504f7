//! The timeline of a check in reports: its events with the stages that each meets, and the clauses
//! that decided.

use super::{Explanation, explain};
use crate::evaluate::Evaluation;
use crate::event::EventId;
use crate::plan::{ClauseName, Plan, Role, StageId};
use crate::replay::outcome::CheckKey;
use crate::replay::trace::{CheckTrace, TestTrace, positions};

/// The number of events shown; others are counted. Events that meet a stage come first.
const MOST: usize = 60;

/// What reports say of one check beyond its verdict.
#[derive(Debug)]
pub struct CheckDetails {
    /// Which check.
    pub key: CheckKey,
    /// Its events.
    pub timeline: EventTimeline,
    /// The clauses that decided it.
    pub decided: Vec<ClauseName>,
    /// Why it did not do what was expected, for a check that fails and was judged as it is.
    pub explanation: Option<Explanation>,
}

/// The events of a check over time.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct EventTimeline {
    /// The stages in the order of the text.
    pub lanes: Vec<EventLane>,
    /// The events in the order of their times; those without one come last.
    pub steps: Vec<TimelineEvent>,
    /// How many events are left out.
    pub more: usize,
    /// `maxspan`, in milliseconds.
    pub maxspan: Option<i64>,
}

/// A stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventLane {
    /// From 1.
    pub number: u16,
    /// `stage`, `missing` or `until`.
    pub role: &'static str,
    /// The category that it asks for; `any` for any.
    pub asks: String,
}

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TimelineEvent {
    /// Its label, or its number (`#3`).
    pub label: String,
    /// Milliseconds after the first event.
    pub at: Option<i64>,
    /// The stages that it meets, from 1, join keys aside.
    pub meets: Vec<u16>,
    /// The stage for which it is in a match.
    pub matched: Option<u16>,
}

/// What reports say of the checks of a test beyond their verdicts.
pub fn check_details(observed: &TestTrace) -> impl Iterator<Item = CheckDetails> + '_ {
    observed.checks.iter().map(|check| {
        let judged_as_is = check.waived.is_none();
        let fails = check.verdict.fails() || check.verdict.fails_strict();
        CheckDetails {
            key: check.key.clone(),
            timeline: event_timeline(check),
            decided: check.decided.iter().map(|one| one.clause.clone()).collect(),
            explanation: (fails && judged_as_is).then(|| explain(check, &observed.clauses)),
        }
    })
}

/// The events of a check over time.
pub fn event_timeline(check: &CheckTrace) -> EventTimeline {
    let input = &check.input;
    let plan = &*input.compiled.plan;
    let evaluation = input.evaluation();
    let mut ids: Vec<EventId> = EventId::of(&input.events).collect();
    // The sort is stable: of events that matter equally the earlier ones in the file stay.
    ids.sort_by_cached_key(|id| {
        let met = evaluation.stages_met(*id).next().is_some();
        (matched(check, plan, *id).is_none(), !met)
    });
    let more = ids.len().saturating_sub(MOST);
    ids.truncate(MOST);
    ids.sort_by_key(|id| {
        let time = evaluation.time(*id);
        (time.is_none(), time, *id)
    });
    let first = ids.first().and_then(|id| evaluation.time(*id));
    let step = |id: &EventId| TimelineEvent {
        label: label(&input.labels, *id),
        at: evaluation
            .time(*id)
            .zip(first)
            .map(|(time, first)| time.millis().saturating_sub(first.millis())),
        meets: evaluation.stages_met(*id).map(number).collect(),
        matched: matched(check, plan, *id),
    };
    EventTimeline {
        lanes: lanes(&evaluation),
        steps: ids.iter().map(step).collect(),
        more,
        maxspan: plan.maxspan().map(|limit| limit.millis),
    }
}

fn lanes(evaluation: &Evaluation<'_>) -> Vec<EventLane> {
    let stages = evaluation.plan().numbered();
    let lanes = stages.map(|(id, stage)| EventLane {
        number: number(id),
        role: match stage.role {
            Role::Positive => "stage",
            Role::Missing { .. } => "missing",
            Role::Until { .. } => "until",
        },
        asks: stage.category_value().unwrap_or("any").to_owned(),
    });
    lanes.collect()
}

/// The stage at which a match, as it was judged, holds the event.
fn matched(check: &CheckTrace, plan: &Plan, event: EventId) -> Option<u16> {
    let input = &check.input;
    let matches = if input.waived.is_empty() {
        &input.matches
    } else {
        &input.waived_matches
    };
    matches.iter().find_map(|found| {
        let held = found.stages.iter().zip(positions(plan));
        held.filter(|(held, _)| **held == Some(event))
            .map(|(_, stage)| number(stage))
            .next()
    })
}

fn number(stage: StageId) -> u16 {
    stage.0 + 1
}

/// The name of an event.
pub(super) fn label(labels: &[String], event: EventId) -> String {
    match labels.get(event.index()) {
        Some(label) if !label.is_empty() => label.clone(),
        _ => format!("#{}", event.0 + 1),
    }
}
