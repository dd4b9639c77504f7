//! Numbers parts, clauses and leaves while a query of one condition is lowered. Shared by KQL and
//! Lucene.

use super::dsl::error::{Refusal, UnsupportedCondition};
use super::dsl::lower::Lowering;
use super::dsl::query::Query;
use super::error::QueryError;
use crate::diagnostic::Span;
use crate::event::field::Family;
use crate::event::{Resolution, Schema, Timestamp};
use crate::plan::{
    Clause, ClauseId, ClauseKind, Condition, ConditionKind, FieldId, IndexVec, Leaf, LeafId,
    Operator, Part, PartId, Plan, PlanField, Predicate, Role, Stage, StageId,
};

/// The fields that a search request names beside its query.
#[derive(Debug, Clone, Copy)]
pub struct RequestFields<'a> {
    /// What orders events.
    pub timestamp: &'a str,
    /// What orders events of one time.
    pub tiebreaker: Option<&'a str>,
}

/// Builds the plan of one condition.
pub(super) struct PlanBuilder<'s> {
    /// Lowers single conditions.
    pub(super) lowering: Lowering<'s>,
    schema: &'s Schema,
    has_texts: bool,
    parts: IndexVec<PartId, Part>,
    clauses: IndexVec<ClauseId, Clause>,
    leaves: IndexVec<LeafId, Leaf>,
    is_too_large: bool,
    /// What Elasticsearch would refuse, in the order of the text.
    pub(super) errors: Vec<QueryError>,
}

const STAGE: StageId = StageId(0);

impl<'s> PlanBuilder<'s> {
    /// Without `has_texts` parts and clauses have empty texts.
    pub(super) fn new(schema: &'s Schema, now: Timestamp, has_texts: bool) -> Self {
        Self {
            lowering: Lowering::new(schema, now),
            schema,
            has_texts,
            parts: IndexVec::new(),
            clauses: IndexVec::new(),
            leaves: IndexVec::new(),
            is_too_large: false,
            errors: Vec::new(),
        }
    }

    fn number(&mut self, number: usize) -> u16 {
        u16::try_from(number).unwrap_or_else(|_| {
            self.is_too_large = true;
            u16::MAX
        })
    }

    /// A part of the text.
    pub(super) fn part(
        &mut self,
        parent: Option<PartId>,
        span: Span,
        text: impl FnOnce() -> String,
    ) -> PartId {
        let id = PartId(self.number(self.parts.len()));
        let text = if self.has_texts {
            text()
        } else {
            String::new()
        };
        self.parts.push(Part { parent, span, text });
        id
    }

    /// A clause that is a part of its own.
    pub(super) fn clause(&mut self, kind: ClauseKind, part: PartId) -> ClauseId {
        let id = ClauseId(self.number(self.clauses.len()));
        let own = self.parts.at(part);
        let (span, text) = (own.span, own.text.clone());
        self.clauses.push(Clause {
            parent: None,
            stage: Some(STAGE),
            kind,
            leaf: None,
            negated: false,
            part,
            span,
            text,
        });
        id
    }

    /// A clause with the test that is this query; one that Elasticsearch would refuse is an error.
    pub(super) fn condition(
        &mut self,
        kind: ClauseKind,
        list: Option<ClauseId>,
        part: PartId,
        query: &Query,
    ) -> Condition {
        let clause = self.clause(kind, part);
        let predicate = self.predicate(query, part);
        let leaf = LeafId(self.number(self.leaves.len()));
        self.leaves.push(Leaf { clause, predicate });
        let clause = self.clauses.at_mut(clause);
        clause.leaf = Some(leaf);
        clause.parent = list;
        Condition {
            part,
            kind: ConditionKind::Leaf(leaf),
        }
    }

    fn predicate(&mut self, query: &Query, part: PartId) -> Predicate {
        self.lowering.predicate(query).unwrap_or_else(|refusal| {
            self.refuse(refusal, part);
            Predicate::Constant(false)
        })
    }

    fn refuse(&mut self, refusal: Refusal, part: PartId) {
        let span = self.parts.at(part).span;
        self.errors.push(refusal.at(span));
    }

    /// The plan: every event that meets the condition.
    pub(super) fn finish(
        mut self,
        root: PartId,
        condition: Condition,
        request: RequestFields<'_>,
    ) -> Result<Plan, Vec<QueryError>> {
        let timestamp = self.request_field(request.timestamp);
        let tiebreaker = request.tiebreaker.map(|path| self.request_field(path));
        if self.is_too_large || self.lowering.is_too_large() {
            let refusal = Refusal::from(UnsupportedCondition::TooManyClauses);
            self.errors.push(refusal.at(Span::default()));
        }
        if !self.errors.is_empty() {
            return Err(self.errors);
        }
        Ok(Plan {
            fields: self.lowering.fields.into(),
            stages: IndexVec::from(vec![Stage {
                role: Role::Positive,
                runs: 1,
                category: None,
                condition,
                keys: Vec::new(),
                part: root,
            }]),
            operator: Operator::Select,
            pipes: Vec::new(),
            clauses: self.clauses,
            parts: self.parts,
            leaves: self.leaves,
            timestamp,
            tiebreaker,
        })
    }

    /// A field of the request as the schema reads it for every query.
    fn request_field(&mut self, path: &str) -> FieldId {
        let (family, readers): (Option<Family>, _) = match self.schema.resolve(path) {
            Resolution::Mapped(field) => (Some(field.family), field.readers),
            _ => (None, vec![None; self.schema.mappings().len()]),
        };
        let is_same = |field: &PlanField| {
            field.path == path && field.family == family && field.readers == readers
        };
        if let Some(known) = self.lowering.fields.iter().position(is_same) {
            return FieldId(u16::try_from(known).unwrap_or(u16::MAX));
        }
        self.lowering.field_id(PlanField {
            path: path.to_owned(),
            family,
            readers,
        })
    }
}
