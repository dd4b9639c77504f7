//! The error type of all query languages.

use crate::diagnostic::{Code, Details, Diagnostic, QueryText, Span, did_you_mean};

/// One error of a query of any language, with its place in the query's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QueryError {
    /// Which kind.
    pub code: &'static Code,
    /// The message of Elasticsearch or Kibana in substance, lowercase, without a full stop.
    pub message: String,
    /// The bytes of the query that it is about.
    pub span: Span,
    /// A few words beside the carets; may be empty.
    pub label: String,
    /// How to mend it.
    pub help: Vec<String>,
    /// The parts of the message, for programs.
    pub details: Box<Details>,
}

impl QueryError {
    /// An error without label and help.
    #[must_use]
    pub fn new(code: &'static Code, span: Span, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            span,
            label: String::new(),
            help: Vec::new(),
            details: Box::default(),
        }
    }

    /// The same with words beside the carets.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with one more line that says how to mend it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// The same with the name of what is wrong: a field, a function, a pipe.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.details.name = Some(name.into());
        self
    }

    /// The same with what stands there and what must stand there: types, or numbers of arguments.
    #[must_use]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "callers hand over numbers and types that they made for it"
    )]
    pub fn found(mut self, found: impl ToString, expected: impl ToString) -> Self {
        self.details.found = Some(found.to_string());
        self.details.expected = Some(expected.to_string());
        self
    }

    /// The same with the name that was probably meant, also as a help.
    #[must_use]
    pub fn suggest(mut self, near: impl Into<String>) -> Self {
        let near = near.into();
        self.help.push(did_you_mean(&near));
        self.details.suggestion = Some(near);
        self
    }

    /// The error as a diagnostic that points into the file that holds the query.
    pub fn diagnostic(&self, query: &QueryText) -> Diagnostic {
        let mut diagnostic = Diagnostic::error(self.code, self.message.as_str()).at(
            query.source(),
            query.locate(self.span),
            self.label.as_str(),
        );
        diagnostic.help.clone_from(&self.help);
        diagnostic.details.clone_from(&self.details);
        diagnostic
    }
}
