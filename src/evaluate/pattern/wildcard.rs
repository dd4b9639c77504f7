//! Wildcard patterns: the pieces between the `*` are found leftmost, one after another, the first
//! and the last held to the ends. No backtracking: the leftmost place of a piece leaves the most
//! to those that follow.

use memchr::memmem::{self, Finder};

use super::fold::fold_char;
use crate::plan::predicate::{WildcardPattern, WildcardToken};

/// A wildcard pattern, compiled. It is matched against text that is folded already if the pattern
/// is.
#[derive(Debug, Clone)]
pub(super) enum Wildcard {
    /// Without `*`.
    Whole(Run),
    /// With `*` between the pieces.
    Pieces {
        first: Run,
        middle: Vec<Piece>,
        last: Run,
    },
}

/// A run of characters and `?` at an end of the text.
#[derive(Debug, Clone)]
pub(super) enum Run {
    /// Characters only, often none.
    Literal(Box<str>),
    /// With `?`, which is `None`.
    Mixed(Box<[Option<char>]>),
}

/// A run of characters and `?` that may stand anywhere.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// Characters only.
    Literal(Box<Finder<'static>>),
    /// With `?`.
    Mixed(Run),
}

impl Wildcard {
    /// Compiles the pattern, folding its characters if `insensitive`.
    pub(super) fn new(pattern: &WildcardPattern, insensitive: bool) -> Self {
        let mut pieces = pattern
            .0
            .split(|token| *token == WildcardToken::Many)
            .map(|tokens| Run::new(tokens, insensitive));
        let first = pieces.next().unwrap_or_else(|| Run::new(&[], false));
        let mut middle: Vec<Run> = pieces.collect();
        match middle.pop() {
            None => Self::Whole(first),
            Some(last) => {
                middle.retain(|piece| !piece.is_empty());
                Self::Pieces {
                    first,
                    middle: middle.into_iter().map(Piece::new).collect(),
                    last,
                }
            }
        }
    }

    /// Whether the whole text matches.
    pub(super) fn matches(&self, text: &str) -> bool {
        match self {
            Self::Whole(piece) => piece.strip_prefix(text) == Some(""),
            Self::Pieces {
                first,
                middle,
                last,
            } => {
                let rest = first.strip_prefix(text);
                let rest = rest.and_then(|rest| last.strip_suffix(rest));
                rest.is_some_and(|rest| {
                    let found = middle
                        .iter()
                        .try_fold(rest, |rest, piece| piece.skip_past(rest));
                    found.is_some()
                })
            }
        }
    }
}

impl Run {
    fn new(tokens: &[WildcardToken], insensitive: bool) -> Self {
        let fold = |c: char| if insensitive { fold_char(c) } else { c };
        let characters: Box<[Option<char>]> = tokens
            .iter()
            .map(|token| match token {
                WildcardToken::Char(c) => Some(fold(*c)),
                WildcardToken::One | WildcardToken::Many => None,
            })
            .collect();
        if characters.contains(&None) {
            return Self::Mixed(characters);
        }
        let mut literal = String::with_capacity(tokens.len());
        literal.extend(characters.iter().flatten());
        Self::Literal(literal.into())
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Literal(text) if text.is_empty())
    }

    /// What follows the run at the start of the text.
    fn strip_prefix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            // `memcmp` of no bytes is not free: an empty box points to an unmapped address, and a
            // vector load from there takes 100 ns even with every byte masked out (AVX-512).
            Self::Literal(literal) if literal.is_empty() => Some(text),
            Self::Literal(literal) => text.strip_prefix(&**literal),
            Self::Mixed(tokens) => {
                let mut characters = text.chars();
                for token in tokens {
                    let c = characters.next()?;
                    if token.is_some_and(|token| token != c) {
                        return None;
                    }
                }
                Some(characters.as_str())
            }
        }
    }

    /// What stands before the run at the end of the text.
    fn strip_suffix<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(literal) if literal.is_empty() => Some(text),
            Self::Literal(literal) => text.strip_suffix(&**literal),
            Self::Mixed(tokens) => {
                let mut characters = text.chars();
                for token in tokens.iter().rev() {
                    let c = characters.next_back()?;
                    if token.is_some_and(|token| token != c) {
                        return None;
                    }
                }
                Some(characters.as_str())
            }
        }
    }
}

impl Piece {
    fn new(run: Run) -> Self {
        match run {
            Run::Literal(literal) => {
                let finder = memmem::FinderBuilder::new().build_forward(literal.as_bytes());
                Self::Literal(Box::new(finder.into_owned()))
            }
            mixed @ Run::Mixed(_) => Self::Mixed(mixed),
        }
    }

    /// What follows the leftmost place of the piece.
    fn skip_past<'t>(&self, text: &'t str) -> Option<&'t str> {
        match self {
            Self::Literal(finder) => {
                let start = finder.find(text.as_bytes())?;
                text.get(start + finder.needle().len()..)
            }
            Self::Mixed(run) => {
                let mut rest = text;
                loop {
                    if let Some(after) = run.strip_prefix(rest) {
                        return Some(after);
                    }
                    let mut characters = rest.chars();
                    characters.next()?;
                    rest = characters.as_str();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use proptest::prelude::*;

    use super::*;

    fn matches(pattern: &str, text: &str) -> bool {
        Wildcard::new(&WildcardPattern::eql(pattern), false).matches(text)
    }

    /// By the definition: a `*` takes nothing or one character more.
    fn naive(pattern: &[char], text: &[char]) -> bool {
        match (pattern, text) {
            ([], []) => true,
            (['*', rest @ ..], _) => {
                naive(rest, text) || text.split_first().is_some_and(|(_, t)| naive(pattern, t))
            }
            (['?', p @ ..], [_, t @ ..]) => naive(p, t),
            ([a, p @ ..], [b, t @ ..]) => a == b && naive(p, t),
            _ => false,
        }
    }

    #[test]
    fn the_ends_are_held_and_do_not_overlap() {
        assert!(matches("?:\\Windows\\*", "C:\\Windows\\x"));
        assert!(matches("a*a", "aa") && !matches("a*a", "a"));
        assert!(matches("*", "") && matches("**", "") && !matches("?*", ""));
        assert!(matches("", "") && !matches("", "x"));
        assert!(matches("*?x*é?", "aax é1") && !matches("a", "ab"));
        assert!(matches("a*\n*b", "a\n\nb") && matches("?", "😀"));
    }

    #[test]
    #[expect(
        clippy::disallowed_methods,
        reason = "the bound is so wide that only a wrong order of growth breaks it"
    )]
    fn ten_thousand_stars_over_a_megabyte_take_no_time() {
        let started = Instant::now();
        let many = Wildcard::new(&WildcardPattern::eql(&"*a".repeat(10_000)), false);
        assert!(many.matches(&"ba".repeat(500_000)));
        assert!(!many.matches(&"b".repeat(1_000_000)));
        assert!(!many.matches(&format!("{}b", "a".repeat(1_000_000))));
        assert!(started.elapsed() < Duration::from_secs(2));
    }

    proptest! {
        #[test]
        fn the_matcher_agrees_with_the_definition(pattern in "[ab*?]{0,7}", text in "[ab]{0,9}") {
            let pattern_characters: Vec<char> = pattern.chars().collect();
            let characters: Vec<char> = text.chars().collect();
            prop_assert_eq!(matches(&pattern, &text), naive(&pattern_characters, &characters));
        }
    }
}
