//! A change of a part of a KQL query, and the same change seen from the tree around the part.

use super::Operator;
use crate::diagnostic::Span;

/// A tree with one change; without a tree, every document meets the query.
pub(super) struct Edit<T> {
    pub(super) tree: Option<T>,
    pub(super) operator: Operator,
    pub(super) span: Span,
    pub(super) before: String,
    pub(super) after: String,
    pub(super) case: String,
}

impl<T> Edit<T> {
    /// The same change seen from a tree around it.
    pub(super) fn within<U>(self, around: impl FnOnce(Option<T>) -> Option<U>) -> Edit<U> {
        Edit {
            tree: around(self.tree),
            operator: self.operator,
            span: self.span,
            before: self.before,
            after: self.after,
            case: self.case,
        }
    }
}
