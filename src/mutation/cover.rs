//! Which tests of a text cover which others: every text that meets the one meets the other.
//!
//! A list of names has thousands of items. Most pairs cannot cover each other, which shows in their
//! ends, their lengths and the longest piece of text between their wildcards.

use crate::plan::predicate::{WildcardPattern, WildcardToken};
use crate::plan::{Comparison, FieldId, Predicate};

/// A test of a text as a pattern with wildcards.
#[derive(Debug, Clone)]
pub(super) struct Pattern {
    pub(super) field: FieldId,
    pub(super) tokens: Vec<WildcardToken>,
    pub(super) insensitive: bool,
    /// The tokens in lower case; a wildcard is a character that no text has.
    folded: String,
    /// The longest text between two wildcards, in lower case.
    run: String,
    /// How many characters a text has at least.
    least: usize,
}

/// Stands for a wildcard in folded text.
const WILD: char = '\u{10ffff}';

/// The predicate as a pattern, if it is one.
pub(super) fn pattern(predicate: &Predicate) -> Option<Pattern> {
    let literal = |text: &str| text.chars().map(WildcardToken::Char).collect();
    match predicate {
        Predicate::Exists(field) => Some(Pattern::new(*field, vec![WildcardToken::Many], true)),
        Predicate::EqualIgnoringCase { field, text } => {
            Some(Pattern::new(*field, literal(text), true))
        }
        Predicate::Compare {
            field,
            comparison: Comparison::Equal,
            value: crate::event::Value::Text(text),
        } => Some(Pattern::new(*field, literal(text), false)),
        Predicate::Wildcard {
            field,
            pattern: WildcardPattern(tokens),
            insensitive,
        } => Some(Pattern::new(*field, tokens.clone(), *insensitive)),
        _ => None,
    }
}

impl Pattern {
    fn new(field: FieldId, tokens: Vec<WildcardToken>, insensitive: bool) -> Self {
        let folded: String = tokens
            .iter()
            .map(|token| match token {
                WildcardToken::Char(character) => character.to_ascii_lowercase(),
                WildcardToken::One | WildcardToken::Many => WILD,
            })
            .collect();
        let run = folded.split(WILD).max_by_key(|run| run.len());
        let single = tokens
            .iter()
            .filter(|token| !matches!(token, WildcardToken::Many));
        Self {
            field,
            insensitive,
            run: run.unwrap_or_default().to_owned(),
            least: single.count(),
            folded,
            tokens,
        }
    }

    /// The text in lower case, where there is no wildcard in it.
    pub(super) fn text(&self) -> Option<&str> {
        let is_text = |token: &WildcardToken| matches!(token, WildcardToken::Char(_));
        self.tokens.iter().all(is_text).then_some(&self.folded)
    }

    /// The tokens in lower case; a wildcard is a character that no text has.
    pub(super) fn folded(&self) -> &str {
        &self.folded
    }

    /// The longest text between two wildcards, in lower case.
    pub(super) fn run(&self) -> &str {
        &self.run
    }

    /// Whether every text of the other one is one of this.
    pub(super) fn covers(&self, narrow: &Self) -> bool {
        self.may_include(narrow) && self.covers_plainly(narrow)
    }

    /// The same without a look at what most pairs differ in.
    pub(super) fn covers_plainly(&self, narrow: &Self) -> bool {
        self.field == narrow.field
            && (self.insensitive || !narrow.insensitive)
            && includes(&self.tokens, &narrow.tokens, self.insensitive)
    }

    /// Whether ends, lengths and the longest text let it; most pairs of patterns end here.
    fn may_include(&self, narrow: &Self) -> bool {
        use WildcardToken::Char;
        let fits =
            |wide: Option<&WildcardToken>, narrow: Option<&WildcardToken>| match (wide, narrow) {
                (Some(Char(a)), Some(Char(b))) => {
                    a == b || (self.insensitive && a.eq_ignore_ascii_case(b))
                }
                (Some(Char(_)), _) => false,
                _ => true,
            };
        self.least <= narrow.least
            && fits(self.tokens.first(), narrow.tokens.first())
            && fits(self.tokens.last(), narrow.tokens.last())
            && narrow.folded.contains(&self.run)
    }
}

/// Whether every text of `narrow` is one of `wide`; `false` where that is not plain to see.
fn includes(wide: &[WildcardToken], narrow: &[WildcardToken], insensitive: bool) -> bool {
    use WildcardToken::{Char, Many, One};
    // `row[j]`: what is left of `wide` includes `narrow[j..]`.
    let mut row: Vec<bool> = (0..=narrow.len()).map(|at| at == narrow.len()).collect();
    let at = |row: &[bool], at: usize| row.get(at).copied().unwrap_or(false);
    for token in wide.iter().rev() {
        let mut next = vec![false; narrow.len() + 1];
        for place in (0..=narrow.len()).rev() {
            let holds = match (token, narrow.get(place)) {
                (Many, _) => at(&row, place) || at(&next, place + 1),
                (One, Some(Char(_) | One)) => at(&row, place + 1),
                (Char(a), Some(Char(b))) => {
                    let same = a == b || (insensitive && a.eq_ignore_ascii_case(b));
                    same && at(&row, place + 1)
                }
                _ => false,
            };
            if let Some(slot) = next.get_mut(place) {
                *slot = holds;
            }
        }
        row = next;
    }
    at(&row, 0)
}

/// The predicate without a disregard of case that changes nothing.
pub(super) fn plain(predicate: &Predicate) -> Predicate {
    let caseless = |c: char| !c.is_alphabetic();
    match predicate {
        Predicate::EqualIgnoringCase { field, text } if text.chars().all(caseless) => {
            Predicate::Compare {
                field: *field,
                comparison: Comparison::Equal,
                value: crate::event::Value::text(text),
            }
        }
        Predicate::Wildcard {
            field,
            pattern,
            insensitive: true,
        } if pattern.0.iter().all(|token| match token {
            WildcardToken::Char(c) => caseless(*c),
            WildcardToken::One | WildcardToken::Many => true,
        }) =>
        {
            Predicate::Wildcard {
                field: *field,
                pattern: pattern.clone(),
                insensitive: false,
            }
        }
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn covered(wide: &str, narrow: &str) -> bool {
        let of = |text: &str| Pattern::new(FieldId(0), WildcardPattern::eql(text).0, true);
        let (wide, narrow) = (of(wide), of(narrow));
        assert_eq!(wide.covers(&narrow), wide.covers_plainly(&narrow));
        wide.covers(&narrow)
    }

    #[test]
    fn a_pattern_covers_what_it_matches_whatever_the_wildcards_stand_for() {
        assert!(covered("*", "a?b*"));
        assert!(covered("a*", "abc"));
        assert!(covered("a*c", "aB*C"));
        assert!(covered("?:\\x", "C:\\x"));
        assert!(covered("*bc*", "a*Bcd?"));
        assert!(!covered("*bcd*", "a*bc*d"));
        assert!(!covered("a?c", "a*c"));
        assert!(!covered("abc", "a*"));
        assert!(!covered("a", "ab"));
    }
}
