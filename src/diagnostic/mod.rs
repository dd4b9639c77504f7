//! Diagnostics: one type for every error, warning and finding about text.
//!
//! Every module that reads text reports through [`Diagnostic`]; nothing in here knows of rules,
//! queries or events. A diagnostic is data. [`render`] draws it for people; the report formats
//! serialise its parts.

mod cause;
pub mod cluster;
pub mod code;
pub mod data_source;
mod details;
pub mod document;
pub mod escape;
pub mod esql_warning;
pub mod exception;
pub mod failure;
pub mod located;
mod names;
pub mod no_scenario;
pub mod observation;
pub mod parquet;
pub mod project;
pub mod query;
pub mod recording;
pub mod render;
pub mod replay;
pub mod rule;
pub mod scenario_event;
pub mod scenario_expectation;
pub mod scenario_field;
pub mod scenario_name;
pub mod scenario_part;
pub mod scenario_source;
pub mod scenario_structure;
pub mod scenario_time;
pub mod scenario_value;
pub mod scenario_yaml;
pub mod snapshot;
pub mod suggest;
pub mod text;
pub mod unsupported;

use std::sync::Arc;

pub use cause::{Cause, Found, Part, Written};
pub use code::Code;
pub use details::{Details, did_you_mean};
pub use names::{NameList, Names};
pub use text::{QueryText, SourceText, Span};

/// How much a diagnostic weighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The file cannot be used as it is: exit code 3.
    Error,
    /// The file works, and probably not as its author believes.
    Warning,
}

/// A place in a file and what is to be seen there.
#[derive(Debug, Clone)]
pub struct Label {
    /// The file that [`Label::span`] points into.
    pub source: Arc<SourceText>,
    /// The bytes that are drawn with carets.
    pub span: Span,
    /// A lowercase fragment beside the carets; may be empty.
    pub message: String,
}

/// One thing to say about a text: an error, a warning or a finding.
///
/// The message must stand alone on one line; labels show the places (the first one is the place
/// that the diagnostic is about), help names the next action.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Diagnostic {
    /// What kind of diagnostic this is; each has a page in `docs/errors/`.
    pub code: &'static Code,
    /// How much it weighs.
    pub severity: Severity,
    /// A lowercase fragment without a full stop.
    pub message: String,
    /// The places, the main one first.
    pub labels: Vec<Label>,
    /// What to do about it, one line each.
    pub help: Vec<String>,
    /// The kind of what is wrong, narrower than the code, as a word for programs.
    pub cause: Option<String>,
    /// What the message names, for programs.
    pub details: Box<Details>,
}

impl Diagnostic {
    /// An error without a place yet.
    #[must_use]
    pub fn error(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            code,
            severity: Severity::Error,
            message: message.into(),
            labels: Vec::new(),
            help: Vec::new(),
            cause: None,
            details: Box::default(),
        }
    }

    /// A warning without a place yet.
    #[must_use]
    pub fn warning(code: &'static Code, message: impl Into<String>) -> Self {
        Self {
            severity: Severity::Warning,
            ..Self::error(code, message)
        }
    }

    /// The error that this cause is, without a place yet. [`Diagnostic::caused`] adds the place.
    #[must_use]
    pub fn of(code: &'static Code, cause: &dyn Cause) -> Self {
        Self {
            help: cause.help(),
            cause: Some(cause.word()),
            details: Box::new(cause.details()),
            ..Self::error(code, cause.to_string())
        }
    }

    /// The error that this cause is, with its label at a place.
    #[must_use]
    pub fn caused(
        code: &'static Code,
        cause: &dyn Cause,
        source: &Arc<SourceText>,
        span: Span,
    ) -> Self {
        Self::of(code, cause).at(source, span, cause.label())
    }

    /// Adds a place; the first one added is the main one.
    #[must_use]
    pub fn at(mut self, source: &Arc<SourceText>, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label {
            source: Arc::clone(source),
            span,
            message: message.into(),
        });
        self
    }

    /// Adds a line that says how to fix it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help.push(help.into());
        self
    }

    /// Says what is wrong by its name, for programs; the message says it in words.
    #[must_use]
    pub fn named(mut self, name: impl Into<String>) -> Self {
        self.details.name = Some(name.into());
        self
    }

    /// Adds the name that was probably meant, as a help and for programs.
    #[must_use]
    pub fn suggest(mut self, near: impl Into<String>) -> Self {
        let near = near.into();
        self.help.push(did_you_mean(&near));
        self.details.suggestion = Some(near);
        self
    }

    /// Says on the last diagnostic that is shown of a file how many are not.
    pub fn add_not_shown(&mut self, more: usize) {
        let more = format!("{more} more errors of the file are not shown");
        self.help.push(more);
    }

    /// The same as an error.
    #[must_use]
    pub fn into_error(mut self) -> Self {
        self.severity = Severity::Error;
        self
    }

    /// The same as a warning.
    #[must_use]
    pub fn into_warning(mut self) -> Self {
        self.severity = Severity::Warning;
        self
    }

    /// Whether this is an error.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// The order in which diagnostics are shown: by file name, place, then code.
    pub fn sort_key(&self) -> (&str, Span, &'static str) {
        let (name, span) = self.labels.first().map_or(("", Span::new(0, 0)), |label| {
            (label.source.name(), label.span)
        });
        (name, span, self.code.number)
    }
}
