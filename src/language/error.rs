//! The error type of all query languages.

use crate::diagnostic::query::QueryCause;
use crate::diagnostic::{Cause, Code, Details, Diagnostic, QueryText, Span};

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
    pub fn help(&self) -> Vec<String> {
        self.cause.help()
    }

    /// The parts of the message, for programs.
    pub fn details(&self) -> Details {
        self.cause.details()
    }

    /// The error as a diagnostic that points into the file that holds the query.
    pub fn diagnostic(&self, query: &QueryText) -> Diagnostic {
        Diagnostic::caused(
            self.code,
            &*self.cause,
            query.source(),
            query.locate(self.span),
        )
    }
}
