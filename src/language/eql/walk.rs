//! A walk over the expressions of a query.

use super::syntax::{Expr, ExprKind};

/// All expressions at and below `expr`.
pub fn every<'q>(expr: &'q Expr, see: &mut impl FnMut(&'q Expr)) {
    see(expr);
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Field(_) => {}
        ExprKind::Call(call) => call.arguments.iter().for_each(|item| every(item, see)),
        ExprKind::Negate(inner) | ExprKind::Plus(inner) | ExprKind::Not(inner) => {
            every(inner, see);
        }
        ExprKind::Arithmetic(_, left, right) | ExprKind::Compare(_, left, right) => {
            every(left, see);
            every(right, see);
        }
        ExprKind::Match(inner) => {
            every(&inner.value, see);
            inner.patterns.iter().for_each(|item| every(item, see));
        }
        ExprKind::In(inner) => {
            every(&inner.value, see);
            inner.items.iter().for_each(|item| every(item, see));
        }
        ExprKind::And(items) | ExprKind::Or(items) => {
            for item in items {
                every(item, see);
            }
        }
    }
}
