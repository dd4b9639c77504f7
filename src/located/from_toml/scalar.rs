//! Strings, numbers and booleans as they are written. What needs no decoding is borrowed from the
//! text; strings with escapes are decoded by the parser that the TOML crate is built on.

use std::borrow::Cow;

use memchr::{memchr, memchr2, memchr3};
use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::{ErrorSink, ParseError, Raw, Span};

use super::super::Node;

/// The most digits of a number that always fits into 64 bits.
const MAX_DIGITS: usize = 18;
/// The number of bytes that are looked at together.
const BLOCK: usize = 64;

/// The string at the start of a text, which begins with this quotation mark, and its length with
/// its marks. `None` for one that is not closed or whose escapes are wrong.
pub(super) fn quoted(text: &str, mark: u8, has_lines: bool) -> Option<(Cow<'_, str>, usize)> {
    let width = if has_lines { 3 } else { 1 };
    let (length, is_plain) = length(text.as_bytes(), mark, has_lines)?;
    let written = text.get(..length)?;
    if is_plain {
        let content = written.get(width..length - width)?;
        // A line break right after the opening mark does not belong to the content.
        let trimmed = content.strip_prefix('\n').filter(|_| has_lines);
        return Some((Cow::Borrowed(trimmed.unwrap_or(content)), length));
    }
    let encoding = match (mark, has_lines) {
        (b'"', false) => Encoding::BasicString,
        (b'"', true) => Encoding::MlBasicString,
        (_, false) => Encoding::LiteralString,
        (_, true) => Encoding::MlLiteralString,
    };
    let mut decoded = Cow::Borrowed("");
    let mut refused = Refused(false);
    let place = Span::new_unchecked(0, length);
    let raw = Raw::new_unchecked(written, Some(encoding), place);
    let kind = raw.decode_scalar(&mut decoded, &mut refused);
    (kind == ScalarKind::String && !refused.0).then_some((decoded, length))
}

/// The bytes of a string with its marks, and whether its content is as written: without escapes and
/// carriage returns.
fn length(text: &[u8], mark: u8, has_lines: bool) -> Option<(usize, bool)> {
    let has_escapes = mark == b'"';
    let mut at = if has_lines { 3 } else { 1 };
    let mut is_plain = true;
    loop {
        let rest = text.get(at..)?;
        at += match (has_escapes, has_lines) {
            (true, true) => memchr3(mark, b'\\', b'\r', rest),
            (false, true) => memchr2(mark, b'\r', rest),
            (true, false) => memchr3(mark, b'\\', b'\n', rest),
            (false, false) => memchr2(mark, b'\n', rest),
        }?;
        match text.get(at)? {
            b'\\' => {
                is_plain = false;
                at += 2;
            }
            b'\r' => {
                is_plain = false;
                at += 1;
            }
            b'\n' => return None,
            _ if !has_lines => {
                let content = text.get(..at)?;
                return Some((at + 1, is_plain && memchr(b'\r', content).is_none()));
            }
            _ => {
                let marks = text.get(at..)?.iter();
                let marks = marks.take(5).take_while(|byte| **byte == mark).count();
                at += marks;
                // Up to two marks before the closing three belong to the content.
                if marks >= 3 {
                    return Some((at, is_plain));
                }
            }
        }
    }
}

/// Notes that there was an error. The crate finds it again and says what it is.
struct Refused(bool);

impl ErrorSink for Refused {
    fn report_error(&mut self, _: ParseError) {
        self.0 = true;
    }
}

/// A boolean or a decimal number; `None` for any other value without quotation marks.
pub(super) fn bare(written: &str) -> Option<Node<'static>> {
    match written {
        "true" => Some(Node::Bool(true)),
        "false" => Some(Node::Bool(false)),
        number => {
            let digits = number.strip_prefix('-').unwrap_or(number);
            let is_decimal = digits.bytes().all(|byte| byte.is_ascii_digit())
                && digits.len() <= MAX_DIGITS
                && (digits == "0" || !digits.starts_with('0'));
            let number = is_decimal.then(|| number.parse().ok())??;
            Some(Node::Integer(number))
        }
    }
}

/// Whether a text has no control character but tabs and the ends of lines.
pub(super) fn is_plain_text(text: &str) -> bool {
    let is_control =
        |byte: u8| (byte < b' ' && byte != b'\t' && byte != b'\n' && byte != b'\r') || byte == 0x7f;
    // Without a branch for each byte, so that the compiler takes many of them at once.
    let any = |block: &[u8]| {
        let found = block.iter().map(|byte| u8::from(is_control(*byte)));
        found.fold(0, |any, one| any | one)
    };
    let (blocks, rest) = text.as_bytes().as_chunks::<BLOCK>();
    blocks.iter().all(|block| any(block) == 0) && any(rest) == 0
}
