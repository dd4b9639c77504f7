//! The tokens of EQL: what the lexer hands to the parser, and which words are keywords.
//!
//! Used by the lexer, the parser and the printer (which must know what needs backticks); nothing
//! outside `eql` sees a token.

use super::syntax::Number;
use crate::diagnostic::Span;

/// One token and its place in the query.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: TokenKind,
    pub(super) span: Span,
}

/// What a token is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum TokenKind {
    /// A bare word that is no keyword.
    Identifier,
    /// A bare word with `~` directly behind it: the name of a call.
    TildeIdentifier,
    /// A name in backticks, taken off.
    Quoted(String),
    /// A string in any form, decoded.
    String(String),
    /// A number without a sign.
    Number(Number),
    /// One of the reserved words.
    Keyword(Keyword),
    /// `(`
    LeftParen,
    /// `)`
    RightParen,
    /// `[`
    LeftBracket,
    /// `]`
    RightBracket,
    /// `![`
    MissingOpen,
    /// `,`
    Comma,
    /// `.`
    Dot,
    /// `:`
    Colon,
    /// `|`
    Pipe,
    /// `?`
    Question,
    /// `=`
    Assign,
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
    /// `+`
    Plus,
    /// `-`
    Minus,
    /// `*`
    Star,
    /// `/`
    Slash,
    /// `%`
    Percent,
    /// Text that is no token. The lexer has reported it.
    Unknown,
    /// After the last token.
    End,
}

/// The reserved words. They are lower case only.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keyword {
    And,
    Any,
    By,
    False,
    In,
    InInsensitive,
    Join,
    Like,
    LikeInsensitive,
    Maxspan,
    Not,
    Null,
    Of,
    Or,
    Regex,
    RegexInsensitive,
    Sample,
    Sequence,
    True,
    Until,
    Where,
    With,
}

impl Keyword {
    /// The keyword that `word` is, exactly.
    pub(super) fn of(word: &str) -> Option<Self> {
        Some(match word {
            "and" => Self::And,
            "any" => Self::Any,
            "by" => Self::By,
            "false" => Self::False,
            "in" => Self::In,
            "join" => Self::Join,
            "like" => Self::Like,
            "maxspan" => Self::Maxspan,
            "not" => Self::Not,
            "null" => Self::Null,
            "of" => Self::Of,
            "or" => Self::Or,
            "regex" => Self::Regex,
            "sample" => Self::Sample,
            "sequence" => Self::Sequence,
            "true" => Self::True,
            "until" => Self::Until,
            "where" => Self::Where,
            "with" => Self::With,
            _ => return None,
        })
    }

    /// The keyword with `~` directly behind it, for the three that have such a form.
    pub(super) fn insensitive(self) -> Option<Self> {
        match self {
            Self::In => Some(Self::InInsensitive),
            Self::Like => Some(Self::LikeInsensitive),
            Self::Regex => Some(Self::RegexInsensitive),
            _ => None,
        }
    }
}

/// Whether `word` can be written as a name without backticks.
pub(super) fn is_bare_name(word: &str) -> bool {
    let mut bytes = word.bytes();
    bytes.next().is_some_and(starts_word)
        && bytes.all(continues_word)
        && Keyword::of(word).is_none()
}

/// Whether a bare word may begin with this byte.
pub(super) fn starts_word(byte: u8) -> bool {
    byte.is_ascii_alphabetic() || byte == b'_' || byte == b'@'
}

/// Whether a bare word may go on with this byte.
pub(super) fn continues_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}
