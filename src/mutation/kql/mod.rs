//! The changes of a KQL query: of its boolean tree, its value lists, values and ranges.

pub(super) mod edit;
mod groups;
pub(super) mod lists;
mod values;

use self::edit::{Becomes, Change, Edit};
use self::values::{ValueContext, mutations_of_value};
use super::{Changed, Mutant, Operator};
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
        all.push(dropped(condition, Becomes::Everything, true));
    }
    let mutant = |edit: Edit| Mutant {
        operator: edit.operator,
        span: edit.span,
        before: edit.before,
        after: edit.after,
        case: edit.case,
        changed: Changed::Kuery(Box::new(edit.change)),
    };
    let mut mutants: Vec<Mutant> = all.into_iter().map(mutant).collect();
    mutants.sort_by_key(|mutant| mutant.span);
    mutants
}

/// Every change of a condition that a match wants to be `want`.
fn edits(node: &Node, want: bool) -> Vec<Edit> {
    match &node.kind {
        NodeKind::And(items) | NodeKind::Or(items) => junction(node, items, want),
        NodeKind::Not(inner) => {
            let mut all = vec![negated(node, Becomes::Affirmed, inner.to_string())];
            // `not not a` is the mutant that has been made already.
            let is_new = |edit: &Edit| edit.operator != Operator::Negate || edit.span != inner.span;
            let below = edits(inner, !want).into_iter().filter(is_new);
            all.extend(below.map(|edit| edit.within(0)));
            all.extend(groups::without_parentheses(node));
            all
        }
        NodeKind::Nested { path, inner } => {
            let below = edits(inner, want).into_iter();
            let mut all: Vec<Edit> = below.map(|edit| edit.within(0)).collect();
            all.push(with_not(node));
            all.extend(groups::of_nested(node, path, inner));
            all
        }
        NodeKind::List { field, values } => {
            let field_name = field.text().unwrap_or_default();
            let of = ValueContext {
                field: &field_name,
                want,
            };
            let mut all = of_list(values, of);
            all.push(with_not(node));
            all
        }
        NodeKind::Is { field, value } => {
            let name = field.as_ref().and_then(Literal::text);
            let of = ValueContext {
                field: name.as_deref().unwrap_or_default(),
                want,
            };
            let mut all = mutations_of_value(value, of);
            all.push(with_not(node));
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
fn range(node: &Node, field: &Literal, operator: RangeOperator, value: &Literal) -> Vec<Edit> {
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
    let boundary = |moved: Node, case: String| Edit {
        operator: Operator::Boundary,
        span,
        before: node.to_string(),
        after: moved.to_string(),
        case,
        change: Becomes::Node(moved).into(),
    };
    let further = super::bound::moved(&bound).into_iter().map(at);
    let further = further.map(|moved| {
        let case = format!("a case with a value between those of `{node}` and `{moved}`");
        boundary(moved, case)
    });
    let mut all = vec![
        boundary(moved, format!("a case with the value {bound}")),
        with_not(node),
    ];
    all.extend(further);
    all
}

/// The changes of `and` and `or`.
fn junction(node: &Node, items: &[Node], want: bool) -> Vec<Edit> {
    let swapped = Change::from(Becomes::Swapped);
    let query = Query {
        span: node.span,
        condition: Some(node.clone()),
    };
    let mut all = vec![Edit {
        operator: Operator::SwapAndOr,
        span: node.span,
        before: node.to_string(),
        after: swapped.applied(&query).to_string(),
        case: format!("a case that meets a part of `{node}` only"),
        change: swapped,
    }];
    all.extend(groups::without_parentheses(node));
    for (index, item) in items.iter().enumerate() {
        all.push(dropped(item, Becomes::Without(index), want));
        let below = edits(item, want).into_iter();
        all.extend(below.map(|edit| edit.within(index)));
    }
    all
}

/// The changes of a value list.
fn of_list(list: &ListNode, of: ValueContext<'_>) -> Vec<Edit> {
    let span = list.span;
    let of_kind = |kind: ListKind| ListNode { span, kind };
    let (items, other) = match &list.kind {
        ListKind::Or(items) => (items, of_kind(ListKind::And(items.clone()))),
        ListKind::And(items) => (items, of_kind(ListKind::Or(items.clone()))),
        ListKind::Not(inner) => {
            let mut all = vec![Edit {
                change: Becomes::Affirmed.into(),
                operator: Operator::Negate,
                span,
                before: list.to_string(),
                after: inner.to_string(),
                case: format!("a case that `{list}` decides"),
            }];
            let below = of_list(inner, of.negated()).into_iter();
            all.extend(below.map(|edit| edit.within_values(inner.span)));
            return all;
        }
        ListKind::Value(value) => return mutations_of_value(value, of),
    };
    let mut all = vec![Edit {
        operator: Operator::SwapAndOr,
        span,
        before: list.to_string(),
        after: other.to_string(),
        case: format!("a case with one value of `{list}` only"),
        change: Becomes::Swapped.into(),
    }];
    let are_alternatives = matches!(list.kind, ListKind::Or(_));
    for item in items {
        let is_value = matches!(item.kind, ListKind::Value(_));
        let alone = (are_alternatives && is_value).then_some(item.span);
        let mut dropped = Edit {
            change: Becomes::WithoutValue(item.span).into(),
            operator: Operator::DropItem,
            span: item.span,
            before: item.to_string(),
            after: String::new(),
            case: format!("a case with the value `{item}`"),
        };
        dropped.change.item = alone;
        all.push(dropped);
        for mut edit in of_list(item, of) {
            if is_value {
                edit.change.item = alone;
            }
            all.push(edit.within_values(item.span));
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

fn dropped(node: &Node, becomes: Becomes, want: bool) -> Edit {
    Edit {
        change: becomes.into(),
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

fn with_not(node: &Node) -> Edit {
    let after = Node {
        span: node.span,
        kind: NodeKind::Not(Box::new(node.clone())),
    };
    negated(node, Becomes::Negated, after.to_string())
}

fn negated(node: &Node, becomes: Becomes, after: String) -> Edit {
    Edit {
        operator: Operator::Negate,
        span: node.span,
        before: node.to_string(),
        after,
        case: format!("a case that `{node}` decides"),
        change: becomes.into(),
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
            let Changed::Kuery(change) = &mutant.changed else {
                return String::new();
            };
            format!("{}: {}", mutant.operator.word(), change.applied(&query))
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
