//! The correlation part of a rule: stage order, `maxspan`, `until`, missing events. Taken from the
//! plan by `compile.rs`, used by `sequence.rs` and `end_of_stream.rs`.

use super::keys;
use crate::event::{FieldType, Value};
use crate::plan::{Operator, Pipe, Plan, Role};

/// The correlation part of a rule: stage order, maxspan, until, missing events.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SequenceSpec {
    pub(super) kind: MatchKind,
    /// Run when the stream has ended, over what was kept: samples, pipes, an order of its own.
    pub(super) runs_at_end: bool,
    /// The hits of the rule carry time and tiebreaker.
    pub(super) has_own_order: bool,
    /// The action of each stage, by its number within the rule.
    pub(super) actions: Vec<Vec<StageAction>>,
    /// How many positive positions there are, runs expanded.
    pub(super) positions: usize,
    /// The longest span in nanoseconds, inclusive.
    pub(super) maxspan: Option<i128>,
    /// The missing clauses, each by the number of positive positions before it.
    pub(super) gaps: Vec<usize>,
    /// The span within which leading and trailing missing clauses look, in milliseconds.
    pub(super) window: i64,
    /// Each position of a match: a positive one, or a missing event.
    pub(super) layout: Vec<bool>,
    pub(super) pipes: Vec<Pipe>,
    /// For each position of the key tuple whether its field holds doubles.
    doubles: Vec<bool>,
}

/// The kinds of rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MatchKind {
    Events,
    Sequence,
    Sample,
}

/// The actions of an event under one key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StageAction {
    /// It meets the stage at this position.
    Stage(usize),
    /// It meets `until`.
    Until,
    /// It meets the missing clause of this number.
    Missing(usize),
}

impl StageAction {
    /// The order in which the actions of one event apply: later positions first, so that an event
    /// never follows itself; `until` last, so that an event that meets both still completes its
    /// sequence.
    pub(super) fn priority(self) -> usize {
        match self {
            Self::Stage(position) => usize::MAX / 2 - position,
            Self::Until => usize::MAX - 1,
            Self::Missing(_) => usize::MAX,
        }
    }
}

impl SequenceSpec {
    pub(super) fn new(plan: &Plan, has_own_order: bool) -> Self {
        let (kind, limit) = match &plan.operator {
            Operator::Select => (MatchKind::Events, None),
            Operator::Sequence(shape) => (MatchKind::Sequence, shape.maxspan),
            Operator::Sample { .. } => (MatchKind::Sample, None),
        };
        let mut spec = Self {
            kind,
            runs_at_end: has_own_order || kind == MatchKind::Sample || !plan.pipes.is_empty(),
            has_own_order,
            actions: Vec::new(),
            positions: 0,
            maxspan: limit.map(|limit| i128::from(limit.millis).saturating_mul(1_000_000)),
            gaps: Vec::new(),
            window: limit.map_or(0, |limit| limit.millis),
            layout: Vec::new(),
            pipes: plan.pipes.clone(),
            doubles: doubles(plan),
        };
        for stage in &plan.stages {
            let runs = usize::from(stage.runs);
            spec.actions.push(match stage.role {
                Role::Positive => {
                    let first = spec.positions;
                    spec.positions += runs;
                    spec.layout.extend(std::iter::repeat_n(true, runs));
                    (first..spec.positions).map(StageAction::Stage).collect()
                }
                Role::Missing { .. } => {
                    spec.gaps.push(spec.positions);
                    spec.layout.extend(std::iter::repeat_n(false, runs));
                    vec![StageAction::Missing(spec.gaps.len() - 1)]
                }
                Role::Until { .. } => vec![StageAction::Until],
            });
        }
        spec
    }

    /// Whether a match can be taken back by an event after its last one.
    pub(super) fn waits(&self) -> bool {
        self.gaps.iter().any(|before| *before >= self.positions)
    }

    /// The values of a key.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the whole number comes from a double"
    )]
    pub(super) fn join(&self, key: &[u8]) -> Vec<Option<Value>> {
        let mut values = keys::read(key);
        for (value, is_double) in values.iter_mut().zip(&self.doubles) {
            if let Some(whole) = value
                && *is_double
            {
                let double = match whole {
                    Value::Integer(whole) => *whole as f64,
                    Value::Unsigned(whole) => *whole as f64,
                    _ => continue,
                };
                *value = Some(Value::Double(double));
            }
        }
        values
    }

    /// The events of the positive positions with the missing ones between them.
    pub(super) fn laid_out<E>(&self, events: impl IntoIterator<Item = E>) -> Vec<Option<E>> {
        let mut events = events.into_iter();
        let positions = self.layout.iter();
        positions
            .map(|is_positive| if *is_positive { events.next() } else { None })
            .collect()
    }
}

fn doubles(plan: &Plan) -> Vec<bool> {
    let Some((_, stage)) = plan.positive().next() else {
        return Vec::new();
    };
    let keys = stage.keys.iter().map(|key| {
        let reader = plan.fields.at(key.field).readers.iter().flatten().next();
        reader.is_some_and(|reader| matches!(reader.field_type, FieldType::Float(_)))
    });
    keys.collect()
}
