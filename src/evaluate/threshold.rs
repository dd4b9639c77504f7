//! Threshold: documents counted in groups, as a composite aggregation counts them
//! (Kibana's `threshold` executor). Which documents are counted, and what of earlier
//! executions, is [`crate::execution`]'s.

use std::collections::{BTreeMap, BTreeSet};

use super::term::{Term, combinations};

/// The minimum count and cardinality of a group.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Threshold {
    /// At least this many documents.
    pub count: u64,
    /// At least this many values of the cardinality field.
    pub cardinality: Option<u64>,
}

/// The values read from one document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The terms of each field that groups; empty for a rule without groups.
    pub groups: Vec<Vec<Term>>,
    /// The terms of the cardinality field.
    pub cardinality: Vec<Term>,
    /// In milliseconds, by the field that the time range filters.
    pub time: i64,
}

/// A group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// One term a field that groups.
    pub key: Vec<Term>,
    /// Its documents, by number, in the order given.
    pub documents: Vec<usize>,
    /// The values of the cardinality field.
    pub distinct: BTreeSet<Term>,
    /// The earliest time.
    pub first: i64,
    /// The latest time.
    pub last: i64,
}

impl Threshold {
    /// Whether the group reaches both numbers.
    pub fn is_met(self, bucket: &Bucket) -> bool {
        let distinct = bucket.distinct.len() as u64;
        bucket.documents.len() as u64 >= self.count
            && self.cardinality.is_none_or(|least| distinct >= least)
    }
}

/// The groups of these documents in the order of their keys. A document that lacks a field is in
/// none; one with several values is in the group of each.
pub fn buckets<'d>(documents: impl Iterator<Item = (usize, &'d Counted)>) -> Vec<Bucket> {
    let mut buckets: BTreeMap<Vec<Term>, Bucket> = BTreeMap::new();
    for (number, document) in documents {
        for key in combinations(&document.groups) {
            let bucket = buckets.entry(key).or_insert_with_key(|key| Bucket {
                key: key.clone(),
                documents: Vec::new(),
                distinct: BTreeSet::new(),
                first: document.time,
                last: document.time,
            });
            bucket.documents.push(number);
            bucket.distinct.extend(document.cardinality.iter().cloned());
            bucket.first = bucket.first.min(document.time);
            bucket.last = bucket.last.max(document.time);
        }
    }
    buckets.into_values().collect()
}
