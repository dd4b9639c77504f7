//! The fields that a query names, found without a schema.

use std::collections::BTreeSet;

use super::syntax::{CompareOp, Expr, ExprKind, Query, QueryKind};

/// The paths of all fields that `query` names, in alphabetical order.
pub fn fields(query: &Query) -> BTreeSet<&str> {
    let mut fields = BTreeSet::new();
    each(query, &mut |expr| {
        if let ExprKind::Field(field) = &expr.kind {
            fields.insert(field.path.as_str());
        }
    });
    fields
}

/// Whether some text of `query` holds these letters.
pub fn mentions(query: &Query, letters: &str) -> bool {
    let mut found = false;
    each(query, &mut |expr| {
        if let ExprKind::String(text) = &expr.kind {
            found |= text.contains(letters);
        }
    });
    found
}

/// Visits every expression of `query`, join keys included.
fn each<'q>(query: &'q Query, visit: &mut dyn FnMut(&'q Expr)) {
    let (keys, terms, until) = match &query.kind {
        QueryKind::Event(event) => return descend(&event.condition, visit),
        QueryKind::Sequence(sequence) => {
            let until = sequence.until.as_deref();
            (&sequence.keys, &sequence.terms, until)
        }
        QueryKind::Sample(sample) => (&sample.keys, &sample.terms, None),
    };
    descend_all(keys, visit);
    for term in terms.iter().chain(until) {
        descend(&term.query.condition, visit);
        descend_all(&term.keys, visit);
    }
}

fn descend_all<'q>(exprs: &'q [Expr], visit: &mut dyn FnMut(&'q Expr)) {
    for expr in exprs {
        descend(expr, visit);
    }
}

fn descend<'q>(expr: &'q Expr, visit: &mut dyn FnMut(&'q Expr)) {
    visit(expr);
    match &expr.kind {
        ExprKind::Null
        | ExprKind::Bool(_)
        | ExprKind::Number(_)
        | ExprKind::String(_)
        | ExprKind::Field(_) => {}
        ExprKind::Call(call) => descend_all(&call.arguments, visit),
        ExprKind::Negate(inner) | ExprKind::Plus(inner) | ExprKind::Not(inner) => {
            descend(inner, visit);
        }
        ExprKind::Arithmetic(_, left, right) | ExprKind::Compare(_, left, right) => {
            descend(left, visit);
            descend(right, visit);
        }
        ExprKind::Match(inner) => {
            descend(&inner.value, visit);
            descend_all(&inner.patterns, visit);
        }
        ExprKind::In(inner) => {
            descend(&inner.value, visit);
            descend_all(&inner.items, visit);
        }
        ExprKind::And(items) | ExprKind::Or(items) => descend_all(items, visit),
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
