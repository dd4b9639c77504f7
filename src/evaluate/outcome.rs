//! What an evaluation yields: matches, the overrides under which it can be decided again, and the
//! causes that kept it from matching. Plain data that everything above reads.

use crate::event::{EventId, Value};
use crate::plan::{ClauseId, PartId, StageId};

/// One result: an event, a sequence or a sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Match {
    /// One entry a position: the stages in the order of the text, `with runs=n` n times, `until`
    /// left out; `None` stands for a missing event.
    pub stages: Vec<Option<EventId>>,
    /// The key tuple; `None` is a missing optional key.
    pub join: Vec<Option<Value>>,
}

/// A change to the decision, the facts staying as they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Override {
    /// The leaf of a clause has this bit on one event (or on all, with `None`).
    Fact {
        /// A clause with a leaf.
        clause: ClauseId,
        /// The event, `None` for every event.
        event: Option<EventId>,
        /// The leaf's bit (not the outcome as written: see `Clause::negated`).
        bit: bool,
    },
    /// Disables a structural clause (unlimited maxspan, no until, join key ignored, any category).
    Relax(ClauseId),
    /// The category test of one stage holds on one event.
    Category {
        /// The category clause.
        clause: ClauseId,
        /// The event.
        event: EventId,
    },
    /// The event is shown although no index pattern selects it.
    Route(EventId),
    /// These events are re-stamped in this order within the span that they take.
    Order(Vec<EventId>),
    /// The event is not there.
    Without(EventId),
}

/// Something that, changed alone, would have made the events match.
#[derive(Debug, Clone, PartialEq)]
pub struct Cause {
    /// What it is.
    pub kind: CauseKind,
    /// The stage at which it was judged.
    pub stage: Option<StageId>,
    /// The event on which it was judged.
    pub event: Option<EventId>,
    /// By how much it missed.
    pub shortfall: Option<Shortfall>,
}

/// The kind of a [`Cause`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// A clause of the plan.
    Clause(ClauseId),
    /// The event's index is not among those that the rule searches.
    NotRouted,
    /// Another event took the partial sequence.
    ConsumedBy(EventId),
}

/// By how much a structural clause missed.
#[derive(Debug, Clone, PartialEq)]
pub enum Shortfall {
    /// The event came this many milliseconds before the one that it must follow.
    Order {
        /// Milliseconds.
        early: i64,
    },
    /// The event came this many milliseconds after the end of `maxspan`.
    Maxspan {
        /// Milliseconds.
        late: i64,
    },
    /// The key differs.
    Join {
        /// What the event has.
        have: Vec<Value>,
        /// What the sequence has.
        want: Vec<Value>,
    },
}

/// Why nothing matched.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Blockers {
    /// The clauses each of which, inverted alone, makes a match; in the order of the text. Empty
    /// when the outcome is overdetermined.
    pub causes: Vec<Cause>,
    /// The smallest part of the query that contains all causes.
    pub part: Option<PartId>,
    /// Without causes: the smallest set of clauses that must change together.
    pub together: Vec<Cause>,
    /// The events that lack least, one a positive position; empty where some position has none.
    pub nearest: Vec<EventId>,
    /// Not all assignments of events to stages were looked at.
    pub approximate: bool,
}

/// Hints for [`crate::evaluate::Evaluation::blockers`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct BlockerHint {
    /// For each positive position (a stage `with runs=n` has n) the event that the author's
    /// labels put there: the attack's own match. Looked at alone if every position has one.
    pub assignment: Vec<Option<EventId>>,
    /// What is waived: the decision is explained under these overrides.
    pub waived: Vec<Override>,
}
