//! Reads the tables of a source's file and collects what is wrong with it.

use std::sync::Arc;

use super::super::error::{OF_FILES, UNKNOWN_KEY, UNKNOWN_NAME, WRONG_VALUE};
use crate::diagnostic::data_source::{BadSource, NamedPart};
use crate::diagnostic::suggest::nearest;
use crate::diagnostic::{Cause, Code, Diagnostic, NameList, SourceText, Span};
use crate::event::Scalar;
use crate::located::{DiagnosticSink, Located, Node, Table, parse_toml};

/// Gives the text of a file that stands beside the file of a source.
pub type OpenBeside<'o> = &'o dyn Fn(&str) -> Result<Arc<SourceText>, Box<Diagnostic>>;

/// A field with values, and where it is written.
pub(super) type Given = (String, Vec<Scalar>, Span);

/// Reads one file.
pub(super) struct Reader<'s> {
    pub(super) report: DiagnosticSink<'s>,
}

impl<'s> Reader<'s> {
    pub(super) fn new(source: &'s Arc<SourceText>) -> Self {
        Self {
            report: DiagnosticSink::new(source, &OF_FILES),
        }
    }

    /// The name of the file.
    pub(super) fn name(&self) -> &'s str {
        self.report.source.name()
    }

    /// The whole file.
    pub(super) fn parse(&mut self) -> Located<'s> {
        parse_toml(self.report.source.text(), &mut self.report)
    }

    /// Whether nothing is wrong so far.
    pub(super) fn is_sound(&self) -> bool {
        self.report.diagnostics.is_empty()
    }

    /// What is wrong, in the order of the file.
    pub(super) fn into_diagnostics(self) -> Vec<Diagnostic> {
        let mut diagnostics = self.report.diagnostics;
        diagnostics.sort_by(|one, other| one.sort_key().cmp(&other.sort_key()));
        diagnostics
    }

    /// Reports an error.
    pub(super) fn caused(
        &mut self,
        code: &'static Code,
        span: Span,
        cause: &dyn Cause,
    ) -> &mut Diagnostic {
        self.report.caused(code, span, cause)
    }

    /// Reports a value that is wrong.
    pub(super) fn wrong(&mut self, span: Span, cause: &BadSource) {
        self.report.caused(&WRONG_VALUE, span, cause);
    }

    /// Reports a name that stands for nothing, with the nearest of those that do.
    pub(super) fn unknown<'n>(
        &mut self,
        span: Span,
        kind: NamedPart,
        name: String,
        known: impl Iterator<Item = &'n str> + Clone,
    ) {
        let suggestion = nearest(&name, known).map(str::to_owned);
        let cause = BadSource::Unknown {
            kind,
            name,
            suggestion,
        };
        self.report.caused(&UNKNOWN_NAME, span, &cause);
    }

    /// Reports keys that are not among `known`. Unlike a rule file, which other tools write, this
    /// file has no key that only others understand.
    pub(super) fn only(&mut self, table: &Table<'_>, known: &[&str]) {
        for (name, span) in table.keys().filter(|(name, _)| !known.contains(name)) {
            let cause = BadSource::UnknownKey {
                name: name.to_owned(),
                suggestion: nearest(name, known.iter().copied()).map(str::to_owned),
                known: NameList::of(known),
            };
            self.report.caused(&UNKNOWN_KEY, span, &cause);
        }
    }

    /// Reports a key that must be there.
    pub(super) fn require(&mut self, table: &Table<'_>, key: &str) {
        table.require(key, &mut self.report);
    }

    /// A string of one line, with its place.
    pub(super) fn line(&mut self, table: &Table<'_>, key: &str) -> Option<(String, Span)> {
        let text = table.text(key, &mut self.report)?;
        let span = table.span(key);
        if text.is_empty() || text.chars().any(char::is_control) {
            let name = key.to_owned();
            self.wrong(span, &BadSource::NotOneLine { name });
            return None;
        }
        Some((text, span))
    }

    /// A name as scenarios write it.
    pub(super) fn word(&mut self, table: &Table<'_>, key: &str) -> Option<(String, Span)> {
        let (text, span) = self.line(table, key)?;
        if is_word(&text) {
            return Some((text, span));
        }
        self.wrong(span, &BadSource::NoName { name: text });
        None
    }

    /// Strings, or one string.
    pub(super) fn words(&mut self, table: &Table<'_>, key: &str) -> Vec<(String, Span)> {
        table.text_or_texts(key, &mut self.report)
    }

    /// The fields of a table with their values: `"event.action" = "login"`, and likewise nested.
    pub(super) fn fields(&mut self, value: &Located<'_>, prefix: &str, given: &mut Vec<Given>) {
        let Node::Table(entries) = &value.node else {
            return self.wrong(value.span, &BadSource::NoFields);
        };
        for entry in entries {
            let path = match prefix {
                "" => entry.key.to_string(),
                prefix => format!("{prefix}.{}", entry.key),
            };
            if let Node::Table(_) = entry.value.node {
                self.fields(&entry.value, &path, given);
            } else if let Some(values) = self.scalars(&entry.value) {
                if given.iter().any(|(known, ..)| *known == path) {
                    let name = path.clone();
                    self.wrong(entry.key_span, &BadSource::DuplicateKey { name });
                }
                given.push((path, values, entry.key_span));
            }
        }
    }

    /// A value, or a list of values.
    pub(super) fn scalars(&mut self, value: &Located<'_>) -> Option<Vec<Scalar>> {
        Some(match &value.node {
            Node::Text(text) => vec![Scalar::text(text.as_ref())],
            Node::Integer(number) => vec![Scalar::Number(number.to_string().into())],
            Node::Bool(value) => vec![Scalar::Bool(*value)],
            Node::Other(text) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => vec![Scalar::Number(number.to_string().into())],
                _ => vec![Scalar::text(text.as_str())],
            },
            Node::List(items) => {
                let mut values = Vec::new();
                for item in items {
                    values.extend(self.scalars(item)?);
                }
                values
            }
            Node::Null | Node::Table(_) => {
                self.wrong(value.span, &BadSource::NoValue);
                return None;
            }
        })
    }
}

/// Whether scenarios can write the name.
pub fn is_word(text: &str) -> bool {
    let inner = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_-.".contains(c);
    text.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit())
        && text.chars().all(inner)
}
