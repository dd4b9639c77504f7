//! Which field has which type: one [`Mapping`] an index (or data source), and the [`Schema`] that
//! a search over several of them sees.
//!
//! Elasticsearch resolves every field of an EQL query against the merged mapping of all searched
//! indices (`IndexResolver`); the rules of that merge are [`Schema::resolve`].

use std::collections::BTreeMap;

use super::field::{Family, FieldType, Reading};
use super::value::Scalar;
use super::{Raw, paths_above};
use crate::diagnostic::suggest::nearest;

/// The number of a mapping in its [`Schema`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct MappingId(pub u16);

/// Where the type of a field comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Origin {
    /// The integration's, the Beat's or the index's own list.
    Declared,
    /// Taken over from ECS because the source has no list of its own.
    Assumed,
    /// From the values of the events, as dynamic mapping would.
    Dynamic,
    /// From how a query uses the field: no list of the source is at hand.
    Inferred,
}

/// One field of a mapping.
#[derive(Debug, Clone, PartialEq)]
pub struct MappedField {
    /// Its type.
    pub field_type: FieldType,
    /// The path in the document that holds its values: another one for an alias and for a
    /// multi-field.
    pub read_from: Box<str>,
    /// Where the type comes from.
    pub origin: Origin,
    /// The mapping parameters of the field besides its type.
    pub options: FieldOptions,
}

/// The mapping parameters of a field besides its type; all off by default.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FieldOptions {
    /// `coerce: false`: a number is neither a text nor a fraction of a whole number.
    pub strict_numbers: bool,
    /// `ignore_malformed: true`: a value that does not fit is left out, and the document stays.
    pub ignore_malformed: bool,
    /// `doc_values: false`: a script cannot read the field.
    pub without_doc_values: bool,
    /// A script of the mapping computes the field (`runtime`).
    pub scripted: bool,
    /// `null_value`: what an explicit null is indexed as.
    pub null_value: Option<Scalar>,
    /// The fields whose values are indexed here as well (`copy_to` of those).
    pub copied_from: Vec<Box<str>>,
}

impl MappedField {
    /// A field that is read from `read_from`, with no options.
    pub fn new(field_type: FieldType, read_from: &str, origin: Origin) -> Self {
        Self {
            field_type,
            read_from: read_from.into(),
            origin,
            options: FieldOptions::default(),
        }
    }

    /// The paths of the document whose values the field holds.
    pub fn sources(&self) -> impl Iterator<Item = &str> {
        let copied = self.options.copied_from.iter();
        std::iter::once(&self.read_from)
            .chain(copied)
            .map(|path| &**path)
    }

    /// Reads one value of a document as the mapping does.
    pub fn read(&self, raw: Raw<'_>) -> Reading {
        let strict = self.options.strict_numbers && !fits_strictly(&self.field_type, raw);
        let reading = if strict {
            Reading::Malformed
        } else {
            self.field_type.read(raw)
        };
        match reading {
            Reading::Malformed if self.options.ignore_malformed => Reading::Ignored,
            reading => reading,
        }
    }
}

/// Whether a numeric field without `coerce` takes the value.
fn fits_strictly(field_type: &FieldType, raw: Raw<'_>) -> bool {
    match (field_type, raw) {
        (FieldType::Integer(_), Raw::Number(text)) => {
            let number: Option<f64> = text.parse().ok();
            number.is_some_and(|number| number.fract() == 0.0)
        }
        (FieldType::Integer(_) | FieldType::Float(_), Raw::Text(_)) => false,
        _ => true,
    }
}

/// The fields of one index or data source.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Mapping {
    /// The name of the index or data source, for messages.
    pub name: String,
    fields: BTreeMap<Box<str>, MappedField>,
}

impl Mapping {
    /// A mapping without fields.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            fields: BTreeMap::new(),
        }
    }

    /// Adds a field that is read from its own path; a field that is there already stays, unless
    /// the new one is declared and the old one is not.
    pub fn add(&mut self, path: &str, field_type: FieldType, origin: Origin) {
        self.add_read_from(path, path, field_type, origin);
    }

    /// Adds a field whose values stand at another path of the document.
    pub fn add_read_from(
        &mut self,
        path: &str,
        read_from: &str,
        field_type: FieldType,
        origin: Origin,
    ) {
        if self
            .fields
            .get(path)
            .is_some_and(|old| old.origin <= origin)
        {
            return;
        }
        self.insert(path, MappedField::new(field_type, read_from, origin));
    }

    /// Sets the field at `path`, in place of one that is there.
    pub fn insert(&mut self, path: &str, field: MappedField) {
        self.fields.insert(path.into(), field);
    }

    /// The field at `path`, to be changed.
    pub fn get_mut(&mut self, path: &str) -> Option<&mut MappedField> {
        self.fields.get_mut(path)
    }

    /// The field at `path`.
    pub fn get(&self, path: &str) -> Option<&MappedField> {
        self.fields.get(path)
    }

    /// Resolves `path` in a query: the field, or a key below a `flattened` field.
    pub fn find(&self, path: &str) -> Option<MappedField> {
        if let Some(field) = self.fields.get(path) {
            return Some(field.clone());
        }
        let field = paths_above(path).find_map(|parent| self.fields.get(parent))?;
        let is_flattened = field.field_type == FieldType::Flattened;
        is_flattened.then(|| MappedField::new(FieldType::FlattenedKey, path, field.origin))
    }

    /// Whether [`Mapping::find`] finds a field.
    pub fn has(&self, path: &str) -> bool {
        let is_flattened = |parent| {
            let field = self.fields.get(parent);
            field.map(|field| field.field_type == FieldType::Flattened)
        };
        self.fields.contains_key(path)
            || paths_above(path).find_map(is_flattened).unwrap_or_default()
    }

    /// The path of the nested objects that the field at `path` is part of: the nearest field above
    /// it of type `nested`.
    pub fn nested_path<'p>(&self, path: &'p str) -> Option<&'p str> {
        paths_above(path).find(|parent| {
            let field = self.fields.get(*parent);
            field.is_some_and(|field| field.field_type == FieldType::Nested)
        })
    }

    /// All fields, to be changed.
    pub fn fields_mut(&mut self) -> impl Iterator<Item = &mut MappedField> {
        self.fields.values_mut()
    }

    /// All fields by path.
    pub fn fields(&self) -> impl Iterator<Item = (&str, &MappedField)> {
        self.fields.iter().map(|(path, field)| (&**path, field))
    }
}

/// The mappings of all indices of a search, in the order of [`MappingId`].
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Schema {
    mappings: Vec<Mapping>,
}

/// A field name resolved in a [`Schema`].
#[derive(Debug, Clone, PartialEq)]
pub enum Resolution {
    /// Usable.
    Mapped(ResolvedField),
    /// In no mapping; with the nearest name that is.
    Unmapped {
        /// "did you mean"
        suggestion: Option<String>,
    },
    /// Mapped with types that do not go together: `(type, index)` each.
    Conflict(Vec<(String, String)>),
    /// Mapped with a type that no query can use.
    Unusable(FieldType),
}

/// A field that a query can use.
#[derive(Debug, Clone, PartialEq)]
pub struct ResolvedField {
    /// The family that all its types belong to.
    pub family: Family,
    /// The first type found, for messages.
    pub field_type: FieldType,
    /// For each mapping of the schema, how the field is read there; `None` where it is unmapped.
    pub readers: Vec<Option<MappedField>>,
    /// The best origin among the mappings.
    pub origin: Origin,
}

impl Schema {
    /// The schema of a search over these indices.
    pub fn new(mappings: Vec<Mapping>) -> Self {
        Self { mappings }
    }

    /// The mappings, in the order of [`MappingId`].
    pub fn mappings(&self) -> &[Mapping] {
        &self.mappings
    }

    /// The mapping of this number, to be changed.
    pub fn mapping_mut(&mut self, id: MappingId) -> Option<&mut Mapping> {
        self.mappings.get_mut(usize::from(id.0))
    }

    /// The first mapping, to add fields to.
    pub fn first_mut(&mut self) -> Option<&mut Mapping> {
        self.mappings.first_mut()
    }

    /// Whether some mapping has nested objects at `path`, or above it.
    pub fn is_nested(&self, path: &str) -> bool {
        self.mappings.iter().any(|mapping| {
            let field = mapping.get(path);
            field.is_some_and(|field| field.field_type == FieldType::Nested)
                || mapping.nested_path(path).is_some()
        })
    }

    /// Resolves `path` in this schema.
    pub fn resolve(&self, path: &str) -> Resolution {
        let readers: Vec<Option<MappedField>> = self
            .mappings
            .iter()
            .map(|mapping| mapping.find(path))
            .collect();
        let Some(first) = readers.iter().flatten().next() else {
            return Resolution::Unmapped {
                suggestion: self.suggest(path),
            };
        };
        let first_type = first.field_type.clone();
        let mut mappings = self.mappings.iter();
        if mappings.any(|mapping| mapping.nested_path(path).is_some()) {
            return Resolution::Unusable(FieldType::Nested);
        }
        let Some(family) = first_type.family() else {
            return Resolution::Unusable(first_type);
        };
        let agree = |field: &MappedField| field.field_type.family() == Some(family);
        if !readers.iter().flatten().all(agree) {
            let types = self.mappings.iter().zip(&readers);
            return Resolution::Conflict(
                types
                    .filter_map(|(mapping, reader)| {
                        let reader = reader.as_ref()?;
                        Some((reader.field_type.to_string(), mapping.name.clone()))
                    })
                    .collect(),
            );
        }
        let origin = readers.iter().flatten().map(|field| field.origin).min();
        Resolution::Mapped(ResolvedField {
            family,
            field_type: first_type,
            origin: origin.unwrap_or(Origin::Declared),
            readers,
        })
    }

    /// The known field name nearest to `path`.
    pub fn suggest(&self, path: &str) -> Option<String> {
        let names = self.mappings.iter().flat_map(Mapping::fields);
        nearest(path, names.map(|(name, _)| name)).map(str::to_owned)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_key_below_a_flattened_field_is_exact_text_that_eql_cannot_use() {
        let mut mapping = Mapping::new("i");
        mapping.add("a.flat", FieldType::Flattened, Origin::Declared);
        mapping.add("a.object", FieldType::Object, Origin::Declared);
        let key = mapping.find("a.flat.b.c").unwrap();
        assert_eq!(key.field_type, FieldType::FlattenedKey);
        assert_eq!(&*key.read_from, "a.flat.b.c");
        assert_eq!(mapping.find("a.object.b"), None);
        assert_eq!(mapping.find("b"), None);
        for path in ["a.flat", "a.flat.b.c", "a.object.b", "a.object", "b"] {
            assert_eq!(mapping.has(path), mapping.find(path).is_some(), "{path}");
        }
        let schema = Schema::new(vec![mapping]);
        let unusable = Resolution::Unusable(FieldType::FlattenedKey);
        assert_eq!(schema.resolve("a.flat.b.c"), unusable);
    }
}
