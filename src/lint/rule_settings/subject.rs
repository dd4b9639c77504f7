//! What the lints of thresholds, new terms and indicator matches read of a rule beside its query.

use std::sync::Arc;

use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::SourceText;
use crate::lint::Claim;
use crate::lint::claims::Basis;
use crate::lint::finding::{Finding, Lint};
use crate::rule::{FieldName, Rule};

/// The inputs of those lints.
pub(in crate::lint) struct SettingsSubject<'a> {
    pub(in crate::lint) rule: &'a Rule,
    pub(in crate::lint) source: &'a Arc<SourceText>,
    pub(in crate::lint) catalogue: &'a Catalogue,
    pub(in crate::lint) patterns: &'a IndexPatterns,
    pub(in crate::lint) claims: &'a [Claim<'a>],
}

impl SettingsSubject<'_> {
    /// Findings of a lint about the fields that no event of some claimed source carries; `effect` is
    /// what comes of it there.
    pub(in crate::lint) fn missing_fields<'f>(
        &self,
        lint: &'static Lint,
        fields: impl Iterator<Item = &'f FieldName>,
        effect: &str,
    ) -> Vec<Finding> {
        let mut findings = Vec::new();
        for field in fields {
            let without = self.without(&field.name);
            if without.is_empty() {
                continue;
            }
            let sources = without.join(", ");
            let message = format!("no event of {sources} carries {}: {effect}", field.name);
            findings.push(
                lint.finding(self.source, field.span, message, "")
                    .help("name a field that all sources have, or leave the source out of `index`")
                    .on(without),
            );
        }
        findings
    }

    /// The claimed sources no event of which carries the field.
    fn without(&self, field: &str) -> Vec<String> {
        let lacks = |claim: &&Claim<'_>| match claim.basis {
            Basis::Shaped(source) => {
                let is_mapped = source.field(self.patterns, field).is_some();
                let kinds = source.kinds.iter().filter(|kind| {
                    let index = source.indices.get(kind.index);
                    index.is_some_and(|index| self.patterns.selects(&index.name))
                });
                let mut kinds = kinds.peekable();
                let is_shaped = kinds.peek().is_some();
                !is_mapped || (is_shaped && kinds.all(|kind| !kind.carries(field)))
            }
            Basis::Listed(_) | Basis::Inferred => false,
        };
        let claims = self.claims.iter().filter(lacks);
        claims
            .flat_map(|claim| claim.names.iter().cloned())
            .collect()
    }
}
