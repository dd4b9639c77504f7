//! TOML → located values.

mod scalar;
mod tree;

use toml::Spanned;
use toml::de::{DeTable, DeValue, Error};

use super::table::DiagnosticSink;
use super::{Entry, Located, Node};
use crate::diagnostic::Span;
use crate::diagnostic::located::BadFile;

/// Parses a whole file; every syntax error is reported. The entries of a table are in the order of
/// their keys.
pub fn parse<'t>(text: &'t str, report: &mut DiagnosticSink<'_>) -> Located<'t> {
    let entries = tree::read(text).unwrap_or_else(|| {
        let (entries, errors) = of_crate(text);
        for error in errors {
            let span = error.span().map_or(Span::default(), Span::of);
            let said = error.message().lines().collect::<Vec<_>>().join(", ");
            report.caused(report.codes.syntax, span, &BadFile::Toml(said));
        }
        entries
    });
    Located {
        node: Node::Table(entries),
        span: Span::new(0, 0),
    }
}

/// The entries of a document as the TOML crate reads it, and what is wrong with it.
fn of_crate(text: &str) -> (Vec<Entry<'_>>, Vec<Error>) {
    let (table, errors) = DeTable::parse_recoverable(text);
    (entries(table.into_inner()), errors)
}

fn entries(table: DeTable<'_>) -> Vec<Entry<'_>> {
    let entries = table.into_iter().map(|(key, value)| Entry {
        key_span: Span::of(key.span()),
        key: key.into_inner(),
        value: located(value),
    });
    entries.collect()
}

fn located(value: Spanned<DeValue<'_>>) -> Located<'_> {
    let span = Span::of(value.span());
    let node = match value.into_inner() {
        DeValue::String(text) => Node::Text(text),
        DeValue::Integer(number) => i64::from_str_radix(number.as_str(), number.radix())
            .map_or_else(|_| Node::Other(number.to_string()), Node::Integer),
        DeValue::Float(number) => Node::Other(number.as_str().to_owned()),
        DeValue::Boolean(value) => Node::Bool(value),
        DeValue::Datetime(date) => Node::Other(date.to_string()),
        DeValue::Array(items) => Node::List(items.into_iter().map(located).collect()),
        DeValue::Table(table) => Node::Table(entries(table)),
    };
    Located { node, span }
}
