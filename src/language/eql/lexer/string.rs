//! The quoted tokens: strings in all forms, valid and refused, and names in backticks.

use super::Lexer;
use crate::diagnostic::query::EqlToken;
use crate::diagnostic::query::eql_token::Quoted;
use crate::diagnostic::{Span, Written};
use crate::language::eql::error::{BAD_ESCAPE, EqlError, QUOTES, UNTERMINATED};
use crate::language::eql::token::TokenKind;

impl Lexer<'_> {
    /// `"…"` with escapes.
    pub(super) fn string(&mut self) {
        let (length, closed) = self.quoted_length(1, b'"');
        if !closed {
            self.unterminated(Quoted::String, length, "\"");
        }
        let value = self.decode(1, length - usize::from(closed));
        self.push(TokenKind::String(value), length);
    }

    /// `"""…"""`, taken as it is; up to two more quotes behind it belong to the value.
    pub(super) fn raw_string(&mut self) {
        let rest = self.rest();
        let line = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let body = rest.get(3..line).unwrap_or("");
        let Some(end) = body.find("\"\"\"") else {
            self.unterminated(Quoted::RawString, line, "\"\"\"");
            return self.push(TokenKind::String(body.to_owned()), line);
        };
        let tail = body.get(end + 3..).unwrap_or("");
        let extra = tail
            .bytes()
            .take(2)
            .take_while(|byte| *byte == b'"')
            .count();
        let value = body.get(..end + extra).unwrap_or("").to_owned();
        self.push(TokenKind::String(value), 3 + end + 3 + extra);
    }

    /// `'…'`, which EQL refuses.
    pub(super) fn single_quoted(&mut self) {
        let (length, closed) = self.quoted_length(1, b'\'');
        if !closed {
            self.unterminated(Quoted::String, length, "'");
        }
        let body = self.body(1, length - usize::from(closed)).to_owned();
        let span = self.ahead(length);
        let rewritten = in_double_quotes(&body);
        let cause = EqlToken::SingleQuotes { rewritten };
        self.report(EqlError::new(QUOTES, span, cause));
        self.push(TokenKind::String(body), length);
    }

    /// `?"…"` and `?'…'`, raw strings of an older EQL.
    pub(super) fn old_raw_string(&mut self) {
        let quote = if self.rest().starts_with("?'") {
            '\''
        } else {
            '"'
        };
        let (length, closed) = self.quoted_length(2, if quote == '"' { b'"' } else { b'\'' });
        if !closed {
            self.unterminated(Quoted::String, length, "\"\"\"");
        }
        let body = self.body(2, length - usize::from(closed)).to_owned();
        let span = self.ahead(length);
        let rewritten = raw(&body);
        let cause = EqlToken::OldRawString { quote, rewritten };
        self.report(EqlError::new(QUOTES, span, cause));
        self.push(TokenKind::String(body), length);
    }

    /// A name in backticks; a doubled backtick stands for one.
    pub(super) fn backticks(&mut self) {
        let rest = self.rest();
        let mut name = String::new();
        let mut characters = rest.char_indices().skip(1).peekable();
        while let Some((at, character)) = characters.next() {
            match character {
                '`' if characters.next_if(|(_, next)| *next == '`').is_some() => name.push('`'),
                '`' => return self.push(TokenKind::Quoted(name), at + 1),
                '\r' | '\n' => break,
                _ => name.push(character),
            }
        }
        let line = rest.find(['\r', '\n']).unwrap_or(rest.len());
        self.unterminated(Quoted::Name, line, "`");
        self.push(TokenKind::Quoted(name), line);
    }

    /// `“…”` and its kin, pasted from a document.
    pub(super) fn typographic(&mut self) {
        let rest = self.rest();
        let line = rest.find(['\r', '\n']).unwrap_or(rest.len());
        let body = rest.get(..line).unwrap_or("");
        let mut quotes = body
            .char_indices()
            .filter(|(_, c)| is_typographic_quote(*c) || *c == '"');
        let open = quotes.next().map_or(0, |(_, quote)| quote.len_utf8());
        let (to, length) = quotes
            .next()
            .map_or((line, line), |(at, quote)| (at, at + quote.len_utf8()));
        let value = body.get(open..to).unwrap_or("").to_owned();
        let span = self.ahead(length);
        let rewritten = in_double_quotes(&value);
        let cause = EqlToken::TypographicQuotes { rewritten };
        self.report(EqlError::new(QUOTES, span, cause));
        self.push(TokenKind::String(value), length);
    }

    /// The bytes of a quoted token whose body begins at `from`, and whether it is closed. A
    /// backslash keeps the quote after it from closing; a line break ends it unclosed.
    fn quoted_length(&self, from: usize, quote: u8) -> (usize, bool) {
        let rest = self.rest().as_bytes();
        let mut at = from;
        loop {
            let tail = rest.get(at..).unwrap_or(&[]);
            let found = memchr::memchr3(quote, b'\\', b'\n', tail).unwrap_or(tail.len());
            let before = tail.get(..found).unwrap_or(&[]);
            if let Some(end) = memchr::memchr(b'\r', before) {
                return (at + end, false);
            }
            at += found;
            match (rest.get(at), rest.get(at + 1)) {
                (Some(b'\\'), None | Some(b'\r' | b'\n')) => at += 1,
                (Some(b'\\'), Some(_)) => at += 2,
                (Some(b'\n'), _) => return (at, false),
                (Some(_), _) => return (at + 1, true),
                (None, _) => return (rest.len(), false),
            }
        }
    }

    fn body(&self, from: usize, to: usize) -> &str {
        self.rest().get(from..to).unwrap_or("")
    }

    fn unterminated(&mut self, what: Quoted, length: usize, close: &'static str) {
        let escaped_quote = self.body(1, length).contains("\\\"");
        let opener = if self.rest().starts_with('?') {
            self.ahead(2)
        } else {
            self.ahead(close.len())
        };
        let cause = EqlToken::Unterminated {
            what,
            expected: close,
            holds_escaped_quote: close == "\"" && escaped_quote,
        };
        self.report(EqlError::new(UNTERMINATED, opener, cause));
    }

    /// The value of the string whose body is `from..to` of the rest. Of several bad escapes the
    /// first is reported: they nearly always are one mistake, a path with single backslashes.
    fn decode(&mut self, from: usize, to: usize) -> String {
        let body = self.body(from, to);
        if memchr::memchr(b'\\', body.as_bytes()).is_none() {
            return body.to_owned();
        }
        let body = body.to_owned();
        let start = self.at + from;
        let mut value = String::with_capacity(body.len());
        let mut reported = false;
        let mut left = body.as_str();
        while let Some(at) = left.find('\\') {
            value.push_str(left.get(..at).unwrap_or(""));
            let escape = left.get(at..).unwrap_or("");
            let (length, decoded) = match decode_escape(escape) {
                Ok((length, character)) => (length, Some(character)),
                Err(bad) => {
                    if !reported {
                        let offset = start + body.len() - escape.len();
                        let span = Span::of(offset..offset + bad.length());
                        self.report(bad.error(span, escape, &body));
                        reported = true;
                    }
                    (bad.length(), None)
                }
            };
            value.extend(decoded);
            left = escape.get(length..).unwrap_or("");
        }
        value.push_str(left);
        value
    }
}

/// Why an escape is none, with its length in bytes.
#[derive(Clone, Copy)]
enum BadEscape {
    /// No escape begins so.
    Unknown(usize),
    /// `\u` without 2 to 8 hexadecimal digits in braces.
    Digits(usize),
    /// A surrogate, or beyond the last code point.
    Code(usize),
}

impl BadEscape {
    fn length(self) -> usize {
        match self {
            Self::Unknown(length) | Self::Digits(length) | Self::Code(length) => length,
        }
    }

    fn error(self, span: Span, escape: &str, body: &str) -> EqlError {
        let found = escape.get(..self.length()).unwrap_or("").to_owned();
        let cause = match self {
            Self::Unknown(_) => {
                let doubled = body.contains("\\\\") || body.contains("\\\"");
                let rewritten = (!doubled).then(|| raw(body));
                EqlToken::UnknownEscape { found, rewritten }
            }
            Self::Digits(_) => EqlToken::EscapeDigits {
                found: Written::new(found),
            },
            Self::Code(_) => EqlToken::EscapeCode { found },
        };
        EqlError::new(BAD_ESCAPE, span, cause)
    }
}

/// Decodes the escape at the start of `text`, which begins with a backslash.
fn decode_escape(text: &str) -> Result<(usize, char), BadEscape> {
    let Some(kind) = text.chars().nth(1) else {
        return Err(BadEscape::Unknown(1));
    };
    let character = match kind {
        'b' => '\u{8}',
        't' => '\t',
        'n' => '\n',
        'f' => '\u{c}',
        'r' => '\r',
        '"' | '\'' | '\\' => kind,
        'u' => return decode_unicode(text),
        _ => return Err(BadEscape::Unknown(1 + kind.len_utf8())),
    };
    Ok((2, character))
}

/// `\u{H…}` with 2 to 8 digits.
fn decode_unicode(text: &str) -> Result<(usize, char), BadEscape> {
    let Some(braced) = text.get(2..).and_then(|tail| tail.strip_prefix('{')) else {
        return Err(BadEscape::Digits(2));
    };
    let digits = braced.bytes().take_while(u8::is_ascii_hexdigit).count();
    if braced.as_bytes().get(digits) != Some(&b'}') {
        return Err(BadEscape::Digits(3 + digits));
    }
    let length = 3 + digits + 1;
    if !(2..=8).contains(&digits) {
        return Err(BadEscape::Digits(length));
    }
    braced
        .get(..digits)
        .and_then(|digits| u32::from_str_radix(digits, 16).ok())
        .and_then(char::from_u32)
        .map(|character| (length, character))
        .ok_or(BadEscape::Code(length))
}

/// Quotes that word processors put in the place of `"` and `'`.
pub(super) fn is_typographic_quote(character: char) -> bool {
    matches!(character, '“' | '”' | '„' | '‘' | '’' | '«' | '»')
}

/// A body in other quotes as the string that was most likely meant.
fn in_double_quotes(body: &str) -> String {
    if body.contains(['"', '\\']) {
        return raw(body);
    }
    format!("\"{}\"", whole_or_dots(body))
}

/// `body` as a raw string, to be copied.
fn raw(body: &str) -> String {
    format!("\"\"\"{}\"\"\"", whole_or_dots(body))
}

/// A text that is worth copying is shown whole; half of a long one would be of no use.
fn whole_or_dots(body: &str) -> &str {
    if body.len() <= 80 { body } else { "…" }
}
