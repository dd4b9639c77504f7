//! Reads the `fields.yml` of an integration into the text of a field list.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;
use serde_saphyr::{Error, Options, Spanned};

use super::super::builtin;
use super::super::error::BAD_FIELDS;
use super::field_type::{is_path, unknown_type};
use crate::diagnostic::data_source::BadFields;
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::event::FieldType;

/// The deepest nesting of fields.
const MAX_DEPTH: usize = 32;
/// The most values in a file.
const MAX_NODES: usize = 250_000;

/// A field; keys that say nothing of its type are passed over.
#[derive(Deserialize)]
struct Entry {
    name: Spanned<String>,
    #[serde(rename = "type")]
    type_name: Option<Spanned<String>>,
    #[serde(default)]
    fields: Vec<Entry>,
    #[serde(default)]
    multi_fields: Vec<Entry>,
    /// The target of an alias.
    path: Option<String>,
    /// The type of what stands below an object.
    object_type: Option<String>,
    /// `ecs`: ECS says the type.
    external: Option<String>,
    ignore_above: Option<u32>,
    index: Option<bool>,
    doc_values: Option<bool>,
}

/// The text of a list, or everything that is wrong with the file.
pub(super) fn read(source: &Arc<SourceText>) -> Result<String, Vec<Diagnostic>> {
    let entries: Vec<Entry> = serde_saphyr::from_str_with_options(source.text(), options())
        .map_err(|error| vec![syntax(source, &error)])?;
    let mut reader = Reader {
        source,
        lines: BTreeMap::new(),
        mistakes: Vec::new(),
    };
    for entry in &entries {
        reader.entry("", entry);
    }
    if !reader.mistakes.is_empty() {
        return Err(reader.mistakes);
    }
    let mut text = String::new();
    for (path, line) in reader.lines {
        // A `String` takes whatever is written.
        let _ = writeln!(text, "{path}\t{line}");
    }
    Ok(text)
}

fn options() -> Options {
    serde_saphyr::options! {
        with_snippet: false,
        alias_limits: serde_saphyr::alias_limits! {
            max_total_replayed_events: MAX_NODES,
        },
        budget: serde_saphyr::budget! {
            max_depth: MAX_DEPTH,
            flow_nesting_limit: MAX_DEPTH,
            max_nodes: MAX_NODES,
        },
    }
}

fn syntax(source: &Arc<SourceText>, error: &Error) -> Diagnostic {
    let span = error.location().map_or(Span::default(), |location| {
        let line = usize::try_from(location.line()).unwrap_or(1);
        let lines = source.text().split_inclusive('\n');
        let before: usize = lines.take(line.saturating_sub(1)).map(str::len).sum();
        let rest = source.text().get(before..).unwrap_or("");
        let line = rest.lines().next().unwrap_or("");
        let blank = line.len() - line.trim_start().len();
        Span::of(before + blank..before + line.len())
    });
    let reason = error.to_string();
    let reason = reason.lines().next().unwrap_or("").to_owned();
    let cause = BadFields::NoFieldsYml {
        name: source.name().to_owned(),
        said: reason,
    };
    Diagnostic::caused(&BAD_FIELDS, &cause, source, span)
}

struct Reader<'s> {
    source: &'s Arc<SourceText>,
    /// Type and attributes by path.
    lines: BTreeMap<String, String>,
    mistakes: Vec<Diagnostic>,
}

impl Reader<'_> {
    fn entry(&mut self, prefix: &str, entry: &Entry) {
        let name = &entry.name.value;
        let path = if prefix.is_empty() {
            name.clone()
        } else {
            format!("{prefix}.{name}")
        };
        if !is_path(&path) {
            let name = name.clone();
            return self.mistake(&entry.name, &BadFields::NoFieldName { name });
        }
        for field in &entry.fields {
            self.entry(&path, field);
        }
        if let Some(line) = self.line(&path, entry) {
            let path = match entry.object_type {
                Some(_) if !path.contains('*') => format!("{path}.*"),
                _ => path.clone(),
            };
            // A field that is declared twice has the type that was said first.
            self.lines.entry(path).or_insert(line);
        }
        for sub in &entry.multi_fields {
            self.entry(&path, sub);
        }
    }

    /// Type and attributes; `None` for what only holds other fields.
    fn line(&mut self, path: &str, entry: &Entry) -> Option<String> {
        if let Some(target) = &entry.path
            && entry
                .type_name
                .as_ref()
                .is_some_and(|name| name.value == "alias")
        {
            return Some(format!("alias:{target}"));
        }
        let stated = entry.object_type.as_deref();
        let stated = stated.or(entry.type_name.as_ref().map(|name| name.value.as_str()));
        let type_name = match stated {
            Some(name) => name.to_owned(),
            None if entry.external.as_deref() == Some("ecs") => ecs(path)?,
            None if entry.fields.is_empty() => "keyword".to_owned(),
            None => return None,
        };
        if type_name == "group" {
            return None;
        }
        if type_name == "array" {
            return Some(type_name);
        }
        if let (Some(unknown), Some(name)) = (unknown_type(&type_name), &entry.type_name) {
            self.mistake(name, &unknown);
            return None;
        }
        let mut line = type_name;
        if let Some(limit) = entry.ignore_above {
            // A `String` takes whatever is written.
            let _ = write!(line, "\tignore_above={limit}");
        } else if entry.index == Some(false) && entry.doc_values == Some(false) {
            line.push_str("\tunindexed");
        }
        Some(line)
    }

    fn mistake(&mut self, at: &Spanned<String>, cause: &BadFields) {
        let span = at.defined.span();
        let size = |value: Option<u64>| value.and_then(|value| usize::try_from(value).ok());
        let start = size(span.byte_offset()).unwrap_or(0);
        let span = Span::of(start..start + size(span.byte_len()).unwrap_or(0));
        let diagnostic = Diagnostic::caused(&BAD_FIELDS, cause, self.source, span);
        self.mistakes.push(diagnostic);
    }
}

/// The type that ECS gives to a field; a field that it does not have is left out.
fn ecs(path: &str) -> Option<String> {
    let found = builtin::list("ecs")?.find(path)?;
    match found.field_type {
        FieldType::Text { .. } => Some("text".to_owned()),
        other => Some(other.to_string()),
    }
}
