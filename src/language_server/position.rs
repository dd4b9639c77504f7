//! Places as an editor counts them: lines and columns from 0, the column in UTF-16 units unless the
//! client agreed to another unit.

use serde_json::{Value, json};

use crate::diagnostic::Span;

/// What a column counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Encoding {
    /// Bytes.
    Utf8,
    /// UTF-16 code units, which every client knows.
    #[default]
    Utf16,
    /// Characters.
    Utf32,
}

impl Encoding {
    /// The first unit that the client offers and that costs least here.
    pub(super) fn negotiate(offered: &Value) -> Self {
        let offers = |word: &str| {
            let words = offered.as_array().into_iter().flatten();
            words.filter_map(Value::as_str).any(|one| one == word)
        };
        match () {
            () if offers("utf-8") => Self::Utf8,
            () if offers("utf-32") && !offers("utf-16") => Self::Utf32,
            () => Self::Utf16,
        }
    }

    /// As the protocol names it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16 => "utf-16",
            Self::Utf32 => "utf-32",
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
            Self::Utf32 => 1,
        }
    }
}

/// Where the lines of a text begin.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Lines(Vec<usize>);

impl Lines {
    pub(super) fn new(text: &str) -> Self {
        let breaks = memchr::memchr_iter(b'\n', text.as_bytes()).map(|at| at + 1);
        Self(std::iter::once(0).chain(breaks).collect())
    }

    /// The range of a line without its line break.
    pub(super) fn line(&self, text: &str, line: usize) -> std::ops::Range<usize> {
        let Some(start) = self.0.get(line).copied() else {
            return text.len()..text.len();
        };
        let end = self.0.get(line + 1).map_or(text.len(), |next| next - 1);
        let bare = text.get(start..end).unwrap_or("");
        start..start + bare.strip_suffix('\r').unwrap_or(bare).len()
    }

    /// The line that holds an offset.
    pub(super) fn line_of(&self, offset: usize) -> usize {
        self.0.partition_point(|start| *start <= offset).max(1) - 1
    }

    /// The offset of a position; one behind the end of its line is the end of the line.
    pub(super) fn offset(&self, text: &str, position: &Value, encoding: Encoding) -> Option<usize> {
        let number = |key: &str| {
            let number = position.get(key)?.as_u64()?;
            usize::try_from(number).ok()
        };
        let line = self.line(text, number("line")?);
        let mut left = number("character")?;
        let mut offset = line.start;
        for character in text.get(line)?.chars() {
            let width = encoding.width(character);
            if left < width {
                break;
            }
            left -= width;
            offset += character.len_utf8();
        }
        Some(offset)
    }

    /// The position of an offset.
    pub(super) fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Value {
        let mut offset = offset.min(text.len());
        while !text.is_char_boundary(offset) {
            offset -= 1;
        }
        let line = self.line_of(offset);
        let start = self.0.get(line).copied().unwrap_or(0);
        let before = text.get(start..offset).unwrap_or("");
        let column: usize = before.chars().map(|one| encoding.width(one)).sum();
        json!({"line": line, "character": column})
    }

    /// The range of a span.
    pub(super) fn range(&self, text: &str, span: Span, encoding: Encoding) -> Value {
        let range = span.range();
        json!({
            "start": self.position(text, range.start, encoding),
            "end": self.position(text, range.end, encoding),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_the_unit_that_was_agreed_on() {
        let text = "aé😀b\r\nx";
        let lines = Lines::new(text);
        let end = text.find('b').unwrap();
        for (encoding, column) in [
            (Encoding::Utf8, 7),
            (Encoding::Utf16, 4),
            (Encoding::Utf32, 3),
        ] {
            let position = lines.position(text, end, encoding);
            assert_eq!(position, json!({"line": 0, "character": column}));
            assert_eq!(lines.offset(text, &position, encoding), Some(end));
        }
        let behind = json!({"line": 0, "character": 99});
        assert_eq!(lines.offset(text, &behind, Encoding::Utf16), Some(end + 1));
        let after = json!({"line": 9, "character": 0});
        assert_eq!(
            lines.offset(text, &after, Encoding::Utf16),
            Some(text.len())
        );
        assert_eq!(
            lines.offset(text, &json!({"line": -1}), Encoding::Utf16),
            None
        );
    }

    #[test]
    fn utf_16_is_taken_unless_another_unit_is_offered() {
        for (offered, word) in [
            (json!(null), "utf-16"),
            (json!(["utf-16", "utf-8"]), "utf-8"),
            (json!(["utf-32", "utf-16"]), "utf-16"),
            (json!(["utf-32"]), "utf-32"),
        ] {
            assert_eq!(Encoding::negotiate(&offered).word(), word);
        }
    }
}
