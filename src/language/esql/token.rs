//! The tokens of a query.

use crate::diagnostic::Span;
use crate::diagnostic::query::esql_syntax::EsqlFound;

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// What a token is. Keywords are words; the parser compares them in any case.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A word: a keyword, a function or a part of a name.
    Word(String),
    /// A part of a name in backticks.
    Quoted(String),
    /// A whole number.
    Integer(String),
    /// A number with a point or an exponent.
    Decimal(String),
    /// A string.
    Text(String),
    /// `?name`
    Parameter(String),
    /// A sign.
    Sign(&'static str),
    /// What is no token; its error is recorded.
    Invalid,
    /// The end of the query.
    End,
}

impl TokenKind {
    /// Whether it is this keyword.
    pub(super) fn is_word(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }

    /// Whether it is this sign.
    pub(super) fn is(&self, sign: &str) -> bool {
        matches!(self, Self::Sign(own) if *own == sign)
    }

    /// The token, for an error.
    pub(super) fn found(&self) -> EsqlFound {
        match self {
            Self::Word(word) => EsqlFound::Word(word.clone()),
            Self::Quoted(name) => EsqlFound::Quoted(name.clone()),
            Self::Integer(number) | Self::Decimal(number) => EsqlFound::Number(number.clone()),
            Self::Text(_) => EsqlFound::Text,
            Self::Parameter(name) => EsqlFound::Parameter(name.clone()),
            Self::Sign(sign) => EsqlFound::Sign(sign),
            Self::Invalid => EsqlFound::Invalid,
            Self::End => EsqlFound::End,
        }
    }
}

/// The signs, longer ones first.
pub(super) const SIGNS: [&str; 23] = [
    "==", "!=", "<=", ">=", "=~", "::", "(", ")", "[", "]", "{", "}", ",", ".", ":", "|", "+", "-",
    "*", "/", "%", "<", ">",
];

/// The words that no column can be named without backticks.
pub(super) const RESERVED: [&str; 14] = [
    "and", "asc", "by", "desc", "false", "in", "is", "like", "not", "null", "nulls", "or", "rlike",
    "true",
];
