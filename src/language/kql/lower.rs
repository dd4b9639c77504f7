//! KQL → plan on one schema: every leaf, value of a list, range and nested group is a clause.

use super::syntax::{ListKind, ListNode, Literal, Node, NodeKind, Query};
use super::translate::{Options, Translator};
use crate::event::{Schema, Timestamp};
use crate::language::dsl;
use crate::language::error::QueryError;
use crate::language::plan_builder::{PlanBuilder, RequestFields};
use crate::plan::{ClauseId, ClauseKind, Condition, ConditionKind, PartId, Plan};

/// Lowers a query as the detection engine runs it. `now` is what date math counts from; without
/// `has_texts` parts and clauses have empty texts.
///
/// The errors are what Kibana refuses while it translates, and what Elasticsearch would fail on.
pub fn lower(
    query: &Query,
    schema: &Schema,
    request: RequestFields<'_>,
    now: Timestamp,
    has_texts: bool,
) -> Result<Plan, Vec<QueryError>> {
    lower_in_view(query, schema, schema, request, now, has_texts)
}

/// Lowers a query in the function `KQL` of ES|QL.
pub fn lower_in_function(
    query: &Query,
    schema: &Schema,
    request: RequestFields<'_>,
) -> Result<Plan, Vec<QueryError>> {
    let builder = PlanBuilder::new(schema, Timestamp::default(), false);
    lowered(query, schema, builder, &Options::of_function(), request)
}

/// The same of a query that is translated for a data view with more indices than those of the
/// schema, whose documents are searched.
pub fn lower_in_view(
    query: &Query,
    view: &Schema,
    schema: &Schema,
    request: RequestFields<'_>,
    now: Timestamp,
    has_texts: bool,
) -> Result<Plan, Vec<QueryError>> {
    let builder = PlanBuilder::new(schema, now, has_texts);
    lowered(query, view, builder, &Options::of_rules(), request)
}

fn lowered(
    query: &Query,
    view: &Schema,
    builder: PlanBuilder<'_>,
    options: &Options,
    request: RequestFields<'_>,
) -> Result<Plan, Vec<QueryError>> {
    let mut lowerer = Lowerer {
        translator: Translator::new(view, options),
        builder,
    };
    let root = lowerer.builder.part(None, query.span, || query.to_string());
    let condition = match &query.condition {
        Some(node) => lowerer.node(node, root),
        None => Condition {
            part: root,
            kind: ConditionKind::Constant(true),
        },
    };
    let mut errors = lowerer.translator.errors;
    if errors.is_empty() {
        return lowerer.builder.finish(root, condition, request);
    }
    errors.extend(lowerer.builder.errors);
    errors.sort_by_key(|error| error.span);
    Err(errors)
}

struct Lowerer<'s> {
    translator: Translator<'s, Schema>,
    builder: PlanBuilder<'s>,
}

impl Lowerer<'_> {
    fn node(&mut self, node: &Node, parent: PartId) -> Condition {
        let part = self
            .builder
            .part(Some(parent), node.span, || node.to_string());
        match &node.kind {
            NodeKind::Or(nodes) => junction(part, ConditionKind::Any, self.all(nodes, part)),
            NodeKind::And(nodes) => junction(part, ConditionKind::All, self.all(nodes, part)),
            NodeKind::Not(inner) => {
                let inner = self.node(inner, part);
                Condition {
                    part,
                    kind: ConditionKind::Not(Box::new(inner)),
                }
            }
            NodeKind::Is { .. } | NodeKind::Range { .. } | NodeKind::Nested { .. } => {
                let query = self.translator.node(node, None);
                let kind = match query {
                    dsl::Query::MatchAll => ClauseKind::Constant,
                    _ => ClauseKind::Comparison,
                };
                self.builder.condition(kind, None, part, &query)
            }
            NodeKind::List { field, values } => {
                let list = self.builder.clause(ClauseKind::Comparison, part);
                self.list(field, values, list, part)
            }
        }
    }

    fn all(&mut self, nodes: &[Node], part: PartId) -> Vec<Condition> {
        nodes.iter().map(|node| self.node(node, part)).collect()
    }

    /// A node of a value list, whose part there is already for the list as a whole.
    fn list(
        &mut self,
        field: &Literal,
        node: &ListNode,
        list: ClauseId,
        part: PartId,
    ) -> Condition {
        let mut all = |nodes: &[ListNode]| -> Vec<Condition> {
            let nodes = nodes.iter().map(|node| {
                let text = || match &node.kind {
                    ListKind::Value(value) => format!("{field}: {value}"),
                    _ => format!("{field}: ({node})"),
                };
                let part = self.builder.part(Some(part), node.span, text);
                self.list(field, node, list, part)
            });
            nodes.collect()
        };
        match &node.kind {
            ListKind::Or(nodes) => junction(part, ConditionKind::Any, all(nodes)),
            ListKind::And(nodes) => junction(part, ConditionKind::All, all(nodes)),
            ListKind::Not(inner) => {
                let mut inner = all(std::slice::from_ref(&**inner));
                match inner.pop() {
                    Some(inner) => Condition {
                        part,
                        kind: ConditionKind::Not(Box::new(inner)),
                    },
                    None => junction(part, ConditionKind::All, inner),
                }
            }
            ListKind::Value(value) => {
                let query = self.translator.is(Some(field), value, None, node.span);
                self.builder
                    .condition(ClauseKind::ListItem, Some(list), part, &query)
            }
        }
    }
}

fn junction(
    part: PartId,
    kind: impl Fn(Vec<Condition>) -> ConditionKind,
    parts: Vec<Condition>,
) -> Condition {
    Condition {
        part,
        kind: kind(parts),
    }
}
