//! The changes of a condition: of the boolean tree here, of a single clause in [`super::leaf`].

use super::edit::Edit;
use super::{Operator, leaf};
use crate::diagnostic::Span;
use crate::language::eql::syntax::{Expr, ExprKind};

/// Every change of a condition that a match wants to be `want`.
pub(super) fn edits(expr: &Expr, want: bool) -> Vec<Edit> {
    let mut edits = below(expr, want, false);
    if !matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_)) {
        let all = Expr {
            kind: ExprKind::Bool(true),
            span: expr.span,
        };
        edits.push(Edit {
            expr: all,
            operator: Operator::Drop,
            span: expr.span,
            before: expr.to_string(),
            after: String::new(),
            case: only_stopped(expr, want),
        });
    }
    edits
}

fn below(expr: &Expr, want: bool, negated: bool) -> Vec<Edit> {
    match &expr.kind {
        ExprKind::And(items) => junction(expr, items, true, want),
        ExprKind::Or(items) => junction(expr, items, false, want),
        ExprKind::Not(inner) => {
            let mut edits = vec![Edit {
                expr: (**inner).clone(),
                operator: Operator::Negate,
                span: expr.span,
                before: expr.to_string(),
                after: inner.to_string(),
                case: format!("a case that `{expr}` decides"),
            }];
            edits.extend(below(inner, !want, true).into_iter().map(|edit| {
                let inner = Box::new(edit.expr);
                Edit {
                    expr: Expr {
                        kind: ExprKind::Not(inner),
                        span: expr.span,
                    },
                    ..edit
                }
            }));
            edits
        }
        _ => {
            let mut edits = leaf::edits(expr, want);
            if !negated {
                edits.push(negation(expr));
            }
            edits
        }
    }
}

fn negation(expr: &Expr) -> Edit {
    let opposite = Expr {
        kind: ExprKind::Not(Box::new(expr.clone())),
        span: expr.span,
    };
    Edit {
        operator: Operator::Negate,
        span: expr.span,
        before: expr.to_string(),
        after: opposite.to_string(),
        case: format!("a case that `{expr}` decides"),
        expr: opposite,
    }
}

fn junction(expr: &Expr, items: &[Expr], all: bool, want: bool) -> Vec<Edit> {
    let swapped = joined(!all, items.to_vec(), expr.span);
    let mut edits = vec![Edit {
        operator: Operator::SwapAndOr,
        span: expr.span,
        before: expr.to_string(),
        after: swapped.to_string(),
        case: "a case in which only some of these clauses hold".to_owned(),
        expr: swapped,
    }];
    for (index, item) in items.iter().enumerate() {
        let mut rest = items.to_vec();
        rest.remove(index);
        edits.push(Edit {
            expr: joined(all, rest, expr.span),
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
        for edit in below(item, want, false) {
            let mut others = items.to_vec();
            if let Some(slot) = others.get_mut(index) {
                slot.clone_from(&edit.expr);
            }
            edits.push(Edit {
                expr: joined(all, others, expr.span),
                ..edit
            });
        }
    }
    edits
}

fn only_stopped(item: &Expr, want: bool) -> String {
    format!(
        "the attack, changed only so that `{item}` is {}, which must not alert",
        !want
    )
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
