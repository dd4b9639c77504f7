//! One table of a file, asked key by key.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use super::{Entry, Located, Node};
use crate::diagnostic::located::{BadFile, ValueKind};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Cause, Code, Diagnostic, SourceText, Span};

/// The number of unknown keys of a table that are reported one by one.
const NAMED: usize = 20;

/// The codes under which a room reports what is wrong with its files.
#[derive(Debug)]
pub struct Codes {
    /// Neither TOML nor JSON.
    pub syntax: &'static Code,
    /// A key that must be there.
    pub missing_key: &'static Code,
    /// A value of another kind.
    pub wrong_kind: &'static Code,
    /// A key that is not known, which is a warning.
    pub unknown_key: &'static Code,
}

/// Collects what is wrong with a file.
#[derive(Debug)]
pub struct DiagnosticSink<'s> {
    /// The file.
    pub source: &'s Arc<SourceText>,
    /// The diagnostics.
    pub diagnostics: Vec<Diagnostic>,
    pub(crate) codes: &'static Codes,
}

impl<'s> DiagnosticSink<'s> {
    /// A report about a file in which nothing is found yet.
    pub fn new(source: &'s Arc<SourceText>, codes: &'static Codes) -> Self {
        Self {
            source,
            diagnostics: Vec::new(),
            codes,
        }
    }

    /// Reports the error that a cause is.
    pub fn caused(
        &mut self,
        code: &'static Code,
        span: Span,
        cause: &dyn Cause,
    ) -> &mut Diagnostic {
        self.push(Diagnostic::caused(code, cause, self.source, span))
    }

    /// Reports the warning that a cause is.
    fn warning(&mut self, code: &'static Code, span: Span, cause: &dyn Cause) {
        self.push(Diagnostic::caused(code, cause, self.source, span).into_warning());
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

/// A table of a file, and where to say what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub struct Table<'t> {
    /// As it is called: `rule`, `metadata`, `rule.threat`.
    name: &'static str,
    entries: &'t [Entry<'t>],
    span: Span,
}

impl<'t> Table<'t> {
    /// A value that is a table; `name` stands before its keys in messages.
    pub fn of(value: &'t Located<'t>, name: &'static str) -> Option<Self> {
        match &value.node {
            Node::Table(entries) => Some(Self {
                name,
                entries,
                span: value.span,
            }),
            _ => None,
        }
    }

    /// The keys, each with its place.
    pub fn keys(&self) -> impl Iterator<Item = (&'t str, Span)> {
        let entries = self.entries.iter();
        entries.map(|entry| (entry.key.as_ref(), entry.key_span))
    }

    /// Whether the key is there.
    pub fn has(&self, key: &str) -> bool {
        self.value(key).is_some()
    }

    fn path(&self, key: &str) -> String {
        if self.name.is_empty() {
            key.to_owned()
        } else {
            format!("{}.{key}", self.name)
        }
    }

    /// The value at a key; `null` counts as absent.
    pub fn value(&self, key: &str) -> Option<&'t Located<'t>> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (entry.value.node != Node::Null).then_some(&entry.value)
    }

    /// The place of a key's value, or of the table where the key is absent.
    pub fn span(&self, key: &str) -> Span {
        self.value(key).map_or(self.span, |value| value.span)
    }

    /// Warns of keys that are not among `known`.
    pub fn only(&self, known: &[&str], report: &mut DiagnosticSink<'_>) {
        let unknown = self.keys().filter(|(name, _)| !known.contains(name));
        let unknown: Vec<_> = unknown.collect();
        for (number, (name, span)) in unknown.iter().copied().enumerate() {
            if number == NAMED {
                let cause = BadFile::MoreUnknownKeys {
                    count: unknown.len() - NAMED,
                    path: self.path(name),
                };
                report.warning(report.codes.unknown_key, span, &cause);
                return;
            }
            let cause = BadFile::UnknownKey {
                name: name.to_owned(),
                path: self.path(name),
                suggestion: nearest(name, known.iter().copied()).map(str::to_owned),
            };
            report.warning(report.codes.unknown_key, span, &cause);
        }
    }

    /// Reports a key that must be there.
    pub fn require(&self, key: &str, report: &mut DiagnosticSink<'_>) {
        if !self.has(key) {
            let name = self.path(key);
            let cause = BadFile::MissingKey { name };
            report.caused(report.codes.missing_key, self.span, &cause);
        }
    }

    fn wrong(
        &self,
        key: &str,
        expected: ValueKind,
        value: &Located<'_>,
        report: &mut DiagnosticSink<'_>,
    ) {
        let cause = BadFile::WrongKind {
            name: self.path(key),
            found: value.node.kind(),
            expected,
        };
        report.caused(report.codes.wrong_kind, value.span, &cause);
    }

    /// A table; `name` stands before its keys in messages.
    pub fn table(
        &self,
        key: &str,
        name: &'static str,
        report: &mut DiagnosticSink<'_>,
    ) -> Option<Table<'t>> {
        let value = self.value(key)?;
        let table = Table::of(value, name);
        if table.is_none() {
            self.wrong(key, ValueKind::Table, value, report);
        }
        table
    }

    /// A list of tables.
    pub fn tables(
        &self,
        key: &str,
        name: &'static str,
        report: &mut DiagnosticSink<'_>,
    ) -> Vec<Table<'t>> {
        let mut tables = Vec::new();
        for item in self.items(key, ValueKind::Tables, report) {
            match Table::of(item, name) {
                Some(table) => tables.push(table),
                None => self.wrong(key, ValueKind::Tables, item, report),
            }
        }
        tables
    }

    /// The items of a list; nothing where the key is absent.
    fn items(
        &self,
        key: &str,
        expected: ValueKind,
        report: &mut DiagnosticSink<'_>,
    ) -> &'t [Located<'t>] {
        let Some(value) = self.value(key) else {
            return &[];
        };
        match &value.node {
            Node::List(items) => items,
            _ => {
                self.wrong(key, expected, value, report);
                &[]
            }
        }
    }

    /// A string.
    pub fn text(&self, key: &str, report: &mut DiagnosticSink<'_>) -> Option<String> {
        let value = self.value(key)?;
        if let Node::Text(text) = &value.node {
            return Some(text.to_string());
        }
        self.wrong(key, ValueKind::Text, value, report);
        None
    }

    /// A list of strings, each with its place.
    pub fn texts(&self, key: &str, report: &mut DiagnosticSink<'_>) -> Vec<(String, Span)> {
        let mut texts = Vec::new();
        for item in self.items(key, ValueKind::Texts, report) {
            match &item.node {
                Node::Text(text) => texts.push((text.to_string(), item.span)),
                _ => self.wrong(key, ValueKind::Texts, item, report),
            }
        }
        texts
    }

    /// A list of strings, or one string in its place.
    pub fn text_or_texts(&self, key: &str, report: &mut DiagnosticSink<'_>) -> Vec<(String, Span)> {
        match self.value(key) {
            Some(Located {
                node: Node::Text(text),
                span,
            }) => vec![(text.to_string(), *span)],
            _ => self.texts(key, report),
        }
    }

    /// A whole number.
    pub fn integer(&self, key: &str, report: &mut DiagnosticSink<'_>) -> Option<i64> {
        let value = self.value(key)?;
        if let Node::Integer(number) = value.node {
            return Some(number);
        }
        self.wrong(key, ValueKind::Integer, value, report);
        None
    }

    /// `true` or `false`.
    pub fn boolean(&self, key: &str, report: &mut DiagnosticSink<'_>) -> Option<bool> {
        let value = self.value(key)?;
        if let Node::Bool(value) = value.node {
            return Some(value);
        }
        self.wrong(key, ValueKind::Boolean, value, report);
        None
    }

    /// The items of a list, whatever they are, each with its place.
    pub fn json_items(&self, key: &str, report: &mut DiagnosticSink<'_>) -> Vec<(Json, Span)> {
        let items = self.items(key, ValueKind::List, report).iter();
        items.map(|item| (json(item), item.span)).collect()
    }
}

impl Located<'_> {
    /// The same as plain JSON; a date is its text.
    pub fn to_json(&self) -> Json {
        json(self)
    }
}

fn json(value: &Located<'_>) -> Json {
    match &value.node {
        Node::Null => Json::Null,
        Node::Bool(value) => Json::Bool(*value),
        Node::Integer(number) => Json::from(*number),
        Node::Other(text) => text
            .parse::<f64>()
            .map_or_else(|_| Json::String(text.clone()), Json::from),
        Node::Text(text) => Json::String(text.to_string()),
        Node::List(items) => items.iter().map(json).collect(),
        Node::Table(entries) => {
            let entries = entries.iter();
            let entries = entries.map(|entry| (entry.key.to_string(), json(&entry.value)));
            Json::Object(entries.collect::<Map<_, _>>())
        }
    }
}
