//! A rule's query on one data source, for documents that extend the source's mapping.
//!
//! A mapping is the source's own plus every field that the documents carry (dynamic mapping), so
//! it can differ from case to case. Only the fields that the query and the rule's exclusions name
//! matter, and queries are kept by what of those is dynamic.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use super::comparison::is_exact;
use super::exclusions::Exclusions;
use super::field_types::{DynamicFields, FieldTypes, add_carried, dynamic_fields};
use super::fields_read::FieldsRead;
use super::grouping;
use super::query::{CompiledQuery, Query, fields_of, request_fields};
use super::refusal::Refused;
use super::syntax::Syntax;
use crate::data_source::DataSource;
use crate::diagnostic::QueryText;
use crate::event::schema::{MappedField, Resolution};
use crate::event::{Event, FieldType, Mapping, Schema, Timestamp};
use crate::language::QueryError;
use crate::language::eql::RequestFieldNames;
use crate::rule::{FieldOverrides, Rule, RuleKind, ThreatMatch, other_end};

/// Compiles one rule's query for the documents of one data source.
pub struct SourceCompiler<'r> {
    text: &'r QueryText,
    syntax: &'r Syntax,
    settings: RequestFieldNames,
    types: FieldTypes<'r>,
    /// The fields that the request and the exclusions read.
    fields: FieldsRead,
    /// Of these fields.
    mapping: Mapping,
    /// Those of them that the source does not map; `None` if fields are read that are not named.
    unmapped: Option<Vec<String>>,
    /// The types of the fields in the sources that are deployed beside this one.
    view: Vec<Mapping>,
    /// For each set of dynamic fields the query in the view of all sources, if it is another one.
    together: Mutex<BTreeMap<DynamicFields, Option<Compiled>>>,
    now: Timestamp,
    /// The fields of events that are compared with indicators.
    compared: Vec<String>,
    /// Why no document can be grouped as the rule asks.
    ungroupable: Option<Arc<Refused>>,
    cache: Mutex<BTreeMap<DynamicFields, Compiled>>,
}

/// The compiled query, or its refusal, for one set of dynamic fields.
type Compiled = Result<Arc<CompiledQuery>, Arc<Refused>>;

impl<'r> SourceCompiler<'r> {
    /// `now` is what date math counts from. The types of the fields of `exclusions` are part of
    /// every schema that it makes.
    pub fn new(
        rule: &'r Rule,
        text: &'r QueryText,
        syntax: &'r Syntax,
        types: FieldTypes<'r>,
        exclusions: &Exclusions,
        now: Timestamp,
    ) -> Self {
        let settings = request_fields(&rule.fields);
        let mut fields = fields_of(syntax, &settings);
        fields.extend(exclusions.fields());
        for path in rule.kind.fields().into_iter().chain(rule.bucket_fields()) {
            fields.add(path);
            // A mutant of the rule reads the other end of a connection.
            if let Some(other) = other_end(path) {
                fields.add(&other);
            }
        }
        let own = Self::with(text, syntax, settings, types, fields, now);
        let compared = match &rule.kind {
            RuleKind::ThreatMatch(_) => rule.kind.fields(),
            _ => Vec::new(),
        };
        Self {
            compared: compared.into_iter().map(str::to_owned).collect(),
            ungroupable: grouping::check(rule, &own.mapping).err().map(Arc::new),
            ..own
        }
    }

    /// Like [`Self::new`], for the indicator query of a rule and a source of indicators. The rule's
    /// timestamp override does not apply to indicators.
    pub fn of_indicators(
        rule: &'r ThreatMatch,
        syntax: &'r Syntax,
        types: FieldTypes<'r>,
        exclusions: &Exclusions,
        now: Timestamp,
    ) -> Self {
        let settings = request_fields(&FieldOverrides::default());
        let mut fields = fields_of(syntax, &settings);
        fields.extend(exclusions.fields());
        for entry in rule.groups.iter().flatten() {
            fields.add(&entry.indicator_field.name);
        }
        Self::with(&rule.query.text, syntax, settings, types, fields, now)
    }

    /// Compiles for these fields.
    fn with(
        text: &'r QueryText,
        syntax: &'r Syntax,
        settings: RequestFieldNames,
        types: FieldTypes<'r>,
        fields: FieldsRead,
        now: Timestamp,
    ) -> Self {
        let mapping = types.mapping_of(&fields);
        let unmapped = fields.is_closed().then(|| {
            let names = fields.names().filter(|path| !mapping.has(path));
            names.map(str::to_owned).collect()
        });
        Self {
            mapping,
            unmapped,
            text,
            syntax,
            fields,
            settings,
            types,
            view: Vec::new(),
            together: Mutex::new(BTreeMap::new()),
            now,
            compared: Vec::new(),
            ungroupable: None,
            cache: Mutex::new(BTreeMap::new()),
        }
    }

    /// Adds the sources that are deployed beside this one, for [`Self::compile_together`].
    #[must_use]
    pub fn with_other_sources(mut self, others: &[&'r DataSource]) -> Self {
        let patterns = self.types.patterns();
        let others = others.iter();
        let types: Vec<FieldTypes<'_>> = others
            .map(|source| FieldTypes::new(source, [], patterns))
            .collect();
        let differs = |path: &str| {
            let others = types.iter().filter_map(|types| types.get(path));
            let others: Vec<MappedField> = others.collect();
            let own = self.mapping.get(path);
            match self.syntax {
                Syntax::Eql(_) => is_in_conflict(path, own, &others),
                _ => is_mixed(own, &others) || self.is_searched_otherwise(path, &others),
            }
        };
        // Mappings are made for the few rules for which the types differ.
        if self.fields.names().any(differs) {
            let mappings = types.iter().map(|types| types.mapping_of(&self.fields));
            self.view = mappings.collect();
        }
        self
    }

    /// Whether Kibana searches the field with `terms` where this source is alone, and not where the
    /// others are searched as well.
    fn is_searched_otherwise(&self, path: &str, others: &[MappedField]) -> bool {
        let own = self.mapping.get(path);
        let is_compared = self.compared.iter().any(|field| field == path);
        let mut others = others.iter();
        is_compared
            && own.is_some_and(|own| is_exact(&own.field_type))
            && others.any(|other| !is_exact(&other.field_type))
    }

    /// The query for these documents as Kibana translates it where the sources beside this one are
    /// in the data view, too; `None` where that makes no difference.
    pub fn compile_together(
        &self,
        documents: &[Event],
    ) -> Option<Result<Arc<CompiledQuery>, Arc<Refused>>> {
        if self.view.is_empty() {
            return None;
        }
        let dynamic = self.dynamic_fields(documents);
        let mut cache = self.together.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = cache.get(&dynamic) {
            return compiled.clone();
        }
        let compiled = self.together_with(&dynamic, self.compile(documents));
        cache.insert(dynamic, compiled.clone());
        compiled
    }

    fn together_with(&self, dynamic: &DynamicFields, alone: Compiled) -> Option<Compiled> {
        let mut mapping = self.mapping.clone();
        add_carried(&mut mapping, dynamic);
        let others = self.view.iter().cloned();
        let view = Schema::new(std::iter::once(mapping.clone()).chain(others).collect());
        let own = Schema::new(vec![mapping]);
        let query = Query {
            syntax: self.syntax,
            // EQL resolves a field in all indices of the search together.
            schema: if self.syntax.eql().is_some() {
                &view
            } else {
                &own
            },
            settings: &self.settings,
            now: self.now,
        };
        let together = query.compile_in(&view);
        let mut together = together.map_err(|errors| Arc::new(Refused::new(&errors, self.text)));
        if let Ok(together) = &mut together {
            together.beside.clone_from(&self.view);
        }
        match (&together, alone) {
            (Ok(together), Ok(alone))
                if together.plan == alone.plan && self.compared.is_empty() =>
            {
                None
            }
            // Where EQL goes on, each document is read by its own index as before.
            (Ok(_), _) if self.syntax.eql().is_some() => None,
            _ => Some(together.map(Arc::new)),
        }
    }

    /// The names of the fields that the request reads.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.names()
    }

    /// The query for these documents.
    pub fn compile(&self, documents: &[Event]) -> Result<Arc<CompiledQuery>, Arc<Refused>> {
        if let Some(refused) = &self.ungroupable {
            return Err(Arc::clone(refused));
        }
        let dynamic = self.dynamic_fields(documents);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = cache.get(&dynamic) {
            return compiled.clone();
        }
        let compiled = self.compile_with(&dynamic);
        let compiled = compiled.map(Arc::new).map_err(Arc::new);
        cache.insert(dynamic, compiled.clone());
        compiled
    }

    /// The fields that these documents carry, the query reads and the source does not map.
    fn dynamic_fields(&self, documents: &[Event]) -> DynamicFields {
        let Some(unmapped) = &self.unmapped else {
            return dynamic_fields(documents, |path| self.is_dynamic(path));
        };
        let carried = unmapped.iter().filter_map(|path| {
            let mut values = documents.iter().map(|document| document.values(path));
            let first = values.find_map(<[_]>::first)?;
            Some((path.clone(), FieldType::dynamic(first).to_string()))
        });
        carried.collect()
    }

    /// Whether the query reads the field, and the source does not map it.
    fn is_dynamic(&self, path: &str) -> bool {
        self.fields.reads(path) && !self.mapping.has(path)
    }

    /// Of the documents one for each such field, the first that carries it, with nothing else in
    /// it: enough to compile for all of them.
    pub fn field_carriers<'e>(&self, documents: impl Iterator<Item = &'e Event>) -> Vec<Event> {
        let mut seen = BTreeSet::new();
        let mut witnesses = Vec::new();
        for document in documents {
            for (path, values) in document.fields() {
                if !seen.contains(path) && self.is_dynamic(path) {
                    seen.insert(path.to_owned());
                    let mut witness = Event::default();
                    witness.set(path, values.to_vec());
                    witnesses.push(witness);
                }
            }
        }
        witnesses
    }

    fn compile_with(&self, dynamic: &DynamicFields) -> Result<CompiledQuery, Refused> {
        self.on(self.mapping.clone(), dynamic).or_else(|errors| {
            // Once more with all fields of the sources, for the sake of "did you mean".
            let again = self.on(self.types.mapping(), dynamic);
            again.map_err(|again| {
                let errors = if again.is_empty() { errors } else { again };
                Refused::new(&errors, self.text)
            })
        })
    }

    fn on(
        &self,
        mut mapping: Mapping,
        dynamic: &DynamicFields,
    ) -> Result<CompiledQuery, Vec<QueryError>> {
        add_carried(&mut mapping, dynamic);
        let query = Query {
            syntax: self.syntax,
            schema: &Schema::new(vec![mapping]),
            settings: &self.settings,
            now: self.now,
        };
        query.compile()
    }
}

/// Whether the types of a field in the sources do not go together, which EQL refuses.
fn is_in_conflict(path: &str, own: Option<&MappedField>, others: &[MappedField]) -> bool {
    let known: Vec<&MappedField> = own.into_iter().chain(others).collect();
    let mut pairs = known.windows(2);
    if pairs.all(|pair| matches!(pair, [a, b] if a.field_type == b.field_type)) {
        return false;
    }
    let mappings = known.into_iter().map(|field| {
        let mut mapping = Mapping::default();
        mapping.insert(path, field.clone());
        mapping
    });
    let schema = Schema::new(mappings.collect());
    matches!(schema.resolve(path), Resolution::Conflict(_))
}

/// Whether a field is exactly a keyword, or exactly a date, in one source and not in all that have
/// it: Kibana then translates its values in another way. A field that the first source does not map is
/// a keyword once a document has it.
fn is_mixed(own: Option<&MappedField>, others: &[MappedField]) -> bool {
    let kind = |field_type: &FieldType| match field_type {
        FieldType::Keyword { .. } => 0,
        FieldType::Date(_) | FieldType::DateNanos(_) => 1,
        _ => 2,
    };
    let first = own.map_or(0, |field| kind(&field.field_type));
    let mut others = others.iter();
    others.any(|field| kind(&field.field_type) != first)
}
