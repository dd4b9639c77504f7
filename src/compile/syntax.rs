//! The syntax tree of a query in any language, with the questions that every language answers.

use std::fmt::{self, Write as _};

use super::fields_read::FieldsRead;
use super::pipeline::EsqlQuery;
use crate::diagnostic::Span;
use crate::diagnostic::query::UnsupportedCondition;
use crate::event::FieldType;
use crate::language::dsl::error::UNSUPPORTED;
use crate::language::kql::syntax::FieldName;
use crate::language::{QueryError, eql, esql, kql, lucene};
use crate::rule::Language;

/// The length of the longest query that is run, in bytes. A pattern takes two hundred times its
/// length in memory, and the longest published query has 47 kB.
pub(super) const MAX_QUERY: usize = 4 << 20;

/// A query that parses.
#[derive(Debug, Clone)]
pub enum Syntax {
    /// EQL.
    Eql(eql::syntax::Query),
    /// KQL.
    Kuery(kql::syntax::Query),
    /// A Lucene query string.
    Lucene(lucene::syntax::Group),
    /// ES|QL.
    Esql(EsqlQuery),
}

/// Refuses a query that is too long to be run.
pub(super) fn within_limit(text: &str) -> Result<(), QueryError> {
    match over_limit(text.len()) {
        Some(cause) => Err(QueryError::new(UNSUPPORTED, Span::of(0..0), cause)),
        None => Ok(()),
    }
}

/// Why a query of so many bytes is not run.
pub(super) fn over_limit(bytes: usize) -> Option<UnsupportedCondition> {
    (bytes > MAX_QUERY).then_some(UnsupportedCondition::QueryTooLong {
        bytes,
        most: MAX_QUERY,
    })
}

/// Adds the fields that a query in KQL reads.
fn add_kql(read: &mut FieldsRead, query: &kql::syntax::Query) {
    for name in query.fields() {
        match name {
            FieldName::Name(name) => read.add_with_parts(&name),
            FieldName::Pattern(_) => read.add_pattern(&name.text()),
        }
    }
    if query.has_bare_value() {
        read.add_pattern("*");
    }
}

impl Syntax {
    /// Parses the text of a query; all errors, in the order of the text.
    pub fn parse(language: Language, text: &str) -> Result<Self, Vec<QueryError>> {
        within_limit(text).map_err(|error| vec![error])?;
        match language {
            Language::Eql => {
                let parsed = eql::parse(text);
                parsed.query.map(Self::Eql).ok_or(parsed.errors)
            }
            Language::Kuery => {
                let parsed = kql::parse(text);
                parsed.map(Self::Kuery).map_err(|error| vec![error])
            }
            Language::Lucene => {
                let parsed = lucene::parse(text, false);
                parsed.map(Self::Lucene).map_err(|error| vec![error.into()])
            }
            Language::Esql => EsqlQuery::new(text).map(Self::Esql),
        }
    }

    /// The tree, if the language is EQL.
    pub fn eql(&self) -> Option<&eql::syntax::Query> {
        match self {
            Self::Eql(query) => Some(query),
            Self::Kuery(_) | Self::Lucene(_) | Self::Esql(_) => None,
        }
    }

    /// The place of the whole query in its text.
    pub fn span(&self) -> Span {
        match self {
            Self::Eql(query) => query.span,
            Self::Kuery(query) => query.span,
            Self::Lucene(group) => group.span,
            Self::Esql(query) => Span::of(0..query.text.len()),
        }
    }

    /// The fields that it reads.
    pub fn fields(&self) -> FieldsRead {
        let mut read = FieldsRead::default();
        match self {
            Self::Eql(query) => {
                for path in eql::fields(query) {
                    read.add(path);
                }
            }
            Self::Kuery(query) => add_kql(&mut read, query),
            Self::Esql(query) => {
                for path in esql::names(&query.tree) {
                    read.add(path);
                }
                for text in esql::searches(&query.tree) {
                    if let Ok(query) = kql::parse(text) {
                        add_kql(&mut read, &query);
                    }
                }
            }
            Self::Lucene(group) => {
                read.add_query(&lucene::query(group, &lucene::Meaning::of_rules()));
            }
        }
        read
    }

    /// Whether `now` stands anywhere in it, as date math begins.
    pub(super) fn mentions_now(&self) -> bool {
        if let Self::Eql(query) = self {
            return eql::mentions(query, "now");
        }
        let mut search = NowSearch::default();
        // The search ends the writing once it has found something.
        let _ = write!(search, "{self}");
        search.is_found
    }

    /// The pairs of optional fields that the query compares with each other, which it may only where
    /// neither has a mapping.
    pub fn compared_optional(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Eql(query) => eql::compared_optional(query),
            Self::Kuery(_) | Self::Lucene(_) | Self::Esql(_) => Vec::new(),
        }
    }

    /// The types that the query's own use asks of fields that no list has. `known` gives the type
    /// of a field that one has.
    pub fn infer(&self, known: impl Fn(&str) -> Option<FieldType>) -> Vec<(String, FieldType)> {
        match self {
            Self::Eql(query) => eql::infer::infer(query, known).into_iter().collect(),
            Self::Kuery(query) => kql::infer(query)
                .into_iter()
                .filter(|(path, _)| known(path).is_none())
                .collect(),
            Self::Esql(query) => esql::infer(&query.tree, known).into_iter().collect(),
            // A query string says little of types: texts are what they are searched for.
            Self::Lucene(_) => Vec::new(),
        }
    }
}

/// Looks for `now` in what is written to it.
#[derive(Default)]
struct NowSearch {
    /// How many letters of it stand at the end of what was written.
    seen: usize,
    is_found: bool,
}

impl fmt::Write for NowSearch {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for byte in text.bytes() {
            self.seen = match (self.seen, byte) {
                (_, b'n') => 1,
                (1, b'o') => 2,
                (2, b'w') => {
                    self.is_found = true;
                    return Err(fmt::Error);
                }
                _ => 0,
            };
        }
        Ok(())
    }
}

impl fmt::Display for Syntax {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Eql(query) => query.fmt(f),
            Self::Kuery(query) => query.fmt(f),
            Self::Lucene(group) => group.fmt(f),
            Self::Esql(query) => f.write_str(&query.text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Language, MAX_QUERY, Syntax, UNSUPPORTED};

    #[test]
    fn a_long_query_is_refused_by_every_parser() {
        let text = "x".repeat(MAX_QUERY + 1);
        let languages = [
            Language::Eql,
            Language::Kuery,
            Language::Lucene,
            Language::Esql,
        ];
        for language in languages {
            let errors = Syntax::parse(language, &text).unwrap_err();
            assert_eq!(errors[0].code, UNSUPPORTED, "{language:?}");
        }
        assert_eq!(crate::compile::parse(&text).errors[0].code, UNSUPPORTED);
    }
}
