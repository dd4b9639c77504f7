//! A change of a condition.

use super::Operator;
use crate::diagnostic::Span;
use crate::language::eql::syntax::Expr;

/// A condition with one change.
pub(super) struct Edit {
    /// The whole expression with the change.
    pub(super) expr: Expr,
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
