//! Finds among many patterns those that may cover one or be covered by it, without a look at every
//! pair: a pattern covers only texts that have its longest piece.

use std::hash::{Hash as _, Hasher as _};

use rustc_hash::{FxHashMap, FxHasher};

use super::cover::Pattern;

/// Fewer patterns are compared in pairs.
const FEW: usize = 64;

/// Lengths of the pieces by which texts are found, in bytes.
const GRAMS: [usize; 3] = [8, 4, 2];

/// An index of patterns by number.
#[derive(Debug, Default)]
pub(super) struct CoverIndex {
    all: Vec<usize>,
    /// Patterns with wildcards by the hash of their longest piece.
    by_run: FxHashMap<u64, Vec<usize>>,
    /// The lengths of those pieces.
    lengths: Vec<usize>,
    /// Patterns with wildcards that have no piece.
    bare: Vec<usize>,
    /// The pieces of each length in [`GRAMS`], by hash and pattern, ascending.
    grams: [Vec<(u64, usize)>; GRAMS.len()],
}

impl CoverIndex {
    /// An index of these patterns, each with its number.
    pub(super) fn of<'p>(patterns: impl Iterator<Item = (usize, &'p Pattern)> + Clone) -> Self {
        let mut index = Self {
            all: patterns.clone().map(|(number, _)| number).collect(),
            ..Self::default()
        };
        if index.all.len() < FEW {
            return index;
        }
        for (number, pattern) in patterns {
            index.add(number, pattern);
        }
        index.lengths.sort_unstable();
        index.lengths.dedup();
        for grams in &mut index.grams {
            grams.sort_unstable();
            grams.dedup();
        }
        index
    }

    fn add(&mut self, number: usize, pattern: &Pattern) {
        if pattern.text().is_none() {
            let run = pattern.run().as_bytes();
            if run.is_empty() {
                self.bare.push(number);
            } else {
                self.by_run.entry(hash(run)).or_default().push(number);
                self.lengths.push(run.len());
            }
        }
        for (length, grams) in GRAMS.into_iter().zip(&mut self.grams) {
            let pieces = pattern.folded().as_bytes().windows(length);
            grams.extend(pieces.map(|piece| (hash(piece), number)));
        }
    }

    /// The patterns with wildcards that may cover this one, ascending.
    pub(super) fn wider(&self, own: &Pattern) -> Vec<usize> {
        if self.all.len() < FEW {
            return self.all.clone();
        }
        let mut found = self.bare.clone();
        for length in &self.lengths {
            for piece in own.folded().as_bytes().windows(*length) {
                found.extend(self.by_run.get(&hash(piece)).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The patterns that this one may cover, ascending.
    pub(super) fn narrower(&self, own: &Pattern) -> Vec<usize> {
        let run = own.run().as_bytes();
        let size = GRAMS.iter().position(|length| *length <= run.len());
        let found = size.and_then(|size| {
            let grams = self.grams.get(size)?;
            let pieces = run.windows(*GRAMS.get(size)?);
            // The rarest piece has the fewest patterns.
            pieces
                .map(|piece| of_hash(grams, hash(piece)))
                .min_by_key(|some| some.len())
        });
        match found.filter(|_| self.all.len() >= FEW) {
            Some(some) => some.iter().map(|(_, number)| *number).collect(),
            None => self.all.clone(),
        }
    }
}

fn hash(piece: &[u8]) -> u64 {
    let mut hasher = FxHasher::default();
    piece.hash(&mut hasher);
    hasher.finish()
}

/// The entries of one hash.
fn of_hash(grams: &[(u64, usize)], hash: u64) -> &[(u64, usize)] {
    let start = grams.partition_point(|(other, _)| *other < hash);
    let rest = grams.get(start..).unwrap_or(&[]);
    let length = rest.partition_point(|(other, _)| *other == hash);
    rest.get(..length).unwrap_or(&[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::predicate::WildcardPattern;
    use crate::plan::{FieldId, Predicate};

    /// Patterns of few letters, so that many cover each other.
    fn patterns() -> Vec<Pattern> {
        let mut state = 7_u32;
        let mut random = |below: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % below
        };
        let mut made = Vec::new();
        for _ in 0..400 {
            let length = 1 + random(12);
            let letters = (0..length).map(|_| ['a', 'b', 'C', '*', '?'][random(5) as usize]);
            let predicate = Predicate::Wildcard {
                field: FieldId(0),
                pattern: WildcardPattern::eql(&letters.collect::<String>()),
                insensitive: random(2) == 0,
            };
            made.extend(super::super::cover::pattern(&predicate));
        }
        made
    }

    #[test]
    fn no_pattern_that_covers_another_is_missed() {
        let patterns = patterns();
        let index = CoverIndex::of(patterns.iter().enumerate());
        let mut covered = 0;
        for own in &patterns {
            let (wider, narrower) = (index.wider(own), index.narrower(own));
            for (number, other) in patterns.iter().enumerate() {
                if other.covers(own) && other.text().is_none() {
                    covered += 1;
                    assert!(wider.contains(&number), "{other:?} covers {own:?}");
                }
                if own.covers(other) {
                    assert!(narrower.contains(&number), "{own:?} covers {other:?}");
                }
            }
        }
        assert!(covered > 400, "{covered}");
    }

    #[test]
    fn few_pairs_of_a_long_list_are_compared() {
        let pattern = |number: usize| {
            super::super::cover::pattern(&Predicate::Wildcard {
                field: FieldId(0),
                pattern: WildcardPattern::eql(&format!("*y{number:06}z*")),
                insensitive: true,
            })
        };
        let patterns: Vec<Pattern> = (0..5_000).filter_map(pattern).collect();
        let index = CoverIndex::of(patterns.iter().enumerate());
        let compared: usize = patterns
            .iter()
            .map(|own| index.wider(own).len() + index.narrower(own).len())
            .sum();
        assert!(compared < 4 * patterns.len(), "{compared}");
    }
}
