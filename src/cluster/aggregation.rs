//! The aggregations of threshold and new-terms rules.

use serde_json::{Map, Value as Json, json};

use super::filter::TimeFields;
use crate::event::Timestamp;
use crate::rule::{FieldName, NewTerms, Threshold};

/// The most groups of one answer.
pub(super) const PAGE: usize = 10_000;

/// The aggregation of a rule's groups.
pub(super) const THRESHOLD: &str = "thresholdTerms";
/// The aggregation of a rule's terms.
pub(super) const NEW_TERMS: &str = "new_terms";
/// The number of values in a group.
pub(super) const CARDINALITY: &str = "cardinality_count";

/// The field with the time of a document, whichever of two fields it stands in.
const COMBINED: &str = "kibana.combined_timestamp";

/// Gives [`COMBINED`] the first of its fields that a document has.
const COMBINE: &str = "for (name in params.fields) { \
    if (doc.containsKey(name) && doc[name].size() > 0) { \
    emit(doc[name].value.toInstant().toEpochMilli()); return; } }";

/// The field to aggregate times by.
fn time_field(times: TimeFields<'_>) -> &str {
    times.fallback.map_or(times.primary, |_| COMBINED)
}

/// The runtime field that [`time_field`] names, where it is one.
pub(super) fn runtime_fields(times: TimeFields<'_>) -> Option<Json> {
    times.fallback?;
    let fields: Vec<&str> = times.all().collect();
    let script = json!({"source": COMBINE, "params": {"fields": fields}});
    Some(json!({COMBINED: {"type": "date", "script": script}}))
}

fn composite(fields: &[FieldName]) -> Json {
    let source = |field: &FieldName| json!({&field.name: {"terms": {"field": field.name}}});
    json!({"sources": fields.iter().map(source).collect::<Json>(), "size": PAGE})
}

/// Keeps the groups whose number at `path` is at least this.
fn at_least(path: &str, least: u64) -> Json {
    json!({"bucket_selector": {
        "buckets_path": {"count": path},
        "script": {"source": "params.count >= params.least", "params": {"least": least}},
    }})
}

/// Counts documents by group; without groups, their times and values alone.
pub(super) fn threshold(settings: &Threshold, times: TimeFields<'_>) -> Json {
    let time = time_field(times);
    let mut inner = Map::new();
    inner.insert("max_timestamp".to_owned(), json!({"max": {"field": time}}));
    inner.insert("min_timestamp".to_owned(), json!({"min": {"field": time}}));
    if let Some(cardinality) = &settings.cardinality {
        let count = json!({"cardinality": {"field": cardinality.field.name}});
        inner.insert(CARDINALITY.to_owned(), count);
    }
    if settings.group_by.is_empty() {
        return Json::Object(inner);
    }
    if let Some(cardinality) = &settings.cardinality {
        let check = at_least(CARDINALITY, cardinality.count);
        inner.insert("cardinality_check".to_owned(), check);
    }
    let check = at_least("_count", settings.count);
    inner.insert("count_check".to_owned(), check);
    json!({THRESHOLD: {"composite": composite(&settings.group_by), "aggs": inner}})
}

/// The combinations that are first seen after the start of a window. The request looks at the whole
/// history, so one that is seen later than that is one of the window.
pub(super) fn new_terms(settings: &NewTerms, times: TimeFields<'_>, from: Timestamp) -> Json {
    let first_seen = json!({"min": {"field": time_field(times)}});
    let check = json!({"bucket_selector": {
        "buckets_path": {"first_seen": "first_seen"},
        "script": {
            "source": "params.first_seen > params.from",
            "params": {"from": from.millis()},
        },
    }});
    json!({NEW_TERMS: {
        "composite": composite(&settings.fields),
        "aggs": {"first_seen": first_seen, "is_new": check},
    }})
}
