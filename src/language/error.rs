//! The error type of all query languages.

use crate::diagnostic::query::QueryCause;
use crate::diagnostic::{Cause, Code, Details, Diagnostic, QueryText, Span, did_you_mean};

/// One error of a query of any language, with its place in the query's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Which kind.
    pub code: &'static Code,
    /// The bytes of the query that it is about.
    pub span: Span,
    /// What is wrong.
    pub cause: Box<QueryCause>,
}

impl QueryError {
    /// An error at a place.
    #[must_use]
    pub fn new(code: &'static Code, span: Span, cause: impl Into<QueryCause>) -> Self {
        Self {
            code,
            span,
            cause: Box::new(cause.into()),
        }
    }

    /// The message of Elasticsearch or Kibana in substance, lowercase, without a full stop.
    pub fn message(&self) -> String {
        self.cause.to_string()
    }

    /// How to mend it.
    pub fn help_lines(&self) -> Vec<String> {
        self.cause.help()
    }

    /// The parts of the message, for programs.
    pub fn details(&self) -> Details {
        self.cause.details()
    }

    /// The same with a suggestion that the message makes itself.
    #[must_use]
    pub fn near(self, near: Option<String>) -> Self {
        self.text(|text| text.details.suggestion = near)
    }

    fn text(mut self, change: impl FnOnce(&mut crate::diagnostic::query::Text)) -> Self {
        if let QueryCause::Text(text) = &mut *self.cause {
            change(text);
        }
        self
    }

    /// The same with words beside the carets.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Self {
        self.text(|text| text.label = label.into())
    }

    /// Adds a help line that says how to fix it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Self {
        self.text(|text| text.help.push(help.into()))
    }

    /// The same with the name of what is wrong: a field, a function, a pipe.
    #[must_use]
    pub fn named(self, name: impl Into<String>) -> Self {
        self.text(|text| text.details.name = Some(name.into()))
    }

    /// The same with what stands there and what must stand there: types, or numbers of arguments.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over numbers and types that they made for it"
    )]
    pub fn found(self, found: impl ToString, expected: impl ToString) -> Self {
        self.text(|text| {
            text.details.found = Some(found.to_string());
            text.details.expected = Some(expected.to_string());
        })
    }

    /// The same with the name that was probably meant, also as a help.
    #[must_use]
    pub fn suggest(self, near: impl Into<String>) -> Self {
        let near = near.into();
        self.text(|text| {
            text.help.push(did_you_mean(&near));
            text.details.suggestion = Some(near);
        })
    }

    /// The error as a diagnostic that points into the file that holds the query.
    pub fn diagnostic(&self, query: &QueryText) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, self.cause.to_string()).at(
            query.source(),
            query.locate(self.span),
            self.cause.label(),
        );
        diagnostic.help = self.cause.help();
        *diagnostic.details = self.cause.details();
        diagnostic
    }
}
