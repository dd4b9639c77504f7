//! Synthesizes events that match the rule: for each stage an event of a kind that the source has,
//! with equal join keys and times within `maxspan`.

use std::collections::BTreeMap;

use super::event_builder::{Draft, Fields};
use super::realistic;
use super::sample_values::Look;
use super::search::{Goal, PartialEvent, Search};
use super::unsolved::{PinnedValue, UnmetCondition, UnsolvedReason};
use crate::data_source::{DataSource, EventKind, IndexPatterns, Pin};
use crate::evaluate::Prepared;
use crate::event::Scalar;
use crate::plan::{Condition, ConditionKind, Key, LeafId, Operator, PartId, Plan, Stage, StageId};

/// The time between two events, in milliseconds, where `maxspan` leaves so much.
const STEP: i64 = 1_000;

/// An event of a match.
#[derive(Debug, Clone)]
pub(super) struct Part<'s> {
    pub(super) label: String,
    pub(super) stage: StageId,
    /// Milliseconds from the start.
    pub(super) at: i64,
    pub(super) state: PartialEvent<'s>,
}

/// A rule on one data source: its prepared plan, the source and the rule's index patterns.
pub(super) struct Ground<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) source: &'a DataSource,
    pub(super) patterns: &'a IndexPatterns,
}

/// The events of a match; the error names the stage that no event was found for.
pub(super) fn attack<'a>(ground: &Ground<'a>) -> Result<Vec<Part<'a>>, UnsolvedReason> {
    let plan = ground.prepared.plan();
    let mut parts = Vec::new();
    let mut labels = BTreeMap::new();
    for (id, stage) in plan.positive() {
        for _ in 0..stage.runs.max(1) {
            let state = event(ground, stage).ok_or_else(|| not_met(ground, id, stage))?;
            parts.push(Part {
                label: label(state.draft().kind, &mut labels),
                stage: id,
                at: 0,
                state,
            });
        }
    }
    join(ground, &mut parts)?;
    carry(ground, &mut parts);
    let step = step(plan, parts.len());
    for (part, number) in parts.iter_mut().zip(0..) {
        part.at = step * number;
    }
    Ok(parts)
}

/// An event that meets the stage.
fn event<'a>(ground: &Ground<'a>, stage: &'a Stage) -> Option<PartialEvent<'a>> {
    meeting(ground, stage, &[(&stage.condition, true)])
        .into_iter()
        .next()
}

/// Why no event meets a stage: the first part of its condition that no event meets by itself, if
/// there is one.
fn not_met(ground: &Ground<'_>, id: StageId, stage: &Stage) -> UnsolvedReason {
    let plan = ground.prepared.plan();
    let text = |part: PartId| plan.parts.at(part).text.as_str();
    let stages = plan.positive().count();
    let number = (stages != 1).then(|| id.index() + 1);
    let no_event = |missing| UnsolvedReason::NoEvent {
        stage: number,
        missing,
    };
    let conjuncts = match &stage.condition.kind {
        ConditionKind::All(parts) => parts.as_slice(),
        _ => std::slice::from_ref(&stage.condition),
    };
    let alone = |part: &&Condition| meeting(ground, stage, &[(*part, true)]).is_empty();
    let Some(part) = conjuncts.iter().find(alone) else {
        return no_event(UnmetCondition::Together);
    };
    let mut leaves = Vec::new();
    part.visit_leaves(true, &mut |leaf, _| leaves.push(leaf));
    let drafts = drafts(ground, stage);
    let pin = drafts.first().and_then(|draft| {
        let mut pins = leaves
            .iter()
            .filter_map(|leaf| pin_of(ground, draft.kind, *leaf));
        pins.next()
    });
    no_event(UnmetCondition::Part {
        text: text(part.part).to_owned(),
        pin: pin.map(PinnedValue::of),
    })
}

/// The sensor fact about a field that the leaf reads.
pub(super) fn pin_of<'s>(
    ground: &Ground<'s>,
    kind: &'s EventKind,
    leaf: LeafId,
) -> Option<&'s Pin> {
    let plan = ground.prepared.plan();
    let fields = plan.leaves.at(leaf).predicate.fields();
    let mut paths = fields.iter().map(|id| &plan.fields.at(*id).path);
    paths.find_map(|path| {
        let mut pins = ground.source.pins.iter().chain(&kind.pins);
        pins.find(|pin| pin.field == *path)
    })
}

/// Finds events for the stage that meet the goals, one for each kind of event; the one with the
/// fewest explicit fields first.
pub(super) fn meeting<'a>(
    ground: &Ground<'a>,
    stage: &Stage,
    goals: &[Goal<'a>],
) -> Vec<PartialEvent<'a>> {
    let mut search = Search::new(ground.prepared);
    let mut found = Vec::new();
    for draft in drafts(ground, stage) {
        if let Some(mut state) = search.meet(PartialEvent::new(draft), goals.to_vec()) {
            realistic::dress(&search, &mut state);
            realistic::command_lines(&search, &mut state, &Fields::new());
            found.push(state);
        }
    }
    found.sort_by_key(|state| state.draft().fields.len());
    found
}

/// One builder for each kind of event of the stage's category that the rule searches. If no kind
/// has the category, every kind with the category field set.
fn drafts<'a>(ground: &Ground<'a>, stage: &Stage) -> Vec<Draft<'a>> {
    let plan = ground.prepared.plan();
    let routed = |kind: &&EventKind| {
        let index = ground.source.indices.get(kind.index);
        index.is_some_and(|index| ground.patterns.selects(&index.name))
    };
    let kinds = ground.source.kinds.iter().filter(routed);
    let drafts: Vec<Draft<'a>> = kinds.map(|kind| Draft::new(ground.source, kind)).collect();
    let (Some(test), Some(category)) = (&stage.category, stage.category_value()) else {
        return drafts;
    };
    let field = plan.fields.at(test.field).path.as_str();
    let of_category = |draft: &Draft<'_>| {
        let event = draft.event();
        let mut values = event.values(field).iter();
        values.any(|value| value.to_string() == category)
    };
    let own: Vec<Draft<'a>> = drafts
        .iter()
        .filter(|draft| of_category(draft))
        .cloned()
        .collect();
    if !own.is_empty() {
        return own;
    }
    let with = |mut draft: Draft<'a>| {
        let value = vec![Scalar::text(category)];
        draft.fields.insert(field.to_owned(), value);
        draft
    };
    drafts.into_iter().map(with).collect()
}

/// `network`, and for the next of its kind `network2`.
pub(super) fn label(kind: &EventKind, labels: &mut BTreeMap<String, usize>) -> String {
    let count = labels.entry(kind.group.clone()).or_default();
    *count += 1;
    match *count {
        1 => kind.group.clone(),
        more => format!("{}{more}", kind.group),
    }
}

/// The keys of a stage, position by position.
pub(super) fn keys(plan: &Plan, stage: StageId) -> &[Key] {
    &plan.stages.at(stage).keys
}

/// How many positions the key tuple has, and their names.
fn positions(plan: &Plan) -> Vec<&str> {
    plan.joins().iter().map(|join| join.name.as_str()).collect()
}

/// The path of a stage's key at a position.
pub(super) fn key_path(plan: &Plan, stage: StageId, position: usize) -> Option<&str> {
    let key = keys(plan, stage).get(position)?;
    Some(plan.fields.at(key.field).path.as_str())
}

/// Sets the fields below open prefixes that the query reads and no event carries. Such a field is
/// mapped only once an event carries it, and an unmapped field makes Elasticsearch refuse the
/// query.
fn carry(ground: &Ground<'_>, parts: &mut [Part<'_>]) {
    let search = Search::new(ground.prepared);
    for field in &ground.prepared.plan().fields {
        let path = &field.path;
        let open = ground
            .source
            .open
            .iter()
            .any(|prefix| path.starts_with(prefix.as_str()));
        let carried = parts
            .iter()
            .any(|part| !part.state.event().values(path).is_empty());
        if !open || carried {
            continue;
        }
        let set = |part: &mut Part<'_>| {
            let values = Look::new(path, part.state.draft().system()).values(field.family);
            values.iter().any(|value| {
                let before = part.state.clone();
                let is = set_key(&search, &mut part.state, path, value);
                if !is {
                    part.state = before;
                }
                is
            })
        };
        // A value may contradict the stage's condition, which the search has not settled
        // completely.
        for part in parts.iter_mut() {
            let before = part.state.clone();
            if set(part) && meets(ground, part) {
                break;
            }
            part.state = before;
        }
    }
}

fn meets(ground: &Ground<'_>, part: &Part<'_>) -> bool {
    let stage = ground.prepared.plan().stages.at(part.stage);
    let search = Search::new(ground.prepared);
    search.outcome(&stage.condition, part.state.event())
}

/// Gives all events equal keys.
fn join(ground: &Ground<'_>, parts: &mut [Part<'_>]) -> Result<(), UnsolvedReason> {
    let plan = ground.prepared.plan();
    let search = Search::new(ground.prepared);
    for (position, name) in positions(plan).into_iter().enumerate() {
        let candidates = candidates(plan, parts, position);
        let fits = candidates.iter().any(|value| {
            let mut joined = parts.to_vec();
            let all = joined.iter_mut().all(|part| {
                let Some(path) = key_path(plan, part.stage, position) else {
                    return false;
                };
                set_key(&search, &mut part.state, path, value)
            });
            if all {
                parts.clone_from_slice(&joined);
            }
            all
        });
        if !fits {
            return Err(UnsolvedReason::NoJoinValue(name.to_owned()));
        }
    }
    Ok(())
}

/// Sets a join key unless the event has this value already; returns whether the event has it and
/// still meets its tests.
pub(super) fn set_key(
    search: &Search<'_>,
    state: &mut PartialEvent<'_>,
    path: &str,
    value: &Scalar,
) -> bool {
    let is = |state: &PartialEvent<'_>| state.event().values(path) == [value.clone()];
    if !is(state) {
        if !state.draft().can_set(path) {
            return false;
        }
        state.change(|fields| {
            fields.insert(path.to_owned(), vec![value.clone()]);
        });
    }
    is(state) && search.holds(state)
}

/// Candidate values of a join key, in this order: a value that all events share, values set on some
/// event, sample values, values that some event has.
fn candidates(plan: &Plan, parts: &[Part<'_>], position: usize) -> Vec<Scalar> {
    let mut given = Vec::new();
    let mut found = Vec::new();
    let mut looks = Vec::new();
    for part in parts {
        let Some(key) = keys(plan, part.stage).get(position) else {
            continue;
        };
        let field = plan.fields.at(key.field);
        let draft = part.state.draft();
        let event = part.state.event();
        let [value] = event.values(&field.path) else {
            looks.extend(Look::new(&field.path, draft.system()).values(field.family));
            continue;
        };
        if draft.fields.contains_key(&field.path) || draft.has_default(&field.path) {
            given.push(value.clone());
        } else {
            found.push(value.clone());
        }
        looks.extend(Look::new(&field.path, draft.system()).values(field.family));
    }
    let equal =
        found.len() == parts.len() && found.windows(2).all(|pair| pair.first() == pair.last());
    if equal {
        given.extend(found.first().cloned());
    }
    given.into_iter().chain(looks).chain(found).collect()
}

/// Milliseconds from one event to the next.
fn step(plan: &Plan, events: usize) -> i64 {
    let Operator::Sequence(sequence) = &plan.operator else {
        return 0;
    };
    let gaps = i64::try_from(events.saturating_sub(1))
        .unwrap_or(i64::MAX)
        .max(1);
    let most = sequence
        .maxspan
        .map_or(i64::MAX, |limit| limit.millis / gaps);
    STEP.min(most).max(1)
}
