//! The fields that a query names, found without a schema.

use std::collections::BTreeSet;

use super::syntax::{CompareOp, Expr, ExprKind, Query, QueryKind};
use super::walk::every;

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
    let letters = memchr::memmem::Finder::new(letters);
    let mut found = false;
    each(query, &mut |expr| {
        if let ExprKind::String(text) = &expr.kind {
            found = found || letters.find(text.as_bytes()).is_some();
        }
    });
    found
}

/// Visits every expression of `query`, join keys included.
fn each<'q>(query: &'q Query, see: &mut impl FnMut(&'q Expr)) {
    let (keys, terms, until) = match &query.kind {
        QueryKind::Event(event) => return every(&event.condition, see),
        QueryKind::Sequence(sequence) => {
            let until = sequence.until.as_deref();
            (&sequence.keys, &sequence.terms, until)
        }
        QueryKind::Sample(sample) => (&sample.keys, &sample.terms, None),
    };
    for key in keys {
        every(key, see);
    }
    for term in terms.iter().chain(until) {
        every(&term.query.condition, see);
        for key in &term.keys {
            every(key, see);
        }
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
