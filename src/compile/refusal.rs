//! Reasons why a rule or a query is not run.

use std::fmt;

use super::syntax::MAX_QUERY;
pub use crate::diagnostic::failure::RefusedBy;
pub use crate::diagnostic::unsupported::Unsupported;
use crate::diagnostic::{Cause, Details, Diagnostic, QueryText};
use crate::evaluate::{FailureKind, QueryFailure};
use crate::language::{QueryError, dsl, esql};
use crate::rule::{Rule, RuleKind, RuleType};

/// Why a rule is not run.
#[derive(Debug, Clone)]
pub enum CompileError {
    /// Trapline cannot run it.
    Unsupported(Unsupported),
    /// Elasticsearch would refuse its query.
    Refused(Refused),
}

/// The text of a rule's query, if Trapline runs the rule.
pub fn supported(rule: &Rule) -> Result<&QueryText, Unsupported> {
    let rule_type = rule.kind.rule_type();
    if !is_supported(rule_type) {
        return Err(Unsupported::RuleType {
            name: rule_type.word(),
        });
    }
    let of_indicators = match &rule.kind {
        RuleKind::ThreatMatch(settings) => settings.unsupported.as_ref(),
        _ => None,
    };
    if let Some(what) = rule.production.unsupported.as_ref().or(of_indicators) {
        return Err(Unsupported::Filter(what.clone()));
    }
    if let Some(too_long) = too_long(rule) {
        return Err(too_long);
    }
    let query = rule.query.as_ref().ok_or(Unsupported::NoQuery)?;
    Ok(&query.text)
}

/// What is too long of a rule's queries.
pub fn too_long(rule: &Rule) -> Option<Unsupported> {
    let of_indicators = match &rule.kind {
        RuleKind::ThreatMatch(settings) => Some(&settings.query),
        _ => None,
    };
    let mut queries = rule.query.iter().chain(of_indicators);
    let bytes = queries.find_map(|query| {
        let bytes = query.text.text().len();
        (bytes > MAX_QUERY).then_some(bytes)
    })?;
    Some(Unsupported::QueryTooLong {
        bytes,
        most: MAX_QUERY,
    })
}

/// Whether Trapline runs rules of this type.
pub fn is_supported(rule_type: RuleType) -> bool {
    matches!(
        rule_type,
        RuleType::Eql
            | RuleType::Query
            | RuleType::SavedQuery
            | RuleType::Threshold
            | RuleType::NewTerms
            | RuleType::ThreatMatch
            | RuleType::Esql
    )
}

/// Whether a rule's alerts come of its executions, rather than of events or sequences.
pub(super) fn is_executed(rule: &Rule) -> bool {
    matches!(
        rule.kind.rule_type(),
        RuleType::Threshold | RuleType::NewTerms | RuleType::ThreatMatch | RuleType::Esql
    )
}

/// Why a recording cannot be explained, or made a scenario: what executions remember, or compare with
/// other documents, is not looked at there.
pub fn unsupported_on_recordings(rule: &Rule) -> Option<Unsupported> {
    let rule_type = rule.kind.rule_type();
    let is_unsupported = is_executed(rule) && rule_type != RuleType::Esql;
    is_unsupported.then_some(Unsupported::OverRecordings {
        name: rule_type.word(),
    })
}

/// Why a rule cannot be run over a stream of events, where there is no case with a schedule.
pub fn unsupported_on_streams(rule: &Rule) -> Option<Unsupported> {
    let rule_type = rule.kind.rule_type();
    let needs_a_case = matches!(rule_type, RuleType::Esql | RuleType::ThreatMatch);
    needs_a_case.then_some(Unsupported::OverRecordings {
        name: rule_type.word(),
    })
}

/// Why Elasticsearch would refuse a query: every reason, with its place.
#[derive(Debug, Clone)]
pub struct Refused {
    /// All reasons, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The first reason.
    pub why: RefusedBy,
    /// Elasticsearch would run it, and Trapline cannot.
    pub unsupported: bool,
}

/// Whether Elasticsearch would run the query, errors aside that only Trapline has.
fn is_unsupported(errors: &[QueryError]) -> bool {
    let own = [dsl::error::UNSUPPORTED, esql::error::UNSUPPORTED];
    !errors.is_empty() && errors.iter().all(|error| own.contains(&error.code))
}

impl Refused {
    /// The errors of a query, placed in its file.
    pub(super) fn new(errors: &[QueryError], query: &QueryText) -> Self {
        Self {
            why: refused_by(errors),
            unsupported: is_unsupported(errors),
            diagnostics: errors.iter().map(|error| error.diagnostic(query)).collect(),
        }
    }
}

impl Refused {
    /// The code of the first reason.
    pub fn code(&self) -> &'static str {
        let first = self.diagnostics.first();
        first.map_or("", |diagnostic| diagnostic.code.number)
    }

    /// As the failure of a rule of which something is lowered only when it runs.
    pub fn failure(&self) -> QueryFailure {
        FailureKind::Refused {
            error: self.code(),
            why: Box::new(self.why.clone()),
        }
        .into()
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.fmt(f)
    }
}

/// The failure of a query that is lowered only when the rule runs.
pub(super) fn refused_at_run(errors: &[QueryError]) -> QueryFailure {
    let first = errors.first();
    FailureKind::Refused {
        error: first.map_or("", |error| error.code.number),
        why: Box::new(refused_by(errors)),
    }
    .into()
}

/// The first of these errors.
fn refused_by(errors: &[QueryError]) -> RefusedBy {
    let first = errors.first();
    first.map_or(RefusedBy::Unknown, |error| {
        RefusedBy::Query(error.cause.clone())
    })
}

impl CompileError {
    /// The word for it, as in JSON: the kind of rule, or the code of the error.
    pub fn cause(&self) -> String {
        match self {
            Self::Unsupported(what) => what.word(),
            Self::Refused(refused) => refused.code().to_owned(),
        }
    }

    /// What is behind it, for programs.
    pub fn details(&self) -> Details {
        match self {
            Self::Unsupported(what) => what.details(),
            Self::Refused(refused) => refused.why.details(),
        }
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unsupported(what) => what.fmt(f),
            Self::Refused(refused) => refused.fmt(f),
        }
    }
}
