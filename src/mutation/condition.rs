//! The changes of a condition: of the boolean tree here, of a single clause in [`super::leaf`].

use super::edit::{Change, Edit, Polarity};
use super::{Operator, leaf};
use crate::diagnostic::Span;
use crate::language::eql::syntax::{Expr, ExprKind};

/// Every change of a condition that a match wants to be `want`.
pub(super) fn edits(expr: &Expr, want: bool) -> Vec<Edit> {
    let mut edits = Vec::new();
    let polarity = Polarity {
        want,
        negated: false,
        optional: false,
    };
    below(expr, polarity, &mut Vec::new(), &mut edits);
    if !matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_)) {
        edits.push(Edit {
            path: Vec::new(),
            change: Change::Always,
            operator: Operator::Drop,
            span: expr.span,
            before: expr.to_string(),
            after: String::new(),
            case: only_stopped(expr, want),
        });
    }
    edits
}

/// Adds the changes of the expression at the end of `path`.
fn below(expr: &Expr, polarity: Polarity, path: &mut Vec<usize>, edits: &mut Vec<Edit>) {
    match &expr.kind {
        ExprKind::And(items) => junction(expr, items, true, polarity, path, edits),
        ExprKind::Or(items) => junction(expr, items, false, polarity, path, edits),
        ExprKind::Not(inner) => {
            edits.push(Edit {
                path: path.clone(),
                change: Change::Affirmed,
                operator: Operator::Negate,
                span: expr.span,
                before: expr.to_string(),
                after: inner.to_string(),
                case: format!("a case that `{expr}` decides"),
            });
            path.push(0);
            let inside = Polarity {
                want: !polarity.want,
                negated: true,
                ..polarity
            };
            below(inner, inside, path, edits);
            path.pop();
        }
        _ => {
            leaf::edits(expr, polarity, path, edits);
            if !polarity.negated {
                edits.push(Edit {
                    path: path.clone(),
                    change: Change::Negated,
                    operator: Operator::Negate,
                    span: expr.span,
                    before: expr.to_string(),
                    after: changed(expr, &Change::Negated).to_string(),
                    case: format!("a case that `{expr}` decides"),
                });
            }
        }
    }
}

fn junction(
    expr: &Expr,
    items: &[Expr],
    all: bool,
    polarity: Polarity,
    path: &mut Vec<usize>,
    edits: &mut Vec<Edit>,
) {
    let want = polarity.want;
    let inside = Polarity {
        negated: false,
        optional: polarity.optional || all != want,
        ..polarity
    };
    edits.push(Edit {
        path: path.clone(),
        change: Change::Swapped,
        operator: Operator::SwapAndOr,
        span: expr.span,
        before: expr.to_string(),
        after: changed(expr, &Change::Swapped).to_string(),
        case: "a case in which only some of these clauses hold".to_owned(),
    });
    for (index, item) in items.iter().enumerate() {
        edits.push(Edit {
            path: path.clone(),
            change: Change::Without(index),
            operator: Operator::Drop,
            span: item.span,
            before: item.to_string(),
            after: String::new(),
            case: if all == want {
                only_stopped(item, want)
            } else {
                format!("a case that alerts only because `{item}` is {want}")
            },
        });
        path.push(index);
        below(item, inside, path, edits);
        path.pop();
    }
}

fn only_stopped(item: &Expr, want: bool) -> String {
    format!(
        "the attack, changed only so that `{item}` is {}, which must not alert",
        !want
    )
}

/// The condition with one change, as flat as it would be parsed.
pub(super) fn applied(expr: &Expr, path: &[usize], change: &Change) -> Expr {
    let Some((at, rest)) = path.split_first() else {
        return changed(expr, change);
    };
    let around = |items: &[Expr], all: bool| {
        let items = items.iter().enumerate().map(|(index, item)| {
            if index == *at {
                applied(item, rest, change)
            } else {
                item.clone()
            }
        });
        joined(all, items.collect(), expr.span)
    };
    match &expr.kind {
        ExprKind::And(items) => around(items, true),
        ExprKind::Or(items) => around(items, false),
        ExprKind::Not(inner) => Expr {
            kind: ExprKind::Not(Box::new(applied(inner, rest, change))),
            span: expr.span,
        },
        _ => expr.clone(),
    }
}

fn changed(expr: &Expr, change: &Change) -> Expr {
    let of_kind = |kind| Expr {
        kind,
        span: expr.span,
    };
    match (change, &expr.kind) {
        (Change::Replaced(other), _) => other.clone(),
        (Change::Always, _) => of_kind(ExprKind::Bool(true)),
        (Change::Negated, _) => of_kind(ExprKind::Not(Box::new(expr.clone()))),
        (Change::Affirmed, ExprKind::Not(inner)) => (**inner).clone(),
        (Change::Swapped, ExprKind::And(items)) => joined(false, items.clone(), expr.span),
        (Change::Swapped, ExprKind::Or(items)) => joined(true, items.clone(), expr.span),
        (Change::Without(index), ExprKind::And(items)) => {
            joined(true, without(items, *index), expr.span)
        }
        (Change::Without(index), ExprKind::Or(items)) => {
            joined(false, without(items, *index), expr.span)
        }
        (Change::Item(span, other), _) => {
            let mut list = expr.clone();
            if let Some(items) = leaf::items_mut(&mut list) {
                match (items.iter_mut().find(|item| item.span == *span), other) {
                    (Some(item), Some(other)) => item.clone_from(other),
                    (None, Some(other)) => items.push(other.clone()),
                    (_, None) => items.retain(|item| item.span != *span),
                }
            }
            list
        }
        (Change::Affirmed | Change::Swapped | Change::Without(_), _) => expr.clone(),
    }
}

fn without(items: &[Expr], index: usize) -> Vec<Expr> {
    let others = items.iter().enumerate().filter(|(at, _)| *at != index);
    others.map(|(_, item)| item.clone()).collect()
}

/// `and` or `or` of the items; a single one stands for itself, one of the same kind is taken
/// apart.
fn joined(all: bool, items: Vec<Expr>, span: Span) -> Expr {
    let mut flat = Vec::with_capacity(items.len());
    for item in items {
        match item.kind {
            ExprKind::And(inner) if all => flat.extend(inner),
            ExprKind::Or(inner) if !all => flat.extend(inner),
            _ => flat.push(item),
        }
    }
    if flat.len() == 1
        && let Some(only) = flat.pop()
    {
        return only;
    }
    let kind = if all {
        ExprKind::And(flat)
    } else {
        ExprKind::Or(flat)
    };
    Expr { kind, span }
}

/// Calls `each` with every clause of a condition and the way to it.
pub(super) fn clauses(
    expr: &mut Expr,
    path: &mut Vec<usize>,
    each: &mut impl FnMut(&[usize], &mut Expr),
) {
    match &mut expr.kind {
        ExprKind::And(items) | ExprKind::Or(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                path.push(index);
                clauses(item, path, each);
                path.pop();
            }
        }
        ExprKind::Not(inner) => {
            path.push(0);
            clauses(inner, path, each);
            path.pop();
        }
        _ => each(path, expr),
    }
}

/// The expression at the end of a path.
pub(super) fn at_path<'e>(expr: &'e mut Expr, path: &[usize]) -> Option<&'e mut Expr> {
    let Some((at, rest)) = path.split_first() else {
        return Some(expr);
    };
    match &mut expr.kind {
        ExprKind::And(items) | ExprKind::Or(items) => at_path(items.get_mut(*at)?, rest),
        ExprKind::Not(inner) => at_path(inner, rest),
        _ => None,
    }
}
