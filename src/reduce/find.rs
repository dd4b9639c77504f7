//! The few events of a recording that a verdict hangs on: the first match, or the nearest miss and
//! the clauses that it missed by.

use std::collections::BTreeSet;

use super::{Impossible, Request};
use crate::data_source::{DataSource, IndexPatterns};
use crate::evaluate::{
    BlockerHint, Cause, CauseKind, Context, Evaluation, Match, Prepared, reason,
};
use crate::event::schema::Origin;
use crate::event::{Event, EventId, FieldType, Schema, Timestamp};
use crate::language::eql::{self, EqlError, OptionalFields};
use crate::plan::Plan;

/// What was found.
pub(super) struct Found<'e> {
    /// The events in the order of their time.
    pub(super) events: Vec<FoundEvent<'e>>,
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
    events: &'e [Event],
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
) -> Result<Found<'e>, Impossible> {
    let plan = plan(events, request, source, patterns)?;
    let refused = |reason: String| Impossible::Refused {
        source_name: source.name.clone(),
        reason,
    };
    let evaluation = Prepared::new(&plan)
        .and_then(|prepared| prepared.evaluate(events, &Context::default()))
        .map_err(|failure| refused(failure.to_string()))?;
    let matches = evaluation.matches();
    let (chosen, stopped_by) = match (matches.first(), request.benign) {
        (Some(first), false) => (of_match(first), BTreeSet::new()),
        (Some(_), true) => return Err(Impossible::Alerts(matches.len())),
        (None, benign) => {
            let (chosen, stopped_by) = nearest(&evaluation)?;
            if !benign {
                let words: Vec<&str> = stopped_by.iter().map(String::as_str).collect();
                return Err(Impossible::NoAlert(words.join("; ")));
            }
            (chosen, stopped_by)
        }
    };
    let field = plan.fields.get(plan.timestamp.index());
    let field = field.map_or("@timestamp", |field| field.path.as_str());
    let mut found: Vec<FoundEvent<'e>> = chosen
        .iter()
        .filter_map(|id| {
            let event = events.get(id.index())?;
            let time = time(event, field)?;
            Some(FoundEvent { event, time })
        })
        .collect();
    found.sort_by_key(|found| found.time);
    if found.is_empty() {
        return Err(Impossible::Nowhere);
    }
    Ok(Found {
        events: found,
        stopped_by,
        matches: matches.len(),
    })
}

/// The rule's plan on what the source maps and the events carry.
fn plan(
    events: &[Event],
    request: &Request<'_>,
    source: &DataSource,
    patterns: &IndexPatterns,
) -> Result<Plan, Impossible> {
    let named = super::named(request.subject);
    let mut mapping = source.mapping_of(patterns, named.iter().map(String::as_str));
    for path in &named {
        if mapping.get(path).is_none()
            && let Some(first) = events.iter().find_map(|event| event.values(path).first())
        {
            mapping.add(path, FieldType::dynamic(first), Origin::Dynamic);
        }
    }
    let refused = |errors: Vec<EqlError>| Impossible::Refused {
        source_name: source.name.clone(),
        reason: errors
            .first()
            .map_or_else(String::new, |error| error.message.clone()),
    };
    let Some(syntax) = &request.subject.syntax else {
        return Err(Impossible::Unsupported("rules without a query".to_owned()));
    };
    let settings = super::settings(request.subject);
    let schema = Schema::new(vec![mapping]);
    let checked = eql::check(syntax, &schema, &settings).map_err(refused)?;
    eql::lower(&checked, OptionalFields::Missing, Timestamp::default())
        .map_err(|error| refused(vec![error]))
}

fn of_match(found: &Match) -> BTreeSet<EventId> {
    found.stages.iter().flatten().copied().collect()
}

/// The events of the nearest miss, and what stops them.
fn nearest(
    evaluation: &Evaluation<'_>,
) -> Result<(BTreeSet<EventId>, BTreeSet<String>), Impossible> {
    let blockers = evaluation.blockers(&BlockerHint::default());
    let causes = if blockers.causes.is_empty() {
        &blockers.together
    } else {
        &blockers.causes
    };
    let plan = evaluation.plan();
    let stopped_by = causes.iter().map(|cause| words(plan, cause)).collect();
    let mut events: BTreeSet<EventId> = causes.iter().filter_map(|cause| cause.event).collect();
    events.extend(&blockers.nearest);
    for cause in causes {
        if let CauseKind::ConsumedBy(event) = cause.kind {
            events.insert(event);
        }
    }
    if events.is_empty() {
        return Err(Impossible::Nowhere);
    }
    Ok((events, stopped_by))
}

/// A cause in the words in which a replay names it, whatever the events are called.
fn words(plan: &Plan, cause: &Cause) -> String {
    match cause.kind {
        CauseKind::ConsumedBy(_) => super::trial::TAKEN.to_owned(),
        _ => reason::words(plan, cause, |_| String::new()),
    }
}

/// The instant of an event in milliseconds.
fn time(event: &Event, field: &str) -> Option<i64> {
    let value = event.values(field).first()?;
    let time = crate::event::time::DateFormat::default().parse(&value.to_string())?;
    Some(time.millis())
}
