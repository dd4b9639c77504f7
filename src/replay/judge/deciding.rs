//! Which clauses an outcome depends on: those that lose a match when they alone are inverted.

use crate::evaluate::{Evaluation, Match, Override};
use crate::event::EventId;
use crate::plan::{ClauseId, ClauseKind, Plan, Role, StageId};

/// The most events of a case for which a clause that no match holds is tried on each of them.
const MOST_TRIED: usize = 256;

/// The clauses of an evaluation of so many events each of which, inverted alone, loses a match.
pub(crate) fn deciding(
    evaluation: &Evaluation<'_>,
    events: usize,
    matches: &[Match],
    waived: &[Override],
) -> Vec<ClauseId> {
    let plan = evaluation.plan();
    let positions: Vec<Option<StageId>> = positions(plan).map(Some).collect();
    let mut decided = Vec::new();
    // `matches` are those under `waived`: an inversion that turns no stage loses none of them.
    let loses =
        |id: ClauseId, event: EventId, found: &Match| match inverted(evaluation, id, event, waived)
        {
            Inversion::Never => true,
            Inversion::Alike => false,
            Inversion::With(overrides) => !evaluation.decide_with(&overrides).contains(found),
        };
    for (id, clause) in plan.clauses.numbered() {
        let several = positions.len() > 1;
        let decides = match clause.kind {
            // What binds the events of a match together: without it they are none.
            ClauseKind::JoinKey | ClauseKind::Maxspan => several,
            ClauseKind::Until | ClauseKind::Missing => true,
            kind if kind.is_condition() && clause.leaf.is_some() => matches.iter().any(|found| {
                let events = found.stages.iter().zip(&positions);
                let at = events.filter(|(_, stage)| **stage == clause.stage);
                at.filter_map(|(event, _)| *event)
                    .any(|event| loses(id, event, found))
            }),
            _ => false,
        };
        if decides {
            decided.push(id);
        }
    }
    for (id, event) in tried(plan, events) {
        if matches.iter().any(|found| loses(id, event, found)) {
            decided.push(id);
        }
    }
    decided
}

/// The conditions of missing events and of `until`, on each event: no match holds one of those.
pub(in crate::replay) fn tried(
    plan: &Plan,
    events: usize,
) -> impl Iterator<Item = (ClauseId, EventId)> + '_ {
    let absent = |stage: Option<StageId>| {
        stage.is_some_and(|stage| plan.stages.at(stage).role != Role::Positive)
    };
    let clauses = plan.clauses.numbered();
    let clauses = clauses
        .filter(move |(_, clause)| clause.leaf.is_some() && absent(clause.stage))
        .map(|(id, _)| id);
    let events = match events {
        few if few <= MOST_TRIED => u32::try_from(few).unwrap_or(0),
        _ => 0,
    };
    clauses.flat_map(move |id| (0..events).map(move |event| (id, EventId(event))))
}

/// What is waived with the clause inverted on the event.
#[derive(Debug)]
pub(in crate::replay) enum Inversion {
    /// The clause has no fact there.
    Never,
    /// The event meets its stage, or does not, as before.
    Alike,
    With(Vec<Override>),
}

pub(in crate::replay) fn inverted(
    evaluation: &Evaluation<'_>,
    id: ClauseId,
    event: EventId,
    waived: &[Override],
) -> Inversion {
    let of_waiver = waived.iter().rev().find_map(|change| match change {
        Override::Fact {
            clause,
            event: on,
            bit,
        } if *clause == id && on.is_none_or(|on| on == event) => Some(*bit),
        _ => None,
    });
    let Some(bit) = of_waiver.or_else(|| evaluation.fact(id, event)) else {
        return Inversion::Never;
    };
    let mut overrides = waived.to_vec();
    overrides.push(Override::Fact {
        clause: id,
        event: Some(event),
        bit: !bit,
    });
    if evaluation.turns_stage(id, event, waived, &overrides) {
        Inversion::With(overrides)
    } else {
        Inversion::Alike
    }
}

/// The stage of each position of a match.
pub(crate) fn positions(plan: &Plan) -> impl Iterator<Item = StageId> {
    plan.numbered()
        .filter(|(_, stage)| !matches!(stage.role, Role::Until { .. }))
        .flat_map(|(id, stage)| std::iter::repeat_n(id, usize::from(stage.runs)))
}
