//! Hands out the numbers of fields, parts, clauses and leaves while a query is lowered.

use std::collections::BTreeMap;

use super::OptionalFields;
use crate::diagnostic::Span;
use crate::event::Timestamp;
use crate::event::schema::ResolvedField;
use crate::language::eql::check::Checked;
use crate::plan::{
    Clause, ClauseId, ClauseKind, FieldId, IndexVec, Leaf, LeafId, Part, PartId, PlanField,
    Predicate, StageId,
};

pub(super) struct Builder<'a> {
    pub(super) checked: &'a Checked<'a>,
    pub(super) optional: OptionalFields,
    pub(super) now: Timestamp,
    /// Whether parts and clauses have their texts.
    worded: bool,
    pub(super) fields: IndexVec<FieldId, PlanField>,
    field_ids: BTreeMap<String, FieldId>,
    pub(super) parts: IndexVec<PartId, Part>,
    pub(super) clauses: IndexVec<ClauseId, Clause>,
    pub(super) leaves: IndexVec<LeafId, Leaf>,
    /// The stage that is being lowered.
    pub(super) stage: Option<StageId>,
    /// Some number did not fit its type.
    pub(super) too_large: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn new(checked: &'a Checked<'a>, optional: OptionalFields, now: Timestamp) -> Self {
        Self {
            checked,
            optional,
            now,
            worded: true,
            fields: IndexVec::new(),
            field_ids: BTreeMap::new(),
            parts: IndexVec::new(),
            clauses: IndexVec::new(),
            leaves: IndexVec::new(),
            stage: None,
            too_large: false,
        }
    }

    /// Without the texts of parts and clauses.
    pub(super) fn wordless(self) -> Self {
        Self {
            worded: false,
            ..self
        }
    }

    /// The text of a part or clause, where it is wanted.
    pub(super) fn words(&self, text: impl FnOnce() -> String) -> String {
        if self.worded { text() } else { String::new() }
    }

    /// The type of a field; `None` when it is unmapped.
    pub(super) fn resolved(&self, path: &str) -> Option<&'a ResolvedField> {
        self.checked.fields.get(path)?.as_ref()
    }

    /// The field's number; the same path has the same number.
    pub(super) fn field(&mut self, path: &str) -> FieldId {
        if let Some(id) = self.field_ids.get(path) {
            return *id;
        }
        let id = FieldId(self.number(self.fields.len()));
        let resolved = self.resolved(path);
        self.fields.push(PlanField {
            path: path.to_owned(),
            family: resolved.map(|resolved| resolved.family),
            readers: resolved.map_or_else(Vec::new, |resolved| resolved.readers.clone()),
        });
        self.field_ids.insert(path.to_owned(), id);
        id
    }

    pub(super) fn part(&mut self, parent: Option<PartId>, span: Span, text: String) -> PartId {
        let id = PartId(self.number(self.parts.len()));
        self.parts.push(Part { parent, span, text });
        id
    }

    /// A clause that is a part of its own.
    pub(super) fn clause(
        &mut self,
        kind: ClauseKind,
        part: PartId,
        span: Span,
        text: String,
    ) -> ClauseId {
        let id = ClauseId(self.number(self.clauses.len()));
        self.clauses.push(Clause {
            parent: None,
            stage: self.stage,
            kind,
            leaf: None,
            negated: false,
            part,
            span,
            text,
        });
        id
    }

    /// Gives a clause its leaf.
    pub(super) fn leaf(&mut self, clause: ClauseId, predicate: Predicate, negated: bool) -> LeafId {
        let id = LeafId(self.number(self.leaves.len()));
        self.leaves.push(Leaf { clause, predicate });
        let clause = self.clauses.at_mut(clause);
        clause.leaf = Some(id);
        clause.negated = negated;
        id
    }

    /// A number that fits; one that does not is noted, and the plan refused in the end.
    fn number(&mut self, number: usize) -> u16 {
        u16::try_from(number).unwrap_or_else(|_| {
            self.too_large = true;
            u16::MAX
        })
    }
}
