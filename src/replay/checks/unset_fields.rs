//! Fields that decide a check without being set by its scenario: where their values come from, so
//! that an author who did not write them knows what to write. Called where a check is judged.

use crate::data_source::derive::derived_from;
use crate::data_source::{DataSource, EventKind};
use crate::evaluate::CauseKind;
use crate::event::EventId;
use crate::plan::{ClauseKind, FieldId, StageId};
use crate::replay::case::case_events::CaseEvents;
use crate::replay::judge::Judgement;
use crate::replay::judge::judged_case::Case;
use crate::replay::judge::record::fields_of;
use crate::replay::outcome::Observed;

/// More notes would bury the failure.
const MOST: usize = 3;

/// One note a field that decides and that the source's defaults or other fields give.
pub(in crate::replay) fn notes(
    case: &Case<'_, '_>,
    judgement: &Judgement,
    source: &DataSource,
) -> Vec<String> {
    let mut notes: Vec<String> = Vec::new();
    let plan = case.run.plan();
    let alerted = matches!(judgement.observed, Observed::Alert(_));
    let because = &case.wanted.because;
    for (event, field) in deciding(case, judgement) {
        let path = plan.fields.at(field).path.as_str();
        // For an unexpected alert only those join keys count that the case was meant to make
        // different.
        let meant = because.is_empty()
            || because
                .iter()
                .any(|because| because.to_string().contains(path));
        let tells = meant && !derived_from(path).is_empty();
        if alerted && !tells {
            continue;
        }
        if let Some(note) = note(case.run.case_events, event, path, source)
            && !notes.contains(&note)
        {
            notes.push(note);
        }
    }
    notes.truncate(MOST);
    notes
}

/// The fields that decided, each with the event on which it did: those that the causes read, and
/// the join keys of an alert that was not expected.
fn deciding(case: &Case<'_, '_>, judgement: &Judgement) -> Vec<(EventId, FieldId)> {
    let plan = case.run.plan();
    let keys = |stage: StageId| plan.stages.at(stage).keys.iter().map(|key| key.field);
    let mut deciding = Vec::new();
    if matches!(judgement.observed, Observed::Alert(_)) {
        let positions = plan.positive().map(|(id, _)| id);
        let found = case.run.evaluation.matches().first();
        let events = found.into_iter().flat_map(|found| &found.stages);
        for (stage, event) in positions.zip(events) {
            let event = event.iter().copied();
            deciding.extend(event.flat_map(|event| keys(stage).map(move |key| (event, key))));
        }
        return deciding;
    }
    let blockers = &judgement.blockers;
    for cause in blockers.causes.iter().chain(&blockers.together) {
        let (CauseKind::Clause(id), Some(event)) = (cause.kind, cause.event) else {
            continue;
        };
        let is_key = plan
            .clause(id)
            .is_some_and(|clause| clause.kind == ClauseKind::JoinKey);
        match cause.stage.filter(|_| is_key) {
            Some(stage) => deciding.extend(keys(stage).map(|key| (event, key))),
            None => deciding.extend(fields_of(plan, id).into_iter().map(|field| (event, field))),
        }
    }
    deciding
}

/// Where the value of a field comes from that the scenario does not set; `None` where it sets it or
/// the event is a recorded one.
fn note(
    case_events: &CaseEvents,
    event: EventId,
    path: &str,
    source: &DataSource,
) -> Option<String> {
    let facts = case_events.facts(event)?;
    let values = case_events.events.get(event.index())?.values(path);
    let kind = source.kind(facts.kind.as_deref()?)?;
    if values.is_empty() || facts.set_fields.iter().any(|own| own == path) {
        return None;
    }
    let label = case_events.label(event);
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    let value = values.join(", ");
    if is_default(kind, source, path) {
        return Some(format!(
            "`{path}` of `{label}` is `{value}` unless the scenario sets it"
        ));
    }
    let from = match derived_from(path) {
        [] => return None,
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|path| format!("`{path}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    };
    Some(format!(
        "`{path}` of `{label}` is not set: it is made of {from} (`{value}`); set it to give it another \
         value"
    ))
}

fn is_default(kind: &EventKind, source: &DataSource, path: &str) -> bool {
    let mut defaults = source.defaults.iter().chain(&kind.defaults);
    defaults.any(|(own, _)| own == path)
}
