//! Patterns on text: equality but for case, wildcards, regular expressions. The only place that
//! knows the regex crates and what case folding is; `facts` and the engine call it.

mod capture;
pub mod example;
pub mod fold;
mod fuzzy;
mod java;
mod lucene;
mod text;
mod wildcard;

use std::borrow::Cow;

pub use self::capture::Finder;
use self::wildcard::Wildcard;
use super::QueryFailure;
use crate::plan::predicate::{Fuzzy, TextTest, WildcardPattern, WildcardToken};

/// The most states that Elasticsearch lets a regular expression have
/// (`Operations.DEFAULT_DETERMINIZE_WORK_LIMIT`).
pub const MAX_STATES: usize = 10_000;

/// A compiled pattern; it matches whole texts.
#[derive(Debug, Clone)]
pub struct Pattern {
    kind: Kind,
    folded: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Text(Box<str>),
    Wildcard(Wildcard),
    Expression(Box<regex_automata::meta::Regex>),
    Automaton(Box<lucene::Automaton>),
    Fuzzy(Box<fuzzy::FuzzyText>),
    Words(Box<text::Words>),
}

impl Pattern {
    /// Equality but for case: `in~`, `:` without wildcards.
    pub fn equal_ignoring_case(text: &str) -> Self {
        Self {
            kind: Kind::Text(fold::fold(text).into()),
            folded: true,
        }
    }

    /// A wildcard pattern.
    pub fn wildcard(pattern: &WildcardPattern, insensitive: bool) -> Self {
        let literal: Option<String> = pattern
            .0
            .iter()
            .map(|token| match token {
                WildcardToken::Char(c) => Some(*c),
                WildcardToken::One | WildcardToken::Many => None,
            })
            .collect();
        let kind = match literal {
            Some(text) if insensitive => Kind::Text(fold::fold(&text).into()),
            Some(text) => Kind::Text(text.into()),
            None => Kind::Wildcard(Wildcard::new(pattern, insensitive)),
        };
        Self {
            kind,
            folded: insensitive,
        }
    }

    /// A regular expression of Lucene's dialect (`RegExp`, all optional syntax on), which a
    /// `regex` on a field has.
    pub fn lucene(pattern: &str, insensitive: bool) -> Result<Self, QueryFailure> {
        let kind = match lucene::compile(pattern, insensitive)? {
            lucene::Compiled::Expression(expression) => Kind::Expression(expression),
            lucene::Compiled::Automaton(automaton) => Kind::Automaton(automaton),
        };
        Ok(Self {
            kind,
            folded: false,
        })
    }

    /// A regular expression of Java's dialect (`java.util.regex`), which a `regex` on the result
    /// of a function has. Look-around, back-references, possessive and atomic groups are
    /// unsupported.
    pub fn java(pattern: &str, insensitive: bool) -> Result<Self, QueryFailure> {
        Ok(Self {
            kind: Kind::Expression(java::compile(pattern, insensitive)?),
            folded: false,
        })
    }

    /// Equality but for a few edits.
    pub fn fuzzy(fuzzy: &Fuzzy) -> Self {
        Self {
            kind: Kind::Fuzzy(Box::new(fuzzy::FuzzyText::new(fuzzy))),
            folded: false,
        }
    }

    /// A test of the words of an analysed text.
    pub fn text(test: &TextTest) -> Result<Self, QueryFailure> {
        Ok(Self {
            kind: Kind::Words(Box::new(text::Words::new(test)?)),
            folded: false,
        })
    }

    /// Whether the whole text matches.
    pub fn matches(&self, text: &str) -> bool {
        let text = if self.folded {
            fold::fold(text)
        } else {
            Cow::Borrowed(text)
        };
        self.matches_prepared(&text)
    }

    /// Whether [`Pattern::matches_prepared`] must be given folded text.
    pub fn wants_folded(&self) -> bool {
        self.folded
    }

    /// Whether the text matches, which is folded already where [`Pattern::wants_folded`].
    pub fn matches_prepared(&self, text: &str) -> bool {
        match &self.kind {
            Kind::Text(own) => **own == *text,
            Kind::Wildcard(wildcard) => wildcard.matches(text),
            Kind::Expression(expression) => expression.is_match(text),
            Kind::Automaton(automaton) => automaton.matches(text),
            Kind::Fuzzy(fuzzy) => fuzzy.matches(text),
            Kind::Words(words) => words.matches(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_examples_of_the_wildcard_language_hold() {
        let value = "C:\\Windows\\System32\\cmd.exe";
        let colon = |pattern: &str| Pattern::wildcard(&WildcardPattern::eql(pattern), true);
        let like = |pattern: &str| Pattern::wildcard(&WildcardPattern::eql(pattern), false);
        for pattern in [
            "c:\\windows\\*",
            "*\\CMD.EXE",
            "?:\\Windows\\*",
            "C:\\*\\cmd.exe",
        ] {
            assert!(colon(pattern).matches(value), "{pattern}");
        }
        assert!(!colon("C:\\Windows").matches(value));
        assert!(!like("c:\\windows\\*").matches(value));
        assert!(colon("ÉTÉ*").matches("été!") && !colon("strasse").matches("straße"));
        assert!(Pattern::equal_ignoring_case("Cmd.Exe").matches("cMD.EXE"));
    }
}
