//! An ES|QL query over documents, as Elasticsearch's `_query` answers it.

use std::collections::BTreeSet;
use std::io;

use serde_json::{Map, Value as Json};

use super::kept_parts::KeptParts;
use super::{AddedDocument, Malformed, Refusal};
use crate::compile::{PipelineQuery, add_dynamic, parse_pipeline};
use crate::data_source::{IndexPatterns, index_name};
use crate::diagnostic::query::EsqlCommand;
use crate::diagnostic::{Diagnostic, QueryText, SourceText};
use crate::evaluate::QueryFailure;
use crate::evaluate::pipeline::{Input, Outcome, Program};
use crate::event::field::Reading;
use crate::event::io::RowMemory;
use crate::event::json::{BadDocument, parse_object};
use crate::event::mapping::IndexMapping;
use crate::event::{Event, Mapping, MappingId, Scalar, Schema, Timestamp, Value};
use crate::language::QueryError;
use crate::language::esql::{self, CheckContext};
use crate::plan::pipeline::{Cell, Output};

/// The documents of several indices and the types of their fields.
#[derive(Debug)]
pub struct Indices {
    mappings: Vec<Mapping>,
    types: Types,
    events: Vec<Event>,
    /// The documents as JSON, where the query asks for them.
    sources: Vec<Box<str>>,
    /// What is kept of each document.
    kept: KeptParts,
    /// The most that the groups and rows of a query take.
    memory: RowMemory,
}

/// Where the types of fields come from.
#[derive(Debug)]
enum Types {
    /// The mappings that were given. One without a name is that of every index that has no own.
    Given { unnamed: Option<Mapping> },
    /// A list of known fields; the others have the types of their values.
    Known(Box<Mapping>),
}

/// The answer to a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    /// The columns.
    pub columns: Vec<Output>,
    /// The rows and the warnings.
    pub outcome: Outcome,
}

impl Indices {
    /// Documents whose fields have exactly these mappings.
    pub fn mapped(given: Vec<IndexMapping>) -> Self {
        let (mut mappings, mut unnamed) = (Vec::new(), None);
        for mapping in given {
            match mapping.index {
                Some(_) => mappings.push(mapping.mapping),
                None => unnamed = Some(mapping.mapping),
            }
        }
        Self {
            mappings,
            types: Types::Given { unnamed },
            events: Vec::new(),
            sources: Vec::new(),
            kept: KeptParts::default(),
            memory: RowMemory::default(),
        }
    }

    /// Documents whose fields have the types of `known`, and else those of their values.
    pub fn dynamic(known: Mapping) -> Self {
        Self {
            mappings: Vec::new(),
            types: Types::Known(Box::new(known)),
            events: Vec::new(),
            sources: Vec::new(),
            kept: KeptParts::default(),
            memory: RowMemory::default(),
        }
    }

    /// The same within another limit of memory.
    #[must_use]
    pub fn within(self, memory: RowMemory) -> Self {
        Self { memory, ..self }
    }

    /// Keeps only what this query reads of the documents added from now on, so that many fit into
    /// memory. No other query may run afterwards.
    pub fn expect(&mut self, text: &str) {
        let known = |name: &str| {
            let mappings = match &self.types {
                Types::Given { unnamed } => unnamed.iter().chain(&self.mappings).collect(),
                Types::Known(types) => vec![&**types],
            };
            let fields = mappings.into_iter().filter_map(|own| own.get(name));
            let paths =
                fields.flat_map(|field| field.sources().map(str::to_owned).collect::<Vec<_>>());
            paths.collect::<Vec<String>>()
        };
        self.kept = KeptParts::of(text, &known);
    }

    /// Adds a document, one line of NDJSON. Without `_index` it is of the index `default`.
    pub fn add_line(&mut self, line: &str, default: &str) -> Result<AddedDocument, BadDocument> {
        let document = parse_object(line)?;
        let name = document.get("_index").and_then(Json::as_str);
        let name = name.unwrap_or(default).to_owned();
        let mut event = Event::from_document(&document);
        let (position, known) = self.position(&name);
        if let (Types::Known(types), Some(mapping)) = (&self.types, self.mappings.get_mut(position))
        {
            learn(mapping, types, &event);
        }
        let is_given = matches!(self.types, Types::Given { .. });
        let malformed = self.malformed(&event, position);
        let unknown_index = (!known).then(|| name.clone());
        if is_given && !malformed.is_empty() {
            return Ok(AddedDocument {
                malformed,
                refused: true,
                unknown_index,
                untimed: false,
            });
        }
        event = self.kept.of_event(event);
        event.index = Some(name);
        event.mapping = MappingId(u16::try_from(position).unwrap_or(u16::MAX));
        self.events.push(event);
        if self.kept.has_sources() {
            self.sources.push(source(line, document));
        }
        Ok(AddedDocument {
            malformed,
            refused: false,
            unknown_index,
            untimed: false,
        })
    }

    /// The mapping of an index, and whether one was given for it. An index without one has no
    /// fields.
    fn position(&mut self, name: &str) -> (usize, bool) {
        let of = |wanted: &str| self.mappings.iter().position(|own| own.name == wanted);
        if let Some(position) = of(name).or_else(|| of(index_name(name))) {
            return (position, true);
        }
        let (mut mapping, known) = match &self.types {
            Types::Given {
                unnamed: Some(unnamed),
            } => (unnamed.clone(), true),
            Types::Given { unnamed: None } => (Mapping::default(), false),
            Types::Known(_) => (Mapping::default(), true),
        };
        name.clone_into(&mut mapping.name);
        self.mappings.push(mapping);
        (self.mappings.len() - 1, known)
    }

    fn malformed(&self, event: &Event, position: usize) -> Vec<Malformed> {
        let Some(mapping) = self.mappings.get(position) else {
            return Vec::new();
        };
        let mut malformed = Vec::new();
        for (path, values) in event.fields() {
            let field = mapping.get(path).filter(|field| &*field.read_from == path);
            let Some(field) = field else { continue };
            let refused = |value: &&Scalar| field.read(value.raw()) == Reading::Malformed;
            malformed.extend(values.iter().filter(refused).map(|value| Malformed {
                field: path.to_owned(),
                value: value.to_string(),
                field_type: field.field_type.to_string(),
            }));
        }
        malformed
    }

    /// Runs a query.
    pub fn answer(&self, text: &str, now: Timestamp) -> Result<Rows, Refusal> {
        let parsed = parse_pipeline(text);
        let syntax = parsed
            .into_result()
            .map_err(|errors| refuse(text, &errors))?;
        let (chosen, missing) = self.chosen(&syntax);
        if let Some(missing) = missing {
            return Err(refuse(text, &[missing]));
        }
        let schema = Schema::new(self.schema_of(&chosen, &syntax));
        let query = PipelineQuery {
            text,
            syntax: &syntax,
            schema: &schema,
            settings: CheckContext::default(),
        };
        let pipeline = query.compile().map_err(|errors| refuse(text, &errors))?;
        let failed = |failure: QueryFailure| Refusal::Failure {
            message: failure.to_string(),
            span: None,
            unsupported: failure.is_unsupported(),
        };
        let program = Program::new(&pipeline).map_err(failed)?;
        let (mut events, mut sources) = (Vec::new(), Vec::new());
        for (number, event) in self.events.iter().enumerate() {
            let place = chosen
                .iter()
                .position(|own| *own == usize::from(event.mapping.0));
            let Some(place) = place else { continue };
            let mut event = event.clone();
            event.mapping = MappingId(u16::try_from(place).unwrap_or(u16::MAX));
            events.push(event);
            sources.extend(self.sources.get(number).cloned());
        }
        let input = Input {
            events: &events,
            sources: &sources,
            now,
            memory: self.memory,
            ..Input::default()
        };
        let outcome = program.run(&input).map_err(failed)?;
        Ok(Rows {
            columns: pipeline.outputs.clone(),
            outcome,
        })
    }

    /// The indices that FROM selects; an error where it names one that is not there.
    fn chosen(&self, query: &esql::syntax::Query) -> (Vec<usize>, Option<QueryError>) {
        if query.is_row() {
            return (Vec::new(), None);
        }
        let patterns = query.patterns();
        let all = IndexPatterns::new(patterns.iter().map(|pattern| pattern.text.as_str()));
        let is_chosen = |name: &str| all.selects(name) || all.selects(index_name(name));
        let names = || self.mappings.iter().map(|mapping| mapping.name.as_str());
        let chosen: Vec<usize> = (0..self.mappings.len())
            .filter(|at| {
                self.mappings
                    .get(*at)
                    .is_some_and(|own| is_chosen(&own.name))
            })
            .collect();
        for pattern in patterns {
            let entries = pattern.text.split(',').map(str::trim);
            for entry in entries.filter(|entry| !entry.starts_with('-') && !entry.contains('*')) {
                let own = IndexPatterns::new([entry]);
                if !names().any(|name| own.selects(name) || own.selects(index_name(name))) {
                    let name = entry.to_owned();
                    let cause = EsqlCommand::UnknownIndex { name };
                    let error = QueryError::new(esql::error::UNKNOWN_INDEX, pattern.span, cause);
                    return (chosen, Some(error));
                }
            }
        }
        (chosen, None)
    }

    /// The mappings of the chosen indices. Known fields that the query names and no document
    /// carries are mapped too.
    fn schema_of(&self, chosen: &[usize], query: &esql::syntax::Query) -> Vec<Mapping> {
        let mut mappings: Vec<Mapping> = chosen
            .iter()
            .filter_map(|at| self.mappings.get(*at).cloned())
            .collect();
        if let (Types::Known(types), Some(first)) = (&self.types, mappings.first_mut()) {
            let names: BTreeSet<&str> = esql::names(query);
            for name in names {
                if let (None, Some(field)) = (first.get(name), types.get(name)) {
                    let field = field.clone();
                    first.insert(name, field);
                }
            }
        }
        mappings
    }
}

/// A document as Elasticsearch stores it: where it lies and what it is called is no part of it.
fn source(line: &str, mut document: Map<String, Json>) -> Box<str> {
    let names = ["_index", "_id"].map(|key| document.remove(key));
    if names.iter().any(Option::is_some) {
        return Json::Object(document).to_string().into();
    }
    line.trim().into()
}

/// Every field that a document carries is mapped: by the list of known fields, else by its value.
fn learn(mapping: &mut Mapping, known: &Mapping, event: &Event) {
    for (path, _) in event.fields() {
        if mapping.get(path).is_none()
            && let Some(field) = known.get(path)
        {
            mapping.insert(path, field.clone());
        }
    }
    add_dynamic(mapping, event);
}

fn refuse(text: &str, errors: &[QueryError]) -> Refusal {
    let source = SourceText::new("query", text);
    let whole = QueryText::whole(&source);
    let diagnostics: Vec<Diagnostic> = errors.iter().map(|e| e.diagnostic(&whole)).collect();
    Refusal::Query(diagnostics)
}

impl Rows {
    /// Writes the body of the response, with a line break at its end.
    pub fn write(&self, mut out: impl io::Write) -> io::Result<()> {
        out.write_all(b"{\"columns\":[")?;
        for (index, column) in self.columns.iter().enumerate() {
            if index > 0 {
                out.write_all(b",")?;
            }
            let name = Json::from(column.name.as_str());
            write!(out, "{{\"name\":{name},\"type\":\"{}\"}}", column.data_type)?;
        }
        out.write_all(b"],\"values\":[")?;
        for (index, row) in self.outcome.rows.iter().enumerate() {
            out.write_all(if index > 0 { b",[" } else { b"[" })?;
            for (index, cell) in row.cells.iter().enumerate() {
                if index > 0 {
                    out.write_all(b",")?;
                }
                out.write_all(json(cell).as_bytes())?;
            }
            out.write_all(b"]")?;
        }
        out.write_all(b"]}\n")?;
        out.flush()
    }

    /// The body of the response.
    #[cfg(feature = "internals")]
    pub fn body(&self) -> Json {
        let mut text = Vec::new();
        let written = self.write(&mut text);
        let parsed = written
            .ok()
            .and_then(|()| serde_json::from_slice(&text).ok());
        parsed.unwrap_or(Json::Null)
    }
}

/// A cell as a value of JSON.
pub fn cell_json(cell: &Cell) -> Json {
    serde_json::from_str(&json(cell)).unwrap_or(Json::Null)
}

/// A cell as JSON.
fn json(cell: &Cell) -> String {
    let one = |value: &Value| match value {
        Value::Integer(_) | Value::Unsigned(_) | Value::Bool(_) | Value::Double(_) => {
            value.to_string()
        }
        other => Json::from(other.to_string()).to_string(),
    };
    match cell {
        Cell::Null(_) => "null".to_owned(),
        Cell::One(value) => one(value),
        Cell::Many(values) => {
            let values: Vec<String> = values.iter().map(one).collect();
            format!("[{}]", values.join(","))
        }
    }
}
