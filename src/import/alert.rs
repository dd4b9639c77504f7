//! What Elastic exports: hits, search responses and alerts, as the documents that the sensor sent.
//! Called by the face of this room.

use serde_json::{Map, Value as Json};

use super::detect::Form;

/// The documents in a hit or a response, each with its `_index` and `_id`; none when there are
/// none.
pub(super) fn documents(object: Map<String, Json>) -> Vec<Map<String, Json>> {
    let mut found = Vec::new();
    collect(Json::Object(object), &mut found);
    found
}

fn collect(value: Json, found: &mut Vec<Map<String, Json>>) {
    let Json::Object(mut object) = value else {
        return;
    };
    if let Some(Json::Object(mut hits)) = object.shift_remove("hits") {
        for key in ["hits", "events", "sequences"] {
            if let Some(Json::Array(items)) = hits.shift_remove(key) {
                for item in items {
                    collect(item, found);
                }
            }
        }
    } else if let Some(Json::Array(events)) = object.shift_remove("events") {
        for item in events {
            collect(item, found);
        }
    } else if object.get("missing") != Some(&Json::Bool(true))
        && let Some(document) = document(object)
    {
        found.push(document);
    }
}

/// The document of one hit. Without `_source` its `fields` are taken, whose values are lists.
fn document(mut hit: Map<String, Json>) -> Option<Map<String, Json>> {
    let source = hit
        .shift_remove("_source")
        .or_else(|| hit.shift_remove("fields"));
    let Some(Json::Object(source)) = source else {
        return None;
    };
    let mut document = Map::new();
    for key in ["_index", "_id"] {
        if let Some(value) = hit.shift_remove(key) {
            document.insert(key.to_owned(), value);
        }
    }
    document.extend(source);
    Some(document)
}

/// The event that an alert was raised for: without what the detection engine added, and with the
/// time, the index and the kind that the engine replaced.
pub(super) fn original(alert: Map<String, Json>) -> Map<String, Json> {
    let said = |path: &str| field(&alert, &format!("kibana.alert.{path}")).cloned();
    let first = |value: Json| match value {
        Json::Array(values) => values.into_iter().next(),
        value => Some(value),
    };
    let time = said("original_time").and_then(first);
    let kind = said("original_event.kind").and_then(first);
    let ancestor = said("ancestors").and_then(first);
    let index = ancestor
        .as_ref()
        .and_then(|ancestor| ancestor.get("index").cloned())
        .or_else(|| said("ancestors.index").and_then(first));
    let mut event = Map::new();
    if let Some(index) = index {
        event.insert("_index".to_owned(), index);
    }
    for (name, value) in alert {
        let added = ["kibana", "signal", "_index", "_id"].contains(&name.as_str())
            || name.starts_with("kibana.")
            || name.starts_with("signal.");
        if !added {
            event.insert(name, value);
        }
    }
    if let Some(time) = time {
        event.insert("@timestamp".to_owned(), time);
    }
    restore_kind(&mut event, kind);
    event
}

/// An alert says `event.kind: signal` of the event that it copied.
fn restore_kind(event: &mut Map<String, Json>, kind: Option<Json>) {
    let kind = kind.unwrap_or_else(|| Json::String("event".to_owned()));
    if let Some(said) = event.get_mut("event.kind") {
        *said = kind;
    } else if let Some(Json::Object(fields)) = event.get_mut("event")
        && fields.contains_key("kind")
    {
        fields.insert("kind".to_owned(), kind);
    }
}

/// A field, written with dots, nested, or partly both.
pub(super) fn field<'a>(object: &'a Map<String, Json>, path: &str) -> Option<&'a Json> {
    if let Some(value) = object.get(path) {
        return Some(value);
    }
    path.match_indices('.').find_map(|(dot, _)| {
        let (first, rest) = path.split_at_checked(dot)?;
        let inner = object.get(first)?.as_object()?;
        field(inner, rest.strip_prefix('.')?)
    })
}

/// Whether the hit's document is an alert.
pub(super) fn is_alert(document: &Map<String, Json>) -> bool {
    Form::of(document) == Some(Form::Alert)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Json) -> Map<String, Json> {
        match value {
            Json::Object(object) => object,
            other => panic!("no object: {other}"),
        }
    }

    #[test]
    fn a_response_gives_the_documents_of_hits_and_sequences() {
        let response = map(json!({"hits": {"hits": [
            {"_index": "i", "_id": "1", "_score": 1, "_source": {"a": 1}},
            {"_index": "i", "_id": "2", "fields": {"a": [2]}},
        ]}}));
        let found = Json::from(documents(response));
        let expected =
            json!([{"_index": "i", "_id": "1", "a": 1}, {"_index": "i", "_id": "2", "a": [2]}]);
        assert_eq!(found, expected);
        let response = map(json!({"hits": {"sequences": [{"events": [
            {"_id": "1", "_source": {"a": 1}},
            {"_id": "", "_source": {}, "missing": true},
        ]}]}}));
        assert_eq!(documents(response).len(), 1);
    }

    #[test]
    fn an_alert_becomes_the_event_that_it_was_raised_for() {
        let alert = map(json!({
            "@timestamp": "2024-01-01T00:05:00Z",
            "event": {"kind": "signal", "category": ["process"]},
            "kibana.alert.original_time": "2024-01-01T00:00:00Z",
            "kibana.alert.original_event.kind": "event",
            "kibana.alert.ancestors": [{"index": ".ds-logs-x-1", "depth": 0}],
            "kibana.version": "8.1",
        }));
        let expected = json!({
            "_index": ".ds-logs-x-1",
            "@timestamp": "2024-01-01T00:00:00Z",
            "event": {"kind": "event", "category": ["process"]},
        });
        assert_eq!(Json::Object(original(alert)), expected);
    }

    #[test]
    fn an_alert_is_understood_nested_too() {
        let alert = map(json!({
            "@timestamp": "x",
            "event.kind": "signal",
            "kibana": {"alert": {"original_time": ["2024-01-01T00:00:00Z"]}},
        }));
        let expected = json!({"@timestamp": "2024-01-01T00:00:00Z", "event.kind": "event"});
        assert_eq!(Json::Object(original(alert)), expected);
    }
}
