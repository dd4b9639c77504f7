//! The data sources that a rule searches, and the field types that its query meets on each.

use crate::compile::{FieldTypes, FieldsRead, Syntax, fields_of};
use crate::data_source::{Catalogue, DataSource, Index, IndexPatterns, known_indices};
use crate::event::schema::Origin;
use crate::event::{FieldType, Mapping};
use crate::language::eql::RequestFieldNames;

/// A data source that the rule's index patterns select, or the patterns that none serves.
#[derive(Debug)]
pub struct Claim<'c> {
    /// The source's name, or the patterns.
    pub names: Vec<String>,
    /// What is known about it.
    pub basis: Basis<'c>,
    /// The types of the fields that the query names.
    pub mapping: Mapping,
}

/// A claimed source with the types of the query's fields.
#[derive(Debug, Clone, Copy)]
pub enum Basis<'c> {
    /// A source with kinds of event and sensor facts.
    Shaped(&'c DataSource),
    /// An index with a field list.
    Listed(&'static Index),
    /// Nothing: types are ECS's, else inferred from use.
    Inferred,
}

impl Basis<'_> {
    /// A word for reports.
    pub fn word(self) -> &'static str {
        match self {
            Self::Shaped(source) => match source.indices.first().map(Index::origin) {
                Some(Origin::Declared) => "declared",
                _ => "assumed",
            },
            Self::Listed(index) => match index.origin() {
                Origin::Declared => "declared",
                _ => "assumed",
            },
            Self::Inferred => "inferred",
        }
    }
}

/// All claims of a rule: shaped sources first, then listed indices, then the rest as one.
pub(super) fn claims<'c>(
    query: &Syntax,
    settings: &RequestFieldNames,
    catalogue: &'c Catalogue,
    patterns: &IndexPatterns,
) -> Vec<Claim<'c>> {
    let fields = fields_of(query, settings);
    let mut claims = Vec::new();
    for source in catalogue.claimed(patterns) {
        claims.push(Claim {
            names: vec![source.name.clone()],
            basis: Basis::Shaped(source),
            mapping: FieldTypes::new(source, [], patterns).mapping_of(&fields),
        });
    }
    if !patterns.is_empty() {
        for (name, index) in known_indices::listed(patterns) {
            let mut mapping = of_index(name, index, &fields);
            if index.origin() != Origin::Declared {
                infer_rest(query, &fields, &claims, &mut mapping);
            }
            claims.push(Claim {
                names: vec![name.to_owned()],
                basis: Basis::Listed(index),
                mapping,
            });
        }
    }
    let rest = unserved(catalogue, patterns);
    if !rest.is_empty() {
        let mut mapping = of_index("other indices", known_indices::integration(), &fields);
        infer_rest(query, &fields, &claims, &mut mapping);
        claims.push(Claim {
            names: rest,
            basis: Basis::Inferred,
            mapping,
        });
    }
    claims
}

/// The patterns that neither a source nor a listed index serves.
pub(super) fn unserved(catalogue: &Catalogue, patterns: &IndexPatterns) -> Vec<String> {
    catalogue
        .unserved(patterns)
        .into_iter()
        .filter(|pattern| !known_indices::is_listed(pattern))
        .map(str::to_owned)
        .collect()
}

fn of_index(name: &str, index: &Index, fields: &FieldsRead) -> Mapping {
    let mut mapping = Mapping::new(name);
    for path in fields.names() {
        if let Some(field) = index.find(path) {
            mapping.add_read_from(path, &field.read_from, field.field_type, field.origin);
        }
    }
    mapping
}

/// The types of the fields that a list lacks: what another claim says, else what their use says.
fn infer_rest(query: &Syntax, fields: &FieldsRead, claims: &[Claim<'_>], mapping: &mut Mapping) {
    let known = |path: &str| {
        let own = mapping.get(path);
        let other = || claims.iter().find_map(|claim| claim.mapping.get(path));
        own.or_else(other).map(|field| field.field_type.clone())
    };
    for (path, field_type) in query.infer(known) {
        mapping.add(&path, field_type, Origin::Inferred);
    }
    for path in fields.names() {
        mapping.add(path, FieldType::ecs_keyword(), Origin::Inferred);
    }
}
