//! The body of an `_eql/search` response.

use std::io::{self, Write};

use serde_json::{Map, Value as Json, json};

use crate::evaluate::Match;
use crate::event::json::parse_object;
use crate::event::{Event, EventId, Value};
use crate::plan::{Operator, Plan};

/// The results of a query, written one by one.
#[derive(Debug)]
pub struct Answer<'i> {
    pub(super) documents: Documents<'i>,
    pub(super) kind: Kind,
    pub(super) matches: Vec<Match>,
    /// How many results there are, those that are not given included.
    pub(super) total: usize,
    /// The outcome depends on what Elasticsearch makes of optional fields that no mapping has.
    pub uncertain: Option<Uncertain>,
}

/// An outcome that Elasticsearch's sources leave open (`docs/language/eql/optional.md`).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncertain {
    /// The optional fields that no mapping has.
    pub fields: Vec<String>,
    /// How many results there are with the fields as missing: the answer.
    pub missing: usize,
    /// How many with the fields folded to null, as the optimizer's code reads.
    pub folded: usize,
}

/// What a result is printed from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Documents<'i> {
    /// The documents as they were read.
    pub(super) lines: &'i [Box<str>],
    /// The events in them.
    pub(super) events: &'i [Event],
    /// The names of the indices, by the events' mapping.
    pub(super) names: &'i [Option<String>],
}

/// The kind of the results.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Events,
    Sequences,
    Samples,
    /// Of a `_search`.
    Hits,
}

impl Kind {
    pub(super) fn of(plan: &Plan) -> Self {
        match plan.operator {
            Operator::Select => Self::Events,
            Operator::Sequence(_) => Self::Sequences,
            Operator::Sample { .. } => Self::Samples,
        }
    }

    /// The key of the list in the response.
    fn key(self) -> &'static str {
        match self {
            Self::Events => "events",
            Self::Hits => "hits",
            Self::Sequences | Self::Samples => "sequences",
        }
    }
}

impl Answer<'_> {
    /// The body of the response, at once.
    pub fn body(&self) -> Json {
        let total = json!({"value": self.total, "relation": "eq"});
        let results: Vec<Json> = self.results().collect();
        json!({"hits": {"total": total, self.kind.key(): results}})
    }

    /// The same for a table of events, whatever the response calls them.
    pub fn table_body(&self) -> Json {
        let mut body = self.body();
        if let (Kind::Hits, Some(hits)) = (
            self.kind,
            body.get_mut("hits").and_then(Json::as_object_mut),
        ) && let Some(events) = hits.remove("hits")
        {
            hits.insert("events".to_owned(), events);
        }
        body
    }

    /// Writes the body of the response.
    pub fn write(&self, mut out: impl Write) -> io::Result<()> {
        let (total, key) = (self.total, self.kind.key());
        write!(
            out,
            "{{\"hits\":{{\"total\":{{\"value\":{total},\"relation\":\"eq\"}},\"{key}\":["
        )?;
        for (number, result) in self.results().enumerate() {
            if number > 0 {
                out.write_all(b",")?;
            }
            serde_json::to_writer(&mut out, &result)?;
        }
        out.write_all(b"]}}\n")?;
        out.flush()
    }

    fn results(&self) -> impl Iterator<Item = Json> + '_ {
        self.matches.iter().map(|found| match self.kind {
            Kind::Events | Kind::Hits => {
                let id = found.stages.first().copied().flatten();
                id.map_or(Json::Null, |id| event(&self.documents, id))
            }
            Kind::Sequences => sequence(&self.documents, found, false),
            Kind::Samples => sequence(&self.documents, found, true),
        })
    }
}

fn sequence(documents: &Documents<'_>, found: &Match, dates_as_millis: bool) -> Json {
    let mut sequence = Map::new();
    if !found.join.is_empty() {
        let keys = found
            .join
            .iter()
            .map(|key| join_key(key.as_ref(), dates_as_millis));
        sequence.insert("join_keys".to_owned(), keys.collect());
    }
    let events = found.stages.iter().map(|stage| match stage {
        Some(id) => event(documents, *id),
        None => json!({"_index": "", "_id": "", "_source": {}, "missing": true}),
    });
    sequence.insert("events".to_owned(), events.collect());
    Json::Object(sequence)
}

fn event(documents: &Documents<'_>, id: EventId) -> Json {
    let line = documents.lines.get(id.index()).map_or("", |line| line);
    let Ok(mut source) = parse_object(line) else {
        return Json::Null;
    };
    let index = source.shift_remove("_index");
    let own = || {
        let mapping = documents.events.get(id.index())?.mapping;
        documents.names.get(usize::from(mapping.0))?.as_deref()
    };
    let index = index.unwrap_or_else(|| json!(own().unwrap_or("")));
    let id = match source.shift_remove("_id") {
        Some(Json::String(id)) => id,
        Some(Json::Number(id)) => id.to_string(),
        _ => String::new(),
    };
    json!({ "_index": index, "_id": id, "_source": source })
}

/// A join key as Elasticsearch writes it: of sequences dates are ISO texts, of samples milliseconds.
pub fn join_key(key: Option<&Value>, dates_as_millis: bool) -> Json {
    match key {
        None => Json::Null,
        Some(Value::Bool(value)) => json!(value),
        Some(Value::Integer(value)) => json!(value),
        Some(Value::Unsigned(value)) => json!(value),
        Some(Value::Double(value)) => json!(value),
        Some(Value::Date(instant)) if dates_as_millis => json!(instant.millis()),
        Some(value) => json!(value.to_string()),
    }
}
