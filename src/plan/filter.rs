//! A condition on one document, apart from any query: a rule's own filter, an exception.

use super::index_vec::IndexVec;
use super::predicate::Predicate;
use super::{FieldId, PlanField};

/// A condition with the fields that it reads, valid for one schema as a [`super::Plan`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct Filter {
    /// The fields that the condition reads.
    pub fields: IndexVec<FieldId, PlanField>,
    /// The condition.
    pub predicate: Predicate,
}
