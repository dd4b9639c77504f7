//! The body of an `_eql/search` response.

use serde_json::{Map, Value as Json, json};

use super::Document;
use crate::evaluate::Match;
use crate::event::{EventId, Value};
use crate::plan::{Plan, Shape};

/// `{"hits": {"total": …, "events": […]}}`, or `"sequences"` for sequences and samples.
pub(super) fn body(plan: &Plan, documents: &[Document], matches: &[Match]) -> Json {
    let mut hits = Map::new();
    hits.insert(
        "total".to_owned(),
        json!({"value": matches.len(), "relation": "eq"}),
    );
    if plan.shape == Shape::Events {
        let events = matches
            .iter()
            .flat_map(|found| found.stages.iter().flatten())
            .map(|id| event(documents, *id));
        hits.insert("events".to_owned(), events.collect());
    } else {
        let dates_as_millis = matches!(plan.shape, Shape::Sample { .. });
        let sequences = matches
            .iter()
            .map(|found| sequence(documents, found, dates_as_millis));
        hits.insert("sequences".to_owned(), sequences.collect());
    }
    json!({ "hits": hits })
}

fn sequence(documents: &[Document], found: &Match, dates_as_millis: bool) -> Json {
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

fn event(documents: &[Document], id: EventId) -> Json {
    let Some(document) = documents.get(id.index()) else {
        return Json::Null;
    };
    json!({
        "_index": document.event.index.as_deref().unwrap_or(""),
        "_id": document.event.id.as_deref().unwrap_or(""),
        "_source": document.source,
    })
}

/// Sequences print dates as ISO text, samples as milliseconds (`eql-semantics` §8.6, §9).
fn join_key(key: Option<&Value>, dates_as_millis: bool) -> Json {
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
