//! Problems that `expand` finds on one source, merged over several sources: a field that no source
//! has is a different mistake from one that a single source lacks.

use std::collections::BTreeSet;

use super::error::{DUPLICATE_FIELD, MISSING_FIELD, UNKNOWN_FIELD, UNKNOWN_NAME};
use super::model::{FieldKey, FieldName, Located, Scenario};
use super::value::Misfit;
use super::{MAX_SHOWN, listed};
use crate::data_source::{DataSource, Index};
use crate::diagnostic::{Code, Diagnostic, Span, did_you_mean};

/// One thing that is wrong on one source.
#[derive(Clone)]
pub(super) enum Problem {
    /// The source has no such field.
    NoField(MissingField),
    /// Anything else.
    Other {
        code: &'static Code,
        span: Span,
        message: String,
        first: Option<Span>,
        help: Vec<String>,
    },
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
    pub(super) fn misfit(misfit: Misfit, span: Span) -> Self {
        Self::Other {
            code: misfit.code,
            span,
            message: misfit.message,
            first: None,
            help: misfit.help,
        }
    }

    pub(super) fn twice(path: &str, span: Span, first: Span, source: &str) -> Self {
        Self::Other {
            code: &DUPLICATE_FIELD,
            span,
            message: format!("`{path}` is set twice on `{source}`"),
            first: Some(first),
            help: vec!["take one of them out".to_owned()],
        }
    }

    pub(super) fn nameless(name: &FieldName, span: Span, source: &str) -> Self {
        let name = &name.name.value;
        Self::Other {
            code: &UNKNOWN_NAME,
            span,
            message: format!("`{name}` has no field on `{source}`"),
            first: None,
            help: vec![format!(
                "add `{source}` to `{name}` in `fields`, or leave that source out with `only`"
            )],
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
                message,
                first,
                help,
            } => {
                let label = if first.is_some() {
                    "the second time"
                } else {
                    ""
                };
                let mut diagnostic =
                    Diagnostic::error(code, message.as_str()).at(&scenario.source, *span, label);
                if let Some(first) = first {
                    diagnostic = diagnostic.at(&scenario.source, *first, "the first time");
                }
                diagnostic.help.clone_from(help);
                diagnostic
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
        let path = &self.path;
        let suggestion = self.suggestion.as_deref();
        let known = sources.iter().filter(|source| !lacking.contains(source));
        let known: Vec<&str> = known.copied().collect();
        let (code, message, help) = if let Some(below) = &self.below {
            let message = format!("`{path}` is no field, but holds fields");
            let help = format!("set one of them, such as `{below}`");
            (&UNKNOWN_FIELD, message, vec![help])
        } else if self.named {
            unknown(path, &[self.source.as_str()], suggestion)
        } else if known.is_empty() {
            unknown(path, lacking, suggestion)
        } else {
            missing(path, lacking, &known, attack)
        };
        let mut diagnostic = Diagnostic::error(code, message)
            .at(&scenario.source, self.span, "")
            .named(path);
        diagnostic.details.suggestion.clone_from(&self.suggestion);
        diagnostic.help = help;
        diagnostic
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

fn unknown(
    path: &str,
    lacking: &[&str],
    suggestion: Option<&str>,
) -> (&'static Code, String, Vec<String>) {
    let message = format!("`{path}` is no field of {}", listed(lacking));
    let mut help = Vec::new();
    if let Some(near) = suggestion {
        help.push(did_you_mean(near));
    }
    help.push(format!(
        "if events have it all the same, list it: `force: [{path}]`"
    ));
    (&UNKNOWN_FIELD, message, help)
}

fn missing(
    path: &str,
    lacking: &[&str],
    known: &[&str],
    attack: bool,
) -> (&'static Code, String, Vec<String>) {
    let only = known.join(", ");
    let message = format!(
        "`{path}` is a field of {}, but not of {}",
        listed(known),
        listed(lacking)
    );
    let help = vec![
        "if it has another name there, give it a `$name` in `fields` with its path on each source"
            .to_owned(),
        if attack {
            format!("if it does not, set it in a case that runs `only: [{only}]`")
        } else {
            format!("if it does not, run the case `only: [{only}]`")
        },
    ];
    (&MISSING_FIELD, message, help)
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
