//! Which tests need a document as a whole, and not the values of single fields.

use crate::event::FieldType;
use crate::plan::{FieldId, Plan, Predicate};

/// Whether a plan has tests of documents as they were written.
pub(super) fn asks_documents(plan: &Plan) -> bool {
    let mut leaves = plan.leaves.iter();
    leaves.any(|leaf| asks_document(plan, &leaf.predicate))
}

/// Whether the test needs the whole document: for nested objects, and for fields whose values stand
/// at no single path.
pub(super) fn asks_document(plan: &Plan, predicate: &Predicate) -> bool {
    let is_beside = |field: &FieldId| {
        let mut readers = plan.fields.at(*field).readers.iter().flatten();
        readers.any(|reader| {
            reader.field_type == FieldType::Flattened
                || reader.read_from.contains('*')
                || ["_id", "_index"].contains(&&*reader.read_from)
        })
    };
    predicate.has_nested() || predicate.fields().iter().any(is_beside)
}
