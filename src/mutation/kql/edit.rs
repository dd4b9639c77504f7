//! One change of a KQL query.
//!
//! A change names its place and what becomes of it; the changed query is made when it is run. A list
//! of thousands of values has as many changes, and as many copies of it would not fit in memory.

use super::super::Operator;
use crate::diagnostic::Span;
use crate::language::kql::syntax::{ListKind, ListNode, Literal, Node, NodeKind, Query};

/// A change, with what reports say of it.
pub(in crate::mutation) struct Edit {
    pub(in crate::mutation) change: Change,
    pub(in crate::mutation) operator: Operator,
    /// The place that changes, in the query.
    pub(in crate::mutation) span: Span,
    /// Its canonical text before; empty for nothing.
    pub(in crate::mutation) before: String,
    /// And after.
    pub(in crate::mutation) after: String,
    /// The case that would tell the two apart.
    pub(in crate::mutation) case: String,
}

/// What changes, and where.
#[derive(Debug, Clone)]
pub(in crate::mutation) struct Change {
    /// The way to the condition, the last step first: at each `and` and `or` which operand.
    nodes: Vec<usize>,
    /// The way within a value list, the last step first. Values are named by their places, because
    /// a list may be shorter where the change is made.
    values: Vec<Span>,
    pub(in crate::mutation) becomes: Becomes,
    /// The value that changes, where it is one alternative of a list.
    pub(in crate::mutation) item: Option<Span>,
}

/// What becomes of a condition, a value list or a value.
#[derive(Debug, Clone)]
pub(in crate::mutation) enum Becomes {
    /// Every document meets the query.
    Everything,
    /// Another condition.
    Node(Node),
    /// Another value.
    Value(Literal),
    /// `and` becomes `or`, or the other way round.
    Swapped,
    /// `not` is put before it.
    Negated,
    /// It loses its `not`.
    Affirmed,
    /// `and` and `or` lose this operand.
    Without(usize),
    /// A value list loses the value at this place.
    WithoutValue(Span),
}

impl From<Becomes> for Change {
    /// At the root.
    fn from(becomes: Becomes) -> Self {
        Self {
            nodes: Vec::new(),
            values: Vec::new(),
            becomes,
            item: None,
        }
    }
}

impl Edit {
    /// The same change seen from the condition around it, of which it is this operand.
    pub(in crate::mutation) fn within(mut self, operand: usize) -> Self {
        self.change.nodes.push(operand);
        self
    }

    /// The same change seen from the value list around it.
    pub(in crate::mutation) fn within_values(mut self, value: Span) -> Self {
        self.change.values.push(value);
        self
    }
}

impl Change {
    /// The query with the change.
    pub(in crate::mutation) fn applied(&self, query: &Query) -> Query {
        let condition = query.condition.as_ref();
        let condition = condition.filter(|_| !matches!(self.becomes, Becomes::Everything));
        Query {
            span: query.span,
            condition: condition.map(|condition| self.below(condition, &self.nodes)),
        }
    }

    fn below(&self, node: &Node, way: &[usize]) -> Node {
        let Some((at, rest)) = way.split_last() else {
            return self.at_node(node);
        };
        let changed = |items: &[Node]| {
            let items = items.iter().enumerate();
            let items = items.map(|(place, item)| {
                if place == *at {
                    self.below(item, rest)
                } else {
                    item.clone()
                }
            });
            items.collect()
        };
        let inside = |inner: &Node| Box::new(self.below(inner, rest));
        let kind = match &node.kind {
            NodeKind::And(items) => NodeKind::And(changed(items)),
            NodeKind::Or(items) => NodeKind::Or(changed(items)),
            NodeKind::Not(inner) => NodeKind::Not(inside(inner)),
            NodeKind::Nested { path, inner } => NodeKind::Nested {
                path: path.clone(),
                inner: inside(inner),
            },
            other => other.clone(),
        };
        Node {
            span: node.span,
            kind,
        }
    }

    fn at_node(&self, node: &Node) -> Node {
        let of_kind = |kind: NodeKind| Node {
            span: node.span,
            kind,
        };
        let without = |items: &[Node], at: usize, kind: fn(Vec<Node>) -> NodeKind| {
            let mut rest = items.to_vec();
            if at < rest.len() {
                rest.remove(at);
            }
            match rest.as_slice() {
                [only] => only.clone(),
                _ => of_kind(kind(rest)),
            }
        };
        match (&self.becomes, &node.kind) {
            (Becomes::Node(other), _) => other.clone(),
            (Becomes::Negated, _) => of_kind(NodeKind::Not(Box::new(node.clone()))),
            (_, NodeKind::List { field, values }) => of_kind(NodeKind::List {
                field: field.clone(),
                values: self.in_list(values, &self.values),
            }),
            (Becomes::Value(value), NodeKind::Is { field, .. }) => of_kind(NodeKind::Is {
                field: field.clone(),
                value: value.clone(),
            }),
            (Becomes::Affirmed, NodeKind::Not(inner)) => (**inner).clone(),
            (Becomes::Swapped, NodeKind::And(items)) => of_kind(NodeKind::Or(items.clone())),
            (Becomes::Swapped, NodeKind::Or(items)) => of_kind(NodeKind::And(items.clone())),
            (Becomes::Without(at), NodeKind::And(items)) => without(items, *at, NodeKind::And),
            (Becomes::Without(at), NodeKind::Or(items)) => without(items, *at, NodeKind::Or),
            _ => node.clone(),
        }
    }

    fn in_list(&self, list: &ListNode, way: &[Span]) -> ListNode {
        let Some((at, rest)) = way.split_last() else {
            return self.at_list(list);
        };
        let changed = |items: &[ListNode]| {
            let mut all: Vec<ListNode> = items
                .iter()
                .map(|item| {
                    if item.span == *at {
                        self.in_list(item, rest)
                    } else {
                        item.clone()
                    }
                })
                .collect();
            let is_there = items.iter().any(|item| item.span == *at);
            if let (Becomes::Value(value), false, []) = (&self.becomes, is_there, rest) {
                all.push(ListNode {
                    span: *at,
                    kind: ListKind::Value(value.clone()),
                });
            }
            all
        };
        let kind = match &list.kind {
            ListKind::Or(items) => ListKind::Or(changed(items)),
            ListKind::And(items) => ListKind::And(changed(items)),
            ListKind::Not(inner) => ListKind::Not(Box::new(self.in_list(inner, rest))),
            ListKind::Value(_) => return self.at_list(list),
        };
        ListNode {
            span: list.span,
            kind,
        }
    }

    fn at_list(&self, list: &ListNode) -> ListNode {
        let of_kind = |kind: ListKind| ListNode {
            span: list.span,
            kind,
        };
        let without = |items: &[ListNode], at: Span, kind: fn(Vec<ListNode>) -> ListKind| {
            let rest = items.iter().filter(|item| item.span != at).cloned();
            let rest: Vec<ListNode> = rest.collect();
            match rest.as_slice() {
                [only] => only.clone(),
                _ => of_kind(kind(rest)),
            }
        };
        match (&self.becomes, &list.kind) {
            (Becomes::Value(value), ListKind::Value(_)) => of_kind(ListKind::Value(value.clone())),
            (Becomes::Affirmed, ListKind::Not(inner)) => (**inner).clone(),
            (Becomes::Swapped, ListKind::And(items)) => of_kind(ListKind::Or(items.clone())),
            (Becomes::Swapped, ListKind::Or(items)) => of_kind(ListKind::And(items.clone())),
            (Becomes::WithoutValue(at), ListKind::And(items)) => without(items, *at, ListKind::And),
            (Becomes::WithoutValue(at), ListKind::Or(items)) => without(items, *at, ListKind::Or),
            _ => list.clone(),
        }
    }
}
