//! The items of a plan's lists, by what they test.

use rustc_hash::FxHashMap;

use super::cover::{Pattern, pattern, plain};
use super::cover_index::CoverIndex;
use crate::diagnostic::Span;
use crate::plan::{ClauseKind, FieldId, Plan, Predicate};

/// The items of a plan's lists, by what they test: finds those that cover an item or are covered by
/// it without a look at all others.
#[derive(Debug, Default)]
pub(super) struct Alternatives {
    patterns: Vec<(Span, Pattern)>,
    /// Places in `patterns`: texts by their folded form.
    texts: FxHashMap<(FieldId, String), Vec<usize>>,
    /// All of them, and those with wildcards.
    index: CoverIndex,
    wild: CoverIndex,
    /// What is no pattern covers its equals only.
    others: FxHashMap<Predicate, Vec<Span>>,
}

impl Alternatives {
    /// The items of all lists of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut all = Self::default();
        for leaf in &plan.leaves {
            let Some(clause) = plan.clause(leaf.clause) else {
                continue;
            };
            if clause.kind != ClauseKind::ListItem {
                continue;
            }
            let predicate = plain(&leaf.predicate);
            let Some(pattern) = pattern(&predicate) else {
                all.others.entry(predicate).or_default().push(clause.span);
                continue;
            };
            let at = all.patterns.len();
            if let Some(text) = pattern.text() {
                let texts = all.texts.entry((pattern.field, text.to_owned()));
                texts.or_default().push(at);
            }
            all.patterns.push((clause.span, pattern));
        }
        let numbered = all.patterns.iter().map(|(_, pattern)| pattern).enumerate();
        all.wild = CoverIndex::of(numbered.clone().filter(|(_, one)| one.text().is_none()));
        all.index = CoverIndex::of(numbered);
        all
    }

    /// Adds the places of all items that cover this test or are covered by it.
    pub(super) fn related(&self, predicate: &Predicate, places: &mut Vec<Span>) {
        let predicate = plain(predicate);
        let Some(own) = pattern(&predicate) else {
            places.extend(self.others.get(&predicate).into_iter().flatten());
            return;
        };
        let mut candidates = self.wild.wider(&own);
        match own.text() {
            Some(text) => {
                let same = self.texts.get(&(own.field, text.to_owned()));
                candidates.extend(same.into_iter().flatten());
            }
            None => candidates.extend(self.index.narrower(&own)),
        }
        candidates.sort_unstable();
        candidates.dedup();
        let related = candidates
            .into_iter()
            .filter_map(|at| self.patterns.get(at));
        let related = related.filter(|(_, other)| other.covers(&own) || own.covers(other));
        places.extend(related.map(|(span, _)| *span));
    }
}
