//! Which tests need a document as a whole, and not the values of single fields.

use crate::event::FieldType;
use crate::plan::{FieldId, Plan, PlanField, Predicate};

/// Whether a plan has tests of documents as they were written.
pub fn asks_documents(plan: &Plan) -> bool {
    let beside = fields_beside(plan);
    let mut leaves = plan.leaves.iter();
    leaves.any(|leaf| asks_document(&leaf.predicate, &beside))
}

/// The fields whose values stand at no single path.
pub(super) fn fields_beside(plan: &Plan) -> Vec<FieldId> {
    let is_beside = |field: &PlanField| {
        let mut readers = field.readers.iter().flatten();
        readers.any(|reader| {
            reader.field_type == FieldType::Flattened
                || reader.read_from.contains('*')
                || ["_id", "_index"].contains(&&*reader.read_from)
        })
    };
    let fields = plan.fields.numbered();
    let fields = fields.filter(|(_, field)| is_beside(field));
    fields.map(|(id, _)| id).collect()
}

/// Whether the test needs the whole document: for nested objects, and for fields whose values stand
/// at no single path.
pub(super) fn asks_document(predicate: &Predicate, beside: &[FieldId]) -> bool {
    let reads = || {
        predicate
            .fields()
            .iter()
            .any(|field| beside.contains(field))
    };
    predicate.has_nested() || (!beside.is_empty() && reads())
}
