//! One change of a condition: made for the tree ([`super::condition`]) and for single clauses
//! ([`super::leaf`]).
//!
//! A change names its place and what becomes of it; the changed tree is made when it is run. A list
//! of thousands of items has as many changes, and as many copies of it would not fit in memory.

use super::Operator;
use crate::diagnostic::Span;
use crate::language::eql::syntax::Expr;

/// How the surrounding expressions use an expression.
#[derive(Debug, Clone, Copy)]
pub(super) struct Polarity {
    /// What a match wants it to be.
    pub(super) want: bool,
    /// Whether a `not` stands before it.
    pub(super) negated: bool,
    /// Whether there are matches to which it does not matter: it is one of several alternatives.
    pub(super) optional: bool,
}

/// One change of a condition.
pub(super) struct Edit {
    /// The way to the expression that changes: at each `and`, `or` and `not` which operand.
    pub(super) path: Vec<usize>,
    pub(super) change: Change,
    pub(super) operator: Operator,
    /// The place that changes, in the query.
    pub(super) span: Span,
    /// Its canonical text before; empty for nothing.
    pub(super) before: String,
    /// And after.
    pub(super) after: String,
    /// The case that would tell the two apart.
    pub(super) case: String,
}

/// What becomes of an expression.
#[derive(Debug, Clone)]
pub(super) enum Change {
    /// Another expression.
    Replaced(Expr),
    /// It holds always.
    Always,
    /// `and` becomes `or`, or the other way round.
    Swapped,
    /// `and` and `or` lose this operand.
    Without(usize),
    /// `not` is put before it.
    Negated,
    /// It loses its `not`.
    Affirmed,
    /// A list loses the item at this place in the text, or has another one there.
    Item(Span, Option<Expr>),
}
