//! Reads TOML and JSON files so that each value knows its place.
//!
//! [`Table`] is what readers of rules, exception lists and data sources ask; it says what is wrong
//! with a file, at its place, in a [`DiagnosticSink`]. Nothing in here knows what the keys mean.

mod from_json;
mod from_toml;
mod table;

use std::borrow::Cow;

pub use from_json::{parse as parse_json, parse_lines};
pub use from_toml::parse as parse_toml;
pub use table::{Codes, DiagnosticSink, Table};

use crate::diagnostic::Span;

/// A value and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Located<'t> {
    /// The value.
    pub node: Node<'t>,
    /// Its place; of a string with its quotes.
    pub span: Span,
}

/// A value of TOML or JSON.
#[derive(Debug, Clone, PartialEq)]
pub enum Node<'t> {
    /// `null`, which only JSON has.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i64),
    /// Any other number, or a date of TOML, as written.
    Other(String),
    /// A string.
    Text(Cow<'t, str>),
    /// A list.
    List(Vec<Located<'t>>),
    /// A table, in JSON an object.
    Table(Vec<Entry<'t>>),
}

impl Node<'_> {
    /// The kind of value, for programs.
    fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "boolean",
            Self::Integer(_) => "integer",
            Self::Other(text) if text.parse::<f64>().is_ok() => "number",
            Self::Other(_) => "date",
            Self::Text(_) => "string",
            Self::List(_) => "list",
            Self::Table(_) => "table",
        }
    }
}

/// A key with its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry<'t> {
    /// The key.
    pub key: Cow<'t, str>,
    /// Where the key stands.
    pub key_span: Span,
    /// Its value.
    pub value: Located<'t>,
}

impl<'t> Located<'t> {
    /// The value at a key of a table; `null` counts as absent.
    pub fn get(&self, key: &str) -> Option<&Located<'t>> {
        let Node::Table(entries) = &self.node else {
            return None;
        };
        let entry = entries.iter().find(|entry| entry.key == key)?;
        (entry.value.node != Node::Null).then_some(&entry.value)
    }

    /// The string at a key of a table.
    pub fn text(&self, key: &str) -> Option<&str> {
        match &self.get(key)?.node {
            Node::Text(text) => Some(text),
            _ => None,
        }
    }
}
