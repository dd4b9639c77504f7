//! DISSECT: cuts a text at delimiters.

use crate::event::Value;
use crate::plan::pipeline::{Cell, DissectPart, DissectPattern};

/// The cells of the pattern's keys for a cell of texts: each value is cut on its own, and the
/// parts of those that fit are collected.
pub(super) fn cells(pattern: &DissectPattern, input: &Cell) -> Vec<Cell> {
    let keys = pattern.keys();
    let mut columns: Vec<Vec<Value>> = vec![Vec::new(); keys.len()];
    for value in input.values() {
        let Value::Text(text) = value else { continue };
        let Some(parts) = cut(pattern, text) else {
            continue;
        };
        for (column, key) in columns.iter_mut().zip(&keys) {
            column.push(Value::text(&joined(pattern, &parts, key)));
        }
    }
    columns.into_iter().map(Cell::of).collect()
}

/// The text of each part of the pattern; `None` where the text does not fit.
fn cut<'t>(pattern: &DissectPattern, text: &'t str) -> Option<Vec<&'t str>> {
    let mut rest = text.strip_prefix(pattern.prefix.as_str())?;
    let mut parts = Vec::with_capacity(pattern.parts.len());
    for part in &pattern.parts {
        if part.delimiter.is_empty() {
            parts.push(rest);
            rest = "";
            continue;
        }
        let at = rest.find(part.delimiter.as_str())?;
        let (value, after) = rest.split_at_checked(at)?;
        parts.push(value);
        rest = after.get(part.delimiter.len()..)?;
        if part.padded {
            while let Some(after) = rest.strip_prefix(part.delimiter.as_str()) {
                rest = after;
            }
        }
    }
    Some(parts)
}

/// The value of a key: its part, or its parts put together.
fn joined(pattern: &DissectPattern, parts: &[&str], key: &str) -> String {
    let mut own: Vec<(&DissectPart, &str)> = pattern
        .parts
        .iter()
        .zip(parts.iter().copied())
        .filter(|(part, _)| part.key == key)
        .collect();
    if own.iter().any(|(part, _)| part.append) {
        own.sort_by_key(|(part, _)| part.order.unwrap_or(0));
        let texts: Vec<&str> = own.iter().map(|(_, text)| *text).collect();
        return texts.join(&pattern.separator);
    }
    own.last()
        .map_or(String::new(), |(_, text)| (*text).to_owned())
}
