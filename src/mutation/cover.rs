//! Which tests of a text cover which others: every text that meets the one meets the other.
//!
//! A list of names has thousands of items. Most pairs cannot cover each other, which shows in their
//! ends, their lengths and the longest piece of text between their wildcards.

use rustc_hash::FxHashMap;

use crate::diagnostic::Span;
use crate::plan::predicate::{WildcardPattern, WildcardToken};
use crate::plan::{ClauseKind, Comparison, FieldId, Plan, Predicate};

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

/// The items of a plan's lists, by what they test: finds those that cover an item or are covered by
/// it without a look at all others.
#[derive(Debug, Default)]
pub(super) struct Alternatives {
    patterns: Vec<(Span, Pattern)>,
    /// Places in `patterns`: texts by their folded form.
    texts: FxHashMap<(FieldId, String), Vec<usize>>,
    /// Those with wildcards.
    wild: Vec<usize>,
    /// What is no pattern covers its equals only.
    others: FxHashMap<Predicate, Vec<Span>>,
}

impl Alternatives {
    /// The items of all lists of a plan.
    pub(super) fn of(plan: &Plan) -> Self {
        let mut all = Self::default();
        for leaf in &plan.leaves {
            let Some(clause) = plan.clause(leaf.clause) else {
                continue;
            };
            if clause.kind != ClauseKind::ListItem {
                continue;
            }
            let predicate = plain(&leaf.predicate);
            let Some(pattern) = pattern(&predicate) else {
                all.others.entry(predicate).or_default().push(clause.span);
                continue;
            };
            let at = all.patterns.len();
            match pattern.text() {
                Some(text) => {
                    let texts = all.texts.entry((pattern.field, text.to_owned()));
                    texts.or_default().push(at);
                }
                None => all.wild.push(at),
            }
            all.patterns.push((clause.span, pattern));
        }
        all
    }

    /// Adds the places of all items that cover this test or are covered by it.
    pub(super) fn related(&self, predicate: &Predicate, places: &mut Vec<Span>) {
        let predicate = plain(predicate);
        let Some(own) = pattern(&predicate) else {
            places.extend(self.others.get(&predicate).into_iter().flatten());
            return;
        };
        let mut add = |at: usize| {
            if let Some((span, other)) = self.patterns.get(at)
                && (other.covers(&own) || own.covers(other))
            {
                places.push(*span);
            }
        };
        match own.text() {
            Some(text) => {
                let same = self.texts.get(&(own.field, text.to_owned()));
                same.into_iter().flatten().copied().for_each(&mut add);
                self.wild.iter().copied().for_each(add);
            }
            None => (0..self.patterns.len()).for_each(add),
        }
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
