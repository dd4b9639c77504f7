//! Runs one query over documents and answers as Elasticsearch's `_eql/search` does. Used by
//! `trapline query`.
//!
//! A document is kept as its line of JSON and as an [`Event`]; told which query is to come
//! ([`Index::expect`]), the event holds only what that query reads. Only what matches is parsed
//! again, for its `_source`.

mod hits;
mod kept_parts;
mod response;
mod rows;

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;
use serde_json::{Map, Value as Json};

pub use response::{Answer, Uncertain, join_key};
use response::{Documents, Kind};
pub use rows::{Indices, cell_json};

use crate::compile::{self, Syntax, add_dynamic};
use crate::data_source::index_name;
use crate::diagnostic::{Diagnostic, QueryText, SourceText, Span};
use crate::evaluate::{self, Context, Request};
use crate::event::field::Reading;
use crate::event::json::{BadDocument, parse_object};
use crate::event::mapping::IndexMapping;
use crate::event::schema::{MappedField, Origin};
use crate::event::time::DateFormat;
use crate::event::{Event, FieldType, Mapping, MappingId, Scalar, Schema, Timestamp};
use crate::language::eql::{self, OptionalFields, RequestFieldNames};

/// The inputs of a search besides query and documents.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    /// The fields that the request names.
    pub settings: RequestFieldNames,
    /// How many results, from which end.
    pub request: Request,
    /// The treatment of an optional field that no mapping has.
    pub optional: OptionalFields,
    /// `now` of date math; without it the time of the latest event.
    pub now: Option<Timestamp>,
}

/// Why there is no answer.
#[derive(Debug)]
pub enum Refusal {
    /// Elasticsearch would refuse the query.
    Query(Vec<Diagnostic>),
    /// Elasticsearch would fail when it runs the query.
    Failure {
        /// Its message in substance.
        message: String,
        /// The part of the query that failed.
        span: Option<Span>,
        /// Whether it is rather Trapline that cannot run it.
        unsupported: bool,
    },
}

/// A value that a mapping does not take: Elasticsearch would refuse its document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Malformed {
    /// The field.
    pub field: String,
    /// The value, as text.
    pub value: String,
    /// The type of the field.
    pub field_type: String,
}

/// A warning about an accepted document.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AddedDocument {
    /// The values that do not fit their fields.
    pub malformed: Vec<Malformed>,
    /// The document is left out of every search because its mapping, which was given, refuses the
    /// value and does not say `ignore_malformed`. Where types are only assumed, the value alone is
    /// left out.
    pub refused: bool,
    /// The index that the document names, if there are mappings for other indices only.
    pub unknown_index: Option<String>,
    /// The document has no time that can be read, so that it is in no search.
    pub untimed: bool,
}

/// The documents of one search, and the types of their fields.
#[derive(Debug)]
pub struct Index {
    schema: Schema,
    names: Vec<Option<String>>,
    lines: Vec<Box<str>>,
    events: Vec<Event>,
    /// With dynamic mapping: the paths that the documents have so far.
    seen: Option<FxHashSet<Box<str>>>,
    /// The paths that are kept of each event; all of them if there is none.
    kept: Option<Vec<String>>,
    /// The field that gives a document its time, where it is known before the documents are.
    timestamp: Option<String>,
}

impl Index {
    /// Documents whose fields have exactly these mappings; a document belongs to the mapping of
    /// its `_index`, or to the first.
    pub fn mapped(mappings: Vec<IndexMapping>) -> Self {
        let mut index = Self::empty();
        let mut all = Vec::new();
        for mapping in mappings {
            index.names.push(mapping.index);
            all.push(mapping.mapping);
        }
        index.schema = Schema::new(all);
        index
    }

    /// Documents whose fields have the types of `known`, and else those of their values.
    pub fn dynamic(known: Mapping) -> Self {
        let mut index = Self::empty();
        index.schema = Schema::new(vec![known]);
        index.names.push(None);
        index.seen = Some(FxHashSet::default());
        index
    }

    fn empty() -> Self {
        Self {
            schema: Schema::default(),
            names: Vec::new(),
            lines: Vec::new(),
            events: Vec::new(),
            seen: None,
            kept: None,
            timestamp: None,
        }
    }

    /// Keeps only what this query reads of the documents added from now on, so that many fit into
    /// memory. No other query may run afterwards. Fails if the query does not parse or the mappings
    /// refuse it.
    pub fn expect(&mut self, query: &str, settings: &RequestFieldNames) -> Result<(), Refusal> {
        let parsed = compile::parse(query);
        let Some(syntax) = parsed.query.map(Syntax::Eql) else {
            return Err(refuse(query, &parsed.errors));
        };
        if self.seen.is_none() {
            let on_mappings = self.query(&syntax, settings, Timestamp::default());
            on_mappings
                .check()
                .map_err(|errors| refuse(query, &errors))?;
        }
        if let (true, Some(mapping)) = (self.seen.is_some(), self.schema.first_mut())
            && mapping.get(&settings.timestamp).is_none()
        {
            let date = FieldType::Date(DateFormat::default());
            mapping.add(&settings.timestamp, date, Origin::Assumed);
        }
        let mut kept = BTreeSet::new();
        for path in compile::fields_of(&syntax, settings).names() {
            kept.insert(path.to_owned());
            for mapping in self.schema.mappings() {
                let sources = mapping.get(path).into_iter().flat_map(MappedField::sources);
                kept.extend(sources.map(str::to_owned));
            }
        }
        self.kept = Some(kept.into_iter().collect());
        self.timestamp = Some(settings.timestamp.clone());
        Ok(())
    }

    /// Adds a document; the order of adding is the order among equals.
    #[cfg(feature = "internals")]
    pub fn add(&mut self, document: Map<String, Json>) -> AddedDocument {
        let document = Json::Object(document);
        let line = document.to_string();
        match document {
            Json::Object(document) => self.take(line.into(), &document),
            _ => AddedDocument::default(),
        }
    }

    /// Adds a document, one line of NDJSON.
    pub fn add_line(&mut self, line: &str) -> Result<AddedDocument, BadDocument> {
        let document = parse_object(line)?;
        Ok(self.take(line.into(), &document))
    }

    /// The fields that a query names, in alphabetical order.
    pub fn fields_of(query: &str) -> Vec<String> {
        let parsed = compile::parse(query);
        let fields = parsed.query.as_ref().map(eql::fields).unwrap_or_default();
        fields.into_iter().map(str::to_owned).collect()
    }

    /// How many documents there are.
    #[cfg(feature = "internals")]
    pub fn len(&self) -> usize {
        self.events.len()
    }

    /// Whether there is no document.
    #[cfg(feature = "internals")]
    pub fn is_empty(&self) -> bool {
        self.events.is_empty()
    }

    fn take(&mut self, line: Box<str>, document: &Map<String, Json>) -> AddedDocument {
        let name = document.get("_index").and_then(Json::as_str);
        let (position, known) = self.position(name);
        let mut event = Event::from_document(document);
        self.learn(&event);
        self.learn_constants(&event, position);
        let malformed = self.malformed(&event, position);
        if self.seen.is_none() && !malformed.is_empty() {
            return AddedDocument {
                malformed,
                refused: true,
                ..AddedDocument::default()
            };
        }
        let untimed = self.is_untimed(&event, position);
        if let Some(kept) = &self.kept {
            event = event.only(kept);
        }
        event.mapping = MappingId(u16::try_from(position).unwrap_or(0));
        self.events.push(event);
        self.lines.push(line);
        AddedDocument {
            malformed,
            refused: false,
            unknown_index: name.filter(|_| !known).map(str::to_owned),
            untimed,
        }
    }

    fn is_untimed(&self, event: &Event, position: usize) -> bool {
        let mapping = self.schema.mappings().get(position);
        let path = self.timestamp.as_deref();
        let Some(field) = mapping
            .zip(path)
            .and_then(|(mapping, path)| mapping.get(path))
        else {
            return false;
        };
        let mut values = event.values(&field.read_from).iter();
        !values.any(|value| matches!(field.read(value.raw()), Reading::Value(_)))
    }

    /// The mapping of a document of this index, and whether it is the index's own.
    fn position(&self, index: Option<&str>) -> (usize, bool) {
        let Some(index) = index else { return (0, true) };
        let of = |wanted: &str| {
            let mut names = self.names.iter();
            names.position(|name| name.as_deref() == Some(wanted))
        };
        let own = of(index).or_else(|| of(index_name(index)));
        let unnamed = || self.names.iter().position(Option::is_none);
        own.or_else(unnamed)
            .map_or((0, false), |position| (position, true))
    }

    /// With dynamic mapping, every field that a document carries is mapped.
    fn learn(&mut self, event: &Event) {
        let Some(seen) = &mut self.seen else { return };
        let mut news = false;
        for (path, _) in event.fields() {
            if !seen.contains(path) {
                seen.insert(path.into());
                news = true;
            }
        }
        if news && let Some(mapping) = self.schema.first_mut() {
            add_dynamic(mapping, event);
        }
    }

    /// The first document with a value gives it to a `constant_keyword` whose mapping states none.
    fn learn_constants(&mut self, event: &Event, position: usize) {
        let id = MappingId(u16::try_from(position).unwrap_or(u16::MAX));
        let Some(mapping) = self.schema.mapping_mut(id).filter(|_| self.seen.is_none()) else {
            return;
        };
        for field in mapping.fields_mut() {
            if let FieldType::ConstantKeyword { value } = &mut field.field_type
                && value.is_none()
            {
                let first = event.values(&field.read_from).first();
                *value = first.map(|value| value.raw().as_text().into());
            }
        }
    }

    fn malformed(&self, event: &Event, position: usize) -> Vec<Malformed> {
        let Some(mapping) = self.schema.mappings().get(position) else {
            return Vec::new();
        };
        let mut malformed = Vec::new();
        for (path, values) in event.fields() {
            let Some(field) = mapping.get(path) else {
                continue;
            };
            if &*field.read_from != path {
                continue;
            }
            let refused = |value: &&Scalar| field.read(value.raw()) == Reading::Malformed;
            malformed.extend(values.iter().filter(refused).map(|value| Malformed {
                field: path.to_owned(),
                value: value.to_string(),
                field_type: field.field_type.to_string(),
            }));
        }
        malformed
    }

    /// Runs a query and gives the body of the response.
    #[cfg(feature = "internals")]
    pub fn search(&self, query: &str, parameters: &Parameters) -> Result<Json, Refusal> {
        Ok(self.answer(query, parameters)?.body())
    }

    /// Runs a query.
    pub fn answer(&self, query: &str, parameters: &Parameters) -> Result<Answer<'_>, Refusal> {
        let refuse = |errors: Vec<eql::EqlError>| refuse(query, &errors);
        let parsed = compile::parse(query);
        let Some(syntax) = parsed.query.map(Syntax::Eql) else {
            return Err(refuse(parsed.errors));
        };
        let now = parameters
            .now
            .unwrap_or_else(|| self.latest(&parameters.settings.timestamp));
        let on_mappings = self.query(&syntax, &parameters.settings, now);
        let plan = on_mappings.plan(parameters.optional).map_err(refuse)?;
        let context = Context {
            now,
            request: parameters.request,
        };
        let fail = |failure: evaluate::QueryFailure| Refusal::Failure {
            span: failure
                .clause
                .and_then(|clause| plan.clause(clause))
                .map(|clause| clause.span),
            message: failure.to_string(),
            unsupported: failure.is_unsupported(),
        };
        let evaluation = evaluate::evaluate(&plan, &self.events, &context).map_err(fail)?;
        let mut uncertain = None;
        let unmapped: Vec<&str> = plan
            .fields
            .iter()
            .filter(|field| field.family.is_none())
            .map(|field| field.path.as_str())
            .collect();
        if parameters.optional == OptionalFields::Missing && !unmapped.is_empty() {
            let folded = on_mappings.plan(OptionalFields::Folded).map_err(refuse)?;
            let other = evaluate::evaluate(&folded, &self.events, &context).map_err(fail)?;
            if other.matches() != evaluation.matches() {
                uncertain = Some(Uncertain {
                    fields: unmapped.into_iter().map(str::to_owned).collect(),
                    missing: evaluation.matches().len(),
                    folded: other.matches().len(),
                });
            }
        }
        let documents = Documents {
            lines: &self.lines,
            events: &self.events,
            names: &self.names,
        };
        Ok(Answer {
            documents,
            kind: Kind::of(&plan),
            total: evaluation.matches().len(),
            matches: evaluation.matches().to_vec(),
            uncertain,
        })
    }

    fn query<'q>(
        &'q self,
        syntax: &'q Syntax,
        settings: &'q RequestFieldNames,
        now: Timestamp,
    ) -> compile::Query<'q> {
        compile::Query {
            syntax,
            schema: &self.schema,
            settings,
            now,
        }
    }

    /// The time of the latest event.
    fn latest(&self, timestamp: &str) -> Timestamp {
        let format = DateFormat::default();
        let times = self.events.iter().flat_map(|event| {
            let values = event.values(timestamp);
            values
                .iter()
                .filter_map(|value: &Scalar| format.parse(value.raw().as_text()))
        });
        times.max().unwrap_or_default()
    }
}

fn refuse(query: &str, errors: &[eql::EqlError]) -> Refusal {
    let source = SourceText::new("query", query);
    let text = QueryText::whole(&source);
    let diagnostics = errors.iter().map(|error| error.diagnostic(&text));
    Refusal::Query(diagnostics.collect())
}
