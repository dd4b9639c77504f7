//! Text → tokens; comments are left out.
//!
//! The lexer never stops at an error. It records it and hands on the token that was most likely
//! meant (`&&` becomes `and`, `'x'` becomes a string), so that the parser finds the other errors
//! of the query and not the consequences of this one. Only the parser calls it.

use super::error::{
    EqlError, FOREIGN_OPERATOR, MISSING_EVENT, NUMBER_TOO_LARGE, UNKNOWN_CHARACTER, UNTERMINATED,
};
use super::syntax::Number;
use super::token::{Keyword, Token, TokenKind, continues_word, starts_word};
use crate::diagnostic::query::EqlToken;
use crate::diagnostic::query::eql_token::Characters;
use crate::diagnostic::{Span, Written};

mod string;

/// The number of errors recorded; nobody reads more, and nonsense of many megabytes must not fill
/// the memory.
pub(super) const MAX_ERRORS: usize = 100;

/// What the lexer makes of a text.
pub(super) struct Lexed {
    /// The tokens; the last one is [`TokenKind::End`], at the end of the last real token.
    pub(super) tokens: Vec<Token>,
    /// What was wrong, in order.
    pub(super) errors: Vec<EqlError>,
}

/// Cuts a query into tokens.
pub(super) fn lex(text: &str) -> Lexed {
    let mut lexer = Lexer {
        text,
        at: 0,
        out: Lexed {
            // Some room, so that it seldom has to grow.
            tokens: Vec::with_capacity(text.len() / 8),
            errors: Vec::new(),
        },
    };
    while lexer.at < text.len() {
        lexer.step();
    }
    let end = lexer.out.tokens.last().map_or(0, |token| token.span.end);
    lexer.out.tokens.push(Token {
        kind: TokenKind::End,
        span: Span::new(end, end),
    });
    lexer.out
}

/// What people write from other languages: the sign, what EQL has instead, and that as a token.
const FOREIGN: [(&str, &str, TokenKind); 9] = [
    ("===", "==", TokenKind::Equal),
    ("!==", "!=", TokenKind::NotEqual),
    ("&&", "and", TokenKind::Keyword(Keyword::And)),
    ("||", "or", TokenKind::Keyword(Keyword::Or)),
    ("<>", "!=", TokenKind::NotEqual),
    ("=>", ">=", TokenKind::GreaterOrEqual),
    ("=<", "<=", TokenKind::LessOrEqual),
    ("=~", ":", TokenKind::Colon),
    ("**", "*", TokenKind::Star),
];

/// The signs of EQL that another sign can begin with, or that can begin a number; longer ones first.
const SIGNS: [(&str, TokenKind); 16] = [
    ("![", TokenKind::MissingOpen),
    ("==", TokenKind::Equal),
    ("!=", TokenKind::NotEqual),
    ("<=", TokenKind::LessOrEqual),
    (">=", TokenKind::GreaterOrEqual),
    (".", TokenKind::Dot),
    ("|", TokenKind::Pipe),
    ("?", TokenKind::Question),
    ("=", TokenKind::Assign),
    ("<", TokenKind::Less),
    (">", TokenKind::Greater),
    ("+", TokenKind::Plus),
    ("-", TokenKind::Minus),
    ("*", TokenKind::Star),
    ("/", TokenKind::Slash),
    ("%", TokenKind::Percent),
];

struct Lexer<'a> {
    text: &'a str,
    at: usize,
    out: Lexed,
}

impl<'a> Lexer<'a> {
    /// Reads one token, comment or stretch of blanks; always moves on.
    fn step(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.bytes().next() else {
            return;
        };
        match first {
            b' ' | b'\t' | b'\r' | b'\n' => {
                let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r' | b'\n');
                self.at += rest.bytes().take_while(is_blank).count();
            }
            b'(' => self.push(TokenKind::LeftParen, 1),
            b')' => self.push(TokenKind::RightParen, 1),
            b'[' => self.push(TokenKind::LeftBracket, 1),
            b']' => self.push(TokenKind::RightBracket, 1),
            b',' => self.push(TokenKind::Comma, 1),
            b':' => self.push(TokenKind::Colon, 1),
            b'/' if rest.starts_with("//") => {
                self.comment(rest.find(['\r', '\n']).unwrap_or(rest.len()));
            }
            b'/' if rest.starts_with("/*") => self.block_comment(),
            b'"' if rest.starts_with("\"\"\"") => self.raw_string(),
            b'"' => self.string(),
            b'\'' => self.single_quoted(),
            b'?' if rest.starts_with("?\"") || rest.starts_with("?'") => self.old_raw_string(),
            b'`' => self.backticks(),
            b'!' => self.exclamation(),
            _ if starts_word(first) => self.word(),
            _ if self.number() => {}
            _ if rest.starts_with(string::is_typographic_quote) => self.typographic(),
            b'#' => self.hash_comment(),
            _ => self.sign(),
        }
    }

    fn rest(&self) -> &'a str {
        self.text.get(self.at..).unwrap_or("")
    }

    /// Takes `length` bytes as one token.
    fn push(&mut self, kind: TokenKind, length: usize) {
        let start = self.at;
        self.at += length;
        let span = Span::of(start..self.at);
        self.out.tokens.push(Token { kind, span });
    }

    fn report(&mut self, error: EqlError) {
        if self.out.errors.len() < MAX_ERRORS {
            self.out.errors.push(error);
        }
    }

    /// The next `length` bytes as a place.
    fn ahead(&self, length: usize) -> Span {
        Span::of(self.at..self.at + length)
    }

    fn comment(&mut self, length: usize) {
        self.at += length;
    }

    /// `/* … */`; comments nest.
    fn block_comment(&mut self) {
        let rest = self.rest();
        let mut open = 0_usize;
        let mut from = 0;
        while let Some(found) = rest
            .get(from..)
            .and_then(|tail| memchr::memchr2(b'/', b'*', tail.as_bytes()))
        {
            let at = from + found;
            match rest.as_bytes().get(at..at + 2) {
                Some(b"/*") => {
                    open += 1;
                    from = at + 2;
                }
                Some(b"*/") => {
                    open -= 1;
                    from = at + 2;
                }
                _ => from = at + 1,
            }
            if open == 0 {
                self.comment(from);
                return;
            }
        }
        self.report(EqlError::new(
            UNTERMINATED,
            self.ahead(2),
            EqlToken::UnclosedComment,
        ));
        self.comment(rest.len());
    }

    /// A keyword, an identifier, or either with a `~` that belongs to it.
    fn word(&mut self) {
        let rest = self.rest();
        let length = 1 + rest
            .bytes()
            .skip(1)
            .take_while(|byte| continues_word(*byte))
            .count();
        let keyword = rest.get(..length).and_then(Keyword::of);
        if rest.as_bytes().get(length) != Some(&b'~') {
            self.push(
                keyword.map_or(TokenKind::Identifier, TokenKind::Keyword),
                length,
            );
            return;
        }
        let kind = keyword
            .and_then(Keyword::insensitive)
            .map_or(TokenKind::TildeIdentifier, TokenKind::Keyword);
        self.push(kind, length + 1);
    }

    /// A number, if there is one here.
    fn number(&mut self) -> bool {
        let rest = self.rest();
        let bytes = rest.as_bytes();
        let digits = |from: usize| {
            let tail = bytes.get(from..).unwrap_or_default();
            tail.iter().take_while(|byte| byte.is_ascii_digit()).count()
        };
        let whole = digits(0);
        let mut length = whole;
        if bytes.get(length) == Some(&b'.') {
            let fraction = digits(length + 1);
            if whole + fraction == 0 {
                return false;
            }
            length += 1 + fraction;
        }
        if length == 0 {
            return false;
        }
        if matches!(bytes.get(length), Some(b'e' | b'E')) {
            let sign = usize::from(matches!(bytes.get(length + 1), Some(b'+' | b'-')));
            let exponent = digits(length + 1 + sign);
            if exponent > 0 {
                length += 1 + sign + exponent;
            }
        }
        let number = self.decode_number(rest.get(..length).unwrap_or(""), length == whole);
        self.push(TokenKind::Number(number), length);
        true
    }

    fn decode_number(&mut self, literal: &str, integer: bool) -> Number {
        if integer {
            if let Ok(value) = literal.parse() {
                return Number::Integer(value);
            }
            if let Ok(value) = literal.parse() {
                return Number::Unsigned(value);
            }
        }
        let value: f64 = literal.parse().unwrap_or(f64::INFINITY);
        if value.is_finite() {
            return Number::Double(value);
        }
        let found = Written::new(literal);
        let cause = EqlToken::NumberTooLarge { found };
        self.report(EqlError::new(
            NUMBER_TOO_LARGE,
            self.ahead(literal.len()),
            cause,
        ));
        Number::Double(0.0)
    }

    /// `![`, `!=`, and what people mean by other uses of `!`.
    fn exclamation(&mut self) {
        let rest = self.rest();
        if rest.starts_with("![") || rest.starts_with("!=") {
            return self.sign();
        }
        let blanks = rest
            .get(1..)
            .map_or(0, |tail| tail.len() - tail.trim_start().len());
        if rest.as_bytes().get(1 + blanks) == Some(&b'[') {
            let length = blanks + 2;
            let cause = EqlToken::DetachedMissingEvent;
            self.report(EqlError::new(MISSING_EVENT, self.ahead(length), cause));
            return self.push(TokenKind::MissingOpen, length);
        }
        let cause = EqlToken::ExclamationMark;
        self.report(EqlError::new(FOREIGN_OPERATOR, self.ahead(1), cause));
        self.push(TokenKind::Keyword(Keyword::Not), 1);
    }

    /// An operator or a bracket; else the text is no token at all.
    fn sign(&mut self) {
        let rest = self.rest();
        if let Some((sign, ours, kind)) = FOREIGN.iter().find(|(sign, ..)| rest.starts_with(sign)) {
            let (found, expected) = (*sign, *ours);
            let cause = EqlToken::ForeignOperator { found, expected };
            self.report(EqlError::new(
                FOREIGN_OPERATOR,
                self.ahead(sign.len()),
                cause,
            ));
            return self.push(kind.clone(), sign.len());
        }
        match SIGNS.iter().find(|(sign, _)| rest.starts_with(sign)) {
            Some((sign, kind)) => self.push(kind.clone(), sign.len()),
            None => self.unknown(),
        }
    }

    /// `# …`, a comment elsewhere.
    fn hash_comment(&mut self) {
        let cause = EqlToken::HashComment;
        self.report(EqlError::new(UNKNOWN_CHARACTER, self.ahead(1), cause));
        let rest = self.rest();
        self.comment(rest.find(['\r', '\n']).unwrap_or(rest.len()));
    }

    /// One character that begins no token, or a whole word with letters outside of ASCII.
    fn unknown(&mut self) {
        let rest = self.rest();
        let Some(first) = rest.chars().next() else {
            return;
        };
        if !first.is_ascii() && first.is_alphabetic() {
            return self.foreign_word();
        }
        let length = rest.find(|c| c != first).unwrap_or(rest.len());
        let found = Characters {
            character: first,
            written: Written::new(rest.get(..length).unwrap_or("")),
        };
        let unseen = found.is_unseen();
        let cause = EqlToken::UnknownCharacter { found };
        self.report(EqlError::new(UNKNOWN_CHARACTER, self.ahead(length), cause));
        if unseen || first == ';' {
            self.at += length;
        } else {
            self.push(TokenKind::Unknown, length);
        }
    }

    /// A word with letters outside of ASCII is taken for a name that lacks its backticks.
    fn foreign_word(&mut self) {
        let glued = |token: &&Token| {
            token.kind == TokenKind::Identifier && token.span.end as usize == self.at
        };
        let start = self
            .out
            .tokens
            .last()
            .filter(glued)
            .map(|token| token.span.start as usize);
        let letters = |c: char| c.is_alphanumeric() || c == '_';
        let rest = self.rest();
        let end = self.at + rest.find(|c| !letters(c)).unwrap_or(rest.len());
        if let Some(start) = start {
            self.out.tokens.pop();
            self.at = start;
        }
        let length = end - self.at;
        let word = self.rest().get(..length).unwrap_or("");
        let name = Written::new(word);
        let cause = EqlToken::NameWithoutBackticks { name };
        self.report(EqlError::new(UNKNOWN_CHARACTER, self.ahead(length), cause));
        self.push(TokenKind::Quoted(word.to_owned()), length);
    }
}
