//! Text → tokens, as the classic query parser cuts them: the longest token wins.

use super::error::{self, LuceneError};
use crate::diagnostic::Span;
use crate::diagnostic::query::LuceneCause;

/// A token and its place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Token {
    pub(super) kind: Kind,
    pub(super) span: Span,
}

/// The kinds of token. Texts are as written, escapes included.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    And,
    Or,
    Not,
    Plus,
    Minus,
    Open,
    Close,
    Colon,
    Star,
    /// `^` and its number.
    Boost,
    /// `~` and its number.
    Tilde(Option<f64>),
    Quoted(String),
    Term(String),
    Prefix(String),
    Wildcard(String),
    Regex(String),
    Range {
        low: End,
        low_inclusive: bool,
        high: End,
        high_inclusive: bool,
    },
    End,
}

/// An end of a range as it is written; `None` for `*`.
pub(super) type End = Option<String>;

/// Cuts a text into tokens; the last is [`Kind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token>, LuceneError> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        lexer.blanks();
        let start = lexer.at;
        let kind = lexer.token()?;
        let is_end = kind == Kind::End;
        tokens.push(Token {
            kind,
            span: Span::of(start..lexer.at),
        });
        if is_end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Lexer<'t> {
    fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn blanks(&mut self) {
        let rest = self.rest();
        self.at += rest.len() - rest.trim_start_matches(is_blank).len();
    }

    fn one(&mut self, kind: Kind, length: usize) -> Result<Kind, LuceneError> {
        self.at += length;
        Ok(kind)
    }

    fn token(&mut self) -> Result<Kind, LuceneError> {
        let rest = self.rest();
        let mut chars = rest.chars();
        let Some(first) = chars.next() else {
            return Ok(Kind::End);
        };
        match first {
            // An operator alone is a word.
            '+' | '-' | '!' if chars.next().is_some_and(is_blank) => {
                self.one(Kind::Term(first.to_string()), 1)
            }
            '+' => self.one(Kind::Plus, 1),
            '-' => self.one(Kind::Minus, 1),
            '!' => self.one(Kind::Not, 1),
            '(' => self.one(Kind::Open, 1),
            ')' => self.one(Kind::Close, 1),
            ':' => self.one(Kind::Colon, 1),
            '^' => {
                self.at += 1;
                if self.number().is_none() {
                    let span = Span::of(self.at - 1..self.at);
                    return Err(error::syntax(span, LuceneCause::NoBoost));
                }
                Ok(Kind::Boost)
            }
            '~' => {
                self.at += 1;
                Ok(Kind::Tilde(self.number()))
            }
            '"' => self.quoted(),
            '/' => self.regex(),
            '[' | '{' => self.range(first == '['),
            ']' | '}' => {
                let span = Span::of(self.at..self.at + 1);
                let cause = LuceneCause::EndsNoRange { found: first };
                Err(error::syntax(span, cause))
            }
            _ => self.term(),
        }
    }

    /// Digits, and a fraction.
    fn number(&mut self) -> Option<f64> {
        let rest = self.rest();
        let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
        let mut length = digits(rest);
        if length == 0 {
            return None;
        }
        if let Some(fraction) = rest.get(length..).and_then(|rest| rest.strip_prefix('.'))
            && digits(fraction) > 0
        {
            length += 1 + digits(fraction);
        }
        self.at += length;
        rest.get(..length)?.parse().ok()
    }

    fn quoted(&mut self) -> Result<Kind, LuceneError> {
        let start = self.at;
        let inner = self.rest().get(1..).unwrap_or("");
        let Some(length) = end_of(inner, '"') else {
            let span = Span::of(start..start + 1);
            return Err(error::syntax(span, LuceneCause::UnclosedQuote));
        };
        self.at += length + 2;
        Ok(Kind::Quoted(inner.get(..length).unwrap_or("").to_owned()))
    }

    fn regex(&mut self) -> Result<Kind, LuceneError> {
        let start = self.at;
        let inner = self.rest().get(1..).unwrap_or("");
        let Some(length) = end_of(inner, '/') else {
            let span = Span::of(start..start + 1);
            return Err(error::syntax(span, LuceneCause::UnclosedRegex));
        };
        self.at += length + 2;
        Ok(Kind::Regex(inner.get(..length).unwrap_or("").to_owned()))
    }

    fn range(&mut self, low_inclusive: bool) -> Result<Kind, LuceneError> {
        let start = self.at;
        self.at += 1;
        let unfinished = || {
            let span = Span::of(start..start + 1);
            error::syntax(span, LuceneCause::UnclosedRange)
        };
        let low = self.range_end().ok_or_else(unfinished)?;
        self.blanks();
        if let Some(after) = self.rest().strip_prefix("TO")
            && after.starts_with(is_blank)
        {
            self.at += 2;
        }
        let high = self.range_end().ok_or_else(unfinished)?;
        self.blanks();
        let high_inclusive = match self.rest().chars().next() {
            Some(']') => true,
            Some('}') => false,
            _ => return Err(unfinished()),
        };
        self.at += 1;
        Ok(Kind::Range {
            low,
            low_inclusive,
            high,
            high_inclusive,
        })
    }

    /// One end of a range; `None` where there is none.
    fn range_end(&mut self) -> Option<End> {
        self.blanks();
        let rest = self.rest();
        if let Some(inner) = rest.strip_prefix('"') {
            let length = end_of(inner, '"')?;
            self.at += length + 2;
            return Some(Some(unescaped(inner.get(..length)?)));
        }
        let length = rest.find([' ', ']', '}']).filter(|length| *length > 0)?;
        self.at += length;
        let text = rest.get(..length)?;
        Some((text != "*").then(|| unescaped(text)))
    }

    fn term(&mut self) -> Result<Kind, LuceneError> {
        let start = self.at;
        let (mut wildcards, mut last_is_star) = (0, false);
        while let Some(c) = self.rest().chars().next() {
            match c {
                '\\' => {
                    let escaped = self.rest().chars().nth(1);
                    let Some(escaped) = escaped else {
                        let span = Span::of(self.at..self.at + 1);
                        return Err(error::syntax(span, LuceneCause::LoneBackslash));
                    };
                    self.at += 1 + escaped.len_utf8();
                    last_is_star = false;
                }
                '*' | '?' => {
                    self.at += 1;
                    wildcards += 1;
                    last_is_star = c == '*';
                }
                c if is_blank(c) || "!():^[]\"{}~/".contains(c) => break,
                c => {
                    self.at += c.len_utf8();
                    last_is_star = false;
                }
            }
        }
        let text = self.text.get(start..self.at).unwrap_or("");
        Ok(match text {
            "AND" | "&&" => Kind::And,
            "OR" | "||" => Kind::Or,
            "NOT" => Kind::Not,
            "*" => Kind::Star,
            _ if wildcards == 0 => Kind::Term(text.to_owned()),
            _ if wildcards == 1 && last_is_star => {
                Kind::Prefix(text.strip_suffix('*').unwrap_or(text).to_owned())
            }
            _ => Kind::Wildcard(text.to_owned()),
        })
    }
}

fn is_blank(c: char) -> bool {
    matches!(c, ' ' | '\t' | '\n' | '\r' | '\u{3000}')
}

/// Where the character stands without a backslash before it.
fn end_of(text: &str, end: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, c)| {
        let is_end = c == end && !escaped;
        escaped = c == '\\' && !escaped;
        is_end.then_some(at)
    })
}

/// The text without its escapes.
pub(super) fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(escaped) = chars.next() else {
            break;
        };
        let digits: Option<String> = (escaped == 'u').then(|| chars.clone().take(4).collect());
        let unit = digits.filter(|digits| digits.len() == 4);
        match unit.and_then(|digits| u32::from_str_radix(&digits, 16).ok()) {
            Some(unit) => {
                chars.nth(3);
                out.push(char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER));
            }
            None => out.push(escaped),
        }
    }
    out
}
