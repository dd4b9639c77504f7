//! The parts of a query as the lints read them: its stages, and the leaves of their conditions.

use crate::language::eql::syntax::{EventQuery, Expr, ExprKind, Query, QueryKind, Term};

/// One event query of a query.
pub(in crate::lint) struct Stage<'q> {
    /// As findings call it: `the query`, `stage 2`, `until`.
    pub(in crate::lint) name: String,
    pub(in crate::lint) query: &'q EventQuery,
    /// Whether the query matches nothing when this stage does not.
    pub(in crate::lint) needed: bool,
}

/// The stages of a query, in the order of the text.
pub(in crate::lint) fn stages(query: &Query) -> Vec<Stage<'_>> {
    let numbered = |terms: &'_ [Term]| -> Vec<(usize, bool)> {
        terms
            .iter()
            .enumerate()
            .map(|(index, term)| (index + 1, !term.missing))
            .collect()
    };
    let stage = |term, (number, needed): (usize, bool)| Stage {
        name: format!("stage {number}"),
        query: term,
        needed,
    };
    match &query.kind {
        QueryKind::Event(event) => vec![Stage {
            name: "the query".to_owned(),
            query: event,
            needed: true,
        }],
        QueryKind::Sequence(sequence) => {
            let terms = sequence.terms.iter().map(|term| &term.query);
            let mut stages: Vec<_> = terms
                .zip(numbered(&sequence.terms))
                .map(|(a, b)| stage(a, b))
                .collect();
            if let Some(until) = &sequence.until {
                stages.push(Stage {
                    name: "until".to_owned(),
                    query: &until.query,
                    needed: false,
                });
            }
            stages
        }
        QueryKind::Sample(sample) => {
            let terms = sample.terms.iter().map(|term| &term.query);
            terms
                .zip(numbered(&sample.terms))
                .map(|(a, b)| stage(a, b))
                .collect()
        }
    }
}

/// The leaves below a condition, in the order of the text.
pub(in crate::lint) fn leaves<'q>(condition: &'q Expr, found: &mut Vec<&'q Expr>) {
    match &condition.kind {
        ExprKind::And(items) | ExprKind::Or(items) => {
            for item in items {
                leaves(item, found);
            }
        }
        ExprKind::Not(inner) => leaves(inner, found),
        _ => found.push(condition),
    }
}

/// All leaves of a query.
pub(in crate::lint) fn all_leaves(query: &Query) -> Vec<&Expr> {
    let mut found = Vec::new();
    for stage in stages(query) {
        leaves(&stage.query.condition, &mut found);
    }
    found
}
