//! Literals: quoted and unquoted texts, their escapes, and the white space between tokens.

use super::failure::{Cached, Failures};
use super::syntax::{Literal, LiteralKind, Piece};
use crate::diagnostic::Span;

/// The text and how far it has been read.
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) at: usize,
    pub(super) failures: Failures,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        Self {
            text,
            at: 0,
            failures: Failures::default(),
        }
    }

    pub(super) fn rest(&self) -> &'t str {
        self.text.get(self.at..).unwrap_or("")
    }

    fn char(&self) -> Option<char> {
        self.rest().chars().next()
    }

    /// Takes exactly this text, which is named `name` where it is missing.
    pub(super) fn take(&mut self, token: &str, name: &'static str) -> bool {
        if self.rest().starts_with(token) {
            self.at += token.len();
            return true;
        }
        self.failures.expect(self.at, name);
        false
    }

    fn take_word(&mut self, word: &str) -> bool {
        let rest = self.rest().as_bytes();
        let fits = rest
            .get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word.as_bytes()));
        if fits {
            self.at += word.len();
        }
        fits
    }

    /// One character of white space.
    pub(super) fn space(&mut self) -> bool {
        let is_first = self.failures.is_first(Cached::Space, self.at);
        match self.char() {
            Some(c @ (' ' | '\t' | '\r' | '\n' | '\u{a0}')) => {
                self.at += c.len_utf8();
                true
            }
            _ => {
                if is_first {
                    self.failures.expect(self.at, "whitespace");
                }
                false
            }
        }
    }

    /// Any white space.
    pub(super) fn spaces(&mut self) {
        while self.space() {}
    }

    /// `and` or `or`, with white space around it.
    pub(super) fn conjunction(&mut self, word: &str, name: &'static str) -> bool {
        let start = self.at;
        self.failures.enter();
        let found = self.space() && {
            self.spaces();
            self.take_word(word) && self.space()
        };
        if found {
            self.spaces();
        }
        self.failures.leave();
        if !found {
            self.at = start;
            self.failures.expect(start, name);
        }
        found
    }

    /// `not` with white space behind it.
    pub(super) fn negation(&mut self) -> bool {
        let start = self.at;
        self.failures.enter();
        let found = self.take_word("not") && self.space();
        if found {
            self.spaces();
        }
        self.failures.leave();
        if !found {
            self.at = start;
            self.failures.expect(start, "NOT");
        }
        found
    }

    /// A literal as the bound of a range.
    pub(super) fn literal(&mut self) -> Option<Literal> {
        let start = self.at;
        let is_first = self.failures.is_first(Cached::Literal, start);
        let literal = self.named_literal(None);
        if literal.is_none() && is_first {
            self.failures.expect(start, "literal");
        }
        literal
    }

    /// A literal as the name of a field.
    pub(super) fn field(&mut self) -> Option<Literal> {
        // The rule of a field is the rule of a literal, tried inside a named rule.
        self.failures.is_first(Cached::Literal, self.at);
        self.named_literal(Some("field name"))
    }

    /// A literal as a value.
    pub(super) fn value(&mut self) -> Option<Literal> {
        self.named_literal(Some("value"))
    }

    fn named_literal(&mut self, name: Option<&'static str>) -> Option<Literal> {
        let start = self.at;
        self.failures.enter();
        let literal = self.quoted().or_else(|| self.unquoted());
        self.failures.leave();
        if let (None, Some(name)) = (&literal, name) {
            self.failures.expect(start, name);
        }
        literal
    }

    fn quoted(&mut self) -> Option<Literal> {
        let start = self.at;
        if self.char() != Some('"') {
            return None;
        }
        self.at += 1;
        let mut text = Text::default();
        loop {
            let Some(c) = self.char() else {
                self.at = start;
                return None;
            };
            if c == '"' {
                self.at += 1;
                break;
            }
            if let Some(unit) = self.escaped_space().or_else(|| self.escaped_unicode()) {
                text.unit(unit);
            } else if c == '\\'
                && let Some(escaped @ ('\\' | '"')) = self.rest().chars().nth(1)
            {
                self.at += 2;
                text.char(escaped);
            } else {
                self.at += c.len_utf8();
                text.char(c);
            }
        }
        let text: String = text.finish().into_iter().map(Piece::char).collect();
        Some(Literal {
            span: Span::of(start..self.at),
            kind: LiteralKind::Quoted(text),
        })
    }

    fn unquoted(&mut self) -> Option<Literal> {
        let start = self.at;
        let mut text = Text::default();
        while self.unquoted_character(&mut text) {}
        if self.at == start {
            return None;
        }
        let pieces = text.finish();
        let pieces = trimmed(&pieces);
        let word: String = pieces.iter().map(|piece| piece.char()).collect();
        let has_star = pieces.contains(&Piece::Star);
        let kind = match word.as_str() {
            "null" => LiteralKind::Null,
            "true" => LiteralKind::Bool(true),
            "false" => LiteralKind::Bool(false),
            _ if has_star => LiteralKind::Wildcard(pieces.to_vec()),
            _ => LiteralKind::Text(word),
        };
        let written = self.text.get(start..self.at).unwrap_or("");
        let end = start + written.trim_end_matches(is_trimmed).len();
        Some(Literal {
            span: Span::of(start..end.max(start)),
            kind,
        })
    }

    fn unquoted_character(&mut self, text: &mut Text) -> bool {
        if let Some(unit) = self.escaped_space() {
            text.unit(unit);
            return true;
        }
        let rest = self.rest();
        if let Some(after) = rest.strip_prefix('\\') {
            if let Some(c) = after.chars().next()
                && is_special(c)
            {
                self.at += 2;
                text.char(c);
                return true;
            }
            if let Some(unit) = self.escaped_unicode() {
                text.unit(unit);
                return true;
            }
            for word in ["or", "and", "not"] {
                let Some(own) = after.get(..word.len()) else {
                    continue;
                };
                if own.eq_ignore_ascii_case(word) {
                    self.at += 1 + word.len();
                    own.chars().for_each(|c| text.char(c));
                    return true;
                }
            }
            return false;
        }
        if rest.starts_with('*') {
            self.at += 1;
            text.star();
            return true;
        }
        if rest.starts_with(is_special) || self.is_keyword() {
            return false;
        }
        let Some(c) = rest.chars().next() else {
            return false;
        };
        self.at += c.len_utf8();
        text.char(c);
        true
    }

    /// Whether an operator begins here, so that an unquoted text ends.
    fn is_keyword(&mut self) -> bool {
        let start = self.at;
        let spaced = |reader: &mut Self, word: &str| {
            let found = reader.space() && reader.take_word(word) && reader.space();
            reader.at = start;
            found
        };
        if spaced(self, "or") || spaced(self, "and") {
            return true;
        }
        let found = self.take_word("not") && self.space();
        self.at = start;
        found
    }

    /// `\t`, `\r`, `\n`
    fn escaped_space(&mut self) -> Option<u16> {
        let unit = match self.rest().as_bytes().get(..2)? {
            b"\\t" => b'\t',
            b"\\r" => b'\r',
            b"\\n" => b'\n',
            _ => return None,
        };
        self.at += 2;
        Some(u16::from(unit))
    }

    /// `\uXXXX`
    fn escaped_unicode(&mut self) -> Option<u16> {
        let digits = self.rest().strip_prefix("\\u")?.get(..4)?;
        if !digits.bytes().all(|digit| digit.is_ascii_hexdigit()) {
            return None;
        }
        let unit = u16::from_str_radix(digits, 16).ok()?;
        self.at += 6;
        Some(unit)
    }
}

fn is_special(c: char) -> bool {
    matches!(
        c,
        '\\' | '(' | ')' | ':' | '<' | '>' | '"' | '*' | '{' | '}'
    )
}

/// What JavaScript's `trim` takes away.
fn is_trimmed(c: char) -> bool {
    (c.is_whitespace() && c != '\u{85}') || c == '\u{feff}'
}

fn trimmed(pieces: &[Piece]) -> &[Piece] {
    let is_kept = |piece: &Piece| !matches!(piece, Piece::Char(c) if is_trimmed(*c));
    let start = pieces.iter().position(is_kept).unwrap_or(pieces.len());
    let end = pieces.iter().rposition(is_kept).map_or(start, |at| at + 1);
    pieces.get(start..end).unwrap_or(&[])
}

/// A text that is being read. Escapes give UTF-16 units; two of them may be one character.
#[derive(Default)]
struct Text {
    pieces: Vec<Piece>,
    high: Option<u16>,
}

impl Text {
    fn unit(&mut self, unit: u16) {
        let pair: Vec<u16> = self.high.take().into_iter().chain([unit]).collect();
        if (0xd800..0xdc00).contains(&unit) {
            if let [lone, _] = pair.as_slice() {
                self.decode(&[*lone]);
            }
            self.high = Some(unit);
        } else {
            self.decode(&pair);
        }
    }

    fn decode(&mut self, units: &[u16]) {
        let decoded = char::decode_utf16(units.iter().copied());
        let chars = decoded.map(|c| Piece::Char(c.unwrap_or(char::REPLACEMENT_CHARACTER)));
        self.pieces.extend(chars);
    }

    fn flush(&mut self) {
        if let Some(lone) = self.high.take() {
            self.decode(&[lone]);
        }
    }

    fn char(&mut self, c: char) {
        self.flush();
        self.pieces.push(Piece::Char(c));
    }

    fn star(&mut self) {
        self.flush();
        self.pieces.push(Piece::Star);
    }

    fn finish(mut self) -> Vec<Piece> {
        self.flush();
        self.pieces
    }
}
