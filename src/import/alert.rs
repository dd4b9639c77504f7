//! Extracts the original documents from hits, search responses and alerts that Elastic exports.

use serde_json::{Map, Value as Json};

use super::detect::EventForm;

/// The documents in a hit or a response, each with its `_index` and `_id`; none when there are
/// none.
pub(super) fn documents(object: Map<String, Json>) -> HitDocuments {
    let mut found = HitDocuments::default();
    collect(Json::Object(object), &mut found);
    found
}

/// What a response holds.
#[derive(Default)]
pub(super) struct HitDocuments {
    /// The documents of its hits.
    pub(super) documents: Vec<Map<String, Json>>,
    /// How many hits have none: the search left their `_source` out.
    pub(super) empty: u64,
}

fn collect(value: Json, found: &mut HitDocuments) {
    let Json::Object(mut object) = value else {
        found.empty += 1;
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
    } else if object.get("missing") != Some(&Json::Bool(true)) {
        match document(object) {
            Some(document) => found.documents.push(document),
            None => found.empty += 1,
        }
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

/// What an alert stands for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Alert {
    /// An event, with what tells it from others, where the alert says it.
    Event(Map<String, Json>, Option<EventName>),
    /// No event of its own, in words.
    Nothing(&'static str),
}

/// Index and id of an event.
pub(super) type EventName = (String, String);

/// What the alert was raised for. An alert for a sequence as a whole, or for a number of events, has
/// copied no event; those of the sequence have alerts of their own, the building blocks.
pub(super) fn read(alert: Map<String, Json>) -> Alert {
    let has = |path: &str| alert_field(&alert, path).is_some();
    if has("threshold_result") {
        return Alert::Nothing("alert of a threshold as a whole");
    }
    if has("group.id") && !has("building_block_type") && !has("rule.building_block_type") {
        return Alert::Nothing("alert of a sequence as a whole");
    }
    let ancestor = ancestor(&alert);
    let event = original(alert, ancestor.clone());
    Alert::Event(event, ancestor.index.zip(ancestor.id))
}

/// What an alert says of itself, below `kibana.alert` or, before Elastic 8, below `signal`.
fn alert_field<'a>(alert: &'a Map<String, Json>, path: &str) -> Option<&'a Json> {
    ["kibana.alert", "signal"]
        .iter()
        .find_map(|prefix| field(alert, &format!("{prefix}.{path}")))
}

/// Where the event stands that the alert was raised for.
#[derive(Debug, Clone, Default)]
struct Ancestor {
    index: Option<String>,
    id: Option<String>,
}

/// The event among the ancestors: of an alert that was raised for an alert, the first.
fn ancestor(alert: &Map<String, Json>) -> Ancestor {
    let text = |value: &Json| match value {
        Json::Array(values) => values.first().and_then(Json::as_str).map(str::to_owned),
        value => value.as_str().map(str::to_owned),
    };
    let listed = alert_field(alert, "ancestors").map(|ancestors| match ancestors {
        Json::Array(all) => all.iter().collect(),
        one => vec![one],
    });
    let listed = listed.unwrap_or_default();
    let of_event = |ancestor: &&&Json| {
        let kind = ancestor.get("type").and_then(text);
        kind.is_none_or(|kind| kind == "event")
    };
    let found = listed.iter().find(of_event).or(listed.first());
    let part = |name: &str| {
        let own = found.and_then(|ancestor| ancestor.get(name)).and_then(text);
        own.or_else(|| alert_field(alert, &format!("ancestors.{name}")).and_then(text))
    };
    Ancestor {
        index: part("index"),
        id: part("id"),
    }
}

/// The event that an alert copied: without what the detection engine added, and with the time, the
/// index, the id and the kind that the engine replaced.
fn original(alert: Map<String, Json>, ancestor: Ancestor) -> Map<String, Json> {
    let first = |value: Json| match value {
        Json::Array(values) => values.into_iter().next(),
        value => Some(value),
    };
    let time = alert_field(&alert, "original_time")
        .cloned()
        .and_then(first);
    let kind = alert_field(&alert, "original_event.kind")
        .cloned()
        .and_then(first);
    let mut event = Map::new();
    for (key, value) in [("_index", ancestor.index), ("_id", ancestor.id)] {
        if let Some(value) = value {
            event.insert(key.to_owned(), value.into());
        }
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
    EventForm::of(document) == Some(EventForm::Alert)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn event(alert: Json) -> Json {
        match read(map(alert)) {
            Alert::Event(event, _) => Json::Object(event),
            Alert::Nothing(words) => words.into(),
        }
    }

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
        let found = Json::from(documents(response).documents);
        let expected =
            json!([{"_index": "i", "_id": "1", "a": 1}, {"_index": "i", "_id": "2", "a": [2]}]);
        assert_eq!(found, expected);
        let response = map(json!({"hits": {"sequences": [{"events": [
            {"_id": "1", "_source": {"a": 1}},
            {"_id": "", "_source": {}, "missing": true},
        ]}]}}));
        assert_eq!(documents(response).documents.len(), 1);
    }

    #[test]
    fn an_alert_becomes_the_event_that_it_was_raised_for() {
        let alert = json!({
            "@timestamp": "2024-01-01T00:05:00Z",
            "event": {"kind": "signal", "category": ["process"]},
            "kibana.alert.original_time": "2024-01-01T00:00:00Z",
            "kibana.alert.original_event.kind": "event",
            "kibana.alert.ancestors": [{"index": ".ds-logs-x-1", "depth": 0}],
            "kibana.version": "8.1",
        });
        let expected = json!({
            "_index": ".ds-logs-x-1",
            "@timestamp": "2024-01-01T00:00:00Z",
            "event": {"kind": "event", "category": ["process"]},
        });
        assert_eq!(event(alert), expected);
    }

    #[test]
    fn an_alert_is_understood_nested_too() {
        let alert = json!({
            "@timestamp": "x",
            "event.kind": "signal",
            "kibana": {"alert": {"original_time": ["2024-01-01T00:00:00Z"]}},
        });
        let expected = json!({"@timestamp": "2024-01-01T00:00:00Z", "event.kind": "event"});
        assert_eq!(event(alert), expected);
    }

    #[test]
    fn an_alert_of_many_events_is_no_event() {
        let of = |more: Json| {
            let mut alert = map(json!({"kibana.alert.original_time": "2024-01-01T00:00:00Z"}));
            alert.extend(map(more));
            event(Json::Object(alert))
        };
        let shell = json!({"kibana.alert.group.id": "g"});
        assert_eq!(of(shell.clone()), "alert of a sequence as a whole");
        let mut block = map(shell);
        block.insert(
            "kibana.alert.building_block_type".to_owned(),
            "default".into(),
        );
        assert_eq!(of(block.into())["@timestamp"], "2024-01-01T00:00:00Z");
        let threshold = json!({"kibana.alert.threshold_result": {"count": 7}});
        assert_eq!(of(threshold), "alert of a threshold as a whole");
    }

    #[test]
    fn an_alert_for_an_alert_is_about_its_event() {
        let alert = map(json!({
            "@timestamp": "2024-01-01T00:05:00Z",
            "kibana.alert.ancestors": [
                {"index": ".alerts", "id": "a", "type": "signal", "depth": 1},
                {"index": ".ds-x", "id": "e", "type": "event", "depth": 0},
            ],
        }));
        let Alert::Event(event, name) = read(alert) else {
            panic!("an event");
        };
        assert_eq!(
            (&event["_index"], &event["_id"]),
            (&json!(".ds-x"), &json!("e"))
        );
        assert_eq!(name, Some((".ds-x".to_owned(), "e".to_owned())));
    }
}
