//! One query over documents, as Elasticsearch's `_eql/search` answers it. Behind `trapline query`.

mod response;

use serde_json::{Map, Value as Json};

use crate::diagnostic::{Diagnostic, QueryText, SourceText};
use crate::eql::{self, OptionalFields, Settings};
use crate::evaluate::{self, Context, Request};
use crate::event::mapping::{IndexMapping, NullValue};
use crate::event::schema::Origin;
use crate::event::{Event, FieldType, Mapping, MappingId, Scalar, Schema, Timestamp};

/// A document and the event in it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The document without `_index` and `_id`.
    pub source: Map<String, Json>,
    /// Its fields.
    pub event: Event,
}

/// What a search is given beside query and documents.
#[derive(Debug, Clone, Default)]
pub struct Parameters {
    /// The fields that the request names.
    pub settings: Settings,
    /// How many results, from which end.
    pub request: Request,
    /// What an optional field is that no mapping has.
    pub optional: OptionalFields,
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
        /// Whether it is rather Trapline that cannot run it.
        unsupported: bool,
    },
}

/// The documents of one search, and the types of their fields.
#[derive(Debug)]
pub struct Index {
    schema: Schema,
    null_values: Vec<Vec<NullValue>>,
    names: Vec<Option<String>>,
    documents: Vec<Document>,
    dynamic: bool,
}

impl Index {
    /// Documents whose fields have exactly these mappings; a document belongs to the mapping of
    /// its `_index`, or to the first.
    pub fn mapped(mappings: Vec<IndexMapping>) -> Self {
        let mut index = Self {
            schema: Schema::default(),
            null_values: Vec::new(),
            names: Vec::new(),
            documents: Vec::new(),
            dynamic: false,
        };
        let mut all = Vec::new();
        for mapping in mappings {
            index.names.push(mapping.index);
            index.null_values.push(mapping.null_values);
            all.push(mapping.mapping);
        }
        index.schema = Schema::new(all);
        index
    }

    /// Documents whose fields have the types of `known`, and else those of their values.
    pub fn dynamic(known: Mapping) -> Self {
        Self {
            schema: Schema::new(vec![known]),
            null_values: vec![Vec::new()],
            names: vec![None],
            documents: Vec::new(),
            dynamic: true,
        }
    }

    /// Adds a document; the order of adding is the order among equals.
    pub fn add(&mut self, mut source: Map<String, Json>) {
        let index = source.get("_index").and_then(Json::as_str);
        let position = self
            .names
            .iter()
            .position(|name| name.is_some() && name.as_deref() == index)
            .unwrap_or(0);
        let mut event = if let Some(null_values) = self.null_values.get(position)
            && !null_values.is_empty()
        {
            let mut indexed = source.clone();
            for null_value in null_values {
                replace_null(&mut indexed, &null_value.path, &null_value.value);
            }
            Event::from_document(&indexed)
        } else {
            Event::from_document(&source)
        };
        event.mapping = MappingId(u16::try_from(position).unwrap_or(0));
        source.shift_remove("_index");
        source.shift_remove("_id");
        self.documents.push(Document { source, event });
    }

    /// Runs a query and gives the body of the response.
    pub fn search(&self, query: &str, parameters: &Parameters) -> Result<Json, Refusal> {
        let source = SourceText::new("query", query);
        let text = QueryText::whole(&source);
        let refuse = |errors: Vec<eql::EqlError>| {
            let diagnostics = errors.iter().map(|error| error.diagnostic(&text));
            Refusal::Query(diagnostics.collect())
        };
        let parsed = eql::parse(query);
        let Some(syntax) = parsed.query else {
            return Err(refuse(parsed.errors));
        };
        let events: Vec<Event> = self.documents.iter().map(|doc| doc.event.clone()).collect();
        let schema = self.schema_of(&events);
        let checked = eql::check(&syntax, &schema, &parameters.settings).map_err(refuse)?;
        let now = self.now(&parameters.settings.timestamp);
        let plan =
            eql::lower(&checked, parameters.optional, now).map_err(|error| refuse(vec![error]))?;
        let context = Context {
            now,
            request: parameters.request,
        };
        let fail = |failure: evaluate::QueryFailure| Refusal::Failure {
            message: failure.message,
            unsupported: failure.unsupported,
        };
        let evaluation = evaluate::evaluate(&plan, &events, &context).map_err(fail)?;
        Ok(response::body(&plan, &self.documents, evaluation.matches()))
    }

    /// With dynamic mapping, every field that a document carries is mapped.
    fn schema_of(&self, events: &[Event]) -> Schema {
        if !self.dynamic {
            return self.schema.clone();
        }
        let mut mapping = self.schema.mappings().first().cloned().unwrap_or_default();
        for event in events {
            add_dynamic(&mut mapping, event);
        }
        Schema::new(vec![mapping])
    }

    /// `now` of date math: the latest event, for time comes from the events.
    fn now(&self, timestamp: &str) -> Timestamp {
        let format = crate::event::time::DateFormat::default();
        let times = self.documents.iter().flat_map(|document| {
            let values = document.event.values(timestamp);
            values
                .iter()
                .filter_map(|value: &Scalar| format.parse(value.raw().as_text()))
        });
        times.max().unwrap_or_default()
    }
}

/// Maps every field of an event that is not mapped yet, by its first value.
pub fn add_dynamic(mapping: &mut Mapping, event: &Event) {
    for (path, values) in event.fields() {
        if mapping.get(path).is_none()
            && let Some(first) = values.first()
        {
            mapping.add(path, FieldType::dynamic(first), Origin::Dynamic);
        }
    }
}

/// Replaces explicit nulls at a dotted path.
fn replace_null(document: &mut Map<String, Json>, path: &str, value: &Json) {
    if let Some(found) = document.get_mut(path) {
        match found {
            Json::Null => *found = value.clone(),
            Json::Array(items) => {
                for item in items.iter_mut().filter(|item| item.is_null()) {
                    *item = value.clone();
                }
            }
            _ => {}
        }
    } else if let Some((head, rest)) = path.split_once('.')
        && let Some(Json::Object(inner)) = document.get_mut(head)
    {
        replace_null(inner, rest, value);
    }
}
