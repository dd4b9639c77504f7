//! JSON → located values. `serde_json` reads it; a raw value is a part of the text, which tells its
//! place.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

use super::table::DiagnosticSink;
use super::{Entry, Located, Node};
use crate::diagnostic::Span;
use crate::diagnostic::located::BadFile;

/// How deep lists and objects may lie in each other.
const MAX_DEPTH: usize = 100;

/// Parses a text that is one JSON value.
pub fn parse<'t>(text: &'t str, report: &mut DiagnosticSink<'_>) -> Option<Located<'t>> {
    value_at(text, text, report)
}

/// Parses a text with a JSON value on each line (NDJSON); blank lines count for nothing. A line that
/// is no JSON is reported, and the others are read.
pub fn parse_lines<'t>(text: &'t str, report: &mut DiagnosticSink<'_>) -> Vec<Located<'t>> {
    let lines = text.lines().filter(|line| !line.trim().is_empty());
    lines
        .filter_map(|line| value_at(text, line, report))
        .collect()
}

/// Why a value cannot be read, and where.
struct ReadError {
    span: Span,
    cause: BadFile,
}

/// Reads `part`, a slice of `text`.
fn value_at<'t>(
    text: &'t str,
    part: &'t str,
    report: &mut DiagnosticSink<'_>,
) -> Option<Located<'t>> {
    let read = serde_json::from_str::<&RawValue>(part)
        .map_err(|error| {
            let at = offset(text, part) + place(part, &error);
            ReadError {
                span: Span::of(at..at),
                cause: invalid(&error),
            }
        })
        .and_then(|raw| located(text, raw.get(), 0));
    match read {
        Ok(value) => Some(value),
        Err(fault) => {
            report.caused(report.codes.syntax, fault.span, &fault.cause);
            None
        }
    }
}

fn located<'t>(text: &'t str, raw: &'t str, depth: usize) -> Result<Located<'t>, ReadError> {
    let start = offset(text, raw);
    let span = Span::of(start..start + raw.len());
    let fault = |cause: BadFile| ReadError { span, cause };
    if depth > MAX_DEPTH {
        return Err(fault(BadFile::NestedTooDeeply { most: MAX_DEPTH }));
    }
    let bad = |error: serde_json::Error| fault(invalid(&error));
    let node = match raw.bytes().next() {
        Some(b'{') => Node::Table(entries(text, raw, depth)?),
        Some(b'[') => {
            let items: Vec<&RawValue> = serde_json::from_str(raw).map_err(bad)?;
            let items = items.into_iter();
            let items = items.map(|item| located(text, item.get(), depth + 1));
            Node::List(items.collect::<Result<_, _>>()?)
        }
        Some(b'"') => {
            let Borrowed(text) = serde_json::from_str(raw).map_err(bad)?;
            Node::Text(text)
        }
        Some(b't') => Node::Bool(true),
        Some(b'f') => Node::Bool(false),
        Some(b'n') => Node::Null,
        _ => raw
            .parse()
            .map_or_else(|_| Node::Other(raw.to_owned()), Node::Integer),
    };
    Ok(Located { node, span })
}

fn entries<'t>(text: &'t str, raw: &'t str, depth: usize) -> Result<Vec<Entry<'t>>, ReadError> {
    let start = offset(text, raw);
    let Members(members) = serde_json::from_str(raw).map_err(|error| ReadError {
        span: Span::of(start..start + raw.len()),
        cause: invalid(&error),
    })?;
    let mut entries: Vec<Entry<'t>> = Vec::with_capacity(members.len());
    let mut before = start;
    for (Borrowed(key), value) in members {
        let value = located(text, value.get(), depth + 1)?;
        // Between the value before and this one stand a comma, the key in its quotes and a colon.
        let gap = text
            .get(before..value.span.start as usize)
            .unwrap_or_default();
        let from = before + gap.find('"').unwrap_or(0);
        let to = before + gap.rfind('"').map_or(0, |at| at + 1);
        let key_span = Span::of(from..to);
        if entries.iter().any(|entry| entry.key == key) {
            return Err(ReadError {
                span: key_span,
                cause: BadFile::DuplicateKey {
                    name: key.into_owned(),
                },
            });
        }
        before = value.span.end as usize;
        entries.push(Entry {
            key,
            key_span,
            value,
        });
    }
    Ok(entries)
}

/// Where a part of the text begins in it.
fn offset(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize).saturating_sub(text.as_ptr() as usize)
}

/// Where in the text the reader stopped.
fn place(text: &str, error: &serde_json::Error) -> usize {
    let lines = text
        .split_inclusive('\n')
        .take(error.line().saturating_sub(1));
    let before: usize = lines.map(str::len).sum();
    let at = before + error.column().saturating_sub(1);
    (0..=at.min(text.len()))
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0)
}

/// What the reader says, without its place, which the diagnostic shows.
fn invalid(error: &serde_json::Error) -> BadFile {
    let text = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    BadFile::Json(text.strip_suffix(&place).unwrap_or(&text).to_owned())
}

/// A string, borrowed where it has no escapes.
#[derive(Deserialize)]
#[serde(transparent)]
struct Borrowed<'t>(#[serde(borrow)] Cow<'t, str>);

/// The members of an object in their order, those of equal names too.
struct Members<'t>(Vec<(Borrowed<'t>, &'t RawValue)>);

impl<'de> Deserialize<'de> for Members<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Members<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}
