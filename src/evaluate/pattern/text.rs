//! Tests of the words of an analysed text: phrases, and patterns on one word.

use super::Pattern;
use super::fuzzy::FuzzyText;
use crate::evaluate::QueryFailure;
use crate::event::analysis::words;
use crate::plan::predicate::TextTest;

/// A test of a text's words, compiled.
#[derive(Debug, Clone)]
pub(super) enum Words {
    /// These words in a row.
    Phrase(Phrase),
    /// A word matches.
    Word(Box<Pattern>),
    /// A word is near to a text.
    Fuzzy(FuzzyText),
    /// A word lies between two ends.
    Range {
        low: Option<(String, bool)>,
        high: Option<(String, bool)>,
    },
}

/// Words in a row.
#[derive(Debug, Clone)]
pub(super) struct Phrase {
    words: Vec<String>,
    slop: i64,
    is_prefix: bool,
    /// The longest word: a text without its letters has no such phrase.
    longest: usize,
}

impl Words {
    pub(super) fn new(test: &TextTest) -> Result<Self, QueryFailure> {
        Ok(match test {
            TextTest::Phrase {
                words,
                slop,
                is_prefix,
            } => {
                let longest = (0..words.len())
                    .max_by_key(|at| words.get(*at).map_or(0, String::len))
                    .unwrap_or(0);
                Self::Phrase(Phrase {
                    words: words.clone(),
                    slop: i64::from(*slop),
                    is_prefix: *is_prefix,
                    longest,
                })
            }
            TextTest::Wildcard {
                pattern,
                insensitive,
            } => Self::Word(Box::new(Pattern::wildcard(pattern, *insensitive))),
            TextTest::Regex {
                pattern,
                insensitive,
            } => Self::Word(Box::new(Pattern::lucene(pattern, *insensitive)?)),
            TextTest::Fuzzy(fuzzy) => Self::Fuzzy(FuzzyText::new(fuzzy)),
            TextTest::Range { low, high } => Self::Range {
                low: low.clone(),
                high: high.clone(),
            },
        })
    }

    /// Whether the words of the text meet the test.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Phrase(phrase) => phrase.matches(text),
            Self::Word(pattern) => words(text).any(|word| pattern.matches(&word)),
            Self::Fuzzy(fuzzy) => words(text).any(|word| fuzzy.matches(&word)),
            Self::Range { low, high } => words(text).any(|word| {
                let above = low.as_ref().is_none_or(|(end, inclusive)| {
                    word.as_bytes() > end.as_bytes() || (*inclusive && word == *end)
                });
                let below = high.as_ref().is_none_or(|(end, inclusive)| {
                    word.as_bytes() < end.as_bytes() || (*inclusive && word == *end)
                });
                above && below
            }),
        }
    }
}

impl Phrase {
    fn matches(&self, text: &str) -> bool {
        if !self.may_match(text) {
            return false;
        }
        let last = self.words.len().saturating_sub(1);
        let mut places: Vec<Vec<i64>> = vec![Vec::new(); self.words.len()];
        for (place, word) in (0i64..).zip(words(text)) {
            for (number, wanted) in self.words.iter().enumerate() {
                let is_open = self.is_prefix && number == last;
                if (word == *wanted || (is_open && word.starts_with(wanted.as_str())))
                    && let Some(places) = places.get_mut(number)
                {
                    places.push(place);
                }
            }
        }
        if places.iter().any(Vec::is_empty) {
            return false;
        }
        // Where the phrase would begin if a word stood in its place: equal for all in an exact
        // phrase, at most `slop` apart in a sloppy one.
        let shifted: Vec<Vec<i64>> = (0i64..)
            .zip(&places)
            .map(|(number, places)| places.iter().map(|place| place - number).collect())
            .collect();
        let starts = shifted.iter().flatten().copied();
        let mut starts: Vec<i64> = starts.collect();
        starts.sort_unstable();
        starts.dedup();
        starts.into_iter().any(|start| {
            let mut taken = Vec::new();
            (0i64..).zip(&shifted).all(|(number, places)| {
                let mut fitting = places
                    .iter()
                    .filter(|place| (start..=start + self.slop).contains(place));
                // A word that stands in the phrase twice needs two places.
                let free = fitting.find(|place| !taken.contains(&(**place + number)));
                free.map(|place| taken.push(place + number)).is_some()
            })
        })
    }

    /// Whether the letters of the longest word are in the text at all.
    fn may_match(&self, text: &str) -> bool {
        let Some(word) = self.words.get(self.longest) else {
            return false;
        };
        let Some(first) = word.as_bytes().first() else {
            return false;
        };
        if !word.is_ascii() || !text.is_ascii() {
            return true;
        }
        let (word, text) = (word.as_bytes(), text.as_bytes());
        let (lower, upper) = (first.to_ascii_lowercase(), first.to_ascii_uppercase());
        memchr::memchr2_iter(lower, upper, text).any(|at| {
            let part = text.get(at..at + word.len());
            part.is_some_and(|part| part.eq_ignore_ascii_case(word))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(words: &str, slop: u32, is_prefix: bool, text: &str) -> bool {
        let test = TextTest::Phrase {
            words: words.split(' ').map(str::to_owned).collect(),
            slop,
            is_prefix,
        };
        Words::new(&test).unwrap().matches(text)
    }

    #[test]
    fn words_stand_in_a_row() {
        assert!(phrase("set psbreakpoint", 0, false, "x Set-PSBreakpoint y"));
        assert!(!phrase("psbreakpoint set", 0, false, "Set-PSBreakpoint"));
        assert!(!phrase("set", 0, false, "setting"));
        assert!(phrase("a b a", 0, false, "x a b a") && !phrase("a b a", 0, false, "a b"));
        assert!(phrase("ünï b", 0, false, "Ünï-b"));
        assert!(phrase("set ps", 0, true, "Set-PSBreakpoint"));
    }

    #[test]
    fn a_sloppy_phrase_lets_words_move() {
        assert!(!phrase("a b", 0, false, "a x b") && phrase("a b", 1, false, "a x b"));
        assert!(!phrase("a b", 1, false, "b a") && phrase("a b", 2, false, "b a"));
        assert!(!phrase("a a", 3, false, "a x"));
    }
}
