//! Mutations of the groups of a KQL query: dropped parentheses, and nested groups whose parts no
//! longer have to hold for one object.

use super::super::Operator;
use super::edit::{Becomes, Edit};
use crate::diagnostic::Span;
use crate::language::kql::syntax::{Literal, LiteralKind, Node, NodeKind, Piece};

/// The node as parsed without one pair of its parentheses.
pub(super) fn without_parentheses(node: &Node) -> Vec<Edit> {
    let span = node.span;
    let of_kind = |kind: NodeKind| Node { span, kind };
    let others: Vec<Node> = match &node.kind {
        NodeKind::And(items) => {
            let groups = items.iter().enumerate();
            let groups = groups.filter_map(|(at, item)| match &item.kind {
                NodeKind::Or(alternatives) => Some((at, alternatives)),
                _ => None,
            });
            groups
                .map(|(at, alternatives)| of_kind(without_pair(items, at, alternatives, span)))
                .collect()
        }
        NodeKind::Not(inner) => {
            let first_negated = |items: &[Node]| {
                let mut items = items.to_vec();
                if let Some(first) = items.first_mut() {
                    let own = first.clone();
                    *first = Node {
                        span: own.span,
                        kind: NodeKind::Not(Box::new(own)),
                    };
                }
                items
            };
            match &inner.kind {
                NodeKind::And(items) => vec![of_kind(NodeKind::And(first_negated(items)))],
                NodeKind::Or(items) => vec![of_kind(NodeKind::Or(first_negated(items)))],
                _ => Vec::new(),
            }
        }
        _ => Vec::new(),
    };
    let made = others.into_iter().map(|other| {
        let case = format!("a case that only one of `{node}` and `{other}` meets");
        changed(Operator::Parentheses, node, other, case)
    });
    made.collect()
}

/// `x and (a or b) and y` without its parentheses: `x and a or b and y`.
fn without_pair(items: &[Node], at: usize, alternatives: &[Node], span: Span) -> NodeKind {
    let before = items.iter().take(at).cloned();
    let after = items.iter().skip(at + 1).cloned();
    let joined = |items: Vec<Node>| match items.as_slice() {
        [only] => only.clone(),
        _ => Node {
            span,
            kind: NodeKind::And(items),
        },
    };
    let last = alternatives.len().saturating_sub(1);
    let alternatives = alternatives.iter().enumerate();
    let spread = alternatives.map(|(number, own)| {
        let own = std::iter::once(own.clone());
        let items: Vec<Node> = match number {
            0 => before.clone().chain(own).collect(),
            number if number == last => own.chain(after.clone()).collect(),
            _ => own.collect(),
        };
        joined(items)
    });
    NodeKind::Or(spread.collect())
}

/// A nested group without its braces, and one for each of its parts.
pub(super) fn of_nested(node: &Node, path: &Literal, inner: &Node) -> Vec<Edit> {
    let split = match &inner.kind {
        NodeKind::And(items) => Some(NodeKind::And(
            items
                .iter()
                .map(|item| Node {
                    span: item.span,
                    kind: NodeKind::Nested {
                        path: path.clone(),
                        inner: Box::new(item.clone()),
                    },
                })
                .collect(),
        )),
        _ => None,
    };
    let split = split.map(|kind| Node {
        span: node.span,
        kind,
    });
    let flat = path.text().and_then(|path| without_nesting(inner, &path));
    let made = split.into_iter().chain(flat).map(|other| {
        let case = format!(
            "a case in which the parts of `{node}` hold for different objects, which `{other}` meets"
        );
        changed(Operator::Nested, node, other, case)
    });
    made.collect()
}

/// The content of a nested group with full field names; `None` if a value has no field.
fn without_nesting(node: &Node, path: &str) -> Option<Node> {
    let all = |items: &[Node]| -> Option<Vec<Node>> {
        items
            .iter()
            .map(|item| without_nesting(item, path))
            .collect()
    };
    let kind = match &node.kind {
        NodeKind::And(items) => NodeKind::And(all(items)?),
        NodeKind::Or(items) => NodeKind::Or(all(items)?),
        NodeKind::Not(inner) => NodeKind::Not(Box::new(without_nesting(inner, path)?)),
        NodeKind::Nested { path: own, inner } => NodeKind::Nested {
            path: prefixed(path, own),
            inner: inner.clone(),
        },
        NodeKind::Is { field, value } => NodeKind::Is {
            field: Some(prefixed(path, field.as_ref()?)),
            value: value.clone(),
        },
        NodeKind::List { field, values } => NodeKind::List {
            field: prefixed(path, field),
            values: values.clone(),
        },
        NodeKind::Range {
            field,
            operator,
            value,
        } => NodeKind::Range {
            field: prefixed(path, field),
            operator: *operator,
            value: value.clone(),
        },
    };
    Some(Node {
        span: node.span,
        kind,
    })
}

/// The name of a field below a path.
fn prefixed(path: &str, field: &Literal) -> Literal {
    let kind = match &field.kind {
        LiteralKind::Wildcard(pieces) => {
            let start = format!("{path}.");
            let start = start.chars().map(Piece::Char);
            LiteralKind::Wildcard(start.chain(pieces.iter().copied()).collect())
        }
        _ => LiteralKind::Text(format!("{path}.{}", field.text().unwrap_or_default())),
    };
    Literal {
        span: field.span,
        kind,
    }
}

fn changed(operator: Operator, node: &Node, other: Node, case: String) -> Edit {
    Edit {
        operator,
        span: node.span,
        before: node.to_string(),
        after: other.to_string(),
        case,
        change: Becomes::Node(other).into(),
    }
}
