//! One rule, and why: the reference evaluator.
//!
//! Two steps. *Facts*: each leaf of the plan on each event, once, one bit. *Decide*: a pure
//! function of plan, facts and overrides: the boolean tree gives the stages that an event meets,
//! the sequence or sample matcher takes `(ordinal, stage, key)` and gives the matches. Blockers,
//! waived runs, coverage, mutation and explain are [`Evaluation::decide_with`] with overrides; none
//! of them evaluates a query in a way of its own.

use crate::event::{EventId, Timestamp, Value};
use crate::plan::{ClauseId, PartId, StageId};

/// What a search is given beside query and events.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Context {
    /// `now` of date math; fixed for the whole search.
    pub now: Timestamp,
    /// The request's parameters.
    pub request: Request,
}

/// The request parameters of Elasticsearch's EQL search API that change results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Request {
    /// How many events, sequences or samples are returned; `None` for all of them.
    pub size: Option<usize>,
    /// Which end of the results is returned when there are more.
    pub position: ResultPosition,
    /// How many samples a key may give.
    pub max_samples_per_key: usize,
}

/// `result_position`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ResultPosition {
    /// The earliest.
    Head,
    /// The most recent.
    #[default]
    Tail,
}

impl Default for Request {
    fn default() -> Self {
        Self {
            size: None,
            position: ResultPosition::default(),
            max_samples_per_key: 1,
        }
    }
}

/// What Elasticsearch reports only when it runs a query: a failure, never a miss.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct QueryFailure {
    /// Elasticsearch's message in substance.
    pub message: String,
    /// The clause that failed.
    pub clause: Option<ClauseId>,
}

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
    /// A structural clause no longer holds anything back: `maxspan` unlimited, `until` or a
    /// missing event dropped, a key left out of the tuple, a category that is any.
    Lift(ClauseId),
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
    pub miss: Option<Miss>,
}

/// What a [`Cause`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CauseKind {
    /// A clause of the plan.
    Clause(ClauseId),
    /// The event's index is not among those that the rule searches.
    NotRouted,
    /// Another event took the partial sequence.
    TakenBy(EventId),
}

/// By how much a structural clause missed.
#[derive(Debug, Clone, PartialEq)]
pub enum Miss {
    /// The event came so many milliseconds before the one that it must follow.
    Order {
        /// Milliseconds.
        early: i64,
    },
    /// The event came so many milliseconds after the end of `maxspan`.
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
    /// Not all assignments of events to stages were looked at.
    pub approximate: bool,
}
