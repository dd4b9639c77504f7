//! The value lists of a KQL query, as [`super::super::lists`] has those of EQL.

use rustc_hash::FxHashMap;

use super::super::lists::LEAST;
use crate::diagnostic::Span;
use crate::language::kql::syntax::{ListKind, ListNode, Literal, Node, NodeKind, Query};

/// The values of a query's lists of alternatives by their places in the text.
pub(in crate::mutation) struct KqlLists<'q> {
    query: &'q Query,
    values: FxHashMap<Span, ListedValue>,
}

struct ListedValue {
    /// The list that it is an alternative of.
    list: Span,
    field: Literal,
    node: ListNode,
}

impl<'q> KqlLists<'q> {
    /// The lists of a query. Those of nested groups are left out: a group is one test.
    pub(in crate::mutation) fn of(query: &'q Query) -> Self {
        let mut values = FxHashMap::default();
        let mut copy = query.clone();
        each_list(&mut copy, &mut |field, list, items| {
            let own = items.iter().filter(|item| is_value(item));
            values.extend(own.map(|item| {
                let listed = ListedValue {
                    list,
                    field: field.clone(),
                    node: item.clone(),
                };
                (item.span, listed)
            }));
        });
        Self { query, values }
    }

    /// The place of the clause that has the fact of a value: the value's own.
    pub(in crate::mutation) fn clause(&self, value: Span) -> Option<Span> {
        self.values.contains_key(&value).then_some(value)
    }

    /// The query with those values of its lists for which `keep` holds, and a few others.
    pub(in crate::mutation) fn shortened(&self, keep: impl Fn(Span) -> bool) -> Query {
        let mut short = self.query.clone();
        each_list(&mut short, &mut |_, _, items| {
            let mut spare = LEAST;
            items.retain(|item| {
                if keep(item.span) || !is_value(item) {
                    return true;
                }
                let is_spare = spare > 0;
                spare = spare.saturating_sub(1);
                is_spare
            });
        });
        short
    }

    /// A shortened query with these values in their lists again.
    pub(in crate::mutation) fn with(&self, short: &Query, values: &[Span]) -> Query {
        let mut longer = short.clone();
        let wanted = values.iter().filter_map(|span| self.values.get(span));
        let wanted: Vec<&ListedValue> = wanted.collect();
        each_list(&mut longer, &mut |_, list, items| {
            for value in wanted.iter().filter(|value| value.list == list) {
                if items.iter().all(|item| item.span != value.node.span) {
                    items.push(value.node.clone());
                }
            }
        });
        longer
    }

    /// A query that asks for nothing but another value in the place of one.
    pub(in crate::mutation) fn alone(&self, span: Span, other: &Literal) -> Option<Query> {
        let value = self.values.get(&span)?;
        let values = ListNode {
            span,
            kind: ListKind::Value(other.clone()),
        };
        let field = value.field.clone();
        Some(Query {
            span: self.query.span,
            condition: Some(Node {
                span,
                kind: NodeKind::List { field, values },
            }),
        })
    }
}

fn is_value(item: &ListNode) -> bool {
    matches!(item.kind, ListKind::Value(_))
}

/// Calls `each` with every list of alternatives: its field, its place and its items.
fn each_list(query: &mut Query, each: &mut impl FnMut(&Literal, Span, &mut Vec<ListNode>)) {
    if let Some(condition) = &mut query.condition {
        below(condition, each);
    }
}

fn below(node: &mut Node, each: &mut impl FnMut(&Literal, Span, &mut Vec<ListNode>)) {
    match &mut node.kind {
        NodeKind::And(items) | NodeKind::Or(items) => {
            for item in items {
                below(item, each);
            }
        }
        NodeKind::Not(inner) => below(inner, each),
        NodeKind::List { field, values } => in_list(field, values, each),
        NodeKind::Nested { .. } | NodeKind::Is { .. } | NodeKind::Range { .. } => {}
    }
}

fn in_list(
    field: &Literal,
    list: &mut ListNode,
    each: &mut impl FnMut(&Literal, Span, &mut Vec<ListNode>),
) {
    let span = list.span;
    match &mut list.kind {
        ListKind::Or(items) => {
            each(field, span, items);
            for item in items {
                in_list(field, item, each);
            }
        }
        ListKind::And(items) => {
            for item in items {
                in_list(field, item, each);
            }
        }
        ListKind::Not(inner) => in_list(field, inner, each),
        ListKind::Value(_) => {}
    }
}
