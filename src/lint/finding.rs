//! The types of a lint and its findings.

use std::sync::Arc;

use crate::diagnostic::{Code, Diagnostic, Severity, SourceText, Span};

/// A lint: its name, its page in `docs/lints/`, and how much its findings weigh.
#[derive(Debug, PartialEq, Eq)]
pub struct Lint {
    /// The stable name is the code's number.
    pub code: Code,
    /// Unless `--deny` says otherwise.
    pub severity: Severity,
}

impl Lint {
    /// As `--deny` and `--allow` take it.
    pub fn name(&self) -> &'static str {
        self.code.number
    }

    /// A finding of this lint at a place.
    pub(super) fn finding(
        &'static self,
        source: &Arc<SourceText>,
        span: Span,
        message: impl Into<String>,
        label: impl Into<String>,
    ) -> Finding {
        let diagnostic = match self.severity {
            Severity::Error => Diagnostic::error(&self.code, message),
            Severity::Warning => Diagnostic::warning(&self.code, message),
        };
        Finding {
            lint: self,
            diagnostic: diagnostic.at(source, span, label),
            sources: Vec::new(),
        }
    }
}

/// One thing that a lint found.
#[derive(Debug, Clone)]
pub struct Finding {
    /// Which lint.
    pub lint: &'static Lint,
    /// What it says. Syntax and verification errors have a code of their own.
    pub diagnostic: Diagnostic,
    /// The data sources on which it holds; empty when it holds on any.
    pub sources: Vec<String>,
}

impl Finding {
    /// The same with the name that was probably meant, in place of `name`.
    #[must_use]
    pub(super) fn suggest(mut self, name: &str, near: &str) -> Self {
        self.diagnostic = self.diagnostic.named(name).suggest(near);
        self
    }

    /// Adds a help line that says how to fix it.
    #[must_use]
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.help(help);
        self
    }

    /// The same with one more place.
    #[must_use]
    pub(super) fn also(
        mut self,
        source: &Arc<SourceText>,
        span: Span,
        label: impl Into<String>,
    ) -> Self {
        self.diagnostic = self.diagnostic.at(source, span, label);
        self
    }

    /// The same for these data sources.
    #[must_use]
    pub(super) fn on(mut self, sources: Vec<String>) -> Self {
        self.sources = sources;
        self
    }
}
