//! The fields that a query names, found without a schema.

use std::collections::BTreeSet;

use super::syntax::{CompareOp, Expr, ExprKind, Query, QueryKind, Term};

/// The paths of all fields that `query` names, in alphabetical order.
pub fn fields(query: &Query) -> BTreeSet<&str> {
    let mut fields = BTreeSet::new();
    match &query.kind {
        QueryKind::Event(event) => collect(&event.condition, &mut fields),
        QueryKind::Sequence(sequence) => {
            collect_all(&sequence.keys, &mut fields);
            let terms = sequence.terms.iter().chain(sequence.until.as_deref());
            terms.for_each(|term| collect_term(term, &mut fields));
        }
        QueryKind::Sample(sample) => {
            collect_all(&sample.keys, &mut fields);
            let terms = sample.terms.iter();
            terms.for_each(|term| collect_term(term, &mut fields));
        }
    }
    fields
}

fn collect_term<'q>(term: &'q Term, fields: &mut BTreeSet<&'q str>) {
    collect(&term.query.condition, fields);
    collect_all(&term.keys, fields);
}

fn collect_all<'q>(exprs: &'q [Expr], fields: &mut BTreeSet<&'q str>) {
    for expr in exprs {
        collect(expr, fields);
    }
}

fn collect<'q>(expr: &'q Expr, fields: &mut BTreeSet<&'q str>) {
    match &expr.kind {
        ExprKind::Null | ExprKind::Bool(_) | ExprKind::Number(_) | ExprKind::String(_) => {}
        ExprKind::Field(field) => {
            fields.insert(&field.path);
        }
        ExprKind::Call(call) => collect_all(&call.arguments, fields),
        ExprKind::Negate(inner) | ExprKind::Plus(inner) | ExprKind::Not(inner) => {
            collect(inner, fields);
        }
        ExprKind::Arithmetic(_, left, right) | ExprKind::Compare(_, left, right) => {
            collect(left, fields);
            collect(right, fields);
        }
        ExprKind::Match(inner) => {
            collect(&inner.value, fields);
            collect_all(&inner.patterns, fields);
        }
        ExprKind::In(inner) => {
            collect(&inner.value, fields);
            collect_all(&inner.items, fields);
        }
        ExprKind::And(items) | ExprKind::Or(items) => collect_all(items, fields),
    }
}

/// The pairs of optional fields that `query` compares for equality: `?a == ?b`. Elasticsearch runs
/// that only where no index maps either of them.
pub fn compared_optional(query: &Query) -> Vec<(&str, &str)> {
    let mut pairs = Vec::new();
    let conditions: Vec<&Expr> = match &query.kind {
        QueryKind::Event(event) => vec![&event.condition],
        QueryKind::Sequence(sequence) => {
            let terms = sequence.terms.iter().chain(sequence.until.as_deref());
            terms.map(|term| &term.query.condition).collect()
        }
        QueryKind::Sample(sample) => {
            let terms = sample.terms.iter();
            terms.map(|term| &term.query.condition).collect()
        }
    };
    for condition in conditions {
        pair(condition, &mut pairs);
    }
    pairs
}

fn pair<'q>(expr: &'q Expr, pairs: &mut Vec<(&'q str, &'q str)>) {
    match &expr.kind {
        ExprKind::And(items) | ExprKind::Or(items) => {
            for item in items {
                pair(item, pairs);
            }
        }
        ExprKind::Not(inner) => pair(inner, pairs),
        ExprKind::Compare(CompareOp::Equal | CompareOp::NotEqual, left, right) => {
            if let (ExprKind::Field(left), ExprKind::Field(right)) = (&left.kind, &right.kind)
                && left.optional
                && right.optional
            {
                pairs.push((&left.path, &right.path));
            }
        }
        _ => {}
    }
}
