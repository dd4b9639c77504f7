//! Resolves the type of a field, in the same way for every command.
//!
//! In this order: the list of the data source, then of the sources that are searched beside it;
//! what its documents carry, as dynamic mapping does ([`add_dynamic`]). Where documents may come
//! from anywhere (`scan`), or no list is at hand (`check`), any other known source's list is next,
//! and last the type that the query's own use of the field asks for.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::fields_read::FieldsRead;
use super::query::fields_of;
use super::syntax::Syntax;
use crate::data_source::{Catalogue, DataSource, Index, IndexPatterns, listed_type};
use crate::event::schema::{MappedField, Origin};
use crate::event::{Event, FieldType, Mapping, paths_above};
use crate::language::eql::RequestFieldNames;

/// The types of fields in the indices that one search goes over.
#[derive(Debug, Clone)]
pub struct FieldTypes<'a> {
    /// The data sources, the first that knows a field decides.
    sources: Vec<Claimed<'a>>,
    /// The rule's index patterns.
    patterns: &'a IndexPatterns,
}

impl<'a> FieldTypes<'a> {
    /// The types of a data source, and of those that are deployed with it.
    pub fn new(
        source: &'a DataSource,
        beside: impl IntoIterator<Item = &'a DataSource>,
        patterns: &'a IndexPatterns,
    ) -> Self {
        let sources = std::iter::once(source).chain(beside);
        Self {
            sources: sources
                .map(|source| Claimed::new(source, patterns))
                .collect(),
            patterns,
        }
    }

    /// The rule's index patterns.
    pub(super) fn patterns(&self) -> &'a IndexPatterns {
        self.patterns
    }

    /// The field at `path`.
    pub fn get(&self, path: &str) -> Option<MappedField> {
        let mut sources = self.sources.iter();
        sources.find_map(|claimed| claimed.field(path))
    }

    /// A mapping of these fields only: a rule names a few of thousands.
    pub fn mapping_of(&self, fields: &FieldsRead) -> Mapping {
        let mut mapping = Mapping::new(self.name());
        for path in fields.names() {
            if let Some(field) = self.get(path) {
                mapping.insert(path, field);
            }
            add_objects_above(&mut mapping, path, |above| self.get(above));
        }
        if fields.is_open(|path| mapping.get(path).is_some()) {
            add_read(&mut mapping, fields, &self.mapping());
        }
        mapping
    }

    /// A mapping of all fields, to suggest one from.
    pub fn mapping(&self) -> Mapping {
        let mut mapping = Mapping::new(self.name());
        for claimed in &self.sources {
            for (path, field) in claimed.source.mapping(self.patterns).fields() {
                if mapping.get(path).is_none() {
                    mapping.insert(path, field.clone());
                }
            }
        }
        mapping
    }

    fn name(&self) -> String {
        let first = self.sources.first();
        first.map_or_else(String::new, |claimed| claimed.source.name.clone())
    }
}

/// Adds what decides how a field is read and stands above it: nested objects, and flattened ones.
fn add_objects_above(mapping: &mut Mapping, path: &str, get: impl Fn(&str) -> Option<MappedField>) {
    for above in paths_above(path) {
        if let Some(field) = get(above)
            && is_object(&field)
        {
            mapping.insert(above, field);
        }
    }
}

/// Whether a field decides how those below it are read.
fn is_object(field: &MappedField) -> bool {
    matches!(field.field_type, FieldType::Nested | FieldType::Flattened)
}

/// Adds the fields of another mapping that are read without being named.
fn add_read(mapping: &mut Mapping, fields: &FieldsRead, all: &Mapping) {
    for (path, field) in all.fields() {
        if mapping.get(path).is_none() && fields.reads(path) {
            mapping.insert(path, field.clone());
            add_objects_above(mapping, path, |above| all.get(above).cloned());
        }
    }
}

/// Maps every field of an event that is not mapped yet by its first value, as dynamic mapping does.
pub fn add_dynamic(mapping: &mut Mapping, event: &Event) {
    for (path, values) in event.fields() {
        if mapping.find(path).is_none()
            && let Some(first) = values.first()
        {
            mapping.add(path, FieldType::dynamic(first), Origin::Dynamic);
        }
    }
}

/// Fields that documents carry and no mapping has, with the names of the types that they then have.
pub(super) type DynamicFields = Vec<(String, String)>;

/// Those fields that the documents carry and that are dynamic, each with the type of its first
/// value.
pub(super) fn dynamic_fields<'e>(
    documents: impl IntoIterator<Item = &'e Event>,
    is_dynamic: impl Fn(&str) -> bool,
) -> DynamicFields {
    let mut carried = BTreeMap::new();
    for document in documents {
        for (path, values) in document.fields() {
            if let Some(first) = values.first()
                && !carried.contains_key(path)
                && is_dynamic(path)
            {
                carried.insert(path.to_owned(), FieldType::dynamic(first).to_string());
            }
        }
    }
    carried.into_iter().collect()
}

/// Adds the fields that documents carry and no list of the source has. A field that some other list
/// has is mapped as there: the data streams' templates know ECS (`ecs@mappings`), and `scan` and
/// `query` take the same type.
pub(super) fn add_carried(mapping: &mut Mapping, carried: &DynamicFields) {
    for (path, type_name) in carried {
        let known = listed_type(path);
        let field_type = known.unwrap_or_else(|| FieldType::named(type_name));
        mapping.add(path, field_type, Origin::Dynamic);
    }
}

/// The types of fields in documents that may come from anywhere. Answers are kept, because many
/// rules ask for the same fields.
#[derive(Debug)]
pub(super) struct AnySource<'c> {
    catalogue: &'c Catalogue,
    known: FxHashMap<IndexPatterns, OfPatterns<'c>>,
}

/// What is known of one set of index patterns.
#[derive(Debug)]
struct OfPatterns<'c> {
    catalogue: &'c Catalogue,
    claimed: Vec<Claimed<'c>>,
    fields: FxHashMap<String, Option<MappedField>>,
    /// The fields that decide how those below them are read: nested and flattened objects.
    objects: FxHashMap<String, Option<MappedField>>,
}

/// A data source that patterns claim, and those of its indices that they select.
#[derive(Debug, Clone)]
struct Claimed<'c> {
    source: &'c DataSource,
    selected: Vec<&'c Index>,
}

impl<'c> AnySource<'c> {
    pub(super) fn new(catalogue: &'c Catalogue) -> Self {
        Self {
            catalogue,
            known: FxHashMap::default(),
        }
    }

    /// The sources that are known.
    pub(super) fn catalogue(&self) -> &'c Catalogue {
        self.catalogue
    }

    /// The types of those of these fields that some source knows.
    pub(super) fn known(&mut self, patterns: &IndexPatterns, fields: &FieldsRead) -> Mapping {
        let mut mapping = Mapping::new("the sources of the rule");
        let known = self.of(patterns);
        for path in fields.names() {
            if let Some(field) = known.field(path) {
                mapping.insert(path, field.clone());
            }
        }
        known.add_claimed(patterns, fields, &mut mapping);
        mapping
    }

    /// The types of fields that a rule names beside its query; one that no source knows is a
    /// keyword.
    pub(super) fn mapping_of_fields(
        &mut self,
        patterns: &IndexPatterns,
        paths: &[&str],
    ) -> Mapping {
        let mut mapping = Mapping::new("the sources of the rule");
        let known = self.of(patterns);
        for path in paths {
            if let Some(field) = known.field(path) {
                mapping.insert(path, field.clone());
            }
            known.add_objects(&mut mapping, path, "");
            if mapping.find(path).is_none() {
                mapping.add(path, FieldType::ecs_keyword(), Origin::Inferred);
            }
        }
        mapping
    }

    /// The types of the fields that a request reads; what no source knows has the type that the
    /// query asks for.
    pub(super) fn mapping_of(
        &mut self,
        patterns: &IndexPatterns,
        query: &Syntax,
        settings: &RequestFieldNames,
    ) -> Mapping {
        let mut mapping = Mapping::new("the sources of the rule");
        let mut unknown = Vec::new();
        let fields = fields_of(query, settings);
        let known = self.of(patterns);
        for path in fields.names() {
            match known.field(path) {
                Some(field) => mapping.insert(path, field.clone()),
                None => unknown.push(path),
            }
        }
        // Neither of two fields that no source knows and that are compared has a type: `?a == ?b`.
        let pairs = query.compared_optional().into_iter();
        let untyped: Vec<&str> = pairs
            .filter(|(a, b)| unknown.contains(a) && unknown.contains(b))
            .flat_map(|(a, b)| [a, b])
            .collect();
        unknown.retain(|path| !untyped.contains(path));
        if !unknown.is_empty() {
            let known = |path: &str| mapping.get(path).map(|field| field.field_type.clone());
            let mut inferred: BTreeMap<_, _> = query.infer(known).into_iter().collect();
            for path in unknown {
                let field_type = match inferred.remove(path) {
                    _ if path == settings.timestamp => FieldType::named("date"),
                    Some(field_type) => field_type,
                    None => FieldType::ecs_keyword(),
                };
                mapping.add(path, field_type, Origin::Inferred);
            }
        }
        known.add_claimed(patterns, &fields, &mut mapping);
        add_of_patterns(&fields, &mut mapping);
        mapping
    }

    fn of(&mut self, patterns: &IndexPatterns) -> &mut OfPatterns<'c> {
        let catalogue = self.catalogue;
        let known = self.known.entry(patterns.clone());
        known.or_insert_with(|| OfPatterns::new(catalogue, patterns))
    }
}

/// A stream may carry fields that no list has: of a pattern that fits none they are keywords, as
/// unknown fields are.
fn add_of_patterns(fields: &FieldsRead, mapping: &mut Mapping) {
    for pattern in fields.patterns() {
        let text = pattern.to_string();
        let is_known = mapping.fields().any(|(path, _)| pattern.fits(path));
        if !is_known {
            mapping.add(&text, FieldType::ecs_keyword(), Origin::Inferred);
        }
    }
}

impl<'c> OfPatterns<'c> {
    fn new(catalogue: &'c Catalogue, patterns: &IndexPatterns) -> Self {
        let claimed = catalogue.claimed(patterns).into_iter();
        Self {
            catalogue,
            claimed: claimed
                .map(|source| Claimed::new(source, patterns))
                .collect(),
            fields: FxHashMap::default(),
            objects: FxHashMap::default(),
        }
    }

    /// Adds what the claimed sources have above the fields that are named, and the fields that are
    /// read without being named.
    fn add_claimed(
        &mut self,
        patterns: &IndexPatterns,
        fields: &FieldsRead,
        mapping: &mut Mapping,
    ) {
        // In the order of their names, so that neighbours share most of what is above them.
        let mut previous = "";
        for path in fields.names() {
            self.add_objects(mapping, path, previous);
            previous = path;
        }
        if fields.is_open(|path| mapping.get(path).is_some()) {
            for claimed in &self.claimed {
                add_read(mapping, fields, &claimed.source.mapping(patterns));
            }
        }
    }

    /// Adds the nested and flattened objects above a field, but for those above `previous`; of several
    /// sources the last counts.
    fn add_objects(&mut self, mapping: &mut Mapping, path: &str, previous: &str) {
        for (end, _) in path.match_indices('.') {
            let above = path.get(..end).unwrap_or("");
            if previous
                .strip_prefix(above)
                .is_some_and(|rest| rest.starts_with('.'))
            {
                continue;
            }
            if !self.objects.contains_key(above) {
                let mut found = self
                    .claimed
                    .iter()
                    .filter_map(|claimed| claimed.field(above));
                let found = found.rfind(is_object);
                self.objects.insert(above.to_owned(), found);
            }
            if let Some(Some(field)) = self.objects.get(above) {
                mapping.insert(above, field.clone());
            }
        }
    }

    /// The field as the claimed sources have it, or else any source.
    fn field(&mut self, path: &str) -> Option<&MappedField> {
        if !self.fields.contains_key(path) {
            let claimed = self.claimed.iter();
            let found = agreed(claimed.filter_map(|claimed| claimed.field(path))).or_else(|| {
                let everywhere = IndexPatterns::default();
                let sources = self.catalogue.sources().iter();
                agreed(sources.filter_map(|source| source.field(&everywhere, path)))
            });
            self.fields.insert(path.to_owned(), found);
        }
        self.fields.get(path)?.as_ref()
    }
}

/// The first of these fields that every query can use. One of a type that not every query can use
/// (`flattened`, `geo_point` …) counts only where all have that type: a stream may hold documents of
/// each source. The name of an object stands for the fields below it.
fn agreed(mut fields: impl Iterator<Item = MappedField>) -> Option<MappedField> {
    let first = fields.next()?;
    if first.field_type.family().is_some() {
        return Some(first);
    }
    let mut is_agreed = first.field_type != FieldType::Object;
    for field in fields {
        if field.field_type.family().is_some() {
            return Some(field);
        }
        is_agreed &= field.field_type == first.field_type;
    }
    is_agreed.then_some(first)
}

impl<'c> Claimed<'c> {
    fn new(source: &'c DataSource, patterns: &IndexPatterns) -> Self {
        Self {
            source,
            selected: source.selected(patterns).collect(),
        }
    }

    fn field(&self, path: &str) -> Option<MappedField> {
        self.source.field_in(self.selected.iter().copied(), path)
    }
}
