//! Finds among many patterns those that may cover one: a pattern covers only what has its longest
//! piece of text. The lints of lists use it, so that a long list is not compared in pairs.

use rustc_hash::FxHashMap;

/// Stands for a wildcard in the text of a pattern: no text has it.
pub(in crate::lint) const WILD: char = '\u{10fffd}';

/// Fewer patterns are compared in pairs.
const FEW: usize = 64;

/// Patterns by number.
pub(in crate::lint) struct PieceIndex {
    all: Vec<usize>,
    by_piece: FxHashMap<Box<[u8]>, Vec<usize>>,
    /// The lengths of those pieces, ascending.
    lengths: Vec<usize>,
    /// What is no pattern, or has no piece.
    others: Vec<usize>,
}

impl PieceIndex {
    /// An index of these patterns; `None` stands for what is no pattern.
    pub(in crate::lint) fn new<'p>(
        patterns: impl Iterator<Item = (usize, Option<&'p str>)>,
    ) -> Self {
        let mut index = Self {
            all: Vec::new(),
            by_piece: FxHashMap::default(),
            lengths: Vec::new(),
            others: Vec::new(),
        };
        for (number, text) in patterns {
            index.all.push(number);
            let pieces = text.into_iter().flat_map(|text| text.split(WILD));
            match pieces.max_by_key(|piece| piece.len()) {
                Some(longest) if !longest.is_empty() => {
                    let own = index.by_piece.entry(longest.as_bytes().into());
                    own.or_default().push(number);
                    index.lengths.push(longest.len());
                }
                _ => index.others.push(number),
            }
        }
        index.lengths.sort_unstable();
        index.lengths.dedup();
        index
    }

    /// The patterns that may cover this one, ascending.
    pub(in crate::lint) fn candidates(&self, text: Option<&str>) -> Vec<usize> {
        let Some(text) = text.filter(|_| self.all.len() >= FEW) else {
            return self.all.clone();
        };
        let mut found = self.others.clone();
        for length in &self.lengths {
            for piece in text.as_bytes().windows(*length) {
                found.extend(self.by_piece.get(piece).into_iter().flatten());
            }
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_found_by_its_longest_piece_and_few_others_are() {
        let texts: Vec<String> = (0..500)
            .map(|number| format!("{WILD}y{number:03}z{WILD}"))
            .collect();
        let numbered = texts.iter().map(String::as_str).map(Some).enumerate();
        let index = PieceIndex::new(numbered.chain([(500, None)]));
        assert_eq!(index.candidates(Some("c:/y123z.exe")), [123, 500]);
        assert_eq!(index.candidates(Some("y")), [500]);
        assert_eq!(index.candidates(None).len(), 501);
    }
}
