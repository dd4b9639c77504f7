//! What the lints of thresholds, new terms and indicator matches read of a rule beside its query.

use std::sync::Arc;

use super::Claim;
use super::claims::Basis;
use crate::data_source::{Catalogue, IndexPatterns};
use crate::diagnostic::SourceText;
use crate::rule::Rule;

/// The inputs of those lints.
pub(super) struct SettingsSubject<'a> {
    pub(super) rule: &'a Rule,
    pub(super) source: &'a Arc<SourceText>,
    pub(super) catalogue: &'a Catalogue,
    pub(super) patterns: &'a IndexPatterns,
    pub(super) claims: &'a [Claim<'a>],
}

impl SettingsSubject<'_> {
    /// The claimed sources no event of which carries the field.
    pub(super) fn without(&self, field: &str) -> Vec<String> {
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
