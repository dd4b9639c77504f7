//! Tests of analysed text: the words of the query against the words of the value.

use super::super::error::{Refusal, RefusedCondition};
use super::super::query::{Bound, FieldTest, Preparation};
use crate::event::analysis::{lower_case, words};
use crate::plan::predicate::{Fuzzy, TextTest, WildcardPattern, WildcardToken};
use crate::plan::{FieldId, Predicate};

pub(super) fn test(path: &str, field: FieldId, test: &FieldTest) -> Result<Predicate, Refusal> {
    let on_words = |test: TextTest| Predicate::Text { field, test };
    let any_or_all = |parts: Vec<Predicate>, all: bool| match parts.is_empty() {
        // No word at all matches nothing (`zero_terms_query: none`).
        true => Predicate::Constant(false),
        false if all => Predicate::all(parts),
        false => Predicate::any(parts),
    };
    let word = |word: String| on_words(phrase(vec![word], 0, false));
    Ok(match test {
        FieldTest::Exists => Predicate::Exists(field),
        FieldTest::Term { value, ignore_case } => word(match ignore_case {
            true => lower_case(value),
            false => value.clone(),
        }),
        FieldTest::Terms(values) => any_or_all(values.iter().cloned().map(word).collect(), false),
        FieldTest::Match { text, all } => any_or_all(words(text).map(word).collect(), *all),
        FieldTest::Phrase {
            text,
            slop,
            is_prefix,
        } => match words(text).collect::<Vec<_>>() {
            words if words.is_empty() => Predicate::Constant(false),
            words => on_words(phrase(words, *slop, *is_prefix)),
        },
        FieldTest::Wildcard {
            pattern,
            ignore_case,
            preparation,
        } => on_words(TextTest::Wildcard {
            pattern: match preparation {
                Preparation::None => WildcardPattern::lucene(pattern),
                _ => WildcardPattern::lucene(&lower_case(pattern)),
            },
            insensitive: *ignore_case,
        }),
        FieldTest::Prefix {
            text,
            ignore_case,
            preparation,
        } => match preparation {
            Preparation::None => on_words(prefix(text, *ignore_case)),
            Preparation::Normalized => on_words(prefix(&lower_case(text), *ignore_case)),
            Preparation::Words { all } => {
                let mut found: Vec<String> = words(text).collect();
                let last = found.pop();
                let mut parts: Vec<Predicate> = found.into_iter().map(word).collect();
                parts.extend(last.map(|last| on_words(prefix(&last, false))));
                any_or_all(parts, *all)
            }
        },
        FieldTest::Regexp {
            pattern,
            ignore_case,
        } => on_words(TextTest::Regex {
            pattern: pattern.clone(),
            insensitive: *ignore_case,
        }),
        FieldTest::Fuzzy {
            text,
            edits,
            prefix,
            transpositions,
            preparation,
        } => on_words(TextTest::Fuzzy(Fuzzy {
            text: match preparation {
                Preparation::None => text.clone(),
                _ => lower_case(text),
            },
            edits: *edits,
            prefix: *prefix,
            transpositions: *transpositions,
        })),
        FieldTest::Range(range) => {
            let (mut low, mut high) = (None, None);
            for (bound, value) in &range.bounds {
                let value = if range.prepared {
                    lower_case(value)
                } else {
                    value.clone()
                };
                match bound {
                    Bound::Above => low = Some((value, false)),
                    Bound::From => low = Some((value, true)),
                    Bound::Below => high = Some((value, false)),
                    Bound::To => high = Some((value, true)),
                }
            }
            on_words(TextTest::Range { low, high })
        }
        FieldTest::Null => {
            return Err(RefusedCondition::NoText {
                name: path.to_owned(),
            }
            .into());
        }
    })
}

fn phrase(words: Vec<String>, slop: u32, is_prefix: bool) -> TextTest {
    TextTest::Phrase {
        words,
        slop,
        is_prefix,
    }
}

fn prefix(text: &str, insensitive: bool) -> TextTest {
    let mut tokens: Vec<WildcardToken> = text.chars().map(WildcardToken::Char).collect();
    tokens.push(WildcardToken::Many);
    TextTest::Wildcard {
        pattern: WildcardPattern(tokens),
        insensitive,
    }
}
