//! `unknown-field`: a field that nothing the rule searches has.

use crate::diagnostic::{Code, Severity};
use crate::lint::claims::Basis;
use crate::lint::finding::{Finding, Lint};
use crate::lint::query::kql::KqlSubject;

pub(in crate::lint) static LINT: Lint = Lint {
    code: Code {
        number: "unknown-field",
        title: "a field that no claimed data source has",
        page: "No data source that the rule searches has a field of this name. KQL and Lucene say \
               nothing about that: the clause is false everywhere, and its negation true, so that the \
               rule is dead or noisy without an error. Look for a misspelt name, or add the index that \
               has the field.",
    },
    severity: Severity::Warning,
};

pub(in crate::lint) fn run(subject: &KqlSubject<'_>, findings: &mut Vec<Finding>) {
    if !subject.knows_all_fields() {
        return;
    }
    let mut seen: Vec<String> = Vec::new();
    for leaf in subject.leaves() {
        let Some(field) = leaf.name() else { continue };
        let types = subject.types(field);
        if types.iter().any(|(_, own)| own.is_some()) || seen.iter().any(|name| name == field) {
            continue;
        }
        seen.push(field.to_owned());
        let names = types.iter().flat_map(|(names, _)| names.iter().cloned());
        let names: Vec<String> = names.collect();
        let message = format!(
            "{} has no field {field}: the clause is false",
            names.join(", ")
        );
        let near = subject.claims.iter().find_map(|claim| match claim.basis {
            Basis::Shaped(source) => source.suggest(field),
            Basis::Listed(_) | Basis::Inferred => None,
        });
        let place = subject.locate(leaf.field_span);
        let finding = LINT.finding(subject.source(), place, message, "").on(names);
        findings.push(match near {
            Some(near) => finding.suggest(field, &near),
            None => finding
                .help("name a field that the rule's indices have, or add the index that has it"),
        });
    }
}
