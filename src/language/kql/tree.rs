//! The tree of a query as Kibana's parser gives it, value lists expanded, in one line of text: the
//! form in which tests and tools compare trees.

use super::syntax::{ListKind, ListNode, Literal, LiteralKind, Node, NodeKind};

/// The tree as one line of text: `is(FIELD,VALUE)`, `range(FIELD,gt,VALUE)`, `nested(PATH,X)`,
/// `and/or/not(…)`; `"x"` is a text, `q"x"` a quoted one, `~"x*"` one with wildcards, `null` no field.
pub fn tree(node: &Node) -> String {
    match &node.kind {
        NodeKind::Or(nodes) => format!("or({})", all(nodes, tree)),
        NodeKind::And(nodes) => format!("and({})", all(nodes, tree)),
        NodeKind::Not(inner) => format!("not({})", tree(inner)),
        NodeKind::Nested { path, inner } => format!("nested({},{})", literal(path), tree(inner)),
        NodeKind::Is { field, value } => is(field.as_ref(), value),
        NodeKind::List { field, values } => list(field, values),
        NodeKind::Range {
            field,
            operator,
            value,
        } => format!(
            "range({},{},{})",
            literal(field),
            operator.name(),
            literal(value)
        ),
    }
}

fn all<T>(nodes: &[T], text: impl Fn(&T) -> String) -> String {
    nodes.iter().map(text).collect::<Vec<_>>().join(",")
}

fn list(field: &Literal, values: &ListNode) -> String {
    match &values.kind {
        ListKind::Value(value) => is(Some(field), value),
        ListKind::Or(nodes) => format!("or({})", all(nodes, |node| list(field, node))),
        ListKind::And(nodes) => format!("and({})", all(nodes, |node| list(field, node))),
        ListKind::Not(inner) => format!("not({})", list(field, inner)),
    }
}

fn is(field: Option<&Literal>, value: &Literal) -> String {
    let field = field.map_or_else(|| "null".to_owned(), literal);
    format!("is({field},{})", literal(value))
}

fn literal(literal: &Literal) -> String {
    let json = |text: &str| serde_json::Value::from(text).to_string();
    match &literal.kind {
        LiteralKind::Null => "null".to_owned(),
        LiteralKind::Bool(value) => value.to_string(),
        LiteralKind::Text(text) => json(text),
        LiteralKind::Quoted(text) => format!("q{}", json(text)),
        LiteralKind::Wildcard(_) => format!("~{}", json(&literal.text().unwrap_or_default())),
    }
}
