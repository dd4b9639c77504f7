//! A string of TOML or JSON → the query in it, with the place of each of its bytes in the file.

use std::sync::Arc;

use crate::diagnostic::{QueryText, SourceText};

/// The query that `decoded` is, read from the string literal at `literal` (quotes included).
///
/// Should this reading ever differ from the reader's of the file, the whole query points at the literal.
pub(super) fn query_text(
    source: &Arc<SourceText>,
    literal: std::ops::Range<usize>,
    decoded: &str,
) -> QueryText {
    let raw = source.text().get(literal.clone()).unwrap_or("");
    let base = offset(literal.start);
    match decode(raw) {
        Some(reading) if reading.text == decoded => QueryText::embedded(
            source,
            decoded,
            reading
                .map
                .iter()
                .map(|(from, to)| (*from, to + base))
                .collect(),
            reading.end + base,
        ),
        _ => QueryText::embedded(source, decoded, vec![(0, base)], offset(literal.end)),
    }
}

struct Reading {
    text: String,
    map: Vec<(u32, u32)>,
    end: u32,
}

fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn decode(raw: &str) -> Option<Reading> {
    for (quotes, escapes) in [("'''", false), ("\"\"\"", true)] {
        if raw.len() >= 6 && raw.starts_with(quotes) && raw.ends_with(quotes) {
            let mut start = 3;
            let inner = raw.get(3..raw.len() - 3)?;
            // A line break right after the opening quotes is not part of the string.
            if inner.starts_with("\r\n") {
                start += 2;
            } else if inner.starts_with('\n') {
                start += 1;
            }
            return read(raw, start, raw.len() - 3, escapes);
        }
    }
    let escapes = raw.starts_with('"');
    read(raw, 1, raw.len().checked_sub(1)?, escapes)
}

/// Reads `raw[start..end]`; an entry of the map stands wherever an escape has ended.
fn read(raw: &str, start: usize, end: usize, escapes: bool) -> Option<Reading> {
    let mut reading = Reading {
        text: String::with_capacity(end.saturating_sub(start)),
        map: vec![(0, offset(start))],
        end: offset(end),
    };
    let mut at = start;
    while at < end {
        let rest = raw.get(at..end)?;
        let run = if escapes { rest.find('\\') } else { None };
        let (plain, rest) = rest.split_at_checked(run.unwrap_or(rest.len()))?;
        reading.text.push_str(plain);
        at += plain.len();
        if rest.is_empty() {
            break;
        }
        let (decoded, length) = escape(rest)?;
        reading.text.extend(decoded);
        at += length;
        reading.map.push((offset(reading.text.len()), offset(at)));
    }
    Some(reading)
}

/// The character that an escape stands for (none for a line-ending backslash), and its length.
fn escape(text: &str) -> Option<(Option<char>, usize)> {
    let kind = text.chars().nth(1)?;
    let simple = |c: char| Some((Some(c), 2));
    match kind {
        'b' => simple('\u{8}'),
        't' => simple('\t'),
        'n' => simple('\n'),
        'f' => simple('\u{c}'),
        'r' => simple('\r'),
        'e' => simple('\u{1b}'),
        '"' => simple('"'),
        '\\' => simple('\\'),
        '/' => simple('/'),
        'x' => code_point(text, 2),
        'u' => code_point(text, 4).or_else(|| surrogates(text)),
        'U' => code_point(text, 8),
        ' ' | '\t' | '\r' | '\n' => {
            let rest = text.get(1..)?;
            let blank = rest.len() - rest.trim_start_matches([' ', '\t', '\r', '\n']).len();
            Some((None, 1 + blank))
        }
        _ => None,
    }
}

/// Two escapes of JSON that are one character together.
fn surrogates(text: &str) -> Option<(Option<char>, usize)> {
    let unit = |at: usize| {
        let digits = text.get(at..at + 6)?.strip_prefix("\\u")?;
        u16::from_str_radix(digits, 16).ok()
    };
    let units = [unit(0)?, unit(6)?];
    let character = char::decode_utf16(units).next()?.ok()?;
    Some((Some(character), 12))
}

fn code_point(text: &str, digits: usize) -> Option<(Option<char>, usize)> {
    let number = u32::from_str_radix(text.get(2..2 + digits)?, 16).ok()?;
    Some((Some(char::from_u32(number)?), 2 + digits))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Span;

    fn located(file: &str, decoded: &str, needle: &str) -> String {
        let source = SourceText::new("r.toml", file);
        let start = file.find(['"', '\'']).unwrap();
        let query = query_text(&source, start..file.trim_end().len(), decoded);
        let at = decoded.find(needle).unwrap();
        let span = query.locate(Span::of(at..at + needle.len()));
        source.slice(span).to_owned()
    }

    #[test]
    fn a_literal_string_is_a_slice_of_the_file() {
        assert_eq!(
            located("q = '''\nany where a\n'''", "any where a\n", "where"),
            "where"
        );
        assert_eq!(located("q = 'any where a'", "any where a", "any"), "any");
    }

    #[test]
    fn an_escape_is_covered_whole_and_what_follows_is_in_place() {
        let file = r#"q = "a : \"x\\y\" and b""#;
        let decoded = "a : \"x\\y\" and b";
        assert_eq!(located(file, decoded, "\"x\\y\""), r#"\"x\\y\""#);
        assert_eq!(located(file, decoded, "and"), "and");
    }

    #[test]
    fn a_backslash_at_the_end_of_a_line_joins_lines() {
        let file = "q = \"\"\"\nany \\\n   where a\"\"\"";
        assert_eq!(located(file, "any where a", "where"), "where");
    }
}
