//! Threshold: documents counted in groups, as a composite aggregation counts them
//! (Kibana's `threshold` executor). Which documents are counted, and what of earlier
//! executions, is [`crate::execution`]'s.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

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
    /// The keys of its groups, one term a field: several where a field has several values, none where
    /// it lacks one. A rule without groups has one empty key. Made once, for every execution.
    pub keys: Vec<Arc<[Term]>>,
    /// The terms of the cardinality field.
    pub cardinality: Vec<Term>,
    /// In milliseconds, by the field that the time range filters.
    pub time: i64,
}

impl Counted {
    /// A document with the terms of each field that groups and of the cardinality field.
    pub fn new(groups: &[Vec<Term>], cardinality: Vec<Term>, time: i64) -> Self {
        let keys = combinations(groups).into_iter().map(Arc::from);
        Self {
            keys: keys.collect(),
            cardinality,
            time,
        }
    }
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
    let mut groups: BTreeMap<&[Term], Vec<(usize, &Counted)>> = BTreeMap::new();
    for (number, document) in documents {
        for key in &document.keys {
            groups.entry(key).or_default().push((number, document));
        }
    }
    let bucket = |(key, documents): (&[Term], Vec<(usize, &Counted)>)| {
        let times = || documents.iter().map(|(_, document)| document.time);
        let cardinality = documents.iter().flat_map(|(_, one)| &one.cardinality);
        let distinct: BTreeSet<&Term> = cardinality.collect();
        Bucket {
            key: key.to_vec(),
            distinct: distinct.into_iter().cloned().collect(),
            first: times().min().unwrap_or_default(),
            last: times().max().unwrap_or_default(),
            documents: documents.into_iter().map(|(number, _)| number).collect(),
        }
    };
    groups.into_iter().map(bucket).collect()
}
