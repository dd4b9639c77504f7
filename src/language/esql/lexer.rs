//! Text → tokens, one at a time: the parser asks for the next one from a place, because the
//! grammar of names differs between commands.
//!
//! The lexer never stops at an error. It records it and hands on what was most likely meant.

use super::error::{BAD_ESCAPE, UNKNOWN_CHARACTER, UNTERMINATED};
use super::token::{SIGNS, Token, TokenKind};
use crate::diagnostic::Span;
use crate::diagnostic::query::EsqlSyntax;
use crate::diagnostic::query::esql_syntax::Escaped;
use crate::language::QueryError;

/// A text and the errors found in it.
pub(super) struct Lexer<'t> {
    pub(super) text: &'t str,
    pub(super) errors: Vec<QueryError>,
}

impl<'t> Lexer<'t> {
    /// The lexer of a text.
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            errors: Vec::new(),
        }
    }

    /// The text from a place on.
    pub(super) fn rest(&self, at: usize) -> &'t str {
        self.text.get(at..).unwrap_or("")
    }

    /// The place of the next character that is neither white space nor comment.
    pub(super) fn skip_space(&mut self, mut at: usize) -> usize {
        loop {
            let rest = self.rest(at);
            let trimmed = rest.trim_start();
            at += rest.len() - trimmed.len();
            if trimmed.starts_with("//") {
                at += trimmed.find('\n').unwrap_or(trimmed.len());
            } else if trimmed.starts_with("/*") {
                match trimmed.find("*/") {
                    Some(end) => at += end + 2,
                    None => {
                        let span = Span::of(at..self.text.len());
                        let cause = EsqlSyntax::UnclosedComment;
                        self.errors.push(QueryError::new(UNTERMINATED, span, cause));
                        at = self.text.len();
                    }
                }
            } else {
                return at;
            }
        }
    }

    /// The token at or after a place.
    pub(super) fn token(&mut self, at: usize) -> Token {
        let at = self.skip_space(at);
        let rest = self.rest(at);
        let Some(first) = rest.chars().next() else {
            return token(TokenKind::End, at, at);
        };
        if rest.starts_with("\"\"\"") {
            return self.raw_string(at);
        }
        match first {
            '"' => self.string(at),
            '`' => self.quoted(at),
            '?' => {
                let name = word_length(rest.get(1..).unwrap_or(""));
                let end = at + 1 + name;
                let name = self.text.get(at + 1..end).unwrap_or("").to_owned();
                token(TokenKind::Parameter(name), at, end)
            }
            _ if first.is_ascii_digit() || first == '.' && starts_digit(rest.get(1..)) => {
                number(rest, at)
            }
            _ if first.is_ascii_alphabetic() || matches!(first, '_' | '@') => {
                let end = at + word_length(rest);
                let word = self.text.get(at..end).unwrap_or("").to_owned();
                token(TokenKind::Word(word), at, end)
            }
            _ => self.sign(at, first),
        }
    }

    fn sign(&mut self, at: usize, first: char) -> Token {
        let rest = self.rest(at);
        // An assignment is a sign of its own, behind the longer ones that begin with it.
        let signs = SIGNS.iter().chain(&["="]);
        if let Some(sign) = signs.copied().find(|sign| rest.starts_with(sign)) {
            return token(TokenKind::Sign(sign), at, at + sign.len());
        }
        let end = at + first.len_utf8();
        let found = Escaped(first);
        let cause = EsqlSyntax::UnknownCharacter { found };
        let error = QueryError::new(UNKNOWN_CHARACTER, Span::of(at..end), cause);
        self.errors.push(error);
        token(TokenKind::Invalid, at, end)
    }

    fn quoted(&mut self, at: usize) -> Token {
        let (mut name, mut end) = (String::new(), at + 1);
        loop {
            let rest = self.rest(end);
            let stop = rest.find(['`', '\n']);
            let Some(stop) =
                stop.filter(|stop| rest.get(*stop..).is_some_and(|rest| rest.starts_with('`')))
            else {
                let line = rest.find('\n').unwrap_or(rest.len());
                let span = Span::of(at..end + line);
                let cause = EsqlSyntax::UnclosedName;
                self.errors.push(QueryError::new(UNTERMINATED, span, cause));
                return token(TokenKind::Invalid, at, end + line);
            };
            name.push_str(rest.get(..stop).unwrap_or(""));
            end += stop + 1;
            if !self.rest(end).starts_with('`') {
                return token(TokenKind::Quoted(name), at, end);
            }
            name.push('`');
            end += 1;
        }
    }

    fn string(&mut self, at: usize) -> Token {
        let mut value = String::new();
        let rest = self.rest(at + 1);
        let mut characters = rest.char_indices();
        while let Some((offset, c)) = characters.next() {
            match c {
                '"' => return token(TokenKind::Text(value), at, at + offset + 2),
                '\n' | '\r' => break,
                '\\' => {
                    let escaped = characters.next().map(|(_, c)| c);
                    match escaped {
                        Some('t') => value.push('\t'),
                        Some('n') => value.push('\n'),
                        Some('r') => value.push('\r'),
                        Some('"') => value.push('"'),
                        Some('\\') => value.push('\\'),
                        Some(other) => {
                            let place = at + 1 + offset;
                            let span = Span::of(place..place + 1 + other.len_utf8());
                            let found = Escaped(other);
                            let cause = EsqlSyntax::UnknownEscape { found };
                            self.errors.push(QueryError::new(BAD_ESCAPE, span, cause));
                            value.push('\\');
                            value.push(other);
                        }
                        None => break,
                    }
                }
                c => value.push(c),
            }
        }
        let line = rest.find('\n').unwrap_or(rest.len());
        self.unterminated(at, at + 1 + line)
    }

    /// Up to two quotes before the closing three belong to the text.
    fn raw_string(&mut self, at: usize) -> Token {
        let rest = self.rest(at + 3);
        let line = rest.find(['\n', '\r']).unwrap_or(rest.len());
        let Some(mut end) = rest.get(..line).and_then(|line| line.find("\"\"\"")) else {
            return self.unterminated(at, at + 3 + line);
        };
        for _ in 0..2 {
            if rest
                .get(end + 3..)
                .is_some_and(|rest| rest.starts_with('"'))
            {
                end += 1;
            }
        }
        let value = rest.get(..end).unwrap_or("").to_owned();
        token(TokenKind::Text(value), at, at + 3 + end + 3)
    }

    fn unterminated(&mut self, at: usize, end: usize) -> Token {
        let span = Span::of(at..end);
        let cause = EsqlSyntax::UnclosedString;
        self.errors.push(QueryError::new(UNTERMINATED, span, cause));
        token(TokenKind::Invalid, at, end)
    }
}

fn token(kind: TokenKind, start: usize, end: usize) -> Token {
    Token {
        kind,
        span: Span::of(start..end),
    }
}

/// The length of the word that a text begins with.
pub(super) fn word_length(text: &str) -> usize {
    let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '@');
    text.find(|c| !is_part(c)).unwrap_or(text.len())
}

fn starts_digit(text: Option<&str>) -> bool {
    text.is_some_and(|text| text.starts_with(|c: char| c.is_ascii_digit()))
}

fn number(rest: &str, at: usize) -> Token {
    let digits = |text: &str| {
        text.find(|c: char| !c.is_ascii_digit())
            .unwrap_or(text.len())
    };
    let tail = |length: usize| rest.get(length..).unwrap_or("");
    let mut length = digits(rest);
    let mut is_decimal = false;
    if tail(length).starts_with('.') {
        is_decimal = true;
        length += 1;
        length += digits(tail(length));
    }
    let exponent = tail(length);
    if exponent.starts_with(['e', 'E']) {
        let sign = usize::from(
            exponent
                .get(1..)
                .is_some_and(|rest| rest.starts_with(['+', '-'])),
        );
        let count = digits(exponent.get(1 + sign..).unwrap_or(""));
        if count > 0 {
            is_decimal = true;
            length += 1 + sign + count;
        }
    }
    let text = rest.get(..length).unwrap_or("").to_owned();
    let kind = if is_decimal {
        TokenKind::Decimal(text)
    } else {
        TokenKind::Integer(text)
    };
    token(kind, at, at + length)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kinds(text: &str) -> (Vec<TokenKind>, usize) {
        let mut lexer = Lexer::new(text);
        let (mut kinds, mut at) = (Vec::new(), 0);
        loop {
            let token = lexer.token(at);
            at = token.span.end as usize;
            if token.kind == TokenKind::End {
                return (kinds, lexer.errors.len());
            }
            kinds.push(token.kind);
        }
    }

    fn text(value: &str) -> TokenKind {
        TokenKind::Text(value.to_owned())
    }

    #[test]
    fn strings_have_five_escapes_or_none() {
        assert_eq!(kinds(r#""a\t\"\\""#), (vec![text("a\t\"\\")], 0));
        assert_eq!(kinds(r#""a\d""#), (vec![text("a\\d")], 1));
        assert_eq!(kinds(r#""""a\d"""""#), (vec![text("a\\d\"")], 0));
        assert_eq!(
            kinds(r#""""{"a":"b"}""""#),
            (vec![text("{\"a\":\"b\"}")], 0)
        );
        assert_eq!(kinds("\"a"), (vec![TokenKind::Invalid], 1));
    }

    #[test]
    fn numbers_names_and_comments_are_told_apart() {
        let word = |word: &str| TokenKind::Word(word.to_owned());
        assert_eq!(
            kinds("1 1. .5 1e3 1.5E-3 // x\n /* y\n */ 5m"),
            (
                vec![
                    TokenKind::Integer("1".to_owned()),
                    TokenKind::Decimal("1.".to_owned()),
                    TokenKind::Decimal(".5".to_owned()),
                    TokenKind::Decimal("1e3".to_owned()),
                    TokenKind::Decimal("1.5E-3".to_owned()),
                    TokenKind::Integer("5".to_owned()),
                    word("m"),
                ],
                0
            )
        );
        assert_eq!(
            kinds("@timestamp a.`b``c`"),
            (
                vec![
                    word("@timestamp"),
                    word("a"),
                    TokenKind::Sign("."),
                    TokenKind::Quoted("b`c".to_owned())
                ],
                0
            )
        );
    }
}
