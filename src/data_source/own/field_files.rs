//! The field types of a project's index: in its file, or in a file beside it.

use std::fmt::Write as _;
use std::sync::Arc;

use super::super::error::{BAD_FIELDS, WRONG_VALUE};
use super::super::field_list::FieldList;
use super::field_type::{is_path, unknown_type};
use super::fields_yml;
use super::reader::{OpenBeside, Reader};
use crate::diagnostic::data_source::BadFields;
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
            let cause = BadFields::NotOpened {
                name: name.to_owned(),
                said: mistake.message,
            };
            reader.caused(&BAD_FIELDS, span, &cause).help = mistake.help;
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
            let name = name.to_owned();
            reader.caused(&BAD_FIELDS, span, &BadFields::NoField { name });
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
        let name = source.name().to_owned();
        let cause = BadFields::NoMapping { name, why };
        Box::new(Diagnostic::caused(&BAD_FIELDS, &cause, source, span))
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
        reader.caused(&WRONG_VALUE, value.span, &BadFields::NoTypes);
        return None;
    };
    let mut list = String::new();
    for entry in entries {
        let (path, span) = (entry.key.as_ref(), entry.key_span);
        if !is_path(path) {
            let name = path.to_owned();
            reader.caused(&WRONG_VALUE, span, &BadFields::NoKey { name });
            continue;
        }
        let (type_name, type_span, attributes) = match &entry.value.node {
            Node::Text(name) => (name.as_ref(), entry.value.span, String::new()),
            Node::Table(_) => match described(&entry.value, reader) {
                Some(described) => described,
                None => continue,
            },
            _ => {
                reader.caused(&WRONG_VALUE, entry.value.span, &BadFields::NoTypeName);
                continue;
            }
        };
        if let Some(unknown) = unknown_type(type_name) {
            reader.caused(&BAD_FIELDS, type_span, &unknown);
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
