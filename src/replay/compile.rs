//! One rule on one data source: query text → plan for the mapping that a check sees.
//!
//! The mapping of a check is the source's own plus every field that the case's events carry
//! (dynamic mapping), so it can differ from case to case; only the fields that the query names
//! matter, and plans are kept by what of those is dynamic.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use super::schema_view::Visible;
use super::trace::Ground;
use crate::diagnostic::{Diagnostic, QueryText};
use crate::evaluate::{Patterns, QueryFailure};
use crate::event::schema::Origin;
use crate::event::{Event, FieldType, Mapping, Schema, Timestamp};
use crate::language::eql::{self, EqlError, OptionalFields, Settings};
use crate::plan::Plan;

/// A query that can be compiled for any mapping.
pub(crate) struct Compiler<'r> {
    query: &'r QueryText,
    syntax: &'r eql::syntax::Query,
    settings: Settings,
    visible: Visible<'r>,
    /// Of the fields that the request names.
    mapping: Mapping,
    now: Timestamp,
    cache: Mutex<BTreeMap<DynamicFields, Arc<Compiled>>>,
}

type DynamicFields = Vec<(String, String)>;

/// What came of a query on one mapping.
pub(crate) enum Compiled {
    /// Elasticsearch would refuse it.
    Refused(Refused),
    /// It runs.
    Ready(Ready),
}

/// Why Elasticsearch would refuse a query.
pub(crate) struct Refused {
    /// The first reason.
    pub(crate) message: String,
    /// All reasons with their places in the rule file.
    pub(crate) diagnostics: Vec<Diagnostic>,
}

/// A query that runs.
pub(crate) struct Ready {
    /// With unmapped optional fields as missing.
    pub(crate) plan: Arc<Plan>,
    /// Its patterns, compiled once for all cases; the failure is the query's own.
    pub(crate) patterns: Result<Patterns, QueryFailure>,
    /// The same, with what it was made from.
    pub(crate) ground: Arc<Ground>,
    /// With unmapped optional fields as Elasticsearch's optimizer folds them, where there are any.
    pub(crate) folded: Option<Arc<Plan>>,
    /// The unmapped optional fields.
    pub(crate) unmapped: Vec<String>,
    /// The fields whose type is only assumed.
    pub(crate) assumed: Vec<String>,
}

impl<'r> Compiler<'r> {
    /// A compiler for one query on what is visible to it; `now` is what date math counts from.
    pub(crate) fn new(
        query: &'r QueryText,
        syntax: &'r eql::syntax::Query,
        settings: Settings,
        visible: Visible<'r>,
        now: Timestamp,
    ) -> Self {
        Self {
            mapping: visible.mapping_of(named(syntax, &settings)),
            query,
            syntax,
            settings,
            visible,
            now,
            cache: Mutex::new(BTreeMap::new()),
        }
    }

    /// The plan for a case with these events.
    pub(crate) fn compile(&self, events: &[Event]) -> Arc<Compiled> {
        let dynamic = self.dynamic(events);
        let mut cache = self.cache.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(compiled) = cache.get(&dynamic) {
            return Arc::clone(compiled);
        }
        let compiled = Arc::new(self.compile_with(&dynamic));
        cache.insert(dynamic, Arc::clone(&compiled));
        compiled
    }

    /// The fields of the query that the source does not map and the events carry.
    fn dynamic(&self, events: &[Event]) -> DynamicFields {
        named(self.syntax, &self.settings)
            .filter(|path| self.mapping.get(path).is_none())
            .filter_map(|path| {
                let value = events.iter().find_map(|event| event.values(path).first())?;
                Some((path.to_owned(), FieldType::dynamic(value).to_string()))
            })
            .collect()
    }

    /// Of the events one for each such field, the first that carries it, with nothing else in it.
    pub(crate) fn witnesses<'e>(&self, events: impl Iterator<Item = &'e Event>) -> Vec<Event> {
        let mut wanted: Vec<&str> = named(self.syntax, &self.settings)
            .filter(|path| self.mapping.get(path).is_none())
            .collect();
        let mut witnesses = Vec::new();
        for event in events {
            if wanted.is_empty() {
                break;
            }
            wanted.retain(|path| {
                let values = event.values(path);
                if !values.is_empty() {
                    let mut witness = Event::default();
                    witness.set(path, values.to_vec());
                    witnesses.push(witness);
                }
                values.is_empty()
            });
        }
        witnesses
    }

    fn compile_with(&self, dynamic: &DynamicFields) -> Compiled {
        let mut mapping = self.mapping.clone();
        add(&mut mapping, dynamic);
        let schema = Schema::new(vec![mapping]);
        match self.lower(&schema) {
            Ok(ready) => Compiled::Ready(ready),
            Err(_) => self.refused(dynamic),
        }
    }

    fn lower(&self, schema: &Schema) -> Result<Ready, Vec<EqlError>> {
        let checked = eql::check(self.syntax, schema, &self.settings)?;
        let lower = |optional| {
            let plan = eql::lower(&checked, optional, self.now);
            plan.map(Arc::new).map_err(|error| vec![error])
        };
        let unmapped: Vec<String> = checked.unmapped_optional().map(str::to_owned).collect();
        let plan = lower(OptionalFields::Missing)?;
        Ok(Ready {
            ground: Arc::new(Ground {
                plan: Arc::clone(&plan),
                schema: schema.clone(),
                settings: self.settings.clone(),
                now: self.now,
            }),
            patterns: Patterns::of(&plan),
            plan,
            folded: if unmapped.is_empty() {
                None
            } else {
                Some(lower(OptionalFields::Folded)?)
            },
            unmapped,
            assumed: checked.assumed().map(str::to_owned).collect(),
        })
    }

    /// The reasons, with suggestions from the whole mapping.
    fn refused(&self, dynamic: &DynamicFields) -> Compiled {
        let mut mapping = self.visible.mapping();
        add(&mut mapping, dynamic);
        let errors = match self.lower(&Schema::new(vec![mapping])) {
            Err(errors) => errors,
            Ok(ready) => return Compiled::Ready(ready),
        };
        Compiled::Refused(Refused {
            message: errors
                .first()
                .map_or_else(String::new, |error| error.message.clone()),
            diagnostics: errors
                .iter()
                .map(|error| error.diagnostic(self.query))
                .collect(),
        })
    }
}

/// Every field that the request names.
fn named<'r>(
    syntax: &'r eql::syntax::Query,
    settings: &'r Settings,
) -> impl Iterator<Item = &'r str> {
    let own = [&settings.timestamp, &settings.category];
    let own = own.into_iter().chain(&settings.tiebreaker);
    let own = own.map(String::as_str);
    eql::fields(syntax).into_iter().chain(own)
}

fn add(mapping: &mut Mapping, dynamic: &DynamicFields) {
    for (path, type_name) in dynamic {
        mapping.add(path, FieldType::named(type_name), Origin::Dynamic);
    }
}
