//! A query without its places, so that two texts of one meaning compare equal.

use trapline::diagnostic::Span;
use trapline::language::eql::syntax::{EventQuery, Expr, ExprKind, Query, QueryKind, Term};

/// Takes all places out of a query.
pub(crate) fn spanless(mut query: Query) -> Query {
    query.span = Span::default();
    match &mut query.kind {
        QueryKind::Event(event) => event_query(event),
        QueryKind::Sequence(sequence) => {
            sequence.keys.iter_mut().for_each(expr);
            if let Some(maxspan) = &mut sequence.maxspan {
                maxspan.span = Span::default();
            }
            sequence.terms.iter_mut().for_each(term);
            sequence.until.iter_mut().for_each(|until| term(until));
        }
        QueryKind::Sample(sample) => {
            sample.keys.iter_mut().for_each(expr);
            sample.terms.iter_mut().for_each(term);
        }
    }
    for pipe in &mut query.pipes {
        pipe.span = Span::default();
        pipe.name.span = Span::default();
        pipe.arguments.iter_mut().for_each(expr);
    }
    query
}

fn term(term: &mut Term) {
    term.span = Span::default();
    event_query(&mut term.query);
    term.keys.iter_mut().for_each(expr);
    if let Some(runs) = &mut term.runs {
        runs.span = Span::default();
    }
}

fn event_query(query: &mut EventQuery) {
    query.span = Span::default();
    query.category.span = Span::default();
    expr(&mut query.condition);
}

/// Takes all places out of an expression.
pub(crate) fn expr(node: &mut Expr) {
    node.span = Span::default();
    match &mut node.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Field(_) => {}
        ExprKind::Call(call) => {
            call.name.span = Span::default();
            call.arguments.iter_mut().for_each(expr);
        }
        ExprKind::Negate(inner) | ExprKind::Plus(inner) | ExprKind::Not(inner) => expr(inner),
        ExprKind::Arithmetic(_, left, right) | ExprKind::Compare(_, left, right) => {
            expr(left);
            expr(right);
        }
        ExprKind::Match(matching) => {
            expr(&mut matching.value);
            matching.patterns.iter_mut().for_each(expr);
        }
        ExprKind::In(list) => {
            expr(&mut list.value);
            list.items.iter_mut().for_each(expr);
        }
        ExprKind::And(operands) | ExprKind::Or(operands) => operands.iter_mut().for_each(expr),
    }
}
