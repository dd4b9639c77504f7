//! The values of keys that several parts of a rule have: words of a list, languages, queries,
//! durations.

use super::query_text::query_text;
use super::{Language, error};
use crate::diagnostic::QueryText;
use crate::diagnostic::rule::{BadValue, OneOf};
use crate::located::{DiagnosticSink, Table};

/// A text that says something.
pub(super) fn some_text(
    table: &Table<'_>,
    key: &str,
    report: &mut DiagnosticSink<'_>,
) -> Option<String> {
    let text = table.text(key, report)?;
    if text.trim().is_empty() {
        let name = key.to_owned();
        report.caused(
            &error::BAD_VALUE,
            table.span(key),
            &BadValue::Empty { name },
        );
        return None;
    }
    Some(text)
}

/// A value out of a fixed list of words.
pub(super) fn word<T: Copy>(
    table: &Table<'_>,
    key: &str,
    all: &[T],
    name: impl Fn(T) -> &'static str,
    report: &mut DiagnosticSink<'_>,
) -> Option<T> {
    let text = table.text(key, report)?;
    let found = all.iter().copied().find(|value| name(*value) == text);
    if found.is_none() {
        let cause = BadValue::UnknownWord {
            name: key.to_owned(),
            found: text,
            expected: OneOf(all.iter().map(|value| name(*value)).collect()),
        };
        report.caused(&error::BAD_VALUE, table.span(key), &cause);
    }
    found
}

/// The language that a key names, or the first of `languages` where the key is absent.
pub(super) fn language(
    table: &Table<'_>,
    key: &str,
    languages: &[Language],
    report: &mut DiagnosticSink<'_>,
) -> Option<Language> {
    if table.has(key) {
        word(table, key, languages, Language::word, report)
    } else {
        languages.first().copied()
    }
}

/// The query at `key`, with the place of each of its bytes in the file.
pub(super) fn query_text_of(
    table: &Table<'_>,
    key: &str,
    report: &mut DiagnosticSink<'_>,
) -> Option<QueryText> {
    let text = table.text(key, report)?;
    Some(query_text(report.source, table.span(key).range(), &text))
}

/// `5m`, `540s`, `1h`, `24h`, `7d` in milliseconds; a rounding suffix such as `/m` is dropped.
pub(super) fn duration(text: &str) -> Option<i64> {
    let text = text.split('/').next()?;
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let (number, unit) = text.split_at_checked(digits)?;
    let unit = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" | "H" => 3_600_000,
        "d" => 86_400_000,
        "w" => 7 * 86_400_000,
        _ => return None,
    };
    number.parse::<i64>().ok()?.checked_mul(unit)
}
