//! Synthesizes events that match the rule: for each stage an event of a kind that the source has,
//! with equal join keys and times within `maxspan`.

use std::collections::BTreeMap;

use super::event_builder::{EventBuilder, Fields};
use super::realistic;
use super::sample_values::SampleField;
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
pub(super) struct AttackEvent<'s> {
    pub(super) label: String,
    pub(super) stage: StageId,
    /// Milliseconds from the start.
    pub(super) at: i64,
    pub(super) partial: PartialEvent<'s>,
}

/// A rule on one data source: its prepared plan, the source and the rule's index patterns.
pub(super) struct RuleOnSource<'a> {
    pub(super) prepared: &'a Prepared<'a>,
    pub(super) source: &'a DataSource,
    pub(super) patterns: &'a IndexPatterns,
}

/// The events of a match; the error names the stage that no event was found for.
pub(super) fn attack<'a>(
    on_source: &RuleOnSource<'a>,
) -> Result<Vec<AttackEvent<'a>>, UnsolvedReason> {
    let plan = on_source.prepared.plan();
    let mut parts = Vec::new();
    let mut labels = BTreeMap::new();
    for (id, stage) in plan.positive() {
        for _ in 0..stage.runs.max(1) {
            let state = event(on_source, stage).ok_or_else(|| not_met(on_source, id, stage))?;
            parts.push(AttackEvent {
                label: label(state.builder().kind, &mut labels),
                stage: id,
                at: 0,
                partial: state,
            });
        }
    }
    join(on_source, &mut parts)?;
    set_open_fields(on_source, &mut parts);
    let step = step(plan, parts.len());
    for (part, number) in parts.iter_mut().zip(0..) {
        part.at = step * number;
    }
    Ok(parts)
}

/// An event that meets the stage.
fn event<'a>(on_source: &RuleOnSource<'a>, stage: &'a Stage) -> Option<PartialEvent<'a>> {
    events_for_stage(on_source, stage, &[(&stage.condition, true)])
        .into_iter()
        .next()
}

/// Why no event meets a stage: the first part of its condition that no event meets by itself, if
/// there is one.
fn not_met(on_source: &RuleOnSource<'_>, id: StageId, stage: &Stage) -> UnsolvedReason {
    let plan = on_source.prepared.plan();
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
    let alone = |part: &&Condition| events_for_stage(on_source, stage, &[(*part, true)]).is_empty();
    let Some(part) = conjuncts.iter().find(alone) else {
        return no_event(UnmetCondition::Together);
    };
    let mut leaves = Vec::new();
    part.visit_leaves(true, &mut |leaf, _| leaves.push(leaf));
    let drafts = drafts(on_source, stage);
    let pin = drafts.first().and_then(|builder| {
        let mut pins = leaves
            .iter()
            .filter_map(|leaf| pin_of(on_source, builder.kind, *leaf));
        pins.next()
    });
    no_event(UnmetCondition::Part {
        text: text(part.part).to_owned(),
        pin: pin.map(PinnedValue::of),
    })
}

/// The sensor fact about a field that the leaf reads.
pub(super) fn pin_of<'s>(
    on_source: &RuleOnSource<'s>,
    kind: &'s EventKind,
    leaf: LeafId,
) -> Option<&'s Pin> {
    let plan = on_source.prepared.plan();
    let fields = plan.leaves.at(leaf).predicate.fields();
    let mut paths = fields.iter().map(|id| &plan.fields.at(*id).path);
    paths.find_map(|path| {
        let mut pins = on_source.source.pins.iter().chain(&kind.pins);
        pins.find(|pin| pin.field == *path)
    })
}

/// Finds events for the stage that meet the goals, one for each kind of event; the one with the
/// fewest explicit fields first.
pub(super) fn events_for_stage<'a>(
    on_source: &RuleOnSource<'a>,
    stage: &Stage,
    goals: &[Goal<'a>],
) -> Vec<PartialEvent<'a>> {
    let mut search = Search::new(on_source.prepared);
    let mut found = Vec::new();
    for builder in drafts(on_source, stage) {
        if let Some(mut state) = search.meet(PartialEvent::new(builder), goals.to_vec()) {
            realistic::make_realistic(&search, &mut state);
            realistic::command_lines(&search, &mut state, &Fields::new());
            found.push(state);
        }
    }
    found.sort_by_key(|state| state.builder().fields.len());
    found
}

/// One builder for each kind of event of the stage's category that the rule searches. If no kind
/// has the category, every kind with the category field set.
fn drafts<'a>(on_source: &RuleOnSource<'a>, stage: &Stage) -> Vec<EventBuilder<'a>> {
    let plan = on_source.prepared.plan();
    let routed = |kind: &&EventKind| {
        let index = on_source.source.indices.get(kind.index);
        index.is_some_and(|index| on_source.patterns.selects(&index.name))
    };
    let kinds = on_source.source.kinds.iter().filter(routed);
    let drafts: Vec<EventBuilder<'a>> = kinds
        .map(|kind| EventBuilder::new(on_source.source, kind))
        .collect();
    let (Some(test), Some(category)) = (&stage.category, stage.category_value()) else {
        return drafts;
    };
    let field = plan.fields.at(test.field).path.as_str();
    let of_category = |builder: &EventBuilder<'_>| {
        let event = builder.event();
        let mut values = event.values(field).iter();
        values.any(|value| value.to_string() == category)
    };
    let own: Vec<EventBuilder<'a>> = drafts
        .iter()
        .filter(|builder| of_category(builder))
        .cloned()
        .collect();
    if !own.is_empty() {
        return own;
    }
    let with = |mut builder: EventBuilder<'a>| {
        let value = vec![Scalar::text(category)];
        builder.fields.insert(field.to_owned(), value);
        builder
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
fn set_open_fields(on_source: &RuleOnSource<'_>, parts: &mut [AttackEvent<'_>]) {
    let search = Search::new(on_source.prepared);
    for field in &on_source.prepared.plan().fields {
        let path = &field.path;
        let open = on_source
            .source
            .open
            .iter()
            .any(|prefix| path.starts_with(prefix.as_str()));
        let carried = parts
            .iter()
            .any(|part| !part.partial.event().values(path).is_empty());
        if !open || carried {
            continue;
        }
        let set = |part: &mut AttackEvent<'_>| {
            let values =
                SampleField::new(path, part.partial.builder().system()).values(field.family);
            values.iter().any(|value| {
                let before = part.partial.clone();
                let is = set_key(&search, &mut part.partial, path, value);
                if !is {
                    part.partial = before;
                }
                is
            })
        };
        // A value may contradict the stage's condition, which the search has not settled
        // completely.
        for part in parts.iter_mut() {
            let before = part.partial.clone();
            if set(part) && meets(on_source, part) {
                break;
            }
            part.partial = before;
        }
    }
}

fn meets(on_source: &RuleOnSource<'_>, part: &AttackEvent<'_>) -> bool {
    let stage = on_source.prepared.plan().stages.at(part.stage);
    let search = Search::new(on_source.prepared);
    search.outcome(&stage.condition, part.partial.event())
}

/// Gives all events equal keys.
fn join(on_source: &RuleOnSource<'_>, parts: &mut [AttackEvent<'_>]) -> Result<(), UnsolvedReason> {
    let plan = on_source.prepared.plan();
    let search = Search::new(on_source.prepared);
    for (position, name) in positions(plan).into_iter().enumerate() {
        let candidates = candidates(plan, parts, position);
        let fits = candidates.iter().any(|value| {
            let mut joined = parts.to_vec();
            let all = joined.iter_mut().all(|part| {
                let Some(path) = key_path(plan, part.stage, position) else {
                    return false;
                };
                set_key(&search, &mut part.partial, path, value)
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
        if !state.builder().can_set(path) {
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
fn candidates(plan: &Plan, parts: &[AttackEvent<'_>], position: usize) -> Vec<Scalar> {
    let mut given = Vec::new();
    let mut found = Vec::new();
    let mut looks = Vec::new();
    for part in parts {
        let Some(key) = keys(plan, part.stage).get(position) else {
            continue;
        };
        let field = plan.fields.at(key.field);
        let builder = part.partial.builder();
        let event = part.partial.event();
        let [value] = event.values(&field.path) else {
            looks.extend(SampleField::new(&field.path, builder.system()).values(field.family));
            continue;
        };
        if builder.fields.contains_key(&field.path) || builder.has_default(&field.path) {
            given.push(value.clone());
        } else {
            found.push(value.clone());
        }
        looks.extend(SampleField::new(&field.path, builder.system()).values(field.family));
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
