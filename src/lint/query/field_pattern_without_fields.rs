//! `field-pattern-without-fields`: a pattern of field names that no field fits.

use crate::data_source::Index;
use crate::diagnostic::{Code, Severity};
use crate::language::kql::syntax::FieldName;
use crate::lint::Claim;
use crate::lint::claims::Basis;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "field-pattern-without-fields",
        title: "a pattern of field names that no field fits",
        page: "A name with `*` stands for all fields whose names fit, and no field of the data sources \
               that the rule searches does: the clause is false everywhere. A star stands for at least \
               the dots around it: `file.*.md5` does not fit `file.md5`. Write the names of the fields.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    if !subject.knows_all_fields() {
        return;
    }
    for leaf in subject.leaves() {
        let Some(pattern @ FieldName::Pattern(_)) = &leaf.field else {
            continue;
        };
        let fits = |claim: &Claim<'_>| match claim.basis {
            Basis::Shaped(source) => {
                let mut names = source.indices.iter().flat_map(Index::names);
                names.any(|name| pattern.fits(name))
            }
            Basis::Listed(index) => index.names().any(|name| pattern.fits(name)),
            Basis::Inferred => true,
        };
        if subject.claims.iter().any(fits) {
            continue;
        }
        let message = format!("no field has a name like `{}`", pattern.text());
        let place = subject.locate(leaf.field_span);
        findings.push(
            LINT.finding(subject.source(), place, message, "the clause is false")
                .help("write the names of the fields"),
        );
    }
}
