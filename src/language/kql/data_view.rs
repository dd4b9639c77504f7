//! The fields that Kibana knows while it translates a query: how a leaf becomes Query DSL depends
//! on them.

use std::collections::BTreeSet;

use super::syntax::FieldName;
use crate::event::{FieldType, Schema};

/// A field of a data view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ViewField {
    /// Its name.
    pub name: String,
    /// What its types are in all indices together.
    pub kind: FieldKind,
    /// The path of the nested objects that it is part of.
    pub nested: Option<String>,
}

/// What a translation asks of a field's types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    /// `keyword` in every index that has the field.
    Keyword,
    /// `date` or `date_nanos` in every index that has the field.
    Date,
    /// Anything else.
    Other,
}

/// The fields that a translation can look up.
pub trait DataView {
    /// The fields of this name, or whose names fit the pattern; by name.
    fn find(&self, name: &FieldName) -> Vec<ViewField>;
}

impl DataView for [ViewField] {
    fn find(&self, name: &FieldName) -> Vec<ViewField> {
        let fields = self.iter().filter(|field| name.fits(&field.name));
        fields.cloned().collect()
    }
}

impl DataView for Schema {
    fn find(&self, name: &FieldName) -> Vec<ViewField> {
        let names: BTreeSet<&str> = match name {
            FieldName::Name(name) => [name.as_str()].into(),
            FieldName::Pattern(_) => {
                let mappings = self.mappings().iter();
                let fields = mappings.flat_map(crate::event::Mapping::fields);
                let fields = fields.map(|(path, _)| path);
                fields.filter(|path| name.fits(path)).collect()
            }
        };
        let fields = names.into_iter().filter_map(|name| of(self, name));
        fields.collect()
    }
}

/// The field of this name; `None` where no index has it, and for objects, which are no fields.
/// Keys of flattened fields are not listed in a data view either.
fn of(schema: &Schema, name: &str) -> Option<ViewField> {
    let mut kind = None;
    let mut nested = None;
    for mapping in schema.mappings() {
        let Some(field) = mapping.get(name) else {
            continue;
        };
        let own = match &field.field_type {
            FieldType::Object | FieldType::Nested => continue,
            FieldType::Keyword { .. } => FieldKind::Keyword,
            FieldType::Date(_) | FieldType::DateNanos(_) => FieldKind::Date,
            _ => FieldKind::Other,
        };
        kind = Some(match kind {
            None => own,
            Some(known) if known == own => own,
            Some(_) => FieldKind::Other,
        });
        nested = nested.or(mapping.nested_path(name));
    }
    Some(ViewField {
        name: name.to_owned(),
        kind: kind?,
        nested: nested.map(str::to_owned),
    })
}
