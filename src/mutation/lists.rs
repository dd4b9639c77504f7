//! The lists of a rule: thousands of items, of which few matter to any one mutant.
//!
//! A rule with long lists is run as a shorter one. An item that holds on no event of any check can
//! be left out of the rule and of a mutant alike without a difference in what they match.

use rustc_hash::FxHashMap;

use super::condition::{at_path, clauses};
use super::leaf::items_mut;
use super::operators::{Place, event_mut, places};
use crate::diagnostic::Span;
use crate::language::eql::syntax::{Expr, ExprKind, Query};

/// The number of items that every list keeps, so that a list that loses one is still a list.
pub(super) const LEAST: usize = 2;

/// The items of a rule's lists by their places in the text.
pub(super) struct Lists<'q> {
    query: &'q Query,
    items: FxHashMap<Span, Item>,
}

struct Item {
    place: Place,
    path: Vec<usize>,
    expr: Expr,
    /// The clause that has the item's fact: the item's own, or the list's where it is alone.
    clause: Span,
}

impl<'q> Lists<'q> {
    /// The lists of a query.
    pub(super) fn of(query: &'q Query) -> Self {
        let mut items = FxHashMap::default();
        let mut copy = query.clone();
        each_list(&mut copy, |place, path, list, clause| {
            let is_alone = list.len() == 1;
            for expr in list.iter() {
                items.insert(
                    expr.span,
                    Item {
                        place,
                        path: path.to_vec(),
                        expr: expr.clone(),
                        clause: if is_alone { clause } else { expr.span },
                    },
                );
            }
        });
        Self { query, items }
    }

    /// The place of the clause that has the fact of an item.
    pub(super) fn clause(&self, item: Span) -> Option<Span> {
        self.items.get(&item).map(|item| item.clause)
    }

    /// The query with those items of its lists for which `keep` holds, and a few others.
    pub(super) fn shortened(&self, keep: impl Fn(Span) -> bool) -> Query {
        let mut short = self.query.clone();
        each_list(&mut short, |_, _, list, _| {
            let mut spare = LEAST;
            list.retain(|item| {
                if keep(item.span) || !is_literal(item) {
                    return true;
                }
                let is_spare = spare > 0;
                spare = spare.saturating_sub(1);
                is_spare
            });
        });
        short
    }

    /// A shortened query with these items in their lists again.
    pub(super) fn with(&self, short: &Query, items: &[Span]) -> Query {
        let mut longer = short.clone();
        for span in items {
            let Some(item) = self.items.get(span) else {
                continue;
            };
            let list = event_mut(&mut longer, item.place)
                .and_then(|event| at_path(&mut event.condition, &item.path))
                .and_then(items_mut);
            if let Some(list) = list
                && list.iter().all(|other| other.span != *span)
            {
                list.push(item.expr.clone());
            }
        }
        longer
    }
}

/// Whether an item is a value that no check and no folding looks at.
fn is_literal(item: &Expr) -> bool {
    matches!(
        item.kind,
        ExprKind::String(_) | ExprKind::Number(_) | ExprKind::Bool(_)
    )
}

/// Calls `each` with every list of a query: where it stands, its items and its own place.
fn each_list(query: &mut Query, mut each: impl FnMut(Place, &[usize], &mut Vec<Expr>, Span)) {
    for place in places(query) {
        let Some(event) = event_mut(query, place) else {
            continue;
        };
        clauses(
            &mut event.condition,
            &mut Vec::new(),
            &mut |path, clause| {
                let span = clause.span;
                if let Some(items) = items_mut(clause) {
                    each(place, path, items, span);
                }
            },
        );
    }
}
