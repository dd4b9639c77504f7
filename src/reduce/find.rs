//! Finds the few events of a recording that decide the verdict: the first match, or the nearest
//! miss and the clauses that it failed.

use std::collections::BTreeSet;

use super::{Request, find_rows};
use crate::compile::{FieldTypes, Refused, SourceCompiler, Unsupported, supported};
use crate::data_source::{DataSource, IndexPatterns};
use crate::diagnostic::no_scenario::{NoScenario, StoppingClauses};
use crate::evaluate::{
    BlockerHint, Cause, CauseKind, Context, Evaluation, Match, Prepared, QueryFailure, reason,
};
use crate::event::{Event, EventId, Timestamp};
use crate::plan::Plan;

/// The most events of a scenario.
const MOST_EVENTS: usize = 1_000;

/// What was found.
pub(super) struct RecordedResult<'e> {
    /// The events in the order of their time.
    pub(super) events: Vec<FoundEvent<'e>>,
    /// These and others, of an alert that counts more than its own events.
    pub(super) beside: Vec<FoundEvent<'e>>,
    /// The clauses that stop them, by their text; empty when they match.
    pub(super) stopped_by: BTreeSet<String>,
    /// How many matches the recording has.
    pub(super) matches: usize,
}

/// An event and when it was.
pub(super) struct FoundEvent<'e> {
    pub(super) event: &'e Event,
    pub(super) time: i64,
}

/// Runs the rule over the recording.
pub(super) fn find<'e>(
    events: &'e mut [Event],
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
) -> Result<RecordedResult<'e>, NoScenario> {
    let rule = &request.subject.rule;
    let text = supported(rule).map_err(NoScenario::Unsupported)?;
    let Some(syntax) = &request.subject.syntax else {
        return Err(NoScenario::Unsupported(Unsupported::NoQuery));
    };
    let refused = |refused: &Refused| NoScenario::Refused {
        source: source.name.clone(),
        why: Box::new(refused.why.clone()),
    };
    let fails = |failure: QueryFailure| NoScenario::Fails {
        source: source.name.clone(),
        why: Box::new(failure.kind),
    };
    let types = FieldTypes::new(source, [], patterns);
    let exclusions = request.exclusions();
    let compiler =
        SourceCompiler::new(rule, text, syntax, types, &exclusions, Timestamp::default());
    let compiled = compiler.compile(events).map_err(|why| refused(&why))?;
    if let Some(types) = compiled.schema.mappings().first() {
        let exclusions = exclusions.on(types.clone()).map_err(|why| refused(&why))?;
        for event in events.iter_mut() {
            exclusions.hide(event).map_err(|why| refused(&why))?;
        }
    }
    let events: &'e [Event] = events;
    let plan = &*compiled.plan;
    let field = plan.fields.at(plan.timestamp).path.as_str();
    if compiled.pipeline.is_some() {
        let chosen = find_rows::find(events, request, &compiled, &fails)?;
        return Ok(RecordedResult {
            events: found(events, &chosen.events, field)?,
            beside: found(events, &chosen.beside, field).unwrap_or_default(),
            stopped_by: chosen.stopped_by,
            matches: chosen.matches,
        });
    }
    let evaluation = Prepared::new(plan)
        .and_then(|prepared| prepared.evaluate(events, &Context::default()))
        .map_err(fails)?;
    let matches = evaluation.matches();
    let (chosen, stopped_by) = choose(&evaluation, events, request.benign)?;
    Ok(RecordedResult {
        events: found(events, &chosen, field)?,
        beside: Vec::new(),
        stopped_by,
        matches: matches.len(),
    })
}

/// The events of these places by their time.
fn found<'e>(
    events: &'e [Event],
    chosen: &BTreeSet<EventId>,
    field: &str,
) -> Result<Vec<FoundEvent<'e>>, NoScenario> {
    let found = chosen.iter().filter_map(|id| {
        let event = events.get(id.index())?;
        let time = time(event, field)?;
        Some(FoundEvent { event, time })
    });
    let mut found: Vec<FoundEvent<'e>> = found.collect();
    found.sort_by_key(|found| found.time);
    match found.len() {
        0 => Err(NoScenario::NothingNear),
        1..=MOST_EVENTS => Ok(found),
        events => Err(NoScenario::TooManyEvents {
            events,
            most: MOST_EVENTS,
        }),
    }
}

/// The events that decide: those of the first match, or of what comes nearest to one; and what stopped
/// that.
fn choose(
    evaluation: &Evaluation<'_>,
    events: &[Event],
    is_benign: bool,
) -> Result<(BTreeSet<EventId>, BTreeSet<String>), NoScenario> {
    let matches = evaluation.matches();
    match (matches.first(), is_benign) {
        (Some(first), false) => Ok((of_match(first), BTreeSet::new())),
        (Some(_), true) => Err(NoScenario::Alerts {
            matches: matches.len(),
        }),
        (None, true) => nearest(evaluation, events),
        (None, false) => {
            let (_, stopped_by) = nearest(evaluation, events)?;
            let clauses = StoppingClauses(stopped_by);
            Err(NoScenario::NoAlert { clauses })
        }
    }
}

fn of_match(found: &Match) -> BTreeSet<EventId> {
    found.stages.iter().flatten().copied().collect()
}

/// The events of the nearest miss, and what stops them.
fn nearest(
    evaluation: &Evaluation<'_>,
    all: &[Event],
) -> Result<(BTreeSet<EventId>, BTreeSet<String>), NoScenario> {
    let blockers = evaluation.blockers(&BlockerHint::default());
    let causes = if blockers.causes.is_empty() {
        &blockers.together
    } else {
        &blockers.causes
    };
    let plan = evaluation.plan();
    let stopped_by = causes.iter().map(|cause| words(plan, cause, all)).collect();
    let mut events: BTreeSet<EventId> = causes.iter().filter_map(|cause| cause.event).collect();
    events.extend(&blockers.nearest);
    for cause in causes {
        if let CauseKind::ConsumedBy(event) = cause.kind {
            events.insert(event);
        }
    }
    if events.is_empty() {
        return Err(NoScenario::NothingNear);
    }
    Ok((events, stopped_by))
}

/// What hides the event of a cause.
fn not_seen(cause: &Cause, events: &[Event]) -> String {
    let event = cause.event.and_then(|event| events.get(event.index()));
    let excluded_by = event.and_then(|event| event.excluded_by.as_deref());
    excluded_by.unwrap_or("not routed").to_owned()
}

/// A cause in the words in which a replay names it, whatever the events are called.
fn words(plan: &Plan, cause: &Cause, events: &[Event]) -> String {
    match cause.kind {
        CauseKind::NotRouted => not_seen(cause, events),
        CauseKind::ConsumedBy(_) => super::trial::TAKEN.to_owned(),
        CauseKind::Clause(_) => reason::words(plan, cause, |_| String::new()),
    }
}

/// The instant of an event in milliseconds.
fn time(event: &Event, field: &str) -> Option<i64> {
    let value = event.values(field).first()?;
    let time = crate::event::time::DateFormat::default().parse(&value.to_string())?;
    Some(time.millis())
}
