//! What is wrong with the tokens and the grammar of an ES|QL query.

use std::fmt;

use crate::diagnostic::cause::{Part, causes, phrases};
use crate::diagnostic::did_you_mean;

causes! {
    /// Why a text is no query of ES|QL.
    EsqlSyntax {
        UnclosedComment => "a comment has no end", help "close it with `*/`";
        UnknownCharacter { found: Escaped } => "unknown character `{found}`", hint found.fix();
        UnclosedName => "a name in backticks has no end";
        UnclosedString => "a string has no end",
            help "close it on the same line; `\\\"` does not close it";
        UnknownEscape { found: Escaped } => "`\\{found}` is no escape",
            help "double the backslash, or write the string in triple quotes";
        Assignment => "`=` does not compare", help "write `==`";
        Unexpected { expected: EsqlExpected, found: EsqlFound } => "expected {expected}, found {found}";
        NumberOutOfRange { found: String } => "the number {found} is out of range";
        LongTimespan { amount: String, unit: String } => "the timespan {amount} {unit} is too long";
        ListItem => "a list holds numbers, strings, or true and false, and nothing else",
            help "build other lists with MV_APPEND";
        FirstCommandNotSupported { name: &'static str } => "a query that begins with {name} is not supported";
        CommandNotSupported { name: &'static str } => "{name} is not supported";
        UnknownCommand { name: String, suggestion: Option<String> } => "unknown command `{name}`",
            hint suggestion.as_deref().map(did_you_mean);
        UnclosedOptions => "the options have no end", help "close them with `}}`";
        TooDeep => "the expression is nested too deeply";
        TooManyOperators => "the expression has too many operators in a row";
        InsensitiveEqual => "`=~` is not supported", help "compare with `TO_LOWER(…) ==`";
        ChainedComparison => "comparisons cannot be chained", help "join two comparisons with `AND`";
    }
}

/// A character, shown with an escape where it cannot be seen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Escaped(pub char);

impl Escaped {
    fn fix(self) -> Option<&'static str> {
        match self.0 {
            '\'' => Some("strings stand in double quotes"),
            '\u{201c}' | '\u{201d}' | '\u{201e}' => {
                Some("the quotes come from a document; type `\"` instead")
            }
            letter if letter.is_alphabetic() => {
                Some("a name with letters other than a-z stands in backticks")
            }
            _ => None,
        }
    }
}

impl fmt::Display for Escaped {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.escape_debug().fmt(f)
    }
}

impl Part for Escaped {
    fn part(&self) -> Option<String> {
        Some(self.0.to_string())
    }
}

/// What must stand at a place of an ES|QL query.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EsqlExpected {
    /// A sign.
    Sign(&'static str),
    /// A keyword, in small letters.
    Keyword(&'static str),
    /// A part of the grammar.
    Part(EsqlPart),
}

impl fmt::Display for EsqlExpected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::Keyword(keyword) => write!(f, "`{}`", keyword.to_uppercase()),
            Self::Part(part) => part.fmt(f),
        }
    }
}

impl Part for EsqlExpected {
    fn part(&self) -> Option<String> {
        match self {
            Self::Sign(text) | Self::Keyword(text) => text.part(),
            Self::Part(part) => part.part(),
        }
    }
}

phrases! {
    /// A part of the grammar of ES|QL.
    EsqlPart {
        Source = "`FROM` or `ROW`",
        IndexPattern = "an index pattern",
        Command = "a command",
        As = "`AS`",
        LookupJoin = "`LOOKUP JOIN`",
        Join = "`JOIN`",
        Policy = "the name of a policy",
        LookupIndex = "the name of a lookup index",
        CommaOrBrace = "`,` or `}`",
        Value = "a value",
        End = "`|` or the end of the query",
        String = "a string",
        Column = "the name of a column",
        ColumnOrPattern = "the name of a column, or a pattern with `*`",
        Membership = "`IN`, `LIKE` or `RLIKE`",
        Comparison = "a comparison",
        Type = "the name of a type",
    }
}

/// What stands at a place of an ES|QL query.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EsqlFound {
    /// A word.
    Word(String),
    /// A name in backticks.
    Quoted(String),
    /// A number.
    Number(String),
    /// A string.
    Text,
    /// A parameter.
    Parameter(String),
    /// A sign.
    Sign(&'static str),
    /// What is no token.
    Invalid,
    /// Nothing more.
    End,
}

impl fmt::Display for EsqlFound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "`{word}`"),
            Self::Quoted(name) => write!(f, "`{name}` in backticks"),
            Self::Number(number) => write!(f, "the number {number}"),
            Self::Text => f.write_str("a string"),
            Self::Parameter(name) => write!(f, "the parameter `?{name}`"),
            Self::Sign(sign) => write!(f, "`{sign}`"),
            Self::Invalid => f.write_str("an unreadable text"),
            Self::End => f.write_str("the end of the query"),
        }
    }
}

impl Part for EsqlFound {
    fn part(&self) -> Option<String> {
        match self {
            Self::Word(text) | Self::Quoted(text) | Self::Number(text) | Self::Parameter(text) => {
                text.part()
            }
            Self::Sign(sign) => sign.part(),
            Self::Text | Self::Invalid | Self::End => None,
        }
    }
}
