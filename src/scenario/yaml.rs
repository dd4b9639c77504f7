//! Reads YAML into [`Node`]s that know their place; the only file that knows serde-saphyr.
//!
//! Nothing gets a type here: a plain scalar stays the text that its author wrote, and the field
//! that it is for decides later what it is. Called by `scenario::load` only.

use std::fmt;
use std::sync::Arc;

use serde::Deserialize;
use serde::de::{MapAccess, SeqAccess, Visitor};
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use serde_saphyr::{Location, Options, Spanned};

use super::error::{BACKSLASH, DUPLICATE, EMPTY, LIMIT, SYNTAX};
use super::yaml_error::explain;
use crate::diagnostic::{Diagnostic, SourceText, Span};

/// Files above this size are refused before they are read.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// How deep a file may nest.
pub(super) const MAX_DEPTH: usize = 64;

/// How many nodes a file may hold, and how many its aliases may repeat.
const MAX_NODES: usize = 250_000;

/// One node of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Where it stands; for an alias, where the anchored node stands.
    pub(super) span: Span,
    pub(super) kind: Kind,
}

/// What a node is.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Kind {
    /// Plain text as it was written, quoted and block text decoded.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A key of a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) span: Span,
    pub(super) text: String,
}

impl Node {
    /// Whether it is a plain `null`, `~` or nothing at all.
    pub(super) fn is_null(&self) -> bool {
        match &self.kind {
            Kind::Scalar {
                text,
                quoted: false,
            } => matches!(text.as_str(), "" | "~" | "null" | "Null" | "NULL"),
            _ => false,
        }
    }

    /// Whether the author wrote nothing: `key:` and the next line.
    pub(super) fn is_absent(&self) -> bool {
        matches!(&self.kind, Kind::Scalar { text, quoted: false } if text.is_empty())
    }
}

/// The documents of a file; documents that are empty are left out.
///
/// Whatever is wrong goes to `diagnostics`; after a syntax error there are no documents.
pub(super) fn read(source: &Arc<SourceText>, diagnostics: &mut Vec<Diagnostic>) -> Vec<Node> {
    let text = source.text();
    if text.len() > MAX_BYTES {
        diagnostics.push(
            Diagnostic::error(LIMIT, "the file is larger than 16 MiB")
                .at(source, Span::new(0, 0), "")
                .help("split it, or keep recorded events in a file of their own and name it in `events_from`"),
        );
        return Vec::new();
    }
    // The byte order mark is no part of the text; offsets are.
    let (body, skipped) = match text.strip_prefix('\u{feff}') {
        Some(body) => (body, '\u{feff}'.len_utf8()),
        None => (text, 0),
    };
    let documents: Vec<Spanned<Raw>> =
        match serde_saphyr::from_str_multiple_with_options::<Spanned<Raw>, Vec<_>>(body, options())
        {
            Ok(documents) => documents,
            Err(error) => {
                diagnostics.push(explain(source, skipped, &error));
                return Vec::new();
            }
        };
    let mut builder = Builder {
        source,
        skipped,
        diagnostics,
    };
    let nodes: Vec<Node> = documents
        .into_iter()
        .map(|document| builder.node(document))
        .collect();
    if nodes.is_empty() {
        diagnostics.push(
            Diagnostic::error(EMPTY, "the file holds no scenario")
                .at(source, Span::new(0, 0), "")
                .help("a scenario has at least `attack:` with its events"),
        );
    }
    nodes
}

fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        // Forwarded, so that every duplicate of the file is reported, with both places.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
            enforce_alias_anchor_ratio: false,
        },
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
        },
    }
}

/// What the parser gives: a text, or nothing for whatever it took for a number, a boolean or
/// null; those are read again from the source.
enum Raw {
    Text(String),
    Typed,
    List(Vec<Spanned<Raw>>),
    Map(Vec<(Spanned<Raw>, Spanned<Raw>)>),
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value, a list or a map")
    }

    fn visit_str<E>(self, text: &str) -> Result<Raw, E> {
        Ok(Raw::Text(text.to_owned()))
    }

    fn visit_string<E>(self, text: String) -> Result<Raw, E> {
        Ok(Raw::Text(text))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Typed)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element()? {
            items.push(item);
        }
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Raw::Map(entries))
    }
}

/// Makes [`Node`]s of what the parser gave.
struct Builder<'a> {
    source: &'a Arc<SourceText>,
    skipped: usize,
    diagnostics: &'a mut Vec<Diagnostic>,
}

impl Builder<'_> {
    fn node(&mut self, raw: Spanned<Raw>) -> Node {
        let span = place(raw.defined, self.skipped);
        match raw.value {
            Raw::Typed => Node {
                span,
                kind: Kind::Scalar {
                    text: self.source.slice(span).trim().to_owned(),
                    quoted: false,
                },
            },
            Raw::Text(text) => self.text(text, span),
            Raw::List(items) => {
                let items: Vec<Node> = items.into_iter().map(|item| self.node(item)).collect();
                let span = items.last().map_or(span, |last| span.to(last.span));
                Node {
                    span,
                    kind: Kind::List(items),
                }
            }
            Raw::Map(entries) => self.map(entries, span),
        }
    }

    fn text(&mut self, text: String, span: Span) -> Node {
        let written = self.source.slice(span);
        let quoted = written.starts_with(['"', '\'']) || self.is_block(span);
        if written.starts_with('"') && swallowed_backslash(written, &text) {
            self.diagnostics.push(
                Diagnostic::error(
                    BACKSLASH,
                    "a backslash in double quotes begins an escape, so this is not the path that it seems",
                )
                .at(self.source, span, "an escape, not a backslash")
                .help("write it in single quotes, or without quotes"),
            );
        }
        Node {
            span,
            kind: Kind::Scalar { text, quoted },
        }
    }

    /// Whether the text at `span` is the content of a block scalar, whose `|` or `>` stands before
    /// the span.
    fn is_block(&self, span: Span) -> bool {
        let before = self.source.text().get(..span.range().start).unwrap_or("");
        let head = before.trim_end();
        before
            .get(head.len()..)
            .is_some_and(|gap| gap.contains('\n'))
            && head
                .trim_end_matches(|c: char| matches!(c, '+' | '-') || c.is_ascii_digit())
                .ends_with(['|', '>'])
    }

    fn map(&mut self, entries: Vec<(Spanned<Raw>, Spanned<Raw>)>, start: Span) -> Node {
        let mut map: Vec<(Key, Node)> = Vec::with_capacity(entries.len());
        let mut seen: std::collections::HashMap<String, Span> = std::collections::HashMap::new();
        for (key, value) in entries {
            let key = self.node(key);
            let value = self.node(value);
            let Kind::Scalar { text, .. } = key.kind else {
                self.diagnostics.push(
                    Diagnostic::error(SYNTAX, "a key must be a text")
                        .at(self.source, key.span, "a list or a map")
                        .help("if a text in braces or brackets is meant, put it in single quotes"),
                );
                continue;
            };
            if let Some(first) = seen.get(&text) {
                self.diagnostics.push(
                    Diagnostic::error(DUPLICATE, format!("`{text}` stands here twice"))
                        .at(self.source, key.span, "the second one")
                        .at(self.source, *first, "the first one")
                        .help("take one of them out"),
                );
                continue;
            }
            seen.insert(text.clone(), key.span);
            let span = key.span;
            map.push((Key { span, text }, value));
        }
        let span = map
            .iter()
            .fold(start, |span, (key, value)| span.to(key.span).to(value.span));
        Node {
            span,
            kind: Kind::Map(map),
        }
    }
}

/// Whether an escape took the place of a backslash of a Windows path: `"C:\temp"` holds a tab.
fn swallowed_backslash(written: &str, text: &str) -> bool {
    let drive = written
        .as_bytes()
        .windows(4)
        .any(|bytes| matches!(bytes, [drive, b':', b'\\', next] if drive.is_ascii_alphabetic() && *next != b'\\'));
    drive || (text.contains('\\') && text.chars().any(|c| c.is_control() && c != '\n'))
}

/// The place of a node in the file.
fn place(location: Location, skipped: usize) -> Span {
    let span = location.span();
    let start = span.byte_offset().unwrap_or(0);
    let end = start + span.byte_len().unwrap_or(0);
    let offset = |at: u64| {
        usize::try_from(at)
            .unwrap_or(usize::MAX)
            .saturating_add(skipped)
    };
    Span::of(offset(start)..offset(end))
}

#[cfg(test)]
#[path = "yaml_tests.rs"]
mod tests;
