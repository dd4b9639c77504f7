//! Texts that differ by a few edits, as Lucene's `FuzzyQuery` takes them.

use crate::plan::predicate::Fuzzy;

/// A text and the edits that another may be away from it, compiled.
#[derive(Debug, Clone)]
pub(super) struct FuzzyText {
    text: Vec<char>,
    edits: usize,
    prefix: usize,
    transpositions: bool,
}

impl FuzzyText {
    pub(super) fn new(fuzzy: &Fuzzy) -> Self {
        Self {
            text: fuzzy.text.chars().collect(),
            edits: usize::from(fuzzy.edits),
            prefix: fuzzy.prefix,
            transpositions: fuzzy.transpositions,
        }
    }

    /// Whether `other` is near enough. The edits must be fewer than the characters of the shorter
    /// text (`FuzzyQuery`: "terms of length 1 or 2 will sometimes not match").
    pub(super) fn matches(&self, other: &str) -> bool {
        let other: Vec<char> = other.chars().collect();
        if self.text == other {
            return true;
        }
        let prefix = self.prefix.min(self.text.len());
        if self.text.get(..prefix) != other.get(..prefix) {
            return false;
        }
        let shorter = self.text.len().min(other.len());
        let allowed = self.edits.min(shorter.saturating_sub(1));
        if self.text.len().abs_diff(other.len()) > allowed {
            return false;
        }
        self.distance(&other) <= allowed
    }

    /// The edit distance; two neighbours that changed places count once, if that is wanted.
    fn distance(&self, other: &[char]) -> usize {
        let at = |row: &[usize], place: usize| row.get(place).copied().unwrap_or(usize::MAX);
        let mut before: Vec<usize> = Vec::new();
        let mut last: Vec<usize> = (0..=other.len()).collect();
        for (i, a) in self.text.iter().enumerate() {
            let mut row = vec![i + 1];
            for (j, b) in other.iter().enumerate() {
                let replaced = at(&last, j) + usize::from(a != b);
                let removed = at(&last, j + 1) + 1;
                let added = at(&row, j) + 1;
                let mut least = replaced.min(removed).min(added);
                let swapped = self.transpositions
                    && i > 0
                    && j > 0
                    && self.text.get(i - 1) == Some(b)
                    && other.get(j - 1) == Some(a);
                if swapped {
                    least = least.min(at(&before, j - 1).saturating_add(1));
                }
                row.push(least);
            }
            before = std::mem::replace(&mut last, row);
        }
        last.last().copied().unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_are_counted_and_short_texts_are_spared() {
        let near = |text: &str, edits, other: &str| {
            let fuzzy = Fuzzy {
                text: text.to_owned(),
                edits,
                prefix: 0,
                transpositions: true,
            };
            FuzzyText::new(&fuzzy).matches(other)
        };
        assert!(near("roam", 1, "foam") && near("roam", 1, "roams") && near("roam", 1, "raom"));
        assert!(!near("roam", 1, "foams") && near("roam", 2, "foams"));
        assert!(near("1", 1, "1") && !near("1", 1, "0") && !near("ab", 2, "cd"));
    }
}
