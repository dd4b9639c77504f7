//! `verification`: Elasticsearch would refuse the query on a data source that the rule claims.

use crate::compile::Query;
use crate::diagnostic::{Code, Diagnostic, QueryText, Severity, Span};
use crate::evaluate::{Prepared, QueryFailure};
use crate::event::schema::Origin;
use crate::event::{FieldType, Mapping, Schema, Timestamp};
use crate::language::eql::{EqlError, OptionalFields, codes};
use crate::language::esql::error::UNSUPPORTED;
use crate::lint::Search;
use crate::lint::Searched;
use crate::lint::claims::{Basis, Claim};
use crate::lint::finding::{Finding, Lint};

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "verification",
        title: "Elasticsearch would refuse the query on a data source",
        page: "The query is checked as Elasticsearch's verifier does, against the field types of each \
               data source that the rule's index patterns select: unknown fields, types that do not \
               go together, wrong arguments, constants that a field cannot hold, sequences that \
               cannot be run. The finding has the number of the error, `E150` to `E199`, with a page \
               of its own in `docs/errors/`, and names the sources.\n\n\
               A field that one source does not map makes Elasticsearch refuse the whole query where \
               only that source is there. Write `?field` where it may be unmapped, or take the index \
               pattern out. Sources without a field list are taken for ECS, and fields beyond it \
               have the type that their use asks for: their names are never refused.",
    },
    severity: Severity::Error,
};

/// Why a query cannot run on a source.
#[derive(Debug, Clone)]
pub struct Refusal {
    /// The class of the reason.
    pub code: &'static Code,
    /// It runs where the rule's other sources are searched as well.
    pub runs_combined: bool,
    /// Elasticsearch would run it, and Trapline cannot.
    pub unsupported: bool,
}

/// Why the query cannot run.
#[derive(Clone, PartialEq)]
enum Obstacle {
    /// It is refused.
    Refused(EqlError),
    /// It fails before it looks at an event.
    Fails(QueryFailure, Span),
}

impl Obstacle {
    fn code(&self) -> &'static Code {
        match self {
            Self::Refused(error) => error.code,
            Self::Fails(..) => &codes::BAD_CONSTANT,
        }
    }

    fn diagnostic(&self, text: &QueryText) -> Diagnostic {
        match self {
            Self::Refused(error) => error.diagnostic(text),
            Self::Fails(failure, span) => {
                Diagnostic::of(self.code(), &failure.kind).at(text.source(), text.locate(*span), "")
            }
        }
    }
}

/// An obstacle and the sources that it holds on.
struct Refused {
    why: Obstacle,
    sources: Vec<String>,
}

pub(in crate::lint) fn run(search: &Search<'_>, findings: &mut Vec<Finding>) -> Vec<Searched> {
    let mut grouped: Vec<Refused> = Vec::new();
    let mut searched = Vec::new();
    // Whether patterns compile does not depend on the source, so one source is enough.
    let mut prepared = false;
    let each: Vec<_> = search
        .claims
        .iter()
        .map(|claim| refusals(search, claim, &mut prepared))
        .collect();
    let refused = each.iter().any(|(errors, _)| !errors.is_empty());
    let combined = refused && combined(search);
    for (claim, (errors, unsupported)) in search.claims.iter().zip(each) {
        searched.push(Searched {
            names: claim.names.clone(),
            basis: claim.basis.word(),
            refusals: errors
                .iter()
                .map(|why| Refusal {
                    code: why.code(),
                    runs_combined: combined,
                    unsupported,
                })
                .collect(),
        });
        for why in errors {
            match grouped.iter_mut().find(|other| other.why == why) {
                Some(group) => group.sources.extend(claim.names.iter().cloned()),
                None => grouped.push(Refused {
                    why,
                    sources: claim.names.clone(),
                }),
            }
        }
    }
    let all = search.claims.iter().map(|claim| claim.names.len()).sum();
    for Refused { why, sources } in grouped {
        findings.push(finding(search, &why, sources, all, combined));
    }
    searched
}

fn finding(
    search: &Search<'_>,
    why: &Obstacle,
    sources: Vec<String>,
    all: usize,
    combined: bool,
) -> Finding {
    let mut diagnostic = why.diagnostic(search.text);
    if *why.code() == *UNSUPPORTED {
        diagnostic.severity = Severity::Warning;
        diagnostic = diagnostic.help("Elasticsearch may run this; Trapline cannot");
    }
    let of_types = [
        &codes::UNKNOWN_COLUMN,
        &codes::UNUSABLE,
        &codes::AMBIGUOUS,
        &codes::WRONG_TYPE,
        &codes::BAD_CONSTANT,
    ];
    // What is wrong whatever the types are needs no list of sources.
    if sources.len() < all || of_types.iter().any(|code| **code == *why.code()) {
        diagnostic.message = format!("{} on {}", diagnostic.message, sources.join(", "));
    }
    if combined && sources.len() < all {
        diagnostic = diagnostic
            .help("it runs where the rule's other data sources are searched beside this one");
    }
    Finding {
        lint: &LINT,
        diagnostic,
        sources,
    }
}

/// Why the query cannot run on one claim.
fn refusals(search: &Search<'_>, claim: &Claim<'_>, prepared: &mut bool) -> (Vec<Obstacle>, bool) {
    let schema = Schema::new(vec![claim.mapping.clone()]);
    match compile(search, &schema, prepared) {
        Ok(()) => (Vec::new(), false),
        Err((errors, unsupported)) => {
            // Once more with all fields of the source, for the sake of "did you mean".
            let again = full(search, claim)
                .and_then(|mapping| compile(search, &Schema::new(vec![mapping]), &mut false).err());
            let errors = again.map_or(errors, |(errors, _)| errors);
            (errors, unsupported)
        }
    }
}

/// Everything that Elasticsearch does with a query before it looks at an event; `prepared` says
/// whether its patterns are known to compile.
fn compile(
    search: &Search<'_>,
    schema: &Schema,
    prepared: &mut bool,
) -> Result<(), (Vec<Obstacle>, bool)> {
    let query = Query {
        syntax: search.syntax,
        schema,
        settings: search.settings,
        now: Timestamp::default(),
    };
    let plan = query.plan(OptionalFields::Missing).map_err(|errors| {
        let errors = errors.into_iter().map(Obstacle::Refused);
        (errors.collect(), false)
    })?;
    if *prepared {
        return Ok(());
    }
    let result = Prepared::new(&plan).map(|_| ()).map_err(|failure| {
        let clause = failure.clause.and_then(|clause| plan.clause(clause));
        let span = clause.map_or(search.syntax.span(), |clause| clause.span);
        let unsupported = failure.is_unsupported();
        (vec![Obstacle::Fails(failure, span)], unsupported)
    });
    *prepared = result.is_ok();
    result
}

/// Whether the query runs where everything that the rule claims is searched together.
fn combined(search: &Search<'_>) -> bool {
    let known = search
        .claims
        .iter()
        .filter(|claim| !matches!(claim.basis, Basis::Inferred));
    let mappings: Vec<Mapping> = known.map(|claim| claim.mapping.clone()).collect();
    mappings.len() > 1 && compile(search, &Schema::new(mappings), &mut true).is_ok()
}

/// All fields of a claim's source; `None` where nothing but their use is known.
fn full(search: &Search<'_>, claim: &Claim<'_>) -> Option<Mapping> {
    let mut mapping = match claim.basis {
        // Of an incomplete list every name is taken.
        Basis::Listed(index) if index.origin() != Origin::Declared => return None,
        Basis::Inferred => return None,
        Basis::Shaped(source) => source.mapping(search.patterns),
        Basis::Listed(index) => {
            let mut mapping = Mapping::new(claim.mapping.name.as_str());
            index.add_all(&mut mapping);
            mapping
        }
    };
    for (path, field) in claim.mapping.fields() {
        let field_type: FieldType = field.field_type.clone();
        mapping.add_read_from(path, &field.read_from, field_type, field.origin);
    }
    Some(mapping)
}
