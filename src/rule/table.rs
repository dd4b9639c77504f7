//! TOML → located values; with `data_source` the only place that knows toml.

use std::sync::Arc;

use serde_json::{Map, Value as Json};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::error;
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Diagnostic, SourceText, Span};

/// So many unknown keys of a table are reported one by one.
const NAMED: usize = 20;

/// One table of a rule file, and where to say what is wrong with it.
pub(super) struct Table<'t, 'i> {
    /// As it is called: `rule`, `metadata`, `rule.threat`.
    name: &'static str,
    entries: &'t DeTable<'i>,
    span: Span,
}

/// Collects what is wrong with a file.
pub(super) struct Report<'s> {
    pub(super) source: &'s Arc<SourceText>,
    pub(super) diagnostics: Vec<Diagnostic>,
}

impl Report<'_> {
    pub(super) fn error(
        &mut self,
        code: &'static crate::diagnostic::Code,
        span: Span,
        message: String,
    ) -> &mut Diagnostic {
        let diagnostic = Diagnostic::error(code, message).at(self.source, span, "");
        self.push(diagnostic)
    }

    fn push(&mut self, diagnostic: Diagnostic) -> &mut Diagnostic {
        let index = self.diagnostics.len();
        self.diagnostics.push(diagnostic);
        #[expect(
            clippy::indexing_slicing,
            reason = "the element at this index was pushed on the line before"
        )]
        &mut self.diagnostics[index]
    }
}

/// Parses a whole file; every syntax error is reported.
pub(super) fn parse<'i>(text: &'i str, report: &mut Report<'_>) -> Spanned<DeTable<'i>> {
    let (table, errors) = DeTable::parse_recoverable(text);
    for error in errors {
        let span = error.span().map_or(Span::default(), Span::of);
        let message = error.message().lines().collect::<Vec<_>>().join(", ");
        report.error(&error::SYNTAX, span, message);
    }
    table
}

impl<'t, 'i> Table<'t, 'i> {
    pub(super) fn root(table: &'t Spanned<DeTable<'i>>) -> Self {
        Self {
            name: "",
            entries: table.get_ref(),
            span: Span::new(0, 0),
        }
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.entries.contains_key(key)
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    fn value(&self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.entries.get(key)
    }

    /// The place of a key's value, or of the table where the key is absent.
    pub(super) fn span(&self, key: &str) -> Span {
        self.value(key)
            .map_or(self.span, |value| Span::of(value.span()))
    }

    /// Warns of keys that are not among `known`.
    pub(super) fn only(&self, known: &[&str], report: &mut Report<'_>) {
        let keys = self.entries.keys();
        let unknown: Vec<_> = keys
            .filter(|key| !known.contains(&key.get_ref().as_ref()))
            .collect();
        for (number, key) in unknown.iter().enumerate() {
            let name = key.get_ref().as_ref();
            if number == NAMED {
                let more = unknown.len() - NAMED;
                let message = format!("{more} more unknown keys, the first `{}`", self.path(name));
                let diagnostic = Diagnostic::warning(&error::UNKNOWN_KEY, message);
                let place = Span::of(key.span());
                report
                    .diagnostics
                    .push(diagnostic.at(report.source, place, ""));
                return;
            }
            let mut diagnostic = Diagnostic::warning(
                &error::UNKNOWN_KEY,
                format!("unknown key `{}`", self.path(name)),
            )
            .at(report.source, Span::of(key.span()), "");
            if let Some(near) = nearest(name, known.iter().copied()) {
                diagnostic = diagnostic.help(format!("did you mean `{near}`?"));
            }
            report.diagnostics.push(diagnostic);
        }
    }

    /// Reports a key that must be there.
    pub(super) fn require(&self, key: &str, report: &mut Report<'_>) {
        if !self.has(key) {
            let message = format!("missing key `{}`", self.path(key));
            report.error(&error::MISSING_KEY, self.span, message);
        }
    }

    fn wrong(&self, key: &str, wanted: &str, span: Span, report: &mut Report<'_>) {
        let message = format!("`{}` must be {wanted}", self.path(key));
        report.error(&error::WRONG_KIND, span, message);
    }

    pub(super) fn table(
        &self,
        key: &str,
        name: &'static str,
        report: &mut Report<'_>,
    ) -> Option<Table<'t, 'i>> {
        let value = self.value(key)?;
        let span = Span::of(value.span());
        match value.get_ref() {
            DeValue::Table(entries) => Some(Table {
                name,
                entries,
                span,
            }),
            _ => {
                self.wrong(key, "a table", span, report);
                None
            }
        }
    }

    pub(super) fn tables(
        &self,
        key: &str,
        name: &'static str,
        report: &mut Report<'_>,
    ) -> Vec<Table<'t, 'i>> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, "a list of tables", Span::of(value.span()), report);
            return Vec::new();
        };
        let mut tables = Vec::new();
        for item in items {
            let span = Span::of(item.span());
            match item.get_ref() {
                DeValue::Table(entries) => tables.push(Table {
                    name,
                    entries,
                    span,
                }),
                _ => self.wrong(key, "a list of tables", span, report),
            }
        }
        tables
    }

    /// A string; an empty one counts as absent, as in Kibana.
    pub(super) fn text(&self, key: &str, report: &mut Report<'_>) -> Option<String> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::String(text) => Some(text.to_string()),
            _ => {
                self.wrong(key, "a string", Span::of(value.span()), report);
                None
            }
        }
    }

    pub(super) fn texts(&self, key: &str, report: &mut Report<'_>) -> Vec<(String, Span)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, "a list of strings", Span::of(value.span()), report);
            return Vec::new();
        };
        let mut texts = Vec::new();
        for item in items {
            let span = Span::of(item.span());
            match item.get_ref() {
                DeValue::String(text) => texts.push((text.to_string(), span)),
                _ => self.wrong(key, "a list of strings", span, report),
            }
        }
        texts
    }

    /// A list of strings, or one string in its place.
    pub(super) fn text_or_texts(&self, key: &str, report: &mut Report<'_>) -> Vec<(String, Span)> {
        match self.value(key).map(Spanned::get_ref) {
            Some(DeValue::String(text)) => vec![(text.to_string(), self.span(key))],
            _ => self.texts(key, report),
        }
    }

    pub(super) fn integer(&self, key: &str, report: &mut Report<'_>) -> Option<i64> {
        let value = self.value(key)?;
        if let DeValue::Integer(number) = value.get_ref()
            && let Ok(number) = i64::from_str_radix(number.as_str(), number.radix())
        {
            return Some(number);
        }
        self.wrong(key, "an integer", Span::of(value.span()), report);
        None
    }

    pub(super) fn boolean(&self, key: &str, report: &mut Report<'_>) -> Option<bool> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => {
                let span = Span::of(value.span());
                self.wrong(key, "`true` or `false`", span, report);
                None
            }
        }
    }

    /// The items of a list, whatever they are, each with its place.
    pub(super) fn json_items(&self, key: &str, report: &mut Report<'_>) -> Vec<(Json, Span)> {
        let Some(value) = self.value(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            self.wrong(key, "a list", Span::of(value.span()), report);
            return Vec::new();
        };
        let items = items.iter();
        items
            .map(|item| (json(item.get_ref()), Span::of(item.span())))
            .collect()
    }
}

/// The same as JSON; a date is its text.
fn json(value: &DeValue<'_>) -> Json {
    match value {
        DeValue::String(text) => Json::String(text.to_string()),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Json::String(number.to_string()), Json::from),
        DeValue::Float(number) => number
            .as_str()
            .parse::<f64>()
            .map_or(Json::Null, Json::from),
        DeValue::Boolean(value) => Json::Bool(*value),
        DeValue::Datetime(date) => Json::String(date.to_string()),
        DeValue::Array(items) => items.iter().map(|item| json(item.get_ref())).collect(),
        DeValue::Table(entries) => {
            let entries = entries.iter();
            let entries =
                entries.map(|(key, value)| (key.get_ref().to_string(), json(value.get_ref())));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}
