//! Clauses → plan on one schema: every value is a clause.

use super::query::{Meaning, leaf_query};
use super::syntax::{Group, Node, Occur};
use crate::event::{Schema, Timestamp};
use crate::language::error::QueryError;
use crate::language::plan_builder::{PlanBuilder, RequestFields};
use crate::plan::{ClauseKind, Condition, ConditionKind, PartId, Plan};

/// Lowers a query as the detection engine runs it. `now` is what date math counts from; without
/// `has_texts` parts and clauses have empty texts.
pub fn lower(
    group: &Group,
    schema: &Schema,
    request: RequestFields<'_>,
    now: Timestamp,
    has_texts: bool,
) -> Result<Plan, Vec<QueryError>> {
    let mut lowerer = Lowerer {
        builder: PlanBuilder::new(schema, now, has_texts),
        meaning: Meaning::of_rules(),
    };
    let root = lowerer.builder.part(None, group.span, || group.to_string());
    let condition = lowerer.group(group, root);
    lowerer.builder.finish(root, condition, request)
}

struct Lowerer<'s> {
    builder: PlanBuilder<'s>,
    meaning: Meaning,
}

impl Lowerer<'_> {
    fn group(&mut self, group: &Group, part: PartId) -> Condition {
        let (mut required, mut optional) = (Vec::new(), Vec::new());
        let decides = !group
            .clauses
            .iter()
            .any(|clause| clause.occur == Occur::Required);
        for clause in &group.clauses {
            let condition = self.node(&clause.node, part);
            match clause.occur {
                Occur::Required => required.push(condition),
                Occur::Optional => optional.push(condition),
                Occur::Forbidden => required.push(Condition {
                    part: condition.part,
                    kind: ConditionKind::Not(Box::new(condition)),
                }),
            }
        }
        // Beside a required clause, optional ones only change the order of hits.
        if decides && !optional.is_empty() {
            required.push(Condition {
                part,
                kind: ConditionKind::Any(optional),
            });
        }
        Condition {
            part,
            kind: ConditionKind::All(required),
        }
    }

    fn node(&mut self, node: &Node, parent: PartId) -> Condition {
        match node {
            Node::Group(group) => {
                let part = self
                    .builder
                    .part(Some(parent), group.span, || format!("({group})"));
                self.group(group, part)
            }
            Node::Leaf(leaf) => {
                let part = self
                    .builder
                    .part(Some(parent), leaf.span, || leaf.to_string());
                let query = leaf_query(leaf, &self.meaning);
                self.builder
                    .condition(ClauseKind::Comparison, None, part, &query)
            }
        }
    }
}
