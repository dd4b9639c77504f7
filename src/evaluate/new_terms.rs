//! New terms: combinations of values whose first document lies in the window
//! (Kibana's `new_terms` executor).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::term::{Term, combinations};

/// The values read from one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Carried {
    /// Each combination of its terms, one term a field; none where a field has no term.
    pub combinations: Vec<Arc<[Term]>>,
    /// In milliseconds, by the field that the time range filters.
    pub time: i64,
}

impl Carried {
    /// A document with the terms of each field.
    pub fn new(fields: &[Vec<Term>], time: i64) -> Self {
        let combinations = combinations(fields).into_iter().map(Arc::from);
        Self {
            combinations: combinations.collect(),
            time,
        }
    }
}

/// The times that one execution looks at, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// The start of the history.
    pub history: i64,
    /// The start of the window. What is first seen at this very time is not new.
    pub from: i64,
    /// The end of both, included.
    pub to: i64,
}

/// A combination of values and where it was first seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    /// One term a field.
    pub terms: Arc<[Term]>,
    /// The earliest document of the range, by number; the first of equal times.
    pub first: usize,
    /// Its time.
    pub time: i64,
    /// How many documents of the window carry it.
    pub count: usize,
}

impl Seen {
    /// Whether it is new in this range.
    pub fn is_new(&self, range: Range) -> bool {
        self.time > range.from
    }
}

/// The combinations that documents of the window carry, in the order in which alerts are made: of
/// one field the most frequent first, of several by their terms.
pub fn seen<'d>(documents: impl Iterator<Item = (usize, &'d Carried)>, range: Range) -> Vec<Seen> {
    let is_in_range = |time: i64| range.history <= time && time <= range.to;
    let documents = documents.filter(|(_, document)| is_in_range(document.time));
    let documents: Vec<(usize, &Carried)> = documents.collect();
    let mut times = documents.iter().map(|(_, document)| document.time);
    // Most executions find nothing but what an earlier one has found.
    if times.all(|time| time < range.from) {
        return Vec::new();
    }
    let mut found: BTreeMap<&Arc<[Term]>, Seen> = BTreeMap::new();
    for (number, document) in documents {
        for terms in &document.combinations {
            let seen = found.entry(terms).or_insert_with(|| Seen {
                terms: Arc::clone(terms),
                first: number,
                time: document.time,
                count: 0,
            });
            if document.time < seen.time {
                (seen.first, seen.time) = (number, document.time);
            }
            seen.count += usize::from(document.time >= range.from);
        }
    }
    let mut seen: Vec<Seen> = found.into_values().filter(|seen| seen.count > 0).collect();
    if seen.first().is_some_and(|seen| seen.terms.len() == 1) {
        seen.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.terms.cmp(&b.terms)));
    }
    seen
}
