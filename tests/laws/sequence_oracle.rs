//! Sequences and samples a second time, naively: every candidate is enumerated, then the rules say
//! which of them stand. Written from the description of Elasticsearch's semantics alone; it shares
//! no code with what it judges, and takes neither queries nor plans but [`Spec`] and [`Doc`].
//!
//! A candidate is a chain of documents, one a position, each strictly after the one before. It
//! stands when, for each of its links from `last` to `next`,
//! - *newest*: no other standing chain of the same length ends strictly between them,
//! - *unused*: no document strictly between them meets the stage of `next`, for that one would have
//!   taken this chain or discarded it,
//! - *span*: `next` is no later after the first of the chain than `maxspan`,
//! - *until*: no document that meets `until` lies in `[last, next)`.
//!
//! Of the chains of full length the missing events discard theirs.

use std::collections::BTreeSet;

/// A field that documents have and keys may name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    K,
    U,
    N,
    D,
}

/// The value of a key: a text, or a number in tenths. No value comes before any, as it does in
/// Elasticsearch's order of samples.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum KeyValue {
    Text(String),
    Tenths(i64),
}

/// One value a key field.
pub(crate) type Tuple = Vec<Option<KeyValue>>;

/// A key of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) field: Field,
    pub(crate) optional: bool,
}

/// What a clause in brackets is there for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Sort {
    Positive,
    Missing,
    Until,
}

/// `[category where letter in (letters)]`, with its own keys and runs.
#[derive(Debug, Clone)]
pub(crate) struct Stage {
    pub(crate) sort: Sort,
    pub(crate) category: Option<&'static str>,
    pub(crate) letters: &'static str,
    pub(crate) negated: bool,
    pub(crate) keys: Vec<Key>,
    pub(crate) runs: usize,
}

/// A sequence, or with `sample` the stages of a sample.
#[derive(Debug, Clone)]
pub(crate) struct Spec {
    pub(crate) sample: bool,
    pub(crate) keys: Vec<Key>,
    pub(crate) maxspan: Option<i64>,
    pub(crate) stages: Vec<Stage>,
}

/// A document: values as they are written, `None` for a null in an array.
#[derive(Debug, Clone, Default)]
pub(crate) struct Doc {
    pub(crate) millis: Option<i64>,
    pub(crate) tiebreaker: Option<i64>,
    pub(crate) categories: Vec<&'static str>,
    pub(crate) letters: &'static str,
    pub(crate) k: Vec<Option<&'static str>>,
    pub(crate) u: Vec<Option<&'static str>>,
    pub(crate) n: Vec<i64>,
    pub(crate) d: Vec<i64>,
}

/// A result: the documents by their position in the input, `None` for a missing event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Standing {
    pub(crate) documents: Vec<Option<u32>>,
    pub(crate) key: Tuple,
}

impl Doc {
    fn values(&self, field: Field) -> BTreeSet<KeyValue> {
        let texts = |values: &[Option<&str>]| {
            let present = values.iter().flatten();
            present.map(|text| KeyValue::Text((*text).into())).collect()
        };
        match field {
            Field::K => texts(&self.k),
            Field::U => texts(&self.u),
            Field::N => self.n.iter().map(|n| KeyValue::Tenths(n * 10)).collect(),
            Field::D => self.d.iter().map(|d| KeyValue::Tenths(*d)).collect(),
        }
    }

    fn meets(&self, stage: &Stage) -> bool {
        let category = stage.category.is_none_or(|c| self.categories.contains(&c));
        let mut letters = self.letters.chars();
        category && (letters.any(|letter| stage.letters.contains(letter)) != stage.negated)
    }

    /// The key tuples under which the document takes part in a stage. An `until` clause has no
    /// filter on its keys: a key that is absent is null there, optional or not.
    fn tuples(&self, spec: &Spec, stage: &Stage) -> Vec<Tuple> {
        let mut tuples: Vec<Tuple> = vec![Vec::new()];
        for key in spec.keys.iter().chain(&stage.keys) {
            let mut values: Vec<Option<KeyValue>> =
                self.values(key.field).into_iter().map(Some).collect();
            if values.is_empty() && (key.optional || stage.sort == Sort::Until) {
                values.push(None);
            }
            let longer = tuples.iter().flat_map(|tuple| {
                let with = |value: &Option<KeyValue>| {
                    let mut tuple = tuple.clone();
                    tuple.push(value.clone());
                    tuple
                };
                values.iter().map(with)
            });
            tuples = longer.collect();
        }
        tuples
    }

    fn takes_part(&self, spec: &Spec, stage: &Stage, key: &Tuple) -> bool {
        self.meets(stage) && self.tuples(spec, stage).contains(key)
    }
}

/// The documents in order, those without a time left out: by time, then tiebreaker (none last),
/// then as they came.
pub(crate) fn in_order(docs: &[Doc]) -> Vec<u32> {
    let mut order: Vec<u32> = (0..u32::try_from(docs.len()).unwrap()).collect();
    order.retain(|index| docs[*index as usize].millis.is_some());
    order.sort_by_key(|index| {
        let doc = &docs[*index as usize];
        (doc.millis, doc.tiebreaker.is_none(), doc.tiebreaker, *index)
    });
    order
}

/// What stands of a sequence, in no particular order.
pub(crate) fn sequences(spec: &Spec, docs: &[Doc]) -> Vec<Standing> {
    let order = in_order(docs);
    let ordered: Vec<&Doc> = order.iter().map(|index| &docs[*index as usize]).collect();
    let mut standing = Vec::new();
    for key in keys(spec, &ordered) {
        let under = UnderKey {
            spec,
            docs: &ordered,
            key: &key,
        };
        for chain in under.chains() {
            if under.is_discarded(&chain) {
                continue;
            }
            let mut chain = chain.into_iter().map(|rank| order[rank]);
            let mut documents = Vec::new();
            for stage in &spec.stages {
                for _ in 0..stage.runs {
                    match stage.sort {
                        Sort::Positive => documents.push(chain.next()),
                        Sort::Missing => documents.push(None),
                        Sort::Until => {}
                    }
                }
            }
            standing.push(Standing {
                documents,
                key: key.clone(),
            });
        }
    }
    standing
}

/// The keys of a sample for which distinct documents can be given to all stages, ascending.
pub(crate) fn sampled_keys(spec: &Spec, docs: &[Doc]) -> Vec<Tuple> {
    // A sample has no order: a document without a time may be in one.
    let docs: Vec<&Doc> = docs.iter().collect();
    let mut sampled = keys(spec, &docs);
    sampled.retain(|key| !assignments(spec, &docs, key).is_empty());
    sampled.into_iter().collect()
}

/// Whether the documents, in the order of the stages, are a sample of the key.
pub(crate) fn is_sample(spec: &Spec, docs: &[Doc], found: &Standing) -> bool {
    let present: Vec<u32> = found.documents.iter().flatten().copied().collect();
    let distinct: BTreeSet<u32> = present.iter().copied().collect();
    let pairs = spec.stages.iter().zip(&present);
    let mut pairs = pairs.map(|(stage, index)| (stage, &docs[*index as usize]));
    present.len() == spec.stages.len()
        && distinct.len() == present.len()
        && pairs.all(|(stage, doc)| doc.takes_part(spec, stage, &found.key))
}

fn keys(spec: &Spec, docs: &[&Doc]) -> BTreeSet<Tuple> {
    let positive = spec.stages.iter();
    let positive = positive.filter(|stage| stage.sort == Sort::Positive);
    let tuples = positive.flat_map(|stage| docs.iter().flat_map(|doc| doc.tuples(spec, stage)));
    tuples.collect()
}

/// Every way to give each stage a document of its own.
fn assignments(spec: &Spec, docs: &[&Doc], key: &Tuple) -> Vec<Vec<usize>> {
    let mut assignments: Vec<Vec<usize>> = vec![Vec::new()];
    for stage in &spec.stages {
        let mut longer = Vec::new();
        for assignment in &assignments {
            for (rank, doc) in docs.iter().enumerate() {
                if !assignment.contains(&rank) && doc.takes_part(spec, stage, key) {
                    longer.push([assignment.as_slice(), &[rank]].concat());
                }
            }
        }
        assignments = longer;
    }
    assignments
}

/// One key's view: documents are named by their rank in the order.
struct UnderKey<'a> {
    spec: &'a Spec,
    docs: &'a [&'a Doc],
    key: &'a Tuple,
}

impl UnderKey<'_> {
    fn takes_part(&self, rank: usize, stage: &Stage) -> bool {
        self.docs[rank].takes_part(self.spec, stage, self.key)
    }

    fn millis(&self, rank: usize) -> i64 {
        self.docs[rank].millis.unwrap()
    }

    /// The chains of full length that stand, missing events aside.
    fn chains(&self) -> Vec<Vec<usize>> {
        let positive = self.spec.stages.iter();
        let mut stages = positive
            .filter(|stage| stage.sort == Sort::Positive)
            .flat_map(|stage| std::iter::repeat_n(stage, stage.runs));
        let all = 0..self.docs.len();
        let first = stages.next().unwrap();
        let starts = all.clone().filter(|rank| self.takes_part(*rank, first));
        let mut standing: Vec<Vec<usize>> = starts.map(|rank| vec![rank]).collect();
        for stage in stages {
            let mut longer = Vec::new();
            for chain in &standing {
                for next in all.clone().filter(|rank| self.takes_part(*rank, stage)) {
                    if self.links(&standing, chain, next, stage) {
                        longer.push([chain.as_slice(), &[next]].concat());
                    }
                }
            }
            standing = longer;
        }
        standing
    }

    fn links(&self, others: &[Vec<usize>], chain: &[usize], next: usize, stage: &Stage) -> bool {
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let between = |rank: usize| last < rank && rank < next;
        let newest = !others.iter().any(|other| between(other[other.len() - 1]));
        let unused = !(0..self.docs.len()).any(|r| between(r) && self.takes_part(r, stage));
        let span = self.millis(next) - self.millis(first);
        let in_time = self.spec.maxspan.is_none_or(|limit| span <= limit);
        let mut until = self.spec.stages.iter().filter(|s| s.sort == Sort::Until);
        let spared = until.all(|until| !(last..next).any(|rank| self.takes_part(rank, until)));
        last < next && newest && unused && in_time && spared
    }

    /// Whether an event is there that must be missing.
    fn is_discarded(&self, chain: &[usize]) -> bool {
        let Some(maxspan) = self.spec.maxspan else {
            return false;
        };
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let (first, last) = (self.millis(first), self.millis(last));
        let (mut leading, mut trailing) = (None, None);
        let (mut has_leading, mut has_trailing) = (false, false);
        let mut before = 0;
        for stage in &self.spec.stages {
            if stage.sort == Sort::Positive {
                before += stage.runs;
            }
            if stage.sort != Sort::Missing {
                continue;
            }
            let ranks = (0..self.docs.len()).filter(|rank| self.takes_part(*rank, stage));
            let times: Vec<i64> = ranks.map(|rank| self.millis(rank)).collect();
            if before == 0 {
                has_leading = true;
                let earlier = times.iter().copied().filter(|time| *time < first);
                leading = leading.max(earlier.max());
            } else if before == chain.len() {
                has_trailing = true;
                let later = times.iter().copied().filter(|time| *time > last);
                trailing = trailing.into_iter().chain(later).min();
            } else {
                let (left, right) = (chain[before - 1], chain[before]);
                let (left, right) = (self.millis(left), self.millis(right));
                if times.iter().any(|time| left < *time && *time < right) {
                    return true;
                }
            }
        }
        match (has_leading, has_trailing) {
            (true, true) => {
                let both = leading.zip(trailing);
                both.is_some_and(|(leading, trailing)| trailing - leading <= maxspan)
            }
            (true, false) => leading.is_some_and(|time| last - time <= maxspan),
            (false, true) => trailing.is_some_and(|time| time - first <= maxspan),
            (false, false) => false,
        }
    }
}
