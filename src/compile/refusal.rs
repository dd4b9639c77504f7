//! Reasons why a rule or a query is not run.

use std::fmt;

use crate::diagnostic::query::QueryCause;
use crate::diagnostic::{Diagnostic, QueryText};
use crate::evaluate::QueryFailure;
use crate::language::{QueryError, esql};
use crate::rule::{Rule, RuleKind, RuleType};

/// Why a rule is not run.
#[derive(Debug, Clone)]
pub enum CompileError {
    /// Trapline cannot run it.
    Unsupported(Unsupported),
    /// Elasticsearch would refuse its query.
    Refused(Refused),
}

/// What of a rule Trapline cannot run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unsupported {
    /// Rules of this type.
    RuleType(RuleType),
    /// Rules of this type where one event after the other is looked at.
    OverRecordings(RuleType),
    /// Rules that match indicators, where none are given.
    WithoutIndicators,
    /// A rule whose query counts from the time of each execution, where one event after the other is
    /// looked at.
    CountsFromNow,
    /// A rule without a query.
    NoQuery,
    /// One of the rule's own `filters`.
    Filter(String),
}

impl fmt::Display for Unsupported {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::RuleType(rule_type) => write!(f, "rules of type {}", rule_type.word()),
            Self::OverRecordings(rule_type) => {
                let word = rule_type.word();
                write!(
                    f,
                    "rules of type {word}, which alert by their executions, over recordings"
                )
            }
            Self::WithoutIndicators => f.write_str("rules of type threat_match without indicators"),
            Self::CountsFromNow => {
                f.write_str("rules whose query counts from `now`, over recordings")
            }
            Self::NoQuery => f.write_str("rules without a query"),
            Self::Filter(what) => f.write_str(what),
        }
    }
}

/// The text of a rule's query, if Trapline runs the rule.
pub fn supported(rule: &Rule) -> Result<&QueryText, Unsupported> {
    let rule_type = rule.kind.rule_type();
    if !is_supported(rule_type) {
        return Err(Unsupported::RuleType(rule_type));
    }
    let of_indicators = match &rule.kind {
        RuleKind::ThreatMatch(settings) => settings.unsupported.as_ref(),
        _ => None,
    };
    if let Some(what) = rule.production.unsupported.as_ref().or(of_indicators) {
        return Err(Unsupported::Filter(what.clone()));
    }
    let query = rule.query.as_ref().ok_or(Unsupported::NoQuery)?;
    Ok(&query.text)
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

/// Why a recording cannot be explained, or made a scenario, by what its events are to the rule one
/// after the other.
pub fn unsupported_on_recordings(rule: &Rule) -> Option<Unsupported> {
    let rule_type = rule.kind.rule_type();
    is_executed(rule).then_some(Unsupported::OverRecordings(rule_type))
}

/// Why a rule cannot be run over a stream of events, where there is no case with a schedule.
pub fn unsupported_on_streams(rule: &Rule) -> Option<Unsupported> {
    let rule_type = rule.kind.rule_type();
    let needs_a_case = matches!(rule_type, RuleType::Esql | RuleType::ThreatMatch);
    needs_a_case.then_some(Unsupported::OverRecordings(rule_type))
}

/// Why Elasticsearch would refuse a query: every reason, with its place.
#[derive(Debug, Clone)]
pub struct Refused {
    /// All reasons, in the order of the text.
    pub diagnostics: Vec<Diagnostic>,
    /// The first reason; `None` where none is known.
    pub why: Option<RefusedBy>,
    /// Elasticsearch would run it, and Trapline cannot.
    pub unsupported: bool,
}

impl Refused {
    /// The errors of a query, placed in its file.
    pub(super) fn new(errors: &[QueryError], query: &QueryText) -> Self {
        let first = errors.first();
        Self {
            why: first.map(|error| RefusedBy::Query(error.cause.clone())),
            unsupported: esql::error::is_unsupported(errors),
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
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.why.iter().try_for_each(|why| why.fmt(f))
    }
}

/// Why a rule is refused: its query, or something that it excludes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RefusedBy {
    /// The query.
    Query(Box<QueryCause>),
    /// The exclusion of this name.
    Exclusion {
        /// The name.
        name: String,
        /// What is wrong with it.
        why: Box<QueryCause>,
    },
    /// The exclusion of this name, when it runs.
    FailedExclusion {
        /// The name.
        name: String,
        /// How it fails.
        why: QueryFailure,
    },
}

impl fmt::Display for RefusedBy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Query(why) => why.fmt(f),
            Self::Exclusion { name, why } => write!(f, "{name}: {why}"),
            Self::FailedExclusion { name, why } => write!(f, "{name}: {why}"),
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
