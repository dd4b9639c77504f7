//! Problems that `expand` finds on one source, merged over several sources: a field that no source
//! has is a different mistake from one that a single source lacks.

use std::collections::BTreeSet;

use super::MAX_SHOWN;
use super::error::{
    DUPLICATE_FIELD, MISSING_FIELD, UNKNOWN_FIELD, UNKNOWN_NAME, WRONG_TYPE, YAML_WORD,
};
use super::model::{FieldKey, FieldName, Located, Scenario};
use crate::data_source::{DataSource, Index};
use crate::diagnostic::scenario_field::{FieldOnSource, RunOnly, ScenarioField};
use crate::diagnostic::scenario_name::ScenarioName;
use crate::diagnostic::scenario_value::ScenarioValue;
use crate::diagnostic::{Cause, Code, Diagnostic, Names, Span};

/// One thing that is wrong on one source.
#[derive(Clone)]
pub(super) enum Problem {
    /// The source has no such field.
    NoField(MissingField),
    /// Anything else.
    Other {
        code: &'static Code,
        span: Span,
        cause: OtherCause,
        first: Option<Span>,
    },
}

/// The cause of a problem that does not depend on the other sources.
#[derive(Clone)]
pub(super) enum OtherCause {
    Value(ScenarioValue),
    Field(ScenarioField),
    Name(ScenarioName),
}

impl OtherCause {
    fn cause(&self) -> &dyn Cause {
        match self {
            Self::Value(cause) => cause,
            Self::Field(cause) => cause,
            Self::Name(cause) => cause,
        }
    }
}

/// A field that a source does not have.
#[derive(Clone)]
pub(super) struct MissingField {
    path: String,
    span: Span,
    source: String,
    suggestion: Option<String>,
    /// Whether a `$name` stands for it.
    named: bool,
    /// The first field below it, if it is no field but a group of them.
    below: Option<String>,
}

impl Problem {
    pub(super) fn misfit(misfit: ScenarioValue, span: Span) -> Self {
        Self::Other {
            code: match misfit {
                ScenarioValue::WrongType { .. } => &WRONG_TYPE,
                ScenarioValue::YamlWord { .. } => &YAML_WORD,
            },
            span,
            cause: OtherCause::Value(misfit),
            first: None,
        }
    }

    pub(super) fn twice(path: &str, span: Span, first: Span, source: &str) -> Self {
        Self::Other {
            code: &DUPLICATE_FIELD,
            span,
            cause: OtherCause::Field(ScenarioField::SetTwiceOnSource {
                name: path.to_owned(),
                source: source.to_owned(),
            }),
            first: Some(first),
        }
    }

    pub(super) fn nameless(name: &FieldName, span: Span, source: &str) -> Self {
        Self::Other {
            code: &UNKNOWN_NAME,
            span,
            cause: OtherCause::Name(ScenarioName::NoFieldOnSource {
                name: name.name.value.clone(),
                source: source.to_owned(),
            }),
            first: None,
        }
    }

    /// A field that the source does not have; among very many nothing better is searched for.
    pub(super) fn no_field(
        key: &Located<FieldKey>,
        path: &str,
        span: Span,
        source: &DataSource,
        many: bool,
    ) -> Self {
        Self::NoField(MissingField {
            path: path.to_owned(),
            span,
            source: source.name.clone(),
            suggestion: if many { None } else { source.suggest(path) },
            named: matches!(key.value, FieldKey::Name(_)),
            below: if many {
                None
            } else {
                first_below(path, source)
            },
        })
    }

    fn span(&self) -> Span {
        match self {
            Self::NoField(MissingField { span, .. }) | Self::Other { span, .. } => *span,
        }
    }
}

/// The problems of one source as diagnostics.
pub(super) fn diagnostics(scenario: &Scenario, problems: &[Problem]) -> Vec<Diagnostic> {
    merged(scenario, false, problems, &[], &mut BTreeSet::new())
}

/// The problems of the attack or of one case on all its `sources` as diagnostics, each place once.
/// `seen` holds the places that other cases have reported.
pub(super) fn merged(
    scenario: &Scenario,
    attack: bool,
    problems: &[Problem],
    sources: &[&str],
    seen: &mut BTreeSet<Span>,
) -> Vec<Diagnostic> {
    let mut diagnostics = Vec::new();
    for problem in problems {
        if diagnostics.len() > MAX_SHOWN {
            break;
        }
        if !seen.insert(problem.span()) {
            continue;
        }
        diagnostics.push(match problem {
            Problem::Other {
                code,
                span,
                cause,
                first,
            } => {
                let cause = cause.cause();
                let diagnostic = Diagnostic::caused(code, cause, &scenario.source, *span);
                match first {
                    Some(first) => diagnostic.at(&scenario.source, *first, cause.other_label()),
                    None => diagnostic,
                }
            }
            Problem::NoField(field) => {
                field.diagnostic(scenario, attack, &lacking(problems, field.span), sources)
            }
        });
    }
    diagnostics
}

impl MissingField {
    /// The field is missing on the sources `lacking`, of the `sources` that were tried.
    fn diagnostic(
        &self,
        scenario: &Scenario,
        attack: bool,
        lacking: &[&str],
        sources: &[&str],
    ) -> Diagnostic {
        let known: Names = sources
            .iter()
            .filter(|source| !lacking.contains(source))
            .copied()
            .collect();
        let (name, suggestion) = (self.path.clone(), self.suggestion.clone());
        let cause = if let Some(below) = self.below.clone() {
            FieldOnSource::FieldGroup { name, below }
        } else if self.named || known.is_empty() {
            let missing = if self.named {
                std::iter::once(self.source.as_str()).collect()
            } else {
                lacking.iter().copied().collect()
            };
            FieldOnSource::UnknownField {
                name,
                missing,
                suggestion,
            }
        } else {
            FieldOnSource::MissingField {
                name,
                known,
                missing: lacking.iter().copied().collect(),
                suggestion,
                fix: if attack {
                    RunOnly::OtherCase
                } else {
                    RunOnly::ThisCase
                },
            }
        };
        let code = match cause {
            FieldOnSource::MissingField { .. } => &MISSING_FIELD,
            _ => &UNKNOWN_FIELD,
        };
        Diagnostic::caused(code, &cause, &scenario.source, self.span)
    }
}

/// The sources that lack the field at a place.
fn lacking(problems: &[Problem], place: Span) -> Vec<&str> {
    let mut lacking: Vec<&str> = Vec::new();
    for problem in problems {
        if let Problem::NoField(field) = problem
            && field.span == place
            && !lacking.contains(&field.source.as_str())
        {
            lacking.push(&field.source);
        }
    }
    lacking
}

/// A field below `path`: its name, or the first one in the order of the alphabet.
fn first_below(path: &str, source: &DataSource) -> Option<String> {
    let prefix = format!("{path}.");
    let name = format!("{path}.name");
    if source.field_type(&name).is_some() {
        return Some(name);
    }
    let names = source.indices.iter().flat_map(Index::names);
    let below = names.filter(|name| name.starts_with(&prefix));
    below.min().map(str::to_owned)
}
