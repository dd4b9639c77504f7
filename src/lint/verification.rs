//! `verification`: Elasticsearch would refuse the query on a data source that the rule claims.

use super::claims::{Basis, Claim};
use super::finding::{Finding, Lint};
use super::{Search, Searched};
use crate::compile::Query;
use crate::diagnostic::{Code, Severity};
use crate::evaluate::Prepared;
use crate::event::schema::Origin;
use crate::event::{FieldType, Mapping, Schema, Timestamp};
use crate::language::eql::{EqlError, OptionalFields, codes};
use crate::language::esql::error::UNSUPPORTED;

pub(super) static LINT: Lint = Lint {
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

/// An error and the sources that it holds on.
struct Refused {
    error: EqlError,
    sources: Vec<String>,
}

pub(super) fn run(search: &Search<'_>, findings: &mut Vec<Finding>) -> Vec<Searched> {
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
                .map(|error| Refusal {
                    code: error.code,
                    runs_combined: combined,
                    unsupported,
                })
                .collect(),
        });
        for error in errors {
            let same = |other: &&mut Refused| {
                other.error.code == error.code
                    && other.error.span == error.span
                    && other.error.cause == error.cause
            };
            match grouped.iter_mut().find(same) {
                Some(group) => group.sources.extend(claim.names.iter().cloned()),
                None => grouped.push(Refused {
                    error,
                    sources: claim.names.clone(),
                }),
            }
        }
    }
    let all = search.claims.iter().map(|claim| claim.names.len()).sum();
    for Refused { error, sources } in grouped {
        findings.push(finding(search, &error, sources, all, combined));
    }
    searched
}

fn finding(
    search: &Search<'_>,
    error: &EqlError,
    sources: Vec<String>,
    all: usize,
    combined: bool,
) -> Finding {
    let mut diagnostic = error.diagnostic(search.text);
    if *error.code == *UNSUPPORTED {
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
    if sources.len() < all || of_types.iter().any(|code| **code == *error.code) {
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
fn refusals(search: &Search<'_>, claim: &Claim<'_>, prepared: &mut bool) -> (Vec<EqlError>, bool) {
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
) -> Result<(), (Vec<EqlError>, bool)> {
    let query = Query {
        syntax: search.syntax,
        schema,
        settings: search.settings,
        now: Timestamp::default(),
    };
    let plan = query
        .plan(OptionalFields::Missing)
        .map_err(|errors| (errors, false))?;
    if *prepared {
        return Ok(());
    }
    let result = Prepared::new(&plan).map(|_| ()).map_err(|failure| {
        let clause = failure.clause.and_then(|clause| plan.clause(clause));
        let span = clause.map_or(search.syntax.span(), |clause| clause.span);
        let error = EqlError::new(&codes::BAD_CONSTANT, span, failure.to_string());
        (vec![error], failure.is_unsupported())
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
