//! The changes of a KQL query: of its boolean tree, its value lists, values and ranges.

use super::kql_edit::Edit;
use super::kql_groups as groups;
use super::kql_values::{Of, of_value};
use super::{Changed, Mutant, Operator};
use crate::compile::Syntax;
use crate::language::kql::syntax::{
    ListKind, ListNode, Literal, LiteralKind, Node, NodeKind, Query, RangeOperator,
};

/// Every mutant of a query, in the order of the text.
pub(super) fn mutants(query: &Query) -> Vec<Mutant> {
    let Some(condition) = &query.condition else {
        return Vec::new();
    };
    let mut all = edits(condition, true);
    if !matches!(condition.kind, NodeKind::And(_) | NodeKind::Or(_)) {
        all.push(dropped(condition, None, true));
    }
    let mutant = |edit: Edit<Node>| Mutant {
        operator: edit.operator,
        span: edit.span,
        before: edit.before,
        after: edit.after,
        case: edit.case,
        changed: Changed::Query(Syntax::Kuery(Query {
            span: query.span,
            condition: edit.tree,
        })),
    };
    let mut mutants: Vec<Mutant> = all.into_iter().map(mutant).collect();
    mutants.sort_by_key(|mutant| mutant.span);
    mutants
}

/// Every change of a condition that a match wants to be `want`.
fn edits(node: &Node, want: bool) -> Vec<Edit<Node>> {
    let span = node.span;
    let of_kind = |kind: NodeKind| Node { span, kind };
    match &node.kind {
        NodeKind::And(items) => junction(node, items, want, NodeKind::And, NodeKind::Or),
        NodeKind::Or(items) => junction(node, items, want, NodeKind::Or, NodeKind::And),
        NodeKind::Not(inner) => {
            let mut all = vec![negated(node, (**inner).clone())];
            let not = |inner: Node| of_kind(NodeKind::Not(Box::new(inner)));
            // `not not a` is the mutant that has been made already.
            let is_new =
                |edit: &Edit<Node>| edit.operator != Operator::Negate || edit.span != inner.span;
            let below = edits(inner, !want).into_iter().filter(is_new);
            all.extend(below.map(|edit| edit.within(|inner| inner.map(not))));
            all.extend(groups::without_parentheses(node));
            all
        }
        NodeKind::Nested { path, inner } => {
            let nested = |inner: Node| {
                of_kind(NodeKind::Nested {
                    path: path.clone(),
                    inner: Box::new(inner),
                })
            };
            let below = edits(inner, want).into_iter();
            let mut all: Vec<Edit<Node>> = below
                .map(|edit| edit.within(|inner| inner.map(nested)))
                .collect();
            all.push(negated(
                node,
                of_kind(NodeKind::Not(Box::new(node.clone()))),
            ));
            all.extend(groups::of_nested(node, path, inner));
            all
        }
        NodeKind::List { field, values } => {
            let list = |values: ListNode| {
                of_kind(NodeKind::List {
                    field: field.clone(),
                    values,
                })
            };
            let field_name = field.text().unwrap_or_default();
            let of = Of {
                field: &field_name,
                want,
            };
            let below = of_list(values, of).into_iter();
            let mut all: Vec<Edit<Node>> = below
                .map(|edit| edit.within(|values| values.map(list)))
                .collect();
            all.push(negated(
                node,
                of_kind(NodeKind::Not(Box::new(node.clone()))),
            ));
            all
        }
        NodeKind::Is { field, value } => {
            let is = |value: Literal| {
                of_kind(NodeKind::Is {
                    field: field.clone(),
                    value,
                })
            };
            let name = field.as_ref().and_then(Literal::text);
            let of = Of {
                field: name.as_deref().unwrap_or_default(),
                want,
            };
            let mut all: Vec<Edit<Node>> = of_value(value, of)
                .into_iter()
                .map(|edit| edit.within(|value| value.map(is)))
                .collect();
            all.push(negated(
                node,
                of_kind(NodeKind::Not(Box::new(node.clone()))),
            ));
            all
        }
        NodeKind::Range {
            field,
            operator,
            value,
        } => range(node, field, *operator, value),
    }
}

/// The changes of a range: its bound in or out, moved by one, and the whole negated.
fn range(
    node: &Node,
    field: &Literal,
    operator: RangeOperator,
    value: &Literal,
) -> Vec<Edit<Node>> {
    let span = node.span;
    let of_kind = |kind: NodeKind| Node { span, kind };
    let moved = of_kind(NodeKind::Range {
        field: field.clone(),
        operator: across_the_bound(operator),
        value: value.clone(),
    });
    let bound = value.text().unwrap_or_default();
    let at = |text: String| {
        let kind = match value.kind {
            LiteralKind::Quoted(_) => LiteralKind::Quoted(text),
            _ => LiteralKind::Text(text),
        };
        of_kind(NodeKind::Range {
            field: field.clone(),
            operator,
            value: Literal {
                span: value.span,
                kind,
            },
        })
    };
    let further = super::bound::moved(&bound).into_iter().map(at);
    let further = further.map(|moved| Edit {
        operator: Operator::Boundary,
        span,
        before: node.to_string(),
        after: moved.to_string(),
        case: format!("a case with a value between those of `{node}` and `{moved}`"),
        tree: Some(moved),
    });
    let mut all = vec![
        Edit {
            operator: Operator::Boundary,
            span,
            before: node.to_string(),
            after: moved.to_string(),
            case: format!("a case with the value {bound}"),
            tree: Some(moved),
        },
        negated(node, of_kind(NodeKind::Not(Box::new(node.clone())))),
    ];
    all.extend(further);
    all
}

/// The changes of `and` and `or`.
fn junction(
    node: &Node,
    items: &[Node],
    want: bool,
    same: fn(Vec<Node>) -> NodeKind,
    other: fn(Vec<Node>) -> NodeKind,
) -> Vec<Edit<Node>> {
    let span = node.span;
    let rebuilt = |items: Vec<Node>| match items.as_slice() {
        [only] => only.clone(),
        _ => Node {
            span,
            kind: same(items),
        },
    };
    let swapped = Node {
        span,
        kind: other(items.to_vec()),
    };
    let mut all = vec![Edit {
        operator: Operator::SwapAndOr,
        span,
        before: node.to_string(),
        after: swapped.to_string(),
        case: format!("a case that meets a part of `{node}` only"),
        tree: Some(swapped),
    }];
    all.extend(groups::without_parentheses(node));
    for (index, item) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(index);
        all.push(dropped(item, Some(rebuilt(rest)), want));
        for edit in edits(item, want) {
            all.push(edit.within(|item| {
                let mut items = items.to_vec();
                if let (Some(place), Some(item)) = (items.get_mut(index), item) {
                    *place = item;
                }
                Some(rebuilt(items))
            }));
        }
    }
    all
}

/// Makes a list of its items.
type Junction = fn(Vec<ListNode>) -> ListKind;

/// The changes of a value list.
fn of_list(list: &ListNode, of: Of<'_>) -> Vec<Edit<ListNode>> {
    let span = list.span;
    let of_kind = |kind: ListKind| ListNode { span, kind };
    let (items, same, other): (&[ListNode], Junction, Junction) = match &list.kind {
        ListKind::Or(items) => (items, ListKind::Or, ListKind::And),
        ListKind::And(items) => (items, ListKind::And, ListKind::Or),
        ListKind::Not(inner) => {
            let not = |inner: ListNode| of_kind(ListKind::Not(Box::new(inner)));
            let mut all = vec![Edit {
                tree: Some((**inner).clone()),
                operator: Operator::Negate,
                span,
                before: list.to_string(),
                after: inner.to_string(),
                case: format!("a case that `{list}` decides"),
            }];
            let below = of_list(inner, of.negated()).into_iter();
            all.extend(below.map(|edit| edit.within(|inner| inner.map(not))));
            return all;
        }
        ListKind::Value(value) => {
            let value_node = |value: Literal| of_kind(ListKind::Value(value));
            let below = of_value(value, of).into_iter();
            return below
                .map(|edit| edit.within(|value| value.map(value_node)))
                .collect();
        }
    };
    let rebuilt = |items: Vec<ListNode>| match items.as_slice() {
        [only] => only.clone(),
        _ => of_kind(same(items)),
    };
    let swapped = of_kind(other(items.to_vec()));
    let mut all = vec![Edit {
        operator: Operator::SwapAndOr,
        span,
        before: list.to_string(),
        after: swapped.to_string(),
        case: format!("a case with one value of `{list}` only"),
        tree: Some(swapped),
    }];
    for (index, item) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(index);
        all.push(Edit {
            tree: Some(rebuilt(rest)),
            operator: Operator::DropItem,
            span: item.span,
            before: item.to_string(),
            after: String::new(),
            case: format!("a case with the value `{item}`"),
        });
        for edit in of_list(item, of) {
            all.push(edit.within(|item| {
                let mut items = items.to_vec();
                if let (Some(place), Some(item)) = (items.get_mut(index), item) {
                    *place = item;
                }
                Some(rebuilt(items))
            }));
        }
    }
    all
}

fn across_the_bound(operator: RangeOperator) -> RangeOperator {
    match operator {
        RangeOperator::AtMost => RangeOperator::Below,
        RangeOperator::Below => RangeOperator::AtMost,
        RangeOperator::AtLeast => RangeOperator::Above,
        RangeOperator::Above => RangeOperator::AtLeast,
    }
}

fn dropped(node: &Node, rest: Option<Node>, want: bool) -> Edit<Node> {
    Edit {
        tree: rest,
        operator: Operator::Drop,
        span: node.span,
        before: node.to_string(),
        after: String::new(),
        case: format!(
            "the attack, changed only so that `{node}` is {}, which must not alert",
            !want
        ),
    }
}

fn negated(node: &Node, after: Node) -> Edit<Node> {
    Edit {
        operator: Operator::Negate,
        span: node.span,
        before: node.to_string(),
        after: after.to_string(),
        case: format!("a case that `{node}` decides"),
        tree: Some(after),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::kql;

    /// Each mutant of a query: its operator and its canonical text.
    fn of(text: &str) -> Vec<String> {
        let query = kql::parse(text).unwrap();
        let text = |mutant: &Mutant| {
            let Changed::Query(Syntax::Kuery(query)) = &mutant.changed else {
                return String::new();
            };
            format!("{}: {query}", mutant.operator.word())
        };
        let mut texts: Vec<String> = mutants(&query).iter().map(text).collect();
        texts.sort();
        texts
    }

    #[test]
    fn every_clause_is_dropped_negated_and_swapped() {
        let found = of("a: x and not b: y*");
        let wanted = [
            "drop: a: x",
            "drop: not b: y*",
            "narrow: a: x and not b: y",
            "negate: a: x and b: y*",
            "negate: not a: x and not b: y*",
            "quotes: a: x and not b: \"y*\"",
            "swap and/or: a: x or not b: y*",
            "widen: a: x* and not b: y*",
        ];
        assert_eq!(found, wanted);
    }

    #[test]
    fn a_list_loses_its_values_and_a_range_moves_its_bound() {
        let found = of("a: (x or y) and n >= 5");
        for wanted in [
            "drop item: a: (y) and n >= 5",
            "drop item: a: (x) and n >= 5",
        ] {
            assert!(found.iter().any(|text| text == wanted), "{found:#?}");
        }
        assert!(
            found
                .iter()
                .any(|text| text == "boundary: a: (x or y) and n > 5"),
            "{found:#?}"
        );
    }

    #[test]
    fn a_query_of_one_clause_loses_it() {
        assert_eq!(
            of("a: x"),
            ["drop: *: *", "negate: not a: x", "widen: a: x*"]
        );
        assert!(of("").is_empty());
    }

    /// Those mutants of a query that an operator makes.
    fn by(operator: &str, text: &str) -> Vec<String> {
        let prefix = format!("{operator}: ");
        let mut found = of(text);
        found.retain(|text| text.starts_with(&prefix));
        let bare = found.iter().filter_map(|text| text.strip_prefix(&prefix));
        bare.map(str::to_owned).collect()
    }

    #[test]
    fn quotes_come_and_go_where_they_can_mean_something() {
        let table: &[(&str, &[&str])] = &[
            (r#"a: "x*""#, &["a: x*"]),
            (r#"a: "x y""#, &["a: x y"]),
            (r#"a: "x""#, &[]),
            ("a: x-y", &[r#"a: "x-y""#]),
            ("a: x", &[]),
            ("a: *x*", &[r#"a: "*x*""#]),
            ("a: *", &[]),
            (r#"a: ("x y" or z)"#, &["a: (x y or z)"]),
        ];
        for (query, wanted) in table {
            assert_eq!(by("quotes", query), *wanted, "{query}");
        }
    }

    #[test]
    fn a_value_is_widened_where_it_has_no_star_at_its_end() {
        let table: &[(&str, &[&str])] = &[
            ("a: x", &["a: x*"]),
            (r#"a: "x y""#, &["a: x y*"]),
            ("a: *x", &["a: *x*"]),
            ("a: x*", &[]),
            // A sensor's own word has nothing that begins with it.
            ("event.category: process", &[]),
            ("a: true", &[]),
        ];
        for (query, wanted) in table {
            assert_eq!(by("widen", query), *wanted, "{query}");
        }
    }

    #[test]
    fn parentheses_go() {
        let table: &[(&str, &[&str])] = &[
            ("(a: x or b: y) and c: z", &["a: x or b: y and c: z"]),
            (
                "d: w and (a: x or b: y) and c: z",
                &["d: w and a: x or b: y and c: z"],
            ),
            ("not (a: x or b: y)", &["not a: x or b: y"]),
            ("not (a: x and b: y)", &["not a: x and b: y"]),
            ("a: x or b: y and c: z", &[]),
        ];
        for (query, wanted) in table {
            assert_eq!(by("parentheses", query), *wanted, "{query}");
        }
    }

    #[test]
    fn a_nested_group_is_split_and_made_flat() {
        assert_eq!(
            by("nested", "p: { a: x and b: y }"),
            ["p.a: x and p.b: y", "p: { a: x } and p: { b: y }"]
        );
        assert_eq!(by("nested", "p: { a: x }"), ["p.a: x"]);
        assert_eq!(by("nested", "p: { x }"), Vec::<String>::new());
    }
}
