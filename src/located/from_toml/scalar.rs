//! Keys, strings, numbers and booleans as they are written. What needs no decoding is borrowed from
//! the text; strings with escapes are decoded by the parser.

use std::borrow::Cow;

use toml_parser::decoder::{Encoding, ScalarKind};
use toml_parser::{ErrorSink, Raw, Span};

use super::super::Node;

/// The most digits of a number that always fits into 64 bits.
const MAX_DIGITS: usize = 18;
/// The number of bytes that are looked at together.
const BLOCK: usize = 64;

/// A key; `None` for one that is neither bare nor a string of one line.
pub(super) fn key<'t>(
    text: &'t str,
    place: Span,
    encoding: Option<Encoding>,
    errors: &mut dyn ErrorSink,
) -> Option<Cow<'t, str>> {
    let is_bare = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    match encoding {
        None => {
            let written = text.get(place.start()..place.end())?;
            let is_key = !written.is_empty() && written.bytes().all(is_bare);
            is_key.then_some(Cow::Borrowed(written))
        }
        Some(encoding @ (Encoding::BasicString | Encoding::LiteralString)) => {
            string(text, place, encoding, errors)
        }
        Some(Encoding::MlBasicString | Encoding::MlLiteralString) => None,
    }
}

/// A string.
pub(super) fn string<'t>(
    text: &'t str,
    place: Span,
    encoding: Encoding,
    errors: &mut dyn ErrorSink,
) -> Option<Cow<'t, str>> {
    let written = text.get(place.start()..place.end())?;
    let (mark, has_escapes, has_lines) = match encoding {
        Encoding::BasicString => ("\"", true, false),
        Encoding::LiteralString => ("'", false, false),
        Encoding::MlBasicString => ("\"\"\"", true, true),
        Encoding::MlLiteralString => ("'''", false, true),
    };
    let content = written.strip_prefix(mark);
    if let Some(content) = content.and_then(|content| content.strip_suffix(mark))
        && is_plain(content, has_escapes, has_lines)
    {
        // A line break right after the opening mark does not belong to the content.
        let trimmed = content.strip_prefix('\n').filter(|_| has_lines);
        return Some(Cow::Borrowed(trimmed.unwrap_or(content)));
    }
    let mut decoded = Cow::Borrowed("");
    let raw = Raw::new_unchecked(written, Some(encoding), place);
    let kind = raw.decode_scalar(&mut decoded, errors);
    (kind == ScalarKind::String).then_some(decoded)
}

/// A boolean or a decimal number; `None` for any other value without quotation marks.
pub(super) fn bare(text: &str, place: Span) -> Option<Node<'static>> {
    match text.get(place.start()..place.end())? {
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

/// Whether a comment holds only what comments may hold.
pub(super) fn is_comment(text: &str, place: Span) -> bool {
    let written = text.get(place.start()..place.end());
    written.is_some_and(|written| is_plain(written, false, false))
}

/// Whether a text has no control character but tabs and, in one with lines, line feeds, and no
/// backslash where that begins an escape.
fn is_plain(text: &str, has_escapes: bool, has_lines: bool) -> bool {
    let is_special = |byte: u8| {
        (byte < b' ' && byte != b'\t' && !(has_lines && byte == b'\n'))
            || byte == 0x7f
            || (has_escapes && byte == b'\\')
    };
    // Without a branch for each byte, so that the compiler takes many of them at once.
    let any = |block: &[u8]| {
        let found = block.iter().map(|byte| u8::from(is_special(*byte)));
        found.fold(0, |any, one| any | one)
    };
    text.as_bytes().chunks(BLOCK).all(|block| any(block) == 0)
}
