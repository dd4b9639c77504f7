//! The field types of a project's index: in its file, or in a file beside it.

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::error::BAD_FIELDS;
use super::super::field_list::FieldList;
use super::field_type::{is_path, unknown_type};
use super::fields_yml;
use super::reader::{OpenBeside, Reader};
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::event::mapping::{self, BadMapping};
use crate::located::{Located, Node};

/// Whether an entry of `fields` names a file, by its ending.
pub(super) fn is_file(name: &str) -> bool {
    let ending = name.rsplit_once('.').map(|(_, ending)| ending);
    matches!(ending, Some("json" | "yml" | "yaml"))
}

/// The lists of a file beside the source's own.
pub(super) fn read(
    name: &str,
    span: Span,
    open: OpenBeside<'_>,
    reader: &mut Reader<'_>,
) -> Vec<Arc<FieldList>> {
    let source = match open(name) {
        Ok(source) => source,
        Err(mistake) => {
            let message = format!("`{name}` cannot be used: {}", mistake.message);
            reader.error(&BAD_FIELDS, span, message).help = mistake.help;
            return Vec::new();
        }
    };
    let lists = if name.rsplit('.').next() == Some("json") {
        of_mapping(&source).map_err(|mistake| vec![*mistake])
    } else {
        fields_yml::read(&source).map(|text| vec![FieldList::new(text)])
    };
    match lists {
        Ok(lists) if lists.iter().all(FieldList::is_empty) => {
            let message = format!("`{name}` names no field");
            reader.error(&BAD_FIELDS, span, message);
            Vec::new()
        }
        Ok(lists) => lists.into_iter().map(Arc::new).collect(),
        Err(mistakes) => {
            reader.report.diagnostics.extend(mistakes);
            Vec::new()
        }
    }
}

/// One list for each index that the answer describes; of two that have a field the first counts.
fn of_mapping(source: &Arc<SourceText>) -> Result<Vec<FieldList>, Box<Diagnostic>> {
    let mappings = mapping::parse(source.text()).map_err(|why| {
        let span = match &why {
            BadMapping::Syntax(error) => place(source.text(), error.line, error.column),
            BadMapping::Shape => Span::default(),
        };
        let message = format!("`{}` is no mapping: {why}", source.name());
        let diagnostic = Diagnostic::error(&BAD_FIELDS, message).at(source, span, "");
        Box::new(diagnostic.help("save what Elasticsearch answers to `GET INDEX/_mapping`"))
    })?;
    Ok(mappings
        .iter()
        .map(|one| FieldList::of(&one.mapping))
        .collect())
}

/// The character at a line and column, both from 1.
fn place(text: &str, line: usize, column: usize) -> Span {
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.saturating_sub(1))
        .map(str::len)
        .sum();
    let at = before
        + column
            .saturating_sub(1)
            .min(lines.next().map_or(0, str::len));
    let at = (0..=at)
        .rev()
        .find(|at| text.is_char_boundary(*at))
        .unwrap_or(0);
    let end = text.get(at..).and_then(|rest| rest.chars().next());
    Span::of(at..at + end.map_or(0, char::len_utf8))
}

/// `[index.types]`: `"acme.user" = "keyword"`, or a table with `type` and `ignore_above`.
pub(super) fn inline(value: &Located<'_>, reader: &mut Reader<'_>) -> Option<Arc<FieldList>> {
    let Node::Table(entries) = &value.node else {
        let fix = "write `[index.types]` and below it lines `\"acme.user\" = \"keyword\"`";
        reader.wrong(value.span, "expected a table of types", fix);
        return None;
    };
    let mut list = String::new();
    for entry in entries {
        let (path, span) = (entry.key.as_ref(), entry.key_span);
        if !is_path(path) {
            let fix = "write the name with dots, in quotes: `\"acme.user\"`";
            reader.wrong(span, format!("`{path}` is no name of a field"), fix);
            continue;
        }
        let (type_name, type_span, attributes) = match &entry.value.node {
            Node::Text(name) => (name.as_ref(), entry.value.span, String::new()),
            Node::Table(_) => match described(&entry.value, reader) {
                Some(described) => described,
                None => continue,
            },
            _ => {
                let fix = "write the type in quotes: `\"keyword\"`";
                reader.wrong(entry.value.span, "expected the name of a type", fix);
                continue;
            }
        };
        if let Some(fix) = unknown_type(type_name) {
            let message = format!("there is no type `{type_name}`");
            reader.error(&BAD_FIELDS, type_span, message).help = vec![fix];
            continue;
        }
        // A `String` takes whatever is written.
        let _ = writeln!(list, "{path}\t{type_name}\t{attributes}");
    }
    Some(Arc::new(FieldList::new(list)))
}

/// `{type = "keyword", ignore_above = 256}`
fn described<'v>(
    value: &'v Located<'_>,
    reader: &mut Reader<'_>,
) -> Option<(&'v str, Span, String)> {
    let table = crate::located::Table::of(value, "types")?;
    reader.only(&table, &["type", "ignore_above"]);
    reader.require(&table, "type");
    let limit = table.integer("ignore_above", &mut reader.report);
    let limit = limit.map_or_else(String::new, |limit| format!("ignore_above={limit}"));
    Some((value.text("type")?, table.span("type"), limit))
}
