//! Exception lists as teams keep them: TOML of the detection-rules repository, or the NDJSON that
//! Kibana exports. Each item becomes the query that finds the documents that it hides.

use std::fmt;
use std::sync::Arc;

use serde_json::Value as Json;

use super::error::{BAD_FILTER, SYNTAX};
use super::value_list::{APPLIED, fits, listed};
use crate::diagnostic::exception::{BadException, NotApplied, UnfitValues, WrongItem};
use crate::diagnostic::query::dsl::BadQuery;
use crate::diagnostic::{Diagnostic, SourceText, Span};
use crate::event::Timestamp;
use crate::event::time::DateFormat;
use crate::language::dsl::query::{FieldTest, Preparation, Query};
use crate::language::dsl::read::scalar;
use crate::located::{self, DiagnosticSink, Table};

/// The longest value list of ranges that Kibana applies to an EQL rule, and the longest of
/// anything else (`docs/production.md`).
const MOST_RANGES: usize = 200;
const MOST_VALUES: usize = 65_536;

/// One exception item.
#[derive(Debug, Clone)]
pub struct ExceptionItem {
    /// Its name.
    pub name: String,
    /// The list that it is in.
    pub list_id: String,
    /// The file.
    pub source: Arc<SourceText>,
    /// Where it stands.
    pub span: Span,
    /// The documents that it hides.
    pub filter: Query,
    /// When it ends.
    pub expires: Option<Timestamp>,
}

/// What became of a file.
#[derive(Debug, Default)]
pub struct LoadedExceptions {
    /// The items, in order.
    pub items: Vec<ExceptionItem>,
    /// Errors and warnings.
    pub diagnostics: Vec<Diagnostic>,
}

impl fmt::Display for ExceptionItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "exception {}", self.name)
    }
}

pub use crate::diagnostic::exception::UnreadList;

/// The text of a value list by its id; why it cannot be read.
pub type ValueLists<'v> = dyn FnMut(&str) -> Result<String, UnreadList> + 'v;

/// Reads a file; `values` gives the text of a value list by its id.
pub fn load_exceptions(source: &Arc<SourceText>, values: &mut ValueLists<'_>) -> LoadedExceptions {
    let mut report = DiagnosticSink::new(source, &super::error::OF_FILES);
    let written = if source.text().trim_start().starts_with('{') {
        ndjson(source, &mut report)
    } else {
        toml(source, &mut report)
    };
    let items = written
        .iter()
        .filter_map(|(json, span)| item(json, *span, &mut report, values))
        .collect();
    LoadedExceptions {
        items,
        diagnostics: report.diagnostics,
    }
}

/// One item of a list; `values` gives the text of a value list by its id. `None` where it is not
/// applied, which is reported.
pub(super) fn item(
    json: &Json,
    span: Span,
    report: &mut DiagnosticSink<'_>,
    values: &mut ValueLists<'_>,
) -> Option<ExceptionItem> {
    let name = text_of(json, "name").unwrap_or_default();
    let mut reader = Reader { values };
    match reader.item(json) {
        Ok(ItemReader { filter, expires }) => Some(ExceptionItem {
            name: name.to_owned(),
            list_id: text_of(json, "list_id").unwrap_or_default().to_owned(),
            source: Arc::clone(report.source),
            span,
            filter,
            expires,
        }),
        Err(ItemError::NotApplied(why)) => {
            let name = name.to_owned();
            let cause = BadException::NotApplied { name, why };
            let warning = Diagnostic::caused(&BAD_FILTER, &cause, report.source, span);
            report.diagnostics.push(warning.into_warning());
            None
        }
        Err(ItemError::Wrong(why)) => {
            report.caused(&BAD_FILTER, span, &BadException::Unreadable(why));
            None
        }
    }
}

/// `[[exceptions]]` with `[[exceptions.items]]`.
fn toml(source: &Arc<SourceText>, report: &mut DiagnosticSink<'_>) -> Vec<(Json, Span)> {
    let document = located::parse_toml(source.text(), report);
    if !report.diagnostics.is_empty() {
        return Vec::new();
    }
    let Some(root) = Table::of(&document, "") else {
        return Vec::new();
    };
    root.only(&["metadata", "exceptions"], report);
    root.require("exceptions", report);
    let mut items = Vec::new();
    for list in root.tables("exceptions", "exceptions", report) {
        list.only(&["container", "items"], report);
        let container = list.table("container", "exceptions.container", report);
        let id = container.and_then(|container| container.text("list_id", report));
        for (mut item, span) in list.json_items("items", report) {
            if let (Json::Object(item), Some(id)) = (&mut item, &id) {
                item.entry("list_id").or_insert_with(|| id.clone().into());
            }
            items.push((item, span));
        }
    }
    items
}

/// A line an object: lists, items and a summary; what has entries is an item.
fn ndjson(source: &Arc<SourceText>, report: &mut DiagnosticSink<'_>) -> Vec<(Json, Span)> {
    let mut items = Vec::new();
    let mut at = 0;
    for line in source.text().split_inclusive('\n') {
        let span = Span::of(at..at + line.trim_end().len());
        at += line.len();
        if line.trim().is_empty() {
            continue;
        }
        match serde_json::from_str::<Json>(line) {
            Ok(json) if json.get("entries").is_some() => items.push((json, span)),
            Ok(_) => {}
            Err(error) => {
                report.caused(&SYNTAX, span, &BadException::Line(error.into()));
            }
        }
    }
    items
}

struct Reader<'v, 'f> {
    values: &'v mut ValueLists<'f>,
}

struct ItemReader {
    filter: Query,
    expires: Option<Timestamp>,
}

fn text_of<'j>(json: &'j Json, key: &str) -> Option<&'j str> {
    json.get(key).and_then(Json::as_str)
}

impl Reader<'_, '_> {
    fn item(&mut self, json: &Json) -> Result<ItemReader, ItemError> {
        if text_of(json, "name").is_none_or(|name| name.trim().is_empty()) {
            return wrong(WrongItem::NoName);
        }
        let expires = match text_of(json, "expire_time") {
            None | Some("") => None,
            Some(text) => match DateFormat::default().parse(text) {
                Some(instant) => Some(instant),
                None => return wrong(WrongItem::ExpireTime(text.to_owned())),
            },
        };
        let Some(Json::Array(entries)) = json.get("entries") else {
            return wrong(WrongItem::NoEntryList);
        };
        if entries.is_empty() {
            return wrong(WrongItem::NoEntries);
        }
        let mut all = Vec::new();
        for entry in entries {
            all.push(self.entry(entry, "")?);
        }
        if let Some(Json::Array(systems)) = json.get("os_types")
            && !systems.is_empty()
        {
            all.push(of_systems(systems)?);
        }
        Ok(ItemReader {
            filter: Query::all(all),
            expires,
        })
    }

    fn entry(&mut self, json: &Json, parent: &str) -> Result<Query, ItemError> {
        let Some(field) = text_of(json, "field") else {
            return wrong(WrongItem::NoField);
        };
        let field = format!("{parent}{field}");
        let kind = text_of(json, "type").unwrap_or_default();
        let filter = match kind {
            "match" => Query::phrase(field, value(json)?),
            "match_any" => {
                let Some(Json::Array(values)) = json.get("value") else {
                    return wrong(WrongItem::NoValues);
                };
                let values = values.iter().map(scalar).collect::<Result<Vec<_>, _>>()?;
                let phrase = |value| Query::phrase(&*field, value);
                Query::any(values.into_iter().map(phrase).collect())
            }
            "exists" => Query::exists(field),
            "wildcard" => wildcard(&field, value(json)?, false),
            "list" => self.list(json, &field)?,
            "nested" => {
                let Some(Json::Array(entries)) = json.get("entries") else {
                    return wrong(WrongItem::NoInnerEntries);
                };
                let mut inner = Vec::new();
                for entry in entries {
                    inner.push(self.entry(entry, &format!("{field}."))?);
                }
                return Ok(Query::Nested {
                    path: field,
                    query: Box::new(Query::all(inner)),
                    ignore_unmapped: false,
                });
            }
            other => return wrong(WrongItem::UnknownType(other.to_owned())),
        };
        match text_of(json, "operator") {
            Some("included") | None => Ok(filter),
            Some("excluded") => Ok(filter.negated()),
            Some(other) => wrong(WrongItem::UnknownOperator(other.to_owned())),
        }
    }

    /// The values of a list: a file with a value a line.
    fn list(&mut self, json: &Json, field: &str) -> Result<Query, ItemError> {
        let list = json.get("list");
        let Some(id) = list.and_then(|list| text_of(list, "id")) else {
            return wrong(WrongItem::NoList);
        };
        let kind = list
            .and_then(|list| text_of(list, "type"))
            .unwrap_or("keyword");
        if !APPLIED.contains(&kind) {
            return Err(NotApplied::ListType {
                list: id.to_owned(),
                kind: kind.to_owned(),
            }
            .into());
        }
        let text = match (self.values)(id) {
            Ok(text) => text,
            Err(why) => {
                let list = id.to_owned();
                return wrong(WrongItem::ValueList { list, why });
            }
        };
        let lines = (1..).zip(text.lines().map(str::trim));
        let values: Vec<(usize, &str)> = lines.filter(|(_, line)| !line.is_empty()).collect();
        let ranges = |(_, value): &&(usize, &str)| kind == "ip_range" && value.contains('-');
        let too_many = if values.iter().filter(ranges).count() > MOST_RANGES {
            Some(MOST_RANGES)
        } else {
            (values.len() > MOST_VALUES).then_some(MOST_VALUES)
        };
        if let Some(most) = too_many {
            return Err(NotApplied::TooManyValues {
                list: id.to_owned(),
                count: values.len(),
                most,
            }
            .into());
        }
        let unfit = values.iter().filter(|(_, value)| !fits(kind, value));
        let unfit: Vec<&(usize, &str)> = unfit.collect();
        if let Some(first) = unfit
            .get(..unfit.len().min(3))
            .filter(|first| !first.is_empty())
        {
            let named = first.iter();
            return wrong(WrongItem::UnfitValues {
                list: id.to_owned(),
                kind: kind.to_owned(),
                found: UnfitValues {
                    addresses_only: kind == "ip",
                    shown: named
                        .map(|(line, value)| (*line, (*value).to_owned()))
                        .collect(),
                    more: unfit.len() - first.len(),
                },
            });
        }
        let one = |(_, value): &(usize, &str)| listed(kind, field, value);
        Ok(Query::any(values.iter().map(one).collect()))
    }
}

/// Why an exception item is not taken.
enum ItemError {
    /// It cannot be read.
    Wrong(WrongItem),
    /// It can be read, and Kibana does not apply it.
    NotApplied(NotApplied),
}

impl From<NotApplied> for ItemError {
    fn from(why: NotApplied) -> Self {
        Self::NotApplied(why)
    }
}

impl From<BadQuery> for ItemError {
    fn from(bad: BadQuery) -> Self {
        Self::Wrong(WrongItem::Query(bad))
    }
}

fn wrong<T>(why: WrongItem) -> Result<T, ItemError> {
    Err(ItemError::Wrong(why))
}

fn value(json: &Json) -> Result<String, ItemError> {
    match json.get("value") {
        Some(value) => Ok(scalar(value)?),
        None => wrong(WrongItem::NoEntryValue),
    }
}

/// The operating systems that an item is for.
fn of_systems(systems: &[Json]) -> Result<Query, ItemError> {
    let mut any = Vec::new();
    for system in systems {
        let system = scalar(system)?;
        any.push(Query::phrase("host.os.type", &*system));
        any.push(wildcard("host.os.name", escaped(&system), true));
    }
    Ok(Query::any(any))
}

fn wildcard(field: &str, pattern: String, ignore_case: bool) -> Query {
    let test = FieldTest::Wildcard {
        pattern,
        ignore_case,
        preparation: Preparation::None,
    };
    Query::field(field, test)
}

/// A text as a pattern that only itself fits.
fn escaped(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '*' | '?' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;

    fn loaded(text: &str) -> LoadedExceptions {
        let source = SourceText::new("exceptions/a.toml", text);
        load_exceptions(&source, &mut |id| match id {
            "ips" => Ok("10.0.0.1\n\n10.0.1.0-10.0.1.9\n".to_owned()),
            "odd" => Ok("10.0.0.1\nhost\n10.0.0.0/33\n".to_owned()),
            _ => Err(UnreadList::NotOpened("no such file".to_owned())),
        })
    }

    const HEAD: &str = "[[exceptions]]\n[exceptions.container]\nlist_id = 'l'\n\
                        [[exceptions.items]]\nname = 'n'\n";

    fn entry(entry: &str) -> Query {
        let loaded = loaded(&format!("{HEAD}[[exceptions.items.entries]]\n{entry}"));
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        let [item] = loaded.items.as_slice() else {
            panic!("one item");
        };
        assert_eq!((item.name.as_str(), item.list_id.as_str()), ("n", "l"));
        match &item.filter {
            Query::Bool(entries) => entries.filter[0].clone(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn each_type_of_entry_is_a_filter() {
        let phrase = |value: &str| Query::phrase("a", value);
        assert_eq!(
            entry("field = 'a'\ntype = 'match'\noperator = 'included'\nvalue = 'x'"),
            phrase("x")
        );
        assert_eq!(
            entry("field = 'a'\ntype = 'match_any'\noperator = 'excluded'\nvalue = ['x', 'y']"),
            Query::any(vec![phrase("x"), phrase("y")]).negated()
        );
        let listed = entry(
            "field = 'a'\ntype = 'list'\noperator = 'included'\nlist = {id = 'ips', type = 'ip_range'}",
        );
        let words = "(a: \"10.0.0.1\" or a >= 10.0.1.0 <= 10.0.1.9)";
        assert_eq!(listed.to_string(), words);
    }

    fn of_list(id: &str, kind: &str) -> Diagnostic {
        let text = format!(
            "{HEAD}[[exceptions.items.entries]]\nfield = 'a'\ntype = 'list'\n\
             operator = 'included'\nlist = {{id = '{id}', type = '{kind}'}}\n"
        );
        let mut loaded = loaded(&text);
        assert!(loaded.items.is_empty());
        loaded.diagnostics.remove(0)
    }

    #[test]
    fn a_list_of_another_type_is_not_applied_and_that_is_a_warning() {
        for kind in ["text", "long", "date", "ip_range_text"] {
            let warning = of_list("ips", kind);
            assert!(!warning.is_error());
            let said = format!("the list `ips` is of type `{kind}`");
            assert!(warning.message.contains(&said), "{}", warning.message);
        }
    }

    #[test]
    fn a_list_that_cannot_be_read_or_has_values_of_another_type_is_an_error() {
        let missing = of_list("gone", "keyword");
        assert!(missing.is_error() && missing.message.contains("no such file"));
        let odd = of_list("odd", "ip_range");
        let said = "`host` on line 2, `10.0.0.0/33` on line 3 are no address";
        assert!(
            odd.is_error() && odd.message.contains(said),
            "{}",
            odd.message
        );
    }

    #[test]
    fn kibanas_export_is_read_line_by_line() {
        let text = r#"{"list_id":"l","name":"a list","type":"detection"}
{"list_id":"l","name":"n","expire_time":"2023-12-31T00:00:00Z","entries":[{"field":"o","type":"nested","entries":[{"field":"a","type":"exists","operator":"included"}]}]}
{"exported_exception_list_count":1}
"#;
        let loaded = loaded(text);
        assert!(loaded.diagnostics.is_empty(), "{:?}", loaded.diagnostics);
        let [item] = loaded.items.as_slice() else {
            panic!("one item");
        };
        assert_eq!(item.filter.fields(), ["o.a"]);
        assert!(item.expires.is_some());
    }

    #[test]
    fn what_is_wrong_is_said_at_the_item() {
        let text = format!("{HEAD}[[exceptions.items.entries]]\nfield = 'a'\ntype = 'matches'\n");
        let [error] = &loaded(&text).diagnostics[..] else {
            panic!("one error");
        };
        assert!(
            error.message.contains("type `matches`"),
            "{}",
            error.message
        );
        assert!(error.is_error());
    }
}
