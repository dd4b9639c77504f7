//! YAML to [`Node`]s with their places; the only file that knows the YAML crate, and `yaml/tree.rs`
//! the parser below it. Used by `parse`.
//!
//! text -> documents -> located values. A plain scalar stays text here: it gets its type from the
//! field that it is given to, so that `event.code: 1` is "1" and `007` stays "007".

mod pitfall;
mod tree;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_saphyr::{DuplicateKeyPolicy, Error, NonFiniteFloatPolicy, Options, Spanned};

use super::error::{DUPLICATE_KEY, LIMIT, WRONG_SHAPE};
use crate::diagnostic::scenario_yaml::ScenarioYaml;
use crate::diagnostic::{Cause, Diagnostic, SourceText, Span};

/// The largest scenario file that is read, in bytes.
pub(super) const MAX_BYTES: usize = 16 * 1024 * 1024;
/// The deepest nesting. A scenario needs about ten levels; an unoptimised build needs 40 kB of stack
/// for each, and the threads that run scenarios have 2 MiB.
const MAX_DEPTH: usize = 32;
/// The most values in a file, those that aliases repeat included.
const MAX_NODES: usize = 250_000;
/// The most bytes that the search for further errors reads again.
const MAX_REREAD: usize = 32 * 1024 * 1024;

/// A YAML value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Node {
    /// Where it is written; for an alias, where its anchor is.
    pub(super) span: Span,
    pub(super) kind: NodeKind,
}

/// The content of a [`Node`].
#[derive(Debug, Clone, PartialEq)]
pub(super) enum NodeKind {
    /// Text: as it is written if plain, else decoded.
    Scalar {
        text: String,
        quoted: bool,
    },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// The key of a map.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Key {
    pub(super) span: Span,
    pub(super) text: String,
}

/// Reads all documents of a file; as many errors as can be found in one run.
pub(super) fn read(source: &Arc<SourceText>) -> (Vec<Node>, Vec<Diagnostic>) {
    let text = source.text();
    if text.len() > MAX_BYTES {
        let cause = ScenarioYaml::FileTooLarge { bytes: text.len() };
        let diagnostic = Diagnostic::caused(&LIMIT, &cause, source, Span::new(0, 0));
        return (Vec::new(), vec![diagnostic]);
    }
    let mut reader = Reader {
        source,
        diagnostics: Vec::new(),
        nodes_left: MAX_NODES,
        reread: 0,
    };
    let mut nodes = Vec::new();
    for range in documents(text) {
        if !reader.document(range, &mut nodes) {
            break;
        }
    }
    (nodes, reader.diagnostics)
}

/// The ranges of the documents of a file. `---` at the start of a line always begins one, within
/// block scalars too; what stands before the first one belongs to it unless it has content.
fn documents(text: &str) -> Vec<Range<usize>> {
    let mut ranges = Vec::new();
    let mut start = 0;
    let mut content = false;
    let mut offset = 0;
    for line in text.split_inclusive('\n') {
        let bare = line.trim_end().trim_start_matches('\u{feff}');
        let marker = bare == "---" || bare.starts_with("--- ") || bare.starts_with("---\t");
        if marker && content {
            ranges.push(start..offset);
            start = offset;
        }
        content = if marker {
            true
        } else {
            content || !(bare.trim().is_empty() || bare.starts_with(['#', '%']))
        };
        offset += line.len();
    }
    ranges.push(start..offset);
    ranges
}

struct Reader<'a> {
    source: &'a Arc<SourceText>,
    diagnostics: Vec<Diagnostic>,
    nodes_left: usize,
    reread: usize,
}

impl Reader<'_> {
    /// Reads the documents in one range of the text. An unknown YAML escape is reported and
    /// replaced in a copy of the same length, and reading continues. Returns false if the file
    /// exceeds the limits; the remaining documents are then not read.
    fn document(&mut self, range: Range<usize>, nodes: &mut Vec<Node>) -> bool {
        let base = range.start;
        let text = self.source.text().get(range).unwrap_or("");
        if let Some(raw) = tree::read(text, self.nodes_left) {
            nodes.push(self.node(&raw, text, base));
            return true;
        }
        let mut text = text.to_owned();
        loop {
            let parsed =
                serde_saphyr::from_multiple_with_options::<Raw>(&text, options(self.nodes_left));
            match parsed {
                Ok(raws) => {
                    nodes.extend(raws.iter().map(|raw| self.node(raw, &text, base)));
                    return true;
                }
                Err(error) => {
                    let at = offset_of(&text, &error);
                    let limit = is_limit(&error);
                    let found = pitfall::explain(&text, at, &error.to_string(), limit);
                    self.diagnostics.push(found.diagnostic(self.source, base));
                    self.reread += text.len();
                    if !pitfall::repair(&mut text, &found) || self.reread > MAX_REREAD {
                        return !limit;
                    }
                }
            }
        }
    }

    fn node(&mut self, raw: &Raw, text: &str, base: usize) -> Node {
        self.nodes_left = self.nodes_left.saturating_sub(1);
        let range = &raw.range;
        let slice = text.get(range.clone()).unwrap_or("");
        let span = Span::of(base + range.start..base + range.end);
        match &raw.kind {
            RawKind::Scalar(decoded) => self.scalar(span, slice, decoded.as_deref()),
            RawKind::List(items) => {
                let items: Vec<Node> = items.iter().map(|raw| self.node(raw, text, base)).collect();
                let span = items.iter().fold(span, |span, item| span.to(item.span));
                Node {
                    span,
                    kind: NodeKind::List(items),
                }
            }
            RawKind::Map(entries) => self.map(span, entries, text, base),
        }
    }

    /// Block scalars are known by the line break that ends them; plain ones never end in one.
    fn scalar(&mut self, span: Span, slice: &str, decoded: Option<&str>) -> Node {
        let quoted = slice.starts_with(['"', '\''])
            || slice.ends_with('\n')
            || (slice.is_empty() && decoded.is_some());
        if slice.starts_with('"')
            && let Some(found) = pitfall::path_in_double_quotes(slice)
        {
            let base = span.start as usize;
            self.diagnostics.push(found.diagnostic(self.source, base));
        }
        let text = decoded.unwrap_or(slice).to_owned();
        Node {
            span,
            kind: NodeKind::Scalar { text, quoted },
        }
    }

    fn map(&mut self, span: Span, entries: &[(Raw, Raw)], text: &str, base: usize) -> Node {
        let mut map: Vec<(Key, Node)> = Vec::with_capacity(entries.len());
        let mut seen: BTreeMap<String, Span> = BTreeMap::new();
        for (key, value) in entries {
            let key = self.node(key, text, base);
            let value = self.node(value, text, base);
            let NodeKind::Scalar { text: name, .. } = key.kind else {
                let cause = ScenarioYaml::KeyNoText;
                let diagnostic = Diagnostic::caused(&WRONG_SHAPE, &cause, self.source, key.span);
                self.diagnostics.push(diagnostic);
                continue;
            };
            if let Some(first) = seen.get(&name) {
                let cause = ScenarioYaml::DuplicateKey { name };
                let diagnostic = Diagnostic::caused(&DUPLICATE_KEY, &cause, self.source, key.span)
                    .at(self.source, *first, cause.other_label());
                self.diagnostics.push(diagnostic);
                continue;
            }
            seen.insert(name.clone(), key.span);
            let key = Key {
                span: key.span,
                text: name,
            };
            map.push((key, value));
        }
        let span = map.iter().fold(span, |span, (key, value)| {
            let span = if span.start == span.end {
                key.span
            } else {
                span
            };
            // A merged entry stands elsewhere.
            if key.span.start >= span.start {
                span.to(value.span)
            } else {
                span
            }
        });
        Node {
            span,
            kind: NodeKind::Map(map),
        }
    }
}

fn options(nodes_left: usize) -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        // Found by `Reader::map`, which reports all of them and goes on.
        duplicate_keys: DuplicateKeyPolicy::PassThrough,
        // A plain `1e999` or `.nan` is text until a field takes it.
        non_finite_float_policy: NonFiniteFloatPolicy::PassThrough,
        reject_unsupported_tags: true,
        ignore_binary_tag_for_string: true,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: nodes_left,
        },
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: nodes_left,
            // 150 honest uses of one anchor would fail otherwise.
            enforce_alias_anchor_ratio: false,
        },
    }
}

/// Whether the error is about how much there is, not about what is written.
fn is_limit(error: &Error) -> bool {
    // Also within the error of an alias, so by its words.
    let text = error.to_string();
    ["budget breached", "limit exceeded", "depth exceeded"]
        .iter()
        .any(|words| text.contains(words))
}

/// The byte at which an error stands; the crate gives line and character.
fn offset_of(text: &str, error: &Error) -> usize {
    let Some(location) = error.location() else {
        return 0;
    };
    let line = usize::try_from(location.line()).unwrap_or(1);
    let column = usize::try_from(location.column()).unwrap_or(1);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let within = lines.next().map_or(0, |line| {
        line.char_indices()
            .nth(column.saturating_sub(1))
            .map_or(line.trim_end().len(), |(at, _)| at)
    });
    before + within
}

/// A value as the crate hands it over.
struct Raw {
    range: Range<usize>,
    kind: RawKind,
}

enum RawKind {
    /// The decoded text; `None` for what the crate reads as a number, a boolean or null.
    Scalar(Option<Box<str>>),
    List(Vec<Raw>),
    Map(Vec<(Raw, Raw)>),
}

fn range_of(raw: &Spanned<RawKind>) -> Range<usize> {
    let span = raw.defined.span();
    let size = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
    let start = size(span.byte_offset()).unwrap_or(0);
    start..start + size(span.byte_len()).unwrap_or(0)
}

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let spanned = Spanned::deserialize(deserializer)?;
        Ok(Self {
            range: range_of(&spanned),
            kind: spanned.value,
        })
    }
}

impl<'de> Deserialize<'de> for RawKind {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(RawVisitor)
    }
}

struct RawVisitor;

impl<'de> Visitor<'de> for RawVisitor {
    type Value = RawKind;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(None))
    }

    fn visit_i64<E>(self, _: i64) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(None))
    }

    fn visit_i128<E>(self, _: i128) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(None))
    }

    fn visit_u64<E>(self, _: u64) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(None))
    }

    fn visit_u128<E>(self, _: u128) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(None))
    }

    fn visit_f64<E>(self, _: f64) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(None))
    }

    fn visit_unit<E>(self) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(None))
    }

    fn visit_str<E>(self, text: &str) -> Result<RawKind, E> {
        Ok(RawKind::Scalar(Some(text.into())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<RawKind, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element()? {
            list.push(item);
        }
        Ok(RawKind::List(list))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<RawKind, A::Error> {
        let mut map = Vec::new();
        while let Some(entry) = entries.next_entry()? {
            map.push(entry);
        }
        Ok(RawKind::Map(map))
    }
}

#[cfg(test)]
#[path = "yaml/tests.rs"]
mod tests;
